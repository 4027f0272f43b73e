"""Sends SMS by the gateway, whatever its dialect, for each intake that has something to tell."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

import httpx
import phonenumbers
from phonenumbers import PhoneNumberType, ValidationResult
from pydantic import Field, HttpUrl, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from chassis.settings import DatabaseSettings
from intake.dialect import NAMES, Call, Dialect, fill, merge, read_dialect
from intake.notices import Notice, OutcomeUnknown, Refused, Send, TryLater
from intake.reports import own_id
from intake.segments import GSM, fit
from intake.sending import Pace
from intake.submissions import IntakeSettings

log = logging.getLogger(__name__)

#: Seconds within which a gateway says that it has an SMS: its answer, and some tries to deliver its first report.
REPORT_WITHIN_S = 45
#: A common way to write a number with its country code, though in Indonesia one dials more in front of it.
_ABROAD = re.compile(r"^00(?=[1-9])")
#: Answers that say our request is wrong: no citizen's notice may be lost for that.
_OUR_MISTAKE = frozenset({401, 403, 404, 405, 407})


class GatewaySettings(DatabaseSettings):
    """The settings of a service that sends SMS; without an address of the gateway it sends none.

    Kannel's variables have its name; all other dialects share those that begin with ``SMS_SEND_``.
    """

    sms_dialect: Literal[NAMES] = Field("kannel", description="what the SMS gateway speaks")  # type: ignore[valid-type]
    sms_gateway_file: Path | None = Field(None, description="table of fields of the dialect `generic`")
    sms_send_url: HttpUrl | None = Field(None, description="address of the gateway's send call")
    sms_send_username: str = Field("", description="user, account or key at the gateway")
    sms_send_password: SecretStr = Field(SecretStr(""), description="its password, token or secret")

    sms_short_code: str = Field("1708", description="number that citizens write to and see as the sender")
    sms_region: str = Field("ID", pattern="^[A-Z]{2}$", description="country of numbers without a country code")
    sms_sends_per_s: float = Field(50, ge=0.1, description="SMS handed to the gateway a second")
    sms_sends_at_once: int = Field(32, ge=1, le=256, description="SMS that the gateway may have in hand")
    kannel_send_url: HttpUrl | None = Field(None, description="Kannel's sendsms, without a query")
    kannel_username: str = Field("", description="user of Kannel's sendsms-user group")
    kannel_password: SecretStr = Field(SecretStr(""), description="its password")
    kannel_timeout_s: float = Field(10, gt=0, description="seconds for the gateway to answer")
    kannel_connect_timeout_s: float = Field(3, gt=0, description="seconds to connect to the gateway")

    @field_validator("sms_dialect", mode="before")
    @classmethod
    def _usual(cls, value: object) -> object:
        return value or "kannel"

    @model_validator(mode="after")
    def _whole_gateway(self) -> Self:
        if self.sms_dialect == "generic" and self.sms_gateway_file is None:
            raise ValueError("SMS_DIALECT=generic needs SMS_GATEWAY_FILE")
        _ = self.dialect  # fail now if the file can't be read
        if self.kannel_send_url and not (self.kannel_username and self.kannel_password.get_secret_value()):
            raise ValueError("KANNEL_SEND_URL needs KANNEL_USERNAME and KANNEL_PASSWORD")
        if self.sms_send_url and not self.sms_send_password.get_secret_value():
            raise ValueError("SMS_SEND_URL needs SMS_SEND_PASSWORD")
        return self

    @cached_property
    def dialect(self) -> Dialect:
        """The dialect of the gateway."""
        return read_dialect(self.sms_dialect, self.sms_gateway_file)

    @property
    def account(self) -> tuple[str, str, str]:
        """URL, user and password of the send call; the URL is empty if it is not set."""
        if self.sms_dialect == "kannel":
            return str(self.kannel_send_url or ""), self.kannel_username, self.kannel_password.get_secret_value()
        return str(self.sms_send_url or ""), self.sms_send_username, self.sms_send_password.get_secret_value()

    @property
    def sends_sms(self) -> bool:
        """Whether a gateway is configured to send by."""
        url, user, password = self.account
        if self.sms_dialect in ("twilio", "vonage"):  # their URL is known
            return bool(user and password)
        return bool(url)


class IntakeGatewaySettings(GatewaySettings, IntakeSettings):
    """The gateway settings of an intake, with the numbers that it answers."""

    sms_reply_prefixes: Annotated[tuple[str, ...], NoDecode] = Field(
        ("+62",), description="beginnings of the numbers that are answered, with commas; others can only complain"
    )

    @field_validator("sms_reply_prefixes", mode="before")
    @classmethod
    def _prefixes(cls, value: str | tuple[str, ...]) -> tuple[str, ...]:
        return tuple(filter(None, map(str.strip, value.split(",") if isinstance(value, str) else value)))


def mobile(typed: str, region: str) -> str | None:
    """Return ``typed`` in E.164 if it is a mobile number: an SMS to any other costs money and reaches nobody."""
    number = e164(typed, region)
    if number is None:
        return None
    parsed = phonenumbers.parse(number)
    is_mobile = phonenumbers.number_type(parsed) in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return number if is_mobile else None


def e164(sender: str, region: str) -> str | None:
    """Return ``sender`` in E.164; None if no answer can reach it, as with a name or an operator's short number."""
    if not re.fullmatch(r"\+?[\d\s().-]+", sender):
        return None
    try:
        number = phonenumbers.parse(_ABROAD.sub("+", sender.lstrip()), region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def pace(settings: GatewaySettings, report_url: str = "") -> Pace:
    """Return how fast SMS are handed to the gateway, and how long to wait for a report if it sends reports."""
    patience_s = REPORT_WITHIN_S if report_url and settings.dialect.report else 0
    return Pace(at_once=settings.sms_sends_at_once, per_s=settings.sms_sends_per_s, patience_s=patience_s)


def client(settings: GatewaySettings, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Make the HTTP client for the gateway. It keeps no connection alive: one just closed looks like a lost answer."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(settings.kannel_timeout_s, connect=settings.kannel_connect_timeout_s),
        limits=httpx.Limits(max_connections=settings.sms_sends_at_once, max_keepalive_connections=0),
        trust_env=False,
        transport=transport,
    )


def sender(
    settings: GatewaySettings,
    http: httpx.AsyncClient,
    more: Callable[[str], str] = lambda _: "",
    report_url: str = "",
) -> Send:
    """Return the function that sends one notice. It returns the gateway's id of the SMS, or raises Refused,
    OutcomeUnknown or TryLater.

    ``more`` returns, for a ticket, where the whole notice can be read if three SMS can't hold it. With ``report_url``,
    the gateway is asked to report there; the URL ends where our own id is to be appended.
    """
    died_with: set[int] = set()

    async def send(notice: Notice) -> str | None:
        request = build(settings, http, notice, more, report_url)
        try:
            answer = await http.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise TryLater(f"the gateway can't be reached: {type(error).__name__}") from error
        except httpx.TransportError as error:
            why = f"the gateway did not answer: {type(error).__name__}"
            # A silent gateway has the SMS. A broken connection may mean that it has not: a citizen rather hears twice
            # than never.
            if isinstance(error, httpx.TimeoutException) or notice.id in died_with:
                died_with.discard(notice.id)
                raise OutcomeUnknown(why) from error
            died_with.add(notice.id)
            raise TryLater(why, after_s=10, perhaps=True) from error
        died_with.discard(notice.id)
        return judge(settings.dialect.call, answer)

    return send


def build(
    settings: GatewaySettings,
    http: httpx.AsyncClient,
    notice: Notice,
    more: Callable[[str], str] = lambda _: "",
    report_url: str = "",
) -> httpx.Request:
    """Build the request that sends ``notice``."""
    call = settings.dialect.call
    text = fit(notice.text, more(notice.ticket))
    url, username, password = settings.account
    mine = own_id(notice)
    values = {
        "send_url": url,
        "username": username,
        "password": password,
        "from": settings.sms_short_code,
        "to": notice.address,
        "digits": notice.address.removeprefix("+"),
        "text": text,
        "hex": text.encode("utf-16-be").hex(),
        "own_id": mine,
        "report_url": f"{report_url}id={quote(mine)}",
    }
    form = merge(call.fields, call.plain if GSM.issuperset(text) else call.unicode)
    if report_url:
        form = merge(form, call.reports)
    given: dict[str, Any] = {{"query": "params", "form": "data", "json": "json"}[call.body]: fill(form, values)}
    if call.auth == "basic":
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        given["headers"] = {"Authorization": f"Basic {token}"}
    if call.headers:
        given["headers"] = {**given.get("headers", {}), **fill(call.headers, values)}
    return http.build_request(call.method, fill(call.url, values), **given)


def judge(call: Call, answer: httpx.Response) -> str | None:
    """Return the gateway's id of the SMS that it took, if it gave one.

    Raises:
        Refused, TryLater: it did not take the SMS, for good or for now.
    """
    status, body = answer.status_code, answer.text
    said = f"{status} {_said(body)}"
    if status in call.taken_status:
        if call.ours and re.search(call.ours, body):
            raise _our_mistake(status, said)
        if call.later and re.search(call.later, body):
            raise TryLater(said)
        if call.taken and not re.search(call.taken, body):
            raise Refused(said)
        found = re.search(call.id, body) if call.id else None
        return found[1][:100] if found else None
    if status in _OUR_MISTAKE or 300 <= status < 400:
        raise _our_mistake(status, said)
    if 400 <= status < 500 and status not in (408, 429):
        raise Refused(said)
    raise TryLater(said)


def _our_mistake(status: int, said: str) -> TryLater:
    mend = "SMS_DIALECT, and the address, user and password of the gateway"
    log.critical("gateway_refuses_us", extra={"status": status, "mend": mend})
    return TryLater(said, after_s=30)


def _said(body: str) -> str:
    """Return the gateway's words without long numbers: some gateways repeat the recipient."""
    return re.sub(r"\+?\d{7,}", "…", body[:300])[:100]
