"""where, project, summarize, join, union, let …: what they answer."""

from __future__ import annotations

import pytest

from tests.kql.answers import answer
from tests.kql.golden import Golden, golden_cases


@pytest.mark.parametrize("case", golden_cases("operators"), ids=lambda case: case.title)
def test_an_operator_answers_like_this(case: Golden) -> None:
    assert answer(case.text) == case.expected
