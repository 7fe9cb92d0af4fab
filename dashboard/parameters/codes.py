"""The errors of this room: code to the sentence that docs/errors.md prints."""

CODES: dict[str, str] = {
    "PA001": "A value cannot be read as the parameter's kind: a time range, a list, a number.",
    "PA002": "The JSON that lists a parameter's options cannot be read.",
    "PA003": "A value breaks one of the parameter's validation rules.",
    "PA004": "More values are chosen than the parameter allows.",
}
