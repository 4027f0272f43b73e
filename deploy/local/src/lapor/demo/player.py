"""Complaints on their way: sent through the public doors, watched on every topic, answered as their units."""

from __future__ import annotations

import asyncio
import io
import itertools
import random
import re
import secrets
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Literal

import httpx

from contracts.events import ComplaintReceived, UnitReplied, UnitRouted
from contracts.topics import SLA_BREACHED, SLA_UPDATED, TOLD, unit_replied
from contracts.vocabulary import UpdateKind, Why
from lapor.demo.counter import Clerk
from lapor.demo.hops import hop_name
from lapor.demo.scenarios import BREACHED, MET, SIMILAR, Reply, Scenario, Turn
from lapor.errors import Refused
from lapor.kafka.principal import Principal, principal
from lapor.kafka.reader import Found, follow, story_topics, ticket_of
from lapor.kafka.replies import encode_reply
from lapor.processes.data_dir import DataDir
from lapor.system import addresses

Channel = Literal["sms", "web", "x", "facebook", "whatsapp", "loket"]
#: Channels on which the network keeps the photos too.
NETWORKS = frozenset({"x", "facebook", "whatsapp"})
GIVE_UP_S = 60
#: Seconds within which a door that was killed is back.
DOOR_AWAY_S = 30.0
#: Mails a day that intake-web sends to one address.
MOST_MAILS = 5
#: In the first mail to an address: the link that allows more mails.
_ASKS = re.compile(r"/kabari/([\w-]+)")
#: Longer than it takes to read events of the same moment from all topics.
SHOWN_AFTER = timedelta(seconds=0.5)


