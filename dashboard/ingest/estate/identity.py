"""Who signs in and what changes in the directory: the sign-in tables, AuditLogs, IdentityInfo, identity events, behaviour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from dashboard.ingest.estate.frame import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Rows,
    arrow_schema,
    choose,
    fill,
    pick,
    rows_from,
    text_json,
    texts,
    uuids,
    where,
)
from dashboard.ingest.estate.window import Window
from dashboard.ingest.estate.world import Json, Person, World

_AGENTS = {
    "Edge": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    "Chrome": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Safari": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "Firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
}


def _place_json(place: Json) -> str:
    return text_json(
        {
            "city": place["city"],
            "state": place["state"],
            "countryOrRegion": place["country"],
            "geoCoordinates": {"latitude": place["lat"], "longitude": place["lon"]},
        }
    )


def _policies(world: World, code: str, legacy: bool) -> str:
    found = []
    for i, policy in enumerate(world.data["policies"]):
        result = (
            "success"
            if i == 0 and code == "0"
            else "failure"
            if (code == "53003" and i == 2) or (legacy and i == 1)
            else "notApplied"
        )
        found.append(
            {
                "id": policy["id"],
                "displayName": policy["name"],
                "result": result,
                "enforcedGrantControls": ["Mfa"] if i == 0 else [],
                "enforcedSessionControls": [],
                "conditionsSatisfied": 1,
                "conditionsNotSatisfied": 0,
            }
        )
    return text_json(found)


class _Signins:
    """The draws of one window's interactive sign-ins, as indexes into pools."""

    def __init__(self, window: Window, table: str, monthly: float) -> None:
        world, rng = window.world, window.rng(table)
        data = world.data
        self.world, self.rng = world, rng
        self.people, self.apps, self.results, self.clients = (
            world.people,
            data["apps"],
            data["results"],
            data["clients"],
        )
        self.places = [*(p.home for p in world.people), *(p.office for p in world.people), *data["strangers"]]
        times = window.times(rng, monthly, "people")
        n = len(times)
        person = choose(rng, len(self.people), n, [p.weight for p in self.people])
        result = choose(rng, len(self.results), n, [r["weight"] for r in self.results])
        client = choose(rng, len(self.clients), n, [c["weight"] for c in self.clients])
        old = np.array([bool(c.get("legacy")) for c in self.clients])
        habit = np.array(["legacy" in p.habits for p in self.people])
        # Old clients are the habit of a few, and of those who try passwords.
        client = np.where(old[client] & ~habit[person] & (rng.random(n) < 0.8), 0, client)
        client = np.where(np.array([bool(r.get("legacy")) for r in self.results])[result], 3, client)
        away = np.array([bool(r.get("stranger")) for r in self.results])[result]
        count = len(self.people)
        place = np.where(rng.random(n) < 0.45, person, person + count)
        travelling = np.array(["travel" in p.habits for p in self.people])[person] & (rng.random(n) < 0.12)
        place = np.where(travelling, rng.integers(count, 2 * count, n), place)
        place = np.where(away, 2 * count + rng.integers(0, len(data["strangers"]), n), place)
        parts: list[tuple[np.ndarray, ...]] = [
            (
                times,
                person,
                choose(rng, len(self.apps), n, [a["weight"] for a in self.apps]),
                result,
                client,
                place,
                np.zeros(n, dtype=np.int64),
            )
        ]
        self.risks: list[Json] = [
            {"risk": "none", "types": []},
            {"risk": "low", "types": ["unfamiliarFeatures"]},
            {"risk": "medium", "types": ["unlikelyTravel"]},
        ]
        risk = np.where(travelling & (rng.random(n) < 0.5), 2, np.where(rng.random(n) < 0.006, 1, 0))
        fine = np.array([r["code"] == "0" for r in self.results])[result]
        parts[0][6][:] = _some_every_day(risk, times, fine, window)
        parts.extend(self._story(window, table == "SigninLogs"))
        merged = [np.concatenate([p[i] for p in parts]) for i in range(7)]
        order = np.argsort(merged[0], kind="stable")
        self.times, self.person, self.app, self.result, self.client, self.place, self.risk = (m[order] for m in merged)

    def _story(self, window: Window, interactive: bool) -> Iterator[tuple[np.ndarray, ...]]:
        beats = self.world.data["story_signins"]
        if not interactive:
            # Whoever got in renews the tokens from the same place for a while, without being asked again.
            beats = [{**b, "at": b["at"] - 0.05, "times": 4, "every": 700} for b in beats if b["code"] == "0"]
        for beat in beats:
            self.risks.append({"risk": beat.get("risk", "none"), "types": beat.get("risk_types", [])})
            who = [i for i, p in enumerate(self.people) if beat["who"] in ("*", p.name.split(" ")[0])]
            at = [
                self.world.now - int(beat["at"] * HOUR) + (k * beat["every"] + j * 7) * SECOND
                for j in range(len(who))
                for k in range(beat["times"])
            ]
            person = np.repeat(np.array(who), beat["times"])
            stranger = next(i for i, s in enumerate(self.world.data["strangers"]) if s["city"] == beat["stranger"])
            app = next(i for i, a in enumerate(self.apps) if a["name"] == beat["app"])
            result = next(i for i, r in enumerate(self.results) if r["code"] == beat["code"])
            times = np.array(at, dtype=np.int64)
            keep = (times >= window.start) & (times < window.end)
            n = int(keep.sum())
            full = [np.full(n, v) for v in (app, result, 0, 2 * len(self.people) + stranger, len(self.risks) - 1)]
            yield times[keep], person[keep], *full

    def columns(self) -> Json:
        """What all sign-in tables share."""
        world, person, place, result = self.world, self.person, self.place, self.result
        n = len(self.times)
        people = self.people
        strange = place >= 2 * len(people)
        code = np.array([r["code"] for r in self.results])[result]
        ok = code == "0"
        ids, correlation = uuids(self.rng, n), uuids(self.rng, n)
        old = np.array([bool(c.get("legacy")) for c in self.clients])
        devices = [_device(p) for p in people] + [
            text_json(
                {
                    "deviceId": "",
                    "operatingSystem": "Windows 10",
                    "browser": "Chrome 128.0.0",
                    "isCompliant": False,
                    "isManaged": False,
                    "trustType": "",
                }
            )
        ]
        mfa = [text_json({"authMethod": "Mobile app notification", "authDetail": ""}), "{}"]
        app_pool = texts(a["name"] for a in self.apps)
        policy_code = result * 2 + old[self.client]
        ca = np.where(code == "53003", 1, np.where(old[self.client] & ~ok, 1, np.where(ok & (self.app % 4 != 3), 0, 2)))
        risk = pick([r["risk"] for r in self.risks], self.risk)
        risk_types = pick([text_json(r["types"]) for r in self.risks], self.risk)
        return {
            "AADTenantId": pick([p.tenant["id"] for p in people], person), "AppDisplayName": pick(app_pool, self.app), "AppId": pick([a["id"] for a in self.apps], self.app),
            "ResourceDisplayName": pick([_resource(a) for a in self.apps], self.app), "ResourceIdentity": pick([a["id"] for a in self.apps], self.app),
            "Category": "SignInLogs", "OperationName": "Sign-in activity", "OperationVersion": "1.0", "Level": "4", "SourceSystem": "Azure AD",
            "ResourceId": pick([f"/tenants/{p.tenant['id']}/providers/Microsoft.aadiam" for p in people], person), "Resource": "Microsoft.aadiam", "ResourceGroup": "Microsoft.aadiam",
            "ResultType": pick(texts(r["code"] for r in self.results), result), "ResultDescription": pick([r["text"] for r in self.results], result), "ResultSignature": where(ok, "SUCCESS", "FAILURE"),
            "Status": pick([text_json({"errorCode": int(r["code"]), "failureReason": r["text"] or "Other.", "additionalDetails": "MFA requirement satisfied by claim in the token" if r["code"] == "0" else "MFA denied; user declined the authentication" if r["code"] == "500121" else ""}) for r in self.results], result),
            "UserPrincipalName": pick([p.upn for p in people], person), "UserDisplayName": pick([p.name for p in people], person), "Identity": pick([p.name for p in people], person),
            "UserId": pick([p.id for p in people], person), "UserType": "Member", "IPAddress": pick([p["ip"] for p in self.places], place), "Location": pick([p["country"] for p in self.places], place),
            "LocationDetails": pick([_place_json(p) for p in self.places], place), "DeviceDetail": pick(devices, np.where(strange, len(people), person)),
            "UserAgent": pick([_AGENTS[p.browser.split(" ")[0]] for p in people] + ["python-requests/2.32.3"], np.where(strange, len(people), person)),
            "ClientAppUsed": pick([c["name"] for c in self.clients], self.client), "ConditionalAccessStatus": pick(["success", "failure", "notApplied"], ca),
            "ConditionalAccessPolicies": pick([_policies(world, r["code"], bool(i)) for r in self.results for i in range(2)], policy_code),
            "AuthenticationRequirement": where(ok & (person % 3 != 0), "multiFactorAuthentication", "singleFactorAuthentication"),
            "AuthenticationDetails": pick([text_json([{"authenticationMethod": m, "succeeded": True, "authenticationStepResultDetail": "First factor requirement satisfied by claim in the token", "authenticationStepRequirement": "Primary authentication"}]) for m in ("Previously satisfied", "Password")], (~ok).astype(int)),
            "MfaDetail": pick(mfa, np.where(ok & (person % 3 != 0), 0, 1)), "RiskLevelDuringSignIn": risk, "RiskLevelAggregated": risk, "RiskState": where(np.array([r["risk"] != "none" for r in self.risks])[self.risk], "atRisk", "none"),
            "RiskDetail": "none", "RiskEventTypes": risk_types, "RiskEventTypes_V2": risk_types, "TokenIssuerType": "AzureAD", "TokenIssuerName": "",
            "Id": ids, "CorrelationId": correlation, "OriginalRequestId": ids, "CreatedDateTime": self.times - SECOND, "HomeTenantId": pick([p.tenant["id"] for p in people], person),
            "ResourceTenantId": pick([p.tenant["id"] for p in people], person), "AutonomousSystemNumber": pick(texts([64496 + i for i in range(len(self.places))]), place), "DurationMs": self.rng.integers(0, 900, n),
            "NetworkLocationDetails": pick(['[{"networkType":"trustedNamedLocation","networkNames":["Offices"]}]', "[]"], np.where((place >= len(people)) & ~strange, 0, 1)),
            "AuthenticationProcessingDetails": '[{"key":"Domain Hint Present","value":"True"}]', "AuthenticationRequirementPolicies": "[]", "UniqueTokenIdentifier": ids,
        }  # fmt: skip


