"""Kannel's dialect: its request that brings an SMS, and its call that sends one.

https://www.kannel.org/download/kannel-userguide-snapshot/userguide.html (chapters 6 and 8)
"""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

import httpx
import phonenumbers
from phonenumbers import ValidationResult

from contracts.codec import plain
from intake.notices import Notice, OutcomeUnknown, Refused, Send, TryLater
from intake_sms.domain import Mo
from intake_sms.segments import GSM, fit
from intake_sms.settings import SmsSettings

log = logging.getLogger(__name__)

# One such letter would make the SMS more than twice as expensive, and nobody misses it.
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\xa0": " "})
#: What an SMS may be in, by Python's names. No gateway has others, and some of Python's are no charsets.
_CHARSETS = frozenset({"utf-8", "utf-16-be", "cp1252", "iso8859-1", "ascii"})
#: Answers that say that we ask wrongly: no citizen's notice may be lost for that.
_OUR_MISTAKE = frozenset({401, 403, 404, 405, 407})


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


def e164(sender: str, region: str) -> str | None:
    """``sender`` in E.164; None if no answer can reach it: a name, or an operator's short number."""
    if not re.fullmatch(r"\+?[\d\s().-]+", sender):
        return None
    try:
        number = phonenumbers.parse(sender, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def client(settings: SmsSettings, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """The HTTP client for Kannel. It keeps no connection open: one that Kannel just closed looks like a lost answer."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(settings.kannel_timeout_s, connect=settings.kannel_connect_timeout_s),
        limits=httpx.Limits(max_connections=10, max_keepalive_connections=0),
        trust_env=False,
        transport=transport,
    )


def sender(settings: SmsSettings, http: httpx.AsyncClient, more: Callable[[str], str] = lambda _: "") -> Send:
    """The function that sends one notice, or raises Refused, OutcomeUnknown or TryLater.

    ``more`` says of a ticket where all of a notice can be read that three SMS do not hold.
    """
    died_with: set[int] = set()

    async def send(notice: Notice) -> None:
        try:
            answer = await http.get(str(settings.kannel_send_url), params=_call(settings, notice, more))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise TryLater(f"Kannel can't be reached: {type(error).__name__}") from error
        except httpx.TransportError as error:
            why = f"Kannel did not answer: {type(error).__name__}"
            # One that is silent has it. One that died may not: a citizen rather hears twice than never.
            if isinstance(error, httpx.TimeoutException) or notice.id in died_with:
                died_with.discard(notice.id)
                raise OutcomeUnknown(why) from error
            died_with.add(notice.id)
            raise TryLater(why, after_s=10) from error
        died_with.discard(notice.id)
        _judge(answer)

    return send


def _call(settings: SmsSettings, notice: Notice, more: Callable[[str], str]) -> dict[str, str]:
    text = fit(notice.text.translate(_PLAIN), more(notice.ticket))
    unicode = {} if GSM.issuperset(text) else {"coding": "2", "charset": "UTF-8"}
    return {
        "username": settings.kannel_username,
        "password": settings.kannel_password.get_secret_value(),
        "from": settings.sms_short_code,
        "to": notice.address,
        "text": text,
        **unicode,
    }


def _judge(answer: httpx.Response) -> None:
    status = answer.status_code
    if status in (200, 202):
        return
    said = f"{status} {answer.text[:100]}"
    if status in _OUR_MISTAKE or 300 <= status < 400:
        log.critical("kannel_refuses_us", extra={"status": status, "mend": "KANNEL_SEND_URL, _USERNAME, _PASSWORD"})
        raise TryLater(said, after_s=30)
    if 400 <= status < 500 and status not in (408, 429):
        raise Refused(said)
    raise TryLater(said)
