"""Query texts become the tree that KQL's reference describes; real content parses as Microsoft's own service judges it."""

from __future__ import annotations

import pytest

from dashboard.kql import codes
from dashboard.kql.parser import parse
from tests.kql.corpus import corpus_queries, needs_shared
from tests.kql.golden import Golden, golden_cases
from tests.kql.outline import outline


@pytest.mark.parametrize("case", golden_cases("parser"), ids=lambda case: case.title)
def test_a_query_has_this_tree(case: Golden) -> None:
    result = parse(case.text)
    assert result.tree is not None, [problem.describe() for problem in result.problems]
    assert outline(result.tree).strip() == case.expected


def syntax_refused(text: str) -> bool:
    """Whether the text is refused for its syntax or size, as the command line's contract counts it."""
    problems = parse(text).problems
    return any(p.severity == "error" and codes.kind_of(p.code) in ("syntax", "limit") for p in problems)


@needs_shared
@pytest.mark.shared
def test_every_real_query_that_microsoft_parses_is_parsed() -> None:
    refused = [case["query"] for case in corpus_queries() if case["syntax_ok"] and syntax_refused(case["query"])]
    assert refused == []


@needs_shared
@pytest.mark.shared
def test_of_the_queries_that_microsoft_refuses_fewer_than_a_tenth_are_accepted() -> None:
    bad = [case["query"] for case in corpus_queries() if not case["syntax_ok"]]
    accepted = [query for query in bad if not syntax_refused(query)]
    assert len(bad) > 300
    assert len(accepted) < 0.1 * len(bad)


def test_every_node_points_at_its_text() -> None:
    text = "T | where strlen(a) > 5 and b has 'x'"
    tree = parse(text).tree
    assert tree is not None
    assert tree.pipe is not None
    predicate = tree.pipe.operators[0].predicate  # type: ignore[union-attr]
    assert text[predicate.span.start : predicate.span.end] == "strlen(a) > 5 and b has 'x'"
    assert text[predicate.left.left.span.start : predicate.left.left.span.end] == "strlen(a)"


def test_a_text_without_statements_is_an_empty_tree() -> None:
    for text in ("", "  \n", "// nothing", ";;"):
        tree = parse(text).tree
        assert tree is not None
        assert tree.pipe is None
        assert tree.statements == ()


def test_a_constant_that_cannot_be_read_is_null_with_a_warning() -> None:
    result = parse("print datetime('x')")
    assert result.tree is not None
    assert [(p.code, p.severity) for p in result.problems] == [("KQ020", "warning")]
