"""Files of rules → `Rule`s and everything that is wrong with them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from dashboard.detection.rules.durations import DAY, HOUR, MINUTE
from dashboard.detection.rules.known import KINDS, OPERATORS, PRODUCTS, RUN_HERE, SEVERITIES
from dashboard.detection.rules.mappings import read_alert_details, read_custom_details, read_entities
from dashboard.detection.rules.reading import Reading
from dashboard.detection.rules.rule import LONGEST_PERIOD, Anomaly, Grouping, Kind, Products, Rule
from dashboard.detection.rules.tactics import read_tactics, read_techniques
from dashboard.detection.rules.yaml_source import Source, read_yaml
from dashboard.errors import Place, Problem, WatchbookError

_LARGEST = 5_000_000
_LONGEST_QUERY = 10_000
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_OLD_COLUMNS = tuple(f"{kind}CustomEntity" for kind in ("Account", "Host", "IP", "URL", "Process", "FileHash"))


@dataclass(frozen=True)
class Loaded:
    """A rule of a file with what is wrong with it; `rule` is None where an error keeps it from being used. `name` is what
    the file calls it, as far as that can be told."""

    rule: Rule | None
    problems: tuple[Problem, ...]
    name: str = ""

    @property
    def usable(self) -> bool:
        """Whether there is a rule."""
        return self.rule is not None


def load_rules(path: Path) -> list[Loaded]:
    """The rules of a file: Sentinel YAML, ARM JSON with any number of rules, or Sigma YAML. What is wrong is in the result;
    only a file that cannot be read raises (OSError)."""
    if path.stat().st_size > _LARGEST:
        problem = Problem("DT001", f"The file is larger than {_LARGEST:,} bytes.", place=Place(file=path.name))
        return [Loaded(None, (problem,), path.stem)]
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "Save the file as UTF-8."
        place = Place(file=path.name, line=path.read_bytes()[: error.start].count(b"\n") + 1)
        return [Loaded(None, (Problem("DT001", "The file is no UTF-8 text.", place=place, hint=hint),), path.stem)]
    return read_rules(text, path.name)


def read_rules(text: str, file: str = "") -> list[Loaded]:
    """The rules of a text, as `load_rules`."""
    from dashboard.detection.rules.arm import is_arm, read_arm
    from dashboard.detection.rules.sigma import is_sigma, read_sigma

    stem = Path(file).stem
    try:
        sources = read_yaml(text, file)
    except WatchbookError as error:
        return [Loaded(None, error.problems, stem)]
    if not sources:
        hint = "Write a rule, as `watchbook rules --help` shows where templates are."
        return [Loaded(None, (Problem("DT001", "The file is empty.", place=Place(file, 1), hint=hint),), stem)]
    found: list[Loaded] = []
    for source in sources:
        if is_arm(source.value):
            found += read_arm(source)
        elif is_sigma(source.value):
            found.append(read_sigma(text, source))
        else:
            found.append(read_rule(source, stem))
    return found


def read_rule(source: Source, fallback_name: str = "") -> Loaded:
    """The rule of one YAML document."""
    problems: list[Problem] = []
    if not isinstance(source.value, Mapping):
        problem = Problem(
            "DT001", "A rule must be a mapping of keys and values.", place=source.place(),
            hint="Begin with 'id:', 'name:', 'kind:' …",
        )  # fmt: skip
        return Loaded(None, (problem,), fallback_name)
    reading = Reading(source, problems)
    try:
        rule = _rule(reading)
    except _NotARule:
        rule = None
    name = str(source.value.get("name") or fallback_name)[:300]
    broken = any(problem.severity == "error" for problem in problems)
    return Loaded(None if broken else rule, tuple(problems), name)


class _NotARule(Exception):
    """What makes it a rule is missing: nothing else needs to be said."""


def _rule(reading: Reading) -> Rule:
    for name in ("id", "name", "kind"):
        reading.needed(name)
    reading.needed("description", hint="Say in a sentence what the rule finds.")
    identity = reading.text("id").strip()
    if identity and not _is_guid(identity):
        hint = f"Use a new one: {uuid.uuid5(uuid.NAMESPACE_URL, identity)}."
        reading.report("DT003", f"'id' must be a GUID; got '{identity[:60]}'.", "id", hint=hint)
    if not reading.has("kind"):
        if not reading.has("query"):
            reading.needed("severity")
            reading.needed("query")
        raise _NotARule
    kind = reading.one_of("kind", KINDS, code="DT005")
    if kind not in RUN_HERE:
        hint = "It runs in Microsoft's cloud only; leave it out here."
        reading.report("DT005", f"Rules of kind {kind} hold no query that could be run.", "kind", hint=hint)
        raise _NotARule
    # Left out, a name or description was reported; the rest can still be looked at.
    values: dict[str, Any] = {
        "id": identity.lower(), "name": reading.text("name", 256), "kind": cast("Kind", kind),
        "description": _description(reading.text("description", 5_000)),
    }  # fmt: skip
    values |= _common(reading, kind)
    if kind == "MicrosoftSecurityIncidentCreation":
        values["products"] = _products(reading)
    else:
        values |= _query(reading)
        if kind == "Scheduled":
            values |= _schedule(reading, trigger=True)
        elif kind == "Anomaly":
            values |= _schedule(reading, trigger=False)
            values["anomaly"] = _anomaly(reading, values["frequency"])
        else:
            values |= {"frequency": MINUTE, "period": MINUTE}
    return Rule(**values, raw=reading.value, query_line=reading.source.lines.get(("query",), 1))


def _is_guid(text: str) -> bool:
    return re.fullmatch(r"\{?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?", text) is not None


def _description(text: str) -> str:
    """Templates put the whole text in quotes inside a block."""
    text = text.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == "'" else text


def _common(reading: Reading, kind: str) -> dict[str, Any]:
    version = reading.text("version", 20).strip()
    if version and not _VERSION.fullmatch(version):
        reading.report("DT003", f"'version' must be like 1.0.2; got '{version}'.", "version")
    tactics = read_tactics(reading)
    suppression = reading.duration("suppressionDuration", 5 * MINUTE, DAY, "5 minutes and a day")
    return {
        "version": version, "tactics": tuple(tactics), "techniques": tuple(read_techniques(reading, tactics)),
        "connectors": tuple(_connectors(reading, kind)), "enabled": reading.flag("enabled", True),
        "template": reading.text("alertRuleTemplateName").lower(), "template_version": reading.text("templateVersion"),
        "suppress": reading.flag("suppressionEnabled", False), "suppression": suppression or 5 * HOUR,
        **_incident(reading),
    }  # fmt: skip


def _query(reading: Reading) -> dict[str, Any]:
    if reading.needed("severity", hint=f"Use one of {', '.join(SEVERITIES)}."):
        severity = reading.one_of("severity", SEVERITIES)
    else:
        severity = "Medium"
    query = reading.text("query", _LONGEST_QUERY)
    if not query.strip():
        reading.report("DT002", "'query' is missing.", "query", hint="Write the KQL under 'query: |'.")
    entities = read_entities(reading)
    mapped = {column for entity in entities for _, column in entity.fields}
    for column in _OLD_COLUMNS:
        if column in query and column not in mapped:
            hint = f"Map the column in entityMappings; {column} alone makes no entity any more."
            reading.report(
                "DT007", f"The query makes {column}, which no entity mapping uses.", "query", hint=hint,
                severity="warning",
            )  # fmt: skip
    grouping = reading.mapping("eventGroupingSettings")
    kinds = ("SingleAlert", "AlertPerResult")
    per_result = grouping is not None and grouping.one_of("aggregationKind", kinds) == "AlertPerResult"
    return {
        "severity": severity, "query": query, "entities": tuple(entities),
        "custom_details": tuple(read_custom_details(reading)), "details": read_alert_details(reading),
        "per_result": per_result,
    }  # fmt: skip


def _schedule(reading: Reading, trigger: bool) -> dict[str, Any]:
    names = ("queryFrequency", "queryPeriod", *(("triggerOperator", "triggerThreshold") if trigger else ()))
    for name in names:
        reading.needed(name)
    most = LONGEST_PERIOD if trigger else 60 * DAY
    said = "5 minutes and 14 days" if trigger else "5 minutes and 60 days"
    frequency = reading.duration("queryFrequency", 5 * MINUTE, LONGEST_PERIOD, "5 minutes and 14 days")
    period = reading.duration("queryPeriod", 5 * MINUTE, most, said)
    if frequency is not None and period is not None:
        if period < frequency:
            hint = "Look back at least as far as the time between two runs, or events between them are missed."
            reading.report("DT004", "'queryPeriod' is shorter than 'queryFrequency'.", "queryPeriod", hint=hint)
        if trigger and period >= 2 * DAY and frequency < HOUR:
            hint = "Run it hourly or less often, or look back less than 2 days."
            reading.report(
                "DT004", "A rule that looks back 2 days or more may run once an hour at most.", "queryFrequency", hint=hint
            )  # fmt: skip
    values: dict[str, Any] = {"frequency": frequency or HOUR, "period": period or frequency or HOUR}
    if trigger:
        operator = reading.text("triggerOperator").strip()
        if operator and operator not in OPERATORS:
            hint = "Use one of gt, lt, eq, ne."
            reading.report("DT003", f"'triggerOperator' is unknown: '{operator[:60]}'.", "triggerOperator", hint=hint)
        values["operator"] = OPERATORS.get(operator, "GreaterThan")
        values["threshold"] = reading.whole("triggerThreshold", 0, 10_000) or 0
    return values


def _incident(reading: Reading) -> dict[str, Any]:
    settings = reading.mapping("incidentConfiguration")
    if settings is None:
        return {}
    found: dict[str, Any] = {"create_incident": settings.flag("createIncident", True)}
    grouping = settings.mapping("groupingConfiguration")
    if grouping is not None:
        method = grouping.one_of("matchingMethod", ("AllEntities", "AnyAlert", "Selected"), "AllEntities")
        lookback = grouping.duration("lookbackDuration", 5 * MINUTE, 7 * DAY, "5 minutes and 7 days")
        found["grouping"] = Grouping(
            enabled=grouping.flag("enabled", False), method=cast("Any", method), lookback=lookback or 5 * HOUR,
            reopen=grouping.flag("reopenClosedIncident", False), by_entities=tuple(grouping.texts("groupByEntities")),
            by_details=tuple(grouping.texts("groupByAlertDetails")), by_custom=tuple(grouping.texts("groupByCustomDetails")),
        )  # fmt: skip
    return found


def _connectors(reading: Reading, kind: str) -> list[tuple[str, tuple[str, ...]]]:
    if "requiredDataConnectors" not in reading.value and kind == "Scheduled":
        hint = "Add 'requiredDataConnectors: []', or which connectors bring its tables."
        reading.report(
            "DT008", "'requiredDataConnectors' is missing.", "requiredDataConnectors", hint=hint, severity="warning"
        )
    found = []
    for i, entry in enumerate(reading.sequence("requiredDataConnectors")):
        if not isinstance(entry, Mapping):
            reading.report("DT003", "A data connector must have a 'connectorId'.", "requiredDataConnectors", i)
            continue
        inner = reading.at("requiredDataConnectors", i)
        types = inner.texts("dataTypes") or inner.texts("datatypes")
        found.append((inner.text("connectorId"), tuple(types)))
    return found


def _anomaly(reading: Reading, frequency: int) -> Anomaly:
    settings = reading.mapping("anomaly")
    if settings is None:
        return Anomaly(bin=min(frequency, HOUR))
    threshold = settings.text("threshold") or "2.5"
    minimum = settings.text("minimum") or "0"
    try:
        numbers = float(threshold), float(minimum)
    except ValueError:
        settings.report("DT003", "'threshold' and 'minimum' must be numbers.", "threshold")
        numbers = 2.5, 0.0
    step = settings.duration("bin", MINUTE, DAY, "a minute and a day")
    direction = settings.one_of("direction", ("above", "below", "both"), "above")
    return Anomaly(
        value=settings.text("value") or "count()", bin=step or min(frequency, HOUR),
        group_by=tuple(settings.texts("groupBy")), threshold=numbers[0], direction=cast("Any", direction),
        minimum=numbers[1],
    )  # fmt: skip


def _products(reading: Reading) -> Products:
    reading.needed("productFilter", hint=f"Use one of {', '.join(PRODUCTS)}.")
    severities = reading.texts("severitiesFilter")
    for severity in severities:
        if severity not in SEVERITIES:
            hint = f"Use {', '.join(SEVERITIES)}."
            reading.report("DT003", f"'{severity[:40]}' is no severity.", "severitiesFilter", hint=hint)
    return Products(
        reading.text("productFilter"), tuple(severities), tuple(reading.texts("displayNamesFilter")),
        tuple(reading.texts("displayNamesExcludeFilter")),
    )  # fmt: skip
