"""Writes each service's parts as a CycloneDX SBOM and their licences as a list: `make sbom`.

The parts are the pins of requirements/SERVICE.txt, whatever machine they are for; the licences are those that the
distributions in this environment declare, corrected by licences.yaml.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
RULES: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "licences.yaml").read_text())
OURS = "Apache-2.0"


def main(out: Path) -> None:
    """Write SERVICE.cdx.json and SERVICE.licences.txt into ``out`` for every service and `lapor`."""
    out.mkdir(parents=True, exist_ok=True)
    licences = {_name(each): each.get("licenses", []) for each in _cyclonedx("environment", sys.prefix)["components"]}
    licences |= {name: [_licence(stated)] for name, stated in RULES["stated"].items()}
    for pins in sorted((ROOT / "requirements").glob("*.txt")):
        if pins.stem in ("dev", "uv"):
            continue
        parts = _cyclonedx("requirements", str(pins))
        _complete(parts, pins.stem, licences)
        (out / f"{pins.stem}.cdx.json").write_text(json.dumps(parts, indent=1) + "\n")
        rows = sorted(f"{each['name']} {each['version']}: {said(each)}\n" for each in parts["components"])
        (out / f"{pins.stem}.licences.txt").write_text("".join(rows))


def said(component: dict[str, Any]) -> str:
    """Join the licences of a component in one line; empty if they are unknown."""
    each = [entry.get("expression") or _of(entry["license"]) for entry in component.get("licenses", [])]
    return ", ".join(each)


def is_denied(licence: str) -> bool:
    """Whether ``licence``, one line of ``said``, has a part that licences.yaml denies."""
    return any(
        part.startswith(tuple(RULES["denied"])) and " WITH " not in part
        for part in re.split(r", | AND | OR ", licence.replace("(", "").replace(")", ""))
    )


def _complete(parts: dict[str, Any], service: str, licences: dict[str, list[Any]]) -> None:
    """Add the service that they belong to and the licences; remove the registry that they came from."""
    own = {"type": "application", "bom-ref": service, "name": service, "licenses": [_licence(OURS)]}
    parts["metadata"]["component"] = own
    for each in (*parts["components"], *parts["metadata"]["tools"]["components"]):
        each.pop("externalReferences", None)
        each.pop("description", None)
    for each in parts["components"]:
        each["licenses"] = licences.get(_name(each), [])


def _cyclonedx(source: str, of: str) -> dict[str, Any]:
    command = [
        str(Path(sys.executable).with_name("cyclonedx-py")),
        source,
        of,
        "--output-reproducible",
        "--no-validate",
    ]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - a tool of this environment
    if done.returncode:
        sys.exit(f"cyclonedx-py {source} {of}: {done.stderr[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _licence(expression: str) -> dict[str, Any]:
    return {"expression": expression} if " " in expression else {"license": {"id": expression}}


def _of(licence: dict[str, str]) -> str:
    return licence.get("id") or licence["name"]


def _name(component: dict[str, Any]) -> str:
    return re.sub(r"[-_.]+", "-", component["name"]).lower()


if __name__ == "__main__":
    main(ROOT / "build")
