"""The errors of this room: code to the sentence that docs/errors.md prints."""

CODES: dict[str, str] = {
    "DT020": "Somebody else changed the incident since it was read; nothing was written.",
    "DT021": "There is no incident of that number.",
    "DT022": "A value of an incident is not one that is allowed.",
}
