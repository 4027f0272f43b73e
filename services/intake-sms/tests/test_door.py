from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import asyncpg
import httpx
import pytest

from chassis.http_server import WebServer
from intake.reports import Report, ReportState
from intake.submissions import KeyReused, TextProblem
from intake_sms.adapters.door import MAX_REQUEST_BYTES, door
from intake_sms.domain import Mo
from intake_sms.settings import SmsSettings
from lapor.processes.ports import any_free
from testing.fakes import ManualClock
from testing.waiting import finish, within

Settings = Callable[..., SmsSettings]
GOOD = {"from": "081234567890", "to": "1708", "id": "abc", "raw": "SOPPENG jalan rusak", "text": "SOPPENG jalan rusak"}


class Office:
    """Stands behind the door: stores what comes in, or fails as told."""

    def __init__(self, *, taking: Exception | None = None, burying: Exception | None = None) -> None:
        self.taking, self.burying = taking, burying
        self.trouble: dict[str, Exception] = {}  # for single SMS, by id
        self.taken: list[Mo] = []
        self.buried: list[tuple[bytes, str]] = []
        self.noted: list[Report] = []

    async def take(self, mo: Mo) -> None:
        if self.taking:
            raise self.taking
        if mo.id in self.trouble:
            raise self.trouble[mo.id]
        self.taken.append(mo)

    async def note(self, report: Report) -> None:
        self.noted.append(report)

    async def bury(self, door: str, request: bytes, error: Exception) -> None:
        if self.burying:
            raise self.burying
        self.buried.append((request, type(error).__name__))


async def knock(settings: SmsSettings, office: Office, query: dict[str, str] | bytes) -> httpx.Response:
    app = door(settings, office.take, office.bury, office.note)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False)) as http:  # type: ignore[arg-type]
        url = httpx.URL("http://door/sms/kannel/mo", params=query) if isinstance(query, dict) else None
        return await http.get(url or httpx.URL("http://door/sms/kannel/mo", query=query))


def with_token(settings: SmsSettings, **given: str) -> dict[str, str]:
    return {**GOOD, "token": settings.sms_mo_token.get_secret_value(), **given}


async def test_a_stored_sms_is_answered_with_200_and_nothing(make_settings: Settings) -> None:
    settings, office = make_settings(), Office()
    answer = await knock(settings, office, with_token(settings))
    assert (answer.status_code, answer.content) == (200, b"")
    assert [Mo(id="abc", sender="+6281234567890", repliable=True, text="SOPPENG jalan rusak")] == office.taken


async def test_the_token_may_be_the_end_of_the_path(make_settings: Settings) -> None:
    settings, office = make_settings(), Office()
    app = door(settings, office.take, office.bury, office.note)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:  # type: ignore[arg-type]
        right = await http.get(f"/sms/kannel/mo/{settings.sms_mo_token.get_secret_value()}", params=GOOD)
        wrong = await http.get("/sms/kannel/mo/guessed", params=GOOD)

    assert (200, 403) == (right.status_code, wrong.status_code)
    assert 1 == len(office.taken)


@pytest.mark.parametrize("token", ["", "wrong", "a-token-of-the-tes", "ṭoken"])
async def test_a_wrong_token_hears_403_and_nothing(make_settings: Settings, token: str) -> None:
    settings, office = make_settings(), Office()
    answer = await knock(settings, office, with_token(settings, token=token))
    assert (answer.status_code, answer.content) == (403, b"")
    assert not office.taken
    assert not office.buried


async def test_no_token_hears_403_even_if_all_else_is_wrong(make_settings: Settings) -> None:
    office = Office()
    assert (await knock(make_settings(), office, b"%FF&=&id")).status_code == 403
    assert not office.buried


