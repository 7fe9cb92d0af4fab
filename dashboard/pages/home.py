"""The home page: a workbook of pinned parts, an ordinary file in the user's folder.

A pinned part is frozen as it stood: its query has the values in it, a relative range of time stays relative. It can be moved,
changed and deleted like any other, because home is a workbook like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import settings
from dashboard.document import editing as edit
from dashboard.document import load_workbook
from dashboard.document.writing import write_json
from dashboard.errors import Problem, WatchbookError
from dashboard.pages import sources
from dashboard.runtime import blueprint
from dashboard.runtime.plan import PlannedItem
from dashboard.store.files import file_in
from dashboard.store.versions import Versions, digest_of, read_text

ID = "mine/home"
SOURCES = {"logs": 0, "resource_graph": 1}


def exists() -> bool:
    """Whether something was pinned."""
    return file_in(settings.workbooks_folder(), "home").is_file()


def pin(planned: PlannedItem, title: str, origin: str, now: Any) -> None:
    """Puts a part on the home page. Raises WatchbookError (PG005) for a part that cannot stand alone, or as `Versions.save`."""
    item = frozen(planned, title, now)
    file = file_in(settings.workbooks_folder(), "home")
    versions = Versions(sources.store())
    text = read_text(file)
    if text is None:
        document: Mapping[str, Any] = blueprint.document(
            blueprint.text("# Home\nPinned parts of your workbooks.", "title")
        )
        base = None
    else:
        document, base = load_workbook(file).raw, digest_of(text)
    taken = edit.names(document)
    name = next(
        each for number in range(1, 10_000) if (each := title if number == 1 else f"{title} {number}") not in taken
    )
    document, _ = edit.insert_item(document, "", len(edit.children(document, "")), {**item, "name": name})
    versions.save(file, write_json(document, text or ""), base=base, message=f"Pinned {title} of {origin}")


def frozen(planned: PlannedItem, title: str, now: Any) -> dict[str, Any]:
    """The JSON of a part as it stands, without what it takes from its workbook."""
    if planned.item.kind == "text":
        return blueprint.text(str(planned.texts.get("json") or ""), title or "text")
    request = planned.query
    if planned.item.kind != "query" or request is None or request.source not in SOURCES:
        raise WatchbookError(
            Problem(
                "PG005",
                "Only parts that ask Logs or Azure Resource Graph can be pinned.",
                hint="Pin the parts that this one is made of.",
            )
        )
    content = {key: value for key, value in planned.item.content.items() if key not in _OWN}
    content |= {key: value for key, value in planned.settings.items() if key in content}
    content |= {"query": request.text, "title": title, "queryType": SOURCES[request.source]}
    if request.timespan is not None:
        length = int((request.timespan.end - request.timespan.start).total_seconds() * 1000)
        content["timeContext"] = {"durationMs": length}
        if abs((now - request.timespan.end).total_seconds()) > 120:
            content["timeContext"]["endTime"] = request.timespan.end.isoformat()
    item = {"type": 3, "content": content, "customWidth": str(planned.item.keys.get("customWidth") or "50")}
    return item | (
        {"styleSettings": planned.item.keys["styleSettings"]} if planned.item.keys.get("styleSettings") else {}
    )


_OWN = ("timeContextFromParameter", "timeContext", "crossComponentResources", "exportedParameters", "exportParameterName", "exportFieldName", "exportDefaultValue", "timeBrushParameterName")  # fmt: skip
