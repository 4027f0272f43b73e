"""The command line of the sla-monitor."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chassis.cli import cli as service_cli
from contracts.codec import Envelope, InvalidEvent, decode
from contracts.events import ComplaintUpdated
from contracts.vocabulary import ClockKind, DayKind, StageName, Urgency
from kabupaten import Region, RegionError, load
from kabupaten.references import TYPES
from kabupaten.sla import Policy, Stage, Term
from sla_monitor.deadlines import Day, Deadline, deadline
from sla_monitor.region import PARTS, rules_of
from sla_monitor.rules import Rules
from sla_monitor.simulation import simulate as play
from sla_monitor.state import SlaEvent
from sla_monitor.wording import end_in_words, explained
from sla_monitor.working_days import knows_joint_leave

if TYPE_CHECKING:
    from sla_monitor.recalendar import Change

YEARS = range(2000, 2101)  # the holidays of other years are not known


cli = service_cli("sla-monitor", "sla_monitor.app:run", [Path(__file__).parents[2] / "migrations"])


def read_time(text: str) -> datetime:
    """Read a time with an offset, as RFC 3339 writes it: ``t`` and ``z`` too, and 24:00 as the end of the day.

    Raises:
        typer.BadParameter: the text is not such a time, or its year is not one of ``YEARS``.
    """
    end_of_day = re.fullmatch(r"([0-9-]+T)24(:00(?::00(?:\.0+)?)?(?:Z|[+-].+))", text.upper())
    try:
        time = datetime.fromisoformat(f"{end_of_day[1]}00{end_of_day[2]}" if end_of_day else text.upper())
        time += timedelta(days=1 if end_of_day else 0)
    except (ValueError, OverflowError):
        time = None
    if time is None or time.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is not a time with an offset; write it as 2026-03-17T10:00:00+08:00")
    if time.year not in YEARS:
        raise typer.BadParameter(f"{text!r} is not in the years {YEARS[0]} to {YEARS[-1]}")
    return time


RegionOption = Annotated[Path, typer.Option("--region", envvar="REGION_DIR", help="Folder of the kabupaten's data.")]
SOPPENG = Path("region/soppeng")


@cli.command()
def explain(
    start: Annotated[
        datetime,
        typer.Option(parser=read_time, metavar="TIME", help="When the stage starts: 2026-03-17T10:00+08:00"),
    ],
    policy: Annotated[str | None, typer.Option(help="A policy of sla.yaml; without it the default.")] = None,
    stage: Annotated[str, typer.Option(help="A stage of the policy.")] = StageName.COMPLETION,
    type_: Annotated[str | None, typer.Option("--type", help="For a complaint of this type.")] = None,
    urgency: Annotated[str | None, typer.Option(help="For a complaint of this urgency.")] = None,
    category: Annotated[str | None, typer.Option(help="For a complaint of this category.")] = None,
    region: RegionOption = SOPPENG,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say when a stage that starts at a time must be done, and why.

    Examples:

        sla-monitor explain --start 2026-03-17T10:00+08:00

        sla-monitor explain --start 2026-12-23T15:00+08:00 --stage closing --json
    """
    loaded = _loaded(region)
    rules = rules_of(loaded)
    chosen = _policy(rules, policy, start)
    about = {"type": type_, "urgency": urgency, "category": category}
    _known(loaded, about)
    term = _term(_stage(chosen, stage), **about)
    found = deadline(start, term, rules.calendar)
    for sentence in _doubts(chosen, term, found, rules, start):
        typer.echo(f"sla-monitor: {sentence}", err=True)
    text = explained(chosen.name, stage, term, start, found)
    typer.echo(json.dumps(_as_json(found), ensure_ascii=False) if as_json else text)


@cli.command()
def simulate(
    events: Annotated[Path, typer.Option(help="JSONL of CloudEvents; - is stdin.")],
    until: Annotated[datetime, typer.Option(parser=read_time, metavar="TIME", help="The time it is then.")],
    region: RegionOption = SOPPENG,
    as_json: Annotated[bool, typer.Option("--json", help="JSONL, which is what it always prints.")] = True,
) -> None:
    """Read the stories of complaints and print what the clocks announce until a time.

    Examples:

        sla-monitor simulate --events updated.jsonl --until 2026-12-31T00:00+08:00
    """
    rules = rules_of(_loaded(region))
    for event in play(_read_events(events), until, rules):
        typer.echo(json.dumps(_row(event, rules)))


@cli.command()
def recalendar(
    region: RegionOption = SOPPENG,
    apply: Annotated[bool, typer.Option("--apply", help="Change the deadlines shown and tell everybody.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --apply: don't ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSONL.")] = False,
) -> None:
    """Show which running deadlines the calendar of today would change, and with --apply change just those.

    Examples:

        sla-monitor recalendar

        sla-monitor recalendar --apply
    """
    from chassis.database import OUTAGES

    rules = rules_of(_loaded(region))
    dsn = _database_url()
    try:
        found = asyncio.run(_show_changes(dsn, rules, as_json=as_json))
        if not apply or not found:
            hint = "; run it with --apply to change them and tell everybody" if found else ""
            typer.echo(f"sla-monitor: {len(found)} deadline(s) would change{hint}", err=True)
            return
        if sys.stdin.isatty() and not yes:
            typer.confirm(f"Change {len(found)} deadline(s) and tell everybody?", abort=True, err=True)
        done = asyncio.run(_apply(dsn, rules, found))
    except OUTAGES as error:
        raise _failed(f"the database can't be used: {error}. Batches before are done; run it again.") from error
    left = f"; {len(found) - done} changed meanwhile, run it again" if done < len(found) else ""
    typer.echo(f"sla-monitor: {done} deadline(s) rescheduled{left}", err=True)


