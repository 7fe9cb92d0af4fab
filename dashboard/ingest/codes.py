"""The error codes of this room, with the sentence that docs/errors.md prints."""

CODES: dict[str, str] = {
    "IN001": "The sample estate cannot be written to its folder.",
    "IN002": "The number of rows or days asked of the sample estate is out of range.",
    "IN003": "A file of the sample estate's own data is missing or unreadable: the installation is damaged.",
    "IN004": "Another process has been making the sample estate for too long.",
}
