"""Readable names of Azure resource ids, types and regions."""

from __future__ import annotations

import re
from itertools import pairwise

_TYPES: dict[str, str] = {
    "microsoft.compute/virtualmachines": "Virtual machine",
    "microsoft.compute/virtualmachinescalesets": "Virtual machine scale set",
    "microsoft.compute/disks": "Disk",
    "microsoft.containerservice/managedclusters": "Kubernetes service",
    "microsoft.containerregistry/registries": "Container registry",
    "microsoft.containerinstance/containergroups": "Container instances",
    "microsoft.kubernetes/connectedclusters": "Kubernetes - Azure Arc",
    "microsoft.hybridcompute/machines": "Server - Azure Arc",
    "microsoft.keyvault/vaults": "Key vault",
    "microsoft.network/networksecuritygroups": "Network security group",
    "microsoft.network/virtualnetworks": "Virtual network",
    "microsoft.network/networkinterfaces": "Network interface",
    "microsoft.network/publicipaddresses": "Public IP address",
    "microsoft.network/loadbalancers": "Load balancer",
    "microsoft.network/applicationgateways": "Application gateway",
    "microsoft.network/azurefirewalls": "Firewall",
    "microsoft.network/firewallpolicies": "Firewall policy",
    "microsoft.network/frontdoors": "Front Door",
    "microsoft.network/bastionhosts": "Bastion",
    "microsoft.network/virtualnetworkgateways": "Virtual network gateway",
    "microsoft.network/dnszones": "DNS zone",
    "microsoft.network/networkwatchers": "Network watcher",
    "microsoft.network/expressroutecircuits": "ExpressRoute circuit",
    "microsoft.cdn/profiles": "Front Door and CDN profile",
    "microsoft.storage/storageaccounts": "Storage account",
    "microsoft.sql/servers": "SQL server",
    "microsoft.sql/servers/databases": "SQL database",
    "microsoft.dbforpostgresql/flexibleservers": "PostgreSQL flexible server",
    "microsoft.dbformysql/flexibleservers": "MySQL flexible server",
    "microsoft.documentdb/databaseaccounts": "Cosmos DB account",
    "microsoft.cache/redis": "Cache for Redis",
    "microsoft.web/sites": "App Service",
    "microsoft.web/serverfarms": "App Service plan",
    "microsoft.web/staticsites": "Static web app",
    "microsoft.logic/workflows": "Logic app",
    "microsoft.automation/automationaccounts": "Automation account",
    "microsoft.automation/automationaccounts/runbooks": "Runbook",
    "microsoft.operationalinsights/workspaces": "Log Analytics workspace",
    "microsoft.insights/components": "Application Insights",
    "microsoft.insights/workbooks": "Workbook",
    "microsoft.insights/metricalerts": "Metric alert rule",
    "microsoft.insights/scheduledqueryrules": "Log alert rule",
    "microsoft.insights/actiongroups": "Action group",
    "microsoft.insights/datacollectionrules": "Data collection rule",
    "microsoft.eventhub/namespaces": "Event Hubs namespace",
    "microsoft.servicebus/namespaces": "Service Bus namespace",
    "microsoft.eventgrid/topics": "Event Grid topic",
    "microsoft.recoveryservices/vaults": "Recovery Services vault",
    "microsoft.resources/subscriptions": "Subscription",
    "microsoft.resources/subscriptions/resourcegroups": "Resource group",
    "microsoft.resources/resourcegroups": "Resource group",
    "microsoft.managedidentity/userassignedidentities": "Managed identity",
    "microsoft.apimanagement/service": "API management service",
    "microsoft.datafactory/factories": "Data factory",
    "microsoft.kusto/clusters": "Data Explorer cluster",
    "microsoft.desktopvirtualization/hostpools": "Host pool",
    "microsoft.cognitiveservices/accounts": "Azure AI service",
    "microsoft.machinelearningservices/workspaces": "Machine learning workspace",
}

