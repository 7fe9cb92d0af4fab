"""Workbooks to and from Azure, by the REST reference of Microsoft.Insights/workbooks: a resource group's shared workbooks are
published to after a preview, a subscription's are fetched whole."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboard.document import Workbook, dump_document, parse_workbook
from dashboard.document.compare import ItemChange, compare
from dashboard.engines.azure.management import Management
from dashboard.errors import Problem, WatchbookError

VERSION = "2023-06-01"
CATEGORIES = ("workbook", "sentinel")
"""The kinds of shared workbooks that hold documents a person made: Azure Monitor's and Microsoft Sentinel's."""
_GROUP = re.compile(r"/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[\w().-]{1,90}", re.IGNORECASE)
_SPACE = uuid.UUID("0b6c2d1e-4a51-4f0e-9a0c-7f3f0e7d5b52")


@dataclass(frozen=True)
class Preview:
    """What publishing would do: create the workbook at `path` or change it. `etag` is what Azure must still have; `changes` are
    item by item; `body` is what will be sent."""

    path: str
    title: str
    exists: bool
    etag: str
    changes: tuple[ItemChange, ...]
    body: Mapping[str, Any]

    @property
    def is_same(self) -> bool:
        """Whether Azure has this very workbook already."""
        return self.exists and not self.changes

    def lines(self) -> list[str]:
        """What changes, as a person reads it."""
        head = f"{'Changes' if self.exists else 'Creates'} the workbook '{self.title}' at {self.path}"
        if self.is_same:
            return [f"The workbook '{self.title}' at {self.path} is the same already."]
        lines = [head]
        for change in self.changes:
            lines.append(f"  {change.kind:8} {change.type} {change.title}".rstrip())
            for setting in change.settings[:6]:
                name = ".".join(str(key) for key in setting.keys)
                lines.append(f"           {name}: {_short(setting.before)} → {_short(setting.after)}")
        return lines


@dataclass(frozen=True)
class Fetched:
    """One workbook of a subscription: the name under which it was written, or why it could not be."""

    title: str
    resource: str
    name: str = ""
    problem: Problem | None = None


def preview(
    management: Management,
    workbook: Workbook,
    group: str,
    title: str,
    *,
    source: str = "Azure Monitor",
    category: str = "workbook",
    location: str = "",
) -> Preview:
    """What publishing the workbook into a resource group would do; nothing is changed. A workbook there with the same title is
    the one that is meant. Raises WatchbookError: EX010 for what is no resource group, and what Azure says."""
    group = group.strip().rstrip("/")
    if not _GROUP.fullmatch(group):
        raise WatchbookError(
            Problem(
                "EX010",
                f"'{group[:100]}' is no resource group.",
                hint="Write /subscriptions/SUBSCRIPTION/resourceGroups/NAME.",
            )
        )
    known = _known(management, group, title)
    folder = f"{group}/providers/Microsoft.Insights/workbooks"
    path = str(known["id"]) if known else f"{folder}/{uuid.uuid5(_SPACE, f'{group.lower()} {title}')}"
    text = dump_document(workbook)
    new = json.loads(text)
    properties = {
        "displayName": title, "serializedData": text, "version": "Notebook/1.0", "category": category, "sourceId": source,
    }  # fmt: skip
    if known is None:
        where = location or str(management.get(group, "2022-09-01", target=f"the resource group {group}")["location"])
        body = {"location": where, "kind": "shared", "properties": properties}
        return Preview(path, title, False, "", compare({"items": []}, new), body)
    held = management.get(path, VERSION, target=f"the workbook '{title}'", canFetchContent="true")
    told = dict(held.get("properties") or {})
    old = _document(told.get("serializedData"))
    kept = {key: told[key] for key in ("category", "sourceId", "description", "tags") if told.get(key)}
    body = {
        "location": held.get("location"), "kind": held.get("kind") or "shared", "tags": held.get("tags") or {},
        "properties": {**properties, **kept},
    }  # fmt: skip
    return Preview(path, title, True, str(held.get("etag") or told.get("etag") or ""), compare(old, new), body)


def publish(management: Management, seen: Preview) -> str:
    """Sends what was previewed; the resource id of the workbook. Raises WatchbookError (EN039) where somebody changed it in
    Azure meanwhile, and what Azure says."""
    target = f"the workbook '{seen.title}'"
    told = management.put(seen.path, VERSION, dict(seen.body), target=target, etag=seen.etag)
    return str(told.get("id") or seen.path)


def fetch_all(management: Management, subscription: str, write: Callable[[str, str], object]) -> Iterator[Fetched]:
    """Fetches every shared workbook of a subscription; `write` gets a safe name made from its title, the same each time, and its
    text. One that cannot be read or written is told and the others go on."""
    taken: dict[str, str] = {}
    for category in CATEGORIES:
        query = urlencode({"category": category, "canFetchContent": "true"})
        path = f"/subscriptions/{subscription}/providers/Microsoft.Insights/workbooks?{query}"
        for entry in management.pages(path, VERSION, target=f"the workbooks of subscription {subscription}"):
            resource = str(entry.get("id") or "")
            if resource.lower() in taken.values():
                continue
            yield _fetch(management, entry, resource, write, taken)


def _fetch(
    management: Management,
    entry: Mapping[str, Any],
    resource: str,
    write: Callable[[str, str], object],
    taken: dict[str, str],
) -> Fetched:
    told = entry.get("properties") or {}
    title = str(told.get("displayName") or resource.rpartition("/")[2])
    try:
        text = told.get("serializedData")
        if not text:
            # Lists leave out the content of some.
            whole = management.get(resource, VERSION, target=f"the workbook '{title}'", canFetchContent="true")
            text = (whole.get("properties") or {}).get("serializedData")
        if not isinstance(text, str) or not text.strip():
            raise WatchbookError(Problem("EX011", f"Azure gives no content of the workbook '{title}'."))
        workbook = parse_workbook(text, f"{title}.json")
        name = _name(title, resource, taken)
        write(name, dump_document(workbook))
    except WatchbookError as error:
        return Fetched(title, resource, problem=error.problem)
    return Fetched(title, resource, name)


def _name(title: str, resource: str, taken: dict[str, str]) -> str:
    """A safe name by the title, without an ending; a second workbook of the same title gets the start of its id."""
    stem = re.sub(r"[^\w-]+", "-", title, flags=re.ASCII).strip("-").lower()[:80] or "workbook"
    if stem in taken:
        stem = f"{stem}-{resource.rpartition('/')[2][:8]}"
    taken[stem] = resource.lower()
    return stem


def _known(management: Management, group: str, title: str) -> dict[str, Any] | None:
    for category in CATEGORIES:
        path = f"{group}/providers/Microsoft.Insights/workbooks?{urlencode({'category': category})}"
        for entry in management.pages(path, VERSION, target=f"the workbooks of {group}"):
            if str((entry.get("properties") or {}).get("displayName", "")).casefold() == title.casefold():
                found: dict[str, Any] = entry
                return found
    return None


def _document(text: Any) -> Mapping[str, Any]:
    """The document that Azure holds; an empty one where it cannot be read, so that everything shows as new."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return {"items": []}
    return found if isinstance(found, dict) else {"items": []}


def _short(text: str | None) -> str:
    if text is None:
        return "nothing"
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else f"{flat[:79]}…"
