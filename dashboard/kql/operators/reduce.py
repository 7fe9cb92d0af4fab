"""reduce: texts of one pattern brought together.

A text is cut into terms. A term is frequent where more than the threshold's share of all texts has it at that place. A text's
pattern is its frequent terms, `*` for the others; texts of patterns that are no more frequent than the threshold are `others`.
Kusto's own way is not documented to the letter: this one is simple, and the same on every run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import OrderKey, Raw, Relation
from dashboard.kql.functions.literals import real, text
from dashboard.kql.operators.columns import piped

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope

_THRESHOLD = 0.1


def reduce(binder: Binder, scope: Scope, source: Relation | None, node: s.Reduce) -> Relation:
    """`reduce by text [with threshold=…, characters=…]`: pattern, count and one of the texts."""
    options = dict(node.options)
    if "kind" in options:
        raise binder.failure(node, "KQ203", f"reduce kind={options['kind']} is not supported.")
    threshold = options.get("threshold", _THRESHOLD)
    separators = options.get("characters")
    if not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise binder.failure(node, "KQ104", "The threshold of reduce is a number from 0 to 1.")
    if separators is not None and not (isinstance(separators, str) and separators):
        raise binder.failure(node, "KQ104", "The characters of reduce are a text.")
    row = binder.row(piped(binder, source, node, "reduce"), scope)
    value = row.bind(node.by.value if isinstance(node.by, s.Named) else node.by)
    value = row.hoist(binder.bound(f.convert(value, "string"), value.refs, value.windowed))
    assert row.relation is not None  # noqa: S101
    pattern = binder.column("Pattern", "string")
    count = binder.column("Count", "long")
    example = binder.column("Representative", "string")
    # Hexadecimal escapes: no character of the query's means anything in the pattern.
    listed = "0-9A-Za-z" if separators is None else "".join(f"\\x{{{ord(c):x}}}" for c in separators)
    edge, inner = (f"[{listed}]", f"[^{listed}]") if separators is not None else (f"[^{listed}]", f"[{listed}]")
    joined = "string_agg(CASE WHEN is_kept THEN term ELSE '*' END, '' ORDER BY place)"
    if separators is not None:
        # Separators that were asked for belong to the gap beside them.
        gap = f"(?:{edge}|[*])*[*](?:{edge}|[*])*"
        joined = f"regexp_replace({joined}, {text(gap)}, '*', 'g')"

    def build(texts: Sequence[str]) -> str:
        least = f"{real(float(threshold))} * (SELECT sum(found) FROM reduce_texts)"
        return f"""
        WITH reduce_texts AS (SELECT {value.sql} AS whole, count(*) AS found FROM {texts[0]} GROUP BY 1),
        reduce_lists AS (SELECT whole, found, regexp_extract_all(whole, {text(f"{inner}+|{edge}")}) AS terms FROM reduce_texts),
        reduce_terms AS (SELECT whole, found, unnest(terms) AS term, generate_subscripts(terms, 1) AS place FROM reduce_lists),
        reduce_frequent AS (SELECT term, place FROM reduce_terms WHERE regexp_matches(term, {text(f"^{inner}")})
            GROUP BY term, place HAVING sum(found) > {least}),
        reduce_marked AS (SELECT whole, found, t.term AS term, t.place AS place, o.term IS NOT NULL AS is_frequent,
            o.term IS NOT NULL OR regexp_matches(t.term, {text(f"^{edge}")}) AS is_kept
            FROM reduce_terms AS t LEFT JOIN reduce_frequent AS o ON o.term = t.term AND o.place = t.place),
        reduce_patterns AS (SELECT whole, any_value(found) AS found, bool_or(is_frequent) AS has_any, {joined} AS pattern
            FROM reduce_marked GROUP BY whole),
        reduce_groups AS (SELECT pattern, sum(found) AS total, min(whole) AS example FROM reduce_patterns
            WHERE has_any GROUP BY pattern HAVING total > {least})
        SELECT pattern AS {pattern.sql}, CAST(total AS BIGINT) AS {count.sql}, example AS {example.sql} FROM reduce_groups
        UNION ALL SELECT 'others', CAST(sum(found) AS BIGINT), '' FROM reduce_texts LEFT JOIN reduce_patterns USING (whole, found)
            LEFT JOIN reduce_groups USING (pattern) WHERE total IS NULL OR NOT has_any HAVING count(*) > 0
        """

    columns = (pattern, count, example)
    made = Relation(Raw((row.relation.node,), columns, value.refs, build), columns)
    return made.ordered(OrderKey(count, False, False), OrderKey(pattern, True, True))


OPERATORS: dict[type, Handler] = {s.Reduce: reduce}
