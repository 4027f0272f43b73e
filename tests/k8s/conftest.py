"""deploy/k8s as the cluster gets it: rendered by kustomize, with the example secrets."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
from manifests import ROOT, Manifest, Manifests

from testing.programs import program


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Manifests:
    """Every manifest of the overlay, by kind and name."""
    kubectl = program("kubectl", debian="kubernetes-client")
    folder = tmp_path_factory.mktemp("k8s")
    shutil.copytree(ROOT / "deploy" / "k8s", folder, dirs_exist_ok=True)
    overlay = folder / "overlays" / "soppeng"
    shutil.copy(overlay / "secrets.env.example", overlay / "secrets.env")
    done = subprocess.run([kubectl, "kustomize", str(overlay)], capture_output=True, text=True, timeout=120)
    assert (0, "") == (done.returncode, done.stderr)
    found: list[Manifest] = list(yaml.safe_load_all(done.stdout))
    return {(it["kind"], it["metadata"]["name"]): it for it in found}


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    """The services of docker-compose.yml."""
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return services
