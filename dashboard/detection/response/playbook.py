"""Playbooks: what is sent where when an incident asks for it."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import sqlalchemy as sa

from dashboard.detection.response.addresses import Resolve, check_address, resolve
from dashboard.errors import Problem, WatchbookError
from dashboard.store.database import Store
from dashboard.store.named import put_named
from dashboard.store.response import PLAYBOOKS

KINDS: Final = {
    "webhook": "Webhook with the body of Sentinel's incident trigger (Azure Logic Apps take it)",
    "teams": "Message to Microsoft Teams",
    "slack": "Message to Slack",
    "email": "E-mail",
    "command": "Local command from the folder of allowed commands",
}
RETRIES: Final = (10, 60, 300, 1800)
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")
_MAIL: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,253}\Z")
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{2,80}\Z")
_COMMAND: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,80}\Z")
DEFAULT_TITLE: Final = "[{{severity}}] {{title}}"
DEFAULT_TEXT: Final = "Incident {{number}}: {{title}}\nSeverity: {{severity}}, status: {{status}}\nTactics: {{tactics}}\nEntities: {{entities}}\n\n{{description}}"
PLACEHOLDERS: Final = (
    "number", "title", "description", "severity", "status", "owner", "labels", "tactics", "entities", "alerts", "created", "url",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Playbook:
    """A playbook. `address` is the URL of a webhook, Teams or Slack; `to` the receivers of an e-mail; `command` a file of the
    allowed folder and `arguments` its arguments. `title` and `text` are templates with `{{placeholders}}`; a webhook's
    `body` is a JSON template, empty for the body of Sentinel's trigger. `secret` names the environment variable whose value
    signs a webhook. `retries` are the waits before further tries, in seconds."""

    name: str
    kind: str
    id: str = ""
    address: str = ""
    to: tuple[str, ...] = ()
    command: str = ""
    arguments: tuple[str, ...] = ()
    title: str = DEFAULT_TITLE
    text: str = DEFAULT_TEXT
    body: str = ""
    secret: str = ""
    retries: tuple[int, ...] = RETRIES
    seconds: int = 30
    headers: Mapping[str, str] = field(default_factory=dict)


def problems_of(playbook: Playbook, entries: list[str] | None = None, lookup: Resolve = resolve) -> list[Problem]:
    """What is wrong with a playbook: values that can't be, and an address that may not be contacted."""
    found: list[Problem] = []

    def wrong(sentence: str, hint: str = "") -> None:
        found.append(Problem("RS003", sentence, hint=hint))

    if not playbook.name.strip() or len(playbook.name) > 200:
        wrong("A playbook needs a name of at most 200 letters.")
    if playbook.kind not in KINDS:
        wrong(f"A playbook is one of {', '.join(KINDS)}; got '{playbook.kind[:40]}'.")
        return found
    if playbook.kind in ("webhook", "teams", "slack"):
        try:
            check_address(playbook.address, entries, lookup)
        except WatchbookError as error:
            # A name that has no address at the moment may have one later.
            found += [problem for problem in error.problems if problem.code != "RS002"]
    if playbook.kind == "email":
        bad = [address for address in playbook.to if not _MAIL.match(address)]
        if bad or not playbook.to:
            wrong(f"'{bad[0][:80]}' is no e-mail address." if bad else "An e-mail needs at least one receiver.")
    if playbook.kind == "command" and not _COMMAND.match(playbook.command):
        wrong(
            f"'{playbook.command[:80]}' is no name of a command.",
            "Name a file of the folder WATCHBOOK_RESPONSE_COMMANDS.",
        )
    if playbook.body:
        try:
            json.loads(playbook.body)
        except ValueError as error:
            wrong(f"The body is no JSON: {error}.", "Placeholders stand inside JSON strings.")
    if playbook.secret and not _VARIABLE.match(playbook.secret):
        wrong("The secret is named by an environment variable in capital letters.", "The secret itself is never saved.")
    unknown = sorted(set(_used(playbook)) - set(PLACEHOLDERS))
    if unknown:
        wrong(f"There is no placeholder {{{{{unknown[0]}}}}}.", f"There are: {', '.join(PLACEHOLDERS)}.")
    if len(playbook.retries) > 10 or any(not 0 <= wait <= 86_400 for wait in playbook.retries):
        wrong("There are at most 10 further tries, each after at most a day.")
    if not 1 <= playbook.seconds <= 120:
        wrong(f"A try may take 1 to 120 seconds; got {playbook.seconds}.")
    for name, value in playbook.headers.items():
        if not re.fullmatch(r"[A-Za-z0-9-]{1,60}", name) or not re.fullmatch(r"[ -~]{0,1000}", value):
            wrong(f"'{name[:60]}' is no header that can be sent.")
    return found


