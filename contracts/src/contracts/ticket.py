"""The ticket number a citizen gets: ``SPG-XXXX-XXXXC``.

Eight letters of Crockford's base 32 (https://www.crockford.com/base32.html) and a check character by the Luhn algorithm
mod 32. The first letter tells the door (S, W or M; a complaint typed in at a counter has W, since intake-web takes it).
A ticket identifies a complaint; it never authorizes.
"""

from __future__ import annotations

import re
import secrets

from stdnum import luhn

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: A complaint that a unit typed in for somebody who brought it by letter, by telephone or in person.
COUNTER = "loket"
#: The door of every channel.
DOORS = {"sms": "S", "web": "W", COUNTER: "W", "x": "M", "facebook": "M", "whatsapp": "M"}
#: The intake that gives the tickets of each door. No other may speak for their reporters.
INTAKES = {"S": "intake-sms", "W": "intake-web", "M": "intake-social"}
_READ_AS = str.maketrans("ILO", "110")
_FORM = re.compile(r"SPG[\s-]*([0-9A-Z]{4})[\s-]*([0-9A-Z]{5})", re.IGNORECASE)


def mint(channel: str) -> str:
    """Make a new random ticket for a complaint that came by ``channel``."""
    body = DOORS[channel] + "".join(secrets.choice(ALPHABET) for _ in range(7))
    return f"SPG-{body[:4]}-{body[4:]}{luhn.calc_check_digit(body, ALPHABET)}"


def door(number: str) -> str:
    """Return the letter of the door through which the complaint with this ticket, in canonical form, came in."""
    return number[4:5]


def parse(text: str) -> str | None:
    """Return the ticket in canonical form, or None. Case, spaces, dashes and I/L/O for 1/1/0 don't matter."""
    match = _FORM.fullmatch(text.strip())
    if not match:
        return None
    body = (match[1] + match[2]).upper().translate(_READ_AS)
    return f"SPG-{body[:4]}-{body[4:]}" if luhn.is_valid(body, ALPHABET) else None


def is_mistyped(text: str) -> bool:
    """Whether ``text`` has the form of a ticket, but a letter of it is wrong: the last one doesn't fit the others."""
    return _FORM.fullmatch(text.strip()) is not None and parse(text) is None
