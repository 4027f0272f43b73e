"""Identifiers of citizens never travel: the one rule by which every text is masked before it leaves an intake.

NIK and KK have 16 digits, an NPWP 15 or 16, an Indonesian mobile number starts with +62, 62 or 0 and an 8
(Permendagri 109/2019; PMK 112/2022; numbering plan of Kominfo). People write them with dots, dashes and spaces.
"""

from __future__ import annotations

import re

_SEP = r"[\s.\-/]{0,2}"
_EDGE = r"(?<![\dA-Za-z])"
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE), "[EMAIL]"),
    (
        re.compile(r"(?i)\b(?:no\.?\s*)?(?:k\.?k\.?|kartu keluarga)\W{0,3}(?:\d" + _SEP + r"){15}\d(?!\d)"),
        "[KK]",
    ),
    (re.compile(_EDGE + r"\d{2}\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}(?:\.\d{3})?(?!\d)"), "[NPWP]"),
    (re.compile(r"(?i)\bnpwp\W{0,3}(?:\d" + _SEP + r"){14,15}\d(?!\d)"), "[NPWP]"),
    (re.compile(_EDGE + r"(?:\d" + _SEP + r"){15}\d(?!\d)"), "[NIK]"),
    (
        re.compile(_EDGE + r"(?:\+?\(?62\)?" + _SEP + r"\(?0?\)?|0)" + _SEP + r"8(?:" + _SEP + r"\d){7,11}(?!\d)"),
        "[TELEPON]",
    ),
    (
        re.compile(_EDGE + r"(?:\+?62|0)" + _SEP + r"\(?\d{2,3}\)?[\s\-]{1,2}\d{3,4}[\s\-]?\d{3,4}(?!\d)"),
        "[TELEPON]",
    ),
)


def mask(text: str) -> str:
    """``text`` with NIK, KK, NPWP, phone numbers and e-mail addresses replaced by tokens."""
    for pattern, token in _MASKS:
        text = pattern.sub(token, text)
    return text
