"""What the tests of this folder ask of manifests."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

ROOT = Path(__file__).parents[2]
OVERLAY = ROOT / "deploy" / "k8s" / "overlays" / "soppeng"
Manifest: TypeAlias = dict[str, Any]
Manifests: TypeAlias = dict[tuple[str, str], Manifest]


def of_kind(rendered: Manifests, *kinds: str) -> dict[str, Manifest]:
    """Give the manifests of ``kinds`` by name."""
    return {name: it for (kind, name), it in rendered.items() if kind in kinds}


def pods(rendered: Manifests) -> dict[str, Manifest]:
    """Give the pod template of each part that is ours."""
    return {name: it["spec"]["template"] for name, it in of_kind(rendered, "StatefulSet", "Deployment").items()}


def containers(pod: Manifest) -> list[Manifest]:
    """Give all containers of a pod, those that run before it included."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def variables(container: Manifest) -> dict[str, Manifest]:
    """Give the environment of a container by name, in its order."""
    return {each["name"]: each for each in container.get("env", [])}


def file_of_variables(path: Path) -> dict[str, str]:
    """Read a file of lines NAME=VALUE."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)
