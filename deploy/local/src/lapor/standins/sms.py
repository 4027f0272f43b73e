"""The SMS gateway: accepts Kannel's send call, and passes a citizen's SMS on as Kannel's MO request.

With a real Kannel it is the telephone network behind it, which speaks as one Kannel does to another. What it accepts
arrives at once, and is reported as delivered where that was asked for."""

import asyncio
import contextlib
import hmac
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode

import httpx
from litestar import Request, Router, get, post
from litestar.enums import MediaType
from litestar.response import Redirect, Response

from lapor.standins.faults import Faults
from lapor.standins.settings import SHORT_CODE, Settings
from lapor.standins.state import Mo, Said, Taken, World, now

# The letters one 7-bit SMS can carry (GSM 03.38 with its extension); anything else needs coding=2.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
_KEYWORD = re.compile(r"\s*SOPPENG", re.IGNORECASE)
_TRIES = 43_200  # a day of tries two seconds apart; after it an MO waits for the next start
_REPORTS = 30  # tries of a report: Kannel notes an SMS only once it has our answer, and forgets it at a restart
_AT_ONCE = 32


def international(number: str) -> str:
    """Normalize a number as Kannel's unified-prefix "+62,0062,62,0" does."""
    number = re.sub(r"[\s().-]", "", number)
    for prefix in ("+62", "0062", "62", "0"):
        if number.startswith(prefix):
            return "+62" + number.removeprefix(prefix)
    return number


def mo_url(mo: Mo, settings: Settings) -> str:
    """Return the request for one MO: the gateway's sms-service template, filled in and escaped; or, for a real Kannel,
    which fills in that template itself, the request of an `smsc = http` line."""
    if settings.sms_smsc_url:
        account = {"username": settings.kannel_username, "password": settings.kannel_password}
        return f"{settings.sms_smsc_url}/?" + urlencode(
            {**account, "from": mo.sender, "to": mo.receiver, "text": mo.text, "coding": "0", "charset": "UTF-8"}
        )
    matched = _KEYWORD.match(mo.text) is not None
    values = {
        **({} if matched else {"unmatched": "1"}),
        "from": mo.sender,
        "to": mo.receiver,
        "text": re.sub(r"\s+", " ", mo.text).strip(),
        "raw": mo.text,
        "smsc": "STANDIN",
        "id": mo.id,
        "ts": str(mo.at),
        "coding": "0",
        "charset": "UTF-8",
        "udh": "",
        "token": settings.sms_mo_token,
    }
    return f"{settings.sms_mo_url}?" + "&".join(f"{name}={quote_plus(value)}" for name, value in values.items())


