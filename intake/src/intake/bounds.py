"""Decides how much one citizen is sent, and when: the only place that does, for every intake and medium."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from intake.notices import Notice, NoticeKind

#: Replies to a citizen's own messages.
ANSWERS = frozenset(
    {
        *(NoticeKind.ANSWER, NoticeKind.FORMAT, NoticeKind.AGAIN, NoticeKind.RECEIPT),
        *(NoticeKind.ADDED, NoticeKind.COURTESY),
    }
)
#: Messages that the citizen did not cause by writing: units and the clock did. Danger is neither.
AUTOMATIC = frozenset(NoticeKind) - ANSWERS - {NoticeKind.DANGER}

#: The most notices a day that say whom to call, whatever else was sent: this ends a loop between two machines.
DANGER_A_DAY = 40

#: Returns when the quiet time around a moment ends; None outside of quiet time.
QuietUntil = Callable[[datetime], datetime | None]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much a citizen is sent. ``later`` is said once an hour instead of further answers. ``last`` returns, for a
    ticket, what to append to the last notice, so that the citizen does not take the following silence for neglect.

    The outcome of a complaint is always sent, and whom to call in danger nearly always; both count like other notices.
    """

    later: str
    last: Callable[[str], str]
    answers_an_hour: int = 10
    automatic_a_day: int = 5
    all_a_day: int = 40


@dataclass
class Forgotten:
    """The notices sent within a day to addresses that are no longer stored: bounds apply to them as well."""

    sent: dict[str, list[tuple[float, Notice]]] = field(default_factory=dict)

    def add(self, notice: Notice) -> None:
        """Remember ``notice`` if its address is no longer stored; drop addresses that were sent nothing for a day."""
        if not notice.forget:
            return
        now = time.monotonic()
        self.sent.setdefault(notice.inbox, []).append((now, notice))
        self.sent = {to: sent for to, sent in self.sent.items() if now - sent[-1][0] < 24 * 3600}

    def rows(self, inbox: str) -> list[dict[str, Any]]:
        """Return what was sent to ``inbox``, in the rows of the sender's query."""
        now = time.monotonic()
        return [
            {"kind": n.kind, "text": n.text, "lately": now - at < 3600}
            for at, n in self.sent.get(inbox, [])
            if now - at < 24 * 3600
        ]


def is_automatic(notice: Notice) -> bool:
    """Whether nobody waits for it: such a notice is bounded by the day and waits for the morning."""
    return notice.kind in AUTOMATIC and not notice.urgent


def bounded(bounds: Bounds, notice: Notice, sent: Sequence[Any]) -> str | None:
    """Return the text to send for ``notice``, mostly its own, or None if it is too much.

    ``sent`` is what its address was sent within a day: rows of kind, text, and lately (within an hour).
    """
    if notice.ends:
        return notice.text
    most = max(bounds.all_a_day, DANGER_A_DAY) if notice.kind == NoticeKind.DANGER else bounds.all_a_day
    left = most - len(sent)
    if is_automatic(notice):
        left = min(left, bounds.automatic_a_day - sum(row["kind"] in AUTOMATIC for row in sent))
    if left <= 0:
        return None
    if notice.kind in ANSWERS:
        said = [row["text"] for row in sent if row["lately"] and row["kind"] in ANSWERS]
        if len(said) - said.count(bounds.later) >= bounds.answers_an_hour:
            return None if bounds.later in said else bounds.later
    last = bounds.last(notice.ticket) if left == 1 else ""
    # After a crash it may already be there.
    return f"{notice.text.removesuffix(f' {last}')} {last}" if last else notice.text
