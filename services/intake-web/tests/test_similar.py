"""A reporter sees similar complaints first, and may support one instead; nobody is held up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from listed_views import NOW, number, tell, view

from chassis.database import Pool
from contracts.vocabulary import Status
from intake.texts import Texts
from intake_web.limits import RATES
from intake_web.listing import Listing, listing
from intake_web.similar import LATELY_DAYS, MOST, Sought, category_of, sought
from kabupaten.subjects import subjects_of

REGION = Path(__file__).parents[3] / "region" / "soppeng"
HOLE = "Jalan berlubang besar di Kelurahan Bila, Kecamatan Lalabata, motor sering jatuh"
FIRE = "Tolong, rumah tetangga terbakar di Kelurahan Bila, Kecamatan Lalabata"
IN_BILA = Sought(category="x", kecamatan="Lalabata", desa="Bila")
Tell = Callable[..., Any]


@pytest.fixture(name="tell")
def _tell(pool: Pool, texts: Texts) -> Tell:
    return partial(tell, pool, texts)


def a_listing(texts: Texts, n: int = 1, **facts: Any) -> Listing:
    found = listing(view(n, **facts), texts.zone)
    assert found is not None
    return found


async def hints(web: httpx.AsyncClient, text: str = HOLE, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await web.post("/v1/hints", json={"text": text, **more})).json()
    return answer


async def similar(web: httpx.AsyncClient, text: str = HOLE, **more: Any) -> list[str]:
    return [row["ticket"] for row in (await hints(web, text, **more))["similar"]]


# ---- The search


@pytest.mark.parametrize(
    ("text", "place", "is_sought"),
    [
        ("jalan berlubang di Kelurahan Bila", None, IN_BILA),
        ("jalan berlubang", "Kelurahan Bila, Kecamatan Lalabata", IN_BILA),
        ("jalan berlubang", "Kecamatan Liliriaja", Sought(category="x", kecamatan="Liliriaja", desa=None)),
        ("jalan berlubang", None, None),
        ("jalan berlubang di Makassar", None, None),
        (FIRE, None, None),
    ],
    ids=["named", "chosen", "kecamatan", "nowhere", "elsewhere", "danger"],
)  # fmt: skip
def test_the_same_is_sought_where_it_is_clear_what_and_where_it_is(
    texts: Texts, text: str, place: str | None, is_sought: Sought | None
) -> None:
    assert is_sought == sought(text, place, "x", texts)


def test_the_place_that_was_chosen_counts_before_one_that_is_mentioned(texts: Texts) -> None:
    found = sought("jalan berlubang, saya orang Cabenge", "Kelurahan Bila, Kecamatan Lalabata", "x", texts)

    assert found is not None
    assert ("Lalabata", "Bila") == (found.kecamatan, found.desa)


def test_chosen_category_overrides_the_one_guessed_from_the_text(texts: Texts) -> None:
    guess, chosen = (category_of(HOLE, choice, texts, subjects_of(REGION)) for choice in (None, "air_bersih"))

    assert ("jalan_jembatan", "air_bersih") == (guess and guess["code"], chosen and chosen["code"])


# ---- The results


@pytest.mark.connected
async def test_the_same_matter_at_the_same_place_is_told_with_all_that_is_public(
    kept: httpx.AsyncClient, tell: Tell
) -> None:
    await tell(view(1))
    await kept.post(f"/laporan/{number(1)}/dukung")

    (row,) = (await hints(kept))["similar"]

    assert (number(1), "Jalan dan jembatan", "Bila", "Lalabata", "diteruskan", 1) == (
        *(row[name] for name in ("ticket", "category_name", "desa", "kecamatan", "status_text", "supporters")),
    )


@pytest.mark.connected
@pytest.mark.parametrize(
    "facts",
    [
        {"category": "air_bersih"},
        {"kecamatan": "Citta", "desa": None},
        {"desa": "Botto"},
        {"listed": False},
        {"rahasia": True},
        {"status": Status.RESOLVED},
        {"received_at": NOW - timedelta(days=LATELY_DAYS + 1)},
    ],
    ids=["matter", "kecamatan", "desa", "unlisted", "secret", "done", "long ago"],
)
async def test_different_finished_or_unlisted_complaint_is_not_suggested(
    kept: httpx.AsyncClient, tell: Tell, facts: dict[str, Any]
) -> None:
    await tell(view(1, **facts))

    assert [] == await similar(kept)


@pytest.mark.connected
async def test_three_are_shown_those_of_the_very_desa_first_then_the_newest(
    kept: httpx.AsyncClient, tell: Tell
) -> None:
    await tell(view(1, desa=None), *(view(n) for n in range(2, 7)))

    assert [number(2), number(3), number(4)] == await similar(kept)
    assert MOST == len(await similar(kept, "Jalan berlubang", place="Kecamatan Lalabata"))


@pytest.mark.connected
async def test_danger_is_never_answered_with_what_others_reported(kept: httpx.AsyncClient, tell: Tell) -> None:
    await tell(view(1, category="ketertiban_perlindungan"))

    told = await hints(kept, FIRE, category="ketertiban_perlindungan")

    assert ([], True) == (told["similar"], "danger" in told)


async def test_without_a_database_nothing_is_found_and_all_else_is_told(web: httpx.AsyncClient, fake: Any) -> None:
    fake.down = True

    told = await hints(web)

    assert ([], "jalan_jembatan", False) == (told["similar"], told["category"]["code"], told["stop"])


# ---- Without script


async def check(web: httpx.AsyncClient, **typed: str) -> str:
    typed = {"text": HOLE, "key": "a-key", "secret": "k9Qw2mZx8Lr4Tn6Y", "check": "1", **typed}
    return (await web.post("/", data=typed)).text


async def test_the_page_that_asks_once_more_shows_it_and_sends_nothing_if_it_is_supported(
    web: httpx.AsyncClient, fake: Any, texts: Texts
) -> None:
    fake.like = [a_listing(texts, deadline_at=NOW - timedelta(days=1), missed=NOW)]

    page = await check(web)

    assert f'action="/laporan/{number(1)}/dukung"' in page
    assert all(
        said in page for said in ("Mungkin ini sudah dilaporkan", "terlambat", "Bila, Lalabata", "Bukan, lanjut")
    )
    assert {} == fake.taken


async def test_nothing_stands_there_where_nothing_is_found(web: httpx.AsyncClient, fake: Any) -> None:
    page = await check(web)

    assert ("Mungkin ini sudah dilaporkan" in page, 1) == (False, len(fake.sought))


async def test_hint_rate_limit_hides_suggestions_but_still_accepts_complaints(
    web: httpx.AsyncClient, fake: Any, texts: Texts
) -> None:
    fake.like = [a_listing(texts)]
    for _ in range(round(RATES["hints"].burst)):
        await web.post("/v1/hints", json={"text": "x"})

    page = await check(web)
    sent = await web.post("/", data={"text": HOLE, "key": "a-key", "secret": "k9Qw2mZx8Lr4Tn6Y"})

    assert (False, 303) == ("Mungkin ini sudah dilaporkan" in page, sent.status_code)


# ---- The category


async def test_the_category_that_was_chosen_reaches_the_complaint(web: httpx.AsyncClient, fake: Any) -> None:
    await web.post("/", data={"text": HOLE, "key": "a-key", "category": "drainase_banjir"})
    await web.post("/", data={"text": HOLE, "key": "another-key", "category": "tidak_ada"})

    assert ["drainase_banjir", None] == [sent.suggested_category for sent, _ in fake.taken.values()]


async def test_programs_are_told_which_categories_there_are(web: httpx.AsyncClient, fake: Any) -> None:
    sent = {"text": HOLE, "category": "tidak_ada"}

    refused = await web.post("/v1/complaints", json=sent, headers={"Idempotency-Key": "k"})

    (problem,) = refused.json()["errors"]
    assert (400, "category", True) == (refused.status_code, problem["field"], "jalan_jembatan" in problem["detail"])
    assert {} == fake.taken


async def test_the_service_of_an_open311_client_is_such_a_choice(web: httpx.AsyncClient, fake: Any) -> None:
    await web.post("/open311/v2/requests.json", data={"service_code": "penerangan_jalan", "description": HOLE})

    assert ["penerangan_jalan"] == [sent.suggested_category for sent, _ in fake.taken.values()]


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [("", "Biarkan sistem menentukan"), ("air_bersih", "Air bersih")],
    ids=["left open", "chosen"],
)
async def test_the_check_says_what_it_is_about_and_suggests_only_where_nothing_was_chosen(
    web: httpx.AsyncClient, chosen: str, shown: str
) -> None:
    page = await check(web, category=chosen)

    assert f'<span class="told">{shown}</span>' in page
    assert ("Sepertinya tentang Jalan dan jembatan" in page) is not bool(chosen)


@pytest.mark.parametrize(
    ("chosen", "shown"), [("", "Biar petugas yang menentukan"), ("aspirasi", "Usul")], ids=["left open", "chosen"]
)
async def test_a_kind_is_suggested_only_where_none_was_chosen(web: httpx.AsyncClient, chosen: str, shown: str) -> None:
    page = await check(web, kind=chosen)

    assert f'<span class="told">{shown}</span>' in page
    assert ("Sepertinya keluhan." in page) is not bool(chosen)


@pytest.mark.parametrize(
    ("text", "asked"), [("Lampu jalan padam di Paroto", True), ("Lampu jalan padam di Paroto sejak kemarin", False)]
)
async def test_the_time_is_asked_for_only_where_the_text_does_not_say_it(
    web: httpx.AsyncClient, text: str, asked: bool
) -> None:
    page = await check(web, text=text)

    assert asked == ("Sejak kapan? Boleh dilewati." in page) == ("sudah disebut di isi laporan" not in page)


async def test_a_program_is_told_the_likely_kind(web: httpx.AsyncClient) -> None:
    assert "permintaan_informasi" == (await hints(web, "Berapa biaya mengurus akta kelahiran?"))["likely_kind"]


async def test_the_form_offers_every_category_but_the_unknown_by_group(web: httpx.AsyncClient, texts: Texts) -> None:
    page = (await web.get("/")).text

    offered = [code for code in texts.categories if f'<option value="{code}">' in page]
    assert set(texts.categories) - {"lainnya"} == set(offered)
    assert all(f'<optgroup label="{group}">' in page for group in texts.category_groups)
