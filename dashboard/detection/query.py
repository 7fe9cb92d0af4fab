"""What is asked for one window of a rule: its query, with exclusions and, of anomaly rules, the search for outliers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.detection.moments import from_micros
from dashboard.detection.rules.durations import SECOND
from dashboard.detection.rules.rule import Rule
from dashboard.engines.protocol import QueryRequest, TimeSpan
from dashboard.kql.tokens import tokenize

MOST_ROWS = 10_000
"""Rows of a rule's result that are looked at, as in Sentinel."""


@dataclass(frozen=True)
class Exclusion:
    """Rows that the rule is to pass over: those whose `column` has one of the `values` (or, `contains`, holds one), and why."""

    column: str
    values: tuple[str, ...]
    contains: bool = False
    why: str = ""

    def describe(self) -> str:
        """As a person reads it."""
        return f"{self.column} {'contains' if self.contains else 'is'} {' or '.join(self.values)}"


def quoted(text: str) -> str:
    """A KQL string."""
    return json.dumps(text, ensure_ascii=False)


def query_text(rule: Rule, exclusions: Sequence[Exclusion] = ()) -> str:
    """The KQL of a rule with its exclusions at the end."""
    text = anomaly_text(rule) if rule.anomaly is not None else rule.query
    return text.rstrip().rstrip(";") + "".join(f"\n{_left_out(exclusion)}" for exclusion in exclusions)


def _left_out(exclusion: Exclusion) -> str:
    column = f"tostring(column_ifexists({quoted(exclusion.column)}, ''))"
    values = ", ".join(quoted(value) for value in exclusion.values)
    if exclusion.contains:
        return f"| where not({column} has_any ({values}))"
    return f"| where {column} !in~ ({values})"


def anomaly_text(rule: Rule) -> str:
    """The KQL of an anomaly rule: a series for each group over the whole period, its baseline from all but the newest steps
    (the training window), and those newest steps that lie further from it than the threshold."""
    anomaly = rule.anomaly
    if anomaly is None:
        return rule.query
    groups = ", ".join(f"['{name}']" for name in anomaly.group_by)
    by = f" by {groups}" if groups else ""
    steps = max(1, rule.frequency // anomaly.bin)
    step = f"{anomaly.bin // SECOND}s"
    keep = {"above": "AnomalyFlag > 0", "below": "AnomalyFlag < 0", "both": "AnomalyFlag != 0"}[anomaly.direction]
    span = f"{rule.period // anomaly.bin * (anomaly.bin // SECOND)}s"
    return (
        f"{rule.query.rstrip().rstrip(';')}\n"
        f"| make-series AnomalyValues = {anomaly.value} default = 0 on TimeGenerated from now() - {span} to now() step {step}{by}\n"
        f"| extend (AnomalyFlags, AnomalyScores, AnomalyBaselines) = series_decompose_anomalies(AnomalyValues, {anomaly.threshold:g}, -1, 'linefit', {steps})\n"
        "| mv-expand TimeGenerated to typeof(datetime), AnomalyValue = AnomalyValues to typeof(real), AnomalyFlag = AnomalyFlags to typeof(real), AnomalyScore = AnomalyScores to typeof(real), AnomalyBaseline = AnomalyBaselines to typeof(real)\n"
        "| project-away AnomalyValues, AnomalyFlags, AnomalyScores, AnomalyBaselines\n"
        f"| where {keep} and AnomalyValue >= {anomaly.minimum:g} and TimeGenerated >= now() - {steps * (anomaly.bin // SECOND)}s\n"
        "| order by AnomalyScore desc"
    )


def request(rule: Rule, start: int, end: int, exclusions: Sequence[Exclusion] = ()) -> QueryRequest:
    """The query of the window from `start` (not included) to `end` (included), in microseconds; `now()` means its end."""
    now = from_micros(end)
    # An event on the edge of two windows belongs to the earlier one alone.
    first = from_micros(start) + dt.timedelta(microseconds=1)
    return QueryRequest(query_text(rule, exclusions), timespan=TimeSpan(first, now), now=now, row_limit=MOST_ROWS)


def at_moment(text: str, moment: dt.datetime) -> str:
    """The query with `now()` and `ago()` as they are at a moment. A live service takes its own clock for them, which would cut
    off the rows of a window that is looked at some minutes after its end."""
    tokens = tokenize(text)
    literal = f"datetime({moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat()}Z)"
    parts: list[str] = []
    closing: list[bool] = []
    done, at = 0, 0
    while tokens.kinds[at] != "end":
        name, then = tokens.texts[at], tokens.texts[at + 1]
        called = tokens.kinds[at] == "name" and name in ("now", "ago") and then == "("
        if called and name == "now" and tokens.texts[at + 2] == ")":
            parts += [text[done : tokens.starts[at]], literal]
            done, at = tokens.ends[at + 2], at + 3
            continue
        if called:
            parts += [text[done : tokens.starts[at]], f"({literal} {'+' if name == 'now' else '-'} ("]
            done = tokens.ends[at + 1]
            closing.append(True)
            at += 2
            continue
        if name == "(":
            closing.append(False)
        elif name == ")" and closing and closing.pop():
            parts += [text[done : tokens.ends[at]], ")"]
            done = tokens.ends[at]
        at += 1
    return "".join([*parts, text[done:]])


def products_text(rule: Rule) -> str:
    """The KQL that finds the alerts of which a Microsoft-security rule makes incidents."""
    products = rule.products
    if products is None:
        return ""
    text = "SecurityAlert\n| where ProductName != 'Azure Sentinel'"
    names = [products.product, *_ALSO.get(products.product, ())]
    text += f"\n| where ProductName in~ ({', '.join(quoted(name) for name in names)})"
    if products.severities:
        text += f"\n| where AlertSeverity in~ ({', '.join(quoted(name) for name in products.severities)})"
    if products.names:
        words = " or ".join(f"DisplayName contains {quoted(name)}" for name in products.names)
        text += f"\n| where {words}"
    for name in products.excluded_names:
        text += f"\n| where DisplayName !contains {quoted(name)}"
    return text + "\n| summarize arg_min(TimeGenerated, *) by SystemAlertId"


_ALSO = {
    "Azure Security Center": ("Microsoft Defender for Cloud",),
    "Microsoft Cloud App Security": ("Microsoft Defender for Cloud Apps",),
    "Azure Advanced Threat Protection": ("Microsoft Defender for Identity",),
    "Azure Active Directory Identity Protection": ("Microsoft Entra ID Protection",),
    "Office 365 Advanced Threat Protection": ("Microsoft Defender for Office 365",),
    "Microsoft Defender Advanced Threat Protection": ("Microsoft Defender for Endpoint",),
    "Azure Security Center for IoT": ("Microsoft Defender for IoT",),
}
"""The names that products have had since."""
