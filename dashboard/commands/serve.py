"""`watchbook serve`: the dashboard."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dashboard import settings
from dashboard.commands.terminal import data_folder
from dashboard.errors import Problem, WatchbookError


def serve(options: argparse.Namespace) -> int:
    """Makes the sample estate ready where the user's own data folder is used, then serves until told to stop."""
    from dashboard import app

    for folder in (options.workbooks, options.data):
        if folder is not None and not folder.is_dir():
            raise WatchbookError(
                Problem("CL008", f"There is no folder {folder}.", hint="Create it, or leave the option out.")
            )
    own: Path = options.workbooks or settings.home() / "workbooks"
    own.mkdir(parents=True, exist_ok=True)
    data = data_folder(options.data)
    app.serve(
        options.host,
        options.port,
        workbooks_dir=own,
        data_dir=data,
        say=lambda line: print(line, file=sys.stdout, flush=True),
    )
    return 0
