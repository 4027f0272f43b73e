"""The panels of dashboards: figures, lines, bars and lists, all in one style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

GREEN, AMBER, RED, BLUE = "#2E7D32", "#B26A00", "#C62828", "#1565C0"
#: The Prometheus that a variable of each dashboard selects.
DATASOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
#: The values at which a figure turns amber and red; None: never.
Limits = tuple[float | None, float | None]
CALM: Limits = (None, None)


class To(NamedTuple):
    """A link of a figure; ``url`` may contain the dashboard's variables."""

    title: str
    url: str


class Ask(NamedTuple):
    """An expression, the name of its result (a legend, or a column's heading), and perhaps the colour of a line."""

    expr: str
    name: str = ""
    colour: str = ""


class Column(NamedTuple):
    """A column of a list: its query and its look, ``width`` pixels wide. Its cells link ``to``."""

    ask: Ask
    unit: str = "short"
    limits: Limits = CALM
    less_is_worse: bool = False
    width: int = 90
    decimals: int = 0
    to: Sequence[To] = ()


class Label(NamedTuple):
    """A column of names; ``said`` has words for some of them, each with its colour (or "").

    It is ``width`` pixels wide, or as wide as there is room, but at least ``least``. Its cells link ``to``. A
    ``hidden`` column only serves other columns' links.
    """

    name: str
    heading: str
    said: Mapping[str, tuple[str, str]] = {}
    width: int = 0
    least: int = 0
    to: Sequence[To] = ()
    hidden: bool = False


def desk(query: str, title: str = "Daftarnya di meja unit") -> To:
    """Link to a list of the desk; ``query`` filters it."""
    return To(title, f"${{desk:raw}}/{query}")


def page(heading: str) -> To:
    """Link to the page of the runbook under ``heading``, given as in links: lower-case, with hyphens."""
    return To("Artinya, dan yang dilakukan", f"${{docs:raw}}/docs/runbook.md#{heading}")


def number(
    title: str, about: str, expr: str, *, unit: str = "short", limits: Limits = CALM, to: Sequence[To] = ()
) -> Any:
    """Show one large figure, which links ``to``. Its colour says whether somebody must look."""
    panel = (
        _begun(stat.Panel(), title, about)
        .with_target(_query(Ask(expr), "A"))
        .unit(unit)
        .no_value("0")
        .thresholds(_thresholds(limits))
        .color_mode(kinds.BigValueColorMode.BACKGROUND if limits != CALM else kinds.BigValueColorMode.NONE)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .reduce_options(_last())
        .orientation(kinds.VizOrientation.AUTO)
        .text_mode(kinds.BigValueTextMode.VALUE)
        .justify_mode(kinds.BigValueJustifyMode.CENTER)
    )
    if unit != "s":
        panel = panel.decimals(0)
    return panel.data_links(_links(to)) if to else panel


def lines(title: str, about: str, asks: Sequence[Ask], *, unit: str = "short", limits: Limits = CALM) -> Any:
    """Show figures over time."""
    panel = (
        _begun(timeseries.Panel(), title, about)
        .unit(unit)
        .min(0)
        .thresholds(_thresholds(limits))
        .thresholds_style(
            common.GraphThresholdsStyleConfig().mode(
                kinds.GraphTresholdsStyleMode.OFF if limits == CALM else kinds.GraphTresholdsStyleMode.DASHED
            )
        )
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC))
        .line_width(2)
        .fill_opacity(0 if any("{{" in ask.name for ask in asks) else 8)  # many areas would hide one another
        .show_points(kinds.VisibilityMode.NEVER)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(kinds.LegendDisplayMode.LIST)
            .placement(kinds.LegendPlacement.BOTTOM)
            .calcs([])
        )
        .tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI).sort(kinds.SortOrder.DESCENDING))
    )
    for ref, ask in zip("ABCDEFGH", asks, strict=False):
        panel = panel.with_target(_query(ask, ref, instant=False))
        if ask.colour:
            fixed = {"mode": "fixed", "fixedColor": ask.colour}
            panel = panel.override_by_name(ask.name, [models.DynamicConfigValue(id_val="color", value=fixed)])
    return panel


