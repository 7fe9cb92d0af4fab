"""The errors of threat intelligence."""

CODES: dict[str, str] = {
    "TI001": "A feed's file is not there or cannot be read.",
    "TI002": "A feed is neither a STIX bundle, a MISP event nor a CSV file.",
    "TI003": "A feed is broken; nothing of it was imported.",
    "TI004": "A feed holds no indicator.",
    "TI005": "The indicators cannot be written to the data folder.",
    "TI006": "A value of an indicator, or of a question about indicators, is not one that is allowed.",
    "TI007": "A table that was to be matched is not there or has nothing to match.",
    "TI008": "A TAXII feed is not complete, is not there, or its sign-in is not set.",
}
