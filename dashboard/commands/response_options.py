"""The options of threat intelligence, watchlists, hunting, reports and automation. Only argparse is imported: `--help` must be
instant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dashboard.commands.detection_options import Add, _data, _later


def add_response(commands: Any, command: Add) -> None:
    """Adds all of them; `command` makes one parser."""
    _add_ti(commands, command)
    _add_watchlist(commands, command)
    _add_reports(commands, command)


def _add_ti(commands: Any, command: Add) -> None:
    ti = command(
        commands,
        "ti",
        "Import, list and match threat intelligence.",
        "watchbook ti import bundle.json",
        _later("intelligence", "listed"),
    )
    verbs = ti.add_subparsers(title="verbs", required=True, metavar="VERB")
    p = command(
        verbs, "import", "Import indicators: STIX 2.1 bundles, MISP events, CSV.",
        "watchbook ti import bundle.json --source 'Partner feed'", _later("intelligence", "import_feeds"),
    )  # fmt: skip
    p.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files, or folders of a MISP feed")
    p.add_argument("--source", metavar="NAME", help="name of the feed in the tables (default: the file's name)")
    p.add_argument("--form", choices=["stix", "misp", "csv"], help="format (default: told by the content)")
    _data(p)
    p = command(
        verbs,
        "list",
        "List imported indicators.",
        "watchbook ti list --text evil.example --state all",
        _later("intelligence", "listed"),
    )
    p.add_argument("--text", default="", help="only those whose value, name or tags hold this")
    p.add_argument("--source", default="", metavar="NAME", help="only those of one feed")
    p.add_argument("--state", choices=["active", "expired", "revoked", "all"], default="active")
    p.add_argument("--most", type=int, default=100, metavar="N", help="how many (default: %(default)s)")
    p.add_argument("--format", choices=["table", "json"], default="table")
    _data(p)
    p = command(
        verbs, "match", "Find rows that hold a value of an active indicator.",
        "watchbook ti match CommonSecurityLog --ago 7d --confidence 50", _later("intelligence", "match"),
    )  # fmt: skip
    p.add_argument("tables", nargs="*", metavar="TABLE", help="tables to look at (default: all with rows)")
    p.add_argument(
        "--ago", default="1d", metavar="SPAN", help="how far to look back: 90m, 24h, 7d (default: %(default)s)"
    )
    p.add_argument("--confidence", type=int, default=0, metavar="N", help="only indicators rated N or more, of 100")
    p.add_argument("--most", type=int, default=1000, metavar="N", help="matches a table (default: %(default)s)")
    p.add_argument("--format", choices=["table", "json"], default="table")
    _data(p)
    p = command(
        verbs,
        "delete",
        "Delete the indicators of a feed.",
        "watchbook ti delete --source 'Partner feed'",
        _later("intelligence", "delete"),
    )
    p.add_argument("--source", required=True, metavar="NAME", help="the feed, as `ti list` names it")
    _data(p)
    p = command(
        verbs, "subscribe", "Pull a TAXII 2.1 collection by the clock (its server must be in WATCHBOOK_RESPONSE_HOSTS).",
        "watchbook ti subscribe Partner https://taxii.example.com/api/collections/ID --hours 6", _later("intelligence", "subscribe"),
    )  # fmt: skip
    p.add_argument("name", help="name of the feed in the tables")
    p.add_argument("address", metavar="URL", help="the collection's address")
    p.add_argument("--hours", type=int, default=6, metavar="N", help="how often (default: every %(default)s hours)")
    p.add_argument(
        "--secret", default="", metavar="VARIABLE", help="environment variable that holds user:password or a token"
    )
    p = command(verbs, "feeds", "List the TAXII feeds.", "watchbook ti feeds", _later("intelligence", "feeds"))
    p.add_argument("--format", choices=["table", "json"], default="table")
    p = command(verbs, "pull", "Pull a TAXII feed now.", "watchbook ti pull Partner", _later("intelligence", "pull"))
    p.add_argument("name", help="the feed")
    _data(p)
    p = command(
        verbs,
        "unsubscribe",
        "Delete a TAXII feed; its indicators stay.",
        "watchbook ti unsubscribe Partner",
        _later("intelligence", "unsubscribe"),
    )
    p.add_argument("name", help="the feed")


def _add_watchlist(commands: Any, command: Add) -> None:
    watchlist = command(
        commands,
        "watchlist",
        "Import, list and delete watchlists.",
        "watchbook watchlist list",
        _later("watchlists", "listed"),
    )
    verbs = watchlist.add_subparsers(title="verbs", required=True, metavar="VERB")
    p = command(
        verbs, "import", "Make a watchlist from a CSV file, or replace it.",
        "watchbook watchlist import vips.csv --alias VIPUsers --key UserPrincipalName", _later("watchlists", "import_csv"),
    )  # fmt: skip
    p.add_argument("file", type=Path, metavar="FILE.csv", help="a CSV file with a header")
    p.add_argument("--alias", required=True, help="the name that _GetWatchlist takes")
    p.add_argument("--key", required=True, metavar="COLUMN", help="the column of search keys")
    p.add_argument("--name", default="", help="a name for people (default: the alias)")
    p.add_argument(
        "--duplicates", choices=["refuse", "keep", "last"], default="refuse",
        help="what to do with keys that come more than once (default: %(default)s)",
    )  # fmt: skip
    _data(p)
    p = command(
        verbs,
        "list",
        "List the watchlists, or the items of one.",
        "watchbook watchlist list VIPUsers",
        _later("watchlists", "listed"),
    )
    p.add_argument("alias", nargs="?", help="list the items of this one")
    p.add_argument("--format", choices=["table", "json"], default="table")
    p = command(
        verbs, "delete", "Delete a watchlist.", "watchbook watchlist delete VIPUsers", _later("watchlists", "delete")
    )
    p.add_argument("alias", help="the one to delete")


def _add_reports(commands: Any, command: Add) -> None:
    reports = command(
        commands,
        "reports",
        "Workbooks rendered by the clock and delivered.",
        "watchbook reports list",
        _later("reports", "listed"),
    )
    verbs = reports.add_subparsers(title="verbs", required=True, metavar="VERB")
    p = command(
        verbs, "add", "Add a report: a workbook, when, in which form, and where it goes.",
        "watchbook reports add Weekly incident-trends --cron '0 7 * * 1' --format pdf --folder ./reports", _later("reports", "add"),
    )  # fmt: skip
    p.add_argument("name", help="the report's name")
    p.add_argument("workbook", metavar="WORKBOOK", help="a file, or the name of a shipped or own workbook")
    p.add_argument("--cron", required=True, metavar="EXPRESSION", help="when: five fields, or @daily, @weekly …")
    p.add_argument("--zone", default="UTC", help="time zone of the expression (default: %(default)s)")
    p.add_argument(
        "--format", default="html", choices=["html", "pdf", "png", "xlsx", "md"], help="default: %(default)s"
    )
    p.add_argument("--time-range", metavar="SPAN", help="sets every time-range parameter: 24h, 7d …")
    p.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="value of a parameter; may be repeated"
    )
    p.add_argument("--folder", type=Path, metavar="DIR", help="write it into this folder")
    p.add_argument("--to", action="append", metavar="ADDRESS", help="send it by e-mail; may be repeated")
    p.add_argument("--webhook", metavar="URL", help="send it to an address of WATCHBOOK_RESPONSE_HOSTS")
    p = command(
        verbs,
        "list",
        "List the reports with their last delivery.",
        "watchbook reports list",
        _later("reports", "listed"),
    )
    p.add_argument("--output", choices=["table", "json"], default="table")
    p = command(
        verbs,
        "run",
        "Deliver a report now, beside its rhythm.",
        "watchbook reports run Weekly",
        _later("reports", "run"),
    )
    p.add_argument("name", help="the report's name")
    _data(p)
    p = command(
        verbs,
        "delete",
        "Delete a report; its history stays.",
        "watchbook reports delete Weekly",
        _later("reports", "delete"),
    )
    p.add_argument("name", help="the report's name")
