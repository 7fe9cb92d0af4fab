"""`watchbook api serve`: local data behind the query API of Log Analytics and of Kusto."""

from __future__ import annotations

import argparse
import sys

from dashboard.commands.terminal import existing_folder, local_engine
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest


def serve(options: argparse.Namespace) -> int:
    """Makes the sample estate ready where the user's own data folder is used, then answers queries until told to stop."""
    from dashboard.server.api_serve import listen_api

    existing_folder(options.data)

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
