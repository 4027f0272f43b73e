"""Why a reply can't be carried out: a code for programs, and a sentence in Indonesian for people."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.vocabulary import RefusalCode


@dataclass(frozen=True)
class Refusal:
    """The answer to a reply that changes nothing."""

    code: RefusalCode
    text: str
