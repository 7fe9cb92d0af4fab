"""The workbook format: loads a `Notebook/1.0` document from any of its packagings, gives it types, saves it, lints it.

In comes JSON text, out comes a `Workbook`: immutable, every unknown key kept, and equal JSON when dumped unchanged.
It knows nothing of KQL, of data, or of how anything is drawn.
"""

from dashboard.document.lint import check
from dashboard.document.load import (
    dump_document,
    dump_workbook,
    load_workbook,
    load_workbooks,
    parse_item,
    parse_workbook,
    parse_workbooks,
    replace_document,
)
from dashboard.document.workbook import Condition, Item, Parameter, Workbook

__all__ = [
    "Condition",
    "Item",
    "Parameter",
    "Workbook",
    "check",
    "dump_document",
    "dump_workbook",
    "load_workbook",
    "load_workbooks",
    "parse_item",
    "parse_workbook",
    "parse_workbooks",
    "replace_document",
]
