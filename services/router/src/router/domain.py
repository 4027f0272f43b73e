"""The story of a complaint: what may follow what. Pure: a case and an event in, the case and what to tell out.

Every step is the next ``seq``. What a citizen asks and can't have is answered by ``noted``, never by silence.
"""

from __future__ import annotations

import msgspec

from contracts.events import (
    ComplaintClassified,
    ComplaintFollowedUp,
    ComplaintReceived,
    FollowUp,
    SlaBreached,
    SlaUpdated,
)
from router.case import FINAL, HELD, Case, Out, about_units, advance, tell_unit
from router.rules import Assignment, Rules, Understood, accused, assign, triage, triage_unit

Result = tuple[Case, list[Out]]
_replace = msgspec.structs.replace

UNCLASSIFIED = "belum dikenali dalam batas waktu"


def on_received(rules: Rules, case: Case, data: ComplaintReceived) -> Result:
    """Register it; apply what came early. A second snapshot of a known complaint changes nothing."""
    if case.received is not None:
        return case, []
    early, followed_up = case.classified, case.followed_up
    case, registered = advance(_replace(case, received=data, classified=None, followed_up=None), "registered")
    outs: list[Out] = [registered]
    if early:
        case, more = on_classified(rules, case, early)
        outs += more
    if followed_up:
        case, more = on_followed_up(rules, case, followed_up)
        outs += more
    return case, outs


def on_classified(rules: Rules, case: Case, data: ComplaintClassified) -> Result:
    """Route it. A late understanding re-routes only while no person has acted on it."""
    if case.received is None:
        return _replace(case, classified=data), []
    waiting = case.status == "registered"
    untouched = case.status == "routed" and case.classified is None and not case.triage_acted
    data = _replace(data, about_units=accused(rules, data.about_units))
    case = _replace(case, classified=data, category=case.category or data.category)
    if not (waiting or untouched):
        return case, []
    to = assign(rules, _understood(data))
    if to.lane == "hand-over":
        return _hand_over(rules, case, to)
    if (to.unit, to.lane) == (case.unit, case.lane):  # it is there already: no second "routed" for the citizen
        return case, tell_unit(case, "updated", reason=to.reason)
    return route(case, to)


def _understood(data: ComplaintClassified) -> Understood:
    return Understood(
        category=data.category,
        matter=data.matter or None,
        type=data.type,
        kecamatan=data.place.kecamatan,
        confidence=data.confidence,
        abstained=data.abstained,
        urgency=data.urgency,
        about_units=data.about_units,
        place_conflict=data.place.conflict,
        spam=data.spam,
    )


def on_unclassified(rules: Rules, case: Case) -> Result:
    """The classifier has not spoken in time: a person takes over."""
    if case.status != "registered":
        return case, []
    return route(case, triage(rules, (), UNCLASSIFIED))


def on_unit_ended(rules: Rules, case: Case) -> Result:
    """The unit that has it is valid no more: its successor goes on, or a person decides."""
    ended = case.unit
    if ended is None or ended in rules.units or case.status not in HELD | {"merged"}:
        return case, []
    to, about = rules.heirs.get(ended, ended), about_units(case)
    if case.status == "merged":  # whoever has its triage lane may part it from its parent
        return _replace(case, unit=to if to in rules.units else triage_unit(rules, about)), []
    if to in rules.units and not must_not_judge(case, to):
        return route(case, Assignment(lane=case.lane or "unit", unit=to, reason=f"{ended} menjadi {to}"))
    return route(case, triage(rules, about, f"{ended} tidak berlaku lagi dan belum punya pengganti"))


def route(case: Case, to: Assignment, *, message: str | None = None) -> Result:
    """Give it to a unit, and take it from the one that had it."""
    before, had = case.unit, [*case.had, to.unit] if to.lane == "unit" else case.had
    case = _replace(case, unit=to.unit, lane=to.lane, had=had)
    case, update = advance(case, "routed", reason=to.reason, message=message)
    outs: list[Out] = [update, *tell_unit(case, "routed", reason=to.reason)]
    return case, outs + _withdrawn(case, before)


def _hand_over(rules: Rules, case: Case, to: Assignment) -> Result:
    """To an office outside the kabupaten, by rule. A person forwards it, so that it does not lie with nobody."""
    target, before = rules.targets[to.unit], case.unit
    message = f"Kontak {target.name}: {target.contact}." if target.contact else None
    case = _replace(case, unit=triage_unit(rules, about_units(case)), lane="triage")
    case, update = advance(case, "handed_over", target=target.name, reason=to.reason, message=message)
    told = tell_unit(case, "handed-over", reason=f"teruskan ke {target.name}: {to.reason}")
    return case, [_replace(update, lane=None), *told, *_withdrawn(case, before)]


def _withdrawn(case: Case, before: str | None) -> list[Out]:
    if before in (None, case.unit):
        return []
    return tell_unit(case, "withdrawn", unit=before, reason=f"dialihkan ke {case.unit}")


