"""No pod has more rights than it needs, each has probes, and everything that it names exists."""

from __future__ import annotations

from typing import Any

import pytest
from manifests import Manifest, Manifests, containers, of_kind, pods, variables

from chassis.metrics import Health
from lapor.system.installation import SERVICES

NOTHING = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
SECCOMP = {"type": "RuntimeDefault"}


def test_the_namespace_takes_restricted_pods_only(rendered: Manifests) -> None:
    labels = rendered["Namespace", "lapor"]["metadata"]["labels"]

    assert "restricted" == labels["pod-security.kubernetes.io/enforce"]
    assert {"lapor"} == {it["metadata"].get("namespace", "lapor") for it in rendered.values()}


def test_our_pods_may_nothing(rendered: Manifests) -> None:
    for name, pod in pods(rendered).items():
        spec = pod["spec"]
        user = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001}

        assert user | {"seccompProfile": SECCOMP} == spec["securityContext"], name
        assert (False, False) == (spec["automountServiceAccountToken"], spec["enableServiceLinks"]), name
        for container in containers(pod):
            assert NOTHING | {"readOnlyRootFilesystem": True} == container["securityContext"], container["name"]
            assert {"requests", "limits"} == container["resources"].keys()
            assert all({"cpu", "memory"} == it.keys() for it in container["resources"].values()), container["name"]


def test_the_brokers_and_their_operator_may_not_more(rendered: Manifests) -> None:
    spec = rendered["Kafka", "lapor"]["spec"]
    kafka, users = spec["kafka"]["template"], spec["entityOperator"]["template"]

    for template, container in ((kafka, "kafkaContainer"), (users, "userOperatorContainer")):
        pod = template["pod"]["securityContext"]
        assert (True, SECCOMP) == (pod["runAsNonRoot"], pod["seccompProfile"])
        assert NOTHING == template[container]["securityContext"]


def test_every_process_is_asked_what_it_answers(rendered: Manifests) -> None:
    health = Health()
    for service in SERVICES:
        (container,) = pods(rendered)[service.name]["spec"]["containers"]
        asked = {probe: container[f"{probe}Probe"]["httpGet"] for probe in ("startup", "liveness", "readiness")}

        assert {"startup": "live", "liveness": "live", "readiness": "ready"} == {
            probe: get["path"].removeprefix("/") for probe, get in asked.items()
        }
        assert {"health"} == {get["port"] for get in asked.values()}
        assert all(health.failing(get["path"][1:]) == [] for get in asked.values())
        assert str(_port(container, "health")) == variables(container)["HTTP_PORT"]["value"]


def _port(container: Manifest, name: str) -> int:
    (port,) = (int(it["containerPort"]) for it in container["ports"] if it["name"] == name)
    return port


def test_disruption_budget_takes_one_pod_of_a_service_at_a_time(rendered: Manifests) -> None:
    budgets = of_kind(rendered, "PodDisruptionBudget")

    assert of_kind(rendered, "StatefulSet").keys() == budgets.keys()
    for name, it in budgets.items():
        assert {"maxUnavailable": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": name}}} == it["spec"]


def test_each_selector_matches_its_own_pod_only(rendered: Manifests) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(rendered).items()}
    selectors: list[tuple[str, dict[str, str]]] = [
        *((name, it["spec"]["selector"]["matchLabels"]) for name, it in of_kind(rendered, "StatefulSet").items()),
        *((name, it["spec"]["selector"]["matchLabels"]) for name, it in of_kind(rendered, "Deployment").items()),
        *((name, it["spec"]["selector"]) for name, it in of_kind(rendered, "Service").items() if name != "gateway"),
        ("intake-sms", rendered["Service", "gateway"]["spec"]["selector"]),
    ]

    for name, selector in selectors:
        assert [name] == [pod for pod, its in labels.items() if selector.items() <= its.items()]


@pytest.mark.parametrize("kind", ["secret", "configMap", "persistentVolumeClaim"])
def test_secrets_settings_and_volumes_of_pods_exist(kind: str, rendered: Manifests) -> None:
    """It is ours, or made by Strimzi and CloudNativePG from our declarations."""
    databases = of_kind(rendered, "Cluster")
    there = {
        "secret": {
            "secrets",
            "lapor-cluster-ca-cert",
            *(f"{name}-{what}" for name in databases for what in ("app", "ca")),
        },
        "configMap": {"settings"},
        "persistentVolumeClaim": set(of_kind(rendered, "PersistentVolumeClaim")),
    }
    named = {
        _name(volume[kind]) for pod in pods(rendered).values() for volume in pod["spec"]["volumes"] if kind in volume
    }
    for pod in pods(rendered).values():
        projected = [source for it in pod["spec"]["volumes"] for source in it.get("projected", {}).get("sources", [])]
        named |= {source[kind]["name"] for source in projected if kind in source}
        for container in containers(pod):
            refs = [each.get("valueFrom", {}) for each in variables(container).values()]
            named |= {ref[f"{kind}KeyRef"]["name"] for ref in refs if f"{kind}KeyRef" in ref}
            mounted, volumes = container["volumeMounts"], {it["name"] for it in pod["spec"]["volumes"]}
            assert {it["name"] for it in mounted} <= volumes

    assert there[kind] == named


def _name(volume: dict[str, Any]) -> str:
    return str(volume.get("secretName") or volume.get("claimName") or volume.get("name"))


def test_a_service_that_is_named_by_another_is_there(rendered: Manifests) -> None:
    for name, it in of_kind(rendered, "StatefulSet").items():
        assert ("Service", it["spec"]["serviceName"]) in rendered, name
    (rule,) = rendered["Ingress", "website"]["spec"]["rules"]
    for path in rule["http"]["paths"]:
        backend = path["backend"]["service"]
        ports = {it["name"] for it in rendered["Service", backend["name"]]["spec"]["ports"]}
        assert backend["port"]["name"] in ports
