"""A stranger's view of a confidential complaint, and its reporter's."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from msgspec import structs

from contracts import ticket
from contracts.events import DerivationDay, Evidence
from intake.complaint_view import ComplaintView, Step

SECRET = "kode-akses-0123456789"
AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
DUE = datetime(2026, 12, 3, 16, tzinfo=UTC)
#: The fields of a confidential complaint that strangers get.
OUTLINE = {"ticket", "status", "status_text", "open", "deadline_at", "deadline_text", "paused", "breached", "rahasia"}
STATUSES = ["routed", "in_progress", "waiting_for_reporter", "resolved", "closed", "merged", "handed_over", "rejected"]
PARENT = "SPG-W000-00004"
#: Every text that a story can have; each is in the reporter's page or answer.
WORDS = "Kepala puskesmas sudah kami periksa"
TELLING = [
    WORDS,
    "Inspektorat",
    "INSPEKTORAT",
    "Dinas Kesehatan",
    "DINKES",
    "bukti.example",
    PARENT,
    "hari libur",
    "pimpinan",
]


def story_of(number: str, status: str = "in_progress") -> ComplaintView:
    return ComplaintView(
        ticket=number,
        seq=7,
        status=status,
        unit="INSPEKTORAT",
        support=["DINKES"],
        steps=[
            Step(seq=6, kind="escalated", at=AT, text="Mohon maaf, diteruskan ke pimpinan Inspektorat."),
            Step(
                seq=7, kind=status, at=AT, unit="INSPEKTORAT", text=f"{number} oleh Inspektorat: {WORDS}", message=WORDS
            ),
        ],
        evidence=[Evidence(url="https://bukti.example/1.jpg", media_type="image/jpeg", sha256="0", bytes=9)],
        parent=PARENT,
        deadline_at=DUE,
        derivation=[DerivationDay(date=date(2026, 12, 1), counted=False, reason="hari libur")],
        missed=DUE,
        reopen_until=DUE,
    )


async def sent(web: httpx.AsyncClient, fake: Any, status: str = "in_progress", **more: Any) -> str:
    """Make a confidential complaint with ``SECRET`` and the state ``status``; return its number."""
    headers = {"Idempotency-Key": "k1", "Access-Secret": SECRET}
    body = {"text": "Pungli di puskesmas", "rahasia": True, **more}
    number = str((await web.post("/v1/complaints", json=body, headers=headers)).json()["ticket"])
    fake.stories[number] = story_of(number, status)
    return number


async def look(web: httpx.AsyncClient, path: str, secret: str | None = None) -> httpx.Response:
    return await web.get(path, headers={"Access-Secret": secret} if secret else {})


@pytest.mark.parametrize("secret", [None, "salah-salah-salah", SECRET.upper(), "x", " "])
@pytest.mark.parametrize("status", STATUSES)
async def test_a_stranger_is_told_status_and_due_date_and_nothing_else(
    web: httpx.AsyncClient, fake: Any, status: str, secret: str | None
) -> None:
    number = await sent(web, fake, status)

    answer, page = await look(web, f"/v1/complaints/{number}", secret), await look(web, f"/laporan/{number}", secret)

    body = answer.json()
    assert (200, OUTLINE, True, status) == (answer.status_code, body.keys(), body["rahasia"], body["status"])
    assert ("2026-12-03T16:00:00Z", "Kamis 3 Des", True) == tuple(
        body[name] for name in ("deadline_at", "deadline_text", "breached")
    )
    told = f"{answer.headers}{answer.text}{page.headers}{page.text}"
    assert (200, []) == (page.status_code, [word for word in TELLING if word in told])
    assert "Laporan ini rahasia" in page.text


async def test_the_answer_and_its_tag_stay_the_same_for_a_stranger_while_the_story_goes_on(
    web: httpx.AsyncClient, fake: Any
) -> None:
    number = await sent(web, fake)
    seen = []
    for seq, unit in ((7, "INSPEKTORAT"), (8, "PUPR"), (9, None)):
        fake.stories[number] = structs.replace(fake.stories[number], seq=seq, unit=unit, steps=[], parent=None)
        for path in (f"/v1/complaints/{number}", f"/laporan/{number}"):
            answer = await look(web, path)
            seen.append((path, answer.headers["etag"], answer.text))

    assert 2 == len(set(seen))


async def test_the_secret_opens_the_answer_and_the_answer_is_kept_by_nobody_else(
    web: httpx.AsyncClient, fake: Any
) -> None:
    number = await sent(web, fake)

    answer = await look(web, f"/v1/complaints/{number}", SECRET)

    body = answer.json()
    assert (True, "INSPEKTORAT", PARENT, 1) == (body["rahasia"], body["unit"], body["parent"], body["reporters"])
    assert WORDS in body["history"][0]["text"]
    assert "private, no-cache" == answer.headers["cache-control"]


async def test_public_complaint_shows_unit_parent_and_text_to_anyone(web: httpx.AsyncClient, fake: Any) -> None:
    number = await sent(web, fake, rahasia=False)

    body = (await look(web, f"/v1/complaints/{number}")).json()

    assert (False, "INSPEKTORAT", PARENT) == (body["rahasia"], body["unit"], body["parent"])
    assert WORDS in (await look(web, f"/laporan/{number}")).text


@pytest.mark.parametrize("channel", ["sms", "x"])
async def test_confidential_complaint_of_another_channel_shows_an_outline_and_no_code_form(
    web: httpx.AsyncClient, fake: Any, channel: str
) -> None:
    number = ticket.mint(channel)
    fake.stories[number] = structs.replace(story_of(number), rahasia=True)

    answer, page = await look(web, f"/v1/complaints/{number}", SECRET), await look(web, f"/laporan/{number}", SECRET)

    assert (OUTLINE, "Laporan ini rahasia" in page.text) == (answer.json().keys(), True)
    assert 'name="secret"' not in page.text


async def test_a_complaint_is_confidential_before_the_router_has_it(web: httpx.AsyncClient, fake: Any) -> None:
    number = await sent(web, fake)
    del fake.stories[number]

    assert OUTLINE == (await look(web, f"/v1/complaints/{number}")).json().keys()


async def test_the_browser_that_sent_it_sees_all_and_another_one_with_the_code(
    web: httpx.AsyncClient, fake: Any
) -> None:
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', (await web.get("/")).text))
    typed = {name: (None, value) for name, value in {**form, "text": "Pungli", "rahasia": "1"}.items()}
    path = (await web.post("/", files=typed)).headers["location"].split("?")[0]
    fake.stories[path[-14:]] = story_of(path[-14:])
    here = (await web.get(path)).text
    web.cookies.clear()

    wrong = await web.post(path, files={"secret": (None, "x" * 22)})
    still = (await web.get(path)).text
    right = await web.post(path, files={"secret": (None, f" {form['secret']} ")})
    there = (await web.get(right.headers["location"])).text

    assert [True, False, True] == [WORDS in page for page in (here, still, there)]
    assert [True, False, True] == ["/data-pribadi" in page for page in (here, still, there)]
    assert (404, True, 303) == (wrong.status_code, "tidak cocok" in wrong.text, right.status_code)
    assert form["secret"] not in f"{right.headers}{there}"
    (cookie,) = right.headers.get_list("set-cookie")
    assert {"HttpOnly", "Secure", "SameSite=lax", f"Path={path}"} <= {part.strip() for part in cookie.split(";")}
