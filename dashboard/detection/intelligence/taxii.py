"""TAXII 2.1: collections pulled page by page from servers that a person allowed, imported only when the last page is there.

Source: TAXII 2.1 (OASIS), sections 3 and 5: media type, `added_after`, `limit`, `next`, `more`, X-TAXII-Date-Added-Last.
"""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa

from dashboard import settings
from dashboard.detection.intelligence.importing import ImportReport, import_objects
from dashboard.detection.intelligence.read_stix import Read, read_stix
from dashboard.detection.response.addresses import check_address
from dashboard.detection.response.http import SendFailed, exchange
from dashboard.engines.protocol import CancelToken
from dashboard.errors import Problem, WatchbookError
from dashboard.schedule.job import Due, Job, TryAgain, at_intervals
from dashboard.store.database import Store
from dashboard.store.feeds import FEEDS

MEDIA: Final = "application/taxii+json;version=2.1"
_PAGE: Final = 5_000
_LARGEST: Final = 128 << 20
_MOST_PAGES: Final = 10_000
_SECONDS: Final = 60.0
_RETRIES: Final = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 10, 60))
_COLLECTION: Final = re.compile(r"/collections/[^/?#]+/?\Z")
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{2,80}\Z")


@dataclass(frozen=True, slots=True)
class Feed:
    """A collection that is pulled every `hours`. `address` is the collection's (`https://host/api/collections/ID`); `secret`
    names the environment variable that holds `user:password` or a bearer token; `added_after` is how far it was read."""

    name: str
    address: str
    hours: int = 6
    secret: str = ""
    since: dt.datetime | None = None
    added_after: str = ""


def pull(
    feed: Feed,
    folder: Path,
    *,
    now: dt.datetime | None = None,
    cancel: CancelToken | None = None,
    entries: list[str] | None = None,
) -> tuple[ImportReport, str]:
    """Pulls what was added since the last time, and imports it whole; the report, and what to ask for next time.

    Raises WatchbookError: RS001 for an address that is not allowed, SendFailed (RS002) for a server that does not give it,
    TI003 for broken pages. Nothing is imported then.
    """
    moment = (now or dt.datetime.now(dt.UTC)).replace(tzinfo=None)
    headers = {"Accept": MEDIA, **_sign_in(feed.secret)}
    base = feed.address.rstrip("/") + f"/objects/?limit={_PAGE}"
    if feed.added_after:
        base += f"&added_after={quote(feed.added_after, safe='')}"
    last, token, seen = feed.added_after, "", set[str]()
    with tempfile.TemporaryDirectory(prefix="watchbook-taxii-") as place:
        pages: list[Path] = []
        while True:
            if cancel:
                cancel.check()
            url = base + (f"&next={quote(token, safe='')}" if token else "")
            reply = exchange(url, headers=headers, entries=entries, seconds=_SECONDS, largest=_LARGEST)
            if len(reply.body) >= _LARGEST:
                raise _broken(feed, f"a page is larger than {_LARGEST >> 20} MB")
            last = reply.headers.get("x-taxii-date-added-last") or last
            envelope = _envelope(feed, reply.body)
            if envelope.get("objects"):
                page = Path(place, f"{len(pages)}.json")
                page.write_bytes(reply.body)
                pages.append(page)
            following = envelope.get("next")
            if not envelope.get("more") or not isinstance(following, str):
                break
            if following in seen or len(pages) >= _MOST_PAGES:
                raise _broken(feed, "its pages never end")
            seen.add(following)
            token = following
        if not pages:
            return ImportReport(feed.name), last
        try:
            return import_objects(_objects(pages, moment), folder, source=feed.name, now=moment, cancel=cancel), last
        except ValueError as error:
            raise _broken(feed, str(error)) from None


def _objects(pages: Iterable[Path], now: dt.datetime) -> Iterator[Read]:
    return itertools.chain.from_iterable(_page(page, now) for page in pages)


def _page(page: Path, now: dt.datetime) -> Iterator[Read]:
    with page.open("rb") as stream:
        yield from read_stix(stream, now)


