"""What citizens are told, in the words of the region's ``texts.yaml``, which is checked before anything starts."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET

from contracts import dates
from contracts.events import ComplaintUpdated, DerivationDay, FollowUp, Place
from contracts.sentences import DAY_CODES, DayCode
from contracts.vocabulary import HEAD, UNPROMISED, DangerKind, DayKind, Lane, Note, Status, UnitRole, UpdateKind
from intake.additions import Apart
from intake.complaint_view import ComplaintView, Step
from intake.submissions import Submission, TextProblem
from intake.talk import MOST_LISTED, Own, Talk
from kabupaten import Part, Region
from kabupaten.accusing import AccusingWords
from kabupaten.categories import grouped
from kabupaten.danger import DangerWords
from kabupaten.emergency import MOST
from kabupaten.gazetteer import gazetteer_of
from kabupaten.place import find_answer
from kabupaten.promises import NEXT_STEP, promises_on
from kabupaten.routing import guardians

#: What the texts need: the names of the units, the kabupaten's time zone, the contacts that are not masked, what
#: is promised, what is said to who is in danger, what matters and places are called, and what the website says of
#: itself.
PARTS: tuple[Part, ...] = (
    *("texts", "units", "routing", "calendar", "sla", "emergency", "danger", "talk", "territory", "categories"),
    *("pages", "retention", "conduct", "abbreviations", "outlines"),
)

#: Letters of a message that needs no second one.
ONE_SMS = 160
#: Who tells of these is not asked where: they may not be alone.
NOT_ASKED = frozenset({DangerKind.ABUSE, DangerKind.DESPAIR})
#: While the triage unit has it, it looks for the right one.
_SORTED = frozenset({Status.ROUTED, Status.ACKNOWLEDGED, Status.REOPENED})
#: What a step asks of its reporter, by the channel where they do it.
_ASKED_THERE = ("judge_how", "answer_how")
#: Days with work, behind which it is said what they are called.
_WITH_WORK: tuple[DayCode, ...] = ("working_day", "day", "waiting")


class Texts:
    """What citizens are told, from a region that has all ``PARTS``. ``sms``, ``social`` and ``news`` are the answers of
    those channels and of the website's messages, by name, and ``web`` what stands on its pages; ``contacts`` are
    offices' numbers, which are not masked. ``own`` is what its reporter is told of a complaint instead of what
    ``statuses`` and the others tell everybody.
    """

    #: What writes dates, and what stands between two telephone numbers, and between two ways of being told.
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
        self.danger, self.emergency, self.danger_words = texts["danger"], region.emergency, DangerWords(region.danger)
        self.accusing_words = AccusingWords(region.conduct, region.units, region.abbreviations)
        #: Who reads of victims.
        self.guardians = guardians(region.routing.rules)
        self.talk, self.gazetteer = Talk(region.talk, region.territory), gazetteer_of(region.territory)
        self.pages, self.retention = region.pages, region.retention
        self._sla = region.sla

    def learn(self) -> None:
        """Learn the words that are weighed now, and not with the first message: it takes a second or two."""
        self.danger_words.learn()
        self.accusing_words.learn()

    @property
    def promises(self) -> dict[str, str]:
        """What is promised today, by the placeholder that stands for it."""
        return promises_on(self._sla, datetime.now(self.zone).date())

    def answers(self, service: str) -> Mapping[str, str]:
        """What an intake answers by messages."""
        return {"intake-sms": self.sms, "intake-web": self.news}.get(service, self.social)

    def elsewhere(self, form: str, number: str, site: str) -> str:
        """Say by SMS, in the words of ``form``, where all of ``number`` can be read: at ``site``, if there is one."""
        page = f"{site.rstrip('/')}/laporan/{number}" if site else self.sms["where"].format(ticket=number)
        return self.sms[form].format(where=page)

    def refusal(self, problem: TextProblem) -> str:
        """Say what to mend in a text that can't be taken; the same on every channel."""
        return self.sms[problem.code].format(**problem.values)

    def on_web(self, name: str, **values: object) -> str:
        """Say on the website what stands below `web` (or `answers`) as ``name``."""
        return self.web[name].format(**values)

    def call_for_help(self, kinds: Sequence[str], most: int = MOST) -> str:
        """Say whom to call now, in danger of ``kinds``, ``most`` of them; nothing where there is none."""
        known = [kind for kind in kinds if kind in self.danger]
        return self.danger[known[0]].format(call=self._calls(known, most)) if known else ""

    def said_again(self, kinds: Sequence[str], ticket: str) -> str:
        """Say whom to call to who tells of the same danger again."""
        return self._in_danger("intake-sms", kinds, [("again", self.danger["again"])], ticket)

    def added_in_danger(self, kinds: Sequence[str], form: str, ticket: str) -> str:
        """Say whom to call, and what the answer ``form`` of an SMS says of the addition."""
        return self._in_danger("intake-sms", kinds, [(form, self.sms[form])], ticket)

    def _in_danger(self, service: str, kinds: Sequence[str], said: Sequence[tuple[str, str]], ticket: str) -> str:
        """Say whom to call, and then what is ``said``, by name: in fewer words where the whole is more than an SMS."""
        brief = [self.danger.get(f"brief_{name}", form) for name, form in said]
        call, short_call = self.call_for_help(kinds), self.danger["brief_call"].format(call=self._calls(kinds))
        whole = [form for _, form in said]
        ways = itertools.product((call, short_call), (whole, brief))
        texts = [" ".join([first, *(form.format(ticket=ticket) for form in rest)]) for first, rest in ways]
        most = ONE_SMS if service == "intake-sms" else len(texts[0])
        return next((text for text in texts if len(text) <= most), texts[-1])

    @property
    def in_doubt(self) -> str:
        """Say whom to call to somebody who was not understood."""
        return self.danger["unsure"].format(call=self._calls([DangerKind.UNSPECIFIED]))

    def _calls(self, kinds: Sequence[str], most: int = MOST) -> str:
        return f" {self.either} ".join(call.in_words for call in self.emergency.calls(kinds)[:most])

    def understood(self, submission: Submission, danger: Sequence[DangerKind]) -> Submission:
        """Note in ``submission`` the danger its words tell of, and that they say not where, if it can be asked.

        Its sender is told whom to call from less on than wakes anybody.

        Who sent it from an address and anonymously can't be: the address is forgotten.
        """
        asks = not (submission.anonim and submission.address) and not submission.place
        asks = asks and not NOT_ASKED.intersection(danger)
        asked = asks and self.talk.lacks_place(submission.text, in_danger=bool(danger))
        faint = bool(danger) and not self.danger_words.alarms(submission.text)
        return replace(submission, danger=danger, faint=faint, place_asked=asked)

    def read(self, item: FollowUp, danger: Sequence[DangerKind]) -> FollowUp:
        """Note in ``item`` the place that its text names, if any, and the ``danger`` it tells of, where that alarms."""
        place = find_answer(self.gazetteer, item.text) if item.text else Place()
        alarm = list(danger) if item.text and self.danger_words.alarms(item.text) else []
        return msgspec.structs.replace(item, place=UNSET if place == Place() else place, danger=alarm or UNSET)

    def accuses(self, story: ComplaintView, text: str) -> bool:
        """Tell whether ``text``, which is added to ``story``, may accuse who works on that, or will.

        Where somebody looks at it who may be asked to judge others, what accuses belongs there; not where they decide
        what its unit does, or where it follows another. The unit for victims is told who did it, an official too, for
        nobody else is to read that: from it is kept only what names it, or who helps it.
        """
        if readers := self._readers_of_victim(story):
            return self.accusing_words.may_accuse(text) and not readers.isdisjoint(self.accusing_words.named(text))
        looked_at = story.lane != Lane.UNIT and story.status not in (Status.MERGED, Status.APPEALED)
        judged = story.lane == Lane.TRIAGE and story.unit not in (None, self.triage)
        belongs = looked_at and (judged or story.part_of is not None)
        return not belongs and self.accusing_words.may_accuse(text)

    def _readers_of_victim(self, story: ComplaintView) -> frozenset[str]:
        """Give the units that look after the victim of ``story``, or will; none where others do or there is none."""
        if story.status == Status.MERGED or story.part_of:
            return frozenset()
        if story.lane == Lane.UNIT and story.unit in self.guardians:
            return frozenset({story.unit, *story.support})
        return self.guardians if story.unit is None and DangerKind.ABUSE in story.danger else frozenset()

    def apart(self, service: str, thread: str | None = None) -> Apart:
        """Give by what an intake takes apart what may accuse; ``thread`` is where it stands."""
        asked = self.answers(service)["still_asked"]
        return Apart(accuses=self.accuses, receipt=partial(self.receipt, service), still_asked=asked, thread=thread)

    def receipt(self, service: str, story: ComplaintView, begun: str = "") -> str:
        """Confirm a complaint, with what its marks mean and, once that is known, its due date.

        Who is in danger is told first whom to call, and of no date. Who said not where is asked, last. ``begun`` is
        what was done with it at once, where no unit here works on it.
        """
        answers = self.answers(service)
        given = (("rahasia", story.rahasia), ("anonim", story.anonim))
        # Of a confidential complaint no message of the website says anything, and an anonymous one has none.
        marks = [answers[mark] for mark, is_so in given if is_so and mark in answers]
        if story.danger:
            names = [name for name, is_so in given if is_so and name in answers]
            ask = answers["ask_where"] if answers is self.news else self.danger["where"]
            asks = [("where", ask)] if story.place_asked else []
            taken = "taken_despair" if DangerKind.DESPAIR in story.danger else "taken"
            said = [(taken, self.danger[taken]), *((name, answers[name]) for name in names), *asks]
            return self._in_danger(service, story.danger, said, story.ticket)
        where = [answers["ask_where"]] if story.place_asked else []
        if begun:
            return " ".join([*marks, answers["receipt_begun"], begun])
        until = self.day(story.deadline_at) if where and story.deadline_at else self.due(story)
        due = [f"{self.parts['due'].format(due=until)}."] if until else []
        # One SMS: with a mark there is no room to say how to ask for the status.
        rest = where or ([answers["check"]] if "check" in answers and not (marks or story.part_of) else [])
        return " ".join([*marks, self._taken(answers, story), *due, *rest])

    def _taken(self, answers: Mapping[str, str], story: ComplaintView) -> str:
        """That it was received, and who has it, once that is known; not where everybody reads a confidential one."""
        public = story.rahasia and answers is self.social
        form = "receipt" if story.unit is None or public else "receipt_routed"
        if form == "receipt_routed" and story.lane == Lane.TRIAGE and story.unit == self.triage:
            form = "receipt_sorted"
        if story.part_of:
            form = "apart_routed" if form == "receipt_routed" else "apart"
        unit = self.short.get(story.unit or "", story.unit)
        return answers[form].format(ticket=story.ticket, unit=unit, parent=story.part_of)

    def unit(self, code: str | None, lane: str | None = None, *, short: bool = False) -> str:
        """The name of a unit, for citizens; ``short`` where each letter counts.

        Who only looks for the right one in the triage lane is none.
        """
        if lane == Lane.TRIAGE and code == self.triage:
            return self.parts["nobody"]
        return (self.short if short else self.units).get(code or "", code or self.parts["nobody"])

    def change(
        self, update: ComplaintUpdated, *, service: str = "intake-sms", outline: bool = False, on_page: bool = False
    ) -> str:
        """Say what a citizen of ``service`` is told about ``update``, in one sentence or two.

        With ``outline`` its status alone; ``on_page``: they read it on the website, and act there.
        """
        answers = self.web if on_page and service == "intake-web" else self.answers(service)
        if outline:
            return f"{update.ticket}: {self.status_word(update.status, to_reporter=True)}. {self.social['private']}"
        short = service == "intake-sms"
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
        """Say in a few words what a message about ``update`` tells; nothing where messages have no subject."""
        if service != "intake-web":
            return ""
        name = "sorted" if self._is_sorted(update) else update.kind
        unit = self.unit(update.unit, update.lane)
        return self.news[f"subject_{name}"].format(ticket=update.ticket, unit=unit, parent=update.parent or "")

    def _is_sorted(self, update: ComplaintUpdated) -> bool:
        """Whether the right unit is only looked for, and the step says nothing else."""
        routed = update.kind == UpdateKind.ROUTED and update.note is UNSET
        return routed and update.lane == Lane.TRIAGE and update.unit == self.triage

    def _how(self, update: ComplaintUpdated, answers: Mapping[str, str], service: str) -> str:
        """How to answer a question, or to judge what was done, on the channel."""
        forms = {UpdateKind.WAITING_FOR_REPORTER: "answer_how", UpdateKind.RESOLVED: "judge_how"}
        name = forms.get(update.kind)  # type: ignore[call-overload]
        # On the page of what came by another channel nobody can.
        return answers[name].format(ticket=update.ticket) if name and update.origin == service else ""

    def told_to_all(self, text: str, ticket: str) -> str:
        """Give ``text``, which a step says to its reporter on the page or by message, without what it asks of them."""
        asked = (said[name].format(ticket=ticket) for said in (self.web, self.news) for name in _ASKED_THERE)
        return next((_tidy(text.replace(words, "")) for words in asked if words in text), text)

    def told_to_others(self, step: Step, ticket: str) -> str:
        """Give what others than its reporter read of ``step``, whose text speaks to the reporter."""
        form = self.to_others.get(step.kind)
        if form is None:
            return self.told_to_all(step.text, ticket)
        return _tidy(form.format(unit=self.unit(step.unit), message=step.message))

    def _of_code(self, update: ComplaintUpdated, answers: Mapping[str, str]) -> str:
        """The sentence that goes with it where nobody wrote one; none for a code that this version does not know."""
        due = self.day(update.deadline_at) if update.deadline_at else ""
        ended = self.ended.get(update.status, "")
        how, appeal_how = (answers[name].format(ticket=update.ticket) for name in ("reopen_how", "appeal_how"))
        words = {"due": due, "ended": ended, "parent": update.parent or "", "how": how, "appeal_how": appeal_how}
        return self.codes.get(update.code or "", "").format(**words)

    def why(self, day: DerivationDay) -> str:
        """Say why ``day`` counts or does not; in the clock's own words where it sent no code that we know."""
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
        """How to reach whom it was handed over to, where somebody has confirmed it."""
        if not update.contact:
            return ""
        return self.parts["contact"].format(target=update.target or "", contact=update.contact)

    def said_by_clock(self, kind: str, due: datetime | None, unit: str | None = None) -> str:
        """Word what the clock did: ``kind`` is a key of the section `clock`."""
        due_on, next_step = self.day(due) if due else "", self.parts[NEXT_STEP]
        return self.clock[kind].format(due=due_on, unit=self.unit(unit), next_step=next_step)

    def apology(self, service: str, ticket: str, due: datetime | None, unit: str | None) -> str:
        """Apologize for the deadline ``due`` that ``unit`` missed."""
        due_on, next_step = self.day(due) if due else "", self.parts[NEXT_STEP]
        form = self.answers(service)["apology"]
        return form.format(ticket=ticket, due=due_on, unit=self.unit(unit), next_step=next_step)

    def escalated(self, data: ComplaintUpdated) -> str:
        """What the page says when ``data`` went up the ladder."""
        head = self.clock["head"].format(unit=self.unit(data.unit), due="")
        to = ", ".join(head if code == HEAD else self.unit(code) for code in data.escalate_to)
        return self.clock[UpdateKind.ESCALATED].format(to=to or head, unit=self.unit(data.unit), due="")

    def is_sorted(self, story: ComplaintView) -> bool:
        """Tell whether the triage unit looks for the unit that is to have it."""
        return story.status == Status.ROUTED and story.lane == Lane.TRIAGE and story.unit == self.triage

    def status_word(self, status: str, *, to_reporter: bool) -> str:
        """Word a ``status``, for its reporter or for anybody."""
        said = self.statuses.get(status, status)
        return self.own.get(status, said) if to_reporter else said

    def status(self, story: ComplaintView, *, to_reporter: bool) -> str:
        """Word how it is, and who looks for its unit, for its reporter or for anybody."""
        if self.is_sorted(story):
            return self.parts["sorted"].format(ticket="").strip(" .")
        return self.status_word(story.status, to_reporter=to_reporter)

    def status_line(self, story: ComplaintView | None, ticket: str, *, to_reporter: bool = False) -> str:
        """Answer "how is my complaint?", short enough for one SMS; others hear less of a confidential one."""
        if story is None:
            return self.sms["unknown_ticket"].format(ticket=ticket)
        if story.rahasia and not to_reporter:
            story = msgspec.structs.replace(story, unit=None, parent=None)
        line = self.parts["how_it_is"].format(ticket=ticket, status=self.status(story, to_reporter=to_reporter))
        if (
            story.unit and not self.is_sorted(story) and story.status != Status.HANDED_OVER
        ):  # who passed it on has it no longer
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
        """``Kamis 3 Des, 3 hari kerja``; the day alone where the clock does not say how long was promised."""
        if not story.deadline_at:
            return ""
        return ", ".join(filter(None, (self.day(story.deadline_at), story.promise)))

    def more_time(self, reason: str, day: date) -> str:
        """Say why it takes longer, and on which ``day`` it is expected."""
        return self.parts["more_time"].format(reason=reason.strip().rstrip(" ."), day=self.dates.day_in_words(day))

    def day(self, deadline_at: datetime) -> str:
        """``Kamis 3 Des``, as :func:`contracts.dates.due_in_words`."""
        written: str = self.dates.due_in_words(deadline_at, self.zone)
        return written

    @staticmethod
    def number(written: str) -> str:
        """Give ``1,5`` for ``1.5``."""
        return written.replace(".", ",")


def _goes_on(form: str, words: Mapping[str, str]) -> bool:
    """Tell whether ``form`` says something of ours behind the message."""
    _, message, rest = form.partition("{message}")
    return bool(message and rest.format_map(words).strip())


def _ended(message: str) -> str:
    """Give ``message`` with a full stop, which units leave out; none behind an address, which it might break."""
    open_ = message[-1:].isalnum() and "." not in message.split()[-1]
    return f"{message}." if open_ else message


def _tidy(sentence: str) -> str:
    """Without the traces of words that were empty."""
    return " ".join(sentence.split()).replace(":.", ".").replace(": .", ".")
