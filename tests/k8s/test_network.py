"""Pods reach exactly the pods that they need: the policies, worked out, are compared with each part's settings."""

from __future__ import annotations

from typing import Any, TypeAlias
from urllib.parse import urlsplit

import pytest
from manifests import Manifests, of_kind, pods, variables

from lapor.system.installation import SERVICES

#: From, to, port.
Edge: TypeAlias = tuple[str, str, int]
Labels: TypeAlias = dict[str, str]
KAFKA, USERS = "kafka", "user operator"
#: Other namespaces with access, by the label that Kubernetes gives each.
OTHERS = ("keda", "monitoring", "cnpg-system", "ingress-nginx", "kube-system", "default")
PORTS = (53, 443, 5432, 6443, 8000, 8080, 8081, 9090, 9091, 9092, 9095, 13013)
_DATABASES = [f"{service.name}-db" for service in SERVICES if service.database]


@pytest.fixture(scope="module")
def labels(rendered: Manifests) -> dict[str, Labels]:
    """The labels of every pod in the namespace: ours, and those that the operators make."""
    return {
        **{name: pod["metadata"]["labels"] for name, pod in pods(rendered).items()},
        **{name: {"cnpg.io/cluster": name} for name in of_kind(rendered, "Cluster")},
        KAFKA: {"strimzi.io/cluster": "lapor", "strimzi.io/name": "lapor-kafka"},
        USERS: {"strimzi.io/cluster": "lapor", "strimzi.io/name": "lapor-entity-operator"},
    }


@pytest.fixture(scope="module")
def policies(rendered: Manifests) -> list[dict[str, Any]]:
    """Our policies, and the one that Strimzi makes from the listeners' peers."""
    brokers = {"podSelector": {"matchLabels": {"strimzi.io/name": "lapor-kafka"}}}
    cluster = {"podSelector": {"matchLabels": {"strimzi.io/cluster": "lapor"}}}
    listeners = [
        {"ports": [{"port": it["port"]}]} | ({"from": it["networkPolicyPeers"]} if "networkPolicyPeers" in it else {})
        for it in rendered["Kafka", "lapor"]["spec"]["kafka"]["listeners"]
    ]
    ingress = [
        {"from": [brokers], "ports": [{"port": 9090}]},
        {"from": [cluster], "ports": [{"port": 9091}]},
        *listeners,
    ]
    made = {**brokers, "policyTypes": ["Ingress"], "ingress": ingress}
    return [*(it["spec"] for it in of_kind(rendered, "NetworkPolicy").values()), made]


def _selects(selector: dict[str, Any], labels: Labels) -> bool:
    assert selector.keys() <= {"matchLabels", "matchExpressions"}, "this test knows no other selector"
    wanted: Labels = selector.get("matchLabels", {})
    among = selector.get("matchExpressions", [])
    assert {"In"} >= {each["operator"] for each in among}, "this test knows no other operator"
    return wanted.items() <= labels.items() and all(labels.get(each["key"]) in each["values"] for each in among)


def _is_peer(peer: dict[str, Any], labels: Labels, namespace: str) -> bool:
    """Whether ``peer`` is a pod with ``labels``. A peer without a namespace is one of the policy's own."""
    if "ipBlock" in peer:
        return False
    spaces = peer.get("namespaceSelector", {"matchLabels": {"kubernetes.io/metadata.name": "lapor"}})
    return _selects(spaces, {"kubernetes.io/metadata.name": namespace}) and _selects(
        peer.get("podSelector", {}), labels
    )


def _allows(
    policies: list[dict[str, Any]], way: str, pod: Labels, other: Labels, port: int, namespace: str = "lapor"
) -> bool:
    """Whether ``pod`` may be reached by ``other`` (``way`` is "ingress"), or reach it ("egress"), at ``port``."""
    side = "from" if way == "ingress" else "to"
    return any(
        port in [each["port"] for each in rule.get("ports", [])]
        and (side not in rule or any(_is_peer(peer, other, namespace) for peer in rule[side]))
        for policy in policies
        if _selects(policy["podSelector"], pod)
        for rule in policy.get(way, [])
    )


