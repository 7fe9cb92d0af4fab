"""A detection rule, whatever it was written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboard.detection.rules.durations import DAY, HOUR

Kind = Literal["Scheduled", "NRT", "MicrosoftSecurityIncidentCreation", "Anomaly"]


@dataclass(frozen=True)
class EntityMapping:
    """An entity of an alert: its type, and which identifier comes from which column."""

    type: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AlertDetails:
    """What an alert takes from its row instead of from the rule: formats with `{{Column}}`, and names of columns. `properties`
    maps further columns of SecurityAlert (`AlertLink`, `ProductName` …) to columns of the query."""

    name_format: str = ""
    description_format: str = ""
    severity_column: str = ""
    tactics_column: str = ""
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Grouping:
    """How alerts are joined into one incident. `lookback` is microseconds."""

    enabled: bool = False
    method: Literal["AllEntities", "AnyAlert", "Selected"] = "AllEntities"
    lookback: int = 5 * HOUR
    reopen: bool = False
    by_entities: tuple[str, ...] = ()
    by_details: tuple[str, ...] = ()
    by_custom: tuple[str, ...] = ()


@dataclass(frozen=True)
class Anomaly:
    """How an anomaly rule looks: its query is counted (or `value`, an aggregate, is taken) in steps of `bin` for each value of
    the `group_by` columns over the query period, of which all but the last query frequency is the training window; a step
    whose distance from the baseline is more than `threshold` (series_decompose_anomalies) is a hit."""

    value: str = "count()"
    bin: int = HOUR
    group_by: tuple[str, ...] = ()
    threshold: float = 2.5
    direction: Literal["above", "below", "both"] = "above"
    minimum: float = 0.0


@dataclass(frozen=True)
class Products:
    """Which alerts of Microsoft's products become incidents: product, severities, words of the alert's name."""

    product: str
    severities: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    excluded_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """Lengths of time are microseconds. `raw` is the rule as it was written, unknown keys included; `query_line` is the line
    of the file on which the query's first line stands."""

    id: str
    name: str
    kind: Kind
    query: str = ""
    description: str = ""
    severity: str = "Medium"
    frequency: int = HOUR
    period: int = HOUR
    operator: str = "GreaterThan"
    threshold: int = 0
    tactics: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    entities: tuple[EntityMapping, ...] = ()
    custom_details: tuple[tuple[str, str], ...] = ()
    details: AlertDetails = field(default_factory=AlertDetails)
    per_result: bool = False
    create_incident: bool = True
    grouping: Grouping = field(default_factory=Grouping)
    suppress: bool = False
    suppression: int = 5 * HOUR
    version: str = ""
    enabled: bool = True
    connectors: tuple[tuple[str, tuple[str, ...]], ...] = ()
    template: str = ""
    template_version: str = ""
    anomaly: Anomaly | None = None
    products: Products | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    query_line: int = field(default=1, compare=False)

    @property
    def trigger(self) -> str:
        """The trigger as a person reads it."""
        words = {"GreaterThan": "more than", "LessThan": "fewer than", "Equal": "exactly", "NotEqual": "other than"}
        return f"{words[self.operator]} {self.threshold} results"


LONGEST_PERIOD = 14 * DAY
