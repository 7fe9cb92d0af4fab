"""The clouds of Azure and the addresses of their services."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from dashboard import settings
from dashboard.engines.azure.connections import chosen as set_up
from dashboard.errors import Problem, WatchbookError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud: where people sign in, and the service addresses without a slash at the end. `metrics` holds `{region}`;
    `metrics_audience` and `explorer` are what a token is asked for."""

    name: str
    label: str
    authority: str
    management: str
    logs: str
    metrics: str
    metrics_audience: str
    explorer: str
    portal: str


CLOUDS: dict[str, Cloud] = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            "public", "Azure", "login.microsoftonline.com", "https://management.azure.com",
            "https://api.loganalytics.io", "https://{region}.metrics.monitor.azure.com",
            "https://metrics.monitor.azure.com", "https://kusto.kusto.windows.net", "https://portal.azure.com",
        ),
        Cloud(
            "usgovernment", "Azure US Government", "login.microsoftonline.us", "https://management.usgovcloudapi.net",
            "https://api.loganalytics.us", "https://{region}.metrics.monitor.azure.us",
            "https://metrics.monitor.azure.us", "https://kusto.kusto.usgovcloudapi.net", "https://portal.azure.us",
        ),
        Cloud(
            "china", "Azure operated by 21Vianet", "login.chinacloudapi.cn", "https://management.chinacloudapi.cn",
            "https://api.loganalytics.azure.cn", "https://{region}.metrics.monitor.azure.cn",
            "https://metrics.monitor.azure.cn", "https://kusto.kusto.chinacloudapi.cn", "https://portal.azure.cn",
        ),
    )
}  # fmt: skip


def cloud(name: str = "") -> Cloud:
    """The cloud of that name, or the one of the setting `azure_cloud`. The setting `azure_endpoint` puts one server in the
    place of all its services, for tests and for a gateway, `azure_authority` another in that of its sign-in. Raises WatchbookError (EN030) for an unknown name."""
    chosen = (name or set_up("azure_cloud")).strip().lower() or "public"
    found = CLOUDS.get(chosen)
    if found is None:
        raise WatchbookError(
            Problem(
                "EN030",
                f"There is no cloud '{chosen[:50]}'.",
                hint=f"Set WATCHBOOK_AZURE_CLOUD to one of {', '.join(CLOUDS)}.",
            )
        )
    authority = settings.text("azure_authority").strip().removeprefix("https://").rstrip("/")
    found = replace(found, authority=f"https://{authority}") if authority else found
    one = settings.text("azure_endpoint").strip().rstrip("/")
    return replace(found, management=one, logs=one, metrics=one) if one else found


def is_plain_loopback(address: str) -> bool:
    """Whether a token may go there without TLS: only to a server on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname in LOOPBACK
