"""The error codes of the engines."""

CODES: dict[str, str] = {
    "EN001": "The query was stopped because it was cancelled or replaced by a newer one.",
    "EN002": "The query ran longer than the time limit (setting query_seconds).",
    "EN003": "The query needed more memory than the limit (setting query_memory_mb).",
    "EN004": "The query failed while running on local data.",
    "EN005": "The result had more rows than the limit (setting query_rows); the rest was cut off.",
    "EN006": "The data source cannot answer this kind of query.",
    "EN010": "No Log Analytics workspace is configured or chosen.",
    "EN011": "Signing in to Azure failed.",
    "EN012": "The identity has no permission to query this workspace.",
    "EN013": "The workspace was not found.",
    "EN014": "Log Analytics refused the query because of an error in it.",
    "EN015": "Log Analytics gave a partial result.",
    "EN016": "Log Analytics asked to slow down (too many requests).",
    "EN017": "Log Analytics could not be reached or answered with a fault.",
    "EN018": "Log Analytics stopped the query at its time limit.",
    "EN020": "externaldata is used and no folder is allowed (setting externaldata_folder).",
    "EN021": "externaldata names a file that is not in the allowed folder.",
    "EN022": "externaldata names a format that cannot be read.",
    "EN023": "A file in the folder of stored functions holds no function that can be read (setting functions_folder).",
}
