"""The workbook format: loads a `Notebook/1.0` document from any of its packagings, gives it types, saves it, lints it.

In comes JSON text, out comes a `Workbook`: immutable, every unknown key kept, and equal JSON when dumped unchanged.
It knows nothing of KQL, of data, or of how anything is drawn.
"""
