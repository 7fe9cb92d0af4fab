"""Every family in one registry."""

from __future__ import annotations

from typing import Final

from dashboard.kql.functions import (
    aggregates,
    conditional,
    conversions,
    datetimes,
    dynamics,
    regex,
    strings,
)
from dashboard.kql.functions.registry import Registry

FAMILIES: Final = (
    conversions,
    conditional,
    strings,
    regex,
    datetimes,
    dynamics,
    aggregates,
)

REGISTRY: Final = Registry()
for _family in FAMILIES:
    REGISTRY.add(*_family.FUNCTIONS)
