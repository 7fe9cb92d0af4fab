"""Real workbooks: all open, all save unchanged, all can be checked."""

from __future__ import annotations

import csv
import json

import pytest

from dashboard.document import check, dump_workbook, load_workbook
from tests.shared import SHARED, needs_shared

CORPUS = SHARED / "corpus" / "workbooks"


def corpus_files() -> list[str]:
    with (CORPUS / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        return [row["file"] for row in csv.DictReader(manifest, delimiter="\t")]


@needs_shared
@pytest.mark.shared
def test_every_real_workbook_opens_and_saves_equal_with_its_keys_in_order() -> None:
    for name in corpus_files():
        file = CORPUS / name
        workbook = load_workbook(file)
        original = json.loads(file.read_bytes().decode("utf-8-sig"))
        assert json.dumps(json.loads(dump_workbook(workbook))) == json.dumps(original), name
        assert not [problem for item in workbook.walk() for problem in item.problems], name


@needs_shared
@pytest.mark.shared
def test_every_real_workbook_can_be_checked_and_few_have_errors() -> None:
    errors = 0
    files = corpus_files()
    for name in files:
        errors += any(problem.severity == "error" for problem in check(load_workbook(CORPUS / name)))
    assert errors <= len(files) // 50
