"""The public data of all complaints: the listed ones, and the figures. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, tzinfo
from operator import attrgetter
from typing import Any, Literal

from contracts.vocabulary import CONTENT, DONE, Lane, Status
from intake.complaint_view import ComplaintView
from intake_web.domain import OPEN

#: A unit says that it is done; all others that are answered were rejected, joined to another or handed over.
RESOLVED = frozenset({Status.RESOLVED, Status.CLOSED})
#: The dimensions of the figures.
Kind = Literal["all", "unit", "category", "kecamatan"]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The public columns of one complaint, without anybody's words. Only ``listed`` ones are shown; all are counted.

    ``month`` is the first day of the month of receipt; ``late``: its promise was missed, and still counts as missed.
    Only listed complaints have a place.
    """

    ticket: str
    listed: bool
    received_at: datetime
    month: date
    status: str
    open: bool
    category: str | None
    unit: str | None
    kecamatan: str | None
    desa: str | None
    due_at: datetime | None
    answered_at: datetime | None
    late: bool
    rating: int | None


@dataclass(frozen=True, kw_only=True)
class Group:
    """The number ``n`` of listed complaints that agree in all filters of the list."""

    kecamatan: str | None
    category: str | None
    unit: str | None
    status: str
    open: bool
    n: int


#: The filters of the list's page, and the columns that each of them restricts.
NARROWING = {"kecamatan": ("kecamatan",), "category": ("category",), "unit": ("unit",), "state": ("open", "status")}
#: The filters of the list: what tells groups apart.
GROUPED = tuple(field.name for field in fields(Group) if field.name != "n")
_group = attrgetter(*GROUPED)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The counts of complaints of one ``kind`` and ``code``; ``resolved`` and ``in_time`` count among ``answered``."""

    kind: str
    code: str
    received: int
    open: int
    answered: int
    resolved: int
    in_time: int
    late: int
    rated: int
    satisfied: int


#: The counts, in the order of the columns.
COUNTED = tuple(field.name for field in fields(Figures) if field.name not in ("kind", "code"))
#: The place of a count: month, kind, code, name.
Place = tuple[date, str, str, str]


def listing(view: ComplaintView, zone: tzinfo) -> Listing | None:
    """Return the public data of ``view``; None before its story has begun, or after its erasure."""
    if view.received_at is None:
        return None
    return Listing(
        ticket=view.ticket,
        listed=view.listed and not view.rahasia,
        received_at=view.received_at,
        month=view.received_at.astimezone(zone).date().replace(day=1),
        status=view.status,
        open=view.status in OPEN,
        category=view.category,
        unit=view.unit if view.lane == Lane.UNIT else None,  # those who only sort or judge it get no figures for it
        kecamatan=view.kecamatan if view.listed else None,
        desa=view.desa if view.listed else None,
        due_at=view.deadline_at,
        answered_at=view.answered_at,
        late=view.missed is not None,
        rating=view.rating,
    )


def counts(each: Listing) -> Iterator[tuple[Place, int]]:
    """Yield what ``each`` adds to the figures, and where.

    A complaint that its reporter took back counts as received only: nobody had to answer it.
    """
    answered = each.status in DONE and each.status != Status.CANCELLED
    told = {
        "received": True,
        "open": each.open,
        "answered": answered,
        "resolved": each.status in RESOLVED,
        "in_time": answered and not each.late,
        "late": each.late,
        "rated": each.rating is not None,
        "satisfied": (each.rating or 0) >= CONTENT,
    }
    codes: dict[Kind, str | None] = {
        "all": "",
        "unit": each.unit,
        "category": each.category,
        "kecamatan": each.kecamatan,
    }
    for kind, code in codes.items():
        if code is not None:
            for name, true in told.items():
                yield (each.month, kind, code, name), int(true)


def regrouped(before: Iterable[Listing], after: Iterable[Listing]) -> list[Group]:
    """Return the change of each group's ``n`` when ``before`` becomes ``after``, sorted by group."""
    sums = Counter[tuple[Any, ...]]()
    sums.update(_group(each) for each in after if each.listed)
    sums.subtract(_group(each) for each in before if each.listed)
    # None sorts before any code. All processes lock the rows of groups in this order.
    changed = sorted((group for group, n in sums.items() if n), key=lambda group: [(x is not None, x) for x in group])
    return [Group(**dict(zip(GROUPED, group, strict=True)), n=sums[group]) for group in changed]


def difference(before: Iterable[Listing], after: Iterable[Listing]) -> dict[tuple[date, str, str], dict[str, int]]:
    """Return what to add to the figures when ``before`` becomes ``after``, sorted by month, kind and code."""
    sums = Counter[Place]()
    for each in after:
        sums.update(dict(counts(each)))
    for each in before:
        sums.subtract(dict(counts(each)))
    rows: dict[tuple[date, str, str], dict[str, int]] = {}
    for (month, kind, code, name), n in sorted(sums.items()):
        if n:
            rows.setdefault((month, kind, code), dict.fromkeys(COUNTED, 0))[name] = n
    return rows
