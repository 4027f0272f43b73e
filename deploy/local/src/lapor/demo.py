"""``lapor demo``: complaints through the public doors, followed hop by hop to a unit and back to the citizen."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import httpx
import typer
from msgspec import UNSET

from chassis.intake.story import in_words
from contracts import codec
from contracts.events import (
    ComplaintClassified,
    ComplaintReceived,
    ComplaintUpdated,
    SlaBreached,
    SlaUpdated,
    UnitReplied,
    UnitRouted,
)
from contracts.topics import unit_replied
from lapor import up
from lapor.errors import Refused
from lapor.files import DataDir
from lapor.options import DATA, Data, Json, err
from lapor.reading import Found, Principal, follow, new_id, story_topics, ticket_of
from lapor.standins.state import WITA

Channel = Literal["sms", "web", "x"]
CHANNELS: tuple[Channel, ...] = ("sms", "web", "x")
_GIVE_UP_S = 60

_TEXTS = (
    "Jalan poros di depan pasar Cabenge berlubang besar, sudah dua motor jatuh minggu ini",
    "Air PDAM tidak mengalir sudah empat hari di Kelurahan Lapajung, tolong segera diperbaiki",
    "Lampu jalan mati semua di sekitar terminal Lalabata, gelap sekali kalau malam",
    "Sampah menumpuk di pinggir jalan dekat pasar Takkalalla, sudah seminggu tidak diangkut",
    "Selokan tersumbat di Kelurahan Botto, kalau hujan air meluap masuk rumah warga",
    "Bantuan PKH tetangga saya tidak cair padahal keluarga kurang mampu, mohon dicek datanya",
    "KTP elektronik saya belum jadi sejak tiga bulan lalu, blangko katanya habis terus",
    "Pupuk bersubsidi tidak ada di kios padahal sudah masuk musim tanam padi di Ganra",
)


@dataclass(kw_only=True)
class Journey:
    """One complaint on its way. ``tag`` is a word in its text by which its events are recognized."""

    channel: Channel
    tag: str
    sent_at: datetime
    ticket: str | None = None
    complaint_id: str | None = None
    unit: str | None = None
    received_at: datetime | None = None
    routed_at: datetime | None = None
    hops: list[tuple[str, datetime]] = field(default_factory=list)
    done: bool = False

    def hop(self, name: str, at: datetime) -> bool:
        """Note a hop once."""
        if any(known == name for known, _ in self.hops):
            return False
        self.hops.append((name, at))
        return True

    def has(self, name: str) -> bool:
        """Whether the hop was seen."""
        return any(known == name for known, _ in self.hops)


Show = Callable[[Journey, str, datetime], None]


def demo(
    n: Annotated[int, typer.Option("-n", min=1, help="How many complaints.")] = 3,
    channel: Annotated[Channel | None, typer.Option(help="Only this door.")] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Complaints a second.")] = 20,
    scenario: Annotated[
        Literal["journey", "breach"], typer.Option(help="breach: the unit stays silent; wants region/seconds.")
    ] = "journey",
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Send complaints through SMS, web and X, act as their units, and show each hop as it happens.

    Examples:

        lapor demo

        lapor demo -n 200 --json > journeys.jsonl

        lapor demo --channel sms --scenario breach
    """
    count = 1 if scenario == "breach" else n
    travel = Travel(DataDir(data), silent=scenario == "breach", show=_quiet if as_json or count > 9 else _say)
    journeys = asyncio.run(travel.run(count, [channel] if channel else list(CHANNELS), rate))
    if as_json:
        for journey in journeys:
            typer.echo(json.dumps(_as_json(journey)))
    _sum_up(journeys)
    late = [j for j in journeys if not j.done]
    if late:
        some = ", ".join(j.ticket or f"{j.channel} without a ticket" for j in late[:3])
        raise Refused(f"{len(late)} of {len(journeys)} did not arrive within {_GIVE_UP_S} s ({some}): `lapor status`.")


