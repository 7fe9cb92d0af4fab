"""The errors of this room: code to the sentence that docs/errors.md prints."""

CODES: dict[str, str] = {
    "RT002": "The data source of a query is not available on the data that is open.",
    "RT003": "The engine failed in a way it does not explain; the log has the details.",
    "RT004": "A merge names a step that is not there, or that gave no table.",
    "RT005": "A merge's settings cannot be read.",
    "RT006": "The text of a JSON data source is not JSON.",
    "RT007": "The template that a group loads is not among the workbooks.",
    "RT008": "Parameters depend on each other in a circle.",
    "RT009": "A JSONPath expression cannot be read.",
    "RT010": "The item is not one that can be drawn: its type is unknown or its content is malformed.",
    "RT011": "The payload of a query is not JSON.",
    "RT012": "A parameter's query failed.",
    "RT013": "A page has used its budget for live queries (setting page_budget_mb).",
    "RT014": "A custom table, or a column that only comes with its rows, is not in the local data; the answer has no rows.",
    "RT015": "A metric item is split or filtered by a dimension, and no rows of AzureMetricsV2, the table that holds dimensions, are here.",
    "RT016": "A part cannot be pinned: it leads through its workbook, or asks nothing just now.",
}