@contextlib.asynccontextmanager
async def knocking(
    settings: SmsSettings, office: Office, clock: ManualClock
) -> AsyncIterator[Callable[..., Awaitable[int]]]:
    """Open one door for the whole block; yield a function that knocks as ``client`` and returns the status."""
    app: Any = door(settings, office.take, office.bury, office.note, clock)

    async def knock(n: int, client: str = "192.0.2.1", **given: str) -> int:
        transport = httpx.ASGITransport(app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
            answer = await http.get("/sms/kannel/mo", params=with_token(settings, id=f"mo-{n}", **given))
        assert answer.content == b""
        assert ("retry-after" in answer.headers) == (answer.status_code in (429, 503))
        return answer.status_code

    yield knock


async def test_wrong_tokens_are_soon_too_many_and_the_right_one_never_is(
    make_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    office, clock = Office(), ManualClock()
    async with knocking(make_settings(), office, clock) as knock:
        wrong = [await knock(n, token=f"guess-{n}") for n in range(50)]
        right = [await knock(n) for n in range(2)]
        other = await knock(3, "192.0.2.2", token="guess")
        clock.now += 60
        later = [await knock(n, token="guess") for n in range(22)]

    assert [403] * 20 + [429] * 30 == wrong
    assert ([200, 200], 403) == (right, other)
    assert [403] * 20 + [429] * 2 == later
    lines = [record for record in caplog.records if record.getMessage() == "mo_not_authentic"]
    assert [1, 51] == [record.__dict__["count"] for record in lines]


async def test_too_many_at_once_are_brought_again_and_none_is_dropped(make_settings: Settings) -> None:
    office, clock = Office(), ManualClock()
    async with knocking(make_settings(sms_takes_per_s=2), office, clock) as knock:
        waiting, rounds = list(range(30)), 0
        while waiting:
            heard = {n: await knock(n) for n in waiting}
            assert set(heard.values()) <= {200, 503}
            waiting = [n for n, status in heard.items() if status == 503]
            clock.now, rounds = clock.now + 1, rounds + 1

    assert rounds == 6
    assert [f"mo-{n}" for n in range(30)] == sorted((mo.id for mo in office.taken), key=lambda each: int(each[3:]))


@pytest.mark.parametrize("strange", [{"charset": "\0"}, {"charset": "rot13"}, {"to": "1709"}])
async def test_unreadable_or_misdirected_sms_is_put_aside_and_not_logged(
    make_settings: Settings, caplog: pytest.LogCaptureFixture, strange: dict[str, str]
) -> None:
    settings, office = make_settings(), Office()
    assert (await knock(settings, office, with_token(settings, **strange))).status_code == 200
    assert ["Unreadable"] == [error for _, error in office.buried]
    assert [] == [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("missing", ["id", "from"])
async def test_an_sms_that_cannot_be_read_is_put_aside_without_the_secret(
    make_settings: Settings, missing: str
) -> None:
    settings, office = make_settings(), Office()
    answer = await knock(settings, office, with_token(settings, **{missing: ""}))
    assert (answer.status_code, answer.content) == (200, b"")
    ((request, error),) = office.buried
    assert error == "Unreadable"
    assert b"jalan" in request
    assert settings.sms_mo_token.get_secret_value().encode() not in request


@pytest.mark.parametrize(
    "refusal", [KeyReused("abc"), TextProblem("too_long", length=10_001, most=10_000), asyncpg.DataError("no")]
)
async def test_sms_that_can_never_be_accepted_is_put_aside(make_settings: Settings, refusal: Exception) -> None:
    settings, office = make_settings(), Office(taking=refusal)
    assert (await knock(settings, office, with_token(settings))).status_code == 200
    assert [type(refusal).__name__] == [error for _, error in office.buried]


async def test_a_request_without_any_parameter_is_put_aside(make_settings: Settings) -> None:
    settings, office = make_settings(), Office()
    token = settings.sms_mo_token.get_secret_value()
    assert (await knock(settings, office, f"token={token}".encode())).status_code == 200
    assert [(b"", "Unreadable")] == office.buried


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/sms/kannel/mo", 405),
        ("HEAD", "/sms/kannel/mo", 405),
        ("GET", "/", 404),
        ("GET", "/sms/kannel/mo/a/b", 404),
    ],
)
async def test_other_methods_and_paths_get_an_empty_refusal(
    make_settings: Settings, method: str, path: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    settings, office = make_settings(), Office()
    app = door(settings, office.take, office.bury, office.note)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:  # type: ignore[arg-type]
        answer = await http.request(method, path, params=with_token(settings))
    assert (status, b"") == (answer.status_code, answer.content)
    assert not office.taken
    assert "not_the_mo_request" in [record.getMessage() for record in caplog.records]


async def test_stray_requests_are_logged_once_a_minute_with_their_count(
    make_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    office, clock = Office(), ManualClock()
    app: Any = door(make_settings(), office.take, office.bury, office.note, clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:
        for _ in range(50):
            await http.get("/elsewhere")
        clock.now += 60
        await http.get("/elsewhere")
    assert [1, 50] == [record.__dict__["count"] for record in caplog.records]


OUTAGES = [OSError("no"), TimeoutError(), asyncpg.ConnectionDoesNotExistError("no"), asyncpg.InterfaceError("closed")]


@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_outage_makes_the_gateway_come_again(make_settings: Settings, outage: Exception) -> None:
    settings, office = make_settings(), Office(taking=outage)
    answer = await knock(settings, office, with_token(settings))
    assert (answer.status_code, answer.content) == (503, b"")
    assert not office.buried


async def test_an_outage_while_putting_aside_makes_the_gateway_come_again(make_settings: Settings) -> None:
    settings, office = make_settings(), Office(burying=OSError("no"))
    assert (await knock(settings, office, with_token(settings, id=""))).status_code == 503


async def test_a_database_that_hangs_is_an_outage(make_settings: Settings) -> None:
    settings, office = make_settings(sms_door_timeout_s=0.05), Office()

    async def hang(mo: Mo) -> None:
        await within(asyncio.Event().wait())

    office.take = hang  # type: ignore[method-assign]
    assert (await knock(settings, office, with_token(settings))).status_code == 503


async def test_bug_while_taking_an_sms_is_logged_and_the_sms_put_aside(
    make_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings, office = make_settings(), Office(taking=RuntimeError("a bug"))
    answer = await knock(settings, office, with_token(settings))
    assert (answer.status_code, answer.content) == (200, b"")
    assert "mo_failed" in [record.getMessage() for record in caplog.records]
    assert ["RuntimeError"] == [error for _, error in office.buried]


async def test_a_bug_while_putting_aside_makes_the_gateway_come_again(make_settings: Settings) -> None:
    settings, office = make_settings(), Office(taking=RuntimeError("a bug"), burying=RuntimeError("another"))
    answer = await knock(settings, office, with_token(settings))
    assert (answer.status_code, answer.content) == (500, b"")


@contextlib.asynccontextmanager
async def open_door(settings: SmsSettings, office: Office) -> AsyncIterator[str]:
    """Open the door on a real socket for the block."""
    port = any_free()
    app = door(settings, office.take, office.bury, office.note)
    serving = asyncio.create_task(WebServer(app, "127.0.0.1", port, max_head_bytes=MAX_REQUEST_BYTES).run())
    try:
        yield f"http://127.0.0.1:{port}/sms/kannel/mo"
    finally:
        serving.cancel()
        await finish(serving)


async def patiently(url: str, query: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=10), trust_env=False) as http:
        return await http.get(url, params=query)


def status(url: str) -> int:
    """Return the status of ``url`` by another client, because httpx can't make such a URL."""
    with urlopen(url, timeout=10) as answer:  # noqa: S310
        return int(answer.status)


async def test_the_longest_sms_there_can_be_gets_through_the_server(make_settings: Settings) -> None:
    settings, office = make_settings(), Office()
    longest = "ᨔ" * (255 * 67)
    async with open_door(settings, office) as url:
        await patiently(url, {})
        query = urlencode(with_token(settings, raw=longest, text=longest))
        assert await asyncio.to_thread(status, f"{url}?{query}") == 200
    assert [mo.text for mo in office.taken] == [longest]


async def test_asking_for_the_head_alone_makes_no_complaint(make_settings: Settings) -> None:
    settings, office = make_settings(), Office()
    async with open_door(settings, office) as url:
        await patiently(url, {})
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.head(url, params=with_token(settings))
    assert answer.status_code == 405
    assert not office.taken


async def test_an_sms_in_hand_is_stored_before_the_server_ends(make_settings: Settings) -> None:
    settings, office = make_settings(), Office()
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(mo: Mo) -> None:
        inside.set()
        await within(go_on.wait())
        office.taken.append(mo)

    office.take = slowly  # type: ignore[method-assign]
    async with open_door(settings, office) as url:
        asking = asyncio.create_task(patiently(url, with_token(settings)))
        await within(inside.wait())
        asyncio.get_running_loop().call_later(0.3, go_on.set)
    assert (await asking).status_code == 200
    assert len(office.taken) == 1


TWILIO = {"sms_dialect": "twilio", "sms_public_url": "https://sms.contoh.id", "sms_send_password": "12345"}


def signed(path: str, form: dict[str, str]) -> str:
    text = f"https://sms.contoh.id{path}" + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(b"12345", text.encode(), "sha1")).decode()


async def ask(app: Any, method: str, path: str, **given: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:
        return await http.request(method, path, **given)


async def test_twilio_hears_a_page_that_says_nothing_and_whoever_can_not_sign_hears_403(
    make_settings: Settings,
) -> None:
    office = Office()
    app = door(make_settings(**TWILIO), office.take, office.bury, office.note)
    form = {"MessageSid": "SM1", "From": "+6281234567890", "To": "1708", "Body": "SOPPENG jalan rusak "}
    header = {"X-Twilio-Signature": signed("/sms/twilio/mo", form)}
    right = await ask(app, "POST", "/sms/twilio/mo", data=form, headers=header)
    wrong = await ask(app, "POST", "/sms/twilio/mo", data={**form, "Body": "x"}, headers=header)

    assert (200, b"<Response/>", "text/xml") == (right.status_code, right.content, right.headers["content-type"][:8])
    assert (403, b"") == (wrong.status_code, wrong.content)
    assert [("twilio", "SM1")] == [(mo.gateway, mo.id) for mo in office.taken]


async def test_twilio_reports_at_the_address_that_it_was_given(make_settings: Settings) -> None:
    office = Office()
    app = door(make_settings(**TWILIO), office.take, office.bury, office.note)
    form, path = {"MessageSid": "SM9", "MessageStatus": "delivered"}, "/sms/twilio/dlr?id=7-0"
    answer = await ask(app, "POST", path, data=form, headers={"X-Twilio-Signature": signed(path, form)})

    assert 200 == answer.status_code
    assert [Report(own_id="7-0", state=ReportState.DELIVERED)] == office.noted


@pytest.mark.parametrize(
    ("dialect", "given", "body"),
    [
        (
            "jasmin",
            {"data": {"id": "a", "from": "081234567890", "to": "1708", "binary": "41", "coding": "0"}},
            b"ACK/Jasmin",
        ),
        ("infobip", {"json": {"results": [{"messageId": "a", "from": "6281234567890", "text": "A"}]}}, b""),
    ],
)
async def test_each_gateway_hears_what_it_takes_for_success(
    make_settings: Settings, dialect: str, given: dict[str, Any], body: bytes
) -> None:
    settings, office = make_settings(sms_dialect=dialect), Office()
    app = door(settings, office.take, office.bury, office.note)
    path = f"/sms/{dialect}/mo/{settings.sms_mo_token.get_secret_value()}"
    answer = await ask(app, "POST", path, **given)

    assert (200, body) == (answer.status_code, answer.content)
    assert [(dialect, "A")] == [(mo.gateway, mo.text) for mo in office.taken]


async def test_unreadable_post_of_a_gateway_is_put_aside_and_answered_with_success(make_settings: Settings) -> None:
    settings, office = make_settings(sms_dialect="infobip"), Office()
    app = door(settings, office.take, office.bury, office.note)
    token = settings.sms_mo_token.get_secret_value()
    answer = await ask(app, "POST", f"/sms/infobip/mo?token={token}", content=b'{"results": 7}')

    assert 200 == answer.status_code
    assert [(b'{"results": 7}', "Unreadable")] == office.buried


def several(*ids: str, **odd: str) -> dict[str, Any]:
    """Make a request of Infobip; SMS in ``odd`` are addressed to the number given there."""
    rows = [{"messageId": each, "from": "6281234567890", "to": odd.get(each, "1708"), "text": each} for each in ids]
    return {"results": rows, "messageCount": len(rows)}


async def bring(settings: SmsSettings, office: Office, what: str, body: dict[str, Any]) -> int:
    """Post ``body`` as Infobip to the door of SMS or of reports; return the status."""
    app = door(settings, office.take, office.bury, office.note)
    token = settings.sms_mo_token.get_secret_value()
    return (await ask(app, "POST", f"/sms/infobip/{what}?token={token}", json=body)).status_code


@pytest.mark.parametrize("odd", ["a", "b", "c"])
async def test_one_that_cannot_be_read_sets_no_other_aside(make_settings: Settings, odd: str) -> None:
    settings, office = make_settings(sms_dialect="infobip"), Office()
    status = await bring(settings, office, "mo", several("a", "b", "c", **{odd: "1709"}))

    assert 200 == status
    assert sorted({"a", "b", "c"} - {odd}) == [mo.id for mo in office.taken]
    ((content, error),) = office.buried
    assert (several(odd, **{odd: "1709"})["results"], "Unreadable") == (json.loads(content)["results"], error)


async def test_one_that_is_no_table_sets_no_other_aside(make_settings: Settings) -> None:
    settings, office = make_settings(sms_dialect="infobip"), Office()
    status = await bring(settings, office, "mo", {"results": [7, *several("a")["results"], None]})

    assert (200, ["a"], 2) == (status, [mo.id for mo in office.taken], len(office.buried))


@pytest.mark.parametrize("refusal", [KeyReused("a"), asyncpg.DataError("no"), RuntimeError("a bug")])
async def test_one_that_cannot_be_taken_sets_no_other_aside(make_settings: Settings, refusal: Exception) -> None:
    settings, office = make_settings(sms_dialect="infobip"), Office()
    office.trouble["a"] = refusal
    status = await bring(settings, office, "mo", several("a", "b"))

    assert (200, ["b"]) == (status, [mo.id for mo in office.taken])
    assert [type(refusal).__name__] == [error for _, error in office.buried]


async def test_batch_comes_again_after_an_outage_and_its_bad_sms_is_put_aside_once(
    make_settings: Settings,
) -> None:
    settings, office = make_settings(sms_dialect="infobip"), Office()
    office.trouble["c"] = OSError("no")
    body = several("a", "b", "c", a="1709")
    first, aside = await bring(settings, office, "mo", body), list(office.buried)
    office.trouble.clear()
    again = await bring(settings, office, "mo", body)

    assert (503, [], 200) == (first, aside, again)
    assert ["b", "b", "c"] == [mo.id for mo in office.taken]
    assert ["Unreadable"] == [error for _, error in office.buried]


async def test_one_report_that_cannot_be_read_sets_no_other_aside(make_settings: Settings) -> None:
    settings, office = make_settings(sms_dialect="infobip"), Office()
    known = {"messageId": "7-0", "status": {"groupName": "DELIVERED"}}
    status = await bring(settings, office, "dlr", {"results": [{"status": known["status"]}, known]})

    assert 200 == status
    assert [Report(own_id="7-0", state=ReportState.DELIVERED)] == office.noted
    assert ["Unreadable"] == [error for _, error in office.buried]


async def test_kannels_door_is_open_beside_the_gateways_for_the_prober(make_settings: Settings) -> None:
    settings, office = make_settings(sms_dialect="jasmin"), Office()
    app = door(settings, office.take, office.bury, office.note)
    answer = await ask(app, "GET", "/sms/kannel/mo", params=with_token(settings))

    assert (200, "kannel") == (answer.status_code, office.taken[0].gateway)
    assert 404 == (await ask(app, "POST", "/sms/infobip/mo")).status_code


async def test_reports_count_not_among_the_sms_of_a_second(make_settings: Settings) -> None:
    settings, office = make_settings(sms_takes_per_s=1), Office()
    app = door(settings, office.take, office.bury, office.note)
    token = settings.sms_mo_token.get_secret_value()
    statuses = {
        (await ask(app, "GET", f"/sms/kannel/dlr?token={token}&id={n}-0&state=8")).status_code for n in range(30)
    }
    refused = await ask(app, "GET", "/sms/kannel/dlr?token=wrong&id=1-0&state=1")

    assert ({200}, 30, 403) == (statuses, len(office.noted), refused.status_code)


async def test_a_report_that_can_not_be_stored_comes_again(make_settings: Settings) -> None:
    settings, office = make_settings(), Office()

    async def away(report: Report) -> None:
        raise OSError("no")

    app = door(settings, office.take, office.bury, away)
    token = settings.sms_mo_token.get_secret_value()

    assert 503 == (await ask(app, "GET", f"/sms/kannel/dlr?token={token}&id=1-0&state=8")).status_code
