"""The packages of each service are listed, each with a licence that allows its use here."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


@pytest.fixture(scope="module")
def sbom(root: Path) -> Any:
    """The program behind `make sbom`."""
    spec = spec_from_file_location("sbom", root / "deploy" / "sbom.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def build(sbom: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that it writes."""
    out = tmp_path_factory.mktemp("build")
    sbom.main(out)
    return out


@pytest.fixture(scope="module")
def pinned(root: Path) -> dict[str, set[tuple[str, str]]]:
    """Names and versions by service, for any machine."""
    files = [path for path in root.glob("requirements/*.txt") if path.stem not in ("dev", "uv")]
    pins = re.compile(r"^([\w.-]+)==([^ ;]+)", re.MULTILINE)
    return {path.stem: set(pins.findall(path.read_text())) for path in files}


def test_every_service_has_a_list_of_all_that_is_pinned_for_it(
    build: Path, pinned: dict[str, set[tuple[str, str]]], services: list[Any]
) -> None:
    listed = {
        path.name.removesuffix(".cdx.json"): {(each["name"], each["version"]) for each in _parts(path)}
        for path in build.glob("*.cdx.json")
    }

    assert {*(service.name for service in services), "lapor"} == listed.keys()
    assert pinned == listed


def test_the_lists_are_what_other_programs_expect(build: Path) -> None:
    """Testing one is enough: all come from the same lines, and validating takes seconds."""
    assert None is JsonStrictValidator(SchemaVersion.V1_6).validate_str((build / "lapor.cdx.json").read_text())


def test_every_part_has_a_licence_and_none_is_denied(
    build: Path, pinned: dict[str, set[tuple[str, str]]], sbom: Any
) -> None:
    for service, pins in pinned.items():
        rows = (build / f"{service}.licences.txt").read_text().splitlines()
        licences = dict(row.split(": ", 1) for row in rows)

        assert {f"{name} {version}" for name, version in pins} == licences.keys()
        assert {} == {part: said for part, said in licences.items() if not said or sbom.is_denied(said)}, service


@pytest.mark.parametrize(
    ("licence", "denied"),
    [
        ("MIT", False),
        ("LGPL-3.0-only", False),
        ("GPL-2.0-only", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("MIT AND (Apache-2.0 OR AGPL-3.0-or-later)", True),
        ("BSD-3-Clause, License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        ("License :: OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)", False),
        ("License :: Other/Proprietary License", True),
    ],
)
def test_a_licence_that_binds_whoever_runs_the_system_is_denied(licence: str, denied: bool, sbom: Any) -> None:
    assert denied == sbom.is_denied(licence)


def test_no_list_names_a_registry(build: Path) -> None:
    hosts = re.compile("|".join(["pypi" + r"\.org", "python" + r"hosted", "maven\\.org", "https?://(?!cyclonedx.org)"]))

    assert {} == {path.name: found for path in build.iterdir() if (found := hosts.findall(path.read_text()))}


def test_all_of_ours_is_under_one_licence(root: Path) -> None:
    projects = [root / "pyproject.toml", *root.glob("*/pyproject.toml"), *root.glob("*/*/pyproject.toml")]
    stated = {
        str(path.relative_to(root)): tomllib.loads(path.read_text())["project"].get("license") for path in projects
    }

    assert len(stated) > 10
    assert dict.fromkeys(stated, "Apache-2.0") == stated
    assert "Apache License\n                           Version 2.0" in (root / "LICENSE").read_text()


def _parts(path: Path) -> list[dict[str, str]]:
    parts: list[dict[str, str]] = json.loads(path.read_text())["components"]
    return parts
