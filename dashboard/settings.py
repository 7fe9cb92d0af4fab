"""Every limit and switch as data: name, default, and the one sentence that docs/settings.md prints.

A setting is read from the environment variable `WATCHBOOK_<NAME>`, else it has its default.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dashboard.errors import Problem, WatchbookError

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. Its type is the type of its default."""

    name: str
    default: Value
    sentence: str

    @property
    def variable(self) -> str:
        """The environment variable that overrides the default."""
        return f"WATCHBOOK_{self.name.upper()}"


SETTINGS: tuple[Setting, ...] = (
    Setting("home", "", "The user's folder for data, workbooks and state; empty means ~/.watchbook"),
    Setting("query_seconds", 60, "Longest time one query may take, in seconds"),
    Setting("query_rows", 30_000, "Most rows one query may return; more are cut off with a notice"),
    Setting("query_memory_mb", 2_048, "Memory the local engine may use, in megabytes"),
    Setting("query_threads", 0, "Threads the local engine may use; 0 means all cores"),
    Setting("concurrent_queries", 6, "Queries of one workbook that run at the same time"),
    Setting("result_cache_mb", 256, "Memory for results kept in the hope that they are asked for again, in megabytes"),
    Setting(
        "live_fresh_seconds",
        120,
        "Age up to which a live result is shown without asking anew, in seconds; less than 5 counts as 5",
    ),
    Setting(
        "live_stale_seconds", 14_400, "Age up to which a live result is shown while it is fetched anew, in seconds"
    ),
    Setting(
        "result_cache_folder", "", "Folder in which live results are kept across restarts; empty means in memory only"
    ),
    Setting("result_cache_disk_mb", 1_024, "Largest size of that folder, in megabytes"),
    Setting(
        "page_budget_mb", 0, "Megabytes that live queries of one page may read until it is refreshed; 0 means no limit"
    ),
    Setting("pull_rows", 100_000, "Rows of one slice of data pull; the service gives at most 500,000"),
    Setting("pull_slices", 4, "Slices of data pull that are fetched at the same time"),
    Setting("workbook_mb", 20, "Largest workbook file that is opened, in megabytes"),
    Setting("workbook_depth", 150, "Deepest nesting of a workbook's JSON"),
    Setting("workbook_groups", 20, "Deepest nesting of groups in a workbook"),
    Setting("host", "127.0.0.1", "Address the dashboard listens on; any other than loopback asks for a token"),
    Setting("port", 8501, "Port the dashboard listens on"),
    Setting("token", "", "Token that a browser must show when the dashboard listens beyond loopback"),
    Setting(
        "allowed_hosts", "", "Further host names to answer for, separated by commas, as a reverse proxy passes them on"
    ),
    Setting("access_log", False, "Log one line a request, without query strings, on stderr"),
    Setting("workbooks", "", "Folder of the user's own workbooks; empty means workbooks/ in the home folder"),
    Setting(
        "author", "", "Name that saved versions of workbooks carry where nobody gives one; empty means the user's name"
    ),
    Setting(
        "git_hosts",
        "github.com,raw.githubusercontent.com,gitlab.com,bitbucket.org,codeberg.org,dev.azure.com",
        "Hosts that a workbook may be fetched from when somebody pastes its address, separated by commas; empty means none",
    ),
    Setting("data", "", "Folder of local data; empty means data/ in the home folder"),
    Setting(
        "store",
        "",
        "Where versions, incidents and schedules are kept, as an SQLAlchemy address (PostgreSQL by postgresql://…); empty means watchbook.db in the home folder",
    ),
    Setting("ingestion_delay_minutes", 5, "How long detection rules wait for late events before they look, in minutes"),
    Setting("analyst", "", "Who works on incidents in this dashboard; empty means the user it runs as"),
    Setting("rule_failures", 5, "Failed runs in a row after which a detection rule is turned off"),
    Setting(
        "rules_source", "local", "What detection rules are run over: local, or loganalytics for the live workspaces"
    ),
    Setting("workspaces", "", "Log Analytics workspace ids for live data, separated by commas"),
    Setting("workspace_queries", 10, "Queries that are sent to one workspace or service of Azure at the same time"),
    Setting("live_tries", 4, "Times a live query is sent before a fault that may pass is told"),
    Setting(
        "live_backoff_ms", 400, "First wait before a live query is sent again, in milliseconds; it doubles each time"
    ),
    Setting("azure_cloud", "public", "Cloud of the live data: public, usgovernment or china"),
    Setting("azure_credential", "default", "How to sign in to Azure; docs/live.md lists the ways"),
    Setting(
        "azure_changes",
        False,
        "Whether incidents of Microsoft Sentinel may be changed from the pages, each change after a look at it; a comment is sent as written",
    ),
    Setting("azure_tenant", "", "Tenant to sign in to, where the way to sign in does not know it"),
    Setting("azure_client", "", "Client id of the managed identity or application to sign in as"),
    Setting(
        "azure_authority",
        "",
        "Host to sign in at in the place of the cloud's own, for a private cloud or a gateway; empty means the cloud's",
    ),
    Setting(
        "azure_endpoint", "", "One server in the place of Azure's services, for a gateway or a test; empty means Azure"
    ),
    Setting(
        "user_token_header", "", "Header in which a trusted proxy passes on the reader's own token; empty means none"
    ),
    Setting("api_queries_at_once", 4, "Queries of the query API that run at the same time"),
    Setting(
        "api_queries_waiting", 200, "Further queries of the query API that may wait or be sent; more get status 429"
    ),
    Setting(
        "functions_folder",
        "",
        "Folder of stored functions (KQL files and parser YAML) for local data; empty means none",
    ),
    Setting(
        "local_places",
        "",
        "Names that the local data stands for in workspace('…'), cluster('…'), database('…'), app('…') and the like, separated by commas; * for any; empty means none",
    ),
    Setting(
        "geo_database",
        "",
        "City database in MaxMind's MMDB format that geo_info_from_ip_address() reads; empty means none",
    ),
    Setting(
        "disk_limit_gb", 20, "Room that local data may take, in gigabytes, before a warning is shown; 0 for no limit"
    ),
    Setting(
        "listen_waiting_mb",
        512,
        "Rows of `watchbook listen` that may wait for their tables, in megabytes; more are refused for now",
    ),
    Setting("hunting", "", "Folder of your own hunting queries; empty means hunting/ in the home folder"),
    Setting(
        "response_hosts",
        "",
        "Addresses that playbooks, reports and feeds may contact, separated by commas: names (*.logic.azure.com), addresses, with a port where it is not 443, with http:// where it is not encrypted; empty means none",
    ),
    Setting("response_commands", "", "Folder of local commands that playbooks may run; empty means none"),
    Setting("smtp_host", "", "Mail server of playbooks and reports; empty means none"),
    Setting("smtp_port", 587, "Port of the mail server"),
    Setting("smtp_security", "starttls", "How mail is encrypted on its way: starttls, tls or none"),
    Setting("smtp_user", "", "User of the mail server; empty means no sign-in"),
    Setting("smtp_password", "", "Password of the mail server"),
    Setting("smtp_from", "", "Sender of mail; empty means watchbook at the mail server"),
    Setting(
        "endpoint_hosts", "", "Hosts that custom endpoint queries of workbooks may ask, by commas; empty means none"
    ),
    Setting(
        "externaldata_folder",
        "",
        "Further folder with copies of lists for externaldata, looked into first; empty means external/ in the data folder alone",
    ),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def setting(name: str) -> Value:
    """The value in force of the setting `name`, in the type of its default.

    Raises WatchbookError (ST001) where the environment holds a text that is not of that type.
    """
    known = _BY_NAME[name]
    text = os.environ.get(known.variable)
    if text is None:
        return known.default
    try:
        if isinstance(known.default, bool):
            return text.strip().lower() in ("1", "true", "yes", "on")
        return type(known.default)(text)
    except ValueError:
        kind = type(known.default).__name__
        raise WatchbookError(
            Problem("ST001", f"{known.variable} must be of type {kind}; got '{text}'.", hint="Unset it or correct it.")
        ) from None


def is_set(name: str) -> bool:
    """Whether the environment sets it."""
    return _BY_NAME[name].variable in os.environ


def integer(name: str) -> int:
    """A whole-number setting."""
    return int(setting(name))


def text(name: str) -> str:
    """A text setting."""
    return str(setting(name))


def names(name: str) -> frozenset[str]:
    """A setting of names separated by commas, in lower case."""
    return frozenset(part.strip().lower() for part in text(name).split(",") if part.strip())


def home() -> Path:
    """The user's folder: data/ holds tables, workbooks/ saved workbooks."""
    chosen = text("home")
    return Path(chosen).expanduser() if chosen else Path.home() / ".watchbook"


def data_folder() -> Path:
    """The folder of local data in force."""
    chosen = text("data")
    return Path(chosen).expanduser() if chosen else home() / "data"


def workbooks_folder() -> Path:
    """The folder of the user's own workbooks in force."""
    chosen = text("workbooks")
    return Path(chosen).expanduser() if chosen else home() / "workbooks"


def functions_folder() -> Path | None:
    """The folder of stored functions in force; None where there is none."""
    chosen = text("functions_folder")
    return Path(chosen).expanduser() if chosen else None


def result_cache_folder() -> Path | None:
    """The folder of kept live results in force; None where they are kept in memory only."""
    chosen = text("result_cache_folder")
    return Path(chosen).expanduser() if chosen else None


def shipped(part: str) -> Path:
    """A folder that ships with the product (`workbooks`, `sample_data`): in a checkout beside the package,
    in an installed wheel inside it."""
    package = Path(__file__).resolve().parent
    inside = package / "_shipped" / part
    return inside if inside.is_dir() else package.parent / part
