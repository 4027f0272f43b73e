"""Places panels on Grafana's grid of 24 columns, and turns a dashboard into the JSON that Grafana reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

COLUMNS = 24
#: Constants of each dashboard that links begin with. Grafana's start script puts in the installation's addresses.
PLACES = {"desk": "http://127.0.0.1:17083", "docs": "/public/lapor"}
#: The version of the classic dashboard form in Grafana 13, which migrates older ones when it opens them.
SCHEMA_VERSION = 42
#: Options that the SDK does not know yet, and Grafana 13 requires.
_NEWER_OPTIONS = {
    "bargauge": {
        "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []},
        "namePlacement": "left",
        "sizing": "auto",
        "maxVizHeight": 40,
    },
    "stat": {"showPercentChange": False, "percentChangeColorMode": "standard", "wideLayout": True},
}


@dataclass(frozen=True)
class Row:
    """Panels side by side under a heading, ``height`` units of 30 pixels high, equally wide without ``widths``."""

    title: str
    height: int
    panels: Sequence[Any]
    widths: Sequence[int] = ()


@dataclass(frozen=True)
class Choice:
    """A variable of a dashboard that its viewer chooses from the values of ``query``."""

    name: str
    label: str
    query: str


@dataclass(frozen=True, kw_only=True)
class Board:
    """One dashboard; ``since``: the start of its initial time range."""

    uid: str
    title: str
    about: str
    since: str
    rows: Sequence[Row]
    choices: Sequence[Choice] = ()


def as_json(board: Board, others: Sequence[Board]) -> dict[str, Any]:
    """Return ``board`` in Grafana's classic form, with links to ``others``."""
    built = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.about)
        .tags(["lapor"])
        .readonly()
        .refresh("30s")
        .time(board.since, "now")
        .timezone("browser")
        .with_variable(dashboard.DatasourceVariable("datasource").label("Sumber data").type("prometheus"))
    )
    for name, address in PLACES.items():
        built = built.with_variable(dashboard.ConstantVariable(name).value(address))
    for choice in board.choices:
        built = built.with_variable(_variable(choice))
    for other in others:
        link = dashboard.DashboardLink(other.title).type(models.DashboardLinkType.LINK)
        built = built.link(link.url(f"/d/{other.uid}").icon("dashboard").tooltip(other.about).keep_time(False))
    top = number = 0
    for row in board.rows:
        number += 1
        built = built.with_row(dashboard.Row(row.title).id(number).grid_pos(_place(0, top, COLUMNS, 1)))
        left, top = 0, top + 1
        for panel, width in zip(row.panels, _widths(row), strict=True):
            number += 1
            built = built.with_panel(panel.id(number).grid_pos(_place(left, top, width, row.height)))
            left += width
        top += row.height
    plain = json.loads(json.dumps(built.build(), cls=JSONEncoder))
    return {**_as_of_today(_without_nothing(plain)), "schemaVersion": SCHEMA_VERSION}


def _variable(choice: Choice) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(choice.name)
        .label(choice.label)
        .datasource(models.DataSourceRef(type_val="prometheus", uid="${datasource}"))
        .query(choice.query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(False)
        .include_all(False)
    )


def _widths(row: Row) -> Sequence[int]:
    return row.widths or [COLUMNS // len(row.panels)] * len(row.panels)


def _place(x: int, y: int, w: int, h: int) -> models.GridPos:
    return models.GridPos(x=x, y=y, w=w, h=h)


def _without_nothing(value: Any) -> Any:
    """Leave out nulls, except that of a first threshold, which Grafana requires."""
    if isinstance(value, dict):
        return {
            name: _without_nothing(each)
            for name, each in value.items()
            if each is not None or (name == "value" and "color" in value)
        }
    return [_without_nothing(each) for each in value] if isinstance(value, list) else value


def _as_of_today(document: dict[str, Any]) -> dict[str, Any]:
    """Convert the SDK's output, which is for Grafana 10, to the form of Grafana 13."""
    variables = [_but(each, "auto", "auto_count", "auto_min", "id") for each in document["templating"]["list"]]
    # Constants stay out of a dashboard's URL, so that a shared URL can't change where links lead.
    variables = [{**each, "skipUrlSync": each["type"] == "constant"} for each in variables]
    panels = [{**each, "options": _options(each)} if "options" in each else each for each in document["panels"]]
    return {**_but(document, "style"), "templating": {"list": variables}, "panels": panels}


def _options(panel: dict[str, Any]) -> dict[str, Any]:
    return {**_but(panel["options"], "footer"), **_NEWER_OPTIONS.get(panel["type"], {})}


def _but(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
