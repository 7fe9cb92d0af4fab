"""Operations on documents: each changes what it should and nothing else."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from dashboard.document import editing as edit
from dashboard.document import load_workbook, parse_item, replace_document
from dashboard.document.compare import compare, compare_lines
from dashboard.document.paths import value_at
from dashboard.document.writing import write_json, write_workbook
from dashboard.errors import WatchbookError
from tests.shared import needs_shared, workbooks


def text(name: str, **more: Any) -> dict[str, Any]:
    return {"type": 1, "content": {"json": name}, "name": name, **more}


def group(name: str, *items: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": 12,
        "content": {"version": "NotebookGroup/1.0", "groupType": "editable", "items": list(items)},
        "name": name,
        **more,
    }


def document() -> dict[str, Any]:
    return {
        "version": "Notebook/1.0",
        "items": [
            text("a", unknownKey={"z": 1, "a": 2}),
            group("g", text("b"), group("h", text("c"))),
            text("d", customWidth="50"),
        ],
        "strange": [3, 1, 2],
    }


def outline(found: Any) -> list[Any]:
    def one(item: Any) -> Any:
        inside = value_at(item, ("content", "items"))
        return [item["name"], *map(one, inside)] if isinstance(inside, list) else item["name"]

    return [one(item) for item in found["items"]]


def test_every_operation_leaves_the_old_document_as_it_was() -> None:
    old = document()
    kept = copy.deepcopy(old)
    edit.set_setting(old, "items/1/items/0", ("content", "json"), "changed")
    edit.duplicate_item(old, "items/1")
    edit.move_item(old, "items/0", "items/1/items/1", 0)
    edit.delete_item(old, "items/1/items/1/items/0")
    edit.group_items(old, ["items/0", "items/2"])
    edit.ungroup(old, "items/1")
    edit.resize_item(old, "items/0", 33)
    assert old == kept


def test_a_setting_is_changed_by_its_keys_and_the_order_of_keys_stays() -> None:
    new = edit.set_setting(document(), "items/0", ("unknownKey", "z"), 9)
    assert json.dumps(new["items"][0]["unknownKey"]) == '{"z": 9, "a": 2}'
    new = edit.set_setting(new, "items/0", ("content", "styleSettings", "margin"), "5px")
    assert list(new["items"][0]) == ["type", "content", "name", "unknownKey"]
    assert edit.setting(new, "items/0", ("content", "styleSettings", "margin")) == "5px"
    gone = edit.set_setting(new, "items/0", ("unknownKey",), None)
    assert "unknownKey" not in gone["items"][0]


def test_a_setting_inside_json_text_is_changed_in_the_style_of_that_text() -> None:
    merge = {"version": "Merge/1.0", "merges": [{"mergeType": "inner"}]}
    item = {
        "type": 3,
        "content": json.dumps({"query": json.dumps(merge, separators=(",", ":"))}, indent=2),
        "name": "q",
    }
    new = edit.set_setting({"items": [item]}, "items/0", ("content", "query", "merges", 0, "mergeType"), "outer")
    expected = json.dumps(merge, separators=(",", ":")).replace("inner", "outer")
    assert new["items"][0]["content"] == json.dumps({"query": expected}, indent=2)


@pytest.mark.parametrize(
    ("path", "by", "expected"),
    [
        ("items/2", -1, ["a", "d", ["g", "b", ["h", "c"]]]),
        ("items/0", 1, [["g", "b", ["h", "c"]], "a", "d"]),
        ("items/0", -1, ["a", ["g", "b", ["h", "c"]], "d"]),
        ("items/1/items/0", -1, ["a", "b", ["g", ["h", "c"]], "d"]),
        ("items/1/items/1", 1, ["a", ["g", "b"], ["h", "c"], "d"]),
    ],
)
def test_items_move_up_and_down_and_out_of_their_group_at_its_edge(path: str, by: int, expected: list[Any]) -> None:
    item = edit.item_at(document(), path)
    new, where = edit.shift_item(document(), path, by)
    assert outline(new) == expected
    assert edit.item_at(new, where) == item


def test_items_are_nested_and_taken_out_again() -> None:
    new, where = edit.nest_item(document(), "items/2")
    assert (outline(new), where) == (["a", ["g", "b", ["h", "c"], "d"]], "items/1/items/2")
    new, where = edit.unnest_item(new, where)
    assert outline(new) == outline(document())
    new, where = edit.nest_item(document(), "items/0")
    assert (outline(new), where) == ([["g", "a", "b", ["h", "c"]], "d"], "items/0/items/0")


def test_a_group_in_older_json_text_form_is_edited_like_any_other() -> None:
    old = document()
    old["items"][1]["content"] = json.dumps(old["items"][1]["content"])
    new, where = edit.move_item(old, "items/1/items/0", "", 0)
    assert where == "items/0"
    assert [item["name"] for item in new["items"]] == ["b", "a", "g", "d"]
    assert isinstance(new["items"][2]["content"], str)


def test_items_are_grouped_and_ungrouped() -> None:
    shown = {"conditionalVisibility": {"parameterName": "P", "comparison": "isEqualTo", "value": "x"}}
    old = document()
    old["items"][2] |= shown
    new, where = edit.group_items(old, ["items/2", "items/0"])
    assert (outline(new), where) == ([["group - 0", "a", "d"], ["g", "b", ["h", "c"]]], "items/0")
    with_condition = edit.set_setting(new, where, ("conditionalVisibility",), {"parameterName": "Q"})
    flat = edit.ungroup(with_condition, where)
    assert outline(flat) == ["a", "d", ["g", "b", ["h", "c"]]]
    assert flat["items"][0]["conditionalVisibility"] == {"parameterName": "Q"}
    assert flat["items"][1]["conditionalVisibility"] == shown["conditionalVisibility"]


def test_a_copy_has_names_and_ids_of_its_own() -> None:
    old = document()
    old["items"][1]["content"]["items"].append(
        {"type": 9, "content": {"parameters": [{"id": "x", "name": "P"}]}, "name": "p"}
    )
    new, where = edit.duplicate_item(old, "items/1")
    assert where == "items/2"
    assert outline(new)[2] == ["g - Copy", "b - Copy", ["h - Copy", "c - Copy"], "p - Copy"]
    parameter = edit.item_at(new, "items/2/items/2")["content"]["parameters"][0]
    assert parameter["name"] == "P"
    assert parameter["id"] != "x"
    again, _ = edit.duplicate_item(new, "items/2")
    assert outline(again)[3][0] == "g - Copy 2"


def test_an_arrangement_sets_order_nesting_and_widths_at_once() -> None:
    placed = [
        edit.Placed("items/2", 100),
        edit.Placed(
            "items/1",
            None,
            (
                edit.Placed("items/0", 25),
                edit.Placed("items/1/items/1", None, (edit.Placed("items/1/items/1/items/0"),)),
            ),
        ),
        edit.Placed("items/1/items/0", 50),
    ]
    new = edit.arrange(document(), placed)
    assert outline(new) == ["d", ["g", "a", ["h", "c"]], "b"]
    assert "customWidth" not in new["items"][0]
    assert new["items"][1]["content"]["items"][0]["customWidth"] == "25"
    same = [
        edit.Placed("items/0"),
        edit.Placed(
            "items/1",
            None,
            (
                edit.Placed("items/1/items/0"),
                edit.Placed("items/1/items/1", None, (edit.Placed("items/1/items/1/items/0"),)),
            ),
        ),
        edit.Placed("items/2"),
    ]
    assert edit.arrange(document(), same) == document()


@pytest.mark.parametrize(
    "act",
    [
        lambda d: edit.item_at(d, "items/9"),
        lambda d: edit.item_at(d, "items/1/../x"),
        lambda d: edit.move_item(d, "items/1", "items/1/items/1", 0),
        lambda d: edit.insert_item(d, "items/0", 0, text("x")),
        lambda d: edit.nest_item(d, "items/1/items/0/items/0"),
        lambda d: edit.group_items(d, ["items/0", "items/1/items/0"]),
        lambda d: edit.resize_item(d, "items/0", 0),
        lambda d: edit.arrange(d, [edit.Placed("items/0"), edit.Placed("items/0")]),
        lambda d: edit.set_setting(d, "items/0", ("content", "json", "x"), 1),
        lambda d: edit.set_setting(d, "items/0", (), 1),
    ],
)
def test_an_edit_that_cannot_be_is_refused_with_a_sentence(act: Any) -> None:
    with pytest.raises(WatchbookError) as caught:
        act(document())
    assert caught.value.problem.code in ("WB020", "WB021", "WB022")
    assert caught.value.problem.message.endswith(".")


def test_undo_and_redo_walk_a_stack_of_documents() -> None:
    first = document()
    second = edit.delete_item(first, "items/0")
    third = edit.delete_item(second, "items/0")
    history = edit.History(first).changed(second).changed(second).changed(third)
    assert history.undo().present == second
    assert history.undo().undo().undo().present == first
    assert history.undo().undo().redo().present == second
    branched = history.undo().changed(first)
    assert branched.redo() == branched


@pytest.mark.parametrize(
    ("raw", "code"),
    [("{", "WB002"), ("[]", "WB010"), ('{"type": 77, "content": {}}', "WB011"), ('{"type": 1}', "WB012"), ('{"type": 1, "content": "{"}', "WB006")],
)  # fmt: skip
def test_the_raw_json_of_an_item_is_validated(raw: str, code: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        parse_item(raw)
    assert caught.value.problem.code == code


def test_what_is_odd_but_possible_in_raw_json_is_told_and_kept() -> None:
    item, problems = parse_item('{"type": 9, "content": {"parameters": [{"type": 1}]}, "mine": 1}')
    assert item["mine"] == 1
    assert [problem.code for problem in problems] == ["WB013"]


def test_a_comparison_tells_items_added_removed_moved_and_changed() -> None:
    old = document()
    new = edit.set_setting(old, "items/1/items/0", ("content", "json"), "b2")
    new, _ = edit.insert_item(new, "", 0, text("new"))
    new, _ = edit.move_item(new, "items/3", "", 1)
    new = edit.delete_item(new, "items/3/items/1/items/0")
    told = {(change.kind, change.title): change for change in compare(old, new)}
    assert set(told) == {("added", "new"), ("removed", "c"), ("moved", "d"), ("changed", "b2")}
    setting = told["changed", "b2"].settings[0]
    assert (setting.keys, setting.before, setting.after) == (("content", "json"), "b", "b2")
    assert compare(old, old) == ()
    assert ("+", '"x"') in compare_lines('"a"\n"b"', '"a"\n"x"\n"b"')


def shared_start(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def differing(old: Any, new: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places where two JSON values differ, written independently of the product; order of keys counts."""
    if isinstance(old, dict) and isinstance(new, dict):
        shared = [key for key in old if key in new]
        assert shared == [key for key in new if key in old], at
        return [place for key in {**old, **new} for place in differing(old.get(key), new.get(key), (*at, key))]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            place
            for n, (one, other) in enumerate(zip(old, new, strict=True))
            for place in differing(one, other, (*at, n))
        ]
    return [] if type(old) is type(new) and old == new else [at]


