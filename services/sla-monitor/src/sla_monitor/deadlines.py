"""Computes the deadline of a stage from its start, and the days that lead there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from contracts.sentences import DayCode
from contracts.vocabulary import DayKind
from kabupaten.calendar import Calendar
from kabupaten.sla import Term
from sla_monitor.working_days import DayOff, day_off, is_half, office_hours

#: A span in which the clock was paused: from the question to the answer, both aware.
PauseSpan = tuple[datetime, datetime]
WAITING = "menunggu jawaban pelapor"
#: Why a question no longer pauses the clock.
ASKED_ENOUGH = "waktu bertanya sudah habis, tenggat tetap"
_CODES: dict[str, DayCode] = {"hours": "hours", "minutes": "minutes", "seconds": "seconds"}
_DAY_S, _MOMENT, _DAY = 24 * 60 * 60, timedelta(microseconds=1), timedelta(days=1)


class Day(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One day between a start and a deadline. ``share``: how much of it can count.

    ``reason`` says in Indonesian what ``kind`` says to programs; on a day with work, ``about`` is added to it. ``code``
    names the sentence; ``amount`` and ``called`` (the day's name) fill it, so that others can say it in their words.
    """

    date: date
    counted: bool
    reason: str
    kind: str = ""  # "" in clocks that were stored before kinds existed
    about: str = ""
    share: float = 1
    code: DayCode | Literal[""] = ""
    amount: float = 0
    called: str = ""


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """When the time is up. Both times are aware, in the region's time zone."""

    at: datetime
    warn_at: datetime
    derivation: tuple[Day, ...]


def deadline(
    start: datetime, term: Term, calendar: Calendar, pauses: Sequence[PauseSpan] = (), promised: tuple[Day, ...] = ()
) -> Deadline:
    """Compute the deadline of a ``term`` that starts at ``start`` (aware), without ``pauses`` (in order, apart).

    A day in ``promised`` stays as it was, whatever the calendar says by now; working hours follow the calendar.

    Days: the local day of ``start`` is day 0, whatever day it is; the deadline is the local midnight that ends the last
    counted day. A day that ends during a pause doesn't count. The working time is that of the counted days, 24 h each
    and 12 h for a half one, from the midnight that begins day 1; ``warn_at`` is the moment when ``warn_ratio`` of it
    has passed, to the second. If that falls between two counted days, it is the beginning of the later one.

    Working hours run while the office is open; hours, minutes and seconds always run. All of them stop during a pause.

    Raises:
        OverflowError: the deadline is past the year 9999.
    """
    local = start.astimezone(calendar.timezone)
    if term.unit in ("working_days", "days"):
        still = tuple(day for pause in pauses for day in _nights(pause, calendar))
        return _days(local.date(), term, calendar, still, promised)
    if term.unit == "working_hours":
        return _working_hours(local, term, calendar, pauses)
    return _span(local, term, pauses)


def after(moment: datetime, term: Term, calendar: Calendar, pauses: Sequence[PauseSpan] = ()) -> datetime:
    """Return when ``term`` has passed since ``moment``, without ``pauses``. Midnight belongs to the day it ends."""
    whole_days = term.unit in ("working_days", "days")
    return deadline(moment - _MOMENT if whole_days else moment, term, calendar, pauses).at


def used_up(bound: Term, pauses: Sequence[PauseSpan], now: datetime, calendar: Calendar) -> datetime:
    """Return when ``pauses`` (in order, apart) and one that begins at ``now`` will together have lasted ``bound``.

    If that is not after ``now``, nothing of ``bound`` is left.
    """
    spans = [*pauses, (now, now)]
    between = [(ended, began) for (_, ended), (began, _) in pairwise(spans) if ended < began]
    return deadline(spans[0][0], bound, calendar, between).at


