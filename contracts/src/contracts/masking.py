"""Identifiers of citizens never travel: this module masks every text before it leaves an intake.

`digits.py` reads a text as plain digits and finds the runs of them, `identifiers.py` knows what identifies a citizen
and what is something else. This module decides each run from left to right. In doubt it masks: a lost number can be
asked for, a published one can't be taken back.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from functools import lru_cache

from contracts.digits import BREAK, Reading, Run, has_digits, in_digits, other_readings, plain_copy, runs
from contracts.identifiers import AT, BLURRED, BY_WORD, DOT, EMAIL, EMAIL_SIGNS, OTHER, PERHAPS_OTHER, SHAPES, ByWord

#: Fewer digits are never an identifier, even where letters stand for some, and most texts have fewer.
_FEWEST_DIGITS = 5
_SHORTEST = 5
#: How many letters before a number its word may stand.
_CONTEXT = 60
#: The first pass finds the identifiers; a token may reveal one beside it, and a hostile text one more each pass.
_PASSES = 4
# Signs that are drawn on the letter before them, as on a keycap.
_MARKS = re.compile(r"[\u0300-\u036f\ufe00-\ufe0f\u20d0-\u20ff]+")
_LAST_GROUP = re.compile(r"\D?\d+$")
_Span = tuple[int, int, str]  # first letter, the letter behind the last, and the token


def _same_number(digits: str) -> str:
    """Normalize the ways to write one number: +62 484 21234, 62484-21234 and (0484) 21234."""
    return re.sub(r"^(?:(?:00)?62(?:0(?=[2-9]))?|(?=8))", "0", re.sub(r"\D", "", digits))


def _same_address(address: str) -> str:
    return re.sub(r"\s", "", re.sub(DOT, ".", re.sub(AT, "@", address)))


@lru_cache
def _offices(keep: frozenset[str]) -> frozenset[str]:
    entries = [plain_copy(part).letters for entry in keep for part in re.split(r"[,;/]|\batau\b", entry)]
    numbers = {_same_number(run.line) for entry in entries for run in runs(entry)}
    addresses = {_same_address(match[0]) for entry in entries for match in EMAIL.finditer(entry)}
    return frozenset(addresses | {number for number in numbers if len(number) > _SHORTEST})


def _office(letters: str, run: Run, first: int, offices: Collection[str]) -> int | None:
    """Find the group behind the office's number that begins at group ``first``."""
    digits = ""
    for n in range(first, min(first + 14, len(run.at)) if offices else first):
        digits += letters[run.starts[n] : run.ends[n]]
        if _same_number(digits) in offices:
            return n + 1
    return None


def _by_word(run: Run, first: int, said: Collection[ByWord], told: Collection[ByWord]) -> tuple[int, str] | None:
    """Find the group behind the identifier that begins here, as a word before or behind the run says, and its kind."""
    for rule in (*said, *told):
        for shape in rule.shapes:
            match = shape.match(run.line, run.at[first])
            if match and rule.holds(match[0]) and (rule in said or (rule in told and match.end() == len(run.line))):
                return bisect_left(run.at, match.end()), rule.kind
    return None


def _by_shape(run: Run, first: int) -> tuple[int, str] | None:
    """Find the group behind the identifier that begins here, and its kind."""
    for shape in SHAPES:
        match = shape.line.match(run.line, run.at[first])
        if match and not shape.holds(match[0]):
            last = _LAST_GROUP.search(match[0]) if shape.shortens else None  # "08_23_76_14_76_05 5 lubang"
            match = shape.line.match(run.line, run.at[first], match.end() - len(last[0])) if last else None
            match = match if match and shape.holds(match[0]) else None
        if match:
            return bisect_left(run.at, match.end()), shape.kind
    return None