@needs_shared
@pytest.mark.shared
def test_in_200_real_workbooks_one_changed_setting_is_the_only_difference() -> None:
    chance = random.Random(7)
    files = chance.sample(workbooks(), 200)
    for file in files:
        workbook = load_workbook(file)
        path, item = chance.choice(list(edit.walk(workbook.raw)))
        content = value_at(item, ("content",))
        keys = (
            [("content", key) for key in content if key not in ("items", "version")]
            if isinstance(content, dict)
            else []
        )
        keys = chance.choice([*keys, ("customWidth",), ("name",), ("styleSettings", "margin")])
        changed = replace_document(workbook, edit.set_setting(workbook.raw, path, keys, "7px"))
        places = differing(workbook.raw, changed.raw)
        assert len(places) == 1, (file, places)
        whole = (*edit.keys_of(path), *keys)
        assert places[0] == whole[: len(places[0])], file
        told = compare(workbook.raw, changed.raw)
        assert len(told) == 1, file


@needs_shared
@pytest.mark.shared
def test_random_edits_of_real_workbooks_are_undone_to_the_same_document() -> None:
    chance = random.Random(11)
    for file in chance.sample(workbooks(), 40):
        start = load_workbook(file).raw
        history = edit.History(start)
        for _ in range(12):
            paths = [path for path, _ in edit.walk(history.present)]
            if not paths:
                break
            path = chance.choice(paths)
            count = len(paths)
            try:
                act = chance.choice(("shift", "nest", "copy", "delete", "group", "ungroup"))
                new = history.present
                if act == "shift":
                    new, _ = edit.shift_item(new, path, chance.choice((-1, 1)))
                elif act == "nest":
                    new, _ = edit.nest_item(new, path)
                elif act == "copy":
                    new, _ = edit.duplicate_item(new, path)
                elif act == "delete":
                    new = edit.delete_item(new, path)
                elif act == "group":
                    new, _ = edit.group_items(new, [path])
                else:
                    new = edit.ungroup(new, path)
                if act in ("shift", "nest"):
                    assert len(list(edit.walk(new))) == count
            except WatchbookError:
                continue
            history = history.changed(new)
        while history.past:
            history = history.undo()
        assert history.present is start


