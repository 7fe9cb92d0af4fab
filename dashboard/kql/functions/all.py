"""Every family in one registry."""

from __future__ import annotations

from typing import Final

from dashboard.kql.functions import (
    aggregates,
    aggregates_statistics,
    conditional,
    conversions,
    datetimes,
    dynamics,
    encoding,
    formatting,
    geo,
    geo_addresses,
    geo_cells,
    geo_shapes,
    key_values,
    math,
    network,
    parsing,
    patterns,
    regex,
    series,
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
    key_values,
    patterns,
    series,
    geo,
    geo_addresses,
    geo_cells,
    geo_shapes,
    aggregates,
    aggregates_statistics,
    windows,
)

REGISTRY: Final = Registry()
for _family in FAMILIES:
    REGISTRY.add(*_family.FUNCTIONS)
