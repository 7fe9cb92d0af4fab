"""The error codes of the command line."""

CODES: dict[str, str] = {
    "CL001": "A file or folder could not be read or written.",
    "CL002": "A number on the command line is out of range.",
    "CL003": "A query, or the place for its answers, is missing.",
    "CL004": "No workbook was found at the given place.",
    "CL005": "The output format is not one that can be written.",
    "CL006": "A parameter was not given as NAME=VALUE.",
    "CL007": "A time range was not understood.",
    "CL008": "A folder named on the command line does not exist.",
    "CL009": "What a command is to do wants to be confirmed where nobody can answer.",
    "CL014": "A command that changes something does not say what.",
    "CL012": "A pull does not know its workspace or its folder.",
    "CL013": "A time on the command line was not understood, or a range ends before it begins.",
    "CL011": "A list for externaldata could not be fetched or kept.",
    "CL010": "No rule was found at the given place.",
    "CL015": "Watchbook itself failed.",
    "CL016": "The file of --tables holds no tables.",
}
