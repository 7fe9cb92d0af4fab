"""Every family in one registry."""

from __future__ import annotations

from typing import Final

from dashboard.kql.functions import (
    aggregates,
    conditional,
    conversions,
    datetimes,
    dynamics,
    encoding,
    formatting,
    math,
    network,
    parsing,
    regex,
    strings,
    windows,
)
from dashboard.kql.functions.registry import Registry

FAMILIES: Final = (
    conversions,
    conditional,
    strings,
    regex,
    datetimes,
    formatting,
    dynamics,
    math,
    encoding,
    network,
    parsing,
    aggregates,
    windows,
)

REGISTRY: Final = Registry()
for _family in FAMILIES:
    REGISTRY.add(*_family.FUNCTIONS)
