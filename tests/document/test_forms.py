"""Forms know the format, show what is there, and change only what they say."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from dashboard.document import editing as edit
from dashboard.document import load_workbook, replace_document
from dashboard.document.forms import Around, Field, Section, form_of
from dashboard.document.forms.item import change_source, query_keys
from tests.document.test_corpus import CORPUS, corpus_files
from tests.document.test_editing import differing
from tests.shared import needs_shared


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


def test_a_parameter_has_the_settings_of_its_own_type_and_a_preview_of_its_options() -> None:
    item = {
        "type": 9,
        "content": {"parameters": [edit.new_parameter("T", 4), {**edit.new_parameter("D", 2), "multiSelect": True}]},
        "name": "p",
    }
    form = form_of(item, Around(options={"D": "one, two"}))
    labels = [field.label for field in fields(form)]
    assert "Own start and end" in labels
    assert "Quoted with" in labels
    assert named(form, "Just now").value == "one, two"


def test_the_text_of_a_query_goes_along_when_the_data_source_changes() -> None:
    document = {"items": [query(query="T | take 1")]}
    changed = change_source(document, "items/0", 9)
    item = edit.item_at(changed, "items/0")
    assert query_keys(item) == ("content", "query", "queryText")
    assert edit.setting(changed, "items/0", query_keys(item)) == "T | take 1"
    back = change_source(changed, "items/0", 0)
    assert edit.setting(back, "items/0", ("content", "query")) == "T | take 1"
    assert query_keys(edit.item_at(change_source(document, "items/0", 7), "items/0")) == ()


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


@needs_shared
@pytest.mark.shared
def test_in_200_real_workbooks_one_setting_changed_by_form_is_all_that_differs() -> None:
    chance = random.Random(9)
    for name in chance.sample(corpus_files(), 200):
        workbook = load_workbook(CORPUS / name)
        path, item = chance.choice(list(edit.walk(workbook.raw)))
        form = form_of(item, AROUND)
        offered = [field for field in fields(form) if field.kind not in ("list", "note")]
        assert offered, name
        field = chance.choice(offered)
        value = other_value(field, chance)
        changed = replace_document(workbook, edit.set_setting(workbook.raw, path, field.keys, value))
        places = differing(workbook.raw, changed.raw)
        assert len(places) == 1, (name, field, places)
        whole = (*edit.keys_of(path), *field.keys)
        assert places[0] == whole[: len(places[0])], (name, field.label)
        assert edit.setting(changed.raw, path, field.keys) == value, (name, field.label)


@needs_shared
@pytest.mark.shared
def test_every_item_of_every_real_workbook_has_a_form() -> None:
    for name in corpus_files():
        for _, item in edit.walk(load_workbook(CORPUS / name).raw):
            assert len(form_of(item, AROUND)) >= 2, name
