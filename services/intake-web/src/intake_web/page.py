"""Data for a complaint's page beyond the API's: its look, the open question, the reporter's mark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup, escape

from contracts.vocabulary import FollowUpKind, Status, UpdateKind
from intake.complaint_view import ComplaintView, Step
from intake.texts import Texts
from intake_web import tracking
from intake_web.language import told, until
from intake_web.store import Written

#: A stylesheet class and a drawing of ikon.svg: the state can be recognised without colours.
_LOOKS: dict[str, tuple[str, str]] = {
    **dict.fromkeys((Status.RESOLVED, Status.CLOSED, Status.ARCHIVED), ("done", "selesai")),
    Status.WAITING_FOR_REPORTER: ("asked", "tanya"),
    Status.APPEALED: ("going", "tunggu"),
    Status.REJECTED: ("refused", "tolak"),
    Status.CANCELLED: ("stopped", "henti"),
    **dict.fromkeys((Status.HANDED_OVER, Status.MERGED), ("moved", "pindah")),
}
#: The stage of each status: received, with a unit, in work, done. Other endings have no stage.
_STAGES: dict[str, int] = {
    **dict.fromkeys((Status.RECEIVED, Status.REGISTERED, Status.RETURNED), 1),
    **dict.fromkeys((Status.ROUTED, Status.ACKNOWLEDGED, Status.REOPENED), 2),
    **dict.fromkeys((Status.IN_PROGRESS, Status.WAITING_FOR_REPORTER, Status.APPEALED), 3),
    **dict.fromkeys((Status.RESOLVED, Status.CLOSED), 4),
}
_TICKET = re.compile(r"\bSPG-[0-9A-Z]{4}-[0-9A-Z]{5}\b")
_PHONE = r"\+?\d[\d ()-]{5,}\d|\b\d{3,6}\b"
_REACHED = re.compile(
    rf"(?P<mailto>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)|(?P<https>(?:https://|www\.)[\w./-]+\w)|(?P<tel>{_PHONE})"
)


class Part(NamedTuple):
    """A part of a contact, with its link; ``out`` leads to another site."""

    text: str
    href: str = ""
    out: bool = False


def stands(story: ComplaintView, texts: Texts) -> dict[str, Any]:
    """Return how the complaint looks, which of the four stages it is in, and what happens with it now."""
    look, icon = ("late", "awas") if story.breached and story.status not in _LOOKS else _look(story)
    searched = story.unit is None or story.unit == texts.triage
    stage = _STAGES.get(story.status)
    if stage == _STAGES[Status.ROUTED] and searched:
        stage = _STAGES[Status.RECEIVED]
    return {"look": look, "icon": icon, "stage": stage, "what": texts.how_it_stands(story)}


def _look(story: ComplaintView) -> tuple[str, str]:
    return _LOOKS.get(story.status, ("going", "tunggu"))


def asked(story: ComplaintView, written: Written | None, texts: Texts) -> dict[str, Any] | None:
    """Return the question that waits for the reporter, and whether it was answered here already."""
    step = last(story, UpdateKind.WAITING_FOR_REPORTER)
    if story.status != Status.WAITING_FOR_REPORTER or step is None:
        return None
    bound = last(story, UpdateKind.PAUSED)
    answers = (
        [item for item in written.added if item.kind == FollowUpKind.ADDITION and not item.apart] if written else []
    )
    return {
        "unit_name": texts.unit(step.unit or story.unit),
        "text": step.message or step.text,
        "until": until(bound, texts) if bound and bound.seq > step.seq else "",
        "answered": any(item.at > step.at for item in answers),
    }


def history(story: ComplaintView, texts: Texts, *, to_reporter: bool) -> list[dict[str, Any]]:
    """Return the steps of the story, worded for this reader."""
    return [
        {"kind": step.kind, "at": step.at, "told": told(story, step, text, texts)}
        for step, text in tracking.history(story, texts, to_reporter=to_reporter)
    ]


def mark_given(story: ComplaintView, written: Written | None) -> int | None:
    """Return the reporter's mark for the last resolution, from 1 to 5."""
    done = last(story, UpdateKind.RESOLVED)
    given = [item for item in written.added if item.rating and (done is None or item.at > done.at)] if written else []
    return given[-1].rating or None if given else None


def is_appealed(story: ComplaintView) -> bool:
    """Check whether its reporter has appealed, which is possible once."""
    return last(story, UpdateKind.APPEALED) is not None


def last(story: ComplaintView, kind: str) -> Step | None:
    """Return the last step of ``kind``."""
    return next((step for step in reversed(story.steps) if step.kind == kind), None)


def linked(contact: str) -> list[Part]:
    """Split an office's ``contact`` into parts: each phone number, address and site has its link."""
    return list(_parts(contact))


def _parts(contact: str) -> Iterator[Part]:
    end = 0
    for found in _REACHED.finditer(contact):
        yield Part(contact[end : found.start()])
        end, text, kind = found.end(), found[0], found.lastgroup
        if kind == "https":
            yield Part(text, text if text.startswith("https:") else f"https://{text}", out=True)
        else:
            yield Part(text, f"{kind}:{re.sub(r'[ ()-]', '', text) if kind == 'tel' else text}")
    yield Part(contact[end:])


def sms_to(number: str, body: str) -> str:
    """Return the link that opens an SMS to ``number`` with the text ``body`` (RFC 5724)."""
    return f"sms:{number}?body={quote(body)}"


def unbroken(text: str) -> Markup:
    """Keep each complaint number in ``text`` on one line."""
    return Markup(_TICKET.sub(r'<span class="ticket">\g<0></span>', str(escape(text))))  # noqa: S704 - escaped


def kept_whole(text: str) -> str:
    """Keep each number of ``text`` on one line with the word it counts: "3 hari kerja" and "3 Des"."""
    return re.sub(r"\d+(?:(?: [a-z]+){1,2}| \w+)", lambda found: found[0].replace(" ", "\u00a0"), text)
