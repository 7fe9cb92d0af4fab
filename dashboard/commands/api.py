"""`watchbook api serve`: local data behind the query API of Log Analytics and of Kusto."""

from __future__ import annotations

import argparse
import sys

from dashboard.commands.terminal import local_engine
from dashboard.errors import Problem, WatchbookError


def serve(options: argparse.Namespace) -> int:
    """Makes the sample estate ready where the user's own data folder is used, then answers queries until told to stop."""
    from dashboard.server.api_serve import listen_api

    if options.data is not None and not options.data.is_dir():
        raise WatchbookError(
            Problem("CL008", f"There is no folder {options.data}.", hint="Create it, or leave the option out.")
        )

    listen_api(
        lambda: local_engine(options.data), host=options.host, port=options.port, token=options.token,
        say=lambda line: print(line, file=sys.stdout, flush=True),
    )  # fmt: skip
    return 0
