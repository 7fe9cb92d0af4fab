"""The error codes of this room, with the sentence that docs/errors.md prints."""

CODES: dict[str, str] = {
    "IN001": "The sample estate cannot be written to its folder.",
    "IN002": "The number of rows or days asked of the sample estate is out of range.",
    "IN003": "A file of the sample estate's own data is missing or unreadable: the installation is damaged.",
    "IN004": "Another process has been making the sample estate for too long.",
    "IN010": "A file that is to be imported is not there or cannot be read.",
    "IN011": "A Parquet or Excel file is damaged.",
    "IN012": "A file that is to be imported is empty, damaged from its beginning, or of no known format.",
    "IN013": "The text after --table is no name of a table.",
    "IN015": "Another process listens for this data folder already.",
    "IN014": "Imported rows cannot be written to the data folder.",
    "IN016": "Rows of a table are to be deleted that has none.",
    "IN017": "The days of a retention are out of range.",
    "IN018": "Local data takes nearly as much room as it may, or the disk is nearly full.",
    "IN021": "A text is no rule for masking.",
    "IN022": "The state of an earlier pull cannot be read.",
    "IN023": "A table was pulled into the folder with other rules for masking.",
}
