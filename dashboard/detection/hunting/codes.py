"""The errors of hunting."""

CODES: dict[str, str] = {
    "HU001": "A file of a hunting query cannot be read or lacks a name or a query.",
    "HU002": "There is no such hunting query or bookmark.",
    "HU003": "A bookmark is empty or too long.",
}