def _envelope(feed: Feed, body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise _broken(feed, "a page is no JSON, or breaks off") from None
    if not isinstance(value, dict):
        raise _broken(feed, "a page is no TAXII envelope")
    return value


def _broken(feed: Feed, why: str) -> WatchbookError:
    return WatchbookError(
        Problem("TI003", f"The feed '{feed.name}' cannot be imported: {why}.", hint="Nothing was imported.")
    )


def _sign_in(variable: str) -> dict[str, str]:
    if not variable:
        return {}
    secret = os.environ.get(variable, "")
    if not secret:
        raise WatchbookError(Problem("TI008", f"The variable {variable}, which holds the sign-in, is not set."))
    if ":" in secret:
        return {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}
    return {"Authorization": f"Bearer {secret}"}


# ---- feeds in the store ------------------------------------------------------------------------------------------------


def list_feeds(store: Store) -> list[Feed]:
    """All feeds by name."""
    with store.reading() as connection:
        rows = connection.execute(sa.select(FEEDS).order_by(FEEDS.c.name)).all()
    return [Feed(row.name, row.address, row.hours, row.secret, row.since, row.added_after) for row in rows]


def find_feed(store: Store, name: str) -> Feed:
    """A feed by name. Raises WatchbookError (TI008)."""
    found = next((feed for feed in list_feeds(store) if feed.name == name), None)
    if found is None:
        raise WatchbookError(Problem("TI008", f"There is no feed '{name[:100]}'."))
    return found


def save_feed(store: Store, feed: Feed) -> Feed:
    """Adds a feed, or changes the one of that name. Raises WatchbookError: TI008, RS001."""
    if not feed.name.strip() or len(feed.name) > 200 or not 1 <= feed.hours <= 720:
        raise WatchbookError(Problem("TI008", "A feed needs a name, and is pulled every 1 to 720 hours."))
    if not _COLLECTION.search(feed.address):
        hint = "Give the collection's own address: https://host/api-root/collections/ID"
        raise WatchbookError(
            Problem("TI008", f"'{feed.address[:120]}' is no address of a TAXII collection.", hint=hint)
        )
    if feed.secret and not _VARIABLE.match(feed.secret):
        raise WatchbookError(Problem("TI008", "The sign-in is named by an environment variable in capital letters."))
    try:
        check_address(feed.address)
    except WatchbookError as error:
        if error.problem.code != "RS002":
            raise
    values = {"address": feed.address, "hours": feed.hours, "secret": feed.secret}
    with store.writing() as connection:
        if connection.execute(FEEDS.update().where(FEEDS.c.name == feed.name).values(**values)).rowcount == 0:
            connection.execute(
                FEEDS.insert().values(name=feed.name, since=dt.datetime.now(dt.UTC), added_after="", **values)
            )
    return find_feed(store, feed.name)


def delete_feed(store: Store, name: str) -> None:
    """Deletes a feed; its indicators stay."""
    with store.writing() as connection:
        connection.execute(FEEDS.delete().where(FEEDS.c.name == name))


def pull_and_note(store: Store, feed: Feed, folder: Path, *, entries: list[str] | None = None) -> ImportReport:
    """Pulls a feed and remembers how far it was read."""
    report, last = pull(feed, folder, entries=entries)
    with store.writing() as connection:
        connection.execute(FEEDS.update().where(FEEDS.c.name == feed.name).values(added_after=last))
    return report


def feed_jobs(store: Store) -> Iterable[Job]:
    """The job of each feed. Pulling twice adds nothing twice: an indicator is there once."""
    for feed in list_feeds(store):
        if feed.since is not None:
            yield Job(
                f"taxii:{feed.name}",
                at_intervals(dt.timedelta(hours=feed.hours), feed.since),
                _runner(store, feed),
                retries=_RETRIES,
            )


def _runner(store: Store, feed: Feed) -> Any:
    def run(due: Due) -> None:
        try:
            report = pull_and_note(store, find_feed(store, feed.name), settings.data_folder())
        except SendFailed as error:
            if error.again:
                raise TryAgain(error.problem, dt.timedelta(seconds=error.after or 0)) from None
            with store.writing() as connection:
                due.complete(connection, error.problem.describe())
            return
        with store.writing() as connection:
            due.complete(connection, f"{report.indicators:,} indicators, {report.rejected:,} rejected")

    return run
