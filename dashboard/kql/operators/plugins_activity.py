"""Plugins over the doings of people in time: activity_counts_metrics, rolling_percentile, dcount_intersect, session_count."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.kql.operators.evaluate import Plugin

PLUGINS: dict[str, Plugin] = {}
