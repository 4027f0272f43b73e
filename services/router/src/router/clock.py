"""What the clock says to those who work on a complaint, and what its silence closes. Pure."""

from __future__ import annotations

import msgspec

from contracts.dates import due_in_words
from contracts.events import SlaBreached, SlaUpdated, UnitRouted
from router.case import FINAL, HELD, Case, Out, advance, promise, tell_unit, waits
from router.rules import Rules, last_unit
from router.transfers import Result, about, desk

_replace = msgspec.structs.replace

#: The promises of sla.yaml as units read them; a stage of another name is shown by that name.
STAGES = {
    "completion": "penyelesaian",
    "closing": "penutupan",
    "disposition": "penerusan ke unit",
    "acknowledgement": "penerimaan oleh unit",
    "follow-up": "tindak lanjut",
    "rights": "permintaan hak atas data pribadi",
}

#: The clock did not wait for the question: those of a round share one bound. For the citizen, and for the unit.
_ASKED_ENOUGH = (
    "Petugas melanjutkan tanpa menunggu, karena waktu bertanya sudah habis. Jawaban Anda tetap diteruskan.",
    "waktu bertanya sudah habis; jawaban pelapor tidak ditunggu",
)
_NEXT_STEP = "Unitnya sudah diingatkan, bila tetap diam atasannya diberi tahu. Jawabannya kami kirim."


def on_sla(rules: Rules, case: Case, data: SlaUpdated | SlaBreached) -> Result:
    """The clock spoke: show the deadline to the units, warn them, call for others, close after silence."""
    if case.received is None:
        return case, []
    if isinstance(data, SlaBreached):
        return _heard(case, data, _breached(rules, case, data))
    match data.kind:
        case "started" | "rescheduled" if data.stage == "completion":
            return _new_deadline(case, data)
        case "warned":
            told = _warned(rules, case, data)
            return (case, told) if case.unit else _heard(case, data, told)
        case "retracted":
            return _retracted(rules, case, data)
        case "lapsed" if case.status == "resolved" and data.based_on_seq >= (case.resolved_seq or 0):
            case, update = advance(case, "closed", message="Tidak ada tanggapan lagi dari Anda.")
            return case, [update, *tell_unit(case, "withdrawn", reason="ditutup")]
        case "paused" if data.stage == "completion" and case.status == "waiting_for_reporter":
            return _paused(rules, case, data)
        case "resumed" if data.stage == "completion":
            return _resumed(case, data)
    return case, []


def _heard(case: Case, data: SlaUpdated | SlaBreached, told: list[Out]) -> Result:
    """``told``, and who heard of it: they hear too when it is taken back, or when somebody has what nobody had."""
    units = [out.unit for out in told if isinstance(out, UnitRouted)]
    known = case.alarmed.get(promise(data.stage, data.deadline_at), [])
    if set(units) <= set(known):
        return case, told
    heard = {**case.alarmed, promise(data.stage, data.deadline_at): list(dict.fromkeys([*known, *units]))}
    return _replace(case, alarmed=heard), told


def _retracted(rules: Rules, case: Case, data: SlaUpdated) -> Result:
    """An answer that was in time came to light late: nobody is to blame."""
    heard, told = case.alarmed.get(promise(data.stage, data.deadline_at), []), list[Out]()
    barred, reason = about(rules, case), f"tenggat {_promise(data)} ternyata tidak terlewati"
    for unit in heard:
        if unit in rules.units and unit not in barred:
            told += tell_unit(case, "retracted", unit=unit, reason=reason)
    left = {late: units for late, units in case.alarmed.items() if late != promise(data.stage, data.deadline_at)}
    return (_replace(case, alarmed=left) if heard else case), told


def _new_deadline(case: Case, data: SlaUpdated) -> Result:
    case = _replace(case, deadline_at=data.deadline_at, derivation=data.derivation)
    return case, tell_unit(case, "deadline-set") if case.status in HELD else []


def _paused(rules: Rules, case: Case, data: SlaUpdated) -> Result:
    """It stands for the question that was asked last; show those who work on it until when."""
    case = _replace(case, paused_seq=max(case.paused_seq, data.based_on_seq), paused_until=data.paused_until or None)
    if case.paused_until is None or not waits(case):
        return case, []
    until = due_in_words(case.paused_until, rules.zone)
    return case, tell_unit(case, "updated", reason=f"tenggat berhenti sampai pelapor menjawab, paling lambat {until}")


