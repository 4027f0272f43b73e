"""Why a reply can't be carried out: a code for programs, and a sentence in Indonesian for people.

Here are the sentences that several share. The others stand where it is decided: in ``replies.py`` and
``support_replies.py`` what a unit may do, in ``powers.py`` who may do it from above, in ``given.py`` whom a reply may
name, in ``undoing.py`` what can't be taken back, in ``ask_help.py`` who can't be asked to help, in ``confirming.py``
who confirms, in ``handover.py``, ``merging.py`` and ``proof.py`` what those refuse, and in ``resolution_check.py`` of
kabupaten, which the desk asks too, what is missing in a resolution.
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
    """Refuse ``action``, which is for another status than ``status``."""
    return Refusal("wrong_status", f"laporan berstatus {STATUS_WORDS[status]}, tidak dapat {action}")


def missing(action: str, field: str) -> Refusal:
    """Refuse ``action``, which can't do without ``field``."""
    return Refusal("missing_field", f"tindakan {action} perlu {field}")


def no_resolution(rules: Rules, understood: ComplaintClassified | None, message: str) -> Refusal | None:
    """Refuse ``message`` if it does not answer a complaint that was ``understood`` so; None if it does."""
    asked = understood is not None and understood.type != ComplaintType.PENGADUAN
    why_not = substance(message, rules.boilerplate, plan_is_answer=asked)
    return Refusal("no_deed", why_not) if why_not else None
