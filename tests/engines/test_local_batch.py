"""`watchbook kql --batch`: one line in, one line out, whatever happens to a query."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dashboard.engines.local_batch import run_batch


def _run(folder: Path, queries: list[str], tables: dict[str, dict[str, str]] | None = None) -> list[dict[str, Any]]:
    source, out, schema = folder / "in.jsonl", folder / "out.jsonl", folder / "tables.json"
    source.write_text("".join(json.dumps({"query": query}) + "\n" for query in queries), encoding="utf-8")
    if tables is not None:
        schema.write_text(json.dumps(tables), encoding="utf-8")
    run_batch(source, out, schema if tables is not None else None)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_every_query_gets_its_line_in_order(tmp_path: Path) -> None:
    answers = _run(tmp_path, ["print x = 1", "prnt", "T | take 1", "print y = 'é'"])
    assert [answer["ok"] for answer in answers] == [True, False, False, True]
    assert answers[0]["columns"] == [["x", "long"]]
    assert answers[0]["rows"] == [[1]]
    assert answers[3]["rows"] == [["é"]]
    assert set(answers[0]["ms"]) == {"translate", "run"}


def test_a_line_that_is_no_query_is_told_in_its_place(tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b'{bad\n[1]\n{"query": 5}\n{"query": "print x = 1"}\n\xff\xfe\n')
    run_batch(source, out)
    answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [answer["ok"] for answer in answers] == [False, False, False, True, False]
    assert {answer["error"]["code"] for answer in answers if not answer["ok"]} == {"KQ112"}


def test_a_failure_tells_kind_code_and_place(tmp_path: Path) -> None:
    tables = {"T": {"a": "string"}}
    syntax, semantic, unsupported = _run(
        tmp_path, ["T | where (", "T\n| project b", "T | graph-match (x) project x"], tables
    )
    assert syntax["error"]["kind"] == "syntax"
    assert semantic["error"]["kind"] == "semantic"
    assert (semantic["error"]["code"], semantic["error"]["line"], semantic["error"]["column"]) == ("KQ102", 2, 11)
    assert unsupported["error"]["kind"] == "unsupported"
    assert "graph-match" in unsupported["error"]["message"]


def test_tables_of_a_schema_are_empty_and_typed(tmp_path: Path) -> None:
    tables = {"T": {"t": "datetime", "s": "string", "d": "dynamic", "g": "guid", "z": "timespan", "n": "decimal"}}
    (answer,) = _run(tmp_path, ["T | extend d.x"], tables)
    assert answer["columns"] == [*([name, kind] for name, kind in tables["T"].items()), ["d_x", "dynamic"]]
    assert answer["rows"] == []


def test_externaldata_gives_its_columns_over_empty_tables_and_is_refused_otherwise(tmp_path: Path) -> None:
    query = "externaldata(a:string, n:long)['https://example.org/x.csv'] | summarize sum(n) by a"
    (allowed,) = _run(tmp_path, [query], {"T": {"a": "string"}})
    assert allowed["columns"] == [["a", "string"], ["sum_n", "long"]]
    (refused,) = _run(tmp_path, [query])
    assert refused["error"]["code"] == "KQ206"


def test_values_have_the_forms_of_the_contract(tmp_path: Path) -> None:
    query = (
        "print t = datetime(2024-01-02 03:04:05.678), z = 1d + 2h + 3s, d = dynamic({'a': [1, null]}), "
        "n = long(null), nan = real(nan), inf = -1.0 / 0.0, m = decimal(1.50), b = true, g = guid(74be27de-1e4e-49d9-b579-fe0b331d3642)"
    )
    (answer,) = _run(tmp_path, [query])
    t, z, d, n, nan, inf, m, b, g = answer["rows"][0]
    assert (t, z, d, n) == ("2024-01-02T03:04:05.6780000Z", "1.02:00:03", {"a": [1, None]}, None)
    assert (nan, inf, float(m), b) == ("NaN", "-Infinity", 1.5, True)
    assert g == "74be27de-1e4e-49d9-b579-fe0b331d3642"


def test_no_file_and_no_setting_is_in_reach(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    for query in (f"['{secret}'] | take 1", f"table('{secret}') | take 1", f"read_csv('{secret}') | take 1"):
        (answer,) = _run(tmp_path, [query])
        assert answer["error"]["kind"] in ("semantic", "syntax")
