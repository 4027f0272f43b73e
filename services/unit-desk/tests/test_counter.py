"""The counter: a citizen's complaint is checked, sent once, kept while the website is away, and receipted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from desk_office import URL, LogIn, hidden

from chassis.database import Pool
from unit_desk import counter
from unit_desk.adapters import accounts
from unit_desk.adapters import counter as kept
from unit_desk.adapters.intake import HeldUp, Intake, Taken, Wrong, intake_of
from unit_desk.adapters.proofs import Photos
from unit_desk.app import build_app
from unit_desk.courier import Courier
from unit_desk.handlers.counter import deliver
from unit_desk.handlers.visit import Desk
from unit_desk.rules import Rules
from unit_desk.settings import DeskSettings

PAROTO = "73.12.03.2012"
TYPED = {
    "way": "surat", "text": "Pipa air bocor di depan masjid", "village": PAROTO, "date": "2026-11-21",
    "name": "Hj. Sitti", "phone": "0812 3456 7890",
}  # fmt: skip
TICKET, CODE = "SPG-WTAP-9SBQ2", "K7M2-9QXD-4T0W-VB3H"


class Api:
    """The website's API, which takes each key once; ``answers`` are given first, and ``asked`` are the requests."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response | Exception] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.taken: dict[str, dict[str, Any]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        key, body = request.headers["idempotency-key"], json.loads(request.content)
        self.asked.append((key, body))
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        self.taken.setdefault(key, body)
        told = ["sms"] if "phone" in body else []
        return httpx.Response(202, json={**receipt(), "told_by": told, "received_at": "2026-11-28T01:00:00Z"})


def receipt() -> dict[str, Any]:
    page = f"https://lapor.example/laporan/{TICKET}"
    return {"ticket": TICKET, "access_code": CODE, "tracking_url": page, "told_by": ["sms"]}


def problem(status: int, detail: str, **errors: str) -> httpx.Response:
    listed = [{"field": name, "detail": said} for name, said in errors.items()]
    return httpx.Response(
        status, json={"type": "x", "title": "x", "status": status, "detail": detail, "errors": listed}
    )


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def gateway() -> str:
    """The address where SMS are sent."""
    return "http://127.0.0.1:9/cgi-bin/sendsms"


@pytest.fixture
def desk(
    pool: Pool, rules: Rules, make_settings: Callable[..., DeskSettings], api: Api, photos: Photos, gateway: str
) -> Desk:
    intake = Intake("https://lapor.example", "lapor_key", httpx.MockTransport(api))
    settings = make_settings(kannel_send_url=gateway, kannel_username="lapor", kannel_password="kannel-password")
    courier = Courier(pool=pool, key=settings.key)
    desk = Desk(pool=pool, settings=settings, rules=rules, wake=lambda: None, courier=courier, photos=photos)
    return replace(desk, intake=intake)


async def type_in(web: httpx.AsyncClient, step: str = "kirim", **typed: str) -> httpx.Response:
    """Fill in a new form, and press the button ``step``."""
    return await web.post("/loket", data={**hidden(await web.get("/loket")), **typed, "step": step})


def test_counter_entry_is_sent_with_the_fields_of_the_website(rules: Rules) -> None:
    body = counter.body_of(counter.read({**TYPED, "rahasia": "1", "step": "kirim", "key": "x"}), rules.texts)

    assert {
        "text": TYPED["text"], "place": "Desa Paroto, Kecamatan Lilirilau", "occurred": "Sabtu 21 November 2026",
        "name": "Hj. Sitti", "phone": "0812 3456 7890", "rahasia": True, "channel": "loket",
    } == body  # fmt: skip


def test_anonymous_complaint_sends_no_name_and_no_contact(rules: Rules) -> None:
    body = counter.body_of(counter.read({**TYPED, "anonim": "1"}), rules.texts)

    assert {"anonim"} == body.keys() & {"name", "phone", "email", "anonim"}


def test_missing_fields_are_named(rules: Rules) -> None:
    assert {"way", "text"} == counter.missing({}).keys()
    assert {"text"} == counter.missing(counter.read({"way": "surat", "text": "a" * 10_002})).keys()
    assert {} == counter.missing(TYPED)
    assert counter.lacks_place({"text": "Jalan berlubang besar"}, rules.texts)
    assert not counter.lacks_place(TYPED, rules.texts)


