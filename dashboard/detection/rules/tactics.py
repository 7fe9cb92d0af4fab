"""ATT&CK tactics and techniques of a rule."""

from __future__ import annotations

import re

from dashboard.detection.rules.known import TACTICS, TECHNIQUE_TACTICS
from dashboard.detection.rules.reading import Reading
from dashboard.kql.diagnostics import did_you_mean

_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?")


def read_tactics(reading: Reading) -> list[str]:
    """The tactics in their usual spelling."""
    found = []
    for i, written in enumerate(reading.texts("tactics")):
        tactic = next((name for name in TACTICS if name.lower() == written.lower()), None)
        if tactic is None:
            bare = re.sub(r"[\s_-]|and(?=[A-Z\s])", "", written)
            same = next((name for name in TACTICS if name.lower() == bare.lower()), "")
            hint = (
                f"Did you mean '{same}'?"
                if same
                else did_you_mean(bare, TACTICS) or f"Use one of {', '.join(TACTICS[:6])} …"
            )
            reading.report("DT009", f"There is no tactic '{written[:60]}'.", "tactics", i, hint=hint)
        else:
            found.append(tactic)
    return list(dict.fromkeys(found))


def read_techniques(reading: Reading, tactics: list[str]) -> list[str]:
    """Techniques and sub-techniques; one whose tactics are not among the rule's is a warning, for the rule works."""
    names = [name for name in ("relevantTechniques", "techniques", "subTechniques") if name in reading.value]
    found = []
    for name in names:
        for i, technique in enumerate(reading.texts(name)):
            if not _TECHNIQUE.fullmatch(technique):
                hint = "Write it like T1609 or T1552.007."
                reading.report("DT009", f"'{technique[:60]}' is no technique.", name, i, hint=hint, severity="warning")
                continue
            found.append(technique)
            belongs = TECHNIQUE_TACTICS.get(technique.partition(".")[0], ())
            if tactics and belongs and not set(belongs) & set(tactics):
                hint = f"Add {' or '.join(belongs[:3])} to the tactics."
                reading.report(
                    "DT009", f"{technique} belongs to none of the rule's tactics.", name, i, hint=hint, severity="warning"
                )  # fmt: skip
    return list(dict.fromkeys(found))
