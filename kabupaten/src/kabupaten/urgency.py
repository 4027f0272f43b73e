"""Reads ``cues.yaml``: the phrases that tell how long a complaint can wait."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from kabupaten.source import Source
from kabupaten.validate import Words, parse, remedy

_Phrases = Annotated[tuple[Words, ...], remedy("write phrases, such as [kebakaran di/rumah, RUMAH ~ terbakar]")]
_SomePhrases = Annotated[tuple[Words, ...], remedy("write the phrases that every region needs", min_length=1)]


class UrgencyPhrases(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Phrases by what they tell, in the order in which they are asked; a group's name stands for each of its words."""

    darurat: _SomePhrases
    tinggi: _SomePhrases
    groups: dict[str, _Phrases] = {}
    tenang: _Phrases = ()
    topik: _Phrases = ()
    tanda: _Phrases = ()
    saat: _Phrases = ()


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    urgency: UrgencyPhrases


def read_urgency(source: Source) -> UrgencyPhrases:
    """Read ``cues.yaml``.

    Raises:
        RegionError: it does not fit; all that is wrong in it is named.
    """
    return parse(source, _File).urgency