def test_the_same_words_are_the_same_form(rules: Rules) -> None:
    turned = dict(reversed(TYPED.items()))

    assert counter.digest(TYPED) == counter.digest(turned)
    assert counter.digest(TYPED) != counter.digest({**TYPED, "name": "Hj. Siti"})
    assert TYPED == counter.unpacked(counter.packed(TYPED))


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (httpx.Response(202, json=receipt()), Taken(**receipt())),
        (problem(400, "Perbaiki", phone="Nomornya"), Wrong(problems={"phone": "Nomornya"})),
        (problem(422, "Kuncinya sudah dipakai"), Wrong(problems={"form": "Kuncinya sudah dipakai"})),
        (problem(401, "Kunci"), HeldUp.KEY),
        (problem(403, "Kunci"), HeldUp.KEY),
        (problem(429, "Sering"), HeldUp.OFTEN),
        (problem(503, "Gangguan"), HeldUp.AWAY),
        (httpx.Response(302, headers={"Location": "https://elsewhere.example"}), HeldUp.AWAY),
        (httpx.Response(202, content=b"<html>"), HeldUp.AWAY),
        (httpx.Response(202, json={"ticket": TICKET}), HeldUp.AWAY),
        (httpx.ReadTimeout("late"), HeldUp.AWAY),
        (httpx.ConnectError("away"), HeldUp.AWAY),
    ],
    ids=["taken", "field", "reused", "unknown", "no right", "often", "503", "302", "html", "half", "late", "away"],
)
async def test_intake_answer_is_read_as_taken_wrong_or_held_up(api: Api, answer: Any, read: Any) -> None:
    api.answers = [answer]

    assert read == await Intake("https://lapor.example", "k", httpx.MockTransport(api)).send("key", {"text": "x"})


def test_without_address_or_key_there_is_no_counter(make_settings: Callable[..., DeskSettings]) -> None:
    both = {"desk_counter_url": "https://lapor.example/", "desk_counter_key": "lapor_key"}

    assert intake_of(make_settings(**both)) is not None
    assert [None] * 3 == [
        intake_of(make_settings(**{**both, **less}))
        for less in ({"desk_counter_url": ""}, {"desk_counter_key": ""}, dict.fromkeys(both, ""))
    ]


pytestmark = pytest.mark.connected


async def test_it_is_checked_sent_and_receipted_and_the_audit_has_who_typed_it(
    log_in: LogIn, api: Api, pool: Pool
) -> None:
    web = await log_in(name="Rahma")
    checked = await type_in(web, "periksa", **TYPED)
    taken_then = len(api.asked)
    sent = await web.post("/loket", data={**hidden(checked), "step": "kirim"})
    printed = await web.get(sent.headers["location"])

    assert (200, 0, 303) == (checked.status_code, taken_then, sent.status_code)
    assert "Desa Paroto, Kecamatan Lilirilau" in checked.text
    for said in (
        TICKET,
        CODE,
        "lapor.example",
        f'1708: SOPPENG STATUS <b class="whole">{TICKET}</b>',
        "kabarkan lewat SMS",
        "qr-code",
    ):
        assert said in printed.text
    audit = await pool.fetchrow(
        "SELECT p.name, a.about, a.unit FROM audit a JOIN people p ON p.id = a.person WHERE ticket = $1", TICKET
    )
    assert ("Rahma", "surat", "PUPR") == tuple(audit)
    assert TICKET in (await web.get("/loket")).text


@pytest.mark.parametrize("gateway", [""])
async def test_a_receipt_names_no_number_for_sms_where_there_is_no_gateway(log_in: LogIn) -> None:
    web = await log_in()
    sent = await type_in(web, **TYPED)
    printed = await web.get(sent.headers["location"])

    assert (True, False) == (CODE in printed.text, "SOPPENG STATUS" in printed.text)


async def test_two_presses_and_a_page_gone_back_to_are_one_complaint(log_in: LogIn, api: Api, pool: Pool) -> None:
    web = await log_in()
    checked = hidden(await type_in(web, "periksa", **TYPED))

    twice = [await web.post("/loket", data={**checked, "step": "kirim"}) for _ in range(2)]
    changed = await web.post("/loket", data={**checked, "text": "Pipa air bocor sekali", "step": "kirim"})

    assert 1 == len({each.headers["location"] for each in twice})
    assert (422, 1, 1) == (changed.status_code, len(api.asked), len(api.taken))
    assert f"sudah dikirim sebelum diubah, sebagai {TICKET}" in changed.text
    assert hidden(changed)["key"] != checked["key"]
    assert "Pipa air bocor sekali" in changed.text
    assert 1 == await pool.fetchval("SELECT count(*) FROM audit WHERE ticket = $1", TICKET)


