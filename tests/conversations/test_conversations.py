"""Well-led conversations, played through the channels: the files beside this one, as its ``README.md`` describes.

The router's certain reactions are simulated here. A complaint's unit is taken from the file, and `test_routes.py`
checks that it is right. Decisions at the units' desks are not tested.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from doors import Door
from led import REGION, conversations

from chassis.database import Pool
from contracts import codec
from contracts.events import ComplaintFollowedUp, ComplaintReceived, FollowUp
from contracts.vocabulary import BAD, CONTENT, DONE
from intake.complaint_view import ComplaintView, load_views
from intake.effects import save_decided
from intake.notices import NoticeKind
from intake.projection import ComplaintProjection
from kabupaten import load
from testing.events import an_updated

pytestmark = pytest.mark.connected
#: Conversations that are not led like this yet, with the reason.
NOT_YET: dict[str, str] = {
    "Salah kirim": "what nobody can tell from a complaint becomes one",
    "Kata kunci tanpa isi": "HELP alone may be a call for help in English",
    "Undian berhadiah": "the classifier knows spam, behind the receipt",
    "Hanya kata tolong": "a call for help is danger",
}
#: The step of the story that each action of a unit causes.
STEPS = {"acknowledge": "acknowledged", "progress": "in_progress", "ask": "waiting_for_reporter", "resolve": "resolved",
         "hand_over": "handed_over", "uphold": "reopened", "dismiss": "closed"}  # fmt: skip

#: The units that examine officials, and complaints that accuse those units.
JUDGES = ("INSPEKTORAT", "SETDA")

#: The note of the story that each decision about an appeal causes.
NOTES = {"uphold": "appeal_upheld", "dismiss": "appeal_dismissed"}


@dataclass
class Talk:
    """One conversation in progress."""

    door: Door
    tickets: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    notices: int = 0
    events: int = 0
    seq: int = 0

    async def say(self, step: dict[str, Any], text: str) -> str:
        ticket = self.tickets[step.get("of", len(self.tickets)) - 1] if self.tickets else ""
        stranger = step.get("who") == "stranger"
        return await self.door.say(self.filled(text), step["becomes"], ticket, stranger=stranger)

    def filled(self, text: str) -> str:
        return re.sub(r"\{(\d+)\}", lambda found: self.tickets[int(found[1]) - 1], text)

    async def news(self) -> tuple[list[tuple[str, str]], list[Any]]:
        """Return the notices and events since the last call."""
        notices = await self.door.pool.fetch(
            "SELECT id, kind, text FROM notices WHERE id > $1 ORDER BY id", self.notices
        )
        events = await self.door.pool.fetch("SELECT seq, value FROM outbox WHERE seq > $1 ORDER BY seq", self.events)
        self.notices = max([self.notices, *(row["id"] for row in notices)])
        self.events = max([self.events, *(row["seq"] for row in events)])
        return [(row["kind"], row["text"]) for row in notices], [codec.decode(row["value"]).data for row in events]

    async def step(self, number: str, kind: str, *, status: str | None = None, **facts: Any) -> None:
        """Add a step to the story of ``number``, and tell the intake."""
        self.seq += 1
        projection = ComplaintProjection(service=self.door.service, texts=self.door.texts, notify=self.door.notify)
        async with self.door.pool.acquire() as db, db.transaction():
            view = (await load_views(db, [number])).get(number) or ComplaintView(ticket=number)
            given = {
                "ticket": number,
                "origin": self.door.service,
                "status": status or kind,
                "unit": view.unit,
                **facts,
            }
            data = an_updated(self.seq, kind, **given)
            await save_decided(db, {number: projection.on_step(view, data, datetime.now(UTC))})


async def of_router(talk: Talk, number: str, item: FollowUp) -> None:
    """Play the router's certain reaction to a wish."""
    status = await status_of(talk.door.pool, number)
    match item.kind:
        case "cancel":
            await talk.step(number, "cancelled")
        case "reopen":
            await talk.step(number, "reopened")
        case "appeal" if status == "resolved":
            await talk.step(number, "appealed", unit="SETDA", lane="triage", rating=item.rating)
        case "rating" if item.rating and item.rating >= CONTENT and status == "resolved":
            await talk.step(number, "closed", code="rated_closed")
        case "rating":
            code = "rated_bad" if item.rating and item.rating <= BAD else "rated_resolved"
            await talk.step(number, "noted", status=status, note="rating", code=code)
        case "confidential":
            await talk.step(number, "noted", status=status, note="confidential", code="made_confidential", rahasia=True)
        case "addition" if status == "waiting_for_reporter":
            await talk.step(number, "in_progress", code="answer_passed_on")
        case "addition" if status not in DONE:
            code = "passed_on_told" if item.told else "passed_on"
            await talk.step(number, "noted", status=status, note="addition", code=code)


async def hand_over(talk: Talk, number: str, step: dict[str, Any]) -> None:
    """Hand over a complaint from another kabupaten, as a rule of the router does."""
    if code := step.get("target"):
        target = load(REGION, "routing").routing.targets[code]
        reason = "tempatnya di kabupaten lain"
        await talk.step(number, "handed_over", target=target.name, contact=target.contact, reason=reason)


async def status_of(pool: Pool, number: str) -> str:
    return await pool.fetchval("SELECT body->>'status' FROM stories WHERE ticket = $1", number) or "received"


