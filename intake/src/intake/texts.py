"""What citizens are told, in the words of the region's ``texts.yaml``, which is checked before anything starts."""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import msgspec

from chassis.region import RegionError, read_contacts, read_region, read_zone, region_file
from contracts.dates import due_in_words
from contracts.events import CLOCK_KINDS, ComplaintUpdated, UpdateKind
from intake.complaint_view import DONE, ComplaintView

#: Whose head an escalation names, where it names no unit.
HEAD = "head"

_STEP = frozenset({"ticket", "unit", "support", "message", "reason", "target", "parent", "status"})
_KINDS = {*get_args(UpdateKind)} - CLOCK_KINDS
_NO_STATUS = {"unmerged", "corrected", "noted"}
_TICKET, _DUE, _CLOCK = frozenset({"ticket"}), frozenset({"ticket", "due"}), frozenset({"due", "unit"})
#: The keys of each section, and the placeholders that each may have.
_PLACEHOLDERS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "statuses": dict.fromkeys((_KINDS - _NO_STATUS) | {"received", "archived"}, frozenset[str]()),
    "changes": dict.fromkeys(_KINDS, _STEP),
    "notes": dict.fromkeys(
        ("addition", "rating", "refused", "rights_requested", "rights_done", "rights_declined", "erased"), _STEP
    ),
    "clock": {
        **dict.fromkeys(
            (
                *("breached", "rights_late", "head", "retracted", "not_escalated"),
                *("paused", "answer_by", "resumed", "rescheduled", "moved"),
            ),
            _CLOCK,
        ),
        "escalated": _CLOCK | {"to"},
    },
    "codes": dict.fromkeys(
        ("lapsed", "answer_time_over", "question_time_over", "parent_due", "parent_late", "parent_paused"),
        frozenset({"due"}),
    ),
    "answers": dict.fromkeys(("unknown_ticket", "bad_ticket", "bad_rating"), _TICKET),
    "sms": {
        **dict.fromkeys(
            ("receipt", "rahasia", "anonim", "help", "format", "not_yours", "too_long", "later", "where"), _TICKET
        ),
        **dict.fromkeys(("more", "last"), frozenset({"where"})),
        "receipt_due": _DUE,
        "correction": _DUE,
        "apology": _DUE | {"unit"},
    },
    "social": {
        **dict.fromkeys(("receipt", "rahasia", "anonim", "help", "not_yours", "private"), _TICKET),
        "receipt_due": _DUE,
        "correction": _DUE,
        "apology": _DUE | {"unit"},
    },
}


