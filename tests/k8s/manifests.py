"""Queries on manifests, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

ROOT = Path(__file__).parents[2]
OVERLAY = ROOT / "deploy" / "k8s" / "overlays" / "soppeng"
Manifest: TypeAlias = dict[str, Any]
Manifests: TypeAlias = dict[tuple[str, str], Manifest]


def of_kind(rendered: Manifests, *kinds: str) -> dict[str, Manifest]:
    """Return the manifests of ``kinds`` by name."""
    return {name: it for (kind, name), it in rendered.items() if kind in kinds}


def pods(rendered: Manifests) -> dict[str, Manifest]:
    """Return the pod template of each part of ours."""
    return {name: it["spec"]["template"] for name, it in of_kind(rendered, "StatefulSet", "Deployment").items()}


def containers(pod: Manifest) -> list[Manifest]:
    """Return all containers of a pod, including its init containers."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def variables(container: Manifest) -> dict[str, Manifest]:
    """Return the environment of a container by name, in its order."""
    return {each["name"]: each for each in container.get("env", [])}


def file_of_variables(path: Path) -> dict[str, str]:
    """Read a file of lines NAME=VALUE."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)
