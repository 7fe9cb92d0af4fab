"""`make conformance`: every figure of the KQL translator that is asked for, measured, in one table.

The first six rows are counted by the scoring tool beside the project; the others by our own suites.
`--quick` takes samples. Exit status 0 even where a figure falls short: the table is the answer.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.shared import ROOT, SHARED

# Every example of the two collections, without geo_, that is refused, by what it calls. docs/kql.md lists them as well.
EXCEPTIONS = {
    "datetime_diff('nanosecond', …), datetime_part('nanosecond', …)": "times are held to the microsecond",
    "gzip_compress_to_base64_string()": "the printed bytes are those of one compressor; another's differ",
    "hash_many()": "how the service combines hashes is not published",
    "declare pattern": "only other databases' patterns use it; no query of the corpus does",
    "datetime_list_timezones()": "the list is the one of the service's machine",
    "series_periods_validate()": "its score is not published",
    "estimate_data_size()": "it measures the service's own storage",
}

SETS = "sentinel_analytics_rules,sentinel_hunting_queries,workbooks_sentinel,azure_monitor_reference"


def score(*options: str) -> dict[str, Any]:
    """The totals of the scoring tool."""
    tool = SHARED / "tools/score_kql.py"
    command = [
        sys.executable,
        str(tool),
        str(SHARED / "corpus"),
        "--tables",
        str(SHARED / "schemas/tables.json"),
        *options,
    ]
    done = subprocess.run(
        [*command, "--", sys.executable, "-m", "dashboard.cli", "kql"], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)
    totals: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return totals


def share(part: float, whole: float) -> str:
    return f"{part:.0f} of {whole:.0f} ({part / whole:.2%})" if whole else "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="samples instead of everything")
    options = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit("The material beside the project (../shared) is not here.")
    sample = ("--sample", "100") if options.quick else ()
    pairs, texts, both = (500, 2_000, 60) if options.quick else (10_000, 100_000, 500)

    def row(figure: str, asked: str, measured: str) -> None:
        print(f"{figure:58} {asked:16} {measured}", flush=True)

    row("figure", "asked", "measured")
    every = score("--only", "queries", *sample)
    four = score("--only", "queries", "--sets", SETS, *sample)
    row("syntax_ok queries that parse", "100 %", share(every["parsed"], every["syntax_ok"]))
    row("semantic_ok queries that run (4 sets)", ">= 98 %", share(four["ran"], four["valid"]))
    row("… with columns equal (name, order, type)", ">= 99 %", share(four["columns_equal"], four["compared"]))
    row("semantic_ok queries that run (14 sets)", "", share(every["ran"], every["valid"]))
    row("… with columns equal (14 sets)", "", share(every["columns_equal"], every["compared"]))
    row("rejected as syntax, accepted by us", "< 10 %", share(every.get("bad_accepted", 0), every["syntax_bad"]))
    for label, extra in (("", ()), (" with geo_", ("--geo",))):
        cases = score("--only", "cases", *extra)
        for name, asked in (("emulator", ">= 90 %, 0 wrong"), ("docs", ">= 95 %, 0 wrong")):
            right, wrong, refused = (cases.get(f"{name}_{verdict}", 0) for verdict in ("right", "wrong", "refused"))
            row(
                f"{name} answers right{label}",
                "" if label else asked,
                f"{share(right, right + wrong + refused)}, {wrong} wrong",
            )
        if not label:
            for name, reason in EXCEPTIONS.items():
                print(f"    refused: {name}: {reason}")
    row("translation, median ms (4 sets)", "< 3", str(four["translate_ms_median"]))

    with tempfile.TemporaryDirectory() as folder:
        from dashboard.ingest.estate import generate
        from tests.kql.metamorphic import difference, make_engine
        from tests.kql.second_opinion import compare, queries

        generate(Path(folder, "estate"))
        opinion = compare(Path(folder, "estate"), queries(), both)
        ran = opinion.verdicts["same"] + opinion.verdicts["different"]
        row(
            "agreement with duckdb-kql where both run",
            "100 % or why",
            f"{share(opinion.verdicts['same'], ran)}, {dict(opinion.verdicts)}",
        )
        for reason, count in Counter(entry["reason"] or "UNEXPLAINED" for entry in opinion.different).most_common():
            print(f"    {count} differ: {reason}")
        for entry in opinion.different:
            if not entry["reason"]:
                print(json.dumps(entry), file=sys.stderr)
        engine = make_engine(Path(folder, "pairs"))
        found = [text for seed in range(pairs) if (text := difference(engine, seed))]
        row("metamorphic pairs that differ", "0 of 10,000", f"{len(found)} of {pairs}")
        print("\n".join(found[:20]), file=sys.stderr)

    from tests.kql.fuzz import fuzz

    crashes, slow = fuzz(texts)
    row("hostile or broken texts: crashes, over 2 s", "0, 0 of 100,000", f"{crashes}, {slow} of {texts}")


if __name__ == "__main__":
    main()