def _some_every_day(risk: np.ndarray, times: np.ndarray, fine: np.ndarray, window: Window) -> np.ndarray:
    """The risks with one more in each day of the window that chance left without any, so that no day's pages are blank: a low
    one in the last sign-in that got in. Days count back from the world's now."""
    days = (window.world.now - 1 - times) // DAY
    whole = range((window.world.now - window.end + DAY - 1) // DAY, (window.world.now - window.start) // DAY)
    for day in whole:
        at = np.flatnonzero((days == day) & fine)
        if len(at) and not risk[days == day].any():
            risk[at[-1]] = 1
    return risk


def _device(person: Person) -> str:
    return text_json(
        {
            "deviceId": person.id[:8] + "-d5e1-4c02-9b77-1a2b3c4d5e6f",
            "displayName": person.device,
            "operatingSystem": person.os,
            "browser": person.browser,
            "isCompliant": True,
            "isManaged": True,
            "trustType": "Azure AD joined",
        }
    )


def _resource(app: Json) -> str:
    shown: dict[str, str] = {
        "Azure Portal": "Windows Azure Service Management API",
        "Microsoft Azure CLI": "Windows Azure Service Management API",
        "Azure Kubernetes Service AAD Client": "Azure Kubernetes Service AAD Server",
        "Visual Studio Code": "Microsoft Graph",
        "My Profile": "Microsoft Graph",
    }
    return shown.get(app["name"], str(app["name"]))


def signins(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """SigninLogs, AADNonInteractiveUserSignInLogs, and those of service principals and managed identities."""
    drawn = _Signins(window, "SigninLogs", 4_200)
    yield (
        "SigninLogs",
        Rows("SigninLogs", drawn.times)
        .put(**drawn.columns(), IsInteractive=True, IsRisky=drawn.risk > 0, FlaggedForReview=False)
        .arrow(),
    )
    quiet = _Signins(window, "AADNonInteractiveUserSignInLogs", 4_500)
    columns = quiet.columns() | {
        "Category": "NonInteractiveUserSignInLogs",
        "IsInteractive": False,
        "IsRisky": quiet.risk > 0,
    }
    # This table holds the nested columns as text.
    yield "AADNonInteractiveUserSignInLogs", _known("AADNonInteractiveUserSignInLogs", quiet.times, columns)
    world, principals = window.world, window.world.data["principals"]
    for table, kind, category in (
        ("AADServicePrincipalSignInLogs", "service", "ServicePrincipalSignInLogs"), ("AADManagedIdentitySignInLogs", "managed", "ManagedIdentitySignInLogs"),
    ):  # fmt: skip
        rng = window.rng(table)
        chosen = [p for p in principals if p["kind"] == kind]
        times = window.times(rng, 900)
        index, bad = rng.integers(0, len(chosen), len(times)), rng.random(len(times)) < 0.03
        target, place = rng.integers(0, 3, len(times)), index
        addresses = [(f"20.61.4.{18 + i}", world.data["offices"][0]) for i in range(len(chosen))]
        if kind == "service":
            for beat in world.data["story_principals"]:
                who = next(i for i, p in enumerate(chosen) if p["name"] == beat["who"])
                at = world.now - int(beat["at"] * HOUR) + np.arange(beat["times"]) * beat["every"] * SECOND
                at = at[(at >= window.start) & (at < window.end)]
                extra = (
                    at,
                    np.full(len(at), who),
                    np.zeros(len(at), bool),
                    np.full(len(at), 3),
                    np.full(len(at), len(addresses)),
                )
                addresses.append((world.person(beat["from"]).home["ip"], world.person(beat["from"]).home))
                merged = [np.concatenate(pair) for pair in zip((times, index, bad, target, place), extra, strict=True)]
                order = np.argsort(merged[0], kind="stable")
                times, index, bad, target, place = (m[order] for m in merged)
        tenant = world.data["tenants"][0]["id"]
        yield table, _known(table, times, {
            "ServicePrincipalName": pick([p["name"] for p in chosen], index), "ServicePrincipalId": pick([p["id"] for p in chosen], index), "AppId": pick([p["app"] for p in chosen], index),
            "ResourceDisplayName": pick(["Windows Azure Service Management API", "Azure Key Vault", "Microsoft Graph", "Azure Kubernetes Service AAD Server"], target), "IPAddress": pick([ip for ip, _ in addresses], place),
            "ResultType": where(bad, "7000215", "0"), "ResultDescription": where(bad, "Invalid client secret is provided.", ""), "ResultSignature": where(bad, "FAILURE", "SUCCESS"), "Location": pick([where_["country"] for _, where_ in addresses], place), "LocationDetails": pick([_place_json(where_) for _, where_ in addresses], place),
            "Category": category, "OperationName": "Sign-in activity", "OperationVersion": "1.0", "Level": "4", "Id": uuids(rng, len(times)), "CorrelationId": uuids(rng, len(times)), "SourceSystem": "Azure AD",
            "AADTenantId": tenant, "TenantId": world.workspace_tenant, "Resource": "Microsoft.aadiam", "ResourceGroup": "Microsoft.aadiam", "ServicePrincipalCredentialKeyId": "", "ConditionalAccessStatus": "notApplied", "CreatedDateTime": times - SECOND,
            "Identity": pick([p["name"] for p in chosen], index), "UserAgent": "azsdk-go-azidentity/1.8.0",
        })  # fmt: skip


def _known(table: str, times: np.ndarray, columns: Json) -> pa.Table:
    """Rows with those of the columns that the table has."""
    rows = Rows(table, times)
    names = {name for name, _, _ in arrow_schema(table)}
    return rows.put(**{k: v for k, v in columns.items() if k in names}).arrow()


def directory(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """AuditLogs: changes of users, groups, roles, applications."""
    world, rng = window.world, window.rng("AuditLogs")
    data, people = world.data, world.people
    kinds = [*data["directory"], *data["story_directory"]]
    times = window.times(rng, 1_000, "people")
    kind = choose(rng, len(data["directory"]), len(times), [k["weight"] for k in data["directory"]])
    admins = np.array(
        [i for i, p in enumerate(people) if "User Administrator" in p.roles or "Global Administrator" in p.roles]
    )
    actor = np.where(
        np.array([k["who"] == "admin" for k in data["directory"]])[kind],
        admins[rng.integers(0, len(admins), len(times))],
        rng.integers(0, len(people), len(times)),
    )
    target = rng.integers(0, len(people), len(times))
    parts = [
        (times, kind, actor, np.where(np.array([k["who"] == "user" for k in data["directory"]])[kind], actor, target))
    ]
    for i, beat in enumerate(data["story_directory"]):
        at = np.array([world.now - int(beat["at"] * HOUR)])
        at = at[(at >= window.start) & (at < window.end)]
        by, on = (next(j for j, p in enumerate(people) if p.name.startswith(beat[key])) for key in ("who", "target"))
        parts.append((at, np.full(len(at), len(data["directory"]) + i), np.full(len(at), by), np.full(len(at), on)))
    merged = [np.concatenate([p[i] for p in parts]) for i in range(4)]
    order = np.argsort(merged[0], kind="stable")
    times, kind, actor, target = (m[order] for m in merged)
    n = len(times)
    bad = rng.random(n) < 0.04
    who = [
        text_json(
            {
                "user": {
                    "id": p.id,
                    "userPrincipalName": p.upn,
                    "displayName": p.name,
                    "ipAddress": p.home["ip"],
                    "roles": [],
                }
            }
        )
        for p in people
    ]
    who.append(
        text_json(
            {
                "app": {
                    "displayName": "Device Registration Service",
                    "servicePrincipalId": world.guid("drs"),
                    "appId": "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9",
                }
            }
        )
    )
    who += [
        text_json(
            {
                "user": {
                    "id": world.person(b["who"]).id,
                    "userPrincipalName": world.person(b["who"]).upn,
                    "ipAddress": b["ip"],
                    "displayName": "",
                }
            }
        )
        for b in data["story_directory"]
    ]
    system = np.array([k["who"] == "system" for k in kinds])[kind]
    story = kind - len(data["directory"])
    who_index = np.where(story >= 0, len(people) + 1 + story, np.where(system, len(people), actor))
    yield "AuditLogs", Rows("AuditLogs", times).put(
        AADTenantId=pick([p.tenant["id"] for p in people], actor), OperationName=pick([k["op"] for k in kinds], kind), ActivityDisplayName=pick([k["op"] for k in kinds], kind),
        Category=pick([k["category"] for k in kinds], kind), AADOperationType=pick([k["type"] for k in kinds], kind), Result=where(bad, "failure", "success"), ResultReason=where(bad, "Insufficient privileges", ""),
        ResultType=where(bad, "1", "0"), ResultDescription="", ActivityDateTime=times, InitiatedBy=pick(who, who_index), Identity=where(np.array([k.get("identity") == "MS-PIM" for k in kinds])[kind], "MS-PIM", pick([p.name for p in people], actor)),
        TargetResources=pick([text_json(_target(world, k, p)) for k in kinds for p in people], kind * len(people) + target), AdditionalDetails=pick([text_json([{"key": "User-Agent", "value": "Mozilla/5.0"}]), "[]"], (kind % 2)),
        LoggedByService=pick([{"Policy": "Conditional Access", "Device": "Device Registration Service"}.get(k["category"], "PIM" if k.get("identity") else "Core Directory") for k in kinds], kind),
        Id=fill("Directory_«id»", id=uuids(rng, n)), CorrelationId=uuids(rng, n), OperationVersion="1.0", Resource="Microsoft.aadiam", ResourceGroup="Microsoft.aadiam", Level="4", SourceSystem="Azure AD",
    ).arrow()  # fmt: skip


def _target(world: World, kind: Json, person: Person) -> list[Json]:
    op = kind["op"]
    user = {
        "id": person.id,
        "displayName": person.name,
        "type": "User",
        "userPrincipalName": person.upn,
        "modifiedProperties": [],
    }
    if "role" in op.lower() and kind["category"] == "RoleManagement":
        role = "Global Administrator" if "at" in kind else "Security Reader"
        return [
            {"id": world.guid("role", role), "displayName": role, "type": "Role", "modifiedProperties": []},
            {
                **user,
                "modifiedProperties": [{"displayName": "Role.DisplayName", "oldValue": None, "newValue": f'"{role}"'}],
            },
        ]
    if kind["category"] == "GroupManagement":
        group = {
            "id": world.guid("group", person.dept),
            "displayName": person.dept,
            "type": "Group",
            "modifiedProperties": [],
        }
        return [
            {
                **user,
                "modifiedProperties": [
                    {"displayName": "Group.DisplayName", "oldValue": None, "newValue": f'"{person.dept}"'}
                ],
            },
            group,
        ]
    if kind["category"] == "ApplicationManagement":
        name = "Mail Archive Helper" if "at" in kind else "Expense Reports"
        return [
            {
                "id": world.guid("app", name),
                "displayName": name,
                "type": "ServicePrincipal",
                "modifiedProperties": [
                    {
                        "displayName": "ConsentAction.Permissions",
                        "oldValue": "[]",
                        "newValue": '"Mail.Read offline_access"',
                    }
                ],
            }
        ]
    if kind["category"] == "Policy":
        return [
            {
                "id": world.data["policies"][0]["id"],
                "displayName": world.data["policies"][0]["name"],
                "type": "Policy",
                "modifiedProperties": [],
            }
        ]
    return [
        {
            **user,
            "modifiedProperties": [{"displayName": "AccountEnabled", "oldValue": "[true]", "newValue": "[false]"}]
            if op == "Disable account"
            else [],
        }
    ]


def people(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """IdentityInfo: everybody, twice in the month and again today."""
    world = window.world
    records: list[Json] = []
    for at in (world.now - 13 * DAY, world.now - 6 * DAY, world.now - 5 * HOUR):
        if not window.start <= at < window.end:
            continue
        for i, p in enumerate(world.people):
            admin = bool(p.roles)
            records.append({
                "TimeGenerated": at + i, "AccountUPN": p.upn, "AccountDisplayName": p.name, "AccountName": p.upn.split("@")[0], "AccountDomain": p.tenant["domain"], "AccountObjectId": p.id,
                "AccountTenantId": p.tenant["id"], "TenantId": world.workspace_tenant, "GivenName": p.name.split(" ")[0], "Surname": p.name.split(" ", 1)[1], "Department": p.dept, "JobTitle": p.title,
                "City": p.office["city"], "Country": p.office["country_name"], "State": p.office["state"], "MailAddress": p.upn, "AssignedRoles": list(p.roles), "GroupMembership": [p.dept, "All Employees"],
                "IsAccountEnabled": not (p.name.startswith("Quinn") and at > world.now - 40 * HOUR), "IsMFARegistered": i % 7 != 4, "BlastRadius": "High" if admin else "Medium" if p.k8s else "Low", "RiskLevel": "High" if p.name.startswith("Quinn") else "None", "RiskState": "AtRisk" if p.name.startswith("Quinn") else "None",
                "InvestigationPriority": 7 if p.name.startswith(("Quinn", "Elif", "Jonas")) else i % 3, "Manager": world.people[1].upn, "UserType": "Member", "Tags": "[]", "SourceSystem": "UEBA", "AccountSID": f"S-1-5-21-1004336348-1177238915-682003330-{1100 + i}", "UserAccountControl": ["NormalAccount"], "ChangeSource": "AzureActiveDirectory", "IsServiceAccount": False,
            })  # fmt: skip
    if records:
        yield "IdentityInfo", rows_from("IdentityInfo", records)


_LOGONS = (
    ("LogonSuccess", "Kerberos", "", 70),
    ("LogonSuccess", "Ntlm", "", 14),
    ("LogonFailed", "Kerberos", "WrongPassword", 8),
    ("LogonFailed", "Ntlm", "AccountLocked", 2),
    ("LogonSuccess", "LdapCleartext", "", 2),
)
_CHANGES = (
    ("Account Password changed", 8),
    ("Group Membership changed", 6),
    ("Device Account Created", 2),
    ("Account Disabled changed", 2),
    ("SMB file copy", 6),
    ("Service creation", 1),
    ("Directory Services replication", 1),
)


def on_premises(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """IdentityLogonEvents, IdentityDirectoryEvents and BehaviorAnalytics."""
    world = window.world
    persons = world.people
    for table, monthly in (("IdentityLogonEvents", 1_500), ("IdentityDirectoryEvents", 500)):
        rng = window.rng(table)
        times = window.times(rng, monthly, "people")
        who = choose(rng, len(persons), len(times), [p.weight for p in persons])
        base: dict[str, Any] = {
            "Timestamp": times, "AccountUpn": pick([p.upn for p in persons], who), "AccountName": pick([p.upn.split("@")[0] for p in persons], who), "AccountDomain": pick([p.tenant["domain"] for p in persons], who), "AccountDisplayName": pick([p.name for p in persons], who), "AccountObjectId": pick([p.id for p in persons], who),
            "DeviceName": pick([f"{p.device}.{p.tenant['domain']}".lower() for p in persons], who), "IPAddress": pick([p.home["ip"] for p in persons], who), "Location": pick([p.office["country"] for p in persons], who), "DestinationDeviceName": pick(["dc01.contoso.com", "dc02.contoso.com"], who % 2), "Protocol": "", "ReportId": uuids(rng, len(times)), "Application": "Active Directory", "TenantId": world.workspace_tenant,
        }  # fmt: skip
        if table == "IdentityLogonEvents":
            kind = choose(rng, len(_LOGONS), len(times), [k[3] for k in _LOGONS])
            base |= {
                "ActionType": pick([k[0] for k in _LOGONS], kind),
                "Protocol": pick([k[1] for k in _LOGONS], kind),
                "FailureReason": pick([k[2] for k in _LOGONS], kind),
                "LogonType": "Credentials validation",
                "OSPlatform": pick([p.os for p in persons], who),
            }
        else:
            kind = choose(rng, len(_CHANGES), len(times), [k[1] for k in _CHANGES])
            base |= {
                "ActionType": pick([k[0] for k in _CHANGES], kind),
                "TargetAccountUpn": pick([p.upn for p in persons], (who + 3) % len(persons)),
                "TargetAccountDisplayName": pick([p.name for p in persons], (who + 3) % len(persons)),
            }
        yield table, _known(table, times, base)
    rng = window.rng("BehaviorAnalytics")
    times = window.times(rng, 500, "people")
    who = choose(rng, len(persons), len(times), [p.weight for p in persons])
    kinds = (
        ("SignInLogs", "Sign-in", "LogOn", "Azure AD"),
        ("SignInLogs", "Failed sign-in", "FailedLogOn", "Azure AD"),
        ("AuditLogs", "Add member to group", "UserManagement", "Azure AD"),
        ("AzureActivity", "List Storage Account Keys", "ResourceManagement", "Azure"),
    )
    kind = choose(rng, len(kinds), len(times), [10, 4, 2, 3])
    score = choose(rng, 11, len(times), [30, 12, 8, 5, 4, 3, 2, 1, 1, 0.6, 0.3]).astype(np.int32)
    yield "BehaviorAnalytics", Rows("BehaviorAnalytics", times).put(
        TenantId=world.workspace_tenant, SourceRecordId=uuids(rng, len(times)), EventSource=pick([k[3] for k in kinds], kind), EventVendor="Microsoft", NativeTableName=pick([k[0] for k in kinds], kind), ActionType=pick([k[1] for k in kinds], kind), ActivityType=pick([k[2] for k in kinds], kind),
        UserName=pick([p.upn.split("@")[0] for p in persons], who), UserPrincipalName=pick([p.upn for p in persons], who), SourceIPAddress=pick([p.home["ip"] for p in persons], who), SourceIPLocation=pick([p.office["country_name"] for p in persons], who), SourceDevice=pick([p.device for p in persons], who), InvestigationPriority=score,
        UsersInsights=pick([text_json({"AccountDisplayName": p.name, "BlastRadius": "High" if p.roles else "Low", "IsDormantAccount": "False"}) for p in persons], who), DevicesInsights=text_json({"ThreatIntelIndicatorType": "", "Browser": "Edge", "OperatingSystem": "Windows 11"}),
        ActivityInsights=pick([text_json({"FirstTimeUserConnectedFromCountry": str(s > 6), "CountryUncommonlyConnectedFromAmongPeers": str(s > 4), "ActionUncommonlyPerformedByUser": str(s > 3)}) for s in range(11)], score), TimeProcessed=times + 10 * MINUTE, SourceSystem="Azure",
    ).arrow()  # fmt: skip