class Texts:
    """What citizens are told. ``sms`` and ``social`` are the answers of those channels, by name; ``contacts`` are
    offices' numbers, which are not masked.

    Raises:
        RegionError: a file is missing, or a key or placeholder of ``texts.yaml`` is; the text names it.
    """

    def __init__(self, region: Path) -> None:
        texts = _checked(region)
        self.statuses, self.changes, self.notes = texts["statuses"], texts["changes"], texts["notes"]
        self.clock, self.codes = texts["clock"], texts["codes"]
        self.sms: dict[str, str] = {**texts["answers"], **texts["sms"]}
        self.social: dict[str, str] = {**texts["answers"], **texts["social"]}
        self.units: dict[str, str] = {unit["code"]: unit["name"] for unit in read_region(region, "units.yaml")["units"]}
        self.zone = read_zone(region)
        self.contacts = read_contacts(region)

    def answers(self, service: str) -> Mapping[str, str]:
        """The answers of an intake that answers messages."""
        return self.sms if service == "intake-sms" else self.social

    def receipt(self, service: str, story: ComplaintView) -> str:
        """Confirm a complaint, with what its marks mean and, once that is known, its due date."""
        answers = self.answers(service)
        marks = [answers[mark] for mark, given in (("rahasia", story.rahasia), ("anonim", story.anonim)) if given]
        form = answers["receipt_due" if story.deadline_at else "receipt"]
        return " ".join([*marks, form.format(ticket=story.ticket, due=self.due(story))])

    def unit(self, code: str | None) -> str:
        """The name of a unit, for citizens."""
        name: str = self.units.get(code or "", code or "petugas LAPOR!")
        return name

    def change(self, update: ComplaintUpdated, *, outline: bool = False) -> str:
        """Say what a citizen is told about ``update``, in one sentence or two; with ``outline`` its status alone."""
        if outline:
            return f"{update.ticket}: {self.statuses.get(update.status, update.status)}. {self.social['private']}"
        support = ", ".join(map(self.unit, update.support))
        words = {
            "ticket": update.ticket,
            "unit": self.unit(update.unit),
            "support": f"Dibantu {support}." if support else "",
            "message": update.message or self._of_code(update),
            "reason": (update.reason or "").rstrip(" ."),
            "target": update.target or "",
            "parent": update.parent or "",
            "status": self.statuses.get(update.status, update.status),
        }
        form = self.notes.get(update.note or "") if update.kind == "noted" else None
        return _tidy((form or self.changes[update.kind]).format_map(words))

    def _of_code(self, update: ComplaintUpdated) -> str:
        """The sentence that goes with it where nobody wrote one; none for a code that this version does not know."""
        due = self.day(update.deadline_at) if update.deadline_at else ""
        return self.codes.get(update.code or "", "").format(due=due)

    def said_by_clock(self, kind: str, due: datetime | None, unit: str | None = None) -> str:
        """Word what the clock did: ``kind`` is a key of the section `clock`."""
        return self.clock[kind].format(due=self.day(due) if due else "", unit=self.unit(unit))

    def escalated(self, data: ComplaintUpdated) -> str:
        """What the page says when ``data`` went up the ladder."""
        head = self.clock["head"].format(unit=self.unit(data.unit), due="")
        to = ", ".join(head if code == HEAD else self.unit(code) for code in data.escalate_to)
        return self.clock["escalated"].format(to=to or head, unit=self.unit(data.unit), due="")

    def status_line(self, story: ComplaintView | None, ticket: str, *, to_reporter: bool = False) -> str:
        """Answer "how is my complaint?", short enough for one SMS; others hear less of a confidential one."""
        if story is None:
            return self.sms["unknown_ticket"].format(ticket=ticket)
        if story.rahasia and not to_reporter:
            story = msgspec.structs.replace(story, unit=None, parent=None)
        line = f"{ticket}: {self.statuses.get(story.status, story.status)}"
        if story.unit and story.status != "handed_over":  # the unit that passed it on has it no longer
            line += f" ({self.unit(story.unit)})"
        if story.parent and story.status not in DONE:
            line += f". Tenggatnya di {story.parent}"
        elif story.deadline_at and story.status not in DONE:
            line += ". Tenggat berhenti sementara" if story.paused else f". Tenggat {self.day(story.deadline_at)}"
        return line

    def due(self, story: ComplaintView) -> str:
        """``Kamis 3 Des, 3 hari kerja``; the day alone where the clock does not say how long was promised."""
        if not story.deadline_at:
            return ""
        return ", ".join(filter(None, (self.day(story.deadline_at), story.promise)))

    def day(self, deadline_at: datetime) -> str:
        """``Kamis 3 Des``, as :func:`contracts.dates.due_in_words`."""
        return due_in_words(deadline_at, self.zone)


def _tidy(sentence: str) -> str:
    """Without the traces of words that were empty."""
    return " ".join(sentence.split()).replace(":.", ".").replace(": .", ".")


def _checked(region: Path) -> dict[str, dict[str, str]]:
    path = region_file(region, "texts.yaml")
    texts = read_region(region, "texts.yaml")
    problems = [
        f"{section} is no list of texts. Remedy: below `{section}:` write a line for each of {', '.join(sorted(known))}"
        for section, known in _PLACEHOLDERS.items()
        if not isinstance(texts, dict) or not isinstance(texts.get(section), dict)
    ] or [line for section, known in _PLACEHOLDERS.items() for line in _problems(section, texts[section], known)]
    if problems:
        raise RegionError("\n".join(f"{path}: {problem}" for problem in problems))
    return dict(texts)


def _problems(section: str, texts: Mapping[str, Any], known: Mapping[str, frozenset[str]]) -> list[str]:
    found = [f"{section}.{key} is missing. Remedy: add what citizens are to read" for key in known if key not in texts]
    for key, text in texts.items():
        if key not in known:
            found.append(f"{section}.{key} is not known. Remedy: take it out, or write {', '.join(sorted(known))}")
        else:
            found += _problem(f"{section}.{key}", text, known[key])
    return found


def _problem(name: str, text: object, known: frozenset[str]) -> list[str]:
    if not isinstance(text, str) or not text.strip():
        return [f"{name} is no text. Remedy: add what citizens are to read"]
    try:
        used = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
    except ValueError as error:
        return [f"{name}: {error}. Remedy: write placeholders as {{ticket}}"]
    names = ", ".join(f"{{{each}}}" for each in sorted(known)) or "none"
    return [f"{name} has {{{field}}}, which nobody fills. Remedy: use {names}" for field in used if field not in known]
