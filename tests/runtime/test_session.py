"""What a reader sees of a workbook: values, visibility, tabs, groups, selections, and what runs again on a change."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dashboard.document import Workbook
from dashboard.runtime import PlannedItem, Session, run_all
from tests.runtime.standin import StandIn, book, group, parameters, query, strings, tabs, text, when

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
TIME = {"name": "T", "type": 4, "value": {"durationMs": 86_400_000}}


def session(workbook: Workbook, engine: StandIn | None = None, **settings: Any) -> Session:
    return Session(workbook, engine or StandIn(), now=NOW, **settings)


def at(view: Session, path: str) -> PlannedItem:
    return next(item for item in view.plan().walk() if item.path == path)


def prose(view: Session, path: str) -> str:
    return at(view, path).texts["json"]


def asks(view: Session, path: str) -> str:
    request = at(view, path).query
    assert request is not None
    return request.text


# ---- values and order ----------------------------------------------------------------------------------------------


def test_an_item_sees_the_latest_declaration_before_it() -> None:
    view = session(
        book(
            text("{P}"),
            parameters({"name": "P", "value": "one"}),
            text("{P}"),
            parameters({"name": "P", "value": "two"}),
            text("{P}"),
        )
    )
    assert [prose(view, f"items/{at}") for at in (0, 2, 4)] == ["{P}", "one", "two"]


def test_parameters_fed_by_queries_use_each_other_in_order() -> None:
    engine = StandIn(
        {"clusters": strings("c", rows=[("east",), ("west",)]), "spaces of east": strings("n", rows=[("prod",)])}
    )
    view = session(
        book(
            parameters(
                {"name": "Space", "type": 2, "query": "spaces of {Cluster}", "value": "value::1"},
                {"name": "Cluster", "type": 2, "query": "clusters", "value": "value::1"},
            ),
            query("pods in {Space}"),
        ),
        engine,
    )
    assert asks(view, "items/1") == "pods in prod"
    view.set_value("Cluster", "west")
    view.plan()
    assert "spaces of west" in engine.texts


def test_independent_parameter_queries_run_at_the_same_time() -> None:
    import threading

    engine = StandIn()
    engine.gate = threading.Event()
    view = session(book(parameters(*({"name": f"P{n}", "query": f"print {n}"} for n in range(4)))), engine)
    worker = threading.Thread(target=view.plan)
    worker.start()
    while engine.running < 4:
        worker.join(0.01)
        assert worker.is_alive()
    engine.gate.set()
    worker.join()
    assert engine.most_running == 4


def test_a_query_that_uses_an_unset_required_parameter_says_which_to_set() -> None:
    view = session(
        book(parameters({"name": "A", "isRequired": True}, {"name": "B", "isRequired": True}), query("T {B} {A}"))
    )
    item = at(view, "items/1")
    assert item.status == "unset"
    assert item.message == "This query could not run because some parameters are not set. Please set: A, B"


def test_an_optional_unset_parameter_is_empty_and_the_query_runs() -> None:
    assert asks(session(book(parameters({"name": "A"}), query("T '{A}'"))), "items/1") == "T ''"


def test_a_parameter_whose_query_failed_blocks_what_uses_it_and_says_why() -> None:
    view = session(
        book(parameters({"name": "A", "query": "fail"}, {"name": "B", "query": "{A}"}), query("T {B}"), text("{A}"))
    )
    item = at(view, "items/1")
    assert item.status == "unset"
    assert "B: it waits for A" in item.message
    problem = at(view, "items/0").controls[0].problem
    assert problem is not None
    assert "The table 'Gone' does not exist." in problem.message
    assert prose(view, "items/2") == ""


def test_a_time_range_limits_the_query_and_a_custom_one_is_kept() -> None:
    view = session(book(parameters(TIME), query("T", timeContextFromParameter="T", timeContext={"durationMs": 60_000})))
    request = at(view, "items/1").query
    assert request is not None
    assert request.timespan is not None
    assert (request.timespan.start, request.timespan.end) == (NOW - dt.timedelta(days=1), NOW)
    view.set_value("T", {"durationMs": 3_600_000, "endTime": "2026-11-01T00:00:00Z"})
    request = at(view, "items/1").query
    assert request is not None
    assert request.timespan is not None
    assert request.timespan.end == dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("content", "length"),
    [({}, None), ({"timeContext": {"durationMs": 3_600_000}}, 3600), ({"timeContext": {"durationMs": 0}}, None)],
)
def test_without_a_time_parameter_the_fixed_range_or_the_text_decides(
    content: dict[str, Any], length: int | None
) -> None:
    request = at(session(book(query("T", **content))), "items/0").query
    assert request is not None
    span = request.timespan
    assert (span and (span.end - span.start).total_seconds()) == length


def test_an_unset_time_range_keeps_the_query_from_running() -> None:
    view = session(book(parameters({"name": "T", "type": 4}), query("T", timeContextFromParameter="T")))
    assert at(view, "items/1").message.endswith("Please set: T")


def test_a_time_range_for_all_sets_every_time_parameter_until_the_reader_chooses() -> None:
    view = session(book(parameters(TIME), text("{T}")), time_range_ms=3_600_000)
    assert prose(view, "items/1") == "Last hour"
    view.set_value("T", "7d")
    assert prose(view, "items/1") == "Last 7 days"


def test_values_from_an_address_are_read_by_kind() -> None:
    multi = {"name": "M", "type": 2, "multiSelect": True, "jsonData": '["a","b","c"]'}
    view = session(book(parameters(TIME, multi), text("{T} {M} {Other}")), values={"T": "4h", "M": "a,c", "Other": "x"})
    assert prose(view, "items/1") == "Last 4 hours 'a','c' x"
    assert view.plan().values["M"] == ["a", "c"]


def test_criteria_compute_a_text() -> None:
    rows = [
        {"criteriaContext": {"leftOperand": "N", "operator": ">", "rightValType": "static", "rightVal": "5", "resultValType": "static",
                             "resultVal": "many: {N}"}},
        {"criteriaContext": {"operator": "Default", "resultValType": "expression", "resultVal": "{N}*2"}},
    ]  # fmt: skip
    view = session(book(parameters({"name": "N", "value": "7"}, {"name": "C", "criteriaData": rows}), text("{C}")))
    assert prose(view, "items/1") == "many: 7"
    view.set_value("N", "3")
    assert prose(view, "items/1") == "6"


def test_parameters_in_a_circle_are_said_and_block_what_uses_them() -> None:
    view = session(
        book(parameters({"name": "A", "query": "{B}"}, {"name": "B", "query": "{A}"}), query("{A}"), text("alive"))
    )
    assert [problem.code for problem in view.plan().problems] == ["RT008", "RT008"]
    assert at(view, "items/1").status == "unset"
    assert prose(view, "items/2") == "alive"


# ---- visibility, tabs, groups --------------------------------------------------------------------------------------


def test_a_hidden_item_does_not_run_and_says_why() -> None:
    view = session(book(parameters({"name": "P", "value": "a"}), query("T", keys=when("P", "b"))))
    assert at(view, "items/1").status == "hidden"
    assert at(view, "items/1").message == "Hidden until P is equal to 'b'."
    view.set_value("P", "b")
    assert at(view, "items/1").status == "ready"


@pytest.mark.parametrize(
    ("value", "comparison", "given", "message"),
    [
        ("", "isNotEqualTo", None, "Hidden until P is set."),
        ("", "isEqualTo", "x", "Hidden while P is set."),
        ("b", "isNotEqualTo", "b", "Hidden while P is 'b'."),
    ],
)
def test_every_condition_says_what_it_waits_for(value: str, comparison: str, given: str | None, message: str) -> None:
    view = session(book(parameters({"name": "P", "value": given}), text("x", **when("P", value, comparison))))
    assert at(view, "items/1").message == message


def test_hidden_parameters_still_have_values_unless_they_must_not_run() -> None:
    hidden = when("Never", "x")
    view = session(book(parameters({"name": "P", "query": "print 1"}, keys=hidden), text("{P}")))
    assert prose(view, "items/1") == "print 1"
    engine = StandIn()
    view = session(
        book(parameters({"name": "P", "query": "print 1"}, keys=hidden, doNotRunWhenHidden=True), text("[{P}]")), engine
    )
    assert prose(view, "items/1") == "[]"
    assert engine.asked == []


def test_the_first_tab_is_selected_and_pressing_another_changes_what_is_shown() -> None:
    view = session(book(tabs("Tab", "one", "two"), text("1", **when("Tab", "one")), text("2", **when("Tab", "two"))))
    assert [at(view, f"items/{n}").status for n in (1, 2)] == ["ready", "hidden"]
    assert [tab.selected for tab in at(view, "items/0").tabs] == [True, False]
    view.set_tab("items/0", 1)
    assert [at(view, f"items/{n}").status for n in (1, 2)] == ["hidden", "ready"]
    assert view.plan().values["Tab"] == "two"


def test_an_address_may_choose_the_tab() -> None:
    view = session(book(tabs("Tab", "one", "two"), text("{Tab}")), values={"Tab": "two"})
    assert prose(view, "items/1") == "two"
    view.set_tab("items/0", 0)
    assert prose(view, "items/1") == "one"


def test_a_global_parameter_and_the_tab_drive_each_other() -> None:
    workbook = book(
        text("{Tab}"),
        parameters({"name": "Tab", "isGlobal": True, "value": "two"}),
        tabs("Tab", "one", "two"),
        text("{Tab}"),
    )
    view = session(workbook)
    assert [tab.selected for tab in at(view, "items/2").tabs] == [False, True]
    view.set_tab("items/2", 0)
    assert at(view, "items/1").controls[0].value == "one"
    assert prose(view, "items/3") == "one"
    view.set_value("Tab", "two")
    assert [tab.selected for tab in at(view, "items/2").tabs] == [False, True]


def test_an_unset_global_parameter_gets_the_first_tab() -> None:
    view = session(book(parameters({"name": "Tab", "isGlobal": True}), tabs("Tab", "one", "two"), text("{Tab}")))
    assert at(view, "items/0").controls[0].value == "one"
    assert prose(view, "items/2") == "one"


def test_a_button_sets_its_parameter_only_when_it_is_pressed() -> None:
    view = session(book(tabs("P", "x", style="list"), text("[{P}]"), query("T {P}")))
    assert prose(view, "items/1") == "[]"
    assert at(view, "items/2").status == "unset"
    view.set_tab("items/0", 0)
    assert prose(view, "items/1") == "[x]"


def test_a_link_with_an_unset_required_parameter_is_disabled() -> None:
    link = {"linkTarget": "Url", "cellValue": "https://example.test/{P}", "linkLabel": "Open"}
    view = session(
        book(parameters({"name": "P", "isRequired": True}), {"type": 11, "content": {"style": "list", "links": [link]}})
    )
    assert not at(view, "items/1").tabs[0].enabled
    view.set_value("P", "x")
    assert at(view, "items/1").tabs[0].url == "https://example.test/x"


def test_a_group_keeps_its_parameters_unless_it_exports_them() -> None:
    for exports, seen in ((False, "{P}"), (True, "inner")):
        view = session(
            book(group(parameters({"name": "P", "value": "inner"}), text("{P}"), exportParameters=exports), text("{P}"))
        )
        assert prose(view, "items/0/items/1") == "inner"
        assert prose(view, "items/1") == seen


def test_the_content_of_a_hidden_group_is_not_made() -> None:
    engine = StandIn()
    view = session(
        book(group(parameters({"name": "P", "query": "print 1"}), query("{P}"), keys=when("X", "y"))), engine
    )
    assert [item.status for item in view.plan().walk()] == ["hidden", "hidden", "hidden"]
    assert engine.asked == []


def test_a_group_on_demand_is_made_when_it_is_opened() -> None:
    view = session(book(group(query("T"), loadType="explicit", loadButtonText="More")))
    assert [item.status for item in view.plan().walk()] == ["ready", "hidden"]
    assert at(view, "items/0").settings["loaded"] is False
    view.open_group("items/0")
    assert [item.status for item in view.plan().walk()] == ["ready", "ready"]
    assert at(view, "items/0").settings["loaded"] is True


def test_a_collapsed_group_costs_nothing_until_it_is_opened() -> None:
    view = session(
        book(group(query("T"), expandable=True, title="More"), group(query("T"), expandable=True, expanded=True))
    )
    assert [item.status for item in view.plan().walk()] == ["ready", "hidden", "ready", "ready"]
    view.open_group("items/0")
    view.close_group("items/1")
    assert [item.status for item in view.plan().walk()] == ["ready", "ready", "ready", "hidden"]


def test_a_template_group_shows_the_template_without_parameters_that_are_there_already() -> None:
    template = book(
        parameters({"name": "T", "value": "theirs"}), parameters({"name": "F", "value": "f"}), text("{T} {F}")
    )
    loads = {"groupType": "template", "loadFromTemplateId": "Community-Workbooks/a", "items": []}
    workbook = book(parameters({"name": "T", "value": "mine"}), group(**loads))
    view = session(workbook, templates=lambda name: template if name == "Community-Workbooks/a" else None)
    paths = [item.path for item in view.plan().walk()]
    assert paths == ["items/0", "items/1", "items/1/items/1", "items/1/items/2"]
    assert prose(view, "items/1/items/2") == "mine f"
    lost = at(session(workbook), "items/1")
    assert (lost.status, lost.problem and lost.problem.code) == ("unsupported", "RT007")


def test_a_template_that_loads_itself_ends() -> None:
    loads = group(groupType="template", loadFromTemplateId="self", items=[])
    workbook = book(text("x"), loads)
    view = session(workbook, templates=lambda _: workbook)
    assert sum(item.item.kind == "text" for item in view.plan().walk()) < 50


def test_all_items_are_evaluated_where_that_is_asked() -> None:
    workbook = book(
        tabs("Tab", "one", "two"),
        group(query("T {Tab}"), keys=when("Tab", "two")),
        group(query("U"), loadType="explicit"),
    )
    view = session(workbook, all_items=True)
    assert [item.status for item in view.plan().walk()] == ["ready"] * 5
    assert asks(view, "items/1/items/0") == "T one"


# ---- selection and brushing ----------------------------------------------------------------------------------------


def test_selecting_a_row_sets_what_the_item_exports() -> None:
    exports = [{"fieldName": "name", "parameterName": "Name"}, {"fieldName": "", "parameterName": "Row"}]
    view = session(book(query("T", exportedParameters=exports), query("U '{Name}' {Row:$.n}"), text("{Name}")))
    assert at(view, "items/1").message.endswith("Please set: Name, Row")
    assert at(view, "items/0").exports == ("Name", "Row")
    view.select("items/0", [{"name": "O'Brien", "n": 5}])
    assert asks(view, "items/1") == "U 'O\\'Brien' 5"
    assert prose(view, "items/2") == "O'Brien"
    view.select("items/0", [])
    assert at(view, "items/1").status == "unset"


def test_an_export_has_its_default_until_something_is_selected() -> None:
    view = session(
        book(query("T", exportParameterName="P", exportFieldName="x", exportDefaultValue="All"), text("{P}"))
    )
    assert prose(view, "items/1") == "All"
    view.select("items/0", [{"x": "one"}])
    assert prose(view, "items/1") == "one"


def test_several_rows_export_unique_values_in_quotes_and_none_an_empty_list() -> None:
    exports = [{"fieldName": "x", "parameterName": "P", "quote": '"', "delimiter": ", "}]
    view = session(book(query("T", exportedParameters=exports, exportMultipleValues=True), query("in ({P})")))
    assert asks(view, "items/1") == "in ()"
    view.select("items/0", [{"x": "1"}, {"x": "2"}, {"x": "1"}])
    assert asks(view, "items/1") == 'in ("1", "2")'


def test_a_selection_changes_a_global_parameter_above_it() -> None:
    workbook = book(
        parameters({"name": "P", "isGlobal": True, "value": "a"}),
        text("{P}"),
        query("T", exportParameterName="P", exportFieldName="x"),
    )
    view = session(workbook)
    view.select("items/2", [{"x": "b"}])
    assert prose(view, "items/1") == "b"
    view.set_value("P", "c")
    assert prose(view, "items/1") == "c"


def test_brushing_sets_a_time_range_below_or_everywhere_where_it_is_global() -> None:
    start, end = NOW - dt.timedelta(hours=3), NOW - dt.timedelta(hours=2)
    chart = query("T", timeContextFromParameter="T", timeBrushParameterName="B")
    view = session(book(parameters(TIME), chart, text("{B:seconds}")))
    assert prose(view, "items/2") == "86400"
    view.brush("items/1", start, end)
    assert prose(view, "items/2") == "3600"
    chart = query("T", timeContextFromParameter="T", timeBrushParameterName="T", timeBrushExportOnlyWhenBrushed=True)
    view = session(book(parameters({**TIME, "isGlobal": True}), text("{T:seconds}"), chart))
    assert prose(view, "items/1") == "86400"
    view.brush("items/2", start, end)
    assert prose(view, "items/1") == "3600"


def test_an_export_only_when_brushed_is_unset_before() -> None:
    view = session(book(query("T", timeContext={"durationMs": 60_000}, timeBrushParameterName="B", timeBrushExportOnlyWhenBrushed=True),
                        query("U", timeContextFromParameter="B")))  # fmt: skip
    assert at(view, "items/1").status == "unset"


# ---- what runs again -----------------------------------------------------------------------------------------------


def test_changing_one_parameter_runs_only_what_depends_on_it() -> None:
    engine = StandIn()
    workbook = book(
        parameters({"name": "A", "value": "1"}, {"name": "B", "value": "1"}),
        query("one {A}"), query("two {B}"), query("three"), query("both {A} {B}"),
    )  # fmt: skip
    view = session(workbook, engine)
    run_all(view)
    assert view.statistics.queries == 4
    keys = [item.key for item in view.plan().walk()]
    view.set_value("A", "2")
    run_all(view)
    assert view.statistics.queries == 6
    assert sorted(engine.texts[4:]) == ["both 2 1", "one 2"]
    changed = [old != item.key for old, item in zip(keys, view.plan().walk(), strict=True)]
    assert changed == [True, True, False, False, True]
    view.set_value("A", "1")
    run_all(view)
    assert view.statistics.queries == 6


def test_new_data_runs_everything_again_and_a_refresh_only_what_failed() -> None:
    engine = StandIn()
    view = session(book(query("one"), query("fail")), engine)
    run_all(view)
    run_all(view)
    assert len(engine.asked) == 2
    view.refresh()
    run_all(view)
    assert len(engine.asked) == 3
    engine.data = "2"
    run_all(view)
    assert len(engine.asked) == 5


def test_readers_of_the_same_engine_share_results() -> None:
    engine = StandIn()
    workbook = book(query("one"), query("one"))
    run_all(session(workbook, engine))
    second = session(workbook, engine)
    run_all(second)
    assert len(engine.asked) == 1
    assert second.statistics.queries == 0


def test_a_selection_does_not_change_items_that_do_not_use_it() -> None:
    view = session(book(query("T", exportParameterName="P", exportFieldName="x"), query("U"), text("{P}")))
    keys = [item.key for item in view.plan().walk()]
    view.select("items/0", [{"x": "1"}])
    assert [old == item.key for old, item in zip(keys, view.plan().walk(), strict=True)] == [True, True, False]


# ---- resources -----------------------------------------------------------------------------------------------------

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w"
RESOURCES = strings(
    "id", "name", "type", "location", "resourceGroup", "subscriptionId",
    rows=[(WORKSPACE, "w", "microsoft.operationalinsights/workspaces", "westeurope", "g", "s"),
          ("/subscriptions/s/vm", "vm", "microsoft.compute/virtualmachines", "westeurope", "g", "s")],
)  # fmt: skip


def pickers() -> Workbook:
    return book(
        parameters(
            {"name": "Subscription", "type": 6, "multiSelect": True, "isRequired": True, "value": ["/subscriptions/elsewhere"]},
            {"name": "Workspace", "type": 5, "isRequired": True, "query": "where type =~ 'microsoft.operationalinsights/workspaces'",
             "queryType": 1, "crossComponentResources": ["{Subscription}"]},
        ),
        query("T '{Workspace}' {Subscription}", crossComponentResources=["{Workspace}"]),
    )  # fmt: skip


def test_pickers_default_to_the_estates_own_resources_on_local_data() -> None:
    empty = strings("id")
    engine = StandIn(
        {"resources | project id": RESOURCES, "resources\n|": empty, "resourcecontainers": empty}, name="local"
    )
    view = session(pickers(), engine)
    assert asks(view, "items/1") == f"T '{WORKSPACE}' '/subscriptions/s'"


def test_pickers_stay_unset_elsewhere_until_the_reader_chooses() -> None:
    view = session(pickers(), StandIn({"resources": strings("id", rows=[(WORKSPACE,)])}))
    assert at(view, "items/1").message.endswith("Please set: Workspace")
    view.set_value("Workspace", WORKSPACE)
    request = at(view, "items/1").query
    assert request is not None
    assert request.resources == (WORKSPACE,)


@pytest.mark.parametrize(
    ("query_type", "payload", "says"),
    [
        (12, '{"path": "/x"}', "Azure Resource Manager queries need a live connection"),
        (10, '{"url": "https://x"}', "Custom endpoint queries need a live connection"),
        (4, "{}", "resource health"),
        (2, "", "alerts data source was removed"),
        (99, "", "type 99"),
    ],
)
def test_what_no_local_data_can_answer_is_named(query_type: int, payload: str, says: str) -> None:
    item = at(session(book(query(payload, queryType=query_type)), StandIn(name="local")), "items/0")
    assert item.status == "unsupported"
    assert says in item.message


def test_a_data_explorer_query_is_asked_as_its_text() -> None:
    payload = '{"version": "AzureDataExplorerQuery/1.0", "queryText": "T | where a == \\"{P}\\"", "clusterName": "c"}'
    view = session(book(parameters({"name": "P", "value": "x"}), query(payload, queryType=9)))
    request = at(view, "items/1").query
    assert request is not None
    assert (request.source, request.text) == ("adx", 'T | where a == "x"')


def test_links_open_details_resources_and_files_and_say_what_only_the_portal_does() -> None:
    def link(target: str, **more: object) -> dict[str, object]:
        return {"linkTarget": target, "linkLabel": target, "style": "link", **more}

    workbook = book(
        parameters({"name": "P", "value": "x"}),
        {
            "type": 11,
            "content": {
                "version": "LinkItem/1.0",
                "style": "list",
                "links": [
                    link("CellDetails", cellValue="{P} as text"),
                    link("Resource", cellValue="/subscriptions/1"),
                    link(
                        "DownloadFile",
                        downloadActionSettings={
                            "fileNameSource": "static",
                            "fileNameValue": "{P}.txt",
                            "fileContentSource": "parameter",
                            "fileContentValue": "P",
                        },
                    ),
                    link("ArmAction"),
                ],
            },
        },
    )
    opens = [dict(tab.opens) for tab in at(session(workbook), "items/1").tabs]
    assert opens[0] == {"kind": "details", "text": "x as text"}
    assert opens[1] == {"kind": "resource", "id": "/subscriptions/1"}
    assert opens[2] == {"kind": "file", "name": "x.txt", "text": "x"}
    assert opens[3] == {"kind": "inert", "why": "This changes an Azure resource, which is not available here."}
