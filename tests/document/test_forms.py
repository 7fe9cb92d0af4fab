"""Forms know the format, show what is there, and change only what they say."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from dashboard.document import editing as edit
from dashboard.document import load_workbook, replace_document
from dashboard.document.forms import Around, Field, Section, form_of
from dashboard.document.forms.data import change_source, written
from dashboard.document.forms.parameters import change_value_from
from tests.document.test_editing import differing
from tests.shared import needs_shared, workbooks


def fields(sections: Iterable[Section]) -> Iterator[Field]:
    def inside(found: Iterable[Field]) -> Iterator[Field]:
        for field in found:
            yield field
            for entry in field.entries:
                yield from inside(entry.fields)

    for section in sections:
        yield from inside(section.fields)


def named(sections: Iterable[Section], label: str) -> Field:
    return next(field for field in fields(sections) if field.label == label)


def query(**content: Any) -> dict[str, Any]:
    return {"type": 3, "content": {"query": "T | take 1", "queryType": 0, **content}, "name": "q"}


AROUND = Around(columns=(("Day", "datetime"), ("Name", "string"), ("Count", "long")), parameters=("P",), times=("T",))


def test_a_query_form_offers_the_columns_of_the_result() -> None:
    form = form_of(query(visualization="barchart"), AROUND)
    assert named(form, "X axis").suggest == ("Day", "Name", "Count")
    assert named(form, "Y axis").suggest == ("Count",)
    assert named(form, "Time range from parameter").suggest == ("T",)
    rules = named(
        form_of(query(gridSettings={"formatters": [{"columnMatch": "Name", "formatter": 1}]}), AROUND),
        "How columns are drawn",
    )
    assert [new.label for new in rules.add] == ["Day", "Count", "Other columns …"]
    assert rules.entries[0].title == "Name · Text"


def test_the_form_follows_the_visualization_even_where_the_query_sets_it() -> None:
    titles = [section.title for section in form_of(query(), AROUND, "timechart")]
    assert "Axes and numbers" in titles
    assert "Tiles" in [section.title for section in form_of(query(visualization="tiles"), AROUND, "timechart")]


def test_a_value_the_form_does_not_know_is_offered_and_so_kept() -> None:
    size = named(form_of(query(size=77)), "Height")
    assert size.value == 77
    assert (77, "77") in size.choices


def test_settings_inside_a_payload_of_json_text_have_fields() -> None:
    item = query(
        queryType=7, query='{"version":"Merge/1.0","merges":[{"mergeType":"inner","leftTable":"a","rightTable":"b"}]}'
    )
    merge = named(form_of(item), "Left item")
    assert (merge.value, merge.keys) == ("a", ("content", "query", "merges", 0, "leftTable"))
    new = edit.set_setting({"items": [item]}, "items/0", merge.keys, "c")
    assert '"leftTable":"c"' in new["items"][0]["content"]["query"]


def item_of(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": 9, "content": {"parameters": [*parameters]}, "name": "p"}


def test_each_parameter_has_a_form_of_its_own_with_the_settings_of_its_type() -> None:
    item = item_of(edit.new_parameter("T", 4), {**edit.new_parameter("D", 2), "multiSelect": True})
    listed = named(form_of(item), "Parameters")
    assert [entry.title for entry in listed.entries] == ["T · Time range", "D · Drop-down"]
    assert listed.opens
    assert "Own start and end" in [field.label for field in fields(form_of(item, inside=0))]
    form = form_of(item, Around(options={"D": ("one", "two")}), inside=1)
    assert named(form, "Quoted with").keys == ("content", "parameters", 1, "quote")
    assert named(form, "Chosen while nobody chose").suggest == ("one", "two")


def test_a_parameter_takes_its_options_from_a_query_from_json_or_from_criteria() -> None:
    document: Any = {"items": [item_of(edit.new_parameter("D", 2), edit.new_parameter("X", 1))]}
    base = ("content", "parameters", 0)
    found = written(document["items"][0], base)
    assert found
    assert (found.keys[-1], found.language) == ("jsonData", "json")
    asked = change_value_from(document, "items/0", base, "query")
    parameter = asked["items"][0]["content"]["parameters"][0]
    assert "jsonData" not in parameter
    assert (parameter["query"], parameter["queryType"]) == ("", 0)
    found = written(asked["items"][0], base)
    assert found
    assert (found.keys, found.language) == ((*base, "query"), "kql")
    moved = change_source(edit.set_setting(asked, "items/0", found.keys, "T"), "items/0", 9, base)
    found = written(moved["items"][0], base)
    assert found
    assert edit.setting(moved, "items/0", found.keys) == "T"
    computed = change_value_from(document, "items/0", ("content", "parameters", 1), "criteria")
    assert written(computed["items"][0], ("content", "parameters", 1)) is None
    criteria = named(form_of(computed["items"][0], AROUND, inside=1), "Criteria")
    assert criteria.entries[0].title == "otherwise → empty"
    assert criteria.add[0].entry["criteriaContext"]["leftOperand"] == "P"
    typed = change_value_from(computed, "items/0", ("content", "parameters", 1), "typed")
    assert "criteriaData" not in typed["items"][0]["content"]["parameters"][1]


def test_the_columns_of_a_merge_are_those_of_its_steps_and_keep_what_else_stands_there() -> None:
    payload = '{"version":"Merge/1.0","merges":[{"id":"m","mergeType":"inner","leftTable":"a","rightTable":"b"}]}'
    around = Around(steps=("a", "b"), merged={"a": ("Id", "Name"), "b": ("Id", "Size")})
    shown = [entry for entry, _ in named(form_of(query(queryType=7, query=payload), around), "Columns").choices]
    assert [(entry["originalName"], entry["mergedName"]) for entry in shown] == [
        ("[a].Id", "Id"), ("[a].Name", "Name"), ("[b].Id", "Id1"), ("[b].Size", "Size"),
    ]  # fmt: skip
    chosen = payload[:-1] + ',"projectRename":[{"originalName":"[b].Size","mergedName":"Big","mine":1}]}'
    columns = named(form_of(query(queryType=7, query=chosen), around), "Columns")
    shown = [entry for entry, _ in columns.choices]
    assert shown[0] == {"originalName": "[b].Size", "mergedName": "Big", "mine": 1}
    assert [entry["originalName"] for entry in shown[1:] if "mergedName" not in entry] == ["[a].Id", "[a].Name", "[b].Id"]  # fmt: skip
    assert named(form_of(query(queryType=7, query=chosen), around), "Left column").suggest == ("Id", "Name")
    added = named(form_of(query(queryType=7, query=chosen), around), "Computed columns")
    document = edit.add_entry({"items": [query(queryType=7, query=chosen)]}, "items/0", added.keys, added.add[0].entry)
    entry = named(form_of(document["items"][0], around), "Computed columns").entries[0]
    assert entry.keys == ("content", "query", "projectRename", 1)
    assert "Value" in [field.label for field in entry.fields]


@pytest.mark.parametrize(
    ("source", "labels"),
    [
        (8, ["Result settings"]),
        (9, ["Cluster", "Database"]),
        (10, ["Method", "Address", "Headers", "Result settings"]),
        (12, ["Method", "Path", "Parameters of the address", "Headers", "Result settings"]),
        (14, ["Method", "Path", "Parameters of the address"]),
        (4, ["Answers with"]),
        (13, ["Levels of changes"]),
        (16, ["Asks for", "Own endpoint"]),
    ],
)
def test_every_data_source_has_the_fields_of_its_payload(source: int, labels: list[str]) -> None:
    document = change_source({"items": [query()]}, "items/0", source)
    offered = [field.label for field in fields(form_of(document["items"][0]))]
    assert set(labels) <= set(offered)


def test_a_target_that_opens_a_workbook_is_set_by_form_in_links_and_in_cells_alike() -> None:
    around = Around(columns=(("Pod", "string"),), parameters=("P",), workbooks=("pods",))
    context = {
        "templateId": "pods",
        "passSpecificParams": True,
        "templateParameters": [{"name": "Pod", "source": "column", "value": "Pod"}],
    }
    link = {
        "type": 11,
        "content": {"style": "list", "links": [{"linkTarget": "WorkbookTemplate", "workbookContext": context}]},
    }
    cell = query(
        gridSettings={
            "formatters": [
                {
                    "columnMatch": "Pod",
                    "formatter": 7,
                    "formatOptions": {"linkTarget": "WorkbookTemplate", "workbookContext": context},
                }
            ]
        }
    )
    for item in (link, cell):
        form = form_of(item, around)
        assert named(form, "Workbook").suggest == ("pods",)
        passed = named(form, "Name there")
        assert passed.value == "Pod"
        assert passed.keys[-4:] == ("workbookContext", "templateParameters", 0, "name")


def test_metrics_are_split_and_filtered_by_form() -> None:
    entry = {"metric": "n--CPU", "splitBy": ["Node"], "filters": [{"key": "Pool", "operator": 1, "values": ["spot"]}]}
    form = form_of({"type": 10, "content": {"metrics": [entry], "filters": []}}, AROUND)
    assert named(form, "Split by").value == ["Node"]
    filters = [field for field in fields(form) if field.label == "Filters"]
    assert [len(field.entries) for field in filters] == [1, 0]
    assert filters[0].entries[0].title == "Pool ≠ spot"


def test_jsonpath_settings_are_made_and_changed_by_form() -> None:
    document = change_source({"items": [query(query="[]")]}, "items/0", 8)
    settings = named(form_of(document["items"][0]), "Result settings")
    document = edit.add_entry(document, "items/0", settings.keys, settings.add[0].entry)
    columns = named(form_of(document["items"][0]), "Columns")
    document = edit.add_entry(document, "items/0", columns.keys, columns.add[0].entry)
    document = edit.set_setting(document, "items/0", named(form_of(document["items"][0]), "Value at").keys, "$.name")
    assert '"columns":[{"path":"$.name","columnid":""}]' in document["items"][0]["content"]["query"]
    assert named(form_of(document["items"][0]), "Result settings").add == ()


def test_the_text_of_a_query_goes_along_when_the_data_source_changes() -> None:
    document = {"items": [query(query="T | take 1")]}
    changed = change_source(document, "items/0", 9)
    item = edit.item_at(changed, "items/0")
    found = written(item)
    assert found
    assert found.keys == ("content", "query", "queryText")
    assert edit.setting(changed, "items/0", found.keys) == "T | take 1"
    back = change_source(changed, "items/0", 0)
    assert edit.setting(back, "items/0", ("content", "query")) == "T | take 1"
    assert written(edit.item_at(change_source(document, "items/0", 7), "items/0")) is None


def test_conditions_are_written_in_the_form_the_item_had() -> None:
    one, two = ({"parameterName": name, "comparison": "isEqualTo", "value": "x"} for name in "AB")
    document: Any = {"items": [{"type": 1, "content": {"json": ""}, "conditionalVisibility": one}]}
    assert edit.conditions_of(document["items"][0]) == [one]
    both = edit.set_conditions(document, "items/0", [one, two])
    assert both["items"][0]["conditionalVisibilities"] == [one, two]
    assert both["items"][0]["conditionalVisibility"] == one
    none = edit.set_conditions(both, "items/0", [])
    assert set(none["items"][0]) == {"type", "content"}
    assert edit.set_conditions(document, "items/0", [two])["items"][0] == {
        "type": 1,
        "content": {"json": ""},
        "conditionalVisibility": two,
    }


def other_value(field: Field, chance: random.Random) -> Any:
    if field.kind == "flag":
        return not (field.default if field.value is None else field.value)
    if field.kind == "choice":
        return chance.choice([value for value, _ in field.choices if value is not None and value != field.value])
    if field.kind == "number":
        return 17
    return ["changed"] if field.kind == "names" else "changed by form"


def parameters_of(item: dict[str, Any]) -> list[Any]:
    found = edit.setting({"items": [item]}, "items/0", ("content", "parameters"))
    return found if item.get("type") == 9 and isinstance(found, list) else []


@needs_shared
@pytest.mark.shared
def test_in_200_real_workbooks_one_setting_changed_by_form_is_all_that_differs() -> None:
    chance = random.Random(9)
    for file in chance.sample(workbooks(), 200):
        workbook = load_workbook(file)
        path, item = chance.choice(list(edit.walk(workbook.raw)))
        several = parameters_of(item)
        form = form_of(
            item, AROUND, inside=chance.randrange(len(several)) if several and chance.random() < 0.8 else None
        )
        offered = [field for field in fields(form) if field.kind not in ("list", "note", "columns") and not field.do]
        assert offered, file
        field = chance.choice(offered)
        value = other_value(field, chance)
        changed = replace_document(workbook, edit.set_setting(workbook.raw, path, field.keys, value))
        places = differing(workbook.raw, changed.raw)
        assert len(places) == 1, (file, field, places)
        whole = (*edit.keys_of(path), *field.keys)
        assert places[0][: len(whole)] == whole[: len(places[0])], (file, field.label)
        assert edit.setting(changed.raw, path, field.keys) == value, (file, field.label)


@needs_shared
@pytest.mark.shared
def test_every_item_of_every_real_workbook_has_a_form() -> None:
    for file in workbooks():
        for _, item in edit.walk(load_workbook(file).raw):
            assert len(form_of(item, AROUND)) >= 2, file
            several = parameters_of(item)
            for number in range(len(several or ())):
                assert form_of(item, AROUND, inside=number), file
