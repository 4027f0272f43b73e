"""The dashboards in their files, and the expressions of their panels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parents[1] / "dashboards"
DOCUMENTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))
}
Panel = dict[str, Any]


class Asked(NamedTuple):
    """An expression of a panel with the dashboard's variables filled in, or the query of a variable."""

    where: str
    expr: str
    panel: Panel
    instant: bool


def panels(document: dict[str, Any]) -> list[Panel]:
    """List the panels of ``document`` without the headings of rows."""
    return [panel for panel in document["panels"] if panel["type"] != "row"]


def links(panel: Panel) -> list[str]:
    """List the addresses that figures of ``panel`` link to."""
    config = panel["fieldConfig"]
    own = [
        one for each in config["overrides"] for it in each["properties"] if it["id"] == "links" for one in it["value"]
    ]
    return [link["url"] for link in [*config["defaults"].get("links", []), *own]]


def asked() -> Iterator[Asked]:
    """Yield every expression of every dashboard."""
    for uid, document in DOCUMENTS.items():
        for panel in panels(document):
            for target in panel["targets"]:
                where = f"{uid}: {panel['title']} {target['refId']}"
                yield Asked(where, filled_in(target["expr"]), panel, target.get("instant", False))


def filled_in(expr: str) -> str:
    """Fill in the variables as for a viewer of the last hours."""
    return expr.replace("$__rate_interval", "30m").replace("$unit", "PUPR")
