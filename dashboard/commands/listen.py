"""`watchbook listen`: rows in real time."""

from __future__ import annotations

import argparse
import sys

from dashboard import settings
from dashboard.errors import Problem, WatchbookError


def listen(options: argparse.Namespace) -> int:
    """Takes rows into the data folder until told to stop; then lands what waits."""
    from dashboard.server.listen import listen_rows

    syslog = None if options.syslog == "none" else options.syslog
    if syslog is not None and not (syslog.isdigit() and int(syslog) < 65_536):
        raise WatchbookError(Problem("CL002", f"--syslog must be a port or none; got '{syslog[:40]}'."))
    listen_rows(
        options.data or settings.data_folder(), host=options.host, port=options.port,
        syslog=None if syslog is None else int(syslog), token=options.token,
        say=lambda line: print(line, file=sys.stdout, flush=True),
    )  # fmt: skip
    return 0