def _whole(letters: str, start: int, end: int, kind: str) -> _Span:
    """Add the signs that belong to a number: ``+``, ``(`` and a passport's letter."""
    if kind == "[PASPOR]":
        letter = re.search(
            r"(?:(?<=pasport)|(?<=paspor)|(?<![a-z]))[a-z]{1,2}\W{0,3}$", letters[max(0, start - 12) : start]
        )
        return start - (len(letter[0]) if letter else 0), end, kind
    while kind == "[TELEPON]" and start:
        closes = letters.count(")", start, end) > letters.count("(", start, end)
        if letters[start - 1] != "+" and not (letters[start - 1] == "(" and closes):
            break
        start -= 1
    return start, end, kind


def _in_run(letters: str, run: Run, last: _Span, offices: Collection[str]) -> Iterator[_Span]:
    if len(run.line) < _SHORTEST:
        return
    before = letters[max(last[1], run.starts[0] - _CONTEXT) : run.starts[0]]
    said = [rule for rule in BY_WORD if rule.before.search(last[2].lower() + before)]
    told = [rule for rule in BY_WORD if rule.behind and rule.behind.match(letters, run.ends[-1])]
    n = 0
    while n < len(run.at):
        kind = ""
        if behind := _office(letters, run, n, offices):
            n = behind
        elif other := PERHAPS_OTHER.match(letters, run.starts[n]):
            n = max(n + 1, bisect_left(run.starts, other.end()))
        elif found := _by_word(run, n, said, told) or _by_shape(run, n):
            behind, kind = found
            yield _whole(letters, run.starts[n], run.ends[behind - 1], kind)
            n = behind
        else:
            n += 1
        # "hp 0812…, 813…": a word beside one number also holds for the next.
        said = [rule for rule in BY_WORD if rule.kind == kind and (rule in said or rule.before.search(kind.lower()))]


def _broken(match: re.Match[str]) -> str:
    return BREAK * len(match[0])


def _masked_once(text: str, offices: Collection[str], reading: Reading = Reading.PLAIN) -> str:
    copy = plain_copy(text)
    spans: list[_Span] = []
    if any(sign in copy.letters for sign in EMAIL_SIGNS):
        for match in EMAIL.finditer(copy.letters):
            if _same_address(match[0]) not in offices:
                spans.append((copy.starts[match.start()], copy.ends[match.end() - 1], "[EMAIL]"))
        copy = copy._replace(letters=EMAIL.sub(_broken, copy.letters))
    if has_digits(copy.letters, _FEWEST_DIGITS):
        for match in BLURRED.finditer(copy.letters):
            spans.append((copy.starts[match.start()], copy.ends[match.end() - 1], "[NIK]"))
        copy = copy._replace(letters=BLURRED.sub(_broken, copy.letters))
        copy = in_digits(copy, reading)
        found: list[_Span] = [(0, 0, "")]
        some = any(len(run.line) >= _SHORTEST for run in runs(copy.letters))
        letters = OTHER.sub(_broken, copy.letters) if some else ""
        for run in runs(letters):
            found += _in_run(letters, run, found[-1], offices)
        spans += [(copy.starts[start], copy.ends[end - 1], kind) for start, end, kind in found[1:]]
    done, parts = 0, []
    for start, end, kind in sorted(spans):
        parts += [text[done:start], kind]
        marks = _MARKS.match(text, end)
        done = marks.end() if marks else end
    return "".join([*parts, text[done:]])


def mask(text: str, keep: Collection[str] = ()) -> str:
    """Replace NIK, KK, NPWP, BPJS, account, passport and phone numbers and e-mail addresses in ``text`` by tokens.

    ``keep`` are numbers and addresses of offices, which stay however they are written. All other text stays as it was
    written.
    """
    offices = _offices(frozenset(keep)) if keep else frozenset()
    for _ in range(_PASSES):
        masked = _masked_once(text, offices)
        # Only after the plain reading: another reading may hide a number in plain digits.
        copy = plain_copy(masked)
        for reading in other_readings(copy) if has_digits(copy.letters, _FEWEST_DIGITS) else ():
            masked = _masked_once(masked, offices, reading)
        if masked == text:
            break
        text = masked
    return text
