"""The one function that changes an incident after it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from dashboard.detection.incidents.history import Entry, history_of
from dashboard.detection.incidents.incident import (
    CLASSIFICATIONS,
    NOBODY,
    SEVERITIES,
    STATUSES,
    Incident,
    columns_of,
    read_incident,
)
from dashboard.detection.moments import from_iso, iso, now_micros
from dashboard.errors import Problem, WatchbookError
from dashboard.store.incidents import INCIDENTS, append_history, write_alone

_LONGEST_COMMENT = 30_000
_HOUSEKEEPING = ("TimeGenerated", "LastModifiedTime", "ModifiedBy", "FirstModifiedTime")


@dataclass(frozen=True)
class Change:
    """What is to be different; None leaves a part as it is.

    `owner` is an e-mail address or name, empty for nobody. `labels` replaces all labels. Closing needs a classification;
    `classification_reason` may be left out where the classification has only one. `comment` and `add_tasks` add;
    `complete_tasks` names tasks by their id, `reopen_tasks` too.
    """

    title: str | None = None
    description: str | None = None
    severity: str | None = None
    status: str | None = None
    owner: str | None = None
    labels: tuple[str, ...] | None = None
    add_labels: tuple[str, ...] = ()
    classification: str | None = None
    classification_reason: str | None = None
    classification_comment: str | None = None
    comment: str | None = None
    add_tasks: tuple[str, ...] = ()
    complete_tasks: tuple[str, ...] = ()
    reopen_tasks: tuple[str, ...] = ()
    remove_tasks: tuple[str, ...] = ()
    add_bookmarks: tuple[str, ...] = ()


def change_incident(
    connection: sa.Connection, number: int, version: int, change: Change, by: str, at: int | None = None
) -> Incident:
    """Changes the incident `number`, seen as `version`, and appends to its history, inside the caller's `store.writing()`.
    `by` is who does it (a person's address, or the name of an automation rule); `at` is microseconds since 1970 (None:
    the clock). A change that changes nothing leaves the version as it is.

    Raises WatchbookError: DT020 where somebody else changed the incident since, with what they changed; DT021 where it does
    not exist; DT022 where a value is not allowed.
    """
    write_alone(connection)
    incident = read_incident(connection, number)
    if incident.version != version:
        raise WatchbookError(_stale(connection, incident, version))
    moment = now_micros() if at is None else at
    state = apply_change(incident.state, change, by, moment)
    changes = differences(incident.state, state)
    if not changes:
        return incident
    return write_state(connection, incident, state, changes, by, moment, "updated")


def apply_change(before: Mapping[str, Any], change: Change, by: str, at: int) -> dict[str, Any]:
    """The state after a change. Raises WatchbookError (DT022) where a value is not allowed."""
    state = dict(before)
    if change.severity is not None:
        state["Severity"] = _one_of("Severity", change.severity, SEVERITIES)
    if change.title is not None:
        if not change.title.strip():
            raise WatchbookError(Problem("DT022", "The title is empty.", hint="Give the incident a title."))
        state["Title"] = change.title.strip()
    if change.description is not None:
        state["Description"] = change.description
    if change.owner is not None:
        state["Owner"] = owner_state(change.owner)
    labels = [label for label in state.get("Labels") or [] if isinstance(label, Mapping)]
    if change.labels is not None:
        labels = [{"labelName": name, "labelType": "User"} for name in _names(change.labels)]
    known = {str(label.get("labelName")) for label in labels}
    labels += [{"labelName": name, "labelType": "User"} for name in _names(change.add_labels) if name not in known]
    state["Labels"] = labels
    if change.comment is not None and change.comment.strip():
        if len(change.comment) > _LONGEST_COMMENT:
            raise WatchbookError(
                Problem("DT022", f"A comment has at most {_LONGEST_COMMENT:,} letters.", hint="Shorten it.")
            )
        comments = list(state.get("Comments") or [])
        author = {"name": by, "email": by if "@" in by else ""}
        comments.append({"message": change.comment.strip(), "author": author, "createdTimeUtc": iso(at)})
        state["Comments"] = comments
    state["Tasks"] = _tasks(list(state.get("Tasks") or []), change, by, at)
    _set_status(state, change, at)
    extra = dict(state.get("AdditionalData") or {})
    extra["commentsCount"] = len(state.get("Comments") or [])
    if change.add_bookmarks:
        state["BookmarkIds"] = list(dict.fromkeys([*(state.get("BookmarkIds") or []), *change.add_bookmarks]))
        extra["bookmarksCount"] = len(state["BookmarkIds"])
    state["AdditionalData"] = extra
    return state


def _set_status(state: dict[str, Any], change: Change, at: int) -> None:
    status = _one_of("Status", change.status, STATUSES) if change.status is not None else str(state["Status"])
    if status == "Closed":
        classification = change.classification or str(state.get("Classification") or "")
        _one_of("Classification", classification, tuple(CLASSIFICATIONS))
        reasons = CLASSIFICATIONS[classification]
        reason = change.classification_reason
        if reason is None:
            kept = str(state.get("ClassificationReason") or "")
            reason = kept if kept in reasons else reasons[0]
        state["Classification"] = classification
        state["ClassificationReason"] = _one_of("ClassificationReason", reason, reasons)
        if change.classification_comment is not None:
            state["ClassificationComment"] = change.classification_comment
        if state["Status"] != "Closed":
            state["ClosedTime"] = iso(at)
    elif state["Status"] == "Closed" and change.status is not None:
        # Reopened: how it was closed no longer holds.
        state |= {"Classification": "", "ClassificationReason": "", "ClassificationComment": "", "ClosedTime": None}
    state["Status"] = status


def _tasks(tasks: list[Any], change: Change, by: str, at: int) -> list[Any]:
    tasks = [task for task in tasks if str(task.get("taskId")) not in change.remove_tasks]
    for wanted, status in ((change.complete_tasks, "Completed"), (change.reopen_tasks, "New")):
        for i, task in enumerate(tasks):
            if str(task.get("taskId")) in wanted:
                tasks[i] = {**task, "status": status, "lastModifiedTimeUtc": iso(at), "lastModifiedBy": by}
    highest = max((int(task["taskId"]) for task in tasks if str(task.get("taskId", "")).isdigit()), default=0)
    for i, title in enumerate(_names(change.add_tasks), start=highest + 1):
        made = {"taskId": str(i), "title": title, "status": "New", "createdTimeUtc": iso(at), "createdBy": by}
        tasks.append(made)
    return tasks


def write_state(
    connection: sa.Connection,
    incident: Incident,
    state: Mapping[str, Any],
    changes: Mapping[str, Any],
    by: str,
    at: int,
    action: str,
) -> Incident:
    """Writes the next version of an incident and its entry in the history. `changes` is what `differences` says."""
    # A clock that was set back must not write a change before the one it follows; `arg_max` of the time finds the newest.
    moment = iso(max(at, from_iso(incident.state["LastModifiedTime"]) + 1))
    person = action == "updated"
    after = {
        **state,
        "TimeGenerated": moment,
        "LastModifiedTime": moment,
        "ModifiedBy": by,
        "FirstModifiedTime": state.get("FirstModifiedTime") or (moment if person else None),
    }
    changed = Incident(incident.number, incident.version + 1, after, incident.rule_id)
    values = columns_of(changed)
    connection.execute(INCIDENTS.update().where(INCIDENTS.c.number == incident.number).values(**values))
    append_history(
        connection,
        {
            "number": changed.number, "version": changed.version, "at": values["modified"], "by": by, "action": action,
            "changes": json.dumps(changes, ensure_ascii=False), "state": values["state"],
        },
    )  # fmt: skip
    return changed


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that differ, each as `{"from", "to"}`; of lists that only grew, what was added."""
    found: dict[str, Any] = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if name in _HOUSEKEEPING or old == new or name == "AdditionalData":
            continue
        if isinstance(old, list) and isinstance(new, list) and new[: len(old)] == old:
            found[name] = {"added": new[len(old) :]}
        else:
            found[name] = {"from": old, "to": new}
    return found


