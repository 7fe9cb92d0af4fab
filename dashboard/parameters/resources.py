"""What an Azure resource id says: its subscription, group, type and name."""

from __future__ import annotations


def subscription(resource: str) -> str:
    """The GUID of the id's subscription, empty where it names none."""
    return _after(resource, "subscriptions")


def group(resource: str) -> str:
    """The name of the id's resource group, empty where it names none."""
    return _after(resource, "resourcegroups")


def kind(resource: str) -> str:
    """The resource type, in lower case: `microsoft.insights/components`, with the types of nested resources."""
    parts = [part for part in resource.split("/") if part]
    lowered = [part.lower() for part in parts]
    if "providers" not in lowered:
        if len(lowered) == 2 and lowered[0] == "subscriptions":
            return "microsoft.resources/subscriptions"
        return "microsoft.resources/resourcegroups" if len(lowered) == 4 and lowered[2] == "resourcegroups" else ""
    start = len(lowered) - 1 - lowered[::-1].index("providers") + 1
    return "/".join([*lowered[start : start + 1], *lowered[start + 1 :: 2]])


def name(resource: str) -> str:
    """The last part of the id."""
    return resource.rstrip("/").rpartition("/")[2]


def _after(resource: str, key: str) -> str:
    parts = [part for part in resource.split("/") if part]
    for at, part in enumerate(parts[:-1]):
        if part.lower() == key:
            return parts[at + 1]
    return ""