def _told(rendered: Manifests) -> set[Edge]:
    """Return the connections in each part's settings."""
    edges = set()
    for name, pod in pods(rendered).items():
        told = variables(pod["spec"]["containers"][0])
        edges.add((name, KAFKA, 9092))
        if "DATABASE_URL" in told:
            edges.add((name, f"{name}-db", 5432))
        for key in told.keys() & {"PROBE_WEB_URL", "PROBE_SMS_URL", "DESK_COUNTER_URL"}:
            url = urlsplit(told[key]["value"])
            edges.add((name, str(url.hostname), int(url.port or 0)))
    return edges


def test_nobody_may_anything_unless_it_is_said(rendered: Manifests) -> None:
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} == rendered["NetworkPolicy", "nobody"]["spec"]


@pytest.mark.parametrize("way", ["ingress", "egress"])
def test_inside_there_are_the_ways_that_are_needed_and_no_other(
    way: str, rendered: Manifests, labels: dict[str, Labels], policies: list[dict[str, Any]]
) -> None:
    """Seen from the server's end and from the client's: each end by itself excludes all others."""
    among_themselves = {(name, name, port) for name in _DATABASES for port in (5432, 8000)}
    brokers = {(KAFKA, KAFKA, 9090), (KAFKA, KAFKA, 9091), (USERS, KAFKA, 9091)}
    wanted = _told(rendered) | among_themselves | brokers
    if way == "egress":
        wanted |= {(USERS, KAFKA, 9090)}  # one policy holds for both, and the brokers let only brokers in there

    found = {
        (one, other, port)
        for one, its in labels.items()
        for other, others in labels.items()
        for port in {port for _, _, port in wanted}
        if _allows(policies, way, *((others, its) if way == "ingress" else (its, others)), port)
    }

    assert wanted == found


def test_from_other_namespaces_come_those_who_must(labels: dict[str, Labels], policies: list[dict[str, Any]]) -> None:
    found = {
        (namespace, name, port)
        for namespace in OTHERS
        for name, its in labels.items()
        for port in PORTS
        if port != 9095 and _allows(policies, "ingress", its, {}, port, namespace)
    }

    assert found == {
        ("keda", "prober", 8000),
        ("ingress-nginx", "intake-web", 8080),
        ("ingress-nginx", "unit-desk", 8080),
        *(("monitoring", service.name, 8000) for service in SERVICES),
        *(("cnpg-system", name, port) for name in _DATABASES for port in (5432, 8000)),
    }


def test_units_come_by_their_own_listener_from_anywhere(
    labels: dict[str, Labels], policies: list[dict[str, Any]]
) -> None:
    ports = [port for port in PORTS if _allows(policies, "ingress", labels[KAFKA], {}, port, "elsewhere")]

    assert [9095] == ports


def test_everybody_asks_for_names_and_only_operators_pods_ask_kubernetes(
    labels: dict[str, Labels], policies: list[dict[str, Any]]
) -> None:
    dns = {"k8s-app": "kube-dns"}
    names = {name for name, its in labels.items() if _allows(policies, "egress", its, dns, 53, "kube-system")}
    anywhere = {
        (name, port)
        for name, its in labels.items()
        for port in PORTS
        if _allows(policies, "egress", its, {}, port, "elsewhere")
    }

    assert labels.keys() == names
    assert {(name, port) for name in (KAFKA, USERS, *_DATABASES) for port in (443, 6443)} == anywhere


def test_out_of_the_cluster_go_the_intakes_and_the_desk_to_webhooks(
    labels: dict[str, Labels], policies: list[dict[str, Any]]
) -> None:
    def blocks(way: str, side: str) -> set[tuple[str, str, int]]:
        return {
            (name, peer["ipBlock"]["cidr"], port["port"])
            for policy in policies
            for rule in policy.get(way, [])
            for peer in rule.get(side, [])
            if "ipBlock" in peer
            for port in rule["ports"]
            for name, its in labels.items()
            if _selects(policy["podSelector"], its)
        }

    gateway = "192.0.2.17/32"
    mail = {(service, "192.0.2.25/32", port) for service in ("intake-web", "unit-desk") for port in (465, 587)}
    sms = {(service, gateway, 13013) for service in ("intake-sms", "intake-web", "unit-desk")}
    anywhere = {(name, "0.0.0.0/0", 443) for name in ("intake-social", "unit-desk")}
    assert {*sms, *mail, *anywhere} == blocks("egress", "to")
    assert {("intake-sms", gateway, 8081)} == blocks("ingress", "from")