def on_followed_up(rules: Rules, case: Case, data: ComplaintFollowedUp) -> Result:
    """Apply what the citizen added and has not been applied yet, in order."""
    if case.received is None:
        # A later event contains the earlier one, whichever comes first.
        if case.followed_up and len(case.followed_up.items) >= len(data.items):
            return case, []
        return _replace(case, followed_up=data), []
    seen = {item.id for item in case.follow_ups}
    outs: list[Out] = []
    for item in data.items:
        if item.id not in seen:
            case, more = _follow_up(rules, _replace(case, follow_ups=[*case.follow_ups, item]), item)
            outs += more
    return case, outs


def _follow_up(rules: Rules, case: Case, item: FollowUp) -> Result:
    match item.kind:
        case "cancel":
            return _cancel(case)
        case "reopen":
            return _reopen(rules, case, item)
        case "rating":
            return _rate(case, item)
        case "rights_request":
            return noted(case, "Permintaan Anda tentang data pribadi kami terima dan diteruskan ke petugas.", tell=True)
        case _:
            return _add(case)


def noted(case: Case, message: str, *, tell: bool = False) -> Result:
    """Tell the citizen without changing the status; ``tell`` shows it to the unit too."""
    case, update = advance(case, "noted", case.status, message=message)
    return case, [update, *(tell_unit(case, "followed-up") if tell else [])]


def _add(case: Case) -> Result:
    if case.status == "waiting_for_reporter":
        case, update = advance(case, "in_progress", message="Jawaban Anda sudah diteruskan.")
        return case, [update, *tell_unit(case, "followed-up", reason="pelapor menjawab")]
    if case.status in FINAL:
        return noted(case, "Laporan ini sudah selesai. Bila masih ada masalah, kirim laporan baru.")
    if case.status == "resolved":
        text = "Tambahan Anda diteruskan. Bila belum selesai, mintalah laporan ini dibuka kembali."
        return noted(case, text, tell=True)
    return noted(case, "Tambahan Anda sudah diteruskan ke petugas.", tell=True)


def _cancel(case: Case) -> Result:
    if case.status == "merged":
        text = f"Laporan ini digabung dengan {case.parent} dan mengikutinya, jadi tidak dapat dibatalkan tersendiri."
        return noted(case, text, tell=True)
    if case.status in FINAL or case.status == "resolved":
        return noted(case, "Laporan ini sudah selesai, jadi tidak dapat dibatalkan.")
    case, update = advance(case, "cancelled")
    return case, [update, *tell_unit(case, "withdrawn", reason="dibatalkan pelapor")]


def _reopen(rules: Rules, case: Case, item: FollowUp) -> Result:
    if case.status != "resolved" or case.unit is None:
        return noted(case, "Laporan ini tidak dapat dibuka kembali. Bila masih ada masalah, kirim laporan baru.")
    to = Assignment(lane=case.lane or "unit", unit=case.unit, reason="dibuka kembali oleh pelapor")
    if must_not_judge(case, to.unit):  # the classifier said so after that unit had it
        to = triage(rules, about_units(case), to.reason)
    case, update = advance(_replace(case, resolved_seq=None), "reopened")
    case, outs = route(case, to)
    return case, [update, *outs]


def _rate(case: Case, item: FollowUp) -> Result:
    if case.status == "resolved" and item.rating and item.rating >= 4:
        case, update = advance(case, "closed", message="Penilaian Anda kami catat.")
        return case, [update, *tell_unit(case, "withdrawn", reason=f"ditutup, pelapor puas (nilai {item.rating})")]
    return noted(case, "Penilaian Anda kami catat. Terima kasih.", tell=case.status == "resolved")


def on_sla(rules: Rules, case: Case, data: SlaUpdated | SlaBreached) -> Result:
    """The clock spoke: show the deadline to the unit, warn it, close after silence."""
    if case.received is None:
        return case, []
    if isinstance(data, SlaBreached):
        return case, tell_unit(case, "breached", reason="tenggat terlewati") if case.status in HELD else []
    match data.kind:
        case "started" | "rescheduled" if data.stage == "completion":
            case = _replace(case, deadline_at=data.deadline_at, derivation=data.derivation)
            return case, tell_unit(case, "deadline-set") if case.status in HELD else []
        case "warned":
            return case, tell_unit(case, "warned", reason="tenggat sudah dekat") if case.status in HELD else []
        case "lapsed" if case.status == "resolved" and data.based_on_seq >= (case.resolved_seq or 0):
            case, update = advance(case, "closed", message="Tidak ada tanggapan lagi dari pelapor.")
            return case, [update, *tell_unit(case, "withdrawn", reason="ditutup")]
        case "resumed" if case.status == "waiting_for_reporter":
            case, update = advance(case, "in_progress", message="Batas waktu menjawab sudah lewat.")
            return case, [update, *tell_unit(case, "followed-up", reason="pelapor tidak menjawab")]
    return case, []


def must_not_judge(case: Case, unit: str) -> bool:
    """A complaint about a unit never goes to that unit."""
    return unit in about_units(case)