def _resumed(case: Case, data: SlaUpdated) -> Result:
    """Go on without the answer, if it is this question's bound that passed and not an earlier one's."""
    outs: list[Out] = []
    if case.status == "waiting_for_reporter" and data.based_on_seq >= (case.asked_seq or 0):
        says, reason = ("Batas waktu menjawab sudah lewat.", "pelapor tidak menjawab") if waits(case) else _ASKED_ENOUGH
        case, update = advance(case, "in_progress", message=says)
        outs = [update, *tell_unit(case, "followed-up", reason=reason)]
    if case.deadline_at == data.deadline_at:
        return case, outs
    case, told = _new_deadline(case, data)
    return case, [*outs, *told]


def to_merged(rules: Rules, before: Case, after: Case, data: SlaUpdated | SlaBreached) -> str | None:
    """What those merged into it are told of its clock, for theirs stands: when it is due, and that this is past."""
    if data.stage != "completion":
        return None
    due, parent, known = due_in_words(data.deadline_at, rules.zone), after.ticket, promise(data.stage, data.deadline_at)
    if isinstance(data, SlaBreached):
        if data.level or known in before.alarmed or known not in after.alarmed:
            return None
        return f"Maaf, tenggat {parent}, {due}, terlewati. {_NEXT_STEP}"
    if known in before.alarmed and known not in after.alarmed:
        return f"Ralat: tenggat {parent}, {due}, ternyata tidak terlewati."
    moved = before.deadline_at != after.deadline_at and after.status not in FINAL
    return f"Tenggat {parent} sekarang {due}." if moved else None


def _promise(data: SlaUpdated | SlaBreached) -> str:
    return STAGES.get(data.stage, data.stage)


def _named(data: SlaUpdated | SlaBreached) -> str:
    """The deadline that a snapshot shows needs no name."""
    return "" if data.stage == "completion" else f" {_promise(data)}"


def _warned(rules: Rules, case: Case, data: SlaUpdated) -> list[Out]:
    reason = f"tenggat{_named(data)} sudah dekat"
    if _is_of_rights(data):
        return tell_unit(case, "warned", unit=desk(rules, case), reason=reason) if case.rights else []
    return tell_unit(case, "warned", unit=_instead(rules, case), reason=reason) if _open(case) else []


def _open(case: Case) -> bool:
    return case.status in HELD or case.status == "registered"


def _instead(rules: Rules, case: Case) -> str | None:
    """The triage unit, for what nobody has: nothing is nobody's. None: those who have it."""
    return None if case.unit else desk(rules, case)


def _is_of_rights(data: SlaUpdated | SlaBreached) -> bool:
    """Its clock runs beside the complaint's, also when that is over; the triage unit sees to it."""
    return data.stage == "rights"


def _breached(rules: Rules, case: Case, data: SlaBreached) -> list[Out]:
    if not (case.rights if _is_of_rights(data) else _open(case)):
        return []
    if data.level == 0:
        unit = desk(rules, case) if _is_of_rights(data) else _instead(rules, case)
        return tell_unit(case, "breached", unit=unit, reason=f"tenggat{_named(data)} terlewati")
    reason = f"tenggat {_promise(data)} terlewati sejak {due_in_words(data.deadline_at, rules.zone)}"
    told: list[Out] = []
    for unit in _ladder(rules, case, data):
        told += tell_unit(case, "escalated", unit=unit, reason=f"{reason} (tingkat {data.level})")
    return told


def _ladder(rules: Rules, case: Case, data: SlaBreached) -> list[str]:
    """Who hears of it; in place of who may not see it, or is not there, the last resort."""
    heads = desk(rules, case) if _is_of_rights(data) else case.unit or desk(rules, case)
    units = [heads if name == "head" else name for name in data.escalate_to]
    barred = about(rules, case)
    last = last_unit(rules, barred)
    return list(dict.fromkeys(unit if unit in rules.units and unit not in barred else last for unit in units))
