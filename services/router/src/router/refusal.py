"""Why a reply can't be carried out: a code for programs, and a sentence in Indonesian for people.

This module has the sentences that several modules share. The others are where they are decided: ``replies.py`` and
``support_replies.py`` (a unit's actions), ``powers.py`` (acts from above), ``reply_context.py`` (the units that a
reply names), ``undoing.py``, ``ask_help.py``, ``confirming.py``, ``handover.py``, ``merging.py``, ``proof.py``, and
``resolution_check.py`` of kabupaten, which the desk uses too (what is missing in a resolution).
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.events import ComplaintClassified
from contracts.vocabulary import ComplaintType, RefusalCode
from kabupaten.resolution_check import substance
from router.rules import Rules
from router.unit_words import STATUS_WORDS


@dataclass(frozen=True)
class Refusal:
    """The answer to a reply that changes nothing."""

    code: RefusalCode
    text: str


def wrong_status(status: str, action: str) -> Refusal:
    """Refuse ``action``, which is not possible in ``status``."""
    return Refusal("wrong_status", f"laporan berstatus {STATUS_WORDS[status]}, tidak dapat {action}")


def missing(action: str, field: str) -> Refusal:
    """Refuse ``action``, which needs ``field``."""
    return Refusal("missing_field", f"tindakan {action} perlu {field}")


def no_resolution(rules: Rules, understood: ComplaintClassified | None, message: str) -> Refusal | None:
    """Refuse ``message`` if it does not answer a complaint classified as ``understood``; None if it does."""
    asked = understood is not None and understood.type != ComplaintType.PENGADUAN
    why_not = substance(message, rules.boilerplate, plan_is_answer=asked)
    return Refusal("no_deed", why_not) if why_not else None
