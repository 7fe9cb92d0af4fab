"""Real workbooks: all open, all save unchanged, all can be checked."""

from __future__ import annotations

import json

import pytest

from dashboard.document import check, dump_workbook, load_workbook
from tests.shared import needs_shared, workbooks


@needs_shared
@pytest.mark.shared
def test_every_real_workbook_opens_and_saves_equal_with_its_keys_in_order() -> None:
    for file in workbooks():
        workbook = load_workbook(file)
        original = json.loads(file.read_bytes().decode("utf-8-sig"))
        assert json.dumps(json.loads(dump_workbook(workbook))) == json.dumps(original), file
        assert not [problem for item in workbook.walk() for problem in item.problems], file


@needs_shared
@pytest.mark.shared
def test_every_real_workbook_can_be_checked_and_few_have_errors() -> None:
    errors = 0
    files = workbooks()
    for file in files:
        errors += any(problem.severity == "error" for problem in check(load_workbook(file)))
    assert errors <= len(files) // 50
