"""A pasted query is offered repaired, with what was changed, and only where that helps."""

from __future__ import annotations

import pytest

from dashboard.kql.parser import parse
from dashboard.kql.repair import repair
from tests.kql.golden import Golden, golden_cases


@pytest.mark.parametrize("case", golden_cases("repair"), ids=lambda case: case.title)
def test_a_pasted_query_is_repaired_like_this(case: Golden) -> None:
    offered = repair(case.text)
    assert offered is not None
    assert "\n".join((offered.text, "", *offered.changes)) == case.expected
    assert parse(offered.text).tree is not None


@pytest.mark.parametrize("text", ["T | where a == 'x'", "T | where a == '“x”'", "T | foo", "T | where (", ""])
def test_what_is_right_or_beyond_repair_is_left_alone(text: str) -> None:
    assert repair(text) is None
