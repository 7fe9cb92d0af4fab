"""All families of tables of the sample estate, in the order in which they are made."""

from __future__ import annotations

from dashboard.ingest.estate import alerts, audit, azure, containers, counters, identity, telemetry
from dashboard.ingest.estate.window import Family
from dashboard.ingest.estate.world import Json

_MADE = (
    Family("inventory", 33_000, containers.inventory),
    Family("events", 7_900, containers.events),
    Family("counters", 9_000, counters.counters),
    Family("audit", 29_000, audit.audit),
    Family("controlplane", 3_600, audit.control_plane),
    Family("activity", 2_500, azure.activity),
    Family("metrics", 2_300, azure.metrics),
    Family("heartbeat", 2_500, azure.heartbeat),
    Family("usage", 400, azure.usage),
    Family("graph", 0, azure.graph),
    Family("signins", 10_500, identity.signins),
    Family("directory", 1_000, identity.directory),
    Family("people", 0, identity.people),
    Family("onpremises", 2_500, identity.on_premises),
    Family("alerts", 0, alerts.alerts),
    Family("intelligence", 0, alerts.intelligence),
    Family("health", 1_000, alerts.health),
)


def families(data: Json) -> tuple[Family, ...]:
    """Every family: those made by code, and the streams described in `sample_data/estate`. The sum of their `rows` is about
    what the small estate holds."""
    return (*_MADE, *telemetry.families(data))