REGIONS: dict[str, tuple[str, float, float]] = {
    "eastus": ("East US", 37.37, -79.82), "eastus2": ("East US 2", 36.67, -78.39),
    "centralus": ("Central US", 41.59, -93.6), "northcentralus": ("North Central US", 41.88, -87.63),
    "southcentralus": ("South Central US", 29.42, -98.5), "westcentralus": ("West Central US", 40.89, -110.23),
    "westus": ("West US", 37.78, -122.42), "westus2": ("West US 2", 47.23, -119.85),
    "westus3": ("West US 3", 33.45, -112.07), "canadacentral": ("Canada Central", 43.65, -79.38),
    "canadaeast": ("Canada East", 46.82, -71.22), "mexicocentral": ("Mexico Central", 20.59, -100.39),
    "brazilsouth": ("Brazil South", -23.55, -46.63), "brazilsoutheast": ("Brazil Southeast", -22.91, -43.21),
    "chilecentral": ("Chile Central", -33.45, -70.67), "northeurope": ("North Europe", 53.35, -6.26),
    "westeurope": ("West Europe", 52.37, 4.9), "uksouth": ("UK South", 51.51, -0.13),
    "ukwest": ("UK West", 51.48, -3.18), "francecentral": ("France Central", 46.38, 2.37),
    "francesouth": ("France South", 43.83, 2.17), "germanywestcentral": ("Germany West Central", 50.11, 8.68),
    "germanynorth": ("Germany North", 53.07, 8.81), "switzerlandnorth": ("Switzerland North", 47.45, 8.56),
    "switzerlandwest": ("Switzerland West", 46.2, 6.14), "norwayeast": ("Norway East", 59.91, 10.75),
    "norwaywest": ("Norway West", 58.97, 5.73), "swedencentral": ("Sweden Central", 60.67, 17.14),
    "swedensouth": ("Sweden South", 55.6, 13.0), "polandcentral": ("Poland Central", 52.23, 21.01),
    "italynorth": ("Italy North", 45.47, 9.18), "spaincentral": ("Spain Central", 40.42, -3.7),
    "austriaeast": ("Austria East", 48.21, 16.37), "belgiumcentral": ("Belgium Central", 50.85, 4.35),
    "israelcentral": ("Israel Central", 31.27, 33.45), "uaenorth": ("UAE North", 25.27, 55.32),
    "uaecentral": ("UAE Central", 24.47, 54.37), "qatarcentral": ("Qatar Central", 25.55, 51.44),
    "southafricanorth": ("South Africa North", -25.73, 28.22), "southafricawest": ("South Africa West", -34.08, 18.84),
    "centralindia": ("Central India", 18.58, 73.92), "southindia": ("South India", 12.98, 80.16),
    "westindia": ("West India", 19.09, 72.87), "jioindiawest": ("Jio India West", 22.47, 70.06),
    "jioindiacentral": ("Jio India Central", 21.15, 79.09), "eastasia": ("East Asia", 22.27, 114.19),
    "southeastasia": ("Southeast Asia", 1.28, 103.83), "japaneast": ("Japan East", 35.68, 139.77),
    "japanwest": ("Japan West", 34.69, 135.5), "koreacentral": ("Korea Central", 37.57, 126.98),
    "koreasouth": ("Korea South", 35.18, 129.08), "indonesiacentral": ("Indonesia Central", -6.21, 106.85),
    "malaysiawest": ("Malaysia West", 3.14, 101.69), "newzealandnorth": ("New Zealand North", -36.85, 174.76),
    "australiaeast": ("Australia East", -33.86, 151.21), "australiasoutheast": ("Australia Southeast", -37.81, 144.96),
    "australiacentral": ("Australia Central", -35.31, 149.12), "australiacentral2": ("Australia Central 2", -35.31, 149.12),
    "chinaeast": ("China East", 31.23, 121.47), "chinaeast2": ("China East 2", 31.23, 121.47),
    "chinanorth": ("China North", 39.9, 116.4), "chinanorth2": ("China North 2", 39.9, 116.4),
    "chinanorth3": ("China North 3", 39.9, 116.4), "usgovvirginia": ("US Gov Virginia", 37.43, -78.66),
    "usgovarizona": ("US Gov Arizona", 33.45, -112.07), "usgovtexas": ("US Gov Texas", 29.42, -98.49),
}  # fmt: skip
"""Azure regions: display name, latitude and longitude of the place Microsoft names for them, rounded."""


