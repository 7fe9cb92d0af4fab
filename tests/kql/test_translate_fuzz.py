"""No text crashes the translator or holds it up: 1,500 damaged texts in the suite, 100,000 in the soak."""

from __future__ import annotations

import pytest

from tests.kql.fuzz import fuzz
from tests.shared import needs_shared


@needs_shared
@pytest.mark.shared
def test_damaged_queries_are_answered_or_refused_quickly() -> None:
    assert fuzz(1_500) == (0, 0)


@needs_shared
@pytest.mark.shared
@pytest.mark.soak
def test_a_hundred_thousand_damaged_queries_are_answered_or_refused_quickly() -> None:
    assert fuzz(100_000, seed=11) == (0, 0)