def bars(
    title: str,
    about: str,
    ask: Ask,
    *,
    unit: str = "short",
    limits: Limits = CALM,
    less_is_worse: bool = False,
    to: Sequence[To] = (),
) -> Any:
    """Compare present figures side by side; each bar links ``to``."""
    # Grafana makes room for the name with the most letters, but another may be wider: hence the spaces.
    panel = (
        _begun(bargauge.Panel(), title, about)
        .with_target(_query(ask._replace(name=f"{ask.name}    "), "A"))
        .unit(unit)
        .min(0)
        .thresholds(_thresholds(limits, less_is_worse))
        .display_mode(kinds.BarGaugeDisplayMode.BASIC)
        .orientation(kinds.VizOrientation.HORIZONTAL)
        .value_mode(kinds.BarGaugeValueMode.TEXT)
        .show_unfilled(True)
        .min_viz_height(16)
        .min_viz_width(8)
        .text(common.VizTextDisplayOptions().title_size(14).value_size(16))
        .reduce_options(_last())
    )
    return panel.data_links(_links(to)) if to else panel


def list_(title: str, about: str, columns: Sequence[Column], *, by: Sequence[Label], sort: str = "") -> Any:
    """List the results of ``columns``, a row for each value of the labels ``by``.

    It is sorted by the column ``sort``, descending if that begins with "-".
    """
    panel = (
        _begun(table.Panel(), title, about)
        .no_value("")
        .cell_height(kinds.TableCellHeight.SM)
        .show_header(True)
        .thresholds(_thresholds(CALM))
    )
    if sort:
        order = common.TableSortByFieldState().display_name(sort.removeprefix("-")).desc(sort.startswith("-"))
        panel = panel.sort_by([order])
    headings = {label.name: label.heading for label in by}
    shown = {label.name: at for at, label in enumerate(by)}
    for label in by:
        panel = panel.override_by_name(label.heading, _label_look(label))
    for at, (ref, column) in enumerate(zip("ABCDEFGH", columns, strict=False), len(by)):
        value = f"Value #{ref}" if len(columns) > 1 else "Value"
        headings[value], shown[value] = column.ask.name, at
        panel = panel.with_target(_query(column.ask, ref, rows=True)).override_by_name(column.ask.name, _look(column))
    panel = panel.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    arranged = {"excludeByName": {"Time": True}, "indexByName": shown, "renameByName": headings}
    return panel.with_transformation(models.DataTransformerConfig(id_val="organize", options=arranged))


class _Link:
    """Builds a figure's link in the SDK's interface; the SDK's own has fields that Grafana does not know there."""

    def __init__(self, to: To) -> None:
        self._to = to

    def build(self) -> Any:
        return self._to._asdict()


def _links(to: Sequence[To]) -> list[Any]:
    return [_Link(each) for each in to]


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")


def _begun(panel: Any, title: str, about: str) -> Any:
    return panel.title(title).description(about).datasource(DATASOURCE)


def _query(ask: Ask, ref: str, *, instant: bool = True, rows: bool = False) -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(ask.expr).ref_id(ref).datasource(DATASOURCE)
    query = query.legend_format(ask.name) if ask.name and not rows else query
    query = query.instant() if instant else query.range()
    return query.format(PromQueryFormat.TABLE if rows else PromQueryFormat.TIME_SERIES)


def _thresholds(limits: Limits, less_is_worse: bool = False) -> dashboard.ThresholdsConfig:
    amber, red = limits
    if less_is_worse:
        steps = [(None, RED), (red, AMBER), (amber, GREEN)]
    else:
        steps = [(None, GREEN if limits != CALM else BLUE), (amber, AMBER), (red, RED)]
    first, *others = steps
    kept = [first, *(step for step in others if step[0] is not None)]
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value=value, color=color) for value, color in kept])
    )


def _label_look(label: Label) -> list[models.DynamicConfigValue]:
    options = {
        name: {"text": text, "index": at, **({"color": colour} if colour else {})}
        for at, (name, (text, colour)) in enumerate(label.said.items())
    }
    said: dict[str, Any] = {"mappings": [{"type": "value", "options": options}]} if options else {}
    if any(colour for _, colour in label.said.values()):
        said["custom.cellOptions"] = {"type": "color-text"}
    if label.width:
        said["custom.width"] = label.width
    if label.least:
        said["custom.minWidth"] = label.least
    if label.to:
        said["links"] = [each._asdict() for each in label.to]
    if label.hidden:
        said["custom.hideFrom"] = {"viz": True, "legend": False, "tooltip": False}
    return [models.DynamicConfigValue(id_val=name, value=value) for name, value in said.items()]


def _look(column: Column) -> list[models.DynamicConfigValue]:
    said: dict[str, Any] = {"unit": column.unit, "custom.align": "right", "custom.width": column.width}
    if column.limits != CALM:
        said["thresholds"] = _thresholds(column.limits, column.less_is_worse).build()
        said["custom.cellOptions"] = {"type": "color-text"}
    if column.unit != "s":
        said["decimals"] = column.decimals
    if column.to:
        said["links"] = [each._asdict() for each in column.to]
    return [models.DynamicConfigValue(id_val=name, value=value) for name, value in said.items()]