def describe_changes(changes: Mapping[str, Any]) -> str:
    """Changes as a person reads them: `Status New → Active; comment added`."""
    parts = []
    for name, change in changes.items():
        if name == "Owner":
            old, new = (_owner_name(change.get(side)) for side in ("from", "to"))
            parts.append(f"Owner {old} → {new}")
        elif "added" in change:
            count = len(change["added"])
            parts.append(f"{_ADDED.get(name, name)} added" + (f" ({count})" if count > 1 else ""))
        elif name in ("Tasks", "Labels", "Comments"):
            parts.append(f"{name} changed")
        elif name not in ("ClosedTime", "LastActivityTime", "FirstActivityTime", "RelatedAnalyticRuleIds"):
            old, new = (str(change.get(side) or "none") for side in ("from", "to"))
            parts.append(f"{name} {old[:80]} → {new[:80]}")
    return "; ".join(parts) or "no visible change"


_ADDED = {"Comments": "comment", "Tasks": "task", "Labels": "label", "AlertIds": "alert"}


def _owner_name(owner: Any) -> str:
    from dashboard.detection.incidents.incident import owner_text

    return owner_text(owner or NOBODY) or "nobody"


def owner_state(owner: str) -> dict[str, Any]:
    """The Owner column of a person named by address or name; nobody for an empty text."""
    owner = owner.strip()
    if not owner:
        return dict(NOBODY)
    address = owner if "@" in owner else None
    return {"objectId": None, "email": address, "assignedTo": owner, "userPrincipalName": address}


def _stale(connection: sa.Connection, incident: Incident, version: int) -> Problem:
    others: list[Entry] = [entry for entry in history_of(connection, incident.number) if entry.version > version]
    told = "; ".join(f"{entry.by} at {iso(entry.at)[:19]}Z: {describe_changes(entry.changes)}" for entry in others[-3:])
    return Problem(
        "DT020",
        f"Incident {incident.number} was changed in the meantime. {told or 'It is now another version.'}",
        hint="Nothing of yours was written. Look at the incident as it is now and try again.",
    )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        choices = ", ".join(repr(choice) for choice in allowed)
        raise WatchbookError(Problem("DT022", f"{name} must be one of {choices}; got '{value[:80]}'."))
    return value


def _names(names: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))
