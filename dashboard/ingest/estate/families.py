"""All families of tables of the sample estate, in the order in which they are made."""

from __future__ import annotations

from dashboard.ingest.estate import alerts, audit, azure, containers, identity
from dashboard.ingest.estate.window import Family

FAMILIES: tuple[Family, ...] = (
    Family("inventory", 36_000, containers.inventory),
    Family("events", 8_500, containers.events),
    Family("audit", 32_000, audit.audit),
    Family("controlplane", 3_600, audit.control_plane),
    Family("activity", 2_500, azure.activity),
    Family("metrics", 3_000, azure.metrics),
    Family("heartbeat", 2_500, azure.heartbeat),
    Family("usage", 3_600, azure.usage),
    Family("graph", 0, azure.graph),
    Family("signins", 10_500, identity.signins),
    Family("directory", 1_000, identity.directory),
    Family("people", 0, identity.people),
    Family("onpremises", 2_500, identity.on_premises),
    Family("alerts", 0, alerts.alerts),
    Family("intelligence", 0, alerts.intelligence),
    Family("health", 1_000, alerts.health),
)

SMALL_ROWS = sum(family.rows for family in FAMILIES)
"""About how many rows the small estate has: `rows` of `generate` is a multiple of it."""
