"""A complete session of a client for Open311 GeoReport v2, in JSON and in XML."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from listed_views import NOW, number, tell, view

from chassis.database import Pool
from contracts import codec
from contracts.events import ComplaintReceived, Position
from intake.texts import Texts

pytestmark = pytest.mark.connected
SENT = {"service_code": "jalan_jembatan", "description": "Jalan berlubang", "address_string": "Desa Bila, Lalabata"}


async def _read(kept: httpx.AsyncClient, path: str, form: str) -> tuple[int, Any]:
    answer = await kept.get(f"/open311/v2/{path}.{form}")
    assert answer.headers["content-type"] == {"json": "application/json", "xml": "text/xml; charset=utf-8"}[form]
    return answer.status_code, answer.json() if form == "json" else _plain(ET.fromstring(answer.content))  # noqa: S314


def _plain(element: ET.Element) -> Any:
    """Convert XML to the form of the JSON: an element whose children share one name becomes a list."""
    tags = [child.tag for child in element]
    if not tags:
        return element.text
    if len(set(tags)) == 1 and (len(tags) > 1 or element.tag.startswith(tags[0]) or tags[0] in ("request", "error")):
        return [_plain(child) for child in element]
    return {child.tag: _plain(child) for child in element}


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_a_client_finds_the_services_sends_a_request_and_reads_it_back(
    kept: httpx.AsyncClient, texts: Texts, form: str
) -> None:
    assert (await _read(kept, "discovery", form))[1]["endpoints"][0]["url"].endswith("/open311/v2")
    services = (await _read(kept, "services", form))[1]
    assert [each["service_code"] for each in services] == list(texts.categories)
    status, definition = await _read(kept, "services/jalan_jembatan", form)
    assert (status, definition["service_code"]) == (200, "jalan_jembatan")
    sent = await kept.post(f"/open311/v2/requests.{form}", data=SENT)
    (taken,) = sent.json() if form == "json" else _plain(ET.fromstring(sent.content))  # noqa: S314
    assert (sent.status_code, taken["service_notice"]) == (201, texts.on_web("open311_notice"))
    given = taken["service_request_id"]
    assert (await _read(kept, f"tokens/{given}", form))[1][0]["service_request_id"] == given
    status, (found,) = await _read(kept, f"requests/{given}", form)
    assert (status, found["service_request_id"], found["status"]) == (200, given, "open")


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_requests_are_those_of_the_public_list(
    pool: Pool, kept: httpx.AsyncClient, texts: Texts, form: str
) -> None:
    views = [view(1, deadline_at=NOW + timedelta(days=3)), view(2, listed=False), view(3, status="closed")]
    await tell(pool, texts, *views)
    _, (first, last) = await _read(kept, "requests", form)
    assert (first["service_request_id"], first["status"], last["status"]) == (number(1), "open", "closed")
    assert first["expected_datetime"] == (NOW + timedelta(days=3)).isoformat()
    assert (first["address"], first["agency_responsible"]) == ("Bila, Lalabata", texts.units["PUPR"])
    answer = await kept.get("/open311/v2/requests.json?status=closed&service_code=jalan_jembatan")
    assert [each["service_request_id"] for each in answer.json()] == [number(3)]
    since = {"start_date": (NOW - timedelta(minutes=2)).isoformat()}
    until = {"end_date": (NOW - timedelta(minutes=2)).isoformat()}
    named = {"service_request_id": f"{number(3)},{number(2)}"}
    for query, n in ((since, 1), (until, 3), (named, 3)):
        answer = await kept.get("/open311/v2/requests.json", params=query)
        assert [each["service_request_id"] for each in answer.json()] == [number(n)]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=open,closed", [1, 2, 3]),
        ("status=open&status=closed", [1, 2, 3]),
        ("status=open&service_code=jalan_jembatan,air_bersih", [1, 2]),
        ("service_code=air_bersih,%20sampah_kebersihan", [2, 3]),
        ("service_code=sampah_kebersihan", [3]),
    ],
)
async def test_several_of_a_kind_are_asked_for_at_once(
    pool: Pool, kept: httpx.AsyncClient, texts: Texts, query: str, numbers: list[int]
) -> None:
    other = view(3, category="sampah_kebersihan", status="closed")
    await tell(pool, texts, view(1), view(2, category="air_bersih"), other)
    answer = await kept.get(f"/open311/v2/requests.json?{query}")

    assert [number(n) for n in numbers] == [each["service_request_id"] for each in answer.json()]


@pytest.mark.parametrize(
    "more", [{"data": {**SENT, "media_url": "https://x.example/1.jpg"}}, {"files": {"media": b"x"}}]
)
async def test_a_photo_that_is_not_taken_is_said(kept: httpx.AsyncClient, texts: Texts, more: dict[str, Any]) -> None:
    answer = await kept.post("/open311/v2/requests.json", **{"data": SENT, **more})

    assert (201, True) == (answer.status_code, texts.on_web("open311_no_media") in answer.json()[0]["service_notice"])


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"description": "Jalan berlubang"}, "service_code"),
        ({**SENT, "service_code": "ufo"}, "service_code"),
        ({"service_code": "jalan_jembatan"}, "description"),
        ({**SENT, "email": "bukan email"}, "email"),
        ({**SENT, "lat": "-4.35"}, "lat"),
        ({**SENT, "lat": "91", "long": "119"}, "lat"),
        ({**SENT, "lat": "nan", "long": "119"}, "lat"),
    ],
)
async def test_invalid_fields_are_named(kept: httpx.AsyncClient, sent: dict[str, str], field: str) -> None:
    answer = await kept.post("/open311/v2/requests.json", data=sent)
    (error,) = answer.json()
    assert (answer.status_code, error["code"]) == (400, 400)
    assert error["description"].startswith(f"{field}: ")


async def test_a_point_is_told_to_the_unit_and_its_village_is_named(kept: httpx.AsyncClient, pool: Pool) -> None:
    sent = {**SENT, "address_string": "depan pasar", "lat": "-4.35", "long": "119.88"}
    assert 201 == (await kept.post("/open311/v2/requests.json", data=sent)).status_code
    (event,) = [codec.decode(value).data for (value,) in await pool.fetch("SELECT value FROM outbox")]
    assert isinstance(event, ComplaintReceived)
    assert (Position(lat=-4.35, lon=119.88), "depan pasar, Kelurahan Bila, Kecamatan Lalabata") == (
        event.position,
        event.place,
    )


async def test_the_same_from_the_same_device_on_the_same_day_is_one_complaint(kept: httpx.AsyncClient) -> None:
    sent = {**SENT, "device_id": "tablet-1"}
    first, again = [await kept.post("/open311/v2/requests.json", data=sent) for _ in range(2)]
    other = await kept.post("/open311/v2/requests.json", data={**sent, "device_id": "tablet-2"})
    keyed = [
        await kept.post("/open311/v2/requests.json", data=SENT, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    tickets = [answer.json()[0]["service_request_id"] for answer in (first, again, other, *keyed)]
    assert tickets[0] == tickets[1]
    assert tickets[3] == tickets[4]
    assert len(set(tickets)) == 3


async def test_danger_is_answered_with_whom_to_call(kept: httpx.AsyncClient) -> None:
    answer = await kept.post("/open311/v2/requests.json", data={**SENT, "description": "Rumah tetangga kebakaran!"})
    assert "113" in answer.json()[0]["service_notice"]


async def test_unknown_or_invalid_queries_get_an_open311_error(kept: httpx.AsyncClient) -> None:
    for path in ("requests/SPG-0000-00000.json", "services/ufo.json", "tokens/x.json"):
        answer = await kept.get(f"/open311/v2/{path}")
        assert (answer.status_code, answer.json()[0]["code"]) == (404, 404)
    for query in (
        "status=half",
        "status=open,half",
        "service_code=ufo",
        "service_code=jalan_jembatan,ufo",
        "start_date=kemarin",
        "end_date=0001-01-01T00:00:00Z",
        "end_date=9999-12-31T23:59:59-23:59",
    ):
        answer = await kept.get(f"/open311/v2/requests.json?{query}")
        assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)
    assert (await kept.get("/open311/v2/requests/%00.json")).json()[0]["code"] == 404
    assert (await kept.get("/open311/v2/requests.yaml")).status_code == 404
