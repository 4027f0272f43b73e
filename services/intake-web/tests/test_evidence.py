"""An attachment belongs to one complaint; its reporter and the complaint's current unit see it, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import obstore
import pytest

from chassis.database import Pool
from contracts import codec
from contracts.events import ComplaintFollowedUp, ComplaintReceived, Evidence
from contracts.evidence_links import VALID, link_for
from intake.complaint_view import ComplaintView, save_views
from intake.erasure import erase
from intake.export import export
from intake.retention import OPENINGS_DAYS, sweep_once
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE, build_app
from intake_web.settings import WebSettings
from testing.pictures import SECRETS, opened, photo
from testing.waiting import BOUND_S

pytestmark = pytest.mark.connected

TUS = {"Tus-Resumable": "1.0.0"}
SECRET = {"Access-Secret": "k9Qw2mZx8Lr4Tn6Y"}
EVENT_KEY = b"key-of-the-intake-of-the-test"
TEXT = "Jalan di depan pasar berlubang"
_LEFT = "SELECT ticket FROM uploads JOIN complaints USING (complaint_id)"


async def uploaded(client: httpx.AsyncClient, content: bytes | None = None) -> str:
    content = content or photo()
    begun = await client.post("/v1/uploads", headers={**TUS, "Upload-Length": str(len(content))})
    path, chunk = httpx.URL(begun.headers["location"]).path, "application/offset+octet-stream"
    sent = await client.patch(path, content=content, headers={**TUS, "Upload-Offset": "0", "Content-Type": chunk})
    assert 204 == sent.status_code, sent.text
    return path.rpartition("/")[2]


async def report(client: httpx.AsyncClient, *uploads: str, key: str = "one", **more: Any) -> httpx.Response:
    body = {"text": TEXT, "uploads": list(uploads), **more}
    return await client.post("/v1/complaints", json=body, headers={"Idempotency-Key": key, **SECRET})


async def reported(client: httpx.AsyncClient, *uploads: str, **more: Any) -> str:
    answer = await report(client, *uploads, **more)
    assert 202 == answer.status_code, answer.text
    return str(answer.json()["ticket"])


async def add(client: httpx.AsyncClient, number: str, *uploads: str, key: str = "more") -> httpx.Response:
    body = {"kind": "addition", "text": "Ini fotonya", "uploads": list(uploads)}
    headers = {"Idempotency-Key": key, **SECRET}
    return await client.post(f"/v1/complaints/{number}/follow-ups", json=body, headers=headers)


async def told(pool: Pool, kind: type[Any]) -> list[Any]:
    events = [codec.decode(row["value"]) for row in await pool.fetch("SELECT value FROM outbox ORDER BY seq")]
    return [event.data for event in events if isinstance(event.data, kind)]


async def attached(pool: Pool) -> list[Evidence]:
    (event,) = await told(pool, ComplaintReceived)
    found: list[Evidence] = event.evidence
    return found


async def stands(pool: Pool, number: str, **facts: Any) -> None:
    async with pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=3, **{"status": "routed", **facts})})


def path_of(link: str) -> str:
    return link.removeprefix("https://lapor.example")


def link(evidence: Evidence, unit: str = "PUPR", now: datetime | None = None) -> str:
    return path_of(link_for(EVENT_KEY, evidence.url, unit, now or datetime.now(UTC)))


def stored(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "evidence").rglob("*") if path.is_file())


# ── attaching ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_upload_is_attached_with_the_complaint_and_its_event_says_so(
    kept: httpx.AsyncClient, pool: Pool, tmp_path: Path
) -> None:
    one, two = await uploaded(kept), await uploaded(kept, photo("PNG"))
    await reported(kept, two, one)

    first, second = await attached(pool)
    large = {f.read_bytes() for f in (tmp_path / "evidence").rglob("large.jpg")}
    assert {"image/jpeg"} == {first.media_type, second.media_type}
    assert {first.bytes, second.bytes} == {len(each) for each in large}
    assert first.url.startswith("https://lapor.example/bukti/")
    assert not {one, two} & {first.url.rpartition("/")[2], second.url.rpartition("/")[2]}
    names = [row["name"] for row in await pool.fetch("SELECT name FROM uploads ORDER BY position")]
    assert names == [each.url.rpartition("/")[2] for each in (first, second)]


async def test_the_same_again_gets_the_same_answer(kept: httpx.AsyncClient, pool: Pool) -> None:
    upload = await uploaded(kept)
    first, again = await report(kept, upload), await report(kept, upload)

    assert (202, first.content) == (again.status_code, again.content)
    assert 1 == len(await told(pool, ComplaintReceived))


async def test_same_photo_uploaded_again_is_the_same_complaint(kept: httpx.AsyncClient) -> None:
    first = await report(kept, await uploaded(kept))
    again = await report(kept, await uploaded(kept))

    assert first.json() == again.json()


async def test_with_another_photo_it_is_not(kept: httpx.AsyncClient) -> None:
    await report(kept, await uploaded(kept))

    assert 422 == (await report(kept, await uploaded(kept, photo("PNG")))).status_code
    assert 422 == (await report(kept)).status_code


async def test_one_upload_is_of_one_complaint(kept: httpx.AsyncClient, texts: Texts, pool: Pool) -> None:
    upload = await uploaded(kept)
    await reported(kept, upload)
    other = await report(kept, upload, key="two")

    assert 400 == other.status_code
    assert [{"field": f"uploads/{upload}", "detail": texts.web["upload_taken"]}] == other.json()["errors"]
    assert 1 == len(await told(pool, ComplaintReceived))


async def test_missing_or_unfinished_uploads_are_named_and_the_rest_is_kept(
    kept: httpx.AsyncClient, texts: Texts, pool: Pool
) -> None:
    done, unknown = await uploaded(kept), "A" * 22
    begun = await kept.post("/v1/uploads", headers={**TUS, "Upload-Length": "100"})
    half = begun.headers["location"].rpartition("/")[2]
    refused = await report(kept, done, unknown, half)

    assert 400 == refused.status_code
    assert {
        f"uploads/{unknown}": texts.web["upload_unknown"],
        f"uploads/{half}": texts.web["upload_unfinished"],
    } == {each["field"]: each["detail"] for each in refused.json()["errors"]}
    assert [] == await told(pool, ComplaintReceived)
    await reported(kept, done)


@pytest.mark.parametrize("uploads", ["x", ["../etc"], [5], {"a": 1}, ["A" * 22 + str(n) for n in range(3)]])
async def test_invalid_list_of_uploads_is_refused(kept: httpx.AsyncClient, uploads: Any) -> None:
    answer = await kept.post(
        "/v1/complaints", json={"text": TEXT, "uploads": uploads}, headers={"Idempotency-Key": "one"}
    )

    assert (400, ["uploads"]) == (answer.status_code, [each["field"] for each in answer.json()["errors"]])


async def test_six_are_too_many(kept: httpx.AsyncClient) -> None:
    answer = await report(kept, *(letter * 22 for letter in "ABCDEF"))

    assert (400, ["uploads"]) == (answer.status_code, [each["field"] for each in answer.json()["errors"]])


async def test_an_addition_may_have_photos_too_and_repeats_itself(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = await reported(kept)
    upload = await uploaded(kept)
    answers = [await add(kept, number, upload), await add(kept, number, upload), await add(kept, number)]

    (event,) = await told(pool, ComplaintFollowedUp)
    assert [202, 202, 422] == [each.status_code for each in answers]
    assert ["https://lapor.example/bukti/"] == [each.url[:28] for each in event.items[0].evidence]


async def test_a_photo_of_an_anonymous_reporter_leads_to_nobody(
    kept: httpx.AsyncClient, pool: Pool, tmp_path: Path
) -> None:
    original = photo()
    await reported(kept, await uploaded(kept, original), anonim=True, name="Andi")

    rows = " ".join([str(dict(row)) for row in await pool.fetch("SELECT * FROM uploads")])
    files = b"".join([f.read_bytes() for f in (tmp_path / "evidence").rglob("*") if f.is_file()])
    assert not [secret for secret in SECRETS if secret in files or secret.decode() in rows]
    assert str(len(original)) not in re.findall(r"'bytes': (\d+)", rows)


# ── the unit ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_unit_that_has_it_opens_the_photo_and_that_is_noted(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = await reported(kept, await uploaded(kept))
    (evidence,) = await attached(pool)
    await stands(pool, number, unit="PUPR", support=["DISHUB"])
    by_lead, by_support = [await kept.get(link(evidence, unit)) for unit in ("PUPR", "DISHUB")]

    assert [(200, "image/jpeg")] * 2 == [(a.status_code, a.headers["content-type"]) for a in (by_lead, by_support)]
    assert (1280, 960) == opened(by_lead.content).size
    assert evidence.bytes == len(by_lead.content)
    assert {
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "no-store",
        "referrer-policy": "same-origin",
    }.items() <= dict(by_lead.headers).items()
    assert re.fullmatch(rf'inline; filename="{number}-[\w-]{{6}}\.jpg"', by_lead.headers["content-disposition"])
    rows = await pool.fetch("SELECT ticket, name, unit FROM evidence_openings ORDER BY at")
    name = evidence.url.rpartition("/")[2]
    assert [(number, name, "PUPR"), (number, name, "DISHUB")] == [tuple(row) for row in rows]


async def test_a_small_one_is_for_the_desks_page_and_is_noted_once_a_day(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = await reported(kept, await uploaded(kept))
    (evidence,) = await attached(pool)
    await stands(pool, number, unit="PUPR", support=["DISHUB"])

    small = [await kept.get(f"{link(evidence, unit)}&kecil") for unit in ("PUPR", "PUPR", "DISHUB")]
    openings = [await pool.fetchval("SELECT count(*) FROM evidence_openings")]
    await pool.execute("UPDATE evidence_openings SET at = at - interval '25 hours'")
    await kept.get(f"{link(evidence, 'PUPR')}&kecil")
    large = await kept.get(link(evidence, "PUPR"))
    openings.append(await pool.fetchval("SELECT count(*) FROM evidence_openings"))

    assert [(200, (320, 240), "cross-origin")] * 3 == [
        (each.status_code, opened(each.content).size, each.headers["cross-origin-resource-policy"]) for each in small
    ]
    assert ([2, 4], "same-origin") == (openings, large.headers["cross-origin-resource-policy"])


@pytest.mark.parametrize(
    "story",
    [
        {"unit": "PDAM"},
        {"unit": None, "status": "registered"},
        {"unit": "PUPR", "erased": True},
    ],
    ids=["another has it now", "nobody has it yet", "it is erased"],
)
async def test_a_unit_that_has_it_not_is_told_why(kept: httpx.AsyncClient, pool: Pool, story: dict[str, Any]) -> None:
    number = await reported(kept, await uploaded(kept))
    (evidence,) = await attached(pool)
    await stands(pool, number, **story)
    answer = await kept.get(link(evidence))

    assert 403 == answer.status_code
    assert f"{number} saat ini tidak ada pada PUPR" in answer.text
    assert 0 == await pool.fetchval("SELECT count(*) FROM evidence_openings")


async def test_link_works_again_when_the_unit_gets_the_complaint_back(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = await reported(kept, await uploaded(kept))
    (evidence,) = await attached(pool)
    its, seen = link(evidence), []
    for unit in ("PUPR", "PDAM", "PUPR"):
        await stands(pool, number, unit=unit)
        seen.append((await kept.get(its)).status_code)

    assert [200, 403, 200] == seen


async def test_photo_of_a_merged_complaint_opens_for_the_unit_of_the_parent(
    kept: httpx.AsyncClient, pool: Pool
) -> None:
    number, parent = await reported(kept, await uploaded(kept)), await reported(kept, key="two")
    evidence = (await told(pool, ComplaintReceived))[0].evidence[0]
    await stands(pool, number, status="merged", parent=parent, unit="DISKOMINFO")
    await stands(pool, parent, unit="PUPR")

    assert [200, 403] == [(await kept.get(link(evidence, unit))).status_code for unit in ("PUPR", "PDAM")]


async def test_a_link_is_good_for_thirty_days(kept: httpx.AsyncClient, texts: Texts, pool: Pool) -> None:
    number = await reported(kept, await uploaded(kept))
    (evidence,) = await attached(pool)
    await stands(pool, number, unit="PUPR")
    now = datetime.now(UTC)
    young, old = now - VALID + timedelta(minutes=1), now - VALID - timedelta(minutes=1)
    answers = [await kept.get(link(evidence, now=at)) for at in (young, old)]

    assert [200, 403] == [each.status_code for each in answers]
    assert texts.web["link_expired"] in answers[1].text


async def test_a_link_can_not_be_made_another_units(kept: httpx.AsyncClient, texts: Texts, pool: Pool) -> None:
    number = await reported(kept, await uploaded(kept))
    (evidence,) = await attached(pool)
    await stands(pool, number, unit="PDAM")
    forged = await kept.get(link(evidence).replace("unit=PUPR", "unit=PDAM"))
    other = await kept.get(path_of(link_for(b"another key, of whoever", evidence.url, "PDAM", datetime.now(UTC))))

    assert [403, 403] == [forged.status_code, other.status_code]
    assert texts.web["link_damaged"] in forged.text


async def test_a_stranger_finds_nothing(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = await reported(kept, await uploaded(kept))
    (evidence,) = await attached(pool)
    await stands(pool, number, unit="PUPR")
    name = evidence.url.rpartition("/")[2]
    tried = [
        f"/bukti/{name}",
        f"/bukti/{name}?unit=PUPR",
        "/bukti/nothing",
        f"/laporan/{number}/bukti/{name}",
        f"/v1/complaints/{number}/evidence/{name}",
    ]

    assert [404] * 5 == [(await kept.get(path)).status_code for path in tried]
    page = (await kept.get(f"/laporan/{number}")).text
    shown = (await kept.get(f"/v1/complaints/{number}")).text
    assert name not in page + shown


# ── the reporter ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_access_code_shows_the_photos(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = await reported(kept, await uploaded(kept))
    (evidence,) = await attached(pool)
    (shown,) = (await kept.get(f"/v1/complaints/{number}", headers=SECRET)).json()["attached"]
    large = await kept.get(shown["url"], headers=SECRET)
    small = await kept.get(shown["url"] + "?kecil", headers=SECRET)
    wrong = await kept.get(shown["url"], headers={"Access-Secret": "k9Qw2mZx8Lr4Tn6Z"})

    assert (evidence.bytes, (1280, 960)) == (shown["bytes"], opened(large.content).size)
    assert ((320, 240), 404) == (opened(small.content).size, wrong.status_code)


async def test_a_browser_that_is_given_the_code_shows_them(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = await reported(kept, await uploaded(kept))
    assert "Foto Anda" not in (await kept.get(f"/laporan/{number}")).text.replace("Lihat foto Anda", "")
    await kept.post(f"/laporan/{number}", data={"secret": SECRET["Access-Secret"]})
    page = (await kept.get(f"/laporan/{number}")).text

    (source,) = re.findall(r'<img src="(/laporan/[^"]+/bukti/[^"]+)"', page)
    await pool.execute("UPDATE reporter_accesses SET at = at - interval '25 h'")
    assert (320, 240) == opened((await kept.get(source)).content).size
    browser = "shown in a browser that has it"
    assert ["opened by code", browser, browser] == [
        row["what"] for row in await pool.fetch("SELECT what FROM reporter_accesses ORDER BY at")
    ]


async def test_one_complaints_code_opens_no_others_photo(kept: httpx.AsyncClient, pool: Pool) -> None:
    await reported(kept, await uploaded(kept))
    (evidence,) = await attached(pool)
    mine = await reported(kept, key="two")
    path = f"/v1/complaints/{mine}/evidence/{evidence.url.rpartition('/')[2]}"

    assert 404 == (await kept.get(path, headers=SECRET)).status_code


# ── legal duties ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def store(pool: Pool, make_settings: Callable[..., WebSettings]) -> PostgresStore:
    return PostgresStore(pool, make_settings(), SERVICE, lambda: None, within_s=BOUND_S)


async def test_erased_is_erased_with_its_photos(
    kept: httpx.AsyncClient, pool: Pool, store: PostgresStore, tmp_path: Path
) -> None:
    number = await reported(kept, await uploaded(kept))
    await add(kept, number, await uploaded(kept, photo("PNG")))
    other = await reported(kept, await uploaded(kept), key="other")
    evidence = (await told(pool, ComplaintReceived))[0].evidence[0]
    cid = await pool.fetchval("SELECT complaint_id FROM complaints WHERE ticket = $1", number)
    await stands(pool, number, unit="PUPR")
    async with pool.acquire() as db, db.transaction():
        counts = await erase(db, SERVICE, EVENT_KEY, cid, number, tell=False)
    at_once = (await kept.get(link(evidence))).status_code
    await store.uploads.delete_once()

    assert (2, 404) == (counts["intake-web.uploads"], at_once)
    assert ["large.jpg", "small.jpg"] == stored(tmp_path)
    assert [other] == [
        r["ticket"] for r in await pool.fetch("SELECT ticket FROM uploads JOIN complaints USING (complaint_id)")
    ]
    assert 202 == (await report(kept, "A" * 22)).status_code  # erased content is recognised, and not accepted again


async def test_in_a_bucket_a_photo_is_kept_shown_and_erased(
    pool: Pool, make_settings: Callable[..., WebSettings], texts: Texts, bucket: dict[str, str]
) -> None:
    keys = {"evidence_s3_access_key": bucket["access_key_id"], "evidence_s3_secret_key": bucket["secret_access_key"]}
    where = {"evidence_s3_endpoint": bucket["endpoint"], "evidence_s3_region": bucket["region"]}
    settings = make_settings(evidence_url="s3://lapor/bukti", **keys, **where)
    store = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=BOUND_S)
    app: Any = build_app(store, settings, texts)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://lapor.example") as client:
        number = await reported(client, await uploaded(client))
        (evidence,) = await attached(pool)
        await stands(pool, number, unit="PUPR")
        shown = await client.get(link(evidence))
        cid = await pool.fetchval("SELECT complaint_id FROM complaints")
        async with pool.acquire() as db, db.transaction():
            await erase(db, SERVICE, EVENT_KEY, cid, number, tell=False)
        before = await obstore.list(store.uploads.files.store).collect_async()
        await store.uploads.delete_once()
    left = await obstore.list(store.uploads.files.store).collect_async()

    assert (200, 2, []) == (shown.status_code, len(before), left)
    assert (1280, 960) == opened(shown.content).size


async def test_expired_complaint_is_deleted_with_its_photos_unless_restricted(
    kept: httpx.AsyncClient, pool: Pool, store: PostgresStore, tmp_path: Path
) -> None:
    old = await reported(kept, await uploaded(kept))
    held = await reported(kept, await uploaded(kept), key="two")
    await pool.execute("UPDATE complaints SET ended_as = 'closed', ended_at = now() - interval '3 years'")
    right = [{"id": "r", "kind": "rights_request", "at": "2026-01-01T00:00:00Z", "right": "restriction"}]
    restrict = "UPDATE complaints SET follow_ups = $2 WHERE ticket = $1"
    await pool.execute(restrict, held, msgspec.json.encode(right).decode())
    await sweep_once(pool, SERVICE, EVENT_KEY, {"closed": timedelta(days=730)})
    await store.uploads.delete_once()

    left = [row["ticket"] for row in await pool.fetch(_LEFT)]
    assert (True, [held]) == (old not in left, left)
    assert ["large.jpg", "small.jpg"] == stored(tmp_path)


async def test_a_person_is_told_what_there_is_and_who_opened_it(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = await reported(kept, await uploaded(kept))
    (evidence,) = await attached(pool)
    await stands(pool, number, unit="PUPR")
    await kept.get(link(evidence))
    async with pool.acquire() as db:
        (known,) = (await export(db, number))["complaints"]

    (file,) = known["evidence"]
    assert (evidence.sha256, evidence.bytes) == (file["sha256"], file["bytes"])
    assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}", file["folder"])
    assert ["PUPR"] == [each["unit"] for each in known["opened"]]


async def test_photo_openings_are_remembered_for_five_years(pool: Pool) -> None:
    days = [OPENINGS_DAYS - 1, OPENINGS_DAYS + 1]
    await pool.execute(
        "INSERT INTO evidence_openings SELECT 'SPG-W', 'n', 'PUPR', now() - make_interval(days => d) "
        "FROM unnest($1::int[]) AS d",
        days,
    )
    await sweep_once(pool, SERVICE, EVENT_KEY, {})

    assert 1 == await pool.fetchval("SELECT count(*) FROM evidence_openings")
