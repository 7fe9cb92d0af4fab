"""`watchbook api serve`: local data behind the query API of Log Analytics and of Kusto."""

from __future__ import annotations

import argparse
import sys

from dashboard.commands.terminal import local_engine
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import Problem, WatchbookError


def serve(options: argparse.Namespace) -> int:
    """Makes the sample estate ready where the user's own data folder is used, then answers queries until told to stop."""
    from dashboard.server.api_serve import listen_api

    if options.data is not None and not options.data.is_dir():
        raise WatchbookError(
            Problem("CL008", f"There is no folder {options.data}.", hint="Create it, or leave the option out.")
        )

    def ready() -> LocalEngine:
        engine = local_engine(options.data)
        # The first query opens DuckDB and reads what tables there are; no client should wait for that.
        engine.run(QueryRequest("print 1"))
        return engine

    listen_api(
        ready, host=options.host, port=options.port, token=options.token,
        say=lambda line: print(line, file=sys.stdout, flush=True),
    )  # fmt: skip
    return 0
