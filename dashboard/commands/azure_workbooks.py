"""`watchbook azure publish` and `import-workbooks`: workbooks to and from Azure."""

from __future__ import annotations

import argparse
import sys

from dashboard import settings
from dashboard.commands.terminal import confirmed
from dashboard.document import load_workbook
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.errors import Problem, WatchbookError
from dashboard.export.azure_workbooks import fetch_all, preview
from dashboard.export.azure_workbooks import publish as send
from dashboard.store.files import write_whole


def publish(options: argparse.Namespace) -> int:
    """Shows what would change, asks (unless --yes), and publishes. 1 where it was not confirmed."""
    workbook = load_workbook(options.workbook)
    title = options.title or options.workbook.stem.replace("-", " ").strip().capitalize()
    management = LogAnalyticsEngine().management()
    seen = preview(
        management, workbook, options.resource_group, title, source=options.source, category=options.category,
        location=options.location or "",
    )  # fmt: skip
    for line in seen.lines():
        print(line)
    if seen.is_same or options.dry_run:
        return 0
    if not options.yes and not confirmed("Publish it?"):
        print("Nothing was sent.", file=sys.stderr)
        return 1
    print(f"Published: {send(management, seen)}")
    return 0


def fetch(options: argparse.Namespace) -> int:
    """Fetches every shared workbook of the subscriptions. 1 where one could not be read."""
    management = LogAnalyticsEngine().management()
    wanted = options.subscription or [identifier for identifier, _ in management.subscriptions()]
    if not wanted:
        raise WatchbookError(Problem("CL014", "There is no subscription to fetch from.", hint="Name one."))
    folder = options.output or settings.workbooks_folder() / "azure"
    folder.mkdir(parents=True, exist_ok=True)
    count, failed = 0, 0
    for subscription in wanted:
        for found in fetch_all(
            management, subscription, lambda name, text: write_whole(folder / f"{name}.json", text.encode())
        ):
            if found.problem is not None:
                failed += 1
                print(f"{found.title}: {found.problem.describe()}", file=sys.stderr)
            else:
                count += 1
                print(folder / f"{found.name}.json")
    print(f"{count} workbooks in {folder}" + (f", {failed} could not be read" if failed else ""), file=sys.stderr)
    return int(failed > 0)
