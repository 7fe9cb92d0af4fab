"""The errors of response."""

CODES: dict[str, str] = {
    "RS001": "An address is not one that may be contacted: it is not in WATCHBOOK_RESPONSE_HOSTS, or it means a private place.",
    "RS002": "A receiver did not take what was sent; it is tried again where that may help.",
    "RS003": "A playbook is not complete or holds a value that is not allowed.",
    "RS004": "An automation rule is not complete or holds a value that is not allowed.",
    "RS005": "There is no such playbook, automation rule or run.",
    "RS006": "A local command is not in the folder of allowed commands, failed, or took too long.",
    "RS007": "The mail server is not set, refuses, or does not answer.",
}
