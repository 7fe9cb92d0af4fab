"""The `watchbook` command. Every subcommand exits 0 (done), 1 (findings) or 2 (misuse), writes data alone on stdout and
notices on stderr, and says errors in one line without a traceback."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dashboard import __version__, settings
from dashboard.commands.azure_options import add_azure, add_pull
from dashboard.commands.detection_options import add_detection
from dashboard.commands.response_options import add_response
from dashboard.errors import Problem, WatchbookError

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the result is the exit status."""
    try:
        # Defaults come from settings, which may be wrong in the environment.
        options = build_parser().parse_args(arguments)
        run: Command = options.run
        return run(options)
    except WatchbookError as error:
        for problem in error.problems:
            print(problem.describe(), file=sys.stderr)
        return 2 if error.problem.code.startswith("CL") else 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of a pipe (head) went away: not our error, and nothing more can be written.
        sys.stderr.close()
        return 0
    except OSError as error:
        print(
            Problem("CL001", f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")).describe(),
            file=sys.stderr,
        )
        return 1
    except Exception as fault:
        # The last resort: a fault of our own is told and reported by the exit status, not hidden. Who looks for it gets it whole.
        if sys.flags.dev_mode:
            raise
        hint = "This is a fault of Watchbook's own: please report it with the command. `python -X dev -m dashboard.cli` shows where it is."
        sentence = " ".join(f"{type(fault).__name__}: {fault}".split())
        print(Problem("CL015", f"Watchbook failed: {sentence[:500]}.", hint=hint).describe(), file=sys.stderr)
        return 1


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="watchbook",
        description="Microsoft Sentinel and Azure Monitor workbooks on your own machine.",
        epilog="Example: watchbook serve",
    )
    parser.add_argument("--version", action="version", version=f"watchbook {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_check(commands)
    _add_render(commands)
    _add_exchange(commands)
    _add_kql(commands)
    _add_data(commands)
    _add_api(commands)
    _add_listen(commands)
    _add_schedule(commands)
    add_response(commands, _command)
    add_detection(commands, _command)
    add_azure(commands, _command)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, does: str, example: str, run: Command
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=does,
        description=does,
        epilog=f"Example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="data folder (default: the sample estate in the user's folder)"
    )


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    p = _command(
        commands,
        "serve",
        "Start the dashboard and print its address.",
        "watchbook serve --workbooks ./my-workbooks",
        _serve,
    )
    p.add_argument(
        "--workbooks",
        type=Path,
        metavar="DIR",
        help="folder of your own workbooks (default: workbooks in the user's folder)",
    )
    _add_data_option(p)
    p.add_argument("--live", action="store_true", help="the sample estate goes on: new rows every few seconds")
    p.add_argument("--host", default=settings.text("host"), help="address to listen on (default: %(default)s)")
    p.add_argument(
        "--port", type=int, default=settings.integer("port"), help="port to listen on (default: %(default)s)"
    )


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    p = _command(
        commands,
        "check",
        "Check workbooks and say what is wrong with them.",
        "watchbook check workbooks --format json",
        _check,
    )
    p.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="workbook files or folders")
    p.add_argument("--format", choices=["text", "json", "sarif"], default="text")


def _add_render(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    p = _command(
        commands, "render", "Evaluate workbooks without a browser and write what they show.",
        "watchbook render workbooks/incident-trends.json -o incidents.html --time-range 7d", _render,
    )  # fmt: skip
    p.add_argument("paths", nargs="+", type=Path, metavar="WORKBOOK", help="workbook files or folders")
    p.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="OUT.json, .html, .pdf, .png, .xlsx or .md; a folder for several workbooks",
    )
    p.add_argument(
        "--format",
        choices=["json", "html", "pdf", "png", "xlsx", "md"],
        help="what to write (default: by the ending of OUT)",
    )
    p.add_argument("--all-tabs", action="store_true", help="every tab, one after the other (not with json)")
    p.add_argument("--paper", choices=["A4", "Letter"], default="A4", help="paper of a PDF")
    p.add_argument("--portrait", action="store_true", help="a PDF in portrait instead of landscape")
    p.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="value of a parameter; may be repeated"
    )
    p.add_argument("--time-range", metavar="SPAN", help="sets every time-range parameter: 30m, 24h, 7d …")
    p.add_argument("--all-items", action="store_true", help="evaluate hidden items too")
    _add_data_option(p)


