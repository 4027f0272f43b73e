"""``lapor demo``: complaints through the public doors, followed hop by hop to a unit and back to the citizen."""

from __future__ import annotations

import asyncio
import json
import math
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts.vocabulary import StageName
from kabupaten import load
from lapor.demo.player import GIVE_UP_S, Channel, Journey, Travel
from lapor.demo.scenarios import SCENARIOS
from lapor.errors import Refused
from lapor.options import DATA, Data, Json, err
from lapor.processes import state
from lapor.processes.data_dir import DataDir

_LIST = "; ".join(f"{name}: {scenario.about}" for name, scenario in SCENARIOS.items())


def _known(name: str) -> str:
    if name not in SCENARIOS:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(SCENARIOS)}")
    return name


def demo(
    n: Annotated[
        int | None, typer.Option("-n", min=1, help="How many complaints; 3 journeys, or 1 of a story.")
    ] = None,
    channel: Annotated[Channel | None, typer.Option(help="Only this door; loket is the counter of the desk.")] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Complaints a second.")] = 20,
    scenario: Annotated[str, typer.Option(parser=_known, metavar="NAME", help=_LIST)] = "journey",
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Send complaints through SMS, web and X, act as their units, and show each hop as it happens.

    Examples:

        lapor demo

        lapor demo -n 200 --json > journeys.jsonl

        lapor demo --scenario duplicate

        lapor demo --channel sms --scenario breach

        lapor demo --channel loket
    """
    if scenario == "breach" and not promises_seconds(Path(state.running(DataDir(data)).region)):
        raise Refused("This story waits for a breach: start with `lapor up --region region/seconds`, and try again.")
    count = n or (3 if scenario == "journey" else 1)
    travel = Travel(DataDir(data), SCENARIOS[scenario], _quiet if as_json or count > 9 else _say)
    journeys = asyncio.run(travel.run(count, _channels(scenario, channel), rate))
    if as_json:
        for journey in journeys:
            typer.echo(json.dumps(_as_json(journey)))
    _sum_up(journeys)
    late = [j for j in journeys if not j.done]
    if late:
        some = ", ".join(j.ticket or f"{j.channel} without a ticket" for j in late[:3])
        raise Refused(f"{len(late)} of {len(journeys)} did not arrive within {GIVE_UP_S} s ({some}): `lapor status`.")


def promises_seconds(region: Path) -> bool:
    """Whether the deadlines of ``region`` are in seconds, so that one can watch them pass."""
    sla = load(region, "sla").sla
    return all(sla.policies[name].stages[StageName.COMPLETION].unit == "seconds" for name in sla.default)


def _channels(scenario: str, only: Channel | None) -> list[Channel]:
    if SCENARIOS[scenario].twice:
        return ["sms", "web"]
    if only:
        return [only]
    return ["sms", "web", "x"] if scenario == "journey" else ["sms"]


def _say(journey: Journey, hop: str, at: datetime) -> None:
    ms = round((at - journey.sent_at).total_seconds() * 1000)
    err.print(f"{journey.channel:>4} {journey.ticket or '…':<15} {ms:>7} ms  {hop}", highlight=False)


def _quiet(journey: Journey, hop: str, at: datetime) -> None:
    """Show nothing: there are too many journeys, or only JSON is wanted."""


def _as_json(journey: Journey) -> dict[str, Any]:
    return {
        "ticket": journey.ticket,
        "complaint_id": journey.complaint_id,
        "channel": journey.channel,
        "unit": journey.unit,
        "ok": journey.done,
        "hops": [{"name": name, "at": at.isoformat()} for name, at in sorted(journey.hops, key=lambda hop: hop[1])],
    }


def _sum_up(journeys: list[Journey]) -> None:
    took = sorted(
        (j.routed_at - j.received_at).total_seconds() * 1000 for j in journeys if j.routed_at and j.received_at
    )
    arrived = sum(j.done for j in journeys)
    line = f"{arrived} of {len(journeys)} arrived"
    if took:
        line += f"; ticket to unit topic: p50 {_quantile(took, 0.5):.0f} ms, p95 {_quantile(took, 0.95):.0f} ms"
    err.print(line, style="bold")


def _quantile(ordered: list[float], q: float) -> float:
    return ordered[min(math.ceil(q * len(ordered)), len(ordered)) - 1]
