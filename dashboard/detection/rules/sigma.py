"""Sigma rules through pySigma's Kusto backend, which is installed by the extra `sigma` (its licence is the LGPL)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dashboard.detection.rules.durations import HOUR
from dashboard.detection.rules.known import TACTICS
from dashboard.detection.rules.rule import Rule
from dashboard.detection.rules.yaml_source import Source
from dashboard.errors import Problem

if TYPE_CHECKING:
    from dashboard.detection.rules.load import Loaded

_LEVELS = {"informational": "Informational", "low": "Low", "medium": "Medium", "high": "High", "critical": "High"}


def is_sigma(value: Any) -> bool:
    """Whether a document is a Sigma rule."""
    return isinstance(value, Mapping) and "detection" in value and "logsource" in value


def read_sigma(text: str, source: Source) -> Loaded:
    """The Sigma rule as a scheduled rule: its query by pySigma's Kusto backend with the Sentinel pipeline for Microsoft's
    tables, its level as severity, its tags as tactics and techniques."""
    from dashboard.detection.rules.load import Loaded

    name = str(source.value.get("title") or "Sigma rule")
    try:
        from sigma.backends.kusto import KustoBackend
        from sigma.collection import SigmaCollection
        from sigma.pipelines.microsoftxdr import microsoft_xdr_pipeline
        from sigma.pipelines.sentinelasim import sentinel_asim_pipeline
    except ImportError:
        hint = "Install it with `pip install 'watchbook[sigma]'`."
        problem = Problem("DT013", "This is a Sigma rule; reading it needs pySigma.", place=source.place(), hint=hint)
        return Loaded(None, (problem,), name)
    import yaml

    document = yaml.safe_dump(_plain(source.value), sort_keys=False, allow_unicode=True)
    queries: list[str] = []
    why = ""
    for pipeline in (microsoft_xdr_pipeline, sentinel_asim_pipeline, None):
        try:
            backend = KustoBackend(pipeline() if pipeline is not None else None)
            queries = list(backend.convert(SigmaCollection.from_yaml(document)))
            break
        except Exception as error:  # noqa: BLE001 - a library with errors of many kinds
            why = why or str(error).split("\n", 1)[0]
    if not queries:
        problem = Problem("DT013", f"pySigma cannot make a query of this rule: {why}.", place=source.place())
        return Loaded(None, (problem,), name)
    tags = [str(tag).lower() for tag in source.value.get("tags") or []]
    tactics = [t for t in TACTICS if f"attack.{_dashed(t)}" in {tag.replace("_", "-") for tag in tags}]
    techniques = [
        tag.removeprefix("attack.").upper() for tag in tags if tag.startswith("attack.t") and tag[8:9].isdigit()
    ]
    identity = str(source.value.get("id") or uuid.uuid5(uuid.NAMESPACE_URL, name))
    rule = Rule(
        id=identity.lower(), name=name[:256], kind="Scheduled", query=" \n| union ".join(queries) if len(queries) > 1 else queries[0],
        description=str(source.value.get("description") or name)[:5_000],
        severity=_LEVELS.get(str(source.value.get("level", "")).lower(), "Medium"), frequency=HOUR, period=HOUR,
        tactics=tuple(tactics), techniques=tuple(techniques), version="1.0.0",
    )  # fmt: skip
    return Loaded(rule, (), name)


def _dashed(tactic: str) -> str:
    """`PrivilegeEscalation` as Sigma writes it: `privilege-escalation`."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in tactic).strip("-")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