def test_a_file_is_written_again_in_the_style_it_had() -> None:
    text = '\ufeff{\r\n    "a": [1,2 ,  3],\r\n  "b": {"x" : "\\u00e9", "y": []},\r\n    "c": null\r\n}'
    old = json.loads(text.removeprefix("\ufeff"))
    assert write_json(old, text) == text
    new = {"a": [1, 7, 3], "b": {"x": "é", "y": [{"z": 1}], "w": True}, "d": {"e": 1}}
    assert write_json(new, text) == (
        '\ufeff{\r\n    "a": [1,7 ,  3],\r\n  "b": {"x" : "\\u00e9", "y": [\r\n    {\r\n        "z": 1\r\n    }\r\n], "w": true},'
        '\r\n    "d": {\r\n        "e": 1\r\n    }\r\n}'
    )
    assert write_json({"a": 1}, '{"a":1}') == '{\n  "a": 1\n}\n'
    assert write_json({"a": 1}, "torn {") == '{\n  "a": 1\n}\n'


@needs_shared
@pytest.mark.shared
def test_saving_a_real_workbook_after_one_change_changes_few_lines_of_its_file() -> None:
    chance = random.Random(3)
    for file in chance.sample(workbooks(), 30):
        text = file.read_bytes().decode()
        workbook = load_workbook(file)
        assert write_workbook(workbook, text) == text, file
        path, _ = chance.choice(list(edit.walk(workbook.raw)))
        changed = replace_document(workbook, edit.set_setting(workbook.raw, path, ("name",), "another name"))
        written = write_workbook(changed, text)
        assert json.loads(written.removeprefix("\ufeff")) == changed.package.outer, file
        lines = [line for line in compare_lines(text, written, context=0) if line[0] in "+-"]
        assert len(lines) <= 6, (file, len(lines))


@needs_shared
@pytest.mark.shared
def test_an_item_moved_or_copied_in_a_real_workbook_is_all_that_its_file_differs_in() -> None:
    chance = random.Random(5)
    for file in chance.sample(workbooks(), 30):
        text = file.read_bytes().decode()
        workbook = load_workbook(file)
        if workbook.package.form != "document" or "\n" not in text.strip():
            continue
        path, item = chance.choice(list(edit.walk(workbook.raw)))
        new, _ = edit.duplicate_item(workbook.raw, path)
        written = write_json(new, text)
        assert json.loads(written.removeprefix("\ufeff")) == new, file
        begins, ends = shared_start(text, written), shared_start(text[::-1], written[::-1])
        assert begins + ends >= len(text), file
        assert len(written) - len(text) < 3 * len(json.dumps(item, indent=4)) + 400