class Travel:
    """Sends, watches every topic as the auditor, and answers as the units."""

    def __init__(self, where: DataDir, *, silent: bool, show: Show) -> None:
        self.where, self.silent, self.show = where, silent, show
        self.env: dict[str, Any] = up.env(where)
        self.journeys: dict[str, Journey] = {}
        self.by_ticket: dict[str, Journey] = {}
        self.early: dict[str, list[Found]] = defaultdict(list)
        self.units: dict[str, Principal] = {}
        self.random = random.Random()  # noqa: S311  (phone numbers of the demo)

    async def run(self, n: int, channels: list[Channel], rate: float) -> list[Journey]:
        """``n`` journeys, ``rate`` a second, until all have ended or time is up."""
        auditor = Principal(self.where, "auditor")
        topics = [name for name in story_topics(await asyncio.to_thread(auditor.topics)) if "replied" not in name]
        stop, started, loop = threading.Event(), threading.Event(), asyncio.get_running_loop()

        def watch() -> None:
            for found in follow(auditor, topics, from_start=False, stop=stop, started=started):
                loop.call_soon_threadsafe(self.saw, found)

        watching = asyncio.create_task(asyncio.to_thread(watch))
        await asyncio.to_thread(started.wait, 15)
        async with httpx.AsyncClient(timeout=10, limits=httpx.Limits(max_connections=50)) as http:
            texts = itertools.cycle(self.random.sample(_TEXTS, len(_TEXTS)))
            sending = []
            for _, channel in zip(range(n), itertools.cycle(channels), strict=False):
                sending.append(asyncio.create_task(self.send(http, channel, next(texts))))
                await asyncio.sleep(1 / rate)
            await asyncio.gather(*sending)
            await self.until_all_are_told(http)
        stop.set()
        await watching
        return list(self.journeys.values())

    async def send(self, http: httpx.AsyncClient, channel: Channel, text: str) -> None:
        """One complaint through its public door."""
        tag = "".join(self.random.choices("bcdfghjkmnprstvw", k=8))
        text = f"{text} (uji {tag})"
        journey = self.journeys[tag] = Journey(channel=channel, tag=tag, sent_at=datetime.now(UTC))
        self.note(journey, f"sent by {channel}", journey.sent_at)
        if channel == "sms":
            number = f"+62812{self.random.randrange(10**8):08}"
            answer = await http.post(
                self.env["standins_url"] + "/sms/send-mo", json={"from": number, "text": f"SOPPENG {text}"}
            )
        elif channel == "x":
            answer = await http.post(self.env["x_mention_url"], json={"handle": f"warga_{tag}", "text": text})
        else:
            answer = await http.post(
                self.env["web_url"] + "/v1/complaints",
                json={"text": text, "name": "Warga Uji"},
                headers={"Idempotency-Key": str(uuid.uuid4())},
            )
        if answer.is_error:
            raise Refused(f"The {channel} door answered {answer.status_code}: {answer.text[:200]}")

    def note(self, journey: Journey, hop: str, at: datetime) -> None:
        """Remember a hop and show it."""
        if journey.hop(hop, at):
            self.show(journey, hop, at)

    def saw(self, found: Found) -> None:
        """A record came by. Topics are read side by side, so a complaint's later events may come before its first."""
        event = found.event
        number = ticket_of(event) if event else None
        if event is None or number is None:
            return
        if isinstance(event.data, ComplaintReceived):
            self.recognize(event.data)
        journey = self.by_ticket.get(number)
        if journey is None:
            self.early[number].append(found)
            return
        for each in [found, *self.early.pop(number, [])]:
            self.arrived(journey, each)

    def recognize(self, data: ComplaintReceived) -> None:
        """Which of our journeys the complaint belongs to, if it is one of ours."""
        for tag, journey in self.journeys.items():
            if tag in data.text:
                journey.ticket, journey.complaint_id, journey.received_at = (
                    data.ticket,
                    data.complaint_id,
                    data.received_at,
                )
                self.by_ticket[data.ticket] = journey

    def arrived(self, journey: Journey, found: Found) -> None:
        """Note the hop; when a unit has it, act as the unit."""
        data: Any = found.event.data if found.event else None
        self.note(journey, _hop_name(data), found.at)
        if isinstance(data, UnitRouted) and data.why == "routed":
            journey.unit, journey.routed_at = data.unit, journey.routed_at or found.at
            if not self.silent:
                for action, message in (("acknowledge", None), ("resolve", "Sudah dikerjakan petugas hari ini (uji).")):
                    self.answer(data.unit, journey, action, message)

    def answer(self, unit: str, journey: Journey, action: str, message: str | None) -> None:
        """Act as the unit, with its own credentials."""
        principal = self.units.setdefault(unit, Principal(self.where, unit))
        given = UnitReplied(ticket=journey.ticket or "", action=action, message=message or UNSET)
        event = codec.envelope(
            given, event_id=new_id(), source=f"/unit/{unit}", subject=journey.complaint_id or "", time=datetime.now(UTC)
        )
        principal.send(unit_replied(unit), (journey.complaint_id or "").encode(), codec.encode(event))

    async def until_all_are_told(self, http: httpx.AsyncClient) -> None:
        """Wait until each citizen has heard the end of it on their channel."""
        end = asyncio.get_running_loop().time() + _GIVE_UP_S
        while (open_ := [j for j in self.journeys.values() if not j.done]) and asyncio.get_running_loop().time() < end:
            sent = (await http.get(self.env["sent_url"])).json() if any(j.channel != "web" for j in open_) else []
            told = {row["ticket"] for row in sent if "selesai" in row["text"]}
            for journey in open_:
                if self.silent:
                    journey.done = journey.has("breached: the promise is missed")
                elif journey.channel == "web" and journey.has("resolved"):
                    story = (await http.get(f"{self.env['web_url']}/v1/complaints/{journey.ticket}")).json()
                    journey.done = story.get("status") == "resolved"
                elif journey.ticket in told:
                    journey.done = True
                if journey.done and not self.silent:
                    self.note(journey, "citizen informed", datetime.now(UTC))
            await asyncio.sleep(0.2)


def _hop_name(data: Any) -> str:
    match data:
        case ComplaintReceived():
            return "received"
        case ComplaintClassified():
            return f"classified as {data.category}" + (" (not sure)" if data.abstained else "")
        case ComplaintUpdated(kind="routed"):
            return f"routed to {data.unit}"
        case ComplaintUpdated():
            return data.kind
        case SlaBreached():
            return "breached: the promise is missed"
        case SlaUpdated(kind="started", stage="completion"):
            return f"due {in_words(data.deadline_at, WITA)}"
        case SlaUpdated():
            return f"clock {data.kind} ({data.stage})"
        case UnitRouted(why="replied"):
            accepted = data.reply and data.reply.accepted
            return f"{data.unit}'s answer " + ("accepted" if accepted else "refused")
        case UnitRouted():
            return f"{data.unit} has it" if data.why == "routed" else f"{data.unit} is told: {data.why}"
    return str(type(data).__name__)


def _say(journey: Journey, hop: str, at: datetime) -> None:
    ms = round((at - journey.sent_at).total_seconds() * 1000)
    err.print(f"{journey.channel:>4} {journey.ticket or '…':<15} {ms:>7} ms  {hop}", highlight=False)


def _quiet(journey: Journey, hop: str, at: datetime) -> None:
    """Too many to show each."""


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
