"""Numbers as people write them: a copy of a text in plain digits that knows where each of its letters came from.

Full width, other scripts, keycaps, bold letters and accents become plain (NFKD, https://unicode.org/reports/tr15/),
invisible characters are removed, number words become digits. Only `masking.py` reads the copy; nobody is shown it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

#: Replaces a number known to be something else, and signs that are not a gap: no run crosses it.
BREAK = "\u00d7"

_WORDS = {
    "0": "nol noll nolo kosong kosng ksong ksng zero oh sifir",
    "1": "satu stu one seddi siddi se'di siji se\"di se're se\"re sere wahid",
    "2": "dua dwa duwa two rua loro itsnan",
    "3": "tiga tga three tellu telu tallu tsalatsah",
    "4": "empat empt mpat ampt four eppa appa ampat papat arba'ah arbaah",
    "5": "lima lma five limo khamsah",
    "6": "enam anam enm nam six enneng annang enem sittah",
    "7": "tujuh tjuh tuju tjh seven pitu sab'ah sabah",
    "8": "delapan dlapan delapn dlpan dlpn lapan lpn eight aruwa arua sangantuju wolu tsamaniyah",
    "9": "sembilan smbilan semblan sembiln smblan smbln sblan nine asera salapang songo sanga tis'ah tisah",
    "10": "sepuluh spuluh",
    "11": "sebelas sblas",
}
_VALUE = {word: value for value, words in _WORDS.items() for word in words.split()}
_WORD = "|".join(sorted(_VALUE, key=len, reverse=True))
# Not searched inside other words: nearly every text says "mohon".
_IN_OTHERS = {"oh"}
_ANY_WORD = re.compile("|".join(word for word in _VALUE if word not in _IN_OTHERS))
_ZERO_OR_EIGHT = {*_WORDS["0"].split(), *_WORDS["8"].split()} - _IN_OTHERS
_TENS, _TEENS = "puluh|plh", "belas|bls"
_LETTER = r"[^\W\d_]"
_END = rf"(?=(?:ya|pak|bu|kak|min|ini|itu)?(?!{_LETTER}))"


def _numbers(times: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile two patterns: the spelt numbers in a text, and one number. ``times`` matches words for "twice", "thrice".

    A spelt number is whole words, the end of a word with another number word behind it ("nomorkunol delapan"), or at
    least four stuck together: "satu", but not "satuan".
    """
    one = (
        rf"(?P<times>{times})[\W_]{{0,2}}(?:(?P<again>{_WORD})|(?P<digit>[0-9]))"
        rf"|(?P<ten>{_WORD})[ -]?(?:{_TENS})(?:[ -]?(?P<one>{_WORD})(?![ -]?(?:{_TENS}|{_TEENS})))?"
        rf"|(?P<teen>{_WORD})[ -]?(?:{_TEENS})"
        rf"|(?P<word>{_WORD})"
    )
    any_ = re.sub(r"\?P<\w+>", "?:", one)
    spelt = rf"(?<!{_LETTER})(?>{any_})++{_END}|(?>{any_})++(?=[\W_]{{1,3}}(?:{_WORD}){_END})|(?>{any_}){{4,}}+"
    return re.compile(spelt), re.compile(one)


_TWICE = "dobel|double|dbl|tripel|triple"
# "tiga kali nol" may be three zeros, or a call that was made three times.
_OR_THRICE = r"(?:dua|tiga|two|three|[23])[ -]?(?:kali|times|x)"
_MAYBE_TIMES = re.compile(_OR_THRICE)
_NUMBERS = {False: _numbers(_TWICE), True: _numbers(f"{_TWICE}|{_OR_THRICE}")}

# A letter typed, or read by a machine, instead of the digit that it looks like: "08l2…", "73120456079900O3", "o 8 1 2".
_MISREAD = re.compile(
    rf"(?<!{_LETTER})(?:[oil]{{1,9}}(?=[0-9])|o(?=[\W_][0-9]))|(?<=[0-9])(?:[oil]{{1,9}}(?!{_LETTER})|[sbz](?=[0-9]))"
)
# Many such letters in one number: "o82ISSoIS478", "NPWP O9.2S4.294.3-4O7.OOO". Beside a digit, more letters stand for
# one.
_MIXED = (
    r"(?:(?:[oqilsbz]{0,2}|[aetg](?=[0-9]{1,3}(?![0-9])))[0-9](?:(?:[oqilsbz]{0,6}|[aetg])[0-9]){0,15}[oqilsbz]{0,3})"
)
_ONLY_LETTERS = r"[oqilsbz]{1,4}"
_MISREAD_MORE = re.compile(
    rf"(?:(?<![^\W_])|(?<=wa|hp))(?:{_ONLY_LETTERS}[.-])?{_MIXED}"
    rf"(?:[ .-]{_MIXED}|[.-]{_ONLY_LETTERS}){{0,6}}(?![^\W_])"
)
_FEWEST_MISREAD = 10
_DIGITS_FOR = str.maketrans("oqilsbzaetg", "00115824379")

