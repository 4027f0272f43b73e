"""A complaint's story, as the API and the tracking page show it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import structs

from contracts.events import Evidence
from contracts.links import host_of
from contracts.vocabulary import CLOCK_KINDS, DONE, Status, UpdateKind
from intake.complaint_view import ComplaintView, Step
from intake.texts import Texts
from intake_web.domain import OPEN, sentence
from intake_web.store import Found

#: Kinds of evidence with a name of their own; others are called files.
_MEDIA = ("image", "video", "audio")
#: Steps that state a unit's view; a question to the reporter is not among them.
_SAID = DONE - {Status.ARCHIVED} | {Status.ACKNOWLEDGED, Status.IN_PROGRESS}


def tracking(found: Found, texts: Texts, *, to_reporter: bool) -> dict[str, Any]:
    """Return the body of ``GET /v1/complaints/{ticket}``; strangers get only the outline of a confidential complaint.

    In other complaints, strangers don't see steps that concern only the reporter: :func:`history`.
    """
    outline = _outline(found.story, texts, to_reporter=to_reporter)
    hidden = found.story.rahasia and not to_reporter
    return outline if hidden else {**outline, **_rest(found, texts, to_reporter=to_reporter)}


def version(story: ComplaintView, told: dict[str, Any], *, hidden: bool) -> str:
    """Name the version of ``told``: its last step, or a hash of ``told`` where most is ``hidden``."""
    if not hidden:
        return str(story.seq)
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:16]


def danger_of(kinds: Sequence[str], texts: Texts) -> dict[str, Any]:
    """Return whom to call in danger of ``kinds``: a sentence, and the numbers; empty without danger."""
    called = calls(kinds, texts)
    return {"danger": {"text": texts.call_for_help(kinds, most=1), "call": called}} if called else {}


def stops(text: str, texts: Texts) -> dict[str, Any]:
    """Return whom to call before taking ``text``, as :func:`danger_of`, if a phrase of it means certain danger.

    Text that only resembles danger is answered with emergency numbers, but not stopped: one everyday complaint in
    thirty does, and one in sixty is stopped (docs/benchmarks.md).
    """
    reading = texts.reader.read(text)
    return danger_of(reading.danger, texts) if reading.certain else {}


def asks_place(story: ComplaintView) -> bool:
    """Check whether its reporter was asked where it is, and has added nothing since."""
    asked = story.sent.place_asked and story.status in OPEN
    return asked and not any(step.kind == UpdateKind.NOTED for step in story.steps)


def calls(kinds: Sequence[str], texts: Texts) -> list[dict[str, str]]:
    """List whom to call in danger of ``kinds``."""
    return [{"number": each.number, "name": each.name, "text": each.in_words} for each in texts.emergency.calls(kinds)]


def history(story: ComplaintView, texts: Texts, *, to_reporter: bool) -> list[tuple[Step, str]]:
    """List the steps of the story, each with its text for this reader, without the ticket in front.

    Strangers don't see answers to a reporter's wish or the outcome of a rights request: they would learn what the
    reporter asked for. The question that pauses the clock is for the reporter only, too.
    """
    steps = [step for step in story.steps if to_reporter or not (step.own or step.kind == UpdateKind.NOTED)]

    def told(step: Step) -> str:
        return texts.told_to_all(step.text, story.ticket) if to_reporter else texts.told_to_others(step, story.ticket)

    return [
        (step, texts.clock[step.kind])
        if step.kind == UpdateKind.PAUSED and not to_reporter
        else (step, sentence(story.ticket, told(step)))
        for step in steps
    ]


def _outline(story: ComplaintView, texts: Texts, *, to_reporter: bool) -> dict[str, Any]:
    return {
        "ticket": story.ticket,
        "status": story.status,
        "status_text": texts.status_word(story.status, to_reporter=to_reporter),
        "open": story.status in OPEN,
        "rahasia": story.rahasia,
        "deadline_at": story.deadline_at,
        "deadline_text": (not story.undated and texts.due(story)) or None,
        "paused": story.paused,
        "breached": story.breached,
    }


def _rest(found: Found, texts: Texts, *, to_reporter: bool) -> dict[str, Any]:
    story = found.story
    steps = history(story, texts, to_reporter=to_reporter)
    return {
        "status_text": texts.status(story, to_reporter=to_reporter),
        "unit": story.unit,
        "unit_name": texts.unit(story.unit, story.lane) if story.unit else None,
        "being_sorted": texts.is_sorted(story),
        "support": [{"unit": code, "name": texts.unit(code)} for code in story.support],
        "received_at": found.received_at,
        "derivation": [structs.replace(day, reason=texts.why(day)) for day in story.derivation],
        "parent": story.parent,
        "handed_to": {"name": story.target, "contact": story.contact} if _is_away(story) else None,
        "said": _said(story, texts),
        "reporters": found.reporters,
        "supporters": found.supporters,
        "evidence": [_shown(each, host, texts) for each in story.evidence if (host := _host(each.url))],
        "reopen_until": story.reopen_until if story.status == Status.RESOLVED else None,
        "history": [
            {"seq": step.seq, "kind": step.kind, "at": step.at, "unit": step.unit, "text": text}
            for step, text in steps
            if step.kind not in CLOCK_KINDS
        ],
        "steps": [{"kind": step.kind, "at": step.at, "text": text} for step, text in steps],
    }


def _is_away(story: ComplaintView) -> bool:
    return story.status == Status.HANDED_OVER and bool(story.target)


def _said(story: ComplaintView, texts: Texts) -> dict[str, Any] | None:
    """Return the last word on its state, by the unit or by the office outside that has it."""
    if _is_away(story):
        since = max((step.seq for step in story.steps if step.kind == UpdateKind.HANDED_OVER), default=-1)
        said = [each for each in story.steps if each.seq > since and each.kind == UpdateKind.NOTED and each.message]
        step = said[-1] if said else None
        named = {"unit": None, "unit_name": story.target, "final": True}
        return {**named, "text": step.message, "at": step.at} if step else None
    kind = UpdateKind.RESOLVED if story.status in (Status.CLOSED, Status.APPEALED) else story.status
    if kind not in _SAID:
        return None
    step = next((step for step in reversed(story.steps) if step.kind == kind and step.message), None)
    if step is None:
        return None
    name = texts.unit(step.unit or story.unit)
    return {"unit": step.unit, "unit_name": name, "text": step.message, "at": step.at, "final": kind in DONE}


def _host(url: str) -> str | None:
    """Name the host of a proof; on a single machine the desk has no name, only a port."""
    return host_of(url) or ("127.0.0.1" if url.startswith("http://127.0.0.1:") else None)


def _shown(evidence: Evidence, host: str, texts: Texts) -> dict[str, Any]:
    media = evidence.media_type.partition("/")[0]
    kind = texts.on_web(media if media in _MEDIA else "file")
    size = evidence.bytes / 1_000_000
    text = f"{kind}, {texts.number(f'{size:.1f}')} MB" if size >= 1 else f"{kind}, {evidence.bytes // 1000 or 1} kB"
    return {"url": evidence.url, "host": host, "media_type": evidence.media_type, "bytes": evidence.bytes, "text": text}