def _add_exchange(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    p = _command(
        commands,
        "import",
        "Take workbooks into your folder: gallery JSON, ARM templates, files with several, whole folders.",
        "watchbook import template.json ./cloned-repository",
        _import,
    )
    p.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="workbook files or folders")
    p.add_argument("--workbooks", type=Path, metavar="DIR", help="folder of your own workbooks (default: as `serve`)")
    p.add_argument("--author", metavar="NAME", help="who the versions name (default: you)")
    p = _command(
        commands,
        "export",
        "Write a workbook as a gallery template or an ARM template.",
        "watchbook export aks-pod-inventory --format arm -o pods.arm.json",
        _export,
    )
    p.add_argument("workbook", metavar="WORKBOOK", help="a file, or the name of a workbook in the gallery")
    p.add_argument("--format", choices=["gallery", "arm"], default="gallery")
    p.add_argument("--title", metavar="TEXT", help="display name in the ARM template (default: the file's name)")
    p.add_argument("-o", "--output", type=Path, metavar="OUT", help="where to write (default: standard output)")


def _add_kql(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    p = _command(
        commands,
        "kql",
        "Run a KQL query over local data.",
        "watchbook kql 'KubePodInventory | summarize count() by Namespace'",
        _kql,
    )
    p.add_argument("query", nargs="?", metavar="QUERY", help="the query; - reads it from standard input")
    _add_data_option(p)
    p.add_argument("--format", choices=["table", "json", "csv"], default="table")
    p.add_argument(
        "--repair", action="store_true", help="straighten curly quotes and add missing pipes first, and say so"
    )
    p.add_argument("--explain", action="store_true", help="show the SQL and DuckDB's plan instead of running the query")
    p.add_argument("--batch", type=Path, metavar="IN.jsonl", help='run many queries, one {"query": …} a line')
    p.add_argument(
        "--tables", type=Path, metavar="TABLES.json", help="with --batch: empty tables {name: {column: type}}"
    )
    p.add_argument(
        "-o", "--output", type=Path, metavar="OUT.jsonl", help="with --batch: where the answers go, one a line"
    )


def _add_data(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    data = _command(commands, "data", "Make and list local data.", "watchbook data tables", _data_tables)
    verbs = data.add_subparsers(title="verbs", required=True, metavar="VERB")
    p = _command(
        verbs,
        "generate",
        "Make the sample estate.",
        "watchbook data generate --rows 1000000 --seed 7 --data ./estate",
        _data_generate,
    )
    p.add_argument("--rows", type=int, metavar="N", help="about how many rows in all (default: the small estate)")
    p.add_argument(
        "--seed", type=int, default=7, metavar="S", help="same seed and time, same rows (default: %(default)s)"
    )
    _add_data_option(p)
    p = _command(
        verbs,
        "import",
        "Import your own files: CSV, JSON, Parquet, Excel, audit logs, CEF, Syslog.",
        "watchbook data import audit.log.gz firewall.csv --data ./mine --yes",
        _data_import,
    )
    p.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files to import; .gz and .zst are unpacked")
    p.add_argument("--watch", type=Path, metavar="DIR", help="import the files of a folder as they come and grow")
    p.add_argument("--table", metavar="T", help="table of the rows (default: told from what they hold)")
    p.add_argument("--yes", action="store_true", help="import as proposed, without a question")
    _add_data_option(p)
    add_pull(verbs, _command)
    p = _command(
        verbs,
        "tables",
        "List the tables with their rows and times.",
        "watchbook data tables --format json",
        _data_tables,
    )
    _add_data_option(p)
    p.add_argument("--format", choices=["table", "json"], default="table")
    p = _command(
        verbs,
        "external",
        "List, or fetch, copies of the lists that externaldata names.",
        'watchbook data external "https://feeds.example/list.csv"',
        _data_external,
    )
    p.add_argument("addresses", nargs="*", metavar="URL", help="lists to fetch, each to its place below external/")
    p.add_argument("--yes", action="store_true", help="contact their hosts without a question")
    p.add_argument("--format", choices=["table", "json"], default="table")
    _add_data_option(p)
    p = _command(
        verbs,
        "delete",
        "Delete the rows of a table.",
        "watchbook data delete Perf --before 30d --data ./mine",
        _data_delete,
    )
    p.add_argument("table", metavar="TABLE", help="table whose rows go")
    p.add_argument("--before", metavar="DAY", help="only rows older than this day: 2026-11-01, or 30d")
    p.add_argument("--yes", action="store_true", help="delete without a question")
    _add_data_option(p)
    p = _command(
        verbs,
        "retention",
        "Show, or set, how many days rows are kept.",
        "watchbook data retention Perf 30",
        _data_retention,
    )
    p.add_argument("table", nargs="?", metavar="TABLE", help="table to set it for; * is for every other table")
    p.add_argument("days", nargs="?", metavar="DAYS", help="days that its rows are kept, or none")
    _add_data_option(p)


def _add_api(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    api = _command(
        commands,
        "api",
        "Local data behind the query API of Log Analytics and of Kusto.",
        "watchbook api serve",
        _api_serve,
    )
    verbs = api.add_subparsers(title="verbs", required=True, metavar="VERB")
    p = _command(
        verbs, "serve", "Answer queries of Log Analytics and Kusto clients from local data.",
        "watchbook api serve --data ./estate --port 8502 --token my-own-token", _api_serve,
    )  # fmt: skip
    _add_data_option(p)
    p.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    p.add_argument(
        "--port", type=int, default=8502, help="port to listen on, 0 for any free one (default: %(default)s)"
    )
    p.add_argument(
        "--token", metavar="T", help="token that clients must show (default: none on loopback, else one is made)"
    )


def _add_schedule(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    schedule = _command(
        commands,
        "schedule",
        "Run and list what is done by the clock: rules, reports, playbooks.",
        "watchbook schedule list",
        _schedule("listed"),
    )
    verbs = schedule.add_subparsers(title="verbs", required=True, metavar="VERB")
    p = _command(
        verbs,
        "run",
        "Run what is due, without the dashboard (which does the same while it serves).",
        "watchbook schedule run",
        _schedule("run"),
    )
    p.add_argument("--once", action="store_true", help="run what is due now, then end")
    p = _command(
        verbs, "list", "List the jobs with their next and last times.", "watchbook schedule list", _schedule("listed")
    )
    p.add_argument("--format", choices=["table", "json"], default="table")
    p = _command(
        verbs, "history", "List the newest runs.", "watchbook schedule history --most 20", _schedule("history")
    )
    p.add_argument("--job", metavar="NAME", help="runs of this job alone")
    p.add_argument("--most", type=int, default=50, metavar="N", help="how many (default: %(default)s)")
    p.add_argument("--format", choices=["table", "json"], default="table")
    for verb, told in (
        ("skip", "Pass over what a job still has to try and to catch up; its next time comes as usual."),
        ("retry", "Let a job that failed try the same due time again, at once."),
    ):
        p = _command(verbs, verb, told, f"watchbook schedule {verb} intelligence-refresh", _schedule(verb))
        p.add_argument("job", metavar="JOB", help="the job's name, as `watchbook schedule list` shows it")


def _add_listen(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    p = _command(
        commands, "listen", "Take rows in real time: Logs Ingestion API, Kubernetes audit webhook, Syslog and CEF.",
        "watchbook listen --data ./mine --port 8503 --syslog 5514", _listen,
    )  # fmt: skip
    _add_data_option(p)
    p.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    p.add_argument("--port", type=int, default=8503, help="port for HTTP, 0 for any free one (default: %(default)s)")
    p.add_argument(
        "--syslog",
        default="5514",
        metavar="PORT",
        help="UDP and TCP port for Syslog and CEF, or none (default: %(default)s)",
    )
    p.add_argument(
        "--token", metavar="T", help="token that HTTP clients must show (default: none on loopback, else one is made)"
    )


# Each command imports what it needs when it runs, so that `--help` and errors of usage are instant.


def _serve(options: argparse.Namespace) -> int:
    from dashboard.commands.serve import serve

    return serve(options)


def _check(options: argparse.Namespace) -> int:
    from dashboard.commands.workbooks import check

    return check(options)


def _render(options: argparse.Namespace) -> int:
    from dashboard.commands.workbooks import render

    return render(options)


def _import(options: argparse.Namespace) -> int:
    from dashboard.commands.exchange import import_files

    return import_files(options)


def _export(options: argparse.Namespace) -> int:
    from dashboard.commands.exchange import export_file

    return export_file(options)


def _kql(options: argparse.Namespace) -> int:
    from dashboard.commands.kql import kql

    return kql(options)


def _data_generate(options: argparse.Namespace) -> int:
    from dashboard.commands.data import generate

    return generate(options)


def _data_import(options: argparse.Namespace) -> int:
    from dashboard.commands.data import import_files

    return import_files(options)


def _data_external(options: argparse.Namespace) -> int:
    from dashboard.commands.external import external

    return external(options)


def _data_delete(options: argparse.Namespace) -> int:
    from dashboard.commands.keep import delete

    return delete(options)


def _data_retention(options: argparse.Namespace) -> int:
    from dashboard.commands.keep import retention

    return retention(options)


def _data_tables(options: argparse.Namespace) -> int:
    from dashboard.commands.data import tables

    return tables(options)


def _listen(options: argparse.Namespace) -> int:
    from dashboard.commands.listen import listen

    return listen(options)


def _api_serve(options: argparse.Namespace) -> int:
    from dashboard.commands.api import serve

    return serve(options)


def _schedule(verb: str) -> Command:
    def run(options: argparse.Namespace) -> int:
        from dashboard.commands import schedule

        command: Command = getattr(schedule, verb)
        return command(options)

    return run


if __name__ == "__main__":
    sys.exit(main())