def _used(playbook: Playbook) -> list[str]:
    texts = [playbook.title, playbook.text, playbook.body, *playbook.arguments]
    return [name for text in texts for name in _PLACEHOLDER.findall(text)]


def fill(template: str, values: Mapping[str, str]) -> str:
    """A template with its placeholders replaced; what they are replaced by is never read as a template again."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], ""), template)


def fill_json(template: str, values: Mapping[str, str]) -> Any:
    """A JSON template with the placeholders inside its strings replaced: no value can change its structure."""

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return fill(value, values)
        if isinstance(value, list):
            return [walk(entry) for entry in value]
        if isinstance(value, dict):
            return {name: walk(entry) for name, entry in value.items()}
        return value

    return walk(json.loads(template))


# ---- in the store ------------------------------------------------------------------------------------------------------


def list_playbooks(store: Store) -> list[Playbook]:
    """All playbooks by name."""
    with store.reading() as connection:
        rows = connection.execute(sa.select(PLAYBOOKS).order_by(PLAYBOOKS.c.name)).all()
    return [_playbook(row) for row in rows]


def read_playbook(connection: sa.Connection, ident: str) -> Playbook:
    """One playbook by its id. Raises WatchbookError (RS005)."""
    row = connection.execute(sa.select(PLAYBOOKS).where(PLAYBOOKS.c.id == ident)).first()
    if row is None:
        raise WatchbookError(Problem("RS005", "The playbook was deleted."))
    return _playbook(row)


def save_playbook(store: Store, playbook: Playbook) -> Playbook:
    """Saves a playbook, new where it has no id. Raises WatchbookError (RS001, RS003) where it is not right."""
    problems = problems_of(playbook)
    if problems:
        raise WatchbookError(*problems)
    saved = replace(playbook, id=playbook.id or str(uuid.uuid4()), name=playbook.name.strip())
    values = {"name": saved.name, "settings": json.dumps(asdict(saved)), "modified": dt.datetime.now(dt.UTC)}
    taken = Problem("RS003", f"There is another playbook named '{saved.name}'.")
    with store.writing() as connection:
        put_named(connection, PLAYBOOKS, saved.id, values, taken)
    return saved


def delete_playbook(store: Store, ident: str) -> None:
    """Deletes a playbook; runs that wait for it fail with a message."""
    with store.writing() as connection:
        connection.execute(PLAYBOOKS.delete().where(PLAYBOOKS.c.id == ident))


def playbook_of(values: Mapping[str, Any]) -> Playbook:
    """A playbook of plain values, as saved or as YAML gives them. Raises WatchbookError (RS003) for unknown ones."""
    known = set(Playbook.__dataclass_fields__)
    unknown = sorted(set(values) - known)
    if unknown:
        raise WatchbookError(Problem("RS003", f"A playbook has no '{unknown[0][:40]}'."))
    lists = {name: tuple(values[name]) for name in ("to", "arguments", "retries") if name in values}
    return Playbook(**{**values, **lists})


def _playbook(row: Any) -> Playbook:
    return replace(playbook_of(json.loads(row.settings)), id=row.id)
