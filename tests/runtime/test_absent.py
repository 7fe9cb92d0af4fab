"""A custom table that the local data lacks gives no rows and says why; everything else that fails stays an error."""

from __future__ import annotations

import pytest

from dashboard.engines.local import LocalEngine
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import Session, report, run_all
from dashboard.runtime.results import ItemResult
from tests.runtime.standin import book, parameters, query


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    return LocalEngine(tmp_path_factory.mktemp("empty"), known_tables())


def results(engine: LocalEngine, *items: dict[str, object]) -> list[ItemResult]:
    return [result for _, result in run_all(Session(book(*items), engine))]


def test_a_custom_table_that_is_not_here_is_empty_and_named(engine: LocalEngine) -> None:
    (result,) = results(engine, query("netflow_CL | summarize count() by proto_s", noDataMessage="Nothing."))
    assert result.status == "empty"
    assert result.message == "Nothing. The table netflow_CL is not in the local data. Import its rows to see them here."


def test_a_column_that_azure_diagnostics_would_have_is_named(engine: LocalEngine) -> None:
    (result,) = results(engine, query("AzureDiagnostics | summarize count() by neverLogged_s"))
    assert (result.status, "neverLogged_s" in result.message) == ("empty", True)


def test_a_parameter_over_a_custom_table_has_no_options_and_all_of_them_matches_nothing(engine: LocalEngine) -> None:
    chosen = {"name": "P", "type": 2, "multiSelect": True, "isRequired": True, "query": "x_CL | distinct a_s",
              "typeSettings": {"additionalResourceOptions": ["value::all"]}}  # fmt: skip
    found = results(engine, parameters(chosen), query("Heartbeat | where Computer in ({P})"))
    assert [result.status for result in found] == ["ok", "empty"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("InfobloxNIOS | where DvcHost == 'x' | count", "InfobloxNIOS has no rows in the local data, so that the column DvcHost"),
        ("eset_CL | distinct domain_s", "eset_CL has no rows in the local data, so that the column domain_s"),
        ("afad_parser() | take 1", "afad_parser has no rows in the local data."),
        ("SenservaPro_CL | where TimeGenerated > ago(1d)", "The query returned no results."),
    ],
)  # fmt: skip
def test_what_is_known_only_in_part_and_has_no_rows_is_empty_and_named(
    engine: LocalEngine, text: str, named: str
) -> None:
    (result,) = results(engine, query(text))
    assert (result.status, named in result.message) == ("empty", True), result


@pytest.mark.parametrize("text", ["SomeParser | take 1", "Heartbeat | project gone_s", "Heartbeat |"])
def test_other_failures_stay_errors(engine: LocalEngine, text: str) -> None:
    (result,) = results(engine, query(text))
    assert result.status == "error"


def test_tables_of_resource_graph_and_classic_application_insights_are_known(engine: LocalEngine) -> None:
    items = [
        query("recoveryservicesresources | project name, tags['']", queryType=1),
        query("requests | summarize count() by resultCode, bin(timestamp, 1h)"),
    ]
    assert [result.status for result in results(engine, *items)] == ["empty", "empty"]


def test_the_report_of_a_workbook_over_custom_tables_says_why_its_parts_are_blank(engine: LocalEngine) -> None:
    workbook = book(query("netflow_CL | where a_s == 'x' | summarize count()"), query("union x_CL, y_CL"))
    session = Session(workbook, engine, all_items=True)
    found = run_all(session)
    items = report(workbook, session, found)["items"]
    assert [item["status"] for item in items] == ["empty", "empty"]
    for item, result in found:
        assert session.explain(item, result, deep=True).reasons