@dataclass(kw_only=True)
class Journey:
    """One complaint on its way. ``tag`` is a word in its text that makes its events recognizable."""

    channel: Channel
    tag: str
    sent_at: datetime
    sender: str
    scenario: Scenario
    turns: list[Turn]
    photo: str = ""  # its link, as the unit was given it
    code: str = ""  # from the counter's receipt; it opens the complaint's page at the website
    shows: bool = False  # a photo was sent with it, which the network keeps until it is fetched
    opened: bool = False  # by its unit
    posts: list[str] = field(default_factory=list)  # ids of what the citizen posted, under which the answers belong
    ticket: str | None = None
    complaint_id: str | None = None
    unit: str | None = None
    received_at: datetime | None = None
    routed_at: datetime | None = None
    similar: str | None = None
    hops: list[tuple[str, datetime]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    done: bool = False

    def has(self, name: str) -> bool:
        """Whether the hop was seen."""
        return any(known == name for known, _ in self.hops)


Show = Callable[[Journey, str, datetime], None]


class Travel:
    """Plays a scenario. It reads as the auditor, and acts with the credentials of the unit that has the complaint."""

    def __init__(self, where: DataDir, scenario: Scenario, show: Show) -> None:
        self.where, self.scenario, self.show = where, scenario, show
        self.env: dict[str, Any] = addresses.env(where)
        self.clerk = Clerk(where=where, url=str(self.env.get("desk_url")))
        self.journeys: list[Journey] = []
        self.by_ticket: dict[str, Journey] = {}
        self.mails_seen = 0
        self.early: dict[str, list[Found]] = defaultdict(list)
        self.actions: dict[str, str] = {}  # the action of each of our replies, by its id
        self.unshown: list[tuple[datetime, Journey, str]] = []
        self.units: dict[str, Principal] = {}
        self.wishes: asyncio.Queue[tuple[Journey, str]] = asyncio.Queue()
        self.random = random.Random()  # noqa: S311  (phone numbers of the demo)

    async def run(self, n: int, channels: list[Channel], rate: float) -> list[Journey]:
        """Play ``n`` journeys, ``rate`` a second, until all have ended or time is up."""
        auditor = principal("auditor", self.where)
        found = story_topics(await asyncio.to_thread(auditor.topics))
        # Left out: the clock's events come again in complaint.updated, and units' replies in the router's answers.
        topics = [name for name in found if "replied" not in name and name not in (SLA_UPDATED, SLA_BREACHED, TOLD)]
        stop, started, loop = threading.Event(), threading.Event(), asyncio.get_running_loop()

        def watch() -> None:
            for found in follow(auditor, topics, stop=stop, listening=started.set):
                loop.call_soon_threadsafe(self.saw, found)

        watching, showing = asyncio.create_task(asyncio.to_thread(watch)), asyncio.create_task(self.keep_showing())
        try:
            if not await asyncio.to_thread(started.wait, 15):
                raise Refused("Kafka lets nobody listen: see `lapor status`.")
            limits = httpx.Limits(max_connections=50)
            async with httpx.AsyncClient(timeout=10, limits=limits, trust_env=False) as http:
                await self.send_all(http, n, channels, rate)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.until_all_are_told(http), GIVE_UP_S)
        finally:  # a running thread would keep the process alive
            stop.set()
            showing.cancel()
            await watching
            await self.clerk.http.aclose()
            self.show_until(datetime.max.replace(tzinfo=UTC))
        return self.journeys

    async def send_all(self, http: httpx.AsyncClient, n: int, channels: list[Channel], rate: float) -> None:
        """Send ``n`` complaints in turn through ``channels``; with ``twice``, each through all of them."""
        doors = itertools.cycle([channels] if self.scenario.twice else [[channel] for channel in channels])
        parts = [(each, self.texts(each)) for each in (self.scenario, self.scenario.beside) if each]
        sending = []
        for (_, through), (scenario, texts) in itertools.product(zip(range(n), doors, strict=False), parts):
            text, tag = next(texts), "".join(self.random.choices("bcdfghjkmnprstvw", k=8))
            for channel in through:
                sending.append(asyncio.create_task(self.send(http, channel, scenario, text, tag)))
                await asyncio.sleep(1 / rate)
        await asyncio.gather(*sending)

    def texts(self, scenario: Scenario) -> Iterator[str]:
        """Yield the texts of its complaints indefinitely, in another order for each call."""
        return itertools.cycle(self.random.sample(scenario.texts, len(scenario.texts)))

    async def send(self, http: httpx.AsyncClient, channel: Channel, scenario: Scenario, text: str, tag: str) -> None:
        """Send one complaint through its public door; for the counter, log the clerk in first."""
        if channel == "loket":
            await self.clerk.log_in()
        sender = secrets.token_urlsafe(16) if channel == "web" else f"+62812{self.random.randrange(10**8):08}"
        turns, now = list(scenario.turns), datetime.now(UTC)
        journey = Journey(channel=channel, tag=tag, sent_at=now, sender=sender, scenario=scenario, turns=turns)
        self.journeys.append(journey)
        journey.shows = scenario.photo and channel in NETWORKS and self.is_first(journey)
        self.note(journey, f"sent by {channel}", journey.sent_at)
        shown = {"photo": await self.give_photo(http, journey)} if journey.shows else {}
        await self.through(http, journey, f"{text} (uji {tag})", **shown)

    def is_first(self, journey: Journey) -> bool:
        """Whether it is the first of its channel: one photo is enough."""
        return journey is next(each for each in self.journeys if each.channel == journey.channel)

    async def give_photo(self, http: httpx.AsyncClient, journey: Journey) -> str:
        """Upload a photo to the network. Return its id there, which the complaint then names."""
        kept = await _write(http, journey, self.env["standins_url"] + "/photos", content=picture())
        self.note(journey, "with a photo", datetime.now(UTC))
        return str(kept.json()["id"])

    async def through(self, http: httpx.AsyncClient, journey: Journey, text: str, **shown: str) -> None:
        """Write ``text`` as the citizen of ``journey``: a complaint, or, except by web and counter, a follow-up."""
        if journey.channel == "sms":
            body = {"from": journey.sender, "text": f"SOPPENG {text}"}
            await _write(http, journey, self.env["standins_url"] + "/sms/send-mo", json=body)
        elif journey.channel == "x":
            body = {"handle": f"warga_{journey.tag}", "text": text} | shown
            journey.posts.append((await _write(http, journey, self.env["x_mention_url"], json=body)).json()["id"])
        elif journey.channel == "whatsapp":
            body = {"from": journey.sender.removeprefix("+"), "text": text} | shown
            await _write(http, journey, self.env["whatsapp_message_url"], json=body)
        elif journey.channel == "loket":
            await self.at_the_counter(journey, text)
        elif journey.channel == "facebook":
            body = {"name": f"Warga {journey.tag}", "text": text} | (
                {"parent": journey.posts[0]} if journey.posts else {}
            )
            body |= shown
            journey.posts.append((await _write(http, journey, self.env["facebook_post_url"], json=body)).json()["id"])
        else:
            uploads = await self.photo(http, journey) if self.is_first(journey) else []
            await self.on_the_web(http, journey, "", {"text": text, "email": address_of(journey), "uploads": uploads})

    async def at_the_counter(self, journey: Journey, text: str) -> None:
        """Have a clerk type in the words of ``journey``'s citizen, and give the citizen the receipt."""
        typed = {"way": "datang", "text": text, "name": f"Warga {journey.tag}", "phone": journey.sender}
        journey.code = await self.clerk.take(typed, lambda hop: self.note(journey, hop, datetime.now(UTC)))
        self.note(journey, f"receipt given by {self.clerk.email}", datetime.now(UTC))

    async def photo(self, http: httpx.AsyncClient, journey: Journey) -> list[str]:
        """Upload a photo before the complaint, which can be sent without it too. Return the upload's id, if taken."""
        uploaded = await upload(http, self.env["web_url"])
        self.note(journey, "photo uploaded" if uploaded else "photo not taken", datetime.now(UTC))
        return [uploaded] if uploaded else []

    async def on_the_web(self, http: httpx.AsyncClient, journey: Journey, path: str, body: dict[str, Any]) -> None:
        """Call the website's API as the citizen of ``journey``."""
        headers = {"Idempotency-Key": str(uuid.uuid4()), "Access-Secret": journey.code or journey.sender, **somebody()}
        await _write(http, journey, f"{self.env['web_url']}/v1/complaints{path}", json=body, headers=headers)

    async def follow_up(self, http: httpx.AsyncClient, journey: Journey, wish: str) -> None:
        """Send what the citizen wants after the complaint."""
        if journey.channel in ("web", "loket"):
            body = {"kind": wish, "text": "Belum selesai (uji)."}
            await self.on_the_web(http, journey, f"/{journey.ticket}/follow-ups", body)
        else:
            await self.through(http, journey, f"BUKA {journey.ticket} belum selesai (uji)")

    def note(self, journey: Journey, hop: str, at: datetime) -> None:
        """Remember a hop, have it shown soon, and play the turn that waits for it."""
        journey.hops.append((hop, at))
        self.unshown.append((at, journey, hop))
        if turn := next((turn for turn in journey.turns if fnmatchcase(hop, turn.on)), None):
            journey.turns.remove(turn)
            for reply in turn.replies:
                self.answer(hop.split()[0], journey, reply)
            if turn.follows_up:
                self.wishes.put_nowait((journey, turn.follows_up))

    async def keep_showing(self) -> None:
        """Show hops until cancelled, each after a pause: topics are read concurrently, so later hops may come first."""
        while True:
            self.show_until(datetime.now(UTC) - SHOWN_AFTER)
            await asyncio.sleep(0.1)

    def show_until(self, end: datetime) -> None:
        """Show the hops up to ``end`` that were not shown yet, in the order of their times."""
        self.unshown.sort(key=lambda hop: hop[0])
        while self.unshown and self.unshown[0][0] <= end:
            at, journey, hop = self.unshown.pop(0)
            self.show(journey, hop, at)

    def saw(self, found: Found) -> None:
        """Handle a record. Topics are read concurrently, so a complaint's later events may come before its first."""
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
        for each in [*self.early.pop(number, []), found]:
            self.arrived(journey, each)

    def recognize(self, data: ComplaintReceived) -> None:
        """Match the complaint to its journey, if it is one of ours."""
        for journey in self.journeys:
            if journey.channel == data.channel and journey.tag in data.text:
                journey.ticket, journey.complaint_id, journey.received_at = (
                    data.ticket,
                    data.complaint_id,
                    data.received_at,
                )
                self.by_ticket[data.ticket] = journey

    def arrived(self, journey: Journey, found: Found) -> None:
        """Note the hop of a record, unless the record is a repetition."""
        event = found.event
        if event is None or event.id in journey.seen:
            return
        journey.seen.add(event.id)
        data: Any = event.data
        if isinstance(data, UnitRouted) and data.why == Why.ROUTED:
            journey.unit, journey.routed_at = data.unit, journey.routed_at or found.at
        if isinstance(data, UnitRouted) and data.complaint and not journey.opened:
            added = [file for item in data.complaint.follow_ups for file in item.evidence]
            if files := [*data.complaint.evidence, *added]:
                journey.photo = files[0].url
        name = hop_name(data)
        if isinstance(data, UnitRouted) and data.why == Why.SIMILAR and data.complaint:
            # Others may have reported the same before; the two of this story belong together.
            likely = [each.ticket for each in data.complaint.similar]
            journey.similar = next((number for number in likely if number in self.by_ticket), None)
            name += "" if journey.similar else " to another's"
        elif isinstance(data, UnitRouted) and data.reply and (action := self.actions.get(data.reply.event_id)):
            name += f" ({action})"
        self.note(journey, name, found.at)

    def answer(self, unit: str, journey: Journey, reply: Reply) -> None:
        """Act as the unit, with its own credentials."""
        action, given = reply
        fields: dict[str, Any] = {name: journey.similar if value == SIMILAR else value for name, value in given.items()}
        who = self.units.setdefault(unit, principal(unit, self.where))
        id_, value = encode_reply(who, UnitReplied(ticket=journey.ticket or "", action=action, **fields))
        self.actions[id_] = action
        who.send(unit_replied(unit), (journey.ticket or "").encode(), value)

    async def until_all_are_told(self, http: httpx.AsyncClient) -> None:
        """Wait until each citizen was told on their channel how it ended, and act as the citizens until then."""
        while open_ := [j for j in self.journeys if not j.done]:
            while not self.wishes.empty():
                await self.follow_up(http, *self.wishes.get_nowait())
            sent = await _read(http, self.env["sent_url"])
            await self.read_mail(http, sent or [])
            for journey in open_:
                if journey.photo:
                    await self.open_photo(http, journey)
                if journey.photo or journey.shows or not self.over(journey):
                    continue
                journey.done = await self.is_told(http, journey, sent or [])
                if journey.done:
                    self.note(journey, "citizen informed", datetime.now(UTC))
            await asyncio.sleep(0.2)

    async def open_photo(self, http: httpx.AsyncClient, journey: Journey) -> None:
        """Try to open the photo as its unit does, by its link; the door that keeps it may learn of the unit later."""
        answer = await http.get(journey.photo)
        if answer.is_success:
            journey.photo, journey.shows, journey.opened = "", False, True
            self.note(journey, f"{journey.unit} opens the photo ({len(answer.content) // 1000} kB)", datetime.now(UTC))

    async def read_mail(self, http: httpx.AsyncClient, sent: list[dict[str, Any]]) -> None:
        """Note each mail to our citizens once, by its subject, which is its first line. Allow more mail if it asks."""
        mails = [row for row in sent if row["channel"] == "email"]
        for row in mails[self.mails_seen :]:
            if not (journey := self.by_ticket.get(row["ticket"])):
                continue
            subject = row["text"].partition("\n")[0].removeprefix(f"{row['ticket']}: ")
            self.note(journey, f"mail: {subject}", datetime.fromisoformat(row["at"]))
            if asks := _ASKS.search(row["text"]):
                await _write(http, journey, f"{self.env['web_url']}/berhenti/{asks[1]}", data={"lagi": "1"})
                self.note(journey, "says yes to more mail", datetime.now(UTC))
        self.mails_seen = len(mails)

    def over(self, journey: Journey) -> bool:
        """Whether its last hop was seen and its turns are played. With ``twice`` the merged one may have turns left."""
        return journey.has(journey.scenario.ends) and (self.scenario.twice or not journey.turns)

    async def is_told(self, http: httpx.AsyncClient, journey: Journey, sent: list[dict[str, Any]]) -> bool:
        """Whether messages told the citizen of each end; on the web its page must too, alone once mails are used up."""
        scenario = journey.scenario
        times = sum(hop == scenario.ends for hop, _ in journey.hops)
        written = [row for row in sent if row["ticket"] == journey.ticket and reaches(journey, row)]
        heard = times <= sum(scenario.told in row["text"] for row in written)
        if journey.channel != "web" or not (heard or len(written) >= MOST_MAILS):
            return heard
        story = await _read(http, f"{self.env['web_url']}/v1/complaints/{journey.ticket}")
        if not story:
            return False
        steps = [step["kind"] for step in story["history"]]
        steps += [BREACHED] * story["breached"] + [MET] * (UpdateKind.RESOLVED in steps)
        return times <= steps.count(scenario.ends)


