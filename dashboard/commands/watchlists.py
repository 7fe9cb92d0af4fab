"""`watchbook watchlist`: import, list and delete watchlists."""

from __future__ import annotations

import argparse
import json
import sys

from dashboard import settings
from dashboard.commands.terminal import text_table
from dashboard.detection.watchlists import watchlist as watchlists
from dashboard.store.database import Store
from dashboard.table import format_datetime


def import_csv(options: argparse.Namespace) -> int:
    """Makes or replaces a watchlist."""
    done = watchlists.import_csv(
        Store(), options.file, alias=options.alias, key=options.key, name=options.name, duplicates=options.duplicates,
        folder=options.data or settings.data_folder(),
    )  # fmt: skip
    print(f"{done.watchlist.alias}: {done.watchlist.items:,} items", file=sys.stderr)
    if done.left_out:
        print(f"  {done.left_out:,} items left out: their key comes again later", file=sys.stderr)
    if done.formulas:
        print(f"  {done.formulas:,} cells begin like formulas: kept as text, and guarded in exports", file=sys.stderr)
    if done.replaced:
        print(f"  stands in place of {done.replaced:,} items of imported data under that alias", file=sys.stderr)
    return 0


def listed(options: argparse.Namespace) -> int:
    """Lists the watchlists, or one's items."""
    store = Store()
    if options.alias:
        chosen = watchlists.get_watchlist(store, options.alias)
        heads = list(chosen.columns)
        entries = [item for _, item in watchlists.items_of(store, chosen.alias)]
    else:
        heads = ["alias", "name", "key", "items", "source", "modified"]
        entries = [
            {
                "alias": each.alias, "name": each.name, "key": each.key, "items": str(each.items), "source": each.source,
                "modified": format_datetime(each.modified.replace(tzinfo=None)),
            }
            for each in watchlists.list_watchlists(store)
        ]  # fmt: skip
    if options.format == "json":
        print(json.dumps(entries, indent=2, ensure_ascii=False))
    else:
        print(text_table(heads, [[entry[head] for head in heads] for entry in entries]))
    return 0


def delete(options: argparse.Namespace) -> int:
    """Deletes a watchlist."""
    watchlists.delete_watchlist(Store(), options.alias)
    print(f"{options.alias} is deleted", file=sys.stderr)
    return 0
