"""The errors of this room: code to the sentence that docs/errors.md prints."""

CODES: dict[str, str] = {
    "SO001": "The store cannot be opened: a wrong address, a read-only or full disk, a server that does not answer.",
    "SO002": "The store was written by a newer Watchbook.",
}
