"""Reads parts of a YAML file, so that a mistake is told with file, line and remedy."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from chassis.region import RegionError, Source

T = TypeVar("T")
#: Keys and positions that lead to a place in the file.
Where = tuple[str | int, ...]

KINDS = "write a list of kinds of complaint.updated, such as [resolved] or [routed/triage, noted/rights_done]"
REMEDIES = {
    "amount": "write a whole number above 0, such as amount: 3",
    "unit": "write working_days, days, working_hours, hours or seconds",
    "warn_ratio": "write a number above 0 and up to 1, such as warn_ratio: 0.7",
    "at_deadline": "write breached or lapsed",
    "starts": KINDS,
    "ends": KINDS,
    "stops": KINDS,
    "during": KINDS,
    "pause": "write {during: [waiting_for_reporter], amount: 5, unit: working_days}",
    "escalation": "write a list of {after: {amount: 1, unit: working_days}, to: [head, SETDA]}",
    "after": "write {amount: 1, unit: working_days}",
    "to": "write a list of head and codes of units.yaml, such as [head, SETDA]",
    "variants": "write a list of {type: […], urgency: […], category: […], amount: …, unit: …}",
    "default": "write the name of a policy, or a list of them whose dates join",
    "valid_from": "write the date as 2026-03-23",
    "valid_until": "write the date as 2026-03-23",
    "timezone": "write a name of the tz database, such as Asia/Makassar",
    "working_weekdays": "write a list of days, such as [senin, selasa, rabu, kamis, jumat]",
    "date": "write the date as 2026-03-23",
    "days_off": "write a list of {date: …, reason: …}, or []",
    "half_days": "write a list of {date: …, reason: …}, or []",
    "overrides": "write a list of {date: …, working: true or false, reason: …}, or []",
    "joint_leave_complete": "write a list of years, such as [2028], or []",
    "office_hours": 'write hours by day, in order and apart, such as {senin: ["07.30-12.00", "13.00-16.00"]}',
}


def part(source: Source, kind: type[T], where: Where, raw: Any = ...) -> T:
    """The part of ``source`` at ``where`` as ``kind``.

    Raises:
        RegionError: it is not one; the text names file, line, place and remedy.
    """
    try:
        return msgspec.convert(source.content if raw is ... else raw, kind)
    except msgspec.ValidationError as error:
        text = str(error)
        problem = text.split(" - at ")[0]
        at = re.search(r"`\$\.(\w+)|unknown field `(\w+)`", text)
        field = (at[1] or at[2]) if at else None
        remedy = REMEDIES.get(field or "") if " - at " in text else None
        known = f"what belongs here: {', '.join(getattr(kind, '__struct_fields__', ()))}"
        if missing := re.search(r"required field `(\w+)`", text):
            remedy = remedy or f"add {missing[1]}; {known}"
        where = (*where, field) if field else where
        raise refusal(source, where, problem[:1].lower() + problem[1:], remedy or known) from error


def refusal(source: Source, where: Where, problem: str, remedy: str) -> RegionError:
    """The error that names file, line, place, problem and remedy."""
    return RegionError.of([source.wrong(where, problem, remedy)])
