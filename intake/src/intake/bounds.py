"""How much one citizen is sent, and when: the one place where that is decided, for every intake and medium."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from intake.notices import Notice, NoticeKind

#: What a citizen's own messages bring about.
ANSWERS = frozenset(
    {
        *(NoticeKind.ANSWER, NoticeKind.FORMAT, NoticeKind.AGAIN, NoticeKind.RECEIPT),
        *(NoticeKind.ADDED, NoticeKind.COURTESY),
    }
)
#: What comes without their having written: what units and the clock do. Danger is neither.
AUTOMATIC = frozenset(NoticeKind) - ANSWERS - {NoticeKind.DANGER}

#: So many are told whom to call, whatever else they were sent: two machines that answer each other end there.
DANGER_A_DAY = 40

#: When the quiet time is over in which a moment lies; None: it lies in none.
QuietUntil = Callable[[datetime], datetime | None]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much a citizen is sent. ``later`` is said once an hour instead of more answers; ``last`` gives for a ticket
    what is added to the last notice, so that what is left out is not taken for silence.

    How a complaint ended is told whatever was sent before, and whom to call nearly so; both count like the others.
    """

    later: str
    last: Callable[[str], str]
    answers_an_hour: int = 10
    automatic_a_day: int = 5
    all_a_day: int = 40


@dataclass
class Forgotten:
    """What this process sent in a day to addresses that are stored no more: they have bounds like all others."""

    sent: dict[str, list[tuple[float, Notice]]] = field(default_factory=dict)

    def add(self, notice: Notice) -> None:
        """Remember ``notice`` if its address is stored no more; leave out what was sent more than a day ago."""
        if not notice.forget:
            return
        now = time.monotonic()
        self.sent.setdefault(notice.inbox, []).append((now, notice))
        self.sent = {to: sent for to, sent in self.sent.items() if now - sent[-1][0] < 24 * 3600}

    def rows(self, inbox: str) -> list[dict[str, Any]]:
        """Give what was sent to ``inbox``, as the sender's query gives it."""
        now = time.monotonic()
        return [
            {"kind": n.kind, "text": n.text, "lately": now - at < 3600}
            for at, n in self.sent.get(inbox, [])
            if now - at < 24 * 3600
        ]


def is_automatic(notice: Notice) -> bool:
    """Tell whether nobody waits for it: it is bounded by the day, and waits for the morning."""
    return notice.kind in AUTOMATIC and not notice.urgent


def bounded(bounds: Bounds, notice: Notice, sent: Sequence[Any]) -> str | None:
    """Give what to send instead of ``notice`` after all that was ``sent`` to its address in a day, mostly its own text.

    None: it is too much. ``sent`` are rows of kind, text, and lately: within an hour.
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
    # A crash may have left it there.
    return f"{notice.text.removesuffix(f' {last}')} {last}" if last else notice.text
