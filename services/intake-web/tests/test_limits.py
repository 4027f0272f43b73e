"""Limits on how often one client may send, look up and guess. The tests set the time."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from contracts import ticket
from intake.complaint_view import ComplaintView
from intake_web.domain import pass_for
from intake_web.limits import RATES, Guard, Limited
from testing.fakes import ManualClock

SECRET = {"Access-Secret": "k9Qw2mZx8Lr4Tn6Y"}
HOUR = 3600.0
#: The numbers per complaint, if one channel has 100,000 complaints.
NUMBERS_EACH = 32**7 / 100_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def site(
    fake: Any, clock: ManualClock, client_on: Callable[..., httpx.AsyncClient]
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app behind a proxy; :func:`whose` names the client."""
    async with client_on(fake, Guard(20, clock), "127.0.0.1/32") as client:
        yield client


def whose(n: int) -> dict[str, str]:
    """Return the headers of client number ``n``."""
    return {"X-Forwarded-For": f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"}


_keys = itertools.count()


def test_a_home_has_eight_times_what_one_network_in_it_has(clock: ManualClock) -> None:
    guard, sent = Guard(1_000, clock), Counter[str]()
    for n in range(256):
        for _ in range(RATES["additions"].burst):
            with contextlib.suppress(Limited), guard.addition(f"2001:db8:0:12{n:02x}::/64") as bill:
                bill.owes = True
                sent["home"] += 1
    with guard.addition("2001:db8:0:1300::/64"), guard.addition("10.0.0.1"):
        sent["others"] += 1

    assert {"home": 8 * RATES["additions"].burst, "others": 1} == sent


async def complain(site: httpx.AsyncClient, n: int = 1, key: str = "", **body: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key or f"k{next(_keys)}", **SECRET, **whose(n)}
    return await site.post("/v1/complaints", json={"text": "Lampu jalan padam", **body}, headers=headers)


async def statuses(answers: Any) -> Counter[int]:
    return Counter([(await answer).status_code for answer in answers])


def limited() -> float:
    return REGISTRY.get_sample_value("lapor_intake_requests_total", {"channel": "web", "result": "limited"}) or 0.0


async def test_an_address_sends_a_burst_and_then_one_a_minute(site: httpx.AsyncClient, clock: ManualClock) -> None:
    before = limited()
    burst = await statuses(complain(site) for _ in range(35))
    refused, other = await complain(site), await complain(site, n=2)
    clock.now += 60
    later = await statuses(complain(site) for _ in range(2))

    assert {202: 30, 429: 5} == burst
    assert (429, "application/problem+json", "60") == (
        refused.status_code,
        refused.headers["content-type"],
        refused.headers["retry-after"],
    )
    assert "BELUM kami terima" in refused.json()["detail"]
    assert other.status_code == 202
    assert {202: 1, 429: 1} == later
    assert limited() - before == 7


async def test_a_repeated_request_costs_nothing_and_the_key_of_a_refused_one_works_later(
    site: httpx.AsyncClient, clock: ManualClock, fake: Any
) -> None:
    repeated = await statuses(complain(site, key="same") for _ in range(40))
    await statuses(complain(site) for _ in range(29))
    refused = await complain(site, key="refused")
    clock.now += int(refused.headers["retry-after"])
    taken = await complain(site, key="refused")

    assert {202: 40} == repeated
    assert (429, 202) == (refused.status_code, taken.status_code)
    assert len(fake.taken) == 31


async def test_failed_complaint_uses_no_allowance_during_a_database_outage(site: httpx.AsyncClient, fake: Any) -> None:
    fake.down = True
    down = await statuses(complain(site) for _ in range(40))
    fake.down = False

    assert {503: 40} == down
    assert (await complain(site)).status_code == 202


@pytest.mark.parametrize(
    "ways",
    [
        [{"phone": "0812 3456 7890"}, {"phone": "+62 812-3456-7890"}],
        [{"email": "Budi@contoh.id"}, {"email": "budi@contoh.id"}],
    ],
)
async def test_a_contact_is_counted_from_wherever_and_however_it_is_written(
    site: httpx.AsyncClient, ways: list[dict[str, str]]
) -> None:
    said = await statuses(complain(site, n=n, **ways[n % 2]) for n in range(12))

    assert {202: 10, 429: 2} == said


async def test_all_together_send_so_many_a_second(site: httpx.AsyncClient, clock: ManualClock) -> None:
    burst = await statuses(complain(site, n=n) for n in range(210))
    clock.now += 1
    later = await statuses(complain(site, n=1_000 + n) for n in range(25))

    assert {202: 200, 429: 10} == burst
    assert {202: 20, 429: 5} == later


async def test_a_form_that_is_refused_keeps_all_that_was_typed(site: httpx.AsyncClient) -> None:
    await statuses(complain(site) for _ in range(30))
    typed = {"text": "Jembatan di Citta retak", "name": "Sitti", "key": "a-key", "secret": SECRET["Access-Secret"]}

    answer = await site.post("/", data=typed, headers=whose(1))

    assert (429, "60") == (answer.status_code, answer.headers["retry-after"])
    for value in (*typed.values(), "Sedang terlalu banyak kiriman", "1 menit lagi"):
        assert value in answer.text


async def test_additions_are_counted_for_themselves(site: httpx.AsyncClient) -> None:
    number = (await complain(site)).json()["ticket"]

    async def add() -> httpx.Response:
        headers = {"Idempotency-Key": f"k{next(_keys)}", **SECRET, **whose(1)}
        body = {"kind": "addition", "text": "Masih padam"}
        return await site.post(f"/v1/complaints/{number}/follow-ups", json=body, headers=headers)

    assert {202: 30, 429: 3} == await statuses(add() for _ in range(33))
    assert (await complain(site)).status_code == 202


def guesses(count: int) -> list[str]:
    """Make well-formed numbers that belong to no complaint."""
    return [ticket.mint("web") for _ in range(count)]


@pytest.mark.parametrize("path", ["/v1/complaints/{}", "/laporan/{}", "/laporan/{}/tambahan"])
async def test_guessing_soon_gets_the_same_answer_for_hits_and_misses(
    site: httpx.AsyncClient, clock: ManualClock, fake: Any, path: str
) -> None:
    number = (await complain(site, n=2)).json()["ticket"]
    before = limited()

    said = await statuses(site.get(path.format(guess), headers=whose(1)) for guess in guesses(15))
    [guess] = guesses(1)
    hit, miss = [await site.get(path.format(each), headers=whose(1)) for each in (number, guess)]
    other = await site.get(path.format(number), headers=whose(2))
    clock.now += 120
    again = await site.get(path.format(number), headers=whose(1))

    assert {404: 10, 429: 5} == said
    assert (hit.status_code, hit.text, "120") == (429, miss.text.replace(guess, number), hit.headers["retry-after"])
    assert (200, 200) == (other.status_code, again.status_code)
    assert limited() - before == 7


async def test_hits_and_mistyped_numbers_cost_nothing(site: httpx.AsyncClient, fake: Any) -> None:
    number = (await complain(site)).json()["ticket"]
    wrong = number[:-1] + ("A" if number[-1] != "A" else "B")

    assert {200: 100} == await statuses(site.get(f"/v1/complaints/{number}", headers=whose(1)) for _ in range(100))
    assert {404: 100} == await statuses(site.get(f"/v1/complaints/{wrong}", headers=whose(1)) for _ in range(100))
    assert {404: 10, 429: 1} == await statuses(
        site.get(f"/v1/complaints/{guess}", headers=whose(1)) for guess in guesses(11)
    )


async def test_the_browser_that_sent_a_complaint_sees_it_also_where_others_guess(
    site: httpx.AsyncClient, make_settings: Any
) -> None:
    number = (await complain(site, n=2)).json()["ticket"]
    await statuses(site.get(f"/laporan/{guess}", headers=whose(1)) for guess in guesses(15))
    cookie = {"Cookie": f"akses={pass_for(make_settings().installation_namespace, number)}"}

    assert (await site.get(f"/laporan/{number}", headers={**whose(1), **cookie})).status_code == 200
    assert (await site.get(f"/laporan/{number}", headers=whose(1))).status_code == 429


async def test_when_all_guess_who_lately_missed_is_refused_and_nobody_else(
    site: httpx.AsyncClient, clock: ManualClock, fake: Any
) -> None:
    number = (await complain(site, n=5_000)).json()["ticket"]
    guessed = await statuses(
        site.get(f"/v1/complaints/{guess}", headers=whose(n % 100)) for n, guess in enumerate(guesses(600))
    )
    one = whose(6_000)
    first, second = [await site.get(f"/v1/complaints/{guess}", headers=one) for guess in guesses(2)]
    honest = await site.get(f"/v1/complaints/{number}", headers=whose(5_000))

    assert {404: 600} == guessed
    assert (404, 429, "3600") == (first.status_code, second.status_code, second.headers["retry-after"])
    assert honest.status_code == 200


def guessing(clients: int, hours: float) -> int:
    """Count the guesses that are answered if so many clients guess whenever they may."""
    clock = ManualClock()
    guard, answered, end = Guard(20, clock), 0, clock.now + hours * HOUR
    tries = [(clock.now, f"client {n}") for n in range(clients)]
    while tries[0][0] < end:
        clock.now, client = heapq.heappop(tries)
        try:
            guard.may_look(client)
        except Limited as error:
            heapq.heappush(tries, (clock.now + error.wait_s + 0.001, client))
        else:
            guard.missed(client)
            answered += 1
            heapq.heappush(tries, (clock.now, client))
    return answered


def test_guessing_takes_one_address_more_than_a_year_for_a_hit() -> None:
    hours = 24 * 7
    answered = guessing(1, hours)

    assert answered <= RATES["misses"].burst + RATES["misses"].per_hour * hours + 1
    assert NUMBERS_EACH / (answered / hours) > 24 * 365


def test_guessing_takes_a_thousand_addresses_a_week_for_a_hit() -> None:
    answered = guessing(1_000, 24)

    assert answered <= 600 + 24 * (600 + 1_000) + 1_000
    assert NUMBERS_EACH / (answered / 24) > 24 * 7


async def test_pieces_of_uploads_are_counted_by_the_client(
    fake: Any, clock: ManualClock, client_on: Callable[..., httpx.AsyncClient]
) -> None:
    guard = Guard(20, clock)
    for _ in range(RATES["pieces"].burst):
        guard.may_append("10.0.0.1")
    headers = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    async with client_on(fake, guard, "127.0.0.1/32") as client:
        answer = await client.patch("/v1/uploads/x", content=b"x", headers=headers | whose(1))

    assert (429, "1") == (answer.status_code, answer.headers["retry-after"])
    guard.may_append("10.0.0.2")


def test_guesses_at_the_same_moment_are_paid_for_afterwards(clock: ManualClock) -> None:
    guard = Guard(20, clock)
    for _ in range(64):
        guard.may_look("a")
    for _ in range(64):
        guard.missed("a")
    clock.now += HOUR

    with pytest.raises(Limited) as error:
        guard.may_look("a")
    assert error.value.wait_s == (64 - 10 + 1) * 120 - HOUR


async def test_wrong_codes_are_limited_per_address_and_the_right_code_always_opens(
    site: httpx.AsyncClient, clock: ManualClock, make_settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    number, beside = [(await complain(site, n=2)).json()["ticket"] for _ in range(2)]

    async def add(secret: str, n: int = 1, to: str = number) -> httpx.Response:
        headers = {"Idempotency-Key": f"k{next(_keys)}", "Access-Secret": secret, **whose(n)}
        body = {"kind": "addition", "text": "Masih padam"}
        return await site.post(f"/v1/complaints/{to}/follow-ups", json=body, headers=headers)

    right = SECRET["Access-Secret"]
    tried = await statuses(add(f"guess-of-a-secret-{n}") for n in range(12))
    same, elsewhere, besides = await add(right), await add(right, n=2), await add(right, to=beside)
    still = await add("guess-of-a-secret-x")
    cookie = {"Cookie": f"akses={pass_for(make_settings().installation_namespace, number)}", **whose(1)}
    form = {"key": "f1", "kind": "addition", "text": "Masih padam"}
    browser = await site.post(f"/laporan/{number}/tambahan", data=form, headers=cookie)
    page = await site.post(f"/laporan/{number}/tambahan", data={**form, "secret": right}, headers=whose(1))
    clock.now += 360
    later = await add("guess-of-a-secret-y")

    assert {404: 10, 429: 2} == tried
    assert {202, 303} == {a.status_code for a in (same, elsewhere, besides, browser, page)}
    assert (429, 404) == (still.status_code, later.status_code)
    said = [str(record.__dict__) for record in caplog.records if record.name.startswith("intake_web")]
    assert said
    assert not any("guess-of" in line or right in line or "10.0.0.1" in line for line in said)


async def test_the_button_has_its_own_bound_and_takes_nothing_from_what_is_added(
    fake: Any, clock: ManualClock, client_on: Callable[..., httpx.AsyncClient]
) -> None:
    guard = Guard(20, clock)
    for _ in range(RATES["supports"].burst):
        with guard.support("10.0.0.1") as bill:
            bill.owes = True
    with pytest.raises(Limited), guard.support("10.0.0.1"):
        pass
    with guard.addition("10.0.0.1"), guard.support("10.0.0.2"):
        pass


async def test_guessing_from_many_addresses_locks_nobody_out(site: httpx.AsyncClient) -> None:
    number = (await complain(site, n=2)).json()["ticket"]

    async def add(secret: str, n: int) -> httpx.Response:
        headers = {"Idempotency-Key": f"k{next(_keys)}", "Access-Secret": secret, **whose(n)}
        return await site.post(f"/v1/complaints/{number}/follow-ups", json={"kind": "reopen"}, headers=headers)

    assert {404: 105} == await statuses(add("x" * 20, n) for n in range(105))
    assert (await add(SECRET["Access-Secret"], 999)).status_code == 202


async def test_only_our_proxies_say_who_asks_and_one_that_is_missing_is_named(
    fake: Any, clock: ManualClock, client_on: Callable[..., httpx.AsyncClient], caplog: pytest.LogCaptureFixture
) -> None:
    fake.stories["SPG-W0AB-12CDS"] = ComplaintView(ticket="SPG-W0AB-12CDS")
    async with client_on(fake, Guard(20, clock)) as site:
        said = await statuses(
            site.get(f"/v1/complaints/{guess}", headers=whose(n)) for n, guess in enumerate(guesses(12))
        )

    assert {404: 10, 429: 2} == said
    assert ["WEB_TRUSTED_PROXIES"] == [r.__dict__["mend"] for r in caplog.records if "mend" in r.__dict__]