def _filled_in(template: str) -> re.Pattern[str]:
    """Return a pattern for ``template`` with anything in its gaps."""
    return re.compile(".+?".join(map(re.escape, re.split(r"{\w+}", template))), re.DOTALL)


def said_as(door: Door, text: str) -> str:
    """Return the kind of the answer ``text``."""
    say = door.texts.answers(door.service)
    for name, becomes in (
        ("which", "which"), ("sure", "sure"), ("own", "lost_number"), ("stopped", "stop"), ("bad_ticket", "help"),
        ("bad_rating", "help"), ("early", "early"), ("over", "over"), ("help", "help"), ("format", "help"),
    ):  # fmt: skip
        if name in say and _filled_in(say[name]).match(text):
            return becomes
    return "status"


async def became(
    talk: Talk, notices: list[tuple[str, str]], events: list[Any], before: dict[str, str]
) -> tuple[str, str]:
    """Return a message's outcome, and the ticket that it concerns."""
    if received := next((each for each in events if isinstance(each, ComplaintReceived)), None):
        if received.part_of:
            return "apart", received.part_of
        return ("danger" if received.danger else "new"), received.ticket
    if followed := next((each for each in events if isinstance(each, ComplaintFollowedUp)), None):
        item = followed.items[-1]
        await of_router(talk, followed.ticket, item)
        open_question = before[followed.ticket] == "waiting_for_reporter" or followed.ticket in talk.asked
        talk.asked.discard(followed.ticket)
        asked = item.kind == "addition" and open_question
        return ("answer" if asked else str(item.kind)), followed.ticket
    kinds = {kind for kind, _ in notices}
    if kinds <= {NoticeKind.COURTESY}:
        return "none", ""
    number = re.search(r"SPG-\w{4}-\w{5}", notices[-1][1])
    return said_as(talk.door, notices[-1][1]), number[0] if number else ""


async def play_citizen(talk: Talk, step: dict[str, Any]) -> list[str]:
    texts = step["citizen"] if isinstance(step["citizen"], list) else [step["citizen"]]
    before = {number: await status_of(talk.door.pool, number) for number in talk.tickets}
    read = [await talk.say(step, text) for text in texts]
    notices, events = await talk.news()
    becomes, number = await became(talk, notices, events, before)
    received = [each for each in events if isinstance(each, ComplaintReceived)]
    if number:
        await hand_over(talk, number, step)
    notices += (await talk.news())[0]
    if becomes in ("new", "danger", "apart"):
        talk.tickets += [each.ticket for each in received]
        talk.asked |= {each.ticket for each in received if each.place_asked}
        read.append(await talk.door.look(number))
        if unit := step.get("unit") or step.get("sorted"):
            lane = "triage" if unit in JUDGES or "sorted" in step else "unit"
            await talk.step(number, "routed", unit=unit, lane=lane)
            notices += (await talk.news())[0]
            read.append(await talk.door.look(number))
    added = [each.items[-1] for each in events if isinstance(each, ComplaintFollowedUp)]
    heard = " / ".join([*(text for _, text in notices), *read]).lower()
    wrong = [] if not step.get("raises") or any(item.danger for item in added) else ["raises no alarm"]
    wrong += [] if becomes == step["becomes"] else [f"became {becomes}"]
    wrong += [f"{len(received)} complaints"] if len(received) > 1 else []
    if "of" in step and number and number != talk.tickets[step["of"] - 1]:
        wrong.append(f"of {number}")
    wrong += [f"does not say {each!r}" for each in step.get("says", []) if talk.filled(each).lower() not in heard]
    wrong += [f"says {each!r}" for each in step.get("never", []) if each.lower() in heard]
    return [f"{step['citizen']!r}: {', '.join(wrong)} ({heard})"] if wrong else []


async def play_unit(talk: Talk, step: dict[str, Any]) -> list[str]:
    number, kind = talk.tickets[step.get("of", len(talk.tickets)) - 1], STEPS[step["does"]]
    facts = {"message": step["text"]} if kind != "handed_over" else {"reason": step["text"], "target": step["to"]}
    if note := NOTES.get(step["does"]):
        facts["note"] = note
    if kind == "resolved":
        facts["deadline_at"] = datetime.now(UTC) + timedelta(days=10)
    await talk.step(number, kind, unit=step["unit"], **facts)
    heard = " / ".join([*(text for _, text in (await talk.news())[0]), await talk.door.look(number)]).strip(" /")
    expected = step.get("citizen_hears")
    if expected is None:
        return []
    wrong = [f"does not hear {each!r}" for each in expected if each.lower() not in heard.lower()]
    wrong += [f"hears {heard!r}"] if not expected and heard else []
    return [f"{step['does']}: {', '.join(wrong)} ({heard})"] if wrong else []


@pytest.mark.parametrize("name", conversations())
async def test_a_conversation_is_led_well(door: Callable[[str], Door], name: str) -> None:
    asked = conversations()[name]
    talk, wrong = Talk(door(asked["channel"])), list[str]()
    for step in asked["steps"]:
        wrong += await (play_citizen if "citizen" in step else play_unit)(talk, step)
        if wrong:
            break

    assert (name in NOT_YET) == bool(wrong), wrong or "it is led well now: take it out of NOT_YET"


def test_conversations_not_yet_led_well_exist() -> None:
    assert set() == set(NOT_YET) - set(conversations())
    assert len(NOT_YET) <= 4
