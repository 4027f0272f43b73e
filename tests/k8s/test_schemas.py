"""Each manifest is valid by the schema of its kind: from Kubernetes, Strimzi, CloudNativePG and KEDA."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from manifests import ROOT, Manifest, Manifests

SCHEMAS = [json.loads(path.read_text()) for path in (ROOT / "deploy" / "k8s" / "schemas").glob("*.json")]


def _faults(manifest: Manifest) -> list[str]:
    """Return the faults of ``manifest``, by the schema of its version and kind."""
    (schema,) = (each for each in SCHEMAS if _kind(manifest) in each["$defs"])
    found = Draft202012Validator({**schema, "$ref": f"#/$defs/{_kind(manifest)}"}).iter_errors(manifest)
    return [f"{manifest['metadata']['name']} {error.json_path}: {error.message[:200]}" for error in found]


def _kind(manifest: Manifest) -> str:
    return f"{manifest['apiVersion']}.{manifest['kind']}".replace("/", ".")


def test_every_manifest_has_the_form_of_its_kind(rendered: Manifests) -> None:
    assert len(rendered) > 60
    assert [] == [fault for manifest in rendered.values() for fault in _faults(manifest)]


def test_there_is_a_schema_for_each_kind_and_no_other(rendered: Manifests) -> None:
    known = [name for schema in SCHEMAS for name in schema["$defs"] if not name.isdigit()]

    assert sorted({_kind(it) for it in rendered.values()}) == sorted(known)


def test_a_field_that_its_kind_does_not_have_is_found(rendered: Manifests) -> None:
    for manifest in {_kind(it): it for it in rendered.values()}.values():
        wrong = copy.deepcopy(manifest)
        wrong.get("spec", wrong)["replcias"] = 3

        assert _faults(wrong), _kind(manifest)


@pytest.mark.parametrize(
    ("kind", "name", "place", "value"),
    [
        ("StatefulSet", "router", "template/spec/containers/0/readinesProbe", {}),
        ("StatefulSet", "router", "template/spec/containers/0/readinessProbe/httpGet/port", [8000]),
        ("Deployment", "prober", "template/spec/securityContext/seccompProfile/typ", "RuntimeDefault"),
        ("NetworkPolicy", "nobody", "policyTypes", "Egress"),
        ("Kafka", "lapor", "kafka/listeners/0/tsl", True),
        ("Kafka", "lapor", "kafka/listeners/0/type", "inside"),
        ("KafkaNodePool", "brokers", "roles", ["brokr"]),
        ("KafkaUser", "broker", "authentication/password/valueFrom/secretKeyRef/keys", "X"),
        ("Cluster", "router-db", "postgresql/synchronous/nubmer", 1),
        ("Cluster", "router-db", "postgresql/synchronous/method", "all"),
        ("Cluster", "router-db", "instances", "3"),
        ("ScaledObject", "router", "fallback/replica", 2),
        ("ScaledObject", "router", "triggers/0/metadata/targetValue", 30),
        ("Ingress", "website", "rules/0/http/paths/0/pathtype", "Prefix"),
    ],
)
def test_fault_in_a_manifest_is_found_at_any_depth(
    kind: str, name: str, place: str, value: Any, rendered: Manifests
) -> None:
    manifest = copy.deepcopy(rendered[kind, name])
    *way, last = place.split("/")
    at: Any = manifest["spec"]
    for step in way:
        at = at[int(step)] if step.isdigit() else at[step]
    at[last] = value

    (fault, *_) = _faults(manifest)

    assert "/".join(way).replace("/", "") in fault.replace(".", "").replace("[", "").replace("]", "")
