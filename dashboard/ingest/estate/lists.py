"""Stand-ins for public lists that rules and workbooks read by externaldata, from `sample_data/estate/lists.yaml`."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

from dashboard.engines.externaldata import FOLDER, STAND_INS, path_of
from dashboard.ingest.estate.world import Json


def write_stand_ins(folder: Path, lists: list[Json]) -> None:
    """Writes the lists below `external/_stand-ins/` of the data folder, in place of earlier ones. Copies beside it stay."""
    root = folder / FOLDER / STAND_INS
    shutil.rmtree(root, ignore_errors=True)
    for entry in lists:
        path = root / path_of(entry["address"])
        if "file" in entry:  # an archive lies unpacked in a folder of its name
            path /= entry["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_content(entry), encoding="utf-8")


def _content(entry: Json) -> str:
    if "json" in entry:
        return json.dumps(entry["json"], indent=1) + "\n"
    if "text" in entry:
        return "\n".join(entry["text"]) + "\n"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = entry.get("head", [])
    if head:
        writer.writerow(head)
    writer.writerows(row[: len(head) or None] for row in entry["rows"])
    return out.getvalue()
