"""Error codes of the server room, each with the sentence that docs/errors.md prints."""

from __future__ import annotations

CODES: dict[str, str] = {
    "SV001": "The port is taken, or may not be opened, on the address to listen on.",
    "SV002": "The request's Host header names a machine that this dashboard does not answer for.",
    "SV003": "The request comes from a page of another site.",
    "SV004": "The dashboard asks for a token, and the request has none or a wrong one.",
    "SV005": "Too many wrong tokens came from one address; it has to wait.",
    "SV006": "The request's body, or its header, is larger than this dashboard takes.",
    "SV007": "There is nothing at this address.",
    "SV008": "The dashboard failed to answer a request; the reason is in its log.",
    "SV009": "The token is too short to be safe beyond this machine.",
}
