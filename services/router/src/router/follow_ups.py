"""What the citizen adds: pure. A wish that can't be granted is answered by ``noted``, never by silence."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from contracts.events import ComplaintFollowedUp, FollowUp, UnitRouted
from router.case import FINAL, Case, Out, advance, known, snapshot, supporters, tell_unit
from router.rules import Assignment, Rules, last_unit, supervisor, triage
from router.transfers import Changes, Result, about, alarmed, desk, noted, route

_replace = msgspec.structs.replace

#: From so many of 5 on the reporter is content; up to so many, the unit's supervisor hears of it.
CONTENT, BAD = 4, 2
#: Bytes. So far merged complaints may lengthen what their parent's units are told each time; an intake bounds what its
#: own reporter adds, and all of it fits into one event (codec.MAX_BYTES).
MAX_COLLECTED = 150_000
#: How a complaint ended, to its reporter who still wants something of it.
_ENDED = {
    "resolved": "sudah selesai ditangani",
    "closed": "sudah ditutup",
    "handed_over": "sudah dilimpahkan",
    "rejected": "tidak dapat diproses",
    "cancelled": "sudah dibatalkan",
}
_RIGHTS = {"erasure": "penghapusan data pribadi", "restriction": "pembatasan pemrosesan data pribadi"}


def on_followed_up(
    rules: Rules, cases: Mapping[str, Case], case: Case, data: ComplaintFollowedUp
) -> tuple[Changes, list[Out]]:
    """Apply what the citizen added and has not been applied yet, in order; what a merged one adds is its parent's."""
    if case.received is None:
        # A later event contains the earlier one, whichever comes first.
        if case.followed_up and len(case.followed_up.items) >= len(data.items):
            return {}, []
        return {case.ticket: _replace(case, followed_up=data)}, []
    changes: Changes = {case.ticket: case}
    outs: list[Out] = []
    for item in data.items:
        case = changes[case.ticket]
        if item.id in {known.id for known in case.follow_ups}:
            continue
        case = _replace(case, follow_ups=[*case.follow_ups, item])
        parent = changes.get(case.parent or "") or cases.get(case.parent or "")
        if parent and case.status == "merged" and not _accuses(rules, case, parent):
            case, parent, more = _of_merged(rules, case, parent, item)
            changes[parent.ticket] = parent
        else:
            case, more = _follow_up(rules, case, item)
        changes[case.ticket] = case
        outs += more
    return changes, outs


def _accuses(rules: Rules, case: Case, parent: Case) -> bool:
    """Understood only after the merging: what it adds is not for those."""
    return not {parent.unit, *supporters(parent)}.isdisjoint(about(rules, case))


def _follow_up(rules: Rules, case: Case, item: FollowUp) -> Result:
    match item.kind:
        case "cancel":
            return _cancel(case)
        case "reopen":
            return _reopen(rules, case)
        case "rating":
            return _rate(rules, case, case, item)
        case "rights_request":
            return _rights(rules, case, item)
        case _:
            return _add(case)


def _of_merged(rules: Rules, case: Case, parent: Case, item: FollowUp) -> tuple[Case, Case, list[Out]]:
    """A complaint that follows another: its reporter speaks to those who work on the parent."""
    item = _replace(item, rahasia=known(case).rahasia or UNSET)
    match item.kind:
        case "reopen" if parent.status == "resolved":
            # The parent's steps are repeated in the child's story, so its reporter is answered by them.
            return case, *_reopen(rules, _append(parent, item) or parent)
        case "addition":
            longer = _append(parent, item)
            if longer is None:
                text = "Tambahan untuk laporan yang digabung ini sudah terlalu banyak. Kirimlah laporan baru."
                case, outs = noted(case, "refused", text)
                return case, parent, outs
            case, outs = noted(case, "addition", "Tambahan Anda sudah diteruskan ke petugas.")
            outs += tell_unit(longer, "followed-up", reason=f"tambahan dari pelapor {case.ticket}, yang digabung")
            return case, longer, outs
        case "rating":
            case, outs = _rate(rules, case, parent, item)
            return case, parent, outs
        case _:
            case, outs = _follow_up(rules, case, item)
            return case, parent, outs


def _append(parent: Case, item: FollowUp) -> Case | None:
    """The parent with ``item``, or None: it has collected too much already."""
    collected = [*parent.follow_ups, item]
    return _replace(parent, follow_ups=collected) if len(msgspec.json.encode(collected)) <= MAX_COLLECTED else None


def _heard(case: Case, note: str, message: str) -> Result:
    """Noted, and shown to those who work on it."""
    case, outs = noted(case, note, message)
    return case, [*outs, *tell_unit(case, "followed-up")]


