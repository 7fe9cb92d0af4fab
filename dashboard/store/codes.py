"""The errors of this room: code to the sentence that docs/errors.md prints."""

CODES: dict[str, str] = {
    "SO001": "The store cannot be opened: a wrong address, a read-only or full disk, a server that does not answer.",
    "SO002": "The store was written by a newer Watchbook.",
    "SO101": "The name of a workbook cannot be a file's name, or leads out of the workbooks folder.",
    "SO102": "The workbook cannot be written: a full or read-only disk, or a folder that may not be written to.",
    "SO103": "The workbook was changed by somebody else since it was opened for editing.",
    "SO104": "There is no such version, or no such draft.",
    "SO105": "A workbook of that name exists.",
    "SO111": "The address is not one of an allowed Git host: it is not contacted.",
    "SO112": "The Git host did not give the workbook.",
}
