"""What the defenders see: alerts of all products, incidents with their whole history, indicators, watchlists, health."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from dashboard.ingest.estate.clock import moments
from dashboard.ingest.estate.frame import DAY, HOUR, MINUTE, SECOND, Rows, choose, pick, rows_from, text_json, uuids
from dashboard.ingest.estate.window import Window
from dashboard.ingest.estate.world import Json, Person, World

ALERTS = 330
_CLASSES = (
    ("BenignPositive", "SuspiciousButExpected", 40),
    ("FalsePositive", "IncorrectAlertLogic", 22),
    ("FalsePositive", "InaccurateData", 8),
    ("TruePositive", "SuspiciousActivity", 22),
    ("Undetermined", "", 8),
)
_TRIAGE_HOURS = {"High": 0.7, "Medium": 2.5, "Low": 9.0, "Informational": 20.0}
_CLOSE_HOURS = {"High": 14.0, "Medium": 26.0, "Low": 40.0, "Informational": 30.0}


def alerts(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """SecurityAlert, SecurityIncident, AlertInfo, AlertEvidence."""
    world = window.world
    made = sorted([*_noise(window), *_story(world)], key=lambda a: a["TimeGenerated"])
    yield (
        "SecurityAlert",
        rows_from("SecurityAlert", [{k: v for k, v in a.items() if not k.startswith("_")} for a in made]),
    )
    yield "SecurityIncident", rows_from("SecurityIncident", list(_incidents(world, made)))
    kinds = {
        "mde": "EDR",
        "mdo": "MicrosoftDefenderForOffice365",
        "mdi": "Microsoft Defender for Identity",
        "mda": "Microsoft Cloud App Security",
        "xdr": "Microsoft 365 Defender",
    }
    sources = {
        "mde": "Microsoft Defender for Endpoint",
        "mdo": "Microsoft Defender for Office 365",
        "mdi": "Microsoft Defender for Identity",
        "mda": "Microsoft Defender for Cloud Apps",
        "xdr": "Microsoft 365 Defender",
    }
    shown = [a for a in made if a["_product"] in sources]
    yield "AlertInfo", rows_from("AlertInfo", [
        {"TimeGenerated": a["TimeGenerated"], "AlertId": a["VendorOriginalId"], "Title": a["AlertName"], "Category": a["_tactics"][0], "Severity": a["AlertSeverity"], "ServiceSource": sources[a["_product"]], "DetectionSource": kinds[a["_product"]], "AttackTechniques": a["Techniques"]}
        for a in shown
    ])  # fmt: skip
    evidence = []
    for a in shown:
        person: Person | None = a["_person"]
        base = {
            "TimeGenerated": a["TimeGenerated"],
            "AlertId": a["VendorOriginalId"],
            "Title": a["AlertName"],
            "Severity": a["AlertSeverity"],
            "ServiceSource": sources[a["_product"]],
            "DetectionSource": kinds[a["_product"]],
        }
        if person:
            evidence.append(
                {
                    **base,
                    "EntityType": "User",
                    "EvidenceRole": "Impacted",
                    "AccountUpn": person.upn,
                    "AccountName": person.upn.split("@")[0],
                    "AccountObjectId": person.id,
                }
            )
        else:
            evidence.append(
                {**base, "EntityType": "Machine", "EvidenceRole": "Impacted", "DeviceName": a["CompromisedEntity"]}
            )
        evidence.append({**base, "EntityType": "Ip", "EvidenceRole": "Related", "RemoteIP": a["_ip"]})
    yield "AlertEvidence", rows_from("AlertEvidence", evidence)


def _noise(window: Window) -> Iterator[Json]:
    world, rng = window.world, window.rng("SecurityAlert")
    kinds = [*world.data["alert_noise"]]
    share = sum(k["weight"] for k in kinds)
    kubernetes = [k for k in world.data["kubernetes_alerts"] if k[1] != "High"]
    kinds += [
        {"product": "mdc", "type": k[0], "target": "pod", "weight": share * 0.22 / len(kubernetes)} for k in kubernetes
    ]
    n = round(ALERTS * min(window.scale, 20.0) * (window.end - window.start) / (30 * DAY))
    times = moments(rng, n, window.start, window.end - 5 * MINUTE, "steady")
    chosen = choose(rng, len(kinds), n, [k["weight"] for k in kinds])
    people = choose(rng, len(world.people), n, [p.weight for p in world.people])
    hosts, pods = rng.integers(0, len(world.data["machines"]), n), rng.integers(0, 10_000, n)
    living = [p for p in world.pods if p.died > world.now and p.trouble != "pending" and p.controller]
    for i in range(n):
        kind = kinds[chosen[i]]
        pod = living[pods[i] % len(living)]
        target = {
            "person": {"person": world.people[people[i]]},
            "host": {"host": world.data["machines"][hosts[i]]},
            "pod": {"pod": pod, "cluster": world.clusters[pod.cluster], "ns": pod.namespace},
        }[kind["target"]]
        yield _alert(world, {**kind, **target}, int(times[i]), rng, "")


def _story(world: World) -> Iterator[Json]:
    rng = world.rng("story alerts")
    for beat in world.data["story_alerts"]:
        target: Json = {}
        if "person" in beat:
            target["person"] = world.person(beat["person"])
        else:
            cluster = next(c for c in world.clusters if c["key"] == beat.get("cluster", "shop"))
            # Bindings, events and service accounts are no pods: their alerts name the cluster and the namespace.
            target = {"cluster": cluster, "pod": next(iter(world.pods_named(beat["object"], cluster["number"])), None)}
        ip = world.data["story_incidents"][beat["incident"]]["ip"]
        yield _alert(world, {"ip": ip, **beat, **target}, world.now - int(beat["at"] * HOUR), rng, beat["incident"])


def _alert(world: World, kind: Json, at: int, rng: np.random.Generator, incident: str) -> Json:
    product = world.data["products"][kind["product"]]
    name, severity, tactics, alert_type = (
        kind.get("name", ""),
        kind.get("severity", ""),
        kind.get("tactics", []),
        kind.get("type", ""),
    )
    if alert_type and not name:
        _, severity, tactics, name = next(k for k in world.data["kubernetes_alerts"] if k[0] == alert_type)
    elif kind["product"] in ("rule", "nrt", "fusion"):
        alert_type = f"{world.workspace_tenant}_{world.guid('rule', name)}"
    else:
        alert_type = name.replace(" ", "")
    strangers = world.data["strangers"]
    ip = kind.get("ip") or strangers[int(rng.integers(0, len(strangers)))]["ip"]
    if not incident and rng.random() < 0.25:
        ip = f"203.0.113.{160 + int(rng.integers(0, 40))}"  # one that a feed of indicators names
    lag = int(rng.integers(2, 9)) * MINUTE
    entities, compromised, resource = _entities(world, kind, ip)
    identifier, original = (str(v) for v in uuids(rng, 2).to_pylist())
    person = kind.get("person")
    rule = alert_type.rpartition("_")[2]
    extended: Json = {"Alert Mode": "Aggregated"} if kind["product"] in ("rule", "nrt") else {}
    if kind["product"] in ("rule", "nrt"):
        extended |= {
            "Analytic Rule Ids": text_json([rule]),
            "Analytic Rule Name": name,
            "Event Grouping": "SingleAlert",
            "Query Period": "01:00:00",
            "Trigger Operator": "GreaterThan",
            "Trigger Threshold": "0",
            "Search Query Results Overall Count": str(int(rng.integers(1, 40))),
        }
    elif kind["product"] == "mdc":
        extended |= {
            "Namespace": kind.get("ns", ""),
            "Pod": kind["pod"].name if kind["pod"] else "",
            "Cluster": kind["cluster"]["name"],
            "resourceType": "Kubernetes Service",
            "ServiceId": "14fa08c7-c48e-4c18-950c-8148024b4398",
        }
        if kind.get("object"):
            extended["Object name"] = kind["object"]
    else:
        extended |= {"resourceType": "Virtual Machine"} if "host" in kind else {}
        extended |= {"Client IP": ip}
    return {
        "TimeGenerated": at + lag, "StartTime": at, "EndTime": at + MINUTE, "ProcessingEndTime": at + lag, "DisplayName": name, "AlertName": name, "AlertType": alert_type, "AlertSeverity": severity,
        "Description": f"{name}. Seen on {compromised}.", "ProviderName": product["provider"], "VendorName": product["vendor"], "ProductName": product["product"], "ProductComponentName": product["component"],
        "VendorOriginalId": original, "SystemAlertId": identifier, "ResourceId": resource, "ConfidenceLevel": "Unknown", "IsIncident": False, "RemediationSteps": text_json(["Check whether the activity was expected.", "If not, isolate the resource and rotate its credentials."]),
        "ExtendedProperties": extended, "Entities": entities, "CompromisedEntity": compromised, "Status": "New", "Tactics": ", ".join(tactics), "Techniques": text_json(kind.get("techniques", [])) if kind.get("techniques") else "", "AlertLink": f"https://portal.azure.com/#blade/Microsoft_Azure_Security/AlertBlade/alertId/{original}",
        "WorkspaceSubscriptionId": world.subscription(world.data["workspace"]["subscription"])["id"], "WorkspaceResourceGroup": world.data["workspace"]["resource_group"], "SourceComputerId": world.guid("agent", compromised) if "host" in kind else "",
        "_product": kind["product"], "_tactics": tactics or ["Unknown"], "_techniques": kind.get("techniques", []), "_rule": rule if kind["product"] in ("rule", "nrt") else "", "_incident": incident, "_person": person, "_ip": ip,
    }  # fmt: skip


def _entities(world: World, kind: Json, ip: str) -> tuple[list[Json], str, str]:
    address = {"$id": "9", "Address": ip, "Type": "ip"}
    if kind.get("person"):
        p: Person = kind["person"]
        account = {
            "$id": "2",
            "Name": p.upn.split("@")[0],
            "UPNSuffix": p.tenant["domain"],
            "AadTenantId": p.tenant["id"],
            "AadUserId": p.id,
            "DisplayName": p.name,
            "IsDomainJoined": True,
            "Type": "account",
        }
        return [account, address], p.upn, ""
    if "host" in kind:
        m = kind["host"]
        resource = world.resource_id(
            m["subscription"], m["resource_group"], "microsoft.compute/virtualmachines", m["name"]
        )
        host = {
            "$id": "3",
            "HostName": m["name"],
            "DnsDomain": m.get("domain", ""),
            "AzureID": resource,
            "OSFamily": m["os"],
            "Type": "host",
        }
        return [host, address], m["name"], resource
    pod, cluster = kind["pod"], kind["cluster"]
    entities: list[Json] = [
        {"$id": "4", "ResourceId": cluster["id"], "Type": "azure-resource"},
        {"$id": "5", "CloudResource": {"$ref": "4"}, "Name": cluster["name"], "Type": "K8s-cluster"},
    ]
    if kind.get("ns"):
        entities.append({"$id": "6", "Name": kind["ns"], "Cluster": {"$ref": "5"}, "Type": "K8s-namespace"})
    if pod:
        container = next(c for c in world.containers if world.pods[c.pod] is pod)
        image = {"ImageId": f"{container.image}:{container.tag}", "Type": "container-image"}
        entities += [
            {"$id": "7", "Name": pod.name, "Namespace": {"$ref": "6"}, "Type": "K8s-pod"},
            {"$id": "8", "Name": container.name, "Image": image, "Pod": {"$ref": "7"}, "Type": "container"},
        ]
    return [*entities, address], cluster["name"], cluster["id"]


def _incidents(world: World, made: list[Json]) -> Iterator[Json]:
    """Every change of every incident as a row of its own, as Sentinel writes them."""
    rng = world.rng("SecurityIncident")
    groups: list[list[Json]] = []
    by_story: dict[str, list[Json]] = {}
    open_group: dict[tuple[str, str], list[Json]] = {}
    for alert in made:
        if alert["_incident"]:
            group = by_story.setdefault(alert["_incident"], [])
            if not group:
                groups.append(group)
        elif alert["AlertSeverity"] == "Informational" and rng.random() < 0.7:
            continue  # Not every alert is worth an incident.
        else:
            # Like alerts on the same thing within hours are one incident.
            key = (alert["AlertName"], alert["CompromisedEntity"])
            group = open_group.get(key, [])
            if not group or alert["TimeGenerated"] - group[0]["TimeGenerated"] > 5 * HOUR:
                group = open_group[key] = []
                groups.append(group)
        group.append(alert)
    analysts = [p for p in world.people if p.dept == "Security"] + [
        p for p in world.people if p.title in ("Helpdesk", "Platform Lead")
    ]
    for number, group in enumerate(groups):
        story = world.data["story_incidents"].get(group[0]["_incident"])
        yield from _history(world, 4_100 + number, group, story, analysts, rng)


def _history(
    world: World, number: int, group: list[Json], story: Json | None, analysts: list[Person], rng: np.random.Generator
) -> Iterator[Json]:
    first = group[0]
    severity = story["severity"] if story else first["AlertSeverity"]
    created = first["TimeGenerated"] + int(rng.integers(20, 200)) * SECOND
    triage = story["triage"] if story else _TRIAGE_HOURS[severity] * float(rng.lognormal(0, 0.9))
    close: float | None = story["close"] if story else triage + _CLOSE_HOURS[severity] * float(rng.lognormal(-0.4, 1.0))
    ignored = not story and rng.random() < 0.10
    if not story and rng.random() < 0.05:
        close = None
    owner = (
        next(p for p in analysts if p.name.startswith(story["owner"]))
        if story
        else analysts[int(choose(rng, len(analysts), 1, [5, 4, 1.5, 1][: len(analysts)])[0])]
    )
    classification = (
        (story.get("classification", ""), story.get("reason", ""))
        if story
        else _CLASSES[int(choose(rng, len(_CLASSES), 1, [c[2] for c in _CLASSES])[0])][:2]
    )
    name = str(uuids(rng, 1)[0])
    comments = (
        story.get("comments", [])
        if story
        else (["Checked with the owner of the resource."] if rng.random() < 0.4 else [])
    )
    rules = sorted({a["_rule"] for a in group if a["_rule"]})
    w = world.data["workspace"]
    scope = f"/subscriptions/{world.subscription(w['subscription'])['id']}/resourceGroups/{w['resource_group']}/providers/Microsoft.OperationalInsights/workspaces/{w['name']}/providers/Microsoft.SecurityInsights"
    provider = "Microsoft XDR" if first["_product"] in ("mde", "mdo", "mdi", "mda", "xdr") else "Azure Sentinel"
    base = {
        "IncidentName": name, "IncidentNumber": number, "Title": story["title"] if story else first["AlertName"], "Description": first["Description"], "Severity": severity, "ProviderName": provider, "ProviderIncidentId": str(number),
        "CreatedTime": created, "FirstActivityTime": first["StartTime"], "RelatedAnalyticRuleIds": [f"{scope}/alertRules/{r}" for r in rules], "BookmarkIds": [], "Tasks": [], "TenantId": world.workspace_tenant, "SourceSystem": "Azure",
        "IncidentUrl": f"https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident{scope}/Incidents/{name}", "Labels": [{"labelName": label, "labelType": "User"} for label in (story["labels"] if story else [])],
    }  # fmt: skip
    nobody = {"objectId": None, "email": None, "assignedTo": None, "userPrincipalName": None}
    somebody = {"objectId": owner.id, "email": owner.upn, "assignedTo": owner.name, "userPrincipalName": owner.upn}
    steps: list[tuple[int, Json]] = [
        (
            created,
            {
                "Status": "New",
                "Owner": nobody,
                "ModifiedBy": "Incident created from alert"
                if provider == "Azure Sentinel"
                else "Microsoft 365 Defender - alerts",
            },
        )
    ]
    steps += [
        (max(a["TimeGenerated"] + 30 * SECOND, created + SECOND), {"ModifiedBy": "Alert updates"}) for a in group[1:]
    ]
    if not ignored:
        steps.append((created + int(triage * HOUR), {"Status": "Active", "Owner": somebody, "ModifiedBy": owner.upn}))
        for i, text in enumerate(comments):
            steps.append((created + int((triage + 1.5 + 2.7 * i) * HOUR), {"_comment": text, "ModifiedBy": owner.upn}))
        if close is not None:
            steps.append(
                (
                    created + int(max(close, triage + 0.1) * HOUR),
                    {
                        "Status": "Closed",
                        "Classification": classification[0],
                        "ClassificationReason": classification[1],
                        "ClassificationComment": "Handled" if classification[0] == "TruePositive" else "",
                        "ModifiedBy": owner.upn,
                    },
                )
            )
    state: Json = {}
    written: list[Json] = []
    first_change: int | None = None
    for at, change in sorted(steps, key=lambda step: step[0]):
        if at >= world.now:
            break
        state |= {k: v for k, v in change.items() if k != "_comment"}
        if "_comment" in change:
            written.append(
                {
                    "message": change["_comment"],
                    "author": {"name": owner.name, "email": owner.upn},
                    "createdTimeUtc": f"{np.datetime64(at, 'us')}Z",
                }
            )
        if "@" in str(change["ModifiedBy"]) and first_change is None:
            first_change = at
        shown = [a for a in group if a["TimeGenerated"] <= at]
        tactics = list(dict.fromkeys(t for a in shown for t in a["_tactics"] if t != "Unknown"))
        yield {
            **base, **state, "TimeGenerated": at, "LastModifiedTime": at, "LastActivityTime": max((a["EndTime"] for a in shown), default=at), "FirstModifiedTime": first_change,
            "ClosedTime": at if state.get("Status") == "Closed" else None, "AlertIds": [a["SystemAlertId"] for a in shown], "Comments": list(written),
            "AdditionalData": {"alertsCount": len(shown), "bookmarksCount": 0, "commentsCount": len(written), "alertProductNames": sorted({a["ProductName"] for a in shown}), "tactics": tactics, "techniques": sorted({t for a in shown for t in a["_techniques"]})},
        }  # fmt: skip


def intelligence(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """ThreatIntelligenceIndicator, ThreatIntelIndicators and Watchlist."""
    world, rng = window.world, window.rng("intelligence")
    found, modern = [], []
    columns = {
        "ip": "NetworkIP",
        "domain": "DomainName",
        "url": "Url",
        "file": "FileHashValue",
        "email": "EmailSenderAddress",
    }
    keys = {
        "ip": "ipv4-addr:value",
        "domain": "domain-name:value",
        "url": "url:value",
        "file": "file:hashes.'SHA-256'",
        "email": "email-addr:value",
    }
    sources = ("Microsoft Threat Intelligence", "SecurityGraph", "TAXII feed", "Contoso SOC")
    generated = [
        *({"kind": "ip", "value": f"203.0.113.{160 + i}", "type": ("Botnet", "C2", "Phishing", "WatchList")[i % 4], "confidence": 40 + i, "description": "From a feed"} for i in range(40)),
        *({"kind": "domain", "value": f"{word}-{i}.example", "type": ("Malware", "Phishing", "C2")[i % 3], "confidence": 35 + i, "description": "From a feed"} for i, word in enumerate(("update", "secure", "cloud", "static", "files", "login", "portal", "mail") * 4)),
        *({"kind": "file", "value": f"{world.guid('file', i).replace('-', '')}{world.guid('hash', i).replace('-', '')}", "type": "Malware", "confidence": 50 + i, "description": "From a feed"} for i in range(24)),
        *({"kind": "url", "value": f"https://static-{i}.example/{i * 37:x}/index.html", "type": ("Phishing", "Malware")[i % 2], "confidence": 45 + i, "description": "From a feed"} for i in range(20)),
    ]  # fmt: skip
    for i, indicator in enumerate([*world.data["indicators"], *generated]):
        ident = world.guid("indicator", indicator["value"])
        start = world.now - int(rng.integers(2 * 24, 29 * 24)) * HOUR
        until = start + 60 * DAY if i % 9 != 8 else world.now - 2 * DAY
        # Indicators are written again as long as they live; that is why queries take the newest by id.
        for at in range(start, world.now, DAY if i < len(world.data["indicators"]) else 6 * DAY):
            if not window.start <= at < window.end:
                continue
            active = until > at
            common = {"TimeGenerated": at, "SourceSystem": sources[i % 4], "Tags": text_json(["aks"] if i < 3 else [])}
            found.append({
                **common, columns[indicator["kind"]]: indicator["value"], "IndicatorId": ident, "ThreatType": indicator["type"], "ConfidenceScore": float(indicator["confidence"]), "Description": indicator["description"], "Active": active, "Action": "alert",
                "ExpirationDateTime": until, "TenantId": world.workspace_tenant, "ExternalIndicatorId": f"indicator--{ident}", "ThreatSeverity": 1 + i % 5, "TrafficLightProtocolLevel": ("white", "green", "amber")[i % 3], "IndicatorProvider": "", "FileHashType": "SHA256" if indicator["kind"] == "file" else "", "MalwareNames": "xmrig" if indicator["type"] == "CryptoMining" else "",
            })  # fmt: skip
            modern.append({
                **common, "Id": f"{sources[i % 4]}---indicator--{ident}", "ObservableKey": keys[indicator["kind"]], "ObservableValue": indicator["value"], "Pattern": f"[{keys[indicator['kind']]} = '{indicator['value']}']", "Confidence": indicator["confidence"], "IsActive": active, "IsDeleted": False, "Revoked": False, "ValidFrom": start, "ValidUntil": until, "Created": start, "Modified": at,
                "TenantId": world.workspace_tenant, "AzureTenantId": world.data["tenants"][0]["id"], "WorkspaceId": world.workspace_tenant, "Data": {"type": "indicator", "name": indicator["value"], "indicator_types": [indicator["type"]], "description": indicator["description"]},
            })  # fmt: skip
    if found:
        yield "ThreatIntelligenceIndicator", rows_from("ThreatIntelligenceIndicator", found)
        yield "ThreatIntelIndicators", rows_from("ThreatIntelIndicators", modern)
    at = world.now - 20 * DAY
    if window.start <= at < window.end:
        yield "Watchlist", rows_from("Watchlist", list(_watchlists(world, at)))


def _watchlists(world: World, at: int) -> Iterator[Json]:
    who = {"objectId": world.people[3].id, "email": world.people[3].upn, "name": world.people[3].name}
    for watchlist in world.data["watchlists"]:
        ident = world.guid("watchlist", watchlist["alias"])
        base: Json = {
            "TimeGenerated": at,
            "WatchlistId": ident,
            "WatchlistName": watchlist["name"],
            "WatchlistAlias": watchlist["alias"],
            "Provider": "Contoso SOC",
            "Source": "Local file",
            "CreatedBy": who,
            "UpdatedBy": who,
            "CreatedTimeUTC": at,
            "LastUpdatedTimeUTC": at,
            "_DTTimestamp": at,
            "_DTItemStatus": "Create",
            "TenantId": world.workspace_tenant,
            "SourceSystem": "Azure",
            "DefaultDuration": "P1279DT16H",
        }
        yield {**base, "_DTItemType": "watchlist", "_DTItemId": ident}
        for i, item in enumerate(watchlist["items"]):
            item_id = world.guid("watchlist", watchlist["alias"], i)
            yield {
                **base,
                "_DTItemType": "watchlist-item",
                "_DTItemId": item_id,
                "WatchlistItemId": item_id,
                "WatchlistItem": item,
                "SearchKey": item[watchlist["key"]],
            }


_CONNECTORS = (
    "AzureActivity",
    "AzureActiveDirectory",
    "AzureKubernetes",
    "MicrosoftThreatProtection",
    "Office365",
    "CEF",
    "Syslog",
    "ThreatIntelligence",
    "SecurityEvents",
)


def health(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """SentinelHealth and SentinelAudit: connectors, rules and automation, and who changed them."""
    world, rng = window.world, window.rng("SentinelHealth")
    rules = sorted(
        {
            k["name"]
            for k in [*world.data["alert_noise"], *world.data["story_alerts"]]
            if k["product"] in ("rule", "nrt")
        }
    )
    things: list[tuple[str, str, str, str, float]] = [
        (c, "Data connector", "Data fetch status change", "data", 1) for c in _CONNECTORS
    ]
    things += [(r, "Analytics Rule", "Scheduled analytics rule run", "rule", 4) for r in rules]
    things += [
        ("Notify SOC on high severity", "Automation rule", "Automation rule run", "auto", 12),
        ("logic-notify-soc", "Playbook", "Playbook was triggered", "play", 9),
    ]
    times = window.times(rng, 900)
    index, bad = choose(rng, len(things), len(times), [t[4] for t in things]), rng.random(len(times))
    status = pick(["Success", "Failure", "Warning"], np.where(bad < 0.04, 1, np.where(bad < 0.06, 2, 0)))
    reason = pick(
        [
            "The run succeeded.",
            "The query failed because of a temporary error in the service; it is tried again.",
            "The run was delayed.",
        ],
        np.where(bad < 0.04, 1, np.where(bad < 0.06, 2, 0)),
    )
    resource: dict[str, Any] = {
        "SentinelResourceName": pick([t[0] for t in things], index),
        "SentinelResourceType": pick([t[1] for t in things], index),
        "SentinelResourceId": pick([world.guid("rule", t[0]) for t in things], index),
    }
    yield "SentinelHealth", Rows("SentinelHealth", times).put(
        **resource, OperationName=pick([t[2] for t in things], index), Status=status, Description=reason, Reason=reason, SentinelResourceKind=pick([{"rule": "Scheduled", "data": "StaticUI"}.get(t[3], "") for t in things], index),
        RecordId=uuids(rng, len(times)), WorkspaceId=world.workspace_tenant, TenantId=world.workspace_tenant, SourceSystem="Azure", ExtendedProperties=pick([text_json({"AlertsGeneratedAmount": i % 2, "EntitiesDroppedDueToMappingIssuesAmount": 0}) for i in range(len(things))], index),
    ).arrow()  # fmt: skip
    rng = window.rng("SentinelAudit")
    times = window.times(rng, 40, "people")
    index = rng.integers(len(_CONNECTORS), len(_CONNECTORS) + len(rules), len(times))
    resource = {
        "SentinelResourceName": pick([t[0] for t in things], index),
        "SentinelResourceType": "Analytic Rule",
        "SentinelResourceId": pick([world.guid("rule", t[0]) for t in things], index),
    }
    caller = [
        text_json({"CallerName": p.upn, "CallerIpAddress": p.home["ip"]}) for p in world.people if p.dept == "Security"
    ]
    yield "SentinelAudit", Rows("SentinelAudit", times).put(
        **resource, OperationName="Create or update analytics rule.", Status="Success", Description="Analytics rule was changed.", WorkspaceId=world.workspace_tenant, TenantId=world.workspace_tenant, SourceSystem="Azure",
        ExtendedProperties=pick(caller, rng.integers(0, len(caller), len(times))),
    ).arrow()  # fmt: skip
