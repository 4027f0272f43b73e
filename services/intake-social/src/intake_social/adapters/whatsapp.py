"""WhatsApp by Meta's Cloud API: what its webhooks deliver, and what we write.

https://developers.facebook.com/docs/whatsapp/cloud-api/. It is plain HTTP, so we use no library. Messages can't be
fetched: one that no webhook delivered is lost once Meta gives up, after days.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from intake.reports import Report, ReportState
from intake_social.adapters.errors import (
    OutsideWindow,
    SocialError,
    SocialOutcomeUnknown,
    SocialRefused,
    SocialThrottled,
    SocialUnauthorized,
    SocialUnavailable,
    after,
)
from intake_social.adapters.items import Unreadable, moment

log = logging.getLogger(__name__)

_TIMEOUT = httpx.Timeout(15, connect=3)
# https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/
_STOP = frozenset({0, 10, 190, *range(200, 300), 131005, 131031, 131042, 131045, 133010})
_THROTTLED = frozenset({4, 80007, 130429, 131048, 133016})
_BLOCKED = frozenset({368, 130497})
# 131056: too many messages to one person; those to others can still be sent.
_TEMPORARY = frozenset({1, 2, 130472, 131000, 131016, 131056, 131057, 133004})
_OUTSIDE = 131047
#: Whitespace that a template's parameter may not hold, and how long it may be.
_BREAKS, _MOST_IN_TEMPLATE = re.compile(r"\s+"), 1_000
#: Where each kind of message has its words; a photo without words is a message, too.
_WORDS = {
    "text": ("text", "body"),
    "image": ("image", "caption"),
    "video": ("video", "caption"),
    "document": ("document", "caption"),
    "button": ("button", "text"),
}
#: Meta's id of a photo; it becomes part of an address.
_MEDIA = re.compile(r"[0-9A-Za-z_-]{1,100}")
#: A photo or video sent as a file comes as a document with its media type.
_PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"})
_VIDEOS = frozenset({"video/mp4", "video/3gpp", "video/quicktime", "video/webm"})
#: Kinds of messages taken as words; all other kinds are not taken.
_SAID = frozenset({*_WORDS, "interactive", "location", "edit"}) - {"image", "video", "document"}
#: Names in texts.yaml for kinds that are not taken.
_NOT_TAKEN = {"audio": "voice", "sticker": "sticker", "document": "document"}
_CHOSEN = ("button_reply", "list_reply")
#: Within two days a sender can delete a message. Meta tells us if our number is also in WhatsApp's own app:
#: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/revoke
_REVOKED = "revoke"
#: The delivery states of our messages; "read" can come without "delivered". A report brings back our own id:
#: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
#: (unverified for reports of a failure).
_STATES = {
    "sent": ReportState.ACCEPTED,
    "delivered": ReportState.DELIVERED,
    "read": ReportState.DELIVERED,
    "failed": ReportState.FAILED,
}
#: Kinds without words, whose sender waits for no answer.
_SILENT = frozenset({"reaction", "system", "unsupported", "request_welcome"})


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message from a person; ``number`` is theirs as WhatsApp writes it: digits with the country code, without a
    plus.

    ``photo`` and ``video`` are ids, for which WhatsApp tells an address for some days; ``not_taken`` is texts.yaml's
    name for any other attachment. ``quotes`` is the message that it answers, the sender's or ours.
    """

    id: str
    number: str
    name: str
    text: str
    at: datetime
    photo: str = ""
    video: str = ""
    not_taken: str = ""
    quotes: str = ""


@dataclass(frozen=True, kw_only=True)
class Told:
    """The content of one webhook: messages, items that can't be read, ids of messages that their senders deleted, and
    delivery reports of ours."""

    messages: list[Message] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)


