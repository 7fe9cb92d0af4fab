"""Lowering: the SQL of a query, its shape and its safety."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.kql.catalog import Catalog, TableSchema
from dashboard.kql.functions import literal
from dashboard.kql.translate import translate
from tests.kql.answers import connection
from tests.kql.estate import CATALOG, NOW
from tests.kql.golden import Golden, golden_cases


@pytest.mark.parametrize("case", golden_cases("lowering"), ids=lambda case: case.title)
def test_a_query_becomes_this_sql(case: Golden) -> None:
    sql = translate(case.text, CATALOG, now=NOW).sql
    duckdb.connect().execute(sql).fetchall()
    for table in CATALOG.tables.values():
        if table.sql is not None:
            sql = sql.replace(table.sql, f'"{table.name}"')
    assert sql == case.expected


def test_the_time_context_limits_every_table_that_is_read() -> None:
    span = (dt.datetime(2024, 1, 31, 10, 30), dt.datetime(2024, 1, 31, 11))
    text = "union Events, (Events | where EventID > 0) | count"
    assert _rows(text, timespan=span) == [(2,)]
    assert _rows(text) == [(6,)]


def test_columns_that_differ_only_in_case_keep_their_own_values() -> None:
    assert _rows("Diagnostics | project Name_s, name_s") == [("upper", "lower")]
    assert _rows("Diagnostics | extend NAME_S = strcat(name_s, Name_s) | project NAME_S, name_s, Name_s") == [
        ("lowerupper", "lower", "upper")
    ]
    assert _rows("Diagnostics | summarize by name_s, Name_s") == [("lower", "upper")]


def test_a_table_with_unfilled_strings_gives_empty_ones() -> None:
    assert _rows("Hosts | where Computer == 'db1' | project City, missing = isempty(City)") == [("", True)]


def test_scans_of_parquet_read_only_the_columns_and_groups_that_are_needed(tmp_path) -> None:
    file = tmp_path / "rows.parquet"
    duckdb.sql(
        "SELECT TIMESTAMP '2024-01-01' + to_hours(i) AS \"TimeGenerated\", i AS n, 'x' || i AS s FROM range(5000) t(i)"
    ).write_parquet(str(file), row_group_size=1000)
    table = TableSchema("T", (("TimeGenerated", "datetime"), ("n", "long"), ("s", "string")), f"read_parquet('{file}')")
    text = "T | where TimeGenerated > ago(30d) and TimeGenerated < now() | extend u = toupper(s) | summarize sum(n)"
    sql = translate(text, Catalog({"T": table}), now=dt.datetime(2024, 2, 15)).sql
    plan = "".join(row[1] for row in duckdb.sql(f"EXPLAIN {sql}").fetchall())
    scan = plan[plan.index("READ_PARQUET") :]
    assert "Filters" in scan
    assert "TimeGenerated>" in scan.replace(" ", "")
    assert "s" not in [line.strip("│ ") for line in scan.splitlines()]


# A character of KQL's and SQL's punctuation is what an attack is made of.
_HOSTILE = st.text(alphabet=st.sampled_from(list("'\"\\;-/*()[]{}$:`ab \n\té\u2028\u202e")), max_size=30)


@settings(max_examples=150, deadline=None)
@given(value=_HOSTILE, name=_HOSTILE)
def test_texts_and_names_come_back_as_they_were(value: str, name: str) -> None:
    name = name or "x"
    said, called = (part.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") for part in (value, name))
    text = (
        f"datatable(['{called}']:string)['{said}'] | where ['{called}'] == '{said}' | extend y = strlen(['{called}'])"
    )
    translation = translate(text, Catalog(), now=NOW)
    assert translation.columns[0] == (name, "string")
    assert duckdb.connect().execute(translation.sql).fetchall()[0][0] == value


@settings(max_examples=100, deadline=None)
@given(value=st.text(max_size=40))
def test_any_text_is_one_literal(value: str) -> None:
    assert duckdb.connect().execute(f"SELECT {literal(value, 'string').sql}").fetchall() == [(value,)]


def test_a_statement_is_one_select() -> None:
    for text in ("Events", "let E = materialize(Events); union E, E | count", "print 1", "Nothing | take 1"):
        (statement,) = duckdb.extract_statements(translate(text, CATALOG, now=NOW).sql)
        assert statement.type == duckdb.StatementType.SELECT


def _rows(text: str, timespan: tuple[dt.datetime, dt.datetime] | None = None) -> list[tuple[object, ...]]:
    return connection().execute(translate(text, CATALOG, now=NOW, timespan=timespan).sql).fetchall()