class Courier:
    """Hands every owed MO and every report of delivery on, and retries until they are answered with 200 or 202."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._client = httpx.AsyncClient(timeout=5, trust_env=False)

    def start(self) -> None:
        """Deliver MOs that an earlier run still owed, and those recorded since."""
        for owed in tuple(self._world.owed.values()):
            if owed.id not in self._tasks:
                self._tasks[owed.id] = task = asyncio.create_task(self._deliver(owed))
                task.add_done_callback(lambda _, owed_id=owed.id: self._tasks.pop(owed_id, None))  # type: ignore[misc]

    async def stop(self) -> None:
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    def report(self, url: str, *, arrived: bool) -> None:
        """Say at ``url`` whether an SMS arrived: `%d` stands for it there. A report that is owed at a stop is lost."""
        name = str(uuid.uuid4())
        self._tasks[name] = task = asyncio.create_task(
            self._hand_on(url.replace("%d", "1" if arrived else "2"), _REPORTS)
        )
        task.add_done_callback(lambda _: self._tasks.pop(name, None))

    async def _deliver(self, owed: Mo) -> None:
        if await self._hand_on(mo_url(owed, self._settings), _TRIES):
            self._world.record(Taken(id=owed.id))

    async def _hand_on(self, url: str, tries: int) -> bool:
        for _ in range(tries):
            if await self._taken(url):
                return True
            await asyncio.sleep(float(self._settings.mo_retry_s))
        return False

    async def _taken(self, url: str) -> bool:
        async with self._free:
            with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL):
                answer = await self._client.get(url)
                return answer.status_code in (200, 202) and not answer.text.startswith("Unknown DLR")
        return False


def _plain(status: int, text: str) -> Response[Any]:
    return Response(text, status_code=status, media_type=MediaType.TEXT)


def _whole(values: Mapping[str, str], parts: dict[tuple[str, int], dict[int, bytes]]) -> str | None:
    """Return the text of an SMS once all its parts are here, None before. Kannel numbers parts in the header (3GPP TS
    23.040, 9.2.3.24.1). Each letter in ``values`` stands for a byte."""
    text, header = values.get("text", "").encode("latin-1"), values.get("udh", "").encode("latin-1")
    if header.startswith(b"\x05\x00\x03"):
        reference, of, number = header[3:6]
        known = parts.setdefault((values["to"], reference), {})
        known[number] = text
        if len(known) < of:
            return None
        del parts[values["to"], reference]
        text = b"".join(known[each] for each in sorted(known))
    charset = values.get("charset", "UTF-8")
    return text.decode("utf-16-be" if charset == "UTF-16BE" else "utf-8", errors="replace")


def _as_transmitted(text: str, coding: str) -> str:
    if coding == "2":
        return text
    # A letter that the 7-bit alphabet lacks leaves the gateway as one question mark per byte.
    return "".join(letter if letter in _GSM else "?" * len(letter.encode()) for letter in text)


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())


@get("/cgi-bin/sendsms")
async def sendsms(
    request: Request[Any, Any, Any], world: World, settings: Settings, courier: Courier, faults: Faults
) -> Response[Any]:
    """Accept Kannel's send call; 202 is the gateway's promise to send. Of a text in parts, each is reported on."""
    values = dict(parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True, encoding="latin-1"))
    known = _same(values.get("username", ""), settings.kannel_username)
    if not (known and _same(values.get("password", ""), settings.kannel_password)):
        return _plain(403, "Authorization failed for sendsms")
    receiver = values.get("to", "").strip()
    if not receiver:
        return _plain(400, "Empty receiver number not allowed, rejected")
    if not re.fullmatch(r"\+?[0-9]+", receiver):
        return _plain(400, "Garbage 'to' field, rejected.")
    arrived = not faults.take("sms", "undelivered")
    if (text := _whole(values, world.sms_parts)) is not None and arrived:
        world.record(world.tell("sms", receiver, _as_transmitted(text, values.get("coding", "0"))))
    if "dlr-url" in values:
        courier.report(values["dlr-url"], arrived=arrived)
    return _plain(202, "0: Accepted for delivery")


async def citizen_values(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Read the values of a citizen's form or of a JSON object. Raises: ValueError if the JSON is not an object."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return {name: str(value) for name, value in (await request.form()).items()}
    body = await request.json()
    if not isinstance(body, dict):
        raise ValueError("a JSON object is expected")
    return {str(name): str(value) for name, value in body.items() if value is not None}


def done(values: Mapping[str, str], made_id: str) -> Response[Any]:
    """Answer a program with the id; send a person at the form back to the page."""
    return Redirect("/", status_code=303) if "back" in values else Response({"id": made_id}, status_code=201)


@post("/sms/send-mo")
async def send_mo(request: Request[Any, Any, Any], world: World, courier: Courier) -> Response[Any]:
    """Send a citizen's SMS: `from`, `text`, and for tests of duplicates `id`."""
    values = await citizen_values(request)
    if not values.get("from", "").strip() or not values.get("text", "").strip():
        return Response({"error": "from and text are needed"}, status_code=400)
    mo = Mo(
        id=values.get("id") or str(uuid.uuid4()),
        sender=international(values["from"].strip()),
        receiver=values.get("to") or SHORT_CODE,
        text=values["text"].replace("\r\n", "\n"),
        at=int(time.time()),
    )
    world.record(mo, Said(channel="sms", by=mo.sender, text=mo.text, at=now()))
    courier.start()
    return done(values, mo.id)


router = Router("/", route_handlers=[sendsms, send_mo])