def read_hook(body: bytes, phone_number_id: str) -> Told:
    """Read the body of a webhook; items that can't be read are returned apart, other numbers' items are skipped.

    https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples
    """
    told = Told()
    try:
        values = list(_values(json.loads(body), phone_number_id))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        told.unreadable.append(Unreadable(body, error))
        return told
    for names, item, read in values:
        try:
            read(told, item, names)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError, IndexError) as error:
            told.unreadable.append(Unreadable(json.dumps(item).encode(), error))
    return told


def _values(body: Mapping[str, Any], phone_number_id: str) -> Iterator[tuple[dict[str, str], Any, Any]]:
    if body.get("object") != "whatsapp_business_account":
        raise ValueError("no webhook of WhatsApp")
    for entry in body["entry"]:
        for change in entry.get("changes") or []:
            value = change.get("value") or {}
            if change.get("field") != "messages" or value["metadata"]["phone_number_id"] != phone_number_id:
                continue
            names = {str(each.get("wa_id")): _name(each) for each in value.get("contacts") or []}
            yield from ((names, item, _read_message) for item in value.get("messages") or [])
            yield from ((names, item, _read_status) for item in value.get("statuses") or [])


def _name(contact: Mapping[str, Any]) -> str:
    return str((contact.get("profile") or {}).get("name") or "")


def _read_message(told: Told, item: Mapping[str, Any], names: Mapping[str, str]) -> None:
    kind, number = str(item["type"]), str(item["from"])
    if kind in _SILENT:
        return
    if kind == _REVOKED:
        told.removed.append(str(item[kind]["original_message_id"]))
        return
    if not number.isascii() or not number.isdigit() or not item["id"]:
        raise ValueError("no number that could be answered")
    at = moment(int(item["timestamp"]))
    who: dict[str, str] = {"number": number, "name": names.get(number, ""), "quotes": _quoted(item)}
    told.messages.append(Message(id=str(item["id"]), text=_text(kind, item), at=at, **_shown(kind, item), **who))


def _quoted(item: Mapping[str, Any]) -> str:
    """Return the id of the message that this one answers; empty for a forwarded message and the like.

    https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components#messages-object
    """
    context = item.get("context")
    quoted = context.get("id") if isinstance(context, dict) else None
    return quoted if isinstance(quoted, str) and quoted.isascii() and quoted.isprintable() else ""


def _shown(kind: str, item: Mapping[str, Any]) -> dict[str, str]:
    """Return the id of its photo or video, also of one sent as a document, or the kind of a file that is not taken."""
    told = item.get(kind)
    file: Mapping[str, Any] = told if isinstance(told, dict) else {}
    media_type = str(file.get("mime_type")).partition(";")[0].strip().lower() if kind == "document" else ""
    as_is = {"image": "photo", "video": "video"}.get(kind)
    if what := as_is or (media_type in _PHOTOS and "photo") or (media_type in _VIDEOS and "video"):
        called = str(file.get("id") or "")
        return {what: called} if _MEDIA.fullmatch(called) else {}
    return {} if kind in _SAID else {"not_taken": _NOT_TAKEN.get(kind, "other")}


def _text(kind: str, item: Mapping[str, Any]) -> str:
    if kind == "interactive":
        chosen: Mapping[str, Any] = next((item[kind][each] for each in _CHOSEN if each in item[kind]), {})
        return str(chosen.get("title") or "")
    if kind == "location":
        place = item[kind]
        named = ", ".join(str(place[each]) for each in ("name", "address") if place.get(each))
        return f"Lokasi: {named or ''} {place['latitude']}, {place['longitude']}"
    where, words = _WORDS.get(kind, ("", ""))
    return str((item.get(where) or {}).get(words) or "")


def _read_status(told: Told, item: Mapping[str, Any], names: Mapping[str, str]) -> None:
    state = _STATES.get(str(item.get("status")))
    if state is None:
        return
    why = (item.get("errors") or [{}])[0].get("code") if state == ReportState.FAILED else ""
    told.reports.append(Report(own_id=str(item.get("biz_opaque_callback_data") or ""), state=state, detail=str(why)))


