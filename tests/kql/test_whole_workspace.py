"""search and union over all tables of a workspace, of which few have rows."""

from __future__ import annotations

import duckdb

from dashboard.kql.catalog import Catalog, TableSchema
from dashboard.kql.translate import translate
from dashboard.table import KqlType
from tests.kql.answers import answer


def table(name: str, *columns: tuple[str, KqlType], sql: str | None = None) -> TableSchema:
    return TableSchema(name, columns, sql)


def many_tables(count: int) -> dict[str, TableSchema]:
    """Tables of which each third has a row, with one column in common and many of their own."""
    made = {}
    for i in range(count):
        own: list[tuple[str, KqlType]] = [("Shared", "long"), *((f"c{i}_{j}", "string") for j in range(60))]
        cells = ", ".join([f'{i} AS "Shared"', *(f"'v{i}' AS \"{name}\"" for name, _ in own[1:])])
        made[f"T{i:03}"] = table(f"T{i:03}", *own, sql=f"(SELECT {cells})" if i % 3 == 0 else None)
    return made


def test_tables_without_rows_give_their_columns_and_no_sql() -> None:
    found = translate("union *", Catalog(many_tables(30)))
    assert len(found.columns) == 1 + 30 * 60
    assert '"c3_5"' in found.sql
    assert '"c4_5"' not in found.sql
    rows = duckdb.connect().execute(found.sql).fetchall()
    assert sorted(row[0] for row in rows) == list(range(0, 30, 3))


def test_a_text_column_that_a_table_lacks_is_empty_and_not_null() -> None:
    tables = many_tables(30)
    question = "union * | where isempty(c0_0) and isnotnull(c0_0) | summarize count(), max(Shared)"
    assert answer(question, tables).split("\n")[1] == "9 | 27"
    assert answer("union * | where isempty(c1_7) | count", tables).split("\n")[1] == "10"
    assert answer("union * | where c3_5 == 'v3' | project Shared, c3_59, c6_1", tables).split("\n")[1] == "3 | v3 |"


def test_only_tables_without_rows_give_no_rows() -> None:
    tables = {"A": table("A", ("x", "string"), ("y", "long")), "B": table("B", ("y", "long"), ("z", "datetime"))}
    assert answer("union withsource=From *", tables) == "From:string | x:string | y:long | z:datetime"
    assert answer("search 'a'", tables) == "$table:string | x:string | y:long | z:datetime"


def test_columns_keep_the_order_of_all_tables_with_rows_or_without() -> None:
    tables = {
        "A": table("A", ("x", "string"), ("y", "long")),
        "B": table("B", ("z", "long"), ("x", "string"), sql="(SELECT 1 AS z, 'b' AS x)"),
    }
    assert answer("union *", tables).split("\n") == ["x:string | y:long | z:long", "b | ∅ | 1"]
    assert answer("union * | where isnull(y) and z == 1 | summarize by y, x", tables).split("\n")[1] == "∅ | b"


def test_a_text_is_looked_for_in_each_column_by_itself() -> None:
    rows = "datatable(a:string, n:long, b:string)['one', 2, 'three', 'four', 5, 'one two']"

    def hits(condition: str) -> str:
        return answer(f"{rows} | where {condition} | count").split("\n")[1]

    assert hits("* has 'one'") == "2"
    assert hits("* has 'one 2'") == "0"
    assert hits("* has 'one two'") == "1"
    assert hits("* has_cs 'ONE'") == "0"
    assert hits("* contains 'e'") == "2"
    assert hits("* contains '2three'") == "0"
    assert hits("* hasprefix 'thr'") == "1"
    assert hits("* hassuffix 'wo'") == "1"
    assert hits("* !has 'two'") == "1"
    assert hits("* has '5'") == "1"
    assert hits("* contains '\\x1f'") == "0"