def reaches(journey: Journey, row: dict[str, Any]) -> bool:
    """Whether a message came where its citizen looks: under their post, on their telephone, or in their mailbox."""
    if journey.channel in ("x", "facebook"):
        return row["thread"] in journey.posts
    if journey.channel == "web":
        return bool(row["to"] == address_of(journey))
    return bool(row["to"].removeprefix("+") == journey.sender.removeprefix("+"))


def address_of(journey: Journey) -> str:
    """Return the mail address that the citizen of ``journey`` leaves at the website."""
    return f"warga.{journey.tag}@contoh.id"


def somebody() -> dict[str, str]:
    """Return headers that make a call look like that of a citizen whom the website has not seen before.

    It counts calls by address, and trusts a proxy on this machine. The addresses are those for benchmarks (RFC 2544).
    """
    return {"X-Forwarded-For": f"198.18.{secrets.randbelow(256)}.{secrets.randbelow(256)}"}


async def upload(http: httpx.AsyncClient, web_url: str) -> str | None:
    """Upload a generated photo in two pieces, as tus does. Return its id, or None if it is not taken."""
    content, tus, who = picture(), {"Tus-Resumable": "1.0.0"}, somebody()
    chunk, half = {**tus, **who, "Content-Type": "application/offset+octet-stream"}, len(content) // 2
    try:
        answer = await http.post(f"{web_url}/v1/uploads", headers={**tus, **who, "Upload-Length": str(len(content))})
        url = answer.headers.get("location", "")
        for offset, piece in ((0, content[:half]), (half, content[half:])) if answer.is_success and url else ():
            answer = await http.patch(url, content=piece, headers={**chunk, "Upload-Offset": str(offset)}, timeout=60)
    except httpx.HTTPError:
        return None
    return url.rpartition("/")[2] or None if answer.is_success else None