def _database_url() -> str:
    from chassis.settings import MigrateSettings

    try:
        return str(MigrateSettings().database_url)  # type: ignore[call-arg]  # read from the environment
    except ValueError:  # not shown: it may hold a password
        raise typer.BadParameter("set DATABASE_URL to the address of the sla-monitor's own database") from None


async def _show_changes(dsn: str, rules: Rules, *, as_json: bool) -> list[Change]:
    from sla_monitor.recalendar import found

    changes = []
    async for change in found(dsn, rules):
        changes.append(change)
        before, after = (at.astimezone(rules.calendar.timezone) for at in (change.before, change.after))
        row = {**asdict(change), "before": before.isoformat(), "after": after.isoformat()}
        told = f"{end_in_words(before)} -> {end_in_words(after)}"
        typer.echo(json.dumps(row) if as_json else f"{change.ticket}  {change.stage:<16}  {told}")
    return changes


async def _apply(dsn: str, rules: Rules, changes: list[Change]) -> int:
    from sla_monitor.app import handler_of
    from sla_monitor.recalendar import apply

    return await apply(dsn, rules, handler_of(rules), changes)


def main() -> None:
    """Entry point of the console script."""
    cli()


def _loaded(folder: Path) -> Region:
    try:
        return load(folder, *PARTS)
    except RegionError as error:
        raise _failed(str(error)) from error


def _policy(rules: Rules, name: str | None, start: datetime) -> Policy:
    if name is None:
        return rules.policy_at(start)
    if name not in rules.policies:
        raise typer.BadParameter(f"there is no policy {name!r}; there are: {', '.join(rules.policies)}")
    return rules.policies[name]


def _stage(policy: Policy, stage: str) -> Stage:
    if stage not in policy.stages:
        raise typer.BadParameter(f"policy {policy.name} has no stage {stage!r}; it has: {', '.join(policy.stages)}")
    return policy.stages[stage]


@dataclass(frozen=True, kw_only=True)
class _Complaint:
    type: str | None
    urgency: str | None
    category: str | None


def _term(stage: Stage, **given: str | None) -> Term:
    return stage.term_of(_Complaint(**given))


def _known(region: Region, about: dict[str, str | None]) -> None:
    names = {"type": TYPES, "urgency": tuple(Urgency), "category": tuple(region.categories)}
    for field, value in about.items():
        if value is not None and value not in names[field]:
            raise typer.BadParameter(f"there is no {field} {value!r}; there are: {', '.join(names[field])}")


def _doubts(policy: Policy, term: Term, found: Deadline, rules: Rules, start: datetime) -> Iterator[str]:
    if not policy.holds(start.astimezone(rules.calendar.timezone).date()):
        yield f"policy {policy.name} is not for complaints of that day, see valid_from and valid_until in sla.yaml."
    if not policy.confirmed:
        yield f"policy {policy.name} is not confirmed by a source: ask the kabupaten before you rely on it."
    for year in sorted({day.date.year for day in found.derivation}):
        if term.unit.startswith("working") and not knows_joint_leave(rules.calendar, year):
            yield (
                f"no cuti bersama of {year} is known, so the deadline may be too early. Add its days to overrides "
                f"in calendar.yaml, and {year} to joint_leave_complete."
            )
    for day in found.derivation:
        if day.kind == DayKind.ESTIMATED:
            yield (
                f"{day.date} is an estimate: {day.reason}. "
                "When its decree is there, write the day into overrides of calendar.yaml."
            )


def _as_json(found: Deadline) -> dict[str, Any]:
    return {
        "deadline_at": found.at.isoformat(),
        "warn_at": found.warn_at.isoformat(),
        "derivation": [_day(day) for day in found.derivation],
    }


def _day(day: Day) -> dict[str, Any]:
    share = {} if day.share == 1 or not day.counted else {"share": day.share}
    return {"date": day.date.isoformat(), "counted": day.counted, "kind": day.kind, "reason": day.reason, **share}


def _row(event: SlaEvent, rules: Rules) -> dict[str, Any]:
    ladder = {"level": event.running.level, "escalate_to": list(event.escalate_to)}
    return {
        "complaint_id": event.clock.complaint_id,
        "kind": event.kind,
        "stage": event.running.stage,
        "round": event.running.round,
        "deadline_at": event.running.deadline_at.isoformat(),
        "at": event.at.astimezone(rules.calendar.timezone).isoformat(),
        **({"reason": event.reason} if event.reason else {}),
        **(ladder if event.kind == ClockKind.ESCALATED else {}),
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
        if not isinstance(event.data, ComplaintUpdated):
            others += 1
            continue
        for name, at in (("time", event.time), ("received_at", event.data.received_at)):
            if at.year not in YEARS:
                raise _failed(
                    f"{path}, line {n}: {name} {at.isoformat()} is not in the years {YEARS[0]} to {YEARS[-1]}."
                )
        events.append(event)  # type: ignore[arg-type]
    if others:
        typer.echo(f"sla-monitor: left out {others} event(s) that are not complaint.updated", err=True)
    return events


def _failed(sentence: str) -> typer.Exit:
    typer.echo(f"sla-monitor: {sentence}", err=True)
    return typer.Exit(1)


if __name__ == "__main__":
    main()
