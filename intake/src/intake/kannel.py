"""The SMS gateway's other way: Kannel's call that sends an SMS, of whatever intake has something to tell.

https://www.kannel.org/download/kannel-userguide-snapshot/userguide.html (chapter 6)
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Annotated

import httpx
import phonenumbers
from phonenumbers import ValidationResult
from pydantic import Field, HttpUrl, SecretStr, field_validator
from pydantic_settings import NoDecode

from intake.notices import Notice, OutcomeUnknown, Refused, Send, TryLater
from intake.segments import GSM, fit
from intake.submissions import IntakeSettings

log = logging.getLogger(__name__)

# One such letter would make the SMS more than twice as expensive, and nobody misses it.
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\xa0": " "})
#: Answers that say that we ask wrongly: no citizen's notice may be lost for that.
_OUR_MISTAKE = frozenset({401, 403, 404, 405, 407})


class KannelSettings(IntakeSettings):
    """What an intake reads that sends SMS; without ``kannel_send_url`` it sends none."""

    sms_short_code: str = Field("1708", description="number that citizens write to and see as the sender")
    sms_region: str = Field("ID", pattern="^[A-Z]{2}$", description="country of numbers without a country code")
    sms_reply_prefixes: Annotated[tuple[str, ...], NoDecode] = Field(
        ("+62",), description="beginnings of the numbers that are answered, with commas; others can only complain"
    )
    kannel_send_url: HttpUrl | None = Field(None, description="Kannel's sendsms, without a query")
    kannel_username: str = Field("", description="user of Kannel's sendsms-user group")
    kannel_password: SecretStr = Field(SecretStr(""), description="its password")
    kannel_timeout_s: float = Field(10, gt=0, description="seconds for Kannel to answer")
    kannel_connect_timeout_s: float = Field(3, gt=0, description="seconds to connect to Kannel")

    @field_validator("sms_reply_prefixes", mode="before")
    @classmethod
    def _prefixes(cls, value: str | tuple[str, ...]) -> tuple[str, ...]:
        return tuple(filter(None, map(str.strip, value.split(",") if isinstance(value, str) else value)))

    @field_validator("kannel_send_url", mode="before")
    @classmethod
    def _unset(cls, value: object) -> object:
        return value or None


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


def client(settings: KannelSettings, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """The HTTP client for Kannel. It keeps no connection open: one that Kannel just closed looks like a lost answer."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(settings.kannel_timeout_s, connect=settings.kannel_connect_timeout_s),
        limits=httpx.Limits(max_connections=10, max_keepalive_connections=0),
        trust_env=False,
        transport=transport,
    )


def sender(settings: KannelSettings, http: httpx.AsyncClient, more: Callable[[str], str] = lambda _: "") -> Send:
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


def _call(settings: KannelSettings, notice: Notice, more: Callable[[str], str]) -> dict[str, str]:
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
