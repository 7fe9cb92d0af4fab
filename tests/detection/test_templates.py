"""The shipped rules are valid, find what they should in rows and in real Kubernetes events, and leave the rest alone."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dashboard.detection import testing
from dashboard.detection.moments import to_micros
from dashboard.detection.raise_alerts import triggers
from dashboard.detection.rows import RowTables
from dashboard.detection.rules import Rule, load_rules
from dashboard.detection.rules.check import check_query, known_catalog
from dashboard.detection.rules.durations import HOUR
from dashboard.detection.run import ask
from dashboard.detection.shipped import TEMPLATES, templates
from dashboard.engines.local import LocalEngine
from dashboard.ingest.schemas import known_tables
from tests.shared import SHARED

EVENTS = SHARED / "samples/k8s_audit/falco"


def test_every_template_is_valid_and_has_rows_that_must_fire_and_rows_that_must_not() -> None:
    catalog = known_catalog()
    assert len(templates()) >= 40
    assert len({template.rule.id for template in templates()}) == len(templates())
    for template in templates():
        (found,) = load_rules(TEMPLATES / f"{template.name}.yaml")
        problems = [*found.problems, *check_query(template.rule, catalog)]
        assert not problems, (template.name, problems)
        cases = json.dumps(_cases(template.name))
        assert '"alerts": 0' in cases, template.name
        assert '"alerts": 1' in cases, template.name


def _cases(name: str) -> Any:
    import yaml

    return yaml.safe_load((TEMPLATES / f"{name}.test.yaml").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("sample", ["a fifth", pytest.param("all", marks=pytest.mark.soak)])
def test_the_tests_beside_the_templates_pass(sample: str) -> None:
    bench = testing.Bench()
    files = testing.test_files([TEMPLATES])[:: 1 if sample == "all" else 5]
    results = [result for file in files for result in testing.run_tests(file, bench)]
    assert [(result.rule, result.case, result.failure) for result in results if result.failure] == []


# A real event, the rules that must flag it, and rules that must not.
FLAGGED = {
    "anonymous_creates_namespace_foo": ["aks-anonymous-request", "aks-namespace-by-stranger"],
    "attach_cluster_admin_role": ["aks-cluster-admin-binding"],
    "attach_pod": ["aks-attach-to-pod"],
    "create_cluster_role_pod_exec": ["aks-role-allows-exec"],
    "create_cluster_role_wildcard_resources": ["aks-wildcard-role"],
    "create_cluster_role_wildcard_verbs": ["aks-wildcard-role"],
    "create_cluster_role_write_privileges": ["aks-role-allows-writing"],
    "create_configmap_sensitive_values": ["aks-configmap-with-credentials"],
    "create_nginx_pod_hostnetwork": ["aks-host-namespaces"],
    "create_nginx_pod_no_secctx_1st_container_privileged_2nd_container": ["aks-privileged-pod"],
    "create_nginx_pod_privileged": ["aks-privileged-pod"],
    "create_nginx_pod_privileged_2nd_container": ["aks-privileged-pod"],
    "create_nginx_pod_sensitive_mount": ["aks-sensitive-mount", "aks-host-path-mount"],
    "create_nginx_pod_sensitive_mount_2nd_container": ["aks-sensitive-mount"],
    "create_nginx_service_nodeport": ["aks-service-exposed"],
    "create_pod_kube_public_namespace": ["aks-foreign-image-in-system-namespace"],
    "create_pod_kube_system_namespace": ["aks-foreign-image-in-system-namespace"],
    "create_serviceaccount_kube_public_namespace": ["aks-service-account-in-system-namespace"],
    "create_serviceaccount_kube_system_namespace": ["aks-service-account-in-system-namespace"],
    "delete_cluster_role_kube_aggregator": ["aks-system-role-changed"],
    "modify_cluster_role_node_problem_detector": ["aks-system-role-changed"],
    "exec_pod": ["aks-exec-into-pod"],
    "create_kube_system_secret": ["aks-token-secret-created"],
    "delete_namespace_foo": ["aks-namespace-by-stranger"],
}
BENIGN = (
    "create_nginx_pod_unprivileged", "create_nginx_pod_nohostnetwork", "create_nginx_service_nonodeport",
    "create_configmap_no_sensitive_values", "create_clusterrolebinding", "create_clusterrole", "create_deployment",
    "create_configmap", "create_secret", "create_service_account_token_secret", "create_service", "create_serviceaccount", "delete_configmap",
    "delete_deployment", "delete_secret", "delete_service", "delete_serviceaccount",
)  # fmt: skip
WATCHED = sorted(
    {name for names in FLAGGED.values() for name in names} | {"aks-dangerous-capabilities", "aks-mass-deletion"}
)


@cache
def _by_name() -> dict[str, Rule]:
    return {template.name: template.rule for template in templates()}


def _hits(engine: LocalEngine, rows: RowTables, event: Path, names: list[str]) -> list[str]:
    """Which of the rules flag the events of a file."""
    found = []
    lines = [json.loads(line) for line in event.read_text(encoding="utf-8").splitlines() if line.strip()]
    shown = [_row(line) for line in lines]
    rows.show({"AKSAudit": shown})
    last = max(row["TimeGenerated"] for row in shown)
    end = to_micros(last + dt.timedelta(minutes=5))
    for name in names:
        rule = replace(_by_name()[name], period=max(_by_name()[name].period, HOUR))
        if triggers(rule, len(ask(rule, end - rule.period, end, engine))):
            found.append(name)
    return found


def _row(event: dict[str, Any]) -> dict[str, Any]:
    at = event.get("stageTimestamp") or event.get("requestReceivedTimestamp") or event["timestamp"]
    return {
        "TimeGenerated": dt.datetime.fromisoformat(at.replace("Z", "+00:00")), "AuditId": event.get("auditID"),
        "Stage": event.get("stage"), "Verb": event.get("verb"), "User": event.get("user"), "SourceIps": event.get("sourceIPs"),
        "UserAgent": event.get("userAgent", ""), "ObjectRef": event.get("objectRef"), "RequestUri": event.get("requestURI"),
        "RequestObject": event.get("requestObject"), "ResponseStatus": event.get("responseStatus"),
    }  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("sample", ["a third", pytest.param("all", marks=pytest.mark.soak)])
def test_real_kubernetes_events_are_flagged_and_benign_ones_are_not(sample: str, tmp_path: Path) -> None:
    if not EVENTS.is_dir():
        pytest.skip("the real events beside the project are not here")
    rows = RowTables()
    engine = LocalEngine(tmp_path, known_tables(), [rows])
    missed = {
        name: sorted(set(wanted) - set(_hits(engine, rows, EVENTS / f"{name}.json", wanted)))
        for name, wanted in FLAGGED.items()
    }
    assert {name: rules for name, rules in missed.items() if rules} == {}
    every = 1 if sample == "all" else 3
    wrong = {
        name: _hits(engine, rows, EVENTS / f"{name}.json", WATCHED[i % every :: every]) for i, name in enumerate(BENIGN)
    }
    assert {name: rules for name, rules in wrong.items() if rules} == {}