async def test_while_the_website_is_away_the_words_are_kept_and_go_later_as_one_complaint(
    log_in: LogIn, desk: Desk, api: Api, pool: Pool
) -> None:
    web = await log_in()
    api.answers = [httpx.ReadTimeout("it may have it"), httpx.ConnectError("away")]
    sent = await type_in(web, **TYPED)
    waits = await web.get(sent.headers["location"])
    await web.post(sent.headers["location"])
    before = await kept.waiting(pool, timedelta())

    for key in before:
        await deliver(desk, key)
    after = await web.get(sent.headers["location"])

    assert (303, 200) == (sent.status_code, waits.status_code)
    assert "Situs warga sedang tidak dapat dihubungi." in waits.text
    assert TYPED["text"] in waits.text
    assert (1, []) == (len(before), await kept.waiting(pool, timedelta()))
    assert TICKET in after.text
    assert (3, 1, 1) == (len(api.asked), len({repr(each) for each in api.asked}), len(api.taken))


async def test_once_it_is_taken_no_word_stays_and_after_a_day_no_code(log_in: LogIn, pool: Pool) -> None:
    sent = await type_in(await log_in(), **TYPED)
    row = await pool.fetchrow("SELECT * FROM counter")
    await pool.execute("UPDATE counter SET taken_at = taken_at - interval '25 hours'")
    await kept.sweep(pool)

    assert (303, None) == (sent.status_code, row["typed"])
    assert "Sitti" not in str(dict(row))
    assert 0 == await pool.fetchval("SELECT count(*) FROM counter")


async def test_problem_found_by_the_intake_is_corrected_in_the_same_form(log_in: LogIn, api: Api) -> None:
    web = await log_in()
    api.answers = [problem(400, "Perbaiki", phone="Nomor HP ini tidak dapat dikirimi SMS.")]
    sent = await type_in(web, **{**TYPED, "phone": "12345678"})
    mend = await web.get(sent.headers["location"])
    again = await web.post("/loket", data={**TYPED, **hidden(mend), "step": "kirim"})

    assert (422, 303) == (mend.status_code, again.status_code)
    assert "Nomor HP ini tidak dapat dikirimi SMS." in mend.text
    assert TYPED["text"] in mend.text
    assert TICKET in (await web.get(again.headers["location"])).text
    assert ["0812 3456 7890"] == [each["phone"] for each in api.taken.values()]


async def test_danger_stops_first_and_then_it_is_checked(log_in: LogIn, api: Api) -> None:
    web = await log_in()
    typed = {**TYPED, "text": "Rumah tetangga kebakaran, masih ada orang di dalam"}
    stopped = await type_in(web, **typed)
    onward = await web.post("/loket", data={**hidden(stopped), "step": "periksa"})
    sent = await web.post("/loket", data={**hidden(onward), "step": "kirim"})

    assert 'href="tel:113"' in stopped.text
    assert ("Periksa sebelum dikirim" in onward.text, 303, 1) == (True, sent.status_code, len(api.taken))


async def test_a_receipt_is_its_clerks_alone_and_who_only_watches_takes_nothing(log_in: LogIn) -> None:
    sent = await type_in(await log_in(), **TYPED)
    other, watching = await log_in(name="Sitti"), await log_in(unit="DISKOMINFO", role="pemantau")

    assert [404, 404] == [
        (await other.get(sent.headers["location"])).status_code,
        (await other.post(sent.headers["location"])).status_code,
    ]
    assert 403 == (await watching.get("/loket")).status_code
    assert (">Loket<" in (await watching.get("/")).text) is False


async def test_a_refused_key_is_said_and_nothing_is_lost(log_in: LogIn, api: Api, pool: Pool) -> None:
    web = await log_in()
    api.answers = [problem(403, "Kunci ini tidak boleh")]
    sent = await type_in(web, **TYPED)

    assert "menolak kunci loket ini" in (await web.get(sent.headers["location"])).text
    assert 1 == len(await kept.waiting(pool, timedelta()))


async def test_without_its_settings_the_page_says_what_is_missing(desk: Desk, somebody: Any) -> None:
    bare: Any = build_app(replace(desk, intake=None))
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bare), base_url=URL, headers=headers) as web:
        web.cookies.set(desk.cookie_name, await accounts.begin(desk.pool, (await somebody()).id))
        page = await web.get("/loket")
        sent = await web.post("/loket", data={**TYPED, "step": "kirim"})

    assert "DESK_COUNTER_KEY" in page.text
    assert (200, True) == (sent.status_code, TYPED["text"] in sent.text)


async def test_a_form_without_a_key_that_can_be_read_gets_one(log_in: LogIn) -> None:
    web = await log_in()

    sent = await web.post("/loket", data={**TYPED, "key": "none", "step": "kirim"})

    assert UUID(sent.headers["location"].rpartition("/")[2])
