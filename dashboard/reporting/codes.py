"""The errors of scheduled reports."""

CODES: dict[str, str] = {
    "RP001": "A report is not complete or holds a value that is not allowed.",
    "RP002": "There is no such report, or no such workbook.",
    "RP003": "A report was being sent when the process ended: it may have arrived, and is not sent again.",
    "RP004": "A report's file cannot be written to its folder.",
}
