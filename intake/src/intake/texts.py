"""Words what citizens are told, from the region's ``texts.yaml``, which is checked before anything starts."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import UNSET

from contracts import dates
from contracts.events import ComplaintUpdated, DerivationDay
from contracts.sentences import DAY_CODES, DayCode
from contracts.vocabulary import HEAD, UNPROMISED, DangerKind, DayKind, Lane, Note, Status, UnitRole, UpdateKind
from intake.channel import CHANNELS, SMS
from intake.complaint_view import ComplaintView, Step
from intake.reading.reader import PARTS as READ
from intake.reading.reader import Reader
from intake.reading.talk import MOST_LISTED, Own
from intake.submissions import TextProblem
from kabupaten import Part, Region
from kabupaten.categories import grouped
from kabupaten.emergency import MOST
from kabupaten.promises import NEXT_STEP, promises_on

#: The parts of a region that the texts need: names of units, the time zone, contacts that are not masked, promises,
#: whom to call in danger, names of matters and places, and what the website says of itself.
PARTS: tuple[Part, ...] = (
    *("texts", "calendar", "sla", "emergency", "categories", "pages", "retention", "outlines", *READ),
)

#: Characters of a message that fits into one SMS.
ONE_SMS = 160
#: In these states the triage unit, if it has the complaint, looks for the right unit.
_SORTED = frozenset({Status.ROUTED, Status.ACKNOWLEDGED, Status.REOPENED})
#: The texts that say how to act on a step, on the channel where its reporter does that.
_ASKED_THERE = ("judge_how", "answer_how")
#: Working days whose text is followed by their name.
_WITH_WORK: tuple[DayCode, ...] = ("working_day", "day", "waiting")


class Texts:
    """The texts for citizens, of a region that has all ``PARTS``. ``sms``, ``social`` and ``news`` are the answers of
    those channels and of the website's messages, by name; ``web`` are the texts of its pages; ``contacts`` are offices'
    numbers, which are not masked. ``own`` replaces ``statuses`` and other texts where the reporter reads about the
    complaint. ``reader`` understands what citizens write."""

    #: The words for dates, between two telephone numbers, and between two ways of being told.
    dates: Any = dates
    either, both = "atau", "dan"

    def __init__(self, region: Region) -> None:
        texts = region.texts
        self.statuses, self.changes, self.notes = texts["statuses"], texts["changes"], texts["notes"]
        self.to_others = texts["to_others"]
        self.own = texts["own"]
        self.clock, self.codes = texts["clock"], texts["codes"]
        self.now, self.ended, self.parts, self.days = texts["now"], texts["ended"], texts["parts"], texts["days"]
        self.sms: dict[str, str] = {**texts["answers"], **texts["sms"]}
        self.social: dict[str, str] = {**texts["answers"], **texts["social"]}
        self.web: dict[str, str] = {**texts["answers"], **texts["public"], **texts["web"]}
        self.news: dict[str, str] = {**texts["answers"], **texts["news"]}
        self.columns, self.counter = texts["columns"], texts["counter"]
        self.reasons = texts["reasons"]
        self.triage = region.units.holder(UnitRole.TRIAGE)
        self.units = {unit.code: unit.name for unit in region.units.rows}
        self.short = {unit.code: unit.short or unit.name for unit in region.units.rows}
        self.categories = {code: each.name for code, each in region.categories.items()}
        self.account = texts["account"]
        self.category_groups = grouped(region.categories)
        self.territory, self.outlines = region.territory, region.outlines
        self.zone, self.quiet_until = region.calendar.timezone, region.calendar.quiet_until
        self.contacts = region.contacts
        self.danger, self.emergency = texts["danger"], region.emergency
        self.reader = Reader(region)
        self.pages, self.retention = region.pages, region.retention
        self._sla = region.sla

    @property
    def promises(self) -> dict[str, str]:
        """Today's promises, by placeholder."""
        return promises_on(self._sla, datetime.now(self.zone).date())

    def answers(self, service: str) -> Mapping[str, str]:
        """Return the answers that an intake sends as messages."""
        answers: Mapping[str, str] = getattr(self, CHANNELS[service].section)
        return answers

    def elsewhere(self, form: str, number: str, site: str) -> str:
        """Say by SMS, in the words of ``form``, where all of ``number`` can be read: at ``site``, if there is one."""
        page = f"{site.rstrip('/')}/laporan/{number}" if site else self.sms["where"].format(ticket=number)
        return self.sms[form].format(where=page)

    def refusal(self, problem: TextProblem) -> str:
        """Say what to mend in a text that can't be taken; the same on every channel."""
        return self.sms[problem.code].format(**problem.values)

    def on_web(self, name: str, **values: object) -> str:
        """Fill the website's text ``name``, from the section `web` (or `answers`)."""
        return self.web[name].format(**values)

    def call_for_help(self, kinds: Sequence[str], most: int = MOST) -> str:
        """Name up to ``most`` contacts to call now, in danger of ``kinds``; return "" without danger."""
        known = [kind for kind in kinds if kind in self.danger]
        return self.danger[known[0]].format(call=self._calls(known, most)) if known else ""

    def said_again(self, kinds: Sequence[str], ticket: str) -> str:
        """Say whom to call to a reporter who tells of the same danger again."""
        again = "again_despair" if DangerKind.DESPAIR in kinds else "again"
        return self._in_danger(SMS.service, kinds, [(again, self.danger[again])], ticket)

    def added_in_danger(self, kinds: Sequence[str], form: str, ticket: str) -> str:
        """Say whom to call, followed by the SMS answer ``form`` about the addition."""
        said = (form, self.sms[form])
        if DangerKind.DESPAIR in kinds:
            said = ("added_despair", self.danger["added_despair"])
        return self._in_danger(SMS.service, kinds, [said], ticket)

    def _in_danger(self, service: str, kinds: Sequence[str], said: Sequence[tuple[str, str]], ticket: str) -> str:
        """Say whom to call, followed by the named texts ``said``; in fewer words if the whole would exceed one SMS."""
        brief = [self.danger.get(f"brief_{name}", form) for name, form in said]
        call, short_call = self.call_for_help(kinds), self.danger["brief_call"].format(call=self._calls(kinds))
        whole = [form for _, form in said]
        ways = itertools.product((call, short_call), (whole, brief))
        texts = [" ".join([first, *(form.format(ticket=ticket) for form in rest)]) for first, rest in ways]
        most = ONE_SMS if CHANNELS[service].one_sms else len(texts[0])
        return next((text for text in texts if len(text) <= most), texts[-1])

    @property
    def in_doubt(self) -> str:
        """The contacts to call, for a sender who was not understood."""
        return self.danger["unsure"].format(call=self._calls([DangerKind.UNSPECIFIED]))

    def _calls(self, kinds: Sequence[str], most: int = MOST) -> str:
        return f" {self.either} ".join(call.in_words for call in self.emergency.calls(kinds)[:most])

    def receipt(self, service: str, story: ComplaintView, begun: str = "") -> str:
        """Confirm a complaint, with the meaning of its marks and, once known, its due date.

        A reporter in danger is first told whom to call, and no date. One who did not say where is asked, last.
        ``begun`` says what was already done with it, if no unit here works on it.
        """
        answers = self.answers(service)
        given = (("rahasia", story.rahasia), ("anonim", story.sent.anonim))
        # The website's messages say nothing of a confidential complaint, and an anonymous one gets none.
        marks = [answers[mark] for mark, is_so in given if is_so and mark in answers]
        if story.sent.danger:
            names = [name for name, is_so in given if is_so and name in answers]
            ask = answers["ask_where"] if answers is self.news else self.danger["where"]
            asks = [("where", ask)] if story.sent.place_asked else []
            taken = "taken_despair" if DangerKind.DESPAIR in story.sent.danger else "taken"
            said = [(taken, self.danger[taken]), *((name, answers[name]) for name in names), *asks]
            return self._in_danger(service, story.sent.danger, said, story.ticket)
        where = [answers["ask_where"]] if story.sent.place_asked else []
        if begun:
            return " ".join([*marks, answers["receipt_begun"], begun])
        until = self.day(story.deadline_at) if where and story.deadline_at else self.due(story)
        due = [f"{self.parts['due'].format(due=until)}."] if until else []
        # It must fit one SMS: beside a mark there is no room to say how to ask for the status.
        rest = where or ([answers["check"]] if "check" in answers and not (marks or story.sent.part_of) else [])
        return " ".join([*marks, self._taken(answers, story), *due, *rest])

    def _taken(self, answers: Mapping[str, str], story: ComplaintView) -> str:
        """Say that it was received and, once known, who has it; for a confidential one not in public."""
        public = story.rahasia and answers is self.social
        form = "receipt" if story.unit is None or public else "receipt_routed"
        if form == "receipt_routed" and story.lane == Lane.TRIAGE and story.unit == self.triage:
            form = "receipt_sorted"
        if story.sent.part_of:
            form = "apart_routed" if form == "receipt_routed" else "apart"
        unit = self.short.get(story.unit or "", story.unit)
        return answers[form].format(ticket=story.ticket, unit=unit, parent=story.sent.part_of)

    def unit(self, code: str | None, lane: str | None = None, *, short: bool = False) -> str:
        """Return the name of a unit for citizens; ``short`` where each letter counts.

        The triage unit, while it only looks for the right unit, counts as nobody.
        """
        if lane == Lane.TRIAGE and code == self.triage:
            return self.parts["nobody"]
        return (self.short if short else self.units).get(code or "", code or self.parts["nobody"])

    def change(
        self, update: ComplaintUpdated, *, service: str = SMS.service, outline: bool = False, on_page: bool = False
    ) -> str:
        """Say what a citizen of ``service`` is told about ``update``, in one sentence or two.

        With ``outline`` only its status; ``on_page``: they read it on the website, and act there.
        """
        answers = self.web if on_page and CHANNELS[service].pages else self.answers(service)
        if outline:
            return f"{update.ticket}: {self.status_word(update.status, to_reporter=True)}. {self.social['private']}"
        short = CHANNELS[service].one_sms
        support = ", ".join(self.unit(code, short=short) for code in update.support)
        words = {
            "ticket": update.ticket,
            "unit": self.unit(update.unit, update.lane, short=short),
            "support": self.parts["support"].format(support=support) if support else "",
            "message": update.message or self._of_code(update, answers),
            "reason": (update.reason or "").rstrip(" ."),
            "target": update.target or "",
            "contact": self._contact(update),
            "parent": update.parent or "",
            "status": self.status_word(update.status, to_reporter=True),
            "how": self._how(update, answers, service),
            **self.promises,
        }
        form = self.notes.get(update.note or "")
        if self._is_sorted(update):
            form = self.parts["sorted"]
        form = form or self.changes[update.kind]
        if _goes_on(form, words):
            words["message"] = _ended(words["message"])
        return _tidy(form.format_map(words))

    def subject(self, service: str, update: ComplaintUpdated) -> str:
        """Summarise a message about ``update`` in a few words; return "" where messages have no subject."""
        if not CHANNELS[service].subjects:
            return ""
        name = "sorted" if self._is_sorted(update) else update.kind
        unit = self.unit(update.unit, update.lane)
        return self.news[f"subject_{name}"].format(ticket=update.ticket, unit=unit, parent=update.parent or "")

    def _is_sorted(self, update: ComplaintUpdated) -> bool:
        """Whether the right unit is still being looked for, and the step says nothing else."""
        routed = update.kind == UpdateKind.ROUTED and update.note is UNSET
        return routed and update.lane == Lane.TRIAGE and update.unit == self.triage

    def _how(self, update: ComplaintUpdated, answers: Mapping[str, str], service: str) -> str:
        """Say how to answer a question, or to judge what was done, on the channel."""
        forms = {UpdateKind.WAITING_FOR_REPORTER: "answer_how", UpdateKind.RESOLVED: "judge_how"}
        name = forms.get(update.kind)  # type: ignore[call-overload]
        # The reporter can't act on the page of a complaint that came by another channel.
        return answers[name].format(ticket=update.ticket) if name and update.origin == service else ""

    def told_to_all(self, text: str, ticket: str) -> str:
        """Return the ``text`` of a step, as told to its reporter, without what it asks of them."""
        asked = (said[name].format(ticket=ticket) for said in (self.web, self.news) for name in _ASKED_THERE)
        return next((_tidy(text.replace(words, "")) for words in asked if words in text), text)

    def told_to_others(self, step: Step, ticket: str) -> str:
        """Return what others than the reporter read of ``step``, whose own text addresses the reporter."""
        form = self.to_others.get(step.kind)
        if form is None:
            return self.told_to_all(step.text, ticket)
        return _tidy(form.format(unit=self.unit(step.unit), message=step.message))

    def _of_code(self, update: ComplaintUpdated, answers: Mapping[str, str]) -> str:
        """Word the code of a step without a written message; return "" for a code that this version does not know."""
        due = self.day(update.deadline_at) if update.deadline_at else ""
        ended = self.ended.get(update.status, "")
        how, appeal_how = (answers[name].format(ticket=update.ticket) for name in ("reopen_how", "appeal_how"))
        words = {"due": due, "ended": ended, "parent": update.parent or "", "how": how, "appeal_how": appeal_how}
        return self.codes.get(update.code or "", "").format(**words)

    def why(self, day: DerivationDay) -> str:
        """Say why ``day`` counts or does not; in the clock's own words if we don't know its code."""
        if day.code not in DAY_CODES:
            return day.reason
        amount, called, minutes = day.amount or 0, day.called or "", int(day.amount or 0) // 60
        said = self.days[day.code].format(
            n=self.number(f"{amount:g}"),
            called=called,
            weekday=self.dates.WEEKDAYS[day.date.weekday()],
            hours=minutes // 60,
            minutes=minutes % 60,
        )
        more = [self.days["half"]] if day.kind == DayKind.HALF or day.share is not UNSET else []
        more += [called] if called and day.code in _WITH_WORK else []
        return f"{said} ({', '.join(more)})" if more else said

    def _contact(self, update: ComplaintUpdated) -> str:
        """Say how to reach the agency that it was handed over to, if somebody has confirmed the contact."""
        if not update.contact:
            return ""
        return self.parts["contact"].format(target=update.target or "", contact=update.contact)

    def said_by_clock(self, kind: str, due: datetime | None, unit: str | None = None) -> str:
        """Word what the clock did; ``kind`` is a key of the section `clock`."""
        due_on, next_step = self.day(due) if due else "", self.parts[NEXT_STEP]
        return self.clock[kind].format(due=due_on, unit=self.unit(unit), next_step=next_step)

    def apology(self, service: str, ticket: str, due: datetime | None, unit: str | None) -> str:
        """Apologize for the deadline ``due`` that ``unit`` missed."""
        due_on, next_step = self.day(due) if due else "", self.parts[NEXT_STEP]
        form = self.answers(service)["apology"]
        return form.format(ticket=ticket, due=due_on, unit=self.unit(unit), next_step=next_step)

    def escalated(self, data: ComplaintUpdated) -> str:
        """Word the escalation ``data`` for the page."""
        head = self.clock["head"].format(unit=self.unit(data.unit), due="")
        to = ", ".join(head if code == HEAD else self.unit(code) for code in data.escalate_to)
        return self.clock[UpdateKind.ESCALATED].format(to=to or head, unit=self.unit(data.unit), due="")

    def is_sorted(self, story: ComplaintView) -> bool:
        """Whether the triage unit is looking for the unit that is to have it."""
        return story.status == Status.ROUTED and story.lane == Lane.TRIAGE and story.unit == self.triage

    def status_word(self, status: str, *, to_reporter: bool) -> str:
        """Word a ``status``, for its reporter or for anybody."""
        said = self.statuses.get(status, status)
        return self.own.get(status, said) if to_reporter else said

    def status(self, story: ComplaintView, *, to_reporter: bool) -> str:
        """Word the status of ``story``, or that its unit is being looked for, for its reporter or for anybody."""
        if self.is_sorted(story):
            return self.parts["sorted"].format(ticket="").strip(" .")
        return self.status_word(story.status, to_reporter=to_reporter)

    def status_line(self, story: ComplaintView | None, ticket: str, *, to_reporter: bool = False) -> str:
        """Answer "how is my complaint?", short enough for one SMS; others hear less of a confidential one."""
        if story is None:
            return self.sms["unknown_ticket"].format(ticket=ticket)
        if story.rahasia and not to_reporter:
            story = msgspec.structs.replace(story, unit=None, parent=None, target=None)
        despairs = to_reporter and DangerKind.DESPAIR in story.sent.danger
        form = self.parts["how_it_is_despair" if despairs else "how_it_is"]
        line = form.format(ticket=ticket, status=self.status(story, to_reporter=to_reporter))
        if story.status == Status.HANDED_OVER:  # the unit that handed it over no longer has it
            line += f" ({story.target})" if story.target else ""
        elif story.unit and not self.is_sorted(story):
            line += f" ({self.unit(story.unit, story.lane, short=True)})"
        if story.parent and story.status not in UNPROMISED:
            line += f". {self.parts['due_at_parent'].format(parent=story.parent)}"
        elif story.deadline_at and story.status not in UNPROMISED and not story.undated:
            paused = (self.own if to_reporter else self.parts)["due_paused"]
            form = paused if story.paused else self.parts["due_missed" if story.breached else "due"]
            line += f". {form.format(due=self.day(story.deadline_at))}"
        return f"{line}."

    def listed(self, among: Sequence[Own]) -> str:
        """List complaints with their status, short enough for one SMS."""
        said = {**self.statuses, **self.own}
        return ", ".join(f"{each.ticket} {said.get(each.status, '')}".strip() for each in among[:MOST_LISTED])

    def how_it_stands(self, story: ComplaintView) -> str:
        """Say in a sentence what happens with it now."""
        sorted_ = story.lane == Lane.TRIAGE and story.unit == self.triage and story.status in _SORTED
        awaited = story.to_confirm and story.status == Status.RESOLVED
        form = self.now["sorted" if sorted_ else Note.TO_CONFIRM if awaited else story.status]
        return form.format(unit=self.unit(story.unit, story.lane), parent=story.parent or "", target=story.target or "")

    def due(self, story: ComplaintView) -> str:
        """Return ``Kamis 3 Des, 3 hari kerja``; only the day if the clock does not say how long was promised."""
        if not story.deadline_at:
            return ""
        return ", ".join(filter(None, (self.day(story.deadline_at), story.promise)))

    def more_time(self, reason: str, day: date) -> str:
        """Say why it takes longer, and on which ``day`` it is expected."""
        return self.parts["more_time"].format(reason=reason.strip().rstrip(" ."), day=self.dates.day_in_words(day))

    def day(self, deadline_at: datetime) -> str:
        """Return ``Kamis 3 Des``, as :func:`contracts.dates.due_in_words`."""
        written: str = self.dates.due_in_words(deadline_at, self.zone)
        return written

    @staticmethod
    def number(written: str) -> str:
        """Return ``1,5`` for ``1.5``."""
        return written.replace(".", ",")


def _goes_on(form: str, words: Mapping[str, str]) -> bool:
    """Whether ``form`` adds words of ours after the message."""
    _, message, rest = form.partition("{message}")
    return bool(message and rest.format_map(words).strip())


def _ended(message: str) -> str:
    """Add the full stop that units leave out to ``message``, but not after a URL or the like, which it might break."""
    open_ = message[-1:].isalnum() and "." not in message.split()[-1]
    return f"{message}." if open_ else message


def _tidy(sentence: str) -> str:
    """Remove the traces of placeholders that were empty."""
    return " ".join(sentence.split()).replace(":.", ".").replace(": .", ".")
