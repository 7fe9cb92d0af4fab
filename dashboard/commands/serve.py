"""`watchbook serve`: the dashboard."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dashboard import settings
from dashboard.commands.terminal import existing_folder


def serve(options: argparse.Namespace) -> int:
    """Serves, and runs what is due, until told to stop. Where no data folder is chosen, the pages make the sample estate while the gallery is
    read."""
    from dashboard import app
    from dashboard.server.background import scheduling

    existing_folder(options.workbooks)
    existing_folder(options.data)
    own: Path = options.workbooks or settings.workbooks_folder()
    own.mkdir(parents=True, exist_ok=True)
    if options.live:
        from dashboard.ingest.estate.live import live_estate

        live_estate(options.data or settings.data_folder()).start()
    with scheduling():
        app.serve(
            options.host,
            options.port,
            workbooks_dir=own,
            data_dir=options.data,
            say=lambda line: print(line, file=sys.stdout, flush=True),
        )
    return 0
