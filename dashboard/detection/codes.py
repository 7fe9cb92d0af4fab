"""The errors of this room: code to the sentence that docs/errors.md prints."""

CODES: dict[str, str] = {
    "DT001": "A rule file is no YAML or JSON that can be read.",
    "DT002": "A rule lacks something it needs.",
    "DT003": "A value of a rule is not one that is allowed.",
    "DT004": "A length of time of a rule cannot be read or is out of range.",
    "DT005": "A rule is of a kind that is not known or not run here.",
    "DT006": "An entity mapping, custom detail or alert detail is not one that Sentinel accepts.",
    "DT007": "A query still makes a column of the old kind of entity mapping.",
    "DT008": "A rule does not say which data connectors it needs.",
    "DT009": "A tactic or technique is not one of MITRE ATT&CK, or does not fit the others.",
    "DT010": "A template of Azure Resource Manager holds no rule.",
    "DT011": "A query does not give a column that the rule's alerts take something from.",
    "DT012": "A query reads all tables at once, which Sentinel runs in no rule.",
    "DT013": "A Sigma rule cannot be turned into a query.",
    "DT020": "Somebody else changed the incident since it was read; nothing was written.",
    "DT021": "There is no incident of that number.",
    "DT022": "A value of an incident is not one that is allowed.",
}
