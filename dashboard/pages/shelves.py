"""The shelves of the gallery: where each shipped workbook stands, in the order they are shown, and its picture."""

from __future__ import annotations

from pathlib import Path

PICTURES = Path(__file__).resolve().parent / "static" / "thumbnails"
ADDRESS = "/thumbnails/"
SHELVES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Security operations", ("incident-trends", "soc-efficiency", "entity", "mitre-attack")),
    (
        "Kubernetes",
        (
            "aks-security-overview",
            "aks-pod-inventory",
            "aks-audit-warnings",
            "defender-for-aks",
            "container-images",
            "aks-control-plane",
        ),
    ),
    ("Identity, Microsoft 365 and Azure", ("sign-ins", "microsoft-365", "azure-activity", "diagnostics-metrics")),
    ("Network, machines and data", ("network", "threat-intelligence", "syslog", "data-health")),
)
_PLACES = {
    name: (shelf, title, place) for shelf, (title, names) in enumerate(SHELVES) for place, name in enumerate(names)
}


def shelf(name: str) -> str:
    """The shelf of a shipped workbook; empty for one that has none."""
    return _PLACES[name][1] if name in _PLACES else ""


def place(name: str) -> tuple[int, int]:
    """Where it stands, for sorting: the shelf, and the place on it."""
    return (_PLACES[name][0], _PLACES[name][2]) if name in _PLACES else (len(SHELVES), 0)


def picture(name: str, scheme: str) -> str:
    """The address of its picture, `scheme` light or dark; empty where there is none."""
    file = f"{name}.{scheme}.webp"
    return f"{ADDRESS}{file}" if name in _PLACES and (PICTURES / file).is_file() else ""