def region_key(text: str) -> str:
    """A region's short name from either of its names: `East US 2` and `eastus2` are `eastus2`."""
    return re.sub(r"[\s_()-]", "", text).lower()


def region_name(text: str) -> str:
    """`eastus` as `East US`; `global` as `Global`; others unchanged."""
    known = REGIONS.get(region_key(text))
    return known[0] if known else "Global" if text.lower() == "global" else text


def type_name(text: str) -> str:
    """A resource type for a reader; an unknown one by its last part, its words apart."""
    known = _TYPES.get(text.strip().lower().strip("/"))
    if known:
        return known
    last = text.rstrip("/").rsplit("/", 1)[-1]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", last)
    return words[:1].upper() + words[1:].lower() if "/" in text and words else text


def resource_name(identifier: str) -> str:
    """The last part of a resource id; other texts unchanged."""
    return identifier.rstrip("/").rsplit("/", 1)[-1] if identifier.startswith("/") else identifier


def resource_type(identifier: str) -> str:
    """The type inside a resource id (`microsoft.compute/virtualmachines`), empty where there is none."""
    parts = [part for part in identifier.split("/") if part]
    lower = [part.lower() for part in parts]
    if "providers" in lower:
        rest = parts[len(lower) - lower[::-1].index("providers") :]
        return "/".join([rest[0], *rest[1::2]]).lower() if len(rest) > 1 else ""
    if "resourcegroups" in lower:
        return "microsoft.resources/subscriptions/resourcegroups"
    return "microsoft.resources/subscriptions" if lower[:1] == ["subscriptions"] else ""


def is_resource(text: str) -> bool:
    """Whether a text is the id of a subscription, a resource group or a resource."""
    return bool(_RESOURCE.fullmatch(text))


def part_of(identifier: str, segment: str) -> str:
    """The part after `segment` in a resource id (`resourceGroups`, `subscriptions`), else the text itself."""
    parts = identifier.split("/")
    for name, value in pairwise(parts):
        if name.lower() == segment.lower():
            return value
    return identifier


_RESOURCE = re.compile(
    r"/subscriptions/[0-9a-f-]{36}(?:/resourcegroups/[^/\s]{1,90}(?:/providers/[\w.]+(?:/[^/\s]+){2,})?)?/?",
    re.IGNORECASE,
)


def icon_of(kind: str) -> str:
    """The icon for a resource type."""
    text = kind.lower()
    for word, icon in _TYPE_ICONS:
        if word in text:
            return icon
    return "resource"


_TYPE_ICONS = (
    ("virtualmachine", "server"), ("hybridcompute/machines", "server"), ("resourcegroups", "resourcegroup"),
    ("subscriptions", "subscription"), ("keyvault", "key"), ("sql", "database"), ("storage", "database"),
    ("documentdb", "database"), ("workspaces", "chart"), ("insights", "chart"), ("network", "network"), ("web/", "globe"),
    ("managedidentity", "person"),
)  # fmt: skip


def portal_address(identifier: str) -> str:
    """Where the Azure portal shows a resource; empty for a text that is no resource id."""
    if re.fullmatch(r"/subscriptions/[0-9a-fA-F-]{36}(?:/[\w.()~ -]+)*/?", identifier):
        return "https://portal.azure.com/#@/resource" + identifier.replace(" ", "%20")
    return ""