# Letters and signs of other scripts that look like ours.
_LOOKS_LIKE = {
    **dict(
        zip(
            "\u0430\u0435\u043e\u0440\u0441\u0445\u0456\u0455\u03bf\u03b9\u0131\u00f8\u0437\u0431\u0447",
            "aeopcxisoiio364",
            strict=True,
        )
    ),
    **dict.fromkeys("\u3164\u115f\u1160\u2800", " "),
    **dict.fromkeys("\u00b0\u00b1\u00d7", BREAK),
    **dict.fromkeys("\u2709\U0001f4e7\U0001f4e8\U0001f4e9\U0001f40c\U0001f41a", "@"),
    "\u2212": "-",
    "\u3002": ".",
    "\U0001f51f": "10",
}
#: At most this many letters of a folded sign are read: a sign may fold to eighteen, but no digit to more than these.
_MOST_OF_ONE = 4
# A circled "a" between letters without circles stands for "@".
_CIRCLED = "[\u24b6-\u24e9\U0001f150-\U0001f189]"
_LONE_A = re.compile(f"(?<!{_CIRCLED})[\u24b6\u24d0\U0001f150\U0001f170](?!{_CIRCLED})")
_SIGNS = {"Pd": "-", "Pi": '"', "Pf": '"', "Zs": " ", "Zl": "\n", "Zp": "\n"}
_INVISIBLE = ("Cf", "Mn", "Me")  # soft hyphen, zero width, variation selectors, the keycap, what strikes through

# A letter as a form or an address may encode it, and tags around it: "&#48;", "%38", "<b>0812</b>".
_ENCODED = re.compile(
    r"(?i)&#(?:x(?P<hex>[0-9a-f]{1,5})|(?P<dec>\d{1,6}));|%(?P<percent>[2-7][0-9a-f])|</?(?:[bisup]|em|br|div|span|strong)/?>"
)

_DIGIT = re.compile("[0-9]")
_GROUP = re.compile("[0-9]+")
_BLANK = rf"(?:[^\w\n{BREAK}]|_)"
_SAID = (
    "strip|setrip|garis|minus|min|dash|titik|dot|koma|spasi|ratus|ribu|lalu|terus|trus|trs|lanjut(?:an)?(?:nya)?|kemudian"
    "|sambung(?:an)?(?:nya)?|tanda hubung"
    "|terakhir(?:nya)?|baru(?: lagi)?|h?abis itu|s(?:u?da)?h itu|di ?sambung(?:kan)?"
    "|(?:di )?(?:depan|tengah|belakang|blkg|ujung|ekor)(?:nya)?"
)
# A gap between two groups: signs and blanks, one line break, or a word that people say for a sign.
_GAP = rf"(?:{_BLANK}{{1,8}}(?:(?:{_SAID})(?!{_LETTER}){_BLANK}{{0,3}})?|{_BLANK}{{0,4}}\n{_BLANK}{{0,4}})"
_RUN = re.compile(rf"[0-9]+(?:{_GAP}[0-9]+)*")


class Copy(NamedTuple):
    """Lower-case letters and plain digits; letter ``n`` stands for ``text[starts[n]:ends[n]]`` of the text itself."""

    letters: str
    starts: Sequence[int]
    ends: Sequence[int]


class Reading(Enum):
    """How a text is read: as it is, with most letters inside numbers as digits, or with "tiga kali nol" as 000."""

    PLAIN, LETTERS, TIMES = range(3)


class Run(NamedTuple):
    """Groups of digits with nothing but a gap between them.

    ``line`` is ``7312 0101-0190``, with one sign for each gap: a blank, a line feed, one of ``,;:./-+``, or ``*`` for
    any other. It begins with ``+`` if the text has one before the run. Group ``n`` begins at ``line[at[n]]`` and is
    ``letters[starts[n]:ends[n]]``.
    """

    line: str
    at: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]


