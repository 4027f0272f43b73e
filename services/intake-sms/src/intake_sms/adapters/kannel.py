"""Kannel's dialect: its request that brings an SMS. The call that sends one is in :mod:`intake.kannel`.

https://www.kannel.org/download/kannel-userguide-snapshot/userguide.html (chapters 6 and 8)
"""

from __future__ import annotations

import codecs
from urllib.parse import unquote_to_bytes

from contracts.codec import plain
from intake.kannel import e164
from intake_sms.domain import Mo
from intake_sms.settings import SmsSettings

#: What an SMS may be in, by Python's names. No gateway has others, and some of Python's are no charsets.
_CHARSETS = frozenset({"utf-8", "utf-16-be", "cp1252", "iso8859-1", "ascii"})


class Unreadable(ValueError):
    """A request of the gateway from which no SMS can be read; says which part is wrong, never its content."""


def fields(query: bytes) -> dict[str, bytes]:
    """The parameters of a query string, percent-decoded but in no charset yet; the first of a name counts."""
    found: dict[str, bytes] = {}
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        found.setdefault(name.decode("latin-1"), unquote_to_bytes(value.replace(b"+", b" ")))
    return found


def without_token(query: bytes) -> bytes:
    """The query string without the secret, fit to be kept."""
    return b"&".join(part for part in query.split(b"&") if not part.startswith(b"token="))


def read_mo(query: bytes, settings: SmsSettings) -> Mo:
    """The SMS in Kannel's request.

    Raises:
        Unreadable: no id, sender or text, a text not in its charset, or one for another number than ours.
    """
    given = fields(query)
    if given.get("to", b"").strip() not in (b"", settings.sms_short_code.encode()):
        raise Unreadable("to is another number than SMS_SHORT_CODE")
    mo_id, sender = _decoded(given, "id", "UTF-8"), _decoded(given, "from", "UTF-8")
    # %b is the text as it was written; %a has its blanks squeezed.
    name = next((name for name in ("raw", "text") if given.get(name)), "text")
    text = _decoded(given, name, _charset(given.get("charset", b"").decode("latin-1") or "UTF-8"), may_be_empty=True)
    number = e164(sender, settings.sms_region)
    repliable = number is not None and number.startswith(settings.sms_reply_prefixes)
    return Mo(id=mo_id, sender=number or sender, repliable=repliable, text=text)


def _charset(name: str) -> str:
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):  # ValueError: with a NUL in it
        known = ""
    if known not in _CHARSETS:
        raise Unreadable(f"charset {name[:20]!r} is none of {', '.join(sorted(_CHARSETS))}")
    return known


def _decoded(given: dict[str, bytes], name: str, charset: str, *, may_be_empty: bool = False) -> str:
    try:
        value = plain(given.get(name, b"").decode(charset)).strip()
    except UnicodeError as error:
        raise Unreadable(f"{name} is not {charset}") from error
    if name not in given or not (value or may_be_empty):
        raise Unreadable(f"{name} is missing")
    return value
