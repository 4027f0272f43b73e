"""Identifiers of citizens never travel: the one rule by which every text is masked before it leaves an intake.

NIK and KK have 16 digits, an NPWP 15 or 16, an Indonesian mobile number starts with +62, 62 or 0 and an 8
(Permendagri 109/2019; PMK 112/2022; numbering plan of Kominfo). People write them with dots, dashes and spaces.
In doubt it masks: a lost number can be asked for, a published one can't be taken back.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from unicodedata import decimal

# Between two digits; WhatsApp copies numbers with non-breaking hyphens and invisible marks.
# A new line only where the words say what it is.
_GAP = r"[ \t\u00a0\u2009\u202f._/*\-()\u2010-\u2015\u200b-\u200f\u202a-\u202e]{0,3}"
_LINE = rf"{_GAP}(?:\n{_GAP})?"
# Not inside a word or a longer number, unless the word says what follows: "WA0812…".
_START = r"(?:(?<![0-9A-Za-z])|(?<=wa)|(?<=hp)|(?<=no)|(?<=tlp)|(?<=telp)|(?<=nik)|(?<=ktp)|(?<=kk)|(?<=npwp))"


def _any_of(*patterns: str) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


def _after(words: str) -> str:
    """One of ``words`` and what people say before they give the number."""
    between = r"(?:(?:no(?:mor|mer)?|saya|sy|kami|adalah|ini|anak|istri|suami|ibu|bapak|ke|di)\b\W{0,3}){0,3}"
    return r"\b(?:" + words + r")(?:nya|ku)?(?![a-z])\W{0,3}" + between


def _digits(count: int, gap: str = _GAP) -> str:
    return rf"(?:\d{gap}){{{count - 1}}}\d(?!\d)"


def _in_groups(*groups: str) -> str:
    return _GAP.join(groups) + r"(?!\d)"


_DOT = r"\s?(?:[.,]|[(\[{]\s?(?:dot|titik)\s?[)\]}]|\b(?:dot|titik)\b)\s?"
_LOCAL = r"(?<![\w.+%-])[\w.+%-]{1,64}"
_EMAIL = _any_of(
    _LOCAL + r"@(?:[\w-]{1,63}\.){1,6}[\w-]{1,63}",
    # "budi (at) gmail (dot) com", "budi @ yahoo. co. id": only with an ending that is one.
    _LOCAL
    + r"\s?(?:@|[(\[{]\s?at\s?[)\]}]|\bat\b)\s?[\w-]{1,63}"
    + rf"(?:{_DOT}[\w-]{{1,63}}){{0,2}}?{_DOT}(?:com|net|org|id|info)\b",
    _LOCAL + r"@(?:gmail|yahoo|ymail|hotmail|outlook|icloud)\b",
)

_HOUR = r"(?:[01]?\d|2[0-3])[.:][0-5]\d(?:[.:][0-5]\d)?"
_HOURS = rf"{_HOUR}(?:\s?(?:-|\u2013|s/?d|sampai)\s?{_HOUR})"
_DATE = _any_of(
    r"(?:19|20)\d\d(?P<dash>[./-])\d{1,2}(?P=dash)\d{1,2}",
    r"(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:\d{4}|\d\d)",
)
# Numbers that are known to be something else come first, so that no part of them is taken for an identifier.
_KEEP = _any_of(
    r"\bSPG[\s-]*[0-9A-Z]{4}[\s-]*[0-9A-Z]{5}\b",
    r"\bRp\.?\s?(?:\d{1,3}(?:[.,]\d{3})+|\d{1,9})(?:,\d\d)?(?![.,]?\d)",
    rf"(?<![\d./-])(?:{_DATE})(?![./-]?\d)(?:[T ,]{{1,2}}(?:pukul |jam |pkl\.? )?{_HOUR}(?!\d))?",
    rf"\b(?:pukul|jam|pkl)\.?\s?{_HOUR}(?![.:]?\d)",
    rf"(?<![\d.]){_HOURS}+(?![.:]?\d)",
    # Latitude and longitude of Indonesia, as maps give them.
    r"(?<![\d.])-?(?:\d|1[01]|9[5-9]|1[0-3]\d|14[01])\.\d{4,}(?![.\d])",
    r"\b(?:tiket|invoice|faktur)(?:nya)?\W{1,3}(?:no(?:mor)?\b\W{0,3})?\d{8,14}(?!\d)",
    # Meters and customers of PLN (11 or 12 digits), and the 20 digits of a prepaid token.
    _after(r"meter(?:an)?(?:\s?(?:pln|listrik))?|id\s?pel(?:anggan)?") + r"\d{11,12}(?!\d)",
    r"(?<!\d)(?:\d{4}[ -]?){4}\d{4}(?![ -]?\d)",
)

_PROVINCES = ("1[1-9]", "21", "3[1-6]", "5[1-3]", "6[1-5]", "7[1-6]", "8[12]", "9[1-7]")
_PROVINCE = _any_of(*_PROVINCES)
_PROVINCE_APART = _any_of(*(code[0] + _GAP + code[1:] for code in _PROVINCES))
_DAY = rf"(?:0{_GAP}[1-9]|[1-356]{_GAP}\d|4{_GAP}[1-9]|7{_GAP}[01])"  # 40 more for women
_MONTH = rf"(?:0{_GAP}[1-9]|1{_GAP}[0-2])"
_NIK = _any_of(
    _START + r"\d{16}(?!\d)",
    _START + rf"(?={_PROVINCE_APART})(?:\d{_GAP}){{6}}{_DAY}{_GAP}{_MONTH}{_GAP}" + _digits(6),
    # Somebody made up the date, or mistyped it: the usual groups are enough.
    _START + _in_groups(rf"(?:{_PROVINCE})\d\d", r"\d{4}", r"\d{4}", r"\d{4}"),
    _START + _in_groups(rf"(?:{_PROVINCE})", r"\d\d", r"\d\d", r"\d{6}", r"\d{4}"),
)
# Fifteen digits in a row may also be an account or a telephone's serial number: both as personal.
_NPWP = _any_of(
    _START + _in_groups(r"(?!00628)\d\d", r"\d{3}", r"\d{3}", r"\d", r"\d{3}", r"\d{3}"),
    _START + _in_groups(r"0(?!8)\d{3}", r"\d{4}", r"\d{4}", r"\d{4}"),
)
_COUNTRY = rf"(?:(?:(?:\+|00)?\(?\+?62\)?{_GAP}(?:\(?0\)?)?|\(?[0o])\)?{_GAP})"
_PHONE = _any_of(
    _START + _COUNTRY + r"8\d{7,11}(?!\d)",
    _START + _COUNTRY + _in_groups(r"8\d{1,2}", r"\d{3}", r"\d{3}", r"\d{3,4}"),
    _START + _COUNTRY + _in_groups(r"8\d{1,3}", r"\d{3,4}", r"\d{3,5}"),
    _START + _COUNTRY + rf"8(?:{_GAP}\d){{7,11}}(?!\d)",
    # Fixed lines: an area code apart from the number, or nine to ten digits in a row.
    _START + r"(?:\(?\+?62\)?[\s-]{0,2}|\(?0)\(?[2-79]\d{1,2}\)?[\s-]{1,3}\d{3,4}[\s-]?\d{2,4}(?!\d)",
    _START + r"\(0[2-79]\d{1,2}\)\d{5,8}(?!\d)",
    _START + r"0[2-79]\d{7,8}(?!\d)",
    r"\b(?:nol|kosong)\s+delapan(?:\s+(?:nol|kosong|satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan)){7,11}\b",
)
_CALL = r"hp|wa|whatsapp|tele?pon|telp|tlp|kontak|hubungi|hub|sms|call|nom[oe]r (?:saya|sy|ku)|no (?:saya|sy)"
_FIXED = r"0[2-79]\d{1,2}\.\d{3,4}[.-]?\d{2,4}(?!\d)"

# (token, what comes before the identifier and stays, the identifier). The first that fits wins.
_RULES: tuple[tuple[str | None, str, str], ...] = (
    (None, "", _KEEP),
    ("[KK]", _after(r"k\.?k\.?|kartu keluarga"), _digits(16, _LINE)),
    ("[NPWP]", _after("npwp"), _any_of(_digits(16), _digits(15))),
    ("[NIK]", _after("nik|e?-?ktp|kependudukan|identitas"), _digits(16, _LINE)),
    ("[TELEPON]", _after(_CALL), _any_of(rf"8\d{{1,2}}(?:{_GAP}\d){{6,9}}(?!\d)", _FIXED)),
    ("[NIK]", "", _NIK),
    ("[NPWP]", "", _NPWP),
    ("[TELEPON]", "", _PHONE),
)
_SCAN = re.compile(
    "|".join(f"(?P<r{n}>(?P<before{n}>{before})(?:{what}))" for n, (_, before, what) in enumerate(_RULES)),
    re.IGNORECASE,
)


# Most texts have no address: this keeps them from being searched for one at every word.
_MAY_BE_EMAIL = re.compile(r"@|[(\[{]\s?at\s?[)\]}]|\bat\b", re.IGNORECASE)
_EMAILS = re.compile(_EMAIL, re.IGNORECASE)
#: Fewer digits are no identifier, and most texts have fewer.
_FEWEST_DIGITS = 7
_DIGIT = re.compile(r"\d")
_SPELT = re.compile("delapan", re.IGNORECASE)
# A letter typed, or read by a machine, for the digit that it looks like: "08l2…", "73120456079900O3".
_MISREAD = re.compile(r"(?<![0-9A-Za-z])(?:[OoIl|]?\d){4,}[\dOoIl|]*(?![A-Za-z])")
_DIGITS_FOR = str.maketrans("OoIl|", "00111")


def _number(match: re.Match[str]) -> str:
    return match[0].translate(_DIGITS_FOR) if len(match[0]) > _FEWEST_DIGITS else match[0]


def mask(text: str, keep: Collection[str] = ()) -> str:
    """``text`` with NIK, KK, NPWP, phone numbers and e-mail addresses replaced by tokens.

    ``keep`` are numbers and addresses of offices, as written: they are public and stay.
    """
    if not text.isascii():  # telephones write digits in other scripts too
        text = "".join(str(decimal(letter, letter)) for letter in text)
    if _MAY_BE_EMAIL.search(text):
        text = _EMAILS.sub(lambda match: match[0] if match[0] in keep else "[EMAIL]", text)
    if len(_DIGIT.findall(text)) < _FEWEST_DIGITS and not _SPELT.search(text):
        return text
    done, parts = 0, []
    for match in _SCAN.finditer(_MISREAD.sub(_number, text)):
        rule = next(n for n in range(len(_RULES)) if match[f"r{n}"] is not None)
        token = _RULES[rule][0]
        if token is not None and text[match.end(f"before{rule}") : match.end()] not in keep:
            parts += [text[done : match.end(f"before{rule}")], token]
            done = match.end()
    return "".join([*parts, text[done:]])
