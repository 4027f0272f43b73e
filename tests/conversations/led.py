"""The conversations of the files beside this one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent
REGION = _HERE.parents[1] / "region" / "soppeng"


@cache
def conversations() -> dict[str, Any]:
    """Return all conversations by name, as ``README.md`` describes them."""
    files = sorted(_HERE.glob("*.yaml"))
    found = [each for path in files for each in yaml.safe_load(path.read_text(encoding="utf-8"))]
    return {each["name"]: each for each in found}
