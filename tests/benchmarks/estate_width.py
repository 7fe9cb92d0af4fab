"""How wide the sample estate is: of the queries of real workbooks that run on it, how many give rows, and by table.

`python -m tests.benchmarks.estate_width [--rows N] [--workbooks DIR]` makes an estate of about a million rows in a temporary folder, evaluates
every item of the workbooks over 30 days, and prints the share for each table that a query names. Without the workbooks beside the
project it says so and ends.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dashboard.cli import main as watchbook
from dashboard.ingest.estate import generate
from dashboard.ingest.schemas import known_tables
from tests.shared import WORKBOOKS, workbooks


def queries_by_name(file: Path) -> dict[str, str]:
    """The text of each query item of a workbook, by the item's name."""
    found: dict[str, str] = {}

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            content = node.get("content")
            if isinstance(content, dict) and isinstance(content.get("query"), str):
                found[str(node.get("name", ""))] = content["query"]
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(json.loads(file.read_text(encoding="utf-8-sig")))
    return found


def measure(files: list[Path], data: Path) -> tuple[Counter[str], dict[str, Counter[str]]]:
    """Items by status, and by table that their query names."""
    known = set(known_tables())
    whole: Counter[str] = Counter()
    tables: dict[str, Counter[str]] = defaultdict(Counter)
    with tempfile.TemporaryDirectory() as out:
        watchbook(
            [
                "render",
                *map(str, files),
                "-o",
                out,
                "--format",
                "json",
                "--time-range",
                "30d",
                "--all-items",
                "--data",
                str(data),
            ]
        )
        for file in files:
            made = Path(out, file.with_suffix(".json").name)
            if not made.exists():
                continue
            texts = queries_by_name(file)
            for item in json.loads(made.read_text())["items"]:
                if item["type"] != 3 or item["status"] not in ("ok", "empty"):
                    continue
                whole[item["status"]] += 1
                for name in known & set(re.findall(r"\w+", texts.get(item["name"], ""))):
                    tables[name][item["status"]] += 1
    return whole, tables


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workbooks", type=Path, default=WORKBOOKS)
    parser.add_argument("--set", default="sentinel")
    options = parser.parse_args(arguments)
    if not (options.workbooks / "MANIFEST.tsv").is_file():
        print(f"There are no workbooks in {options.workbooks}.")
        return
    files = workbooks(options.workbooks, set=options.set)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        os.environ["WATCHBOOK_HOME"] = home
        made = generate(Path(folder), rows=options.rows)
        print(f"{made.rows:,} rows in {len(made.tables)} tables, {made.seconds:.0f} s")
        whole, tables = measure(files, Path(folder))
    total = whole["ok"] + whole["empty"]
    print(f"{whole['ok']} of {total} queries that run give rows: {whole['ok'] / max(total, 1):.0%}")
    for name, found in sorted(tables.items(), key=lambda pair: -sum(pair[1].values())):
        print(f"{found['ok']:5} of {sum(found.values()):4}  {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
