"""What was set up for live data: the cloud, how to sign in, the workspaces. Kept as `azure.json` in the user's folder; no secret
is ever written there. What the environment says goes before it."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dashboard import settings
from dashboard.errors import Problem, WatchbookError

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RESOURCE = re.compile(
    r"/subscriptions/[^/\s]+/resourcegroups/[^/\s]+/providers/microsoft\.operationalinsights/workspaces/[^/\s]+", re.I
)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace: its id (a GUID) or resource id, the name a person gave it, and its resource id where that is known."""

    id: str
    name: str = ""
    resource: str = ""

    @property
    def label(self) -> str:
        """What a person reads."""
        return self.name or self.id


@dataclass(frozen=True)
class Connections:
    """What the file holds. Empty texts mean the setting's own default."""

    cloud: str = ""
    credential: str = ""
    workspaces: tuple[Workspace, ...] = ()
    changes: bool = False


def path() -> Path:
    """Where it is kept."""
    return settings.home() / "azure.json"


def load() -> Connections:
    """What was set up; nothing where the file is missing. Raises WatchbookError (EN037) where it cannot be read."""
    file = path()
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        workspaces = tuple(
            Workspace(str(each["id"]), str(each.get("name", "")), str(each.get("resource", "")))
            for each in told.get("workspaces", ())
        )
        changes = told.get("changes") is True
        return Connections(str(told.get("cloud", "")), str(told.get("credential", "")), workspaces, changes)
    except FileNotFoundError:
        return Connections()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise WatchbookError(
            Problem("EN037", f"{file} cannot be read as Watchbook's connections.", hint="Correct it or move it away.")
        ) from None


def save(connections: Connections) -> None:
    """Writes the whole file at once: a reader sees the old one or the new one. Raises OSError."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    told: dict[str, Any] = {
        "cloud": connections.cloud, "credential": connections.credential, "changes": connections.changes,
    }  # fmt: skip
    told["workspaces"] = [asdict(each) for each in connections.workspaces]
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".azure")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(told, out, indent=2)
        out.flush()
        os.fsync(out.fileno())
    Path(name).replace(file)


def add_workspace(written: str, name: str = "", resource: str = "") -> Workspace:
    """Adds a workspace by its id or resource id; one that is there already gets the new name. Raises WatchbookError (EN038)."""
    workspace = Workspace(read_id(written), name.strip()[:100], resource)
    known = load()
    kept = tuple(each for each in known.workspaces if each.id.lower() != workspace.id.lower())
    save(replace(known, workspaces=(*kept, workspace)))
    return workspace


def remove_workspace(identifier: str) -> None:
    """Takes a workspace out."""
    known = load()
    kept = tuple(each for each in known.workspaces if each.id.lower() != identifier.lower())
    save(replace(known, workspaces=kept))


def read_id(written: str) -> str:
    """A workspace's id as a person wrote it. Raises WatchbookError (EN038)."""
    text = written.strip().strip("'\"").rstrip("/")
    if _GUID.fullmatch(text):
        return text.lower()
    if _RESOURCE.fullmatch(text):
        return text
    raise WatchbookError(
        Problem(
            "EN038",
            f"'{text[:80]}' is no workspace id.",
            hint="Copy the Workspace ID (a GUID) or the resource id from the workspace's overview in the portal.",
        )
    )


def workspaces() -> tuple[Workspace, ...]:
    """The workspaces in force: those of the setting, then those that were added."""
    given = [part.strip() for part in settings.text("workspaces").split(",") if part.strip()]
    known = {each.id.lower(): each for each in load().workspaces}
    found = {text.lower(): known.get(text.lower(), Workspace(text)) for text in given}
    return tuple({**found, **{key: each for key, each in known.items() if key not in found}}.values())


def chosen(name: str) -> str:
    """`azure_cloud` or `azure_credential` in force: the environment, else what was set up, else the default."""
    if settings.is_set(name):
        return settings.text(name)
    return str(getattr(load(), name.removeprefix("azure_"))) or settings.text(name)


def changes_allowed() -> bool:
    """Whether somebody allowed changes of incidents in Microsoft Sentinel: by the environment, else on the settings page."""
    return bool(settings.setting("azure_changes")) if settings.is_set("azure_changes") else load().changes
