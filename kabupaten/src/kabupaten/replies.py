"""Reads ``replies.yaml``: ready sentences that people at the desk begin with, by action and category."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from contracts.vocabulary import Action
from kabupaten.problems import refuse
from kabupaten.source import Source
from kabupaten.validate import Words, parse, remedy

#: Actions for which people write words of their own.
WITH_WORDS = (
    *(Action.ACKNOWLEDGE, Action.PROGRESS, Action.ASK, Action.RESOLVE),
    *(Action.RETURN, Action.HAND_OVER, Action.REJECT),
)
_ONE_OF = f"write one of: {', '.join(WITH_WORDS)}"


class ReadySentence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sentence for ``action``, for ``categories`` or, if that is empty, for all.

    ``…`` marks what must be filled in: with it, the sentence is not sent.
    """

    action: Annotated[str, remedy(_ONE_OF)]
    text: Annotated[Words, Meta(max_length=500)]
    categories: tuple[str, ...] = ()


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sentences: tuple[ReadySentence, ...] = ()


def read_replies(source: Source) -> tuple[ReadySentence, ...]:
    """Read the ready sentences in the order of the file; empty if the region has no such file.

    Raises:
        RegionError: it does not fit; every mistake is named.
    """
    if source.content is None:
        return ()
    file = parse(source, _File)
    refuse(
        source.wrong(("sentences", n, "action"), f"{row.action} is not done with words", _ONE_OF)
        for n, row in enumerate(file.sentences)
        if row.action not in WITH_WORDS
    )
    return file.sentences
