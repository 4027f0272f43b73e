"""Reads from the words of a message whether it complains, asks or wishes.

The classifier weighs its model's hints beside this; a door, which has no model, suggests it to the writer.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from contracts.vocabulary import ComplaintType
from kabupaten.lexicon import phrases_of
from kabupaten.load import load
from kabupaten.phrases import Matches, Phrases, tokenise
from kabupaten.spelling import plain

_SENTENCES = re.compile(r"[^.!?;]+[.!?;]*")


@cache
def kind_words_of(region: Path) -> Phrases:
    """Read the words for it from the folder ``region``, once in a process.

    Raises:
        RegionError: they are missing or invalid.
    """
    return phrases_of(load(region, "message_type").message_type)


def kind_of_text(words: Phrases, text: str) -> ComplaintType:
    """Return the type of ``text`` by its words alone."""
    return kind_said(words.search(tokenise(plain(text))))


def kind_said(words: Matches) -> ComplaintType:
    """Return the type by the words: a complaint, unless asking or wishing outweighs complaining."""
    complains = words.count("complains") + 4 * ("reproaches" in words)
    asks = _asks(words)
    if asks >= 2 and asks > complains:
        return ComplaintType.PERMINTAAN_INFORMASI
    if "wishes" in words and complains < 2:
        return ComplaintType.ASPIRASI
    return ComplaintType.PENGADUAN


def _asks(words: Matches) -> int:
    """Count the signs of asking: words that ask for information, a question first, questions in most sentences.

    A single question behind a long story belongs to a complaint: "… Kapan diperbaiki?"
    """
    openings = {words.tokens.spans[one.start][0] for one in words["opens"]}
    sentences = [one for one in _SENTENCES.finditer(words.tokens.text) if one[0].strip()]
    asked = [one[0].endswith("?") or one.end() - len(one[0].lstrip()) in openings for one in sentences]
    asks = 2 * ("asks" in words) + ("questions" in words)
    return asks + bool(asked and asked[0]) + (sum(asked) * 2 > len(asked)) if asked else asks
