"""The figures that an operator must know at eight o'clock, from the services' metrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from lapor.system.signals import figures

#: The turns of a complaint, in their order.
TURNS = ("disposition", "acknowledgement", "answer")
#: The figure of a unit, and that of a turn, for each metric.
_OF_UNIT = {
    "lapor_complaints_open": "open",
    "lapor_complaints_late": "late",
    "lapor_complaints_at_risk": "at_risk",
    "lapor_unit_silent_seconds": "silent_s",
    "lapor_unit_silent_past_rhythm": "past_rhythm",
}
_OF_TURN = {"lapor_complaints_waiting": "waiting", "lapor_complaints_oldest_seconds": "oldest_s"}
#: Results of notices that may not have arrived.
_UNTOLD = ("refused", "unknown")


@dataclass(kw_only=True)
class UnitFigures:
    """A unit's figures. ``silent_s``: how long its oldest complaint without a first response waits; ``past_rhythm``:
    that is much longer than usual for it."""

    open: int = 0
    late: int = 0
    at_risk: int = 0
    silent_s: float = 0
    past_rhythm: bool = False


@dataclass(frozen=True)
class Alert:
    """An alert that calls an operator immediately (``page``) or in working hours (``mail``), with the action to take
    and the page of the runbook about it."""

    name: str
    severity: str
    summary: str
    action: str = ""
    runbook: str = ""


@dataclass(kw_only=True)
class Morning:
    """``signals``: figures by their names in :mod:`lapor.system.signals`; ``waiting`` and ``oldest_s``: by turn;
    ``emergencies``: by unit, how long its oldest one waits for a first response; ``accepted``: by channel, since its
    intake started; ``quiet_s``: by channel, since its last complaint; ``untold``: by channel, notices that were refused
    or whose fate is unknown; ``away``: services that do not answer; ``alerts``: None without Prometheus."""

    signals: dict[str, int]
    waiting: dict[str, float]
    oldest_s: dict[str, float]
    emergencies: dict[str, float] = field(default_factory=dict)
    units: dict[str, UnitFigures] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    quiet_s: dict[str, float] = field(default_factory=dict)
    untold: dict[str, int] = field(default_factory=dict)
    outbox_oldest_s: float = 0
    dead_letters: int = 0
    away: list[str] = field(default_factory=list)
    alerts: list[Alert] | None = None

    @property
    def silent(self) -> list[str]:
        """The units that have been silent for longer than usual for them."""
        return sorted(name for name, unit in self.units.items() if unit.past_rhythm)


def collect(urls: Mapping[str, str], within_s: float = 2) -> tuple[list[Sample], list[str]]:
    """Fetch the samples of all services from the URLs of their metrics. Return also the services that don't answer."""
    samples, away = list[Sample](), list[str]()
    with httpx.Client(timeout=within_s, trust_env=False) as http:
        for service, url in urls.items():
            try:
                text = http.get(url).raise_for_status().text
            except httpx.HTTPError:
                away.append(service)
                continue
            samples += [each for family in text_string_to_metric_families(text) for each in family.samples]
    return samples, away


def firing(prometheus: str, within_s: float = 2) -> list[Alert] | None:
    """List the firing alerts of the Prometheus at that address, the urgent ones first; None if it does not answer."""
    try:
        with httpx.Client(timeout=within_s, trust_env=False) as http:
            answer = http.get(f"{prometheus}/api/v1/alerts").raise_for_status().json()
    except httpx.HTTPError:
        return None
    told = [
        each
        for each in answer["data"]["alerts"]
        if each["state"] == "firing" and each["labels"]["severity"] != "heartbeat"
    ]
    found = {
        Alert(
            each["labels"]["alertname"],
            each["labels"]["severity"],
            *(each["annotations"].get(what, "") for what in ("summary", "action", "runbook")),
        )
        for each in told
    }
    return sorted(found, key=lambda each: (each.severity != "page", each.name, each.summary))


def morning(
    samples: Iterable[Sample],
    away: Iterable[str] = (),
    dead_letters: int = 0,
    alerts: list[Alert] | None = None,
    at_s: float = 0,
) -> Morning:
    """Add up ``samples`` to an operator's figures at the Unix time ``at_s``."""
    samples = list(samples)
    now = Morning(
        signals=figures(samples),
        waiting=dict.fromkeys(TURNS, 0.0),
        oldest_s=dict.fromkeys(TURNS, 0.0),
        dead_letters=dead_letters,
        away=[*away],
        alerts=alerts,
    )
    units = defaultdict[str, UnitFigures](UnitFigures)
    for name, labels, value, *_ in samples:
        if name in _OF_UNIT and value:
            unit, figure = units[labels["unit"]], _OF_UNIT[name]
            setattr(unit, figure, type(getattr(unit, figure))(getattr(unit, figure) + value))
        elif name in _OF_TURN:
            getattr(now, _OF_TURN[name])[labels["waits_for"]] = value
        elif name == "lapor_emergencies_oldest_seconds" and value:
            now.emergencies[labels["unit"]] = value
        elif name == "lapor_intake_acknowledged_total":
            _add(now.accepted, labels["channel"], value)
        elif name == "lapor_intake_last_complaint_timestamp_seconds" and value:
            now.quiet_s[labels["channel"]] = min(at_s - value, now.quiet_s.get(labels["channel"], float("inf")))
        elif name == "lapor_replies_total" and labels["result"] in _UNTOLD:
            _add(now.untold, labels["channel"], value)
        elif name == "lapor_outbox_oldest_seconds":
            now.outbox_oldest_s = max(now.outbox_oldest_s, value)
    ranked = sorted(units.items(), key=lambda each: (-each[1].late, -each[1].at_risk, -each[1].open, each[0]))
    now.units = {name: unit for name, unit in ranked if unit.open or unit.late or unit.at_risk or unit.past_rhythm}
    return now


def _add(counts: dict[str, int], channel: str, value: float) -> None:
    counts[channel] = counts.get(channel, 0) + int(value)


def as_json(now: Morning) -> dict[str, Any]:
    """Return what `lapor top --json` prints, without the urgent complaints."""
    return {
        **{name: count for name, count in now.signals.items() if name not in ("emergencies", "silent")},
        "waiting": {turn: {"count": int(now.waiting[turn]), "oldest_s": round(now.oldest_s[turn])} for turn in TURNS},
        "emergencies": {unit: round(age_s) for unit, age_s in sorted(now.emergencies.items())},
        "silent_units": now.silent,
        "units": [
            {
                "unit": name,
                "open": unit.open,
                "late": unit.late,
                "at_risk": unit.at_risk,
                "silent_s": round(unit.silent_s),
            }
            for name, unit in now.units.items()
        ],
        "channels": [
            {
                "channel": channel,
                "accepted": count,
                "untold": now.untold.get(channel, 0),
                "quiet_s": round(now.quiet_s[channel]) if channel in now.quiet_s else None,
            }
            for channel, count in sorted(now.accepted.items())
        ],
        "outbox_oldest_s": round(now.outbox_oldest_s),
        "dead_letters": now.dead_letters,
        "away": now.away,
        "alerts": None if now.alerts is None else [asdict(alert) for alert in now.alerts],
    }
