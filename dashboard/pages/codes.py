"""The errors of this room: code to the sentence that docs/errors.md prints."""

CODES: dict[str, str] = {
    "PG001": "The address names no workbook, or one that is neither shipped nor in the user's folder.",
    "PG002": "A part of a page failed; the reason is in the log under the reference shown.",
    "PG003": "The data source is not set up.",
    "PG004": "A shipped workbook cannot be changed in place; it is saved as a copy.",
}
