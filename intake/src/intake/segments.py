"""Counts the length of an SMS, and cuts one that is too long."""

from __future__ import annotations

#: 3GPP TS 23.038, 6.2.1: the characters of a 7-bit SMS; anything else must go as UCS-2.
_ORDER = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_BASIC = frozenset(_ORDER)
#: Its extension; each of these characters takes two places.
_EXTENSION = frozenset("^{}\\[~]|€")
GSM = _BASIC | _EXTENSION
#: Both tables by code; 1B announces a character of the extension.
_CODES = dict(zip((code for code in range(128) if code != 0x1B), _ORDER, strict=True))
_EXTENDED = {
    0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€", 0x0A: "\n",
}  # fmt: skip
#: A single one of these would make an SMS more than twice as expensive, and nobody misses it.
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\xa0": " "})
#: Places in a single SMS.
_ONE_GSM, _ONE_UCS2 = 160, 70
#: Places in three SMS: their headers leave 153 of 7 bits, or 67 of 16, in each (3GPP TS 23.040, 9.2.3.24.1).
MAX_GSM, MAX_UCS2 = 3 * 153, 3 * 67


def decode_gsm(data: bytes) -> str:
    """Decode ``data``, an octet for each 7-bit character. An unknown character of the extension is read from the basic
    table, as 6.2.1.1 demands.

    Raises:
        ValueError: an octet has 8 bits.
    """
    letters, escaped = list[str](), False
    for code in data:
        if code > 0x7F:
            raise ValueError("an octet has 8 bits")
        if code == 0x1B and not escaped:
            escaped = True
            continue
        letters.append(_EXTENDED.get(code, _CODES.get(code, " ")) if escaped else _CODES[code])
        escaped = False
    return "".join(letters)


def fit(text: str, tail: str) -> str:
    """Return ``text`` as it is sent: if three SMS can't hold it, cut after a word, with three dots and ``tail``."""
    text = text.translate(_PLAIN)
    plain = GSM.issuperset(text + tail)
    if _places(text, plain) <= _most(plain):
        return text
    end = f"... {tail}".rstrip()
    left, size = _most(plain) - _places(end, plain), 0
    while (left := left - _places(text[size], plain)) >= 0:
        size += 1
    words = text[:size].rsplit(None, 0 if text[size].isspace() else 1)
    return "".join(words[:1]).rstrip(" .,;:") + end


def count(text: str) -> int:
    """Count the SMS that ``text`` takes, at least one."""
    plain = GSM.issuperset(text)
    places = _places(text, plain)
    return 1 if places <= (_ONE_GSM if plain else _ONE_UCS2) else -(-places // (_most(plain) // 3))


def _most(plain: bool) -> int:
    return MAX_GSM if plain else MAX_UCS2


def _places(text: str, plain: bool) -> int:
    if plain:
        return len(text) + sum(letter in _EXTENSION for letter in text)
    return len(text.encode("utf-16-be")) // 2