def worked(since: datetime, until: datetime, calendar: Calendar) -> timedelta:
    """Return the working time between two moments: office hours if the calendar has some, otherwise whole days."""
    start, end = since.astimezone(calendar.timezone), until.astimezone(calendar.timezone)
    total, day = timedelta(), start.date()
    while day <= end.date():
        for opens, closes in _office(day, calendar):
            total += max(min(closes, end) - max(opens, start), timedelta())
        day += _DAY
    return total


def _office(day: date, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    if calendar.office_hours:
        for opens, closes in office_hours(calendar, day):
            yield datetime.combine(day, opens, calendar.timezone), datetime.combine(day, closes, calendar.timezone)
    elif day_off(calendar, day) is None:
        yield _midnight(day, calendar), _midnight(day, calendar) + _DAY * (0.5 if is_half(calendar, day) else 1)


def _nights(pause: PauseSpan, calendar: Calendar) -> Iterator[date]:
    """List the days that end during ``pause``."""
    day, last = (moment.astimezone(calendar.timezone).date() for moment in pause)
    while day < last:
        yield day
        day += _DAY


@lru_cache(maxsize=4096)  # a million clocks share a few hundred derivations
def _days(
    day_0: date, term: Term, calendar: Calendar, still: tuple[date, ...], promised: tuple[Day, ...] = ()
) -> Deadline:
    known = {day.date: day for day in promised}
    days = [known.get(day_0) or _day_0(day_0, calendar)]
    halves, day = 0, day_0
    while halves < 2 * term.amount:
        day += _DAY
        off, half, about, called = _promised(known[day]) if day in known else _verdict(day, term, calendar)
        if off:
            days.append(off)
            continue
        counted, share = day not in still, 0.5 if half else 1
        halves += 0 if not counted else 1 if half else 2
        kind = DayKind.PAUSED if not counted else DayKind.HALF if half else DayKind.COUNTED
        reason = (_nth(halves, term) if counted else WAITING) + (f" ({about})" if about else "")
        code: DayCode = "waiting" if not counted else "working_day" if term.unit == "working_days" else "day"
        told = Day(date=day, counted=counted, kind=kind, reason=reason, about=about, share=share)
        days.append(replace(told, code=code, amount=halves / 2 if counted else 0, called=called))
    end = _midnight(day + _DAY, calendar)
    return Deadline(at=end, warn_at=_warn_at(days, term, end, calendar), derivation=tuple(days))


def _day_0(day: date, calendar: Calendar) -> Day:
    off = day_off(calendar, day)
    reason, called = f"hari 0 ({off.reason if off else 'hari mulai'})", off.called if off else ""
    code: DayCode = "start" if not off else "start_weekend" if off.kind == DayKind.WEEKEND else "start_holiday"
    return Day(date=day, counted=False, kind=DayKind.START, reason=reason, code=code, called=called)


def _verdict(day: date, term: Term, calendar: Calendar) -> tuple[Day | None, bool, str, str]:
    """Return the day if nobody works on it; otherwise None, whether it is half a day, a remark on it, and its name."""
    if term.unit == "days":
        return None, False, "", ""
    off, half, local = day_off(calendar, day), is_half(calendar, day), calendar.local.get(day)
    called = [local.reason] if local else []
    return _day_off(day, off) if off else None, half, ", ".join(["setengah hari"] * half + called), "".join(called)


def _promised(day: Day) -> tuple[Day | None, bool, str, str]:
    if not day.counted and day.kind != DayKind.PAUSED:
        return day, False, "", ""
    return None, day.share < 1, day.about, day.called


def _day_off(day: date, off: DayOff) -> Day:
    codes: dict[str, DayCode] = {DayKind.WEEKEND: "weekend", DayKind.CLOSED: "closed"}
    code = codes.get(off.kind, "holiday")
    return Day(date=day, counted=False, kind=off.kind, reason=off.reason, code=code, called=off.called)


def _nth(halves: int, term: Term) -> str:
    count = f"{halves // 2}{',5' if halves % 2 else ''}"
    return f"hari kerja {count}" if term.unit == "working_days" else f"hari {count}"


def _warn_at(days: list[Day], term: Term, end: datetime, calendar: Calendar) -> datetime:
    if term.warn_ratio >= 1:
        return end
    # Whole seconds: 0.7 * 3 days must not become a microsecond less than 2.1 days.
    left = round(term.warn_ratio * term.amount * _DAY_S)
    for day in days:
        has = round(day.share * _DAY_S) if day.counted else 0
        if left < has:
            return _midnight(day.date, calendar) + timedelta(seconds=left)
        left -= has
    return end


def _midnight(day: date, calendar: Calendar) -> datetime:
    return datetime.combine(day, time(), calendar.timezone)


def _span(start: datetime, term: Term, pauses: Sequence[PauseSpan]) -> Deadline:
    day_0, code = start.date(), _CODES[term.unit]
    reason = f"{term.in_words} sejak mulai"
    days = [Day(date=day_0, counted=True, kind=DayKind.COUNTED, reason=reason, code=code, amount=term.amount)]
    for since, until in pauses:
        stood = round((until - since).total_seconds())
        told = f"{stood} detik" if stood < 3600 else f"{stood // 3600} jam {stood % 3600 // 60} menit"
        local = since.astimezone(start.tzinfo).date()
        reason = f"{WAITING}, {told} tidak dihitung"
        code = "waited_seconds" if stood < 3600 else "waited"
        days.append(Day(date=local, counted=False, kind=DayKind.PAUSED, reason=reason, code=code, amount=stood))
    whole = timedelta(**{term.unit: term.amount})
    at, warn_at = (_run(start, part, pauses) for part in (whole, whole * term.warn_ratio))
    return Deadline(at=at, warn_at=warn_at, derivation=tuple(days))


def _run(start: datetime, span: timedelta, pauses: Sequence[PauseSpan]) -> datetime:
    at = start + span
    for since, until in pauses:
        if since <= at:
            at += until - since
    return at


def _working_hours(start: datetime, term: Term, calendar: Calendar, pauses: Sequence[PauseSpan]) -> Deadline:
    pauses = [(since.astimezone(start.tzinfo), until.astimezone(start.tzinfo)) for since, until in pauses]
    need = timedelta(hours=term.amount)
    warn, done = need * term.warn_ratio, timedelta()
    warn_at: datetime | None = None
    days: list[Day] = []
    day = start.date()
    while True:
        before = done
        for since, until in _open(day, start, calendar, pauses):
            worked = until - since
            if warn_at is None and done + worked > warn:
                warn_at = since + (warn - done)
            if done + worked >= need:
                end = since + (need - done)
                days.append(_worked(day, need - before, calendar))
                return Deadline(at=end, warn_at=min(warn_at or end, end), derivation=tuple(days))
            done += worked
        days.append(_worked(day, done - before, calendar))
        day += _DAY


def _worked(day: date, span: timedelta, calendar: Calendar) -> Day:
    minutes = round(span.total_seconds() / 60)
    if not minutes:
        off = day_off(calendar, day) or DayOff(DayKind.CLOSED, "di luar jam kerja")
        return _day_off(day, off)
    kind, half = (DayKind.HALF, " (setengah hari)") if is_half(calendar, day) else (DayKind.COUNTED, "")
    reason, amount = f"{minutes // 60} jam {minutes % 60} menit kerja{half}", 60 * minutes
    return Day(date=day, counted=True, kind=kind, reason=reason, code="working_time", amount=amount)


def _open(
    day: date, start: datetime, calendar: Calendar, pauses: Sequence[PauseSpan]
) -> Iterator[tuple[datetime, datetime]]:
    """List the spans of ``day``, from ``start`` on, in which the office is open and the clock is not paused."""
    for opens, end in _office(day, calendar):
        since = max(opens, start)
        for stops, goes_on in pauses:
            if stops >= end:
                break
            if since < stops:
                yield since, stops
            since = max(since, goes_on)
        if since < end:
            yield since, end