def _add(case: Case) -> Result:
    if case.status == "waiting_for_reporter":
        case, update = advance(case, "in_progress", message="Jawaban Anda sudah diteruskan.")
        return case, [update, *tell_unit(case, "followed-up", reason="pelapor menjawab")]
    if case.status in FINAL:
        text = f"Laporan ini {_ENDED[case.status]}. Bila masih ada masalah, kirim laporan baru."
        return noted(case, "refused", text)
    if case.status == "resolved":
        text = "Tambahan Anda diteruskan. Bila belum selesai, mintalah laporan ini dibuka kembali."
        return _heard(case, "addition", text)
    return _heard(case, "addition", "Tambahan Anda sudah diteruskan ke petugas.")


def _cancel(case: Case) -> Result:
    if case.status == "merged":
        text = f"Laporan ini digabung dengan {case.parent} dan mengikutinya, jadi tidak dapat dibatalkan tersendiri."
        return _heard(case, "refused", text)
    if case.status in FINAL or case.status == "resolved":
        return noted(case, "refused", f"Laporan ini {_ENDED[case.status]}, jadi tidak dapat dibatalkan.")
    reason = "dibatalkan pelapor"
    case, update = advance(case, "cancelled")
    outs: list[Out] = [update, *tell_unit(case, "withdrawn", reason=reason)]
    for unit in [] if case.unit else alarmed(case):
        outs += tell_unit(case, "withdrawn", unit=unit, reason=reason)
    return case, outs


def _reopen(rules: Rules, case: Case) -> Result:
    if case.status != "resolved" or case.unit is None:
        text = "Laporan ini masih ditangani, jadi tidak perlu dibuka kembali. Keterangan baru boleh ditambahkan."
        if case.status in FINAL:
            text = f"Laporan ini {_ENDED[case.status]}. Bila masih ada masalah, kirim laporan baru."
        return noted(case, "refused", text)
    helpers = [each.unit for each in case.support]
    reason = "dibuka kembali oleh pelapor"
    to = Assignment(lane=case.lane or "unit", unit=case.unit, reason=reason, support=helpers)
    if to.unit in about(rules, case):  # the classifier said so after that unit had it
        to = triage(rules, about(rules, case), to.reason)
    case, update = advance(_replace(case, resolved_seq=None), "reopened")
    case, outs = route(rules, case, to)
    return case, [update, *outs]


def _rate(rules: Rules, case: Case, judged: Case, item: FollowUp) -> Result:
    """``judged`` is the complaint whose unit is meant: the parent's, if ``case`` was merged."""
    stars = item.rating or None
    # What one reporter thinks must not close the complaints of others: with those merged into it the clock closes it.
    if case.status == "resolved" and stars and stars >= CONTENT and not case.merged:
        case, update = advance(case, "closed", message="Penilaian Anda kami catat.")
        return case, [update, *tell_unit(case, "withdrawn", reason=f"ditutup, pelapor puas (nilai {stars})")]
    text = "Penilaian Anda kami catat. Terima kasih."
    if case.status == "resolved" and (stars or 0) < CONTENT:
        text += " Bila masalahnya belum selesai, mintalah laporan ini dibuka kembali."
    case, outs = noted(case, "rating", text)
    judged = case if judged.ticket == case.ticket else judged
    if stars and case.status == "resolved":
        outs += tell_unit(case, "followed-up", reason=f"pelapor menilai {stars} dari 5")
    if stars and stars <= BAD and judged.unit:
        outs.append(_rated(rules, judged, stars))
    return case, outs


def _rated(rules: Rules, case: Case, stars: int) -> UnitRouted:
    to = supervisor(rules, case.unit or "")
    if to in about(rules, case):
        to = last_unit(rules, about(rules, case))
    return UnitRouted(
        why="rated", unit=to, complaint=snapshot(case, to), reason=f"pelapor menilai {stars} dari 5 ({case.unit})"
    )


def _rights(rules: Rules, case: Case, item: FollowUp) -> Result:
    """What the law on personal data grants: the triage unit sees to it, whoever holds the complaint."""
    right = item.right if item.right is not UNSET else "erasure"
    case = _replace(case, rights=[*case.rights, right])
    text = "Permintaan Anda tentang data pribadi kami terima dan diteruskan ke petugas."
    case, outs = noted(case, "rights_requested", text)
    return case, [
        *outs,
        *tell_unit(case, "followed-up", unit=desk(rules, case), reason=f"hak pelapor (UU PDP): {_RIGHTS[right]}"),
    ]