def picture() -> bytes:
    """Make a JPEG of noise, as large as a small photo of a phone."""
    from PIL import Image  # slow to import: only a run that sends a photo pays for it

    out = io.BytesIO()
    Image.effect_noise((1600, 1200), 40).convert("RGB").save(out, "JPEG", quality=70)
    return out.getvalue()


async def _write(http: httpx.AsyncClient, journey: Journey, url: str, **what: Any) -> httpx.Response:
    """Post what a citizen writes to a door, and retry while the door is away. Raises: Refused when it is not taken."""
    give_up = time.monotonic() + DOOR_AWAY_S
    while True:
        try:
            answer = await http.post(url, **what)
        except httpx.HTTPError as error:
            why = f"The {journey.channel} door does not answer at {url} ({type(error).__name__}): see `lapor status`."
        else:
            if answer.is_success:
                return answer
            why = f"The {journey.channel} door answered {answer.status_code}: {answer.text[:200]}"
            if answer.is_client_error:
                raise Refused(why)
        if time.monotonic() > give_up:
            raise Refused(why)
        await asyncio.sleep(0.5)


async def _read(http: httpx.AsyncClient, url: str) -> Any:
    """Fetch the JSON at ``url``; None if that fails, since a process that was killed comes back."""
    try:
        return (await http.get(url, headers=somebody())).raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return None
