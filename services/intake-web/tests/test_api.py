"""The API's answers, on a store in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from contracts import ticket
from contracts.events import Evidence
from intake.complaint_view import ComplaintView, Step

KEY = {"Idempotency-Key": "a3f2c1d0-0000-4000-8000-000000000001"}
SECRET = {"Access-Secret": "k9Qw2mZx8Lr4Tn6Y"}
BODY = {"text": "Lampu jalan padam di Watansoppeng"}


async def submit(web: httpx.AsyncClient, **headers: str) -> str:
    response = await web.post("/v1/complaints", json=BODY, headers={**KEY, **headers})
    number: str = response.json()["ticket"]
    return number


def fields(response: httpx.Response) -> list[str]:
    assert response.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in response.json()["errors"]]


async def test_a_complaint_gets_its_ticket_and_where_to_follow_it(web: httpx.AsyncClient) -> None:
    response = await web.post("/v1/complaints", json=BODY, headers=KEY)

    body = response.json()
    assert response.status_code == 202
    assert ticket.parse(body["ticket"]) == body["ticket"]
    assert body["status_url"] == f"https://lapor.example/v1/complaints/{body['ticket']}"
    assert datetime.fromisoformat(body["received_at"]).tzinfo is not None
    assert body["complaint_id"]


async def test_unknown_fields_are_ignored(web: httpx.AsyncClient) -> None:
    response = await web.post("/v1/complaints", json={**BODY, "app_version": 3}, headers=KEY)

    assert response.status_code == 202


async def test_key_and_fields_are_named_together(web: httpx.AsyncClient) -> None:
    response = await web.post("/v1/complaints", json={"text": "", "rahasia": 1})

    assert response.status_code == 400
    assert fields(response) == ["Idempotency-Key", "text", "rahasia"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"text": "\\ud800"}', b'{"text": "\xff"}', b"[" * 60_000],
    ids=["empty", "cut", "a list", "half a letter", "not UTF-8", "deep"],
)
async def test_body_that_is_no_json_object_is_refused(web: httpx.AsyncClient, body: bytes) -> None:
    response = await web.post("/v1/complaints", content=body, headers=KEY)

    assert (response.status_code, response.json()["type"]) == (400, "urn:lapor:problem:invalid-json")


async def test_a_text_too_long_is_refused_by_name(web: httpx.AsyncClient) -> None:
    response = await web.post("/v1/complaints", json={"text": "x" * 10_001}, headers=KEY)

    assert response.status_code == 400
    assert fields(response) == ["text"]


async def test_the_longest_text_of_four_byte_letters_is_taken(web: httpx.AsyncClient) -> None:
    response = await web.post("/v1/complaints", content=f'{{"text":"{"🦇" * 10_000}"}}'.encode(), headers=KEY)

    assert response.status_code == 202


async def test_a_body_too_large_is_refused(web: httpx.AsyncClient) -> None:
    response = await web.post("/v1/complaints", json={"text": "x" * 65_536}, headers=KEY)

    assert (response.status_code, response.json()["title"]) == (413, "Kiriman terlalu besar")


async def test_without_a_database_there_is_no_ticket(web: httpx.AsyncClient, fake: Any) -> None:
    fake.down = True

    response = await web.post("/v1/complaints", json=BODY, headers=KEY)

    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert "SPG-" not in response.text


async def test_a_new_complaint_is_received_until_the_router_has_it(web: httpx.AsyncClient) -> None:
    number = await submit(web)

    body = (await web.get(f"/v1/complaints/{number}")).json()

    assert (body["status"], body["status_text"], body["history"]) == ("received", "diterima", [])


async def test_a_number_is_read_as_people_write_it(web: httpx.AsyncClient) -> None:
    number = await submit(web)

    response = await web.get(f"/v1/complaints/{number.lower().replace('-', ' ')}")

    assert response.json()["ticket"] == number


@pytest.mark.parametrize("number", ["SPG-W000-00000", "nonsense", "%00"])
async def test_an_unknown_number_is_not_found(web: httpx.AsyncClient, number: str) -> None:
    response = await web.get(f"/v1/complaints/{number}")

    assert (response.status_code, response.json()["type"]) == (404, "urn:lapor:problem:unknown-complaint")


async def test_a_story_is_told_with_its_due_date_in_words(web: httpx.AsyncClient, fake: Any) -> None:
    number = ticket.mint("sms")
    at = datetime(2026, 11, 30, 2, tzinfo=UTC)
    fake.stories[number] = ComplaintView(
        ticket=number,
        seq=1,
        status="routed",
        unit="PUPR",
        steps=[Step(seq=1, kind="routed", at=at, unit="PUPR", text=f"{number} diteruskan ke PUPR.")],
        deadline_at=datetime(2026, 12, 3, 16, tzinfo=UTC),
        promise="3 hari kerja",
    )

    body = (await web.get(f"/v1/complaints/{number}")).json()

    assert body["deadline_text"] == "Kamis 3 Des, 3 hari kerja"
    assert (body["status"], body["unit"], body["breached"]) == ("routed", "PUPR", False)
    assert body["history"] == [
        {"seq": 1, "kind": "routed", "at": "2026-11-30T02:00:00Z", "unit": "PUPR", "text": "Diteruskan ke PUPR."}
    ]


async def test_unchanged_complaint_is_answered_with_304(web: httpx.AsyncClient, fake: Any) -> None:
    number = await submit(web)
    first = await web.get(f"/v1/complaints/{number}")
    tag = {"If-None-Match": first.headers["etag"]}

    same = await web.get(f"/v1/complaints/{number}", headers=tag)
    fake.stories[number] = ComplaintView(ticket=number, seq=0, status="registered")
    other = await web.get(f"/v1/complaints/{number}", headers=tag)

    assert (same.status_code, same.content, other.status_code) == (304, b"", 200)


async def test_the_reporter_may_add(web: httpx.AsyncClient, fake: Any) -> None:
    number = await submit(web, **SECRET)
    url, body = f"/v1/complaints/{number}/follow-ups", {"kind": "addition", "text": "Sejak Senin"}

    first = await web.post(url, json=body, headers={"Idempotency-Key": "f1", **SECRET})
    again = await web.post(url, json=body, headers={"Idempotency-Key": "f1", **SECRET})

    assert (first.status_code, first.json()) == (202, again.json())
    assert [item.text for item in fake.added[number]][:1] == ["Sejak Senin"]
    assert len({item.id for item in fake.added[number]}) == 1


async def test_the_reporter_may_use_a_right(web: httpx.AsyncClient, fake: Any) -> None:
    number = await submit(web, **SECRET)
    url, body = f"/v1/complaints/{number}/follow-ups", {"kind": "rights_request", "right": "restriction"}

    without = await web.post(url, json={"kind": "rights_request"}, headers={"Idempotency-Key": "f1", **SECRET})
    taken = await web.post(url, json=body, headers={"Idempotency-Key": "f1", **SECRET})

    assert (without.status_code, fields(without), taken.status_code) == (400, ["right"], 202)
    assert [(item.kind, item.right) for item in fake.added[number]] == [("rights_request", "restriction")]


async def test_all_that_is_public_is_told(web: httpx.AsyncClient, fake: Any) -> None:
    number, at = ticket.mint("sms"), datetime(2026, 11, 30, 2, tzinfo=UTC)
    proofs = [
        Evidence(url=url, media_type="image/jpeg", sha256="0", bytes=1_234_567)
        for url in (
            "https://contoh.id/1.jpg",
            "javascript:alert(1)",
            "https://contoh.id@evil.example/",
            "https://a.id:99/",
        )
    ]
    fake.stories[number] = ComplaintView(
        ticket=number,
        seq=2,
        status="resolved",
        unit="PUPR",
        support=["DLH"],
        evidence=proofs,
        parent="SPG-W000-00004",
        reopen_until=at,
        deadline_at=at,
        missed=at,
        steps=[
            Step(seq=1, kind="breached", at=datetime(2026, 11, 29, tzinfo=UTC), text="Maaf."),
            Step(seq=2, kind="resolved", at=at, text=f"{number} selesai."),
        ],
    )

    body = (await web.get(f"/v1/complaints/{number}")).json()

    assert body["support"] == [{"unit": "DLH", "name": "Dinas Lingkungan Hidup"}]
    shown = [(each["url"], each["host"], each["text"]) for each in body["evidence"]]
    assert shown == [("https://contoh.id/1.jpg", "contoh.id", "foto, 1,2 MB")]
    assert (body["parent"], body["reporters"], body["breached"]) == ("SPG-W000-00004", 1, True)
    assert [(step["kind"], step["text"]) for step in body["steps"]] == [("breached", "Maaf."), ("resolved", "Selesai.")]
    assert [step["kind"] for step in body["history"]] == ["resolved"]
    assert body["reopen_until"] == "2026-11-30T02:00:00Z"


async def test_a_stranger_and_an_unknown_number_get_the_same_answer(web: httpx.AsyncClient, fake: Any) -> None:
    number = await submit(web, **SECRET)
    key, body = {"Idempotency-Key": "f1"}, {"kind": "cancel"}

    wrong = await web.post(f"/v1/complaints/{number}/follow-ups", json=body, headers={**key, "Access-Secret": "x" * 16})
    without = await web.post(f"/v1/complaints/{number}/follow-ups", json=body, headers=key)
    unknown = await web.post("/v1/complaints/SPG-W000-00000/follow-ups", json=body, headers={**key, **SECRET})

    assert {(r.status_code, r.text) for r in (wrong, without, unknown)} == {(404, unknown.text)}
    assert fake.added == {}


async def test_an_unknown_address_under_v1_is_a_problem_document(web: httpx.AsyncClient) -> None:
    response = await web.get("/v1/nothing")

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


async def test_only_reports_of_danger_are_told_whom_to_call(web: httpx.AsyncClient) -> None:
    burning = {"text": "Rumah tetangga kebakaran, masih ada orang di dalam"}
    told = (await web.post("/v1/complaints", json=burning, headers=KEY)).json()
    assert told["danger"]["call"][0]["number"] == "113"
    assert "113" in told["danger"]["text"]
    other = {"Idempotency-Key": "a3f2c1d0-0000-4000-8000-000000000002"}
    assert "danger" not in (await web.post("/v1/complaints", json=BODY, headers=other)).json()


async def test_complaint_without_a_place_is_asked_for_it_in_the_receipt(web: httpx.AsyncClient) -> None:
    other = {"Idempotency-Key": "a3f2c1d0-0000-4000-8000-000000000003"}
    body = {"text": "Lampu jalan padam sejak minggu lalu"}
    assert "Di mana tempatnya?" == (await web.post("/v1/complaints", json=body, headers=other)).json()["question"]
    assert "question" not in (await web.post("/v1/complaints", json=BODY, headers=KEY)).json()


@pytest.mark.parametrize("phone", ["+60 12-345 6789", "+1 900 555 1234", "+881 6 2345 6789"])
async def test_foreign_and_premium_phone_numbers_are_refused(web: httpx.AsyncClient, phone: str) -> None:
    answer = await web.post("/v1/complaints", json={**BODY, "phone": phone}, headers=KEY)

    assert (400, ["phone"]) == (answer.status_code, fields(answer))


@pytest.mark.parametrize(
    "email", ["a@b.id\r\nBcc: x@y.id", "a@b.id,c@d.id", "<a@b.id>", "a b@c.id", "é@b.id", "-@-.id"]
)
async def test_no_address_is_taken_that_is_more_than_an_address(web: httpx.AsyncClient, email: str) -> None:
    answer = await web.post("/v1/complaints", json={**BODY, "email": email}, headers=KEY)

    assert (400, ["email"]) == (answer.status_code, fields(answer))