@lru_cache(4096)
def _plain(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    if letter in _LOOKS_LIKE:
        return _LOOKS_LIKE[letter]
    category = unicodedata.category(letter)
    if category in _INVISIBLE:
        return ""
    value = unicodedata.digit(letter, None)
    if value is not None:
        return str(value)
    folded = unicodedata.normalize("NFKD", letter).lower()
    if folded != letter:
        return "".join(map(_plain, folded[:_MOST_OF_ONE]))
    return letter if category[0] in "LN" else _SIGNS.get(category, "*")


def _joined(parts: Iterable[tuple[str, int, int]]) -> Copy:
    parts = list(parts)
    starts = [start for letters, start, _ in parts for _ in letters]
    ends = [end for letters, _, end in parts for _ in letters]
    return Copy("".join(letters for letters, _, _ in parts), starts, ends)


def plain_copy(text: str) -> Copy:
    """Copy ``text`` in lower case and plain digits, without invisible characters."""
    encoded = list(_ENCODED.finditer(text)) if any(sign in text for sign in "&%<") else []
    if text.isascii() and not encoded:
        return Copy(text.lower(), range(len(text)), range(1, len(text) + 1))
    letters = _LONE_A.sub("\u249c", text)
    parts: list[tuple[str, int, int]] = []
    done = 0
    for found in encoded:
        parts += ((_plain(letters[n]), n, n + 1) for n in range(done, found.start()))
        parts.append((_plain(_decoded(found)), found.start(), found.end()))
        done = found.end()
    return _joined([*parts, *((_plain(letters[n]), n, n + 1) for n in range(done, len(letters)))])


def _decoded(found: re.Match[str]) -> str:
    """Decode an encoded letter; a tag or an invalid code becomes a soft hyphen, which is invisible."""
    code = int(found["hex"] or found["percent"] or "0", 16) or int(found["dec"] or "0")
    return chr(code) if 0 < code < 0x110000 else "\u00ad"


def has_digits(letters: str, fewest: int) -> bool:
    """Whether there are ``fewest`` digits and number words; words count only if one of them is a zero or an eight."""
    found = len(_DIGIT.findall(letters))
    if found < fewest and any(word in letters for word in _ZERO_OR_EIGHT):
        found += len(_ANY_WORD.findall(letters))
    return found >= fewest


def _value(number: re.Match[str]) -> str:
    if number["times"]:
        three = number["times"][:3] in ("tri", "tig", "thr") or number["times"][0] == "3"
        return (number["digit"] or _VALUE[number["again"]]) * (3 if three else 2)
    if number["ten"]:
        return _VALUE[number["ten"]] + (_VALUE[number["one"]] if number["one"] else "0")
    return "1" + _VALUE[number["teen"]] if number["teen"] else _VALUE[number["word"]]


def _reread(match: re.Match[str]) -> str:
    of_all = len(re.findall(r"[^\W_]", match[0]))
    enough = of_all >= _FEWEST_MISREAD and len(_DIGIT.findall(match[0])) * 5 >= of_all * 2
    return match[0].translate(_DIGITS_FOR) if enough else match[0]


def other_readings(copy: Copy) -> Iterator[Reading]:
    """Yield the readings besides the plain one that give a different copy."""
    if _MISREAD_MORE.sub(_reread, copy.letters) != copy.letters:
        yield Reading.LETTERS
    if _MAYBE_TIMES.search(copy.letters):
        yield Reading.TIMES


def in_digits(copy: Copy, reading: Reading) -> Copy:
    """Write digits for number words, and for letters that were typed instead of digits."""
    spelt, one_number = _NUMBERS[reading is Reading.TIMES]
    letters = _MISREAD_MORE.sub(_reread, copy.letters) if reading is Reading.LETTERS else copy.letters
    letters = _MISREAD.sub(lambda match: match[0].translate(_DIGITS_FOR), letters)
    parts: list[tuple[str, int, int]] = []
    done = 0
    for words in spelt.finditer(letters):
        between = slice(done, words.start())
        parts += zip(letters[between], copy.starts[between], copy.ends[between], strict=True)
        for number in one_number.finditer(words[0]):
            first, last = words.start() + number.start(), words.start() + number.end() - 1
            # The blanks keep "dua0812" from being one number.
            parts.append((f" {_value(number)} ", copy.starts[first], copy.ends[last]))
        done = words.end()
    if not parts:
        return copy._replace(letters=letters)
    parts += zip(letters[done:], copy.starts[done:], copy.ends[done:], strict=True)
    return _joined(parts)


def _sign(gap: str) -> str:
    if gap.rstrip(" (").endswith("+"):
        return "+"
    if "\n" in gap:
        return "\n"
    signs = gap.split()
    if not signs:
        return " "
    return next((sign for sign in ",;:" if sign in gap), signs[0][0] if signs[0][0] in "./-" else "*")


def runs(letters: str) -> Iterator[Run]:
    """Find all runs of digits, from left to right."""
    for match in _RUN.finditer(letters):
        groups = [group.span() for group in _GROUP.finditer(letters, *match.span())]
        plus = "+" * letters[max(0, match.start() - 3) : match.start()].rstrip(" (").endswith("+")
        parts, at = [plus], [len(plus)]
        for (start, end), (following, _) in pairwise(groups):
            parts.append(letters[start:end] + _sign(letters[end:following]))
            at.append(at[-1] + len(parts[-1]))
        line = "".join(parts) + letters[groups[-1][0] : groups[-1][1]]
        yield Run(line, at, [start for start, _ in groups], [end for _, end in groups])
