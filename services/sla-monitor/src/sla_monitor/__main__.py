"""The command line of the sla-monitor."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from chassis.cli import cli as service_cli
from chassis.region import RegionError
from contracts.codec import Envelope, InvalidEvent, decode
from contracts.events import ComplaintUpdated
from sla_monitor.calendar import knows_joint_leave
from sla_monitor.domain import Deadline, Rules, Stage, deadline
from sla_monitor.region import load_rules
from sla_monitor.simulation import simulate as play
from sla_monitor.words import explained

YEARS = range(2000, 2101)  # the holidays of other years are not known


def _run() -> None:
    from sla_monitor.app import run  # Faust takes a second to import; the other commands have no need of it

    run()


cli = service_cli("sla-monitor", _run, migrations=[Path(__file__).parents[2] / "migrations"])


def read_time(text: str) -> datetime:
    """A time with an offset, as RFC 3339 writes it.

    Raises:
        typer.BadParameter: it is not one, or its year is not one of ``YEARS``.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is not a time with an offset; write it as 2026-03-17T10:00:00+08:00")
    if time.year not in YEARS:
        raise typer.BadParameter(f"{text!r} is not in the years {YEARS[0]} to {YEARS[-1]}")
    return time


Region = Annotated[Path, typer.Option("--region", envvar="REGION_DIR", help="Folder of the kabupaten's data.")]
SOPPENG = Path("region/soppeng")


@cli.command()
def explain(
    start: Annotated[
        datetime,
        typer.Option(parser=read_time, metavar="TIME", help="When the stage starts: 2026-03-17T10:00+08:00"),
    ],
    policy: Annotated[str | None, typer.Option(help="A policy of sla.yaml; without it the default.")] = None,
    stage: Annotated[str, typer.Option(help="A stage of the policy.")] = "completion",
    region: Region = SOPPENG,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say when a stage that starts at a time must be done, and why."""
    rules = _rules(region)
    name = policy or rules.default
    chosen = _stage(rules, name, stage)
    found = deadline(start, chosen, rules.calendar)
    for year in sorted({day.date.year for day in found.derivation}):
        if chosen.unit == "working_days" and not knows_joint_leave(rules.calendar, year):
            typer.echo(
                f"sla-monitor: no cuti bersama of {year} is known, so the deadline may be too early. "
                "Add its days to overrides in calendar.yaml.",
                err=True,
            )
    typer.echo(json.dumps(_as_json(found), ensure_ascii=False) if as_json else explained(name, chosen, start, found))


@cli.command()
def simulate(
    events: Annotated[Path, typer.Option(help="JSONL of CloudEvents; - is stdin.")],
    until: Annotated[datetime, typer.Option(parser=read_time, metavar="TIME", help="The time it is then.")],
    region: Region = SOPPENG,
    as_json: Annotated[bool, typer.Option("--json", help="JSONL, which is what it always prints.")] = True,
) -> None:
    """Read the stories of complaints and print what the clocks announce until a time."""
    rules = _rules(region)
    for event in play(_read_events(events), until, rules):
        row = {
            "complaint_id": event.complaint_id,
            "kind": event.kind,
            "stage": event.stage,
            "round": event.round,
            "deadline_at": event.deadline_at.isoformat(),
            "at": event.at.astimezone(rules.calendar.timezone).isoformat(),
        }
        typer.echo(json.dumps(row))


def main() -> None:
    """Entry point of the console script."""
    cli()


def _rules(region: Path) -> Rules:
    try:
        return load_rules(region)
    except RegionError as error:
        raise _failed(str(error)) from error


def _stage(rules: Rules, policy: str, stage: str) -> Stage:
    if policy not in rules.policies:
        raise typer.BadParameter(f"there is no policy {policy!r}; there are: {', '.join(rules.policies)}")
    stages = rules.policies[policy].stages
    if stage not in stages:
        raise typer.BadParameter(f"policy {policy} has no stage {stage!r}; it has: {', '.join(stages)}")
    return stages[stage]


def _as_json(found: Deadline) -> dict[str, Any]:
    return {
        "deadline_at": found.at.isoformat(),
        "warn_at": found.warn_at.isoformat(),
        "derivation": [
            {"date": day.date.isoformat(), "counted": day.counted, "reason": day.reason} for day in found.derivation
        ],
    }


def _read_events(path: Path) -> list[Envelope[ComplaintUpdated]]:
    events: list[Envelope[ComplaintUpdated]] = []
    others = 0
    try:
        text = sys.stdin.buffer.read() if path == Path("-") else path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path} can't be read: {error.strerror}") from error
    for n, line in enumerate(text.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            event = decode(line)
        except InvalidEvent as error:
            raise _failed(
                f"{path}, line {n}: not an event of the pipeline: {error}. "
                "Each line must be one complaint.updated CloudEvent as JSON."
            ) from error
        if isinstance(event.data, ComplaintUpdated):
            events.append(event)  # type: ignore[arg-type]
        else:
            others += 1
    if others:
        typer.echo(f"sla-monitor: left out {others} event(s) that are not complaint.updated", err=True)
    return events


def _failed(sentence: str) -> typer.Exit:
    typer.echo(f"sla-monitor: {sentence}", err=True)
    return typer.Exit(1)


if __name__ == "__main__":
    main()
