"""How long an SMS is, and how one that is too long is cut."""

from __future__ import annotations

#: 3GPP TS 23.038, 6.2.1: the letters of one 7-bit SMS; anything else must go as UCS-2.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Its extension; each of these takes two places.
_EXTENSION = frozenset("^{}\\[~]|€")
GSM = _BASIC | _EXTENSION
#: What three SMS hold: their headers leave 153 places of 7 bits, or 67 of 16, in each (3GPP TS 23.040, 9.2.3.24.1).
MAX_GSM, MAX_UCS2 = 3 * 153, 3 * 67


def fit(text: str, tail: str) -> str:
    """Give ``text`` if three SMS hold it, else as many of its words as they hold before three dots and ``tail``."""
    plain = GSM.issuperset(text + tail)
    if _places(text, plain) <= _most(plain):
        return text
    end = f"... {tail}".rstrip()
    left, size = _most(plain) - _places(end, plain), 0
    while (left := left - _places(text[size], plain)) >= 0:
        size += 1
    words = text[:size].rsplit(None, 0 if text[size].isspace() else 1)
    return "".join(words[:1]).rstrip(" .,;:") + end


def _most(plain: bool) -> int:
    return MAX_GSM if plain else MAX_UCS2


def _places(text: str, plain: bool) -> int:
    if plain:
        return len(text) + sum(letter in _EXTENSION for letter in text)
    return len(text.encode("utf-16-be")) // 2
