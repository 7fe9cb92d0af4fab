"""What the grid's Python side sends to the browser."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

from dashboard.components.grid.encode import encode

ICONS = {"error": "<svg/>", "unused": "<svg/>"}


def _view(**more: Any) -> dict[str, Any]:
    rows = [
        {"_id": 0, "a": {"v": "x", "t": "x"}, "b": {"v": 1, "t": "1.0"}},
        {"_id": 1, "a": {"v": "y", "t": "y", "icon": "error"}, "b": {"v": None, "t": ""}},
    ]
    return {"columns": [{"field": "a", "title": "A"}, {"field": "b", "title": "B"}], "rows": rows, **more}


def _sent(view: Any, **more: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(zlib.decompress(encode(view, **more)[0]))
    return content


def test_rows_travel_by_columns_with_texts_only_where_they_differ() -> None:
    sent = _sent(_view(), icons=ICONS)
    assert sent["ids"] == [0, 1]
    first, second = sent["cells"]
    assert first["v"] == ["x", "y"]
    assert "t" not in first
    assert [extra and extra["icon"] for extra in first["x"]] == [None, "error"]
    assert second == {"v": [1, None], "t": ["1.0", ""]}
    assert sent["icons"] == {"error": "<svg/>"}, "only icons that some cell shows"


def test_a_tree_is_flat_on_the_way_with_depths_and_open_rows() -> None:
    leaf = {"_id": 5, "a": {"v": 1, "t": "1"}}
    view = {
        "columns": [{"field": "a"}],
        "rows": [{"_id": -1, "_open": True, "a": {"v": "g", "t": "g"}, "_children": [leaf, leaf]}, leaf],
        "tree": True,
    }
    sent = _sent(view)
    assert (sent["ids"], sent["depths"], sent["opens"]) == ([-1, 5, 5, 5], [0, 1, 1, 0], [0])


def test_a_deep_tree_is_no_recursion() -> None:
    row: dict[str, Any] = {"_id": 0}
    for _ in range(5000):
        row = {"_id": 0, "_children": [row]}
    assert max(_sent({"columns": [], "rows": [row], "tree": True})["depths"]) == 5000


def test_a_view_may_be_an_object_and_its_defaults_hold() -> None:
    @dataclass
    class View:
        columns: tuple[Any, ...] = ()
        rows: tuple[Any, ...] = ()
        height: int = 0

    sent = _sent(View())
    assert (sent["height"], sent["selectable"], sent["filter"], sent["selected"]) == (300, "none", False, None)


def test_the_digest_tells_other_rows_but_not_another_selection() -> None:
    digests = {encode(_view(), selected=selected)[1] for selected in (None, (), (1,))}
    assert len(digests) == 1
    assert encode(_view(height=9))[1] not in digests
    assert encode(_view()) == encode(_view())


def test_any_text_can_travel() -> None:
    hostile = "\ud800 \u2028 </script> \x00 é 中"
    view = {"columns": [{"field": "a", "title": hostile}], "rows": [{"_id": 0, "a": {"v": hostile, "t": hostile}}]}
    raw = zlib.decompress(encode(view)[0]).decode("utf-8", "surrogatepass")
    assert json.loads(raw)["cells"][0]["v"] == [hostile]


def test_a_row_without_a_cell_has_an_empty_one() -> None:
    assert _sent({"columns": [{"field": "a"}], "rows": [{"_id": 0}]})["cells"] == [{"v": [None], "t": [""]}]