class WhatsApp:
    """One number of the kabupaten, for talking to all who write to it."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        phone_number_id: str,
        token: str,
        template: str = "",
        version: str = "v26.0",
        graph_url: str = "https://graph.facebook.com",
    ) -> None:
        self._http, self._token, self._template = http, token, template
        self._graph, self._number = f"{graph_url.rstrip('/')}/{version}", phone_number_id

    @property
    def bearer(self) -> dict[str, str]:
        """The header that authenticates us to WhatsApp, also where its media are."""
        return {"Authorization": f"Bearer {self._token}"}

    async def check(self) -> None:
        """Check that our token holds by asking for our own number. Raises: SocialError."""
        await self._call("GET", self._number, None)

    async def address_of(self, photo: str) -> str:
        """Ask where a photo is; the address is valid for five minutes, and only with our token.

        https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#get-media-url. Raises: SocialError.
        """
        told = await self._call("GET", photo, None, phone_number_id=self._number)
        if not isinstance(told, dict) or not told.get("url"):
            raise SocialUnavailable("no address")
        return str(told["url"])

    async def write(self, number: str, text: str, own_id: str = "", *, in_window: bool) -> str | None:
        """Write to ``number``: freely within 24 hours of their last message, else by the template that Meta has
        approved, with ``text`` as its parameter. Reports of it bring ``own_id`` back. Returns WhatsApp's id of it.

        Raises:
            OutsideWindow: there is no template.
            SocialOutcomeUnknown: it may have been taken, and nobody can be asked.
            SocialError: it was not taken.
        """
        if in_window:
            try:
                return await self._send(number, own_id, {"type": "text", "text": {"preview_url": False, "body": text}})
            except OutsideWindow:  # by Meta's clock
                log.info("window_closed")
        if not self._template:
            raise OutsideWindow("more than 24 hours after their last message, and there is no template")
        words = _BREAKS.sub(" ", text).strip()[:_MOST_IN_TEMPLATE]
        body = {"type": "body", "parameters": [{"type": "text", "text": words}]}
        template = {"name": self._template, "language": {"code": "id"}, "components": [body]}
        return await self._send(number, own_id, {"type": "template", "template": template})

    async def _send(self, number: str, own_id: str, what: Mapping[str, Any]) -> str | None:
        to = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": number}
        back = {"biz_opaque_callback_data": own_id} if own_id else {}
        made = await self._call("POST", f"{self._number}/messages", {**to, **back, **what})
        try:
            return str(made["messages"][0]["id"])
        except (LookupError, TypeError):  # taken all the same
            return None

    async def _call(self, method: str, path: str, body: Any, **query: str) -> Any:
        """Return Graph's answer, or None if that is not JSON."""
        url = f"{self._graph}/{path}"
        try:
            answer = await self._http.request(
                method, url, params=query or None, json=body, headers=self.bearer, timeout=_TIMEOUT
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise SocialUnavailable(type(error).__name__) from None
        except httpx.HTTPError as error:  # its text may hold the recipient's address
            raise (SocialOutcomeUnknown if body else SocialUnavailable)(type(error).__name__) from None
        if not answer.is_success:
            raise _in_our_words(answer)
        try:
            return answer.json()
        except ValueError:
            return None


def _in_our_words(answer: httpx.Response) -> SocialError:
    try:
        error = answer.json()["error"]
        code, message = int(error["code"]), f"{error['code']}: {error.get('message', '')}"[:300]
    except (ValueError, KeyError, TypeError):
        code, message = -1, f"HTTP {answer.status_code}"
    if code == _OUTSIDE:
        return OutsideWindow(message)
    if code in _THROTTLED or answer.status_code == 429:
        return SocialThrottled(message, after(15))
    if code in _BLOCKED:
        return SocialThrottled(message, after(24 * 60))
    if code in _STOP or answer.status_code == 401:
        return SocialUnauthorized(message)
    if code in _TEMPORARY or answer.status_code >= 500:
        return SocialUnavailable(message)
    return SocialRefused(message)
