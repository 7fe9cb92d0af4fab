"""`watchbook kql`: one query or a batch of them over local data."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import replace

from dashboard.commands.terminal import existing_folder, local_engine, text_table
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import Problem, WatchbookError
from dashboard.table import Table


def kql(options: argparse.Namespace) -> int:
    """Runs the query, or with --batch a file of queries."""
    if options.batch:
        from dashboard.engines.local_batch import run_batch

        if options.output is None:
            raise WatchbookError(Problem("CL003", "--batch needs -o OUT.jsonl.", hint="Say where the answers go."))
        run_batch(options.batch, options.output, options.tables, existing_folder(options.data))
        return 0
    if options.query is None:
        raise WatchbookError(
            Problem("CL003", "No query was given.", hint="Give it in quotes, or - to read standard input.")
        )
    text = sys.stdin.read() if options.query == "-" else options.query
    if options.repair:
        text = _repaired(text)
    engine = local_engine(options.data)
    request = QueryRequest(text)
    if options.explain:
        sql, plan = engine.explain(request)
        print(f"{sql}\n\n{plan}")
        return 0
    try:
        table = engine.run(request)
    except WatchbookError as error:
        raise _with_offer(error, text) from None
    _write(table, options.format)
    for notice in table.notices:
        print(f"{notice.code}: {notice.message}", file=sys.stderr)
    return 0


def _repaired(text: str) -> str:
    from dashboard.kql.repair import repair

    found = repair(text)
    if found is None:
        return text
    for change in found.changes:
        print(f"Repaired: {change}", file=sys.stderr)
    print(f"{found.text}\n", file=sys.stderr)
    return found.text


def _with_offer(error: WatchbookError, text: str) -> WatchbookError:
    """The same problems, and that the text can be repaired where it can."""
    from dashboard.kql.repair import repair

    found = repair(text)
    if found is None or found.text == text:
        return error
    last = error.problems[-1]
    hint = f"{last.hint} Run it again with --repair to have it corrected.".strip()
    return WatchbookError(*error.problems[:-1], replace(last, hint=hint))


def _write(table: Table, form: str) -> None:
    rows = table.json_rows()
    if form == "json":
        json.dump({"columns": [[c.name, c.type] for c in table.columns], "rows": rows}, sys.stdout, ensure_ascii=False)
        print()
        return
    texts = [[_cell(cell) for cell in row] for row in rows]
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(table.names)
        writer.writerows(texts)
    else:
        print(text_table(table.names, texts))


def _cell(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
