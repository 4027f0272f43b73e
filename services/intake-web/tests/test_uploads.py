"""A photo that arrives in pieces: whatever breaks in between, no acknowledged byte is sent again or lost."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.database import Pool
from chassis.http_server import ClientGone, with_heads
from intake import files
from intake.decoder import Decoder, Sender
from intake.films import find_films
from intake.photo import MAX_BYTES, MAX_VIDEO_BYTES, Refused
from intake.retention import sweep_once
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE, build_app
from intake_web.photos import LEAST, SPARE
from intake_web.settings import WebSettings
from lapor.processes.ports import HOST, choose
from testing.browsers import answering
from testing.pictures import HEIC, PLACE, POLYGLOT, blank, of_size, opened, photo
from testing.waiting import BOUND_S, within

pytestmark = pytest.mark.connected

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}


async def begin(client: httpx.AsyncClient, length: int, **headers: str) -> httpx.Response:
    return await client.post("/v1/uploads", headers={**TUS, "Upload-Length": str(length), **headers})


async def begun(client: httpx.AsyncClient, length: int) -> str:
    answer = await begin(client, length)
    assert 201 == answer.status_code, answer.text
    return str(httpx.URL(answer.headers["location"]).path)


async def go_on(
    client: httpx.AsyncClient, path: str, offset: int, content: bytes | AsyncIterator[bytes], **headers: str
) -> httpx.Response:
    return await client.patch(path, content=content, headers={**CHUNK, "Upload-Offset": str(offset), **headers})


async def offset_of(client: httpx.AsyncClient, path: str) -> int:
    return int((await client.head(path, headers=TUS)).headers["upload-offset"])


async def state_of(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(path)).json()
    return found


def stored(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "evidence").rglob("*") if path.is_file())


def hash_of(algorithm: str, content: bytes) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


# ── the protocol ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_options_request_lists_the_supported_tus_features(kept: httpx.AsyncClient) -> None:
    answer = await kept.options("/v1/uploads")

    assert 204 == answer.status_code
    assert {
        "tus-version": "1.0.0",
        "tus-extension": "creation,expiration,checksum,termination",
        "tus-max-size": str(MAX_VIDEO_BYTES if find_films() else MAX_BYTES),
        "tus-checksum-algorithm": "sha256,sha1",
    }.items() <= dict(answer.headers).items()


async def test_a_photo_in_two_pieces_becomes_two_new_ones(kept: httpx.AsyncClient, tmp_path: Path) -> None:
    whole = photo()
    created = await begin(kept, len(whole))
    path = httpx.URL(created.headers["location"]).path
    first = await go_on(kept, path, 0, whole[:100_000])
    last = await go_on(kept, path, 100_000, whole[100_000:])

    assert ((204, "100000"), (204, str(len(whole)))) == tuple(
        (each.status_code, each.headers["upload-offset"]) for each in (first, last)
    )
    expires = parsedate_to_datetime(created.headers["upload-expires"]) - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < expires <= timedelta(hours=24)
    assert "ready" == (await state_of(kept, path))["state"]
    assert ["large.jpg", "small.jpg"] == stored(tmp_path)


async def test_where_it_was_taken_is_said_once_and_kept_nowhere(
    kept: httpx.AsyncClient, pool: Pool, tmp_path: Path
) -> None:
    path = await begun(kept, len(HEIC))
    said = await go_on(kept, path, 0, HEIC)

    assert f"{PLACE[0]},{PLACE[1]}" == said.headers["photo-place"]
    assert "photo-place" not in (await kept.head(path, headers=TUS)).headers
    row = str(dict(await pool.fetchrow("SELECT * FROM uploads")))
    assert "119.8" not in row
    assert not [f for f in (tmp_path / "evidence").rglob("*.jpg") if opened(f.read_bytes()).getexif()]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "5"}, 412),
        ({**TUS, "Tus-Resumable": "0.2.2", "Upload-Length": "5"}, 412),
        (TUS, 400),
        ({**TUS, "Upload-Defer-Length": "1"}, 400),
        ({**TUS, "Upload-Length": "-1"}, 400),
        ({**TUS, "Upload-Length": "²"}, 400),
        ({**TUS, "Upload-Length": "0"}, 400),
        ({**TUS, "Upload-Length": str(MAX_VIDEO_BYTES + 1)}, 413),
        ({**TUS, "Upload-Length": "9" * 30}, 400),
    ],
    ids=["no version", "other version", "no length", "deferred", "negative", "no digit", "empty", "too large", "huge"],
)
async def test_invalid_upload_creation_is_rejected(
    kept: httpx.AsyncClient, pool: Pool, headers: dict[str, str], status: int
) -> None:
    sent = {name.encode(): value.encode() for name, value in headers.items()}
    answer = await kept.post("/v1/uploads", headers=sent)

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert 0 == await pool.fetchval("SELECT count(*) FROM uploads")


async def test_a_wrong_offset_changes_nothing_and_the_right_one_is_said(kept: httpx.AsyncClient) -> None:
    path = await begun(kept, 300)
    await go_on(kept, path, 0, photo()[:100])
    answer = await go_on(kept, path, 50, b"x" * 10)

    assert (409, "100") == (answer.status_code, answer.headers["upload-offset"])
    assert 100 == await offset_of(kept, path)


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
async def test_a_piece_that_changed_on_its_way_is_not_kept(
    kept: httpx.AsyncClient, tmp_path: Path, algorithm: str
) -> None:
    whole = photo()
    path = await begun(kept, len(whole))
    bad = await go_on(kept, path, 0, whole[:-1] + b"?", **{"Upload-Checksum": hash_of(algorithm, whole)})
    after_bad, left = await offset_of(kept, path), stored(tmp_path)
    good = await go_on(kept, path, 0, whole, **{"Upload-Checksum": hash_of(algorithm, whole)})

    assert (460, 0, []) == (bad.status_code, after_bad, left)
    assert (204, "ready") == (good.status_code, (await state_of(kept, path))["state"])


async def test_a_checksum_that_nobody_can_check_is_refused(kept: httpx.AsyncClient) -> None:
    path = await begun(kept, 100)

    for given in ("md5 abcd", "sha256", "sha256 ???", "crc32 AAAA"):
        assert 400 == (await go_on(kept, path, 0, b"x", **{"Upload-Checksum": given})).status_code
    assert 0 == await offset_of(kept, path)


async def test_another_type_of_content_is_refused(kept: httpx.AsyncClient) -> None:
    path = await begun(kept, 100)
    answer = await kept.patch(path, content=b"x", headers={**TUS, "Upload-Offset": "0"})

    assert 415 == answer.status_code


async def test_more_than_was_announced_stops_in_the_middle(kept: httpx.AsyncClient, tmp_path: Path) -> None:
    path, sent = await begun(kept, 1_200_000), 0

    async def without_end() -> AsyncIterator[bytes]:
        nonlocal sent
        yield photo()[:1000]
        while sent < 100:
            sent += 1
            yield b"x" * 100_000

    answer = await go_on(kept, path, 0, without_end())

    assert 413 == answer.status_code
    assert sum(f.stat().st_size for f in (tmp_path / "evidence").rglob("*") if f.is_file()) <= 1_200_000


async def test_small_pieces_are_limited_except_for_the_last_one(
    kept: httpx.AsyncClient, pool: Pool, tmp_path: Path
) -> None:
    whole = photo()
    path = await begun(kept, len(whole))
    no_head = await go_on(kept, path, 0, whole[:10])  # too short to tell the format
    codes = [(await go_on(kept, path, n * 1_000, whole[n * 1_000 : (n + 1) * 1_000])).status_code for n in range(5)]
    refused = await go_on(kept, path, 4_000, whole[4_000:5_000])

    assert (400, [204] * SPARE + [400]) == (no_head.status_code, codes)
    assert ("urn:lapor:problem:upload-piece", "4000") == (refused.json()["type"], refused.headers["upload-offset"])
    assert SPARE == len(stored(tmp_path))
    assert 204 == (await go_on(kept, path, 4_000, whole[4_000:-5])).status_code
    assert 204 == (await go_on(kept, path, len(whole) - 5, whole[-5:])).status_code
    assert "ready" == await pool.fetchval("SELECT state FROM uploads")


async def test_an_upload_in_the_smallest_pieces_costs_little_beside_its_bytes(
    kept: httpx.AsyncClient, pool: Pool
) -> None:
    whole = of_size(5_000_000)
    before = await pool.fetchval("SELECT pg_current_wal_lsn()")
    path, offset = await begun(kept, len(whole)), 0
    while offset < len(whole):
        answer = await go_on(kept, path, offset, whole[offset : offset + LEAST])
        assert 204 == answer.status_code
        offset += LEAST
    wal = await pool.fetchval("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), $1)", before)
    table = await pool.fetchval("SELECT pg_total_relation_size('uploads')")

    assert wal + table < 3 * len(whole), (wal, table)


async def test_one_that_is_terminated_is_gone(kept: httpx.AsyncClient, pool: Pool) -> None:
    path = await begun(kept, 100)
    await go_on(kept, path, 0, photo()[:50])

    assert 204 == (await kept.delete(path, headers=TUS)).status_code
    assert (404, 404) == (
        (await kept.head(path, headers=TUS)).status_code,
        (await go_on(kept, path, 50, b"x")).status_code,
    )
    assert 1 == await pool.fetchval("SELECT count(*) FROM discarded_files")


async def test_a_name_that_no_database_can_look_for_is_of_nothing(kept: httpx.AsyncClient) -> None:
    assert [404, 404] == [(await kept.get(path)).status_code for path in ("/v1/uploads/%00", "/foto/%00")]


async def test_guessed_upload_id_returns_not_found(kept: httpx.AsyncClient, pool: Pool) -> None:
    await begun(kept, 100)
    name = await pool.fetchval("SELECT name FROM uploads")

    for guess in (name, "A" * 22, "..%2f..%2fetc"):
        assert 404 == (await kept.get(f"/v1/uploads/{guess}")).status_code


# ── not a photo ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("content", "why"),
    [(b"%PDF-1.7" + b"x" * 700_000, "photo_kind"), (b"<svg " + b"x" * 700_000, "photo_kind")],
    ids=["pdf", "svg"],
)
async def test_wrong_format_is_rejected_from_the_first_bytes(
    kept: httpx.AsyncClient, texts: Texts, tmp_path: Path, content: bytes, why: str
) -> None:
    path = await begun(kept, 5_000_000)
    answer = await go_on(kept, path, 0, content)

    assert (422, texts.web[why]) == (answer.status_code, answer.json()["detail"])
    assert [] == stored(tmp_path)


@pytest.mark.parametrize(
    ("content", "why"),
    [(POLYGLOT, "photo_unreadable"), (blank("PNG", "1", 8000, 8000), "photo_pixels")],
    ids=["html in a JPEG", "bomb"],
)
async def test_undecodable_photo_is_rejected_with_advice(
    kept: httpx.AsyncClient, texts: Texts, tmp_path: Path, content: bytes, why: str
) -> None:
    path = await begun(kept, len(content))
    answer = await go_on(kept, path, 0, content)

    assert (422, texts.web[why]) == (answer.status_code, answer.json()["detail"])
    assert {"state": "refused", "detail": texts.web[why]}.items() <= (await state_of(kept, path)).items()
    assert [] == stored(tmp_path)


# ── broken connections, ended processes ──────────────────────────────────────────────────────────────────────────────
@pytest.fixture
async def serve(
    pool: Pool, make_settings: Callable[..., WebSettings], texts: Texts, tmp_path: Path
) -> AsyncIterator[Callable[[], Any]]:
    """Starts the website on a real port, or restarts it with an empty memory."""
    port = choose({"web": 0}, tmp_path / "ports.json")["web"]
    settings, running = make_settings(web_port=port, web_public_url=None), AsyncExitStack()

    async def start() -> str:
        await running.aclose()
        store = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=BOUND_S)
        await running.enter_async_context(answering(with_heads(build_app(store, settings, texts)), port))
        return settings.public_url

    async with running:
        yield start


async def breaks_after(url: str, path: str, offset: int, content: bytes, most: int) -> None:
    """Send a piece over a connection that breaks after ``most`` bytes of it."""
    _, writer = await asyncio.open_connection(HOST, httpx.URL(url).port)
    head = {**CHUNK, "Host": "lapor", "Upload-Offset": str(offset), "Content-Length": str(len(content))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"PATCH {path} HTTP/1.1\r\n{lines}\r\n".encode() + content[:most])
    await writer.drain()
    writer.close()
    await within(writer.wait_closed())


async def until_offset(client: httpx.AsyncClient, path: str, more_than: int) -> int:
    async with asyncio.timeout(60):
        while (offset := await offset_of(client, path)) <= more_than:
            await asyncio.sleep(0.02)
    return offset


@pytest.mark.parametrize("most", [1_000, 10_000, 30_000, 50_000])
async def test_a_photo_arrives_over_a_line_that_breaks_after_a_few_kilobytes_each_time(
    pool: Pool, make_settings: Callable[..., WebSettings], most: int
) -> None:
    uploads, whole = PostgresStore(pool, make_settings(), SERVICE, lambda: None, within_s=BOUND_S).uploads, photo()
    upload = await uploads.create(len(whole))

    async def broken(offset: int) -> AsyncIterator[bytes]:
        yield whole[offset : offset + most]
        raise ClientGone

    while len(whole) - upload.received > most:
        before = upload
        with pytest.raises(ClientGone):
            await uploads.append(before, before.received, broken(before.received))
        found = await uploads.find(upload.id)
        assert found
        assert found.received == before.received + most
        upload = found
    parts = [await uploads.files.get(each) or b"" for each in upload.parts]

    assert whole[: upload.received] == b"".join(parts)
    assert len(parts) <= SPARE + 1 + upload.received // LEAST


async def test_five_megabytes_arrive_over_a_line_that_breaks_every_500_kb_and_a_restart(
    serve: Callable[[], Any], pool: Pool
) -> None:
    whole, breaks, offset = of_size(5_000_000), 0, 0
    url = await serve()
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        path = await begun(client, len(whole))
        while len(whole) - offset > 500_000:
            await breaks_after(url, path, offset, whole[offset:], 500_000)
            offset, breaks = await until_offset(client, path, offset), breaks + 1
            if breaks == 5:
                await serve()  # as after a restart: nothing in memory
                assert offset == await offset_of(client, path)
        last = await go_on(client, path, offset, whole[offset:])
        made = await state_of(client, path)

    assert breaks >= 10
    assert (204, "ready", len(whole)) == (last.status_code, made["state"], made["received"])
    assert 1 == await pool.fetchval("SELECT count(*) FROM uploads WHERE state = 'ready'")


async def test_one_that_was_not_made_small_before_a_restart_is_when_it_is_attached(
    kept: httpx.AsyncClient, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = photo()
    path = await begun(kept, len(whole))
    with monkeypatch.context() as away:
        away.setattr("intake_web.adapters.uploads.Uploads.finish", _never)
        await go_on(kept, path, 0, whole)
    before = (await state_of(kept, path))["state"]
    sent = await kept.post(
        "/v1/complaints",
        json={"text": "Jalan rusak", "uploads": [path.rpartition("/")[2]]},
        headers={"Idempotency-Key": "one"},
    )

    assert ("coming", 202) == (before, sent.status_code)
    assert 1 == await pool.fetchval("SELECT count(*) FROM uploads WHERE complaint_id IS NOT NULL")


async def test_decoding_stops_when_the_sender_disconnects(
    serve: Callable[[], Any], pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, ended, whole = asyncio.Event(), asyncio.Event(), photo()

    async def decode(*_: Any) -> Any:
        began.set()
        try:
            await within(asyncio.Event().wait())
        finally:
            ended.set()

    monkeypatch.setattr(Decoder, "decode", decode)
    url = await serve()
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        path = await begun(client, len(whole))
        sending = asyncio.create_task(go_on(client, path, 0, whole))
        await within(began.wait())
        sending.cancel()
        await within(ended.wait())

        assert {"state": "coming", "received": len(whole)}.items() <= (await state_of(client, path)).items()


async def test_photos_slow_to_decode_limit_only_their_own_sender(
    kept: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def decode(_: Any, content: AsyncIterator[bytes], sender: Sender) -> Any:
        assert [True async for _ in content]
        sender.charge(50)
        raise Refused("photo_unreadable")

    monkeypatch.setattr(Decoder, "decode", decode)
    there, elsewhere = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "198.51.100.7"}

    async def upload(**who: str) -> httpx.Response:
        begun_ = await begin(kept, len(photo()), **who)
        return await go_on(kept, str(httpx.URL(begun_.headers["location"]).path), 0, photo(), **who)

    codes = [(await upload(**there)).status_code for _ in range(4)]
    other = await upload(**elsewhere)

    assert [422, 422, 422, 429] == codes
    assert 422 == other.status_code


async def _never(_self: Any, upload: Any, _sender: Any) -> Any:
    return upload, None


async def test_two_that_go_on_at_once_do_not_mix(kept: httpx.AsyncClient) -> None:
    whole = photo()
    path = await begun(kept, len(whole))
    both = await within(asyncio.gather(go_on(kept, path, 0, whole), go_on(kept, path, 0, whole)))

    assert {204, 409} >= {each.status_code for each in both}
    assert 204 in {each.status_code for each in both}
    assert "ready" == (await state_of(kept, path))["state"]


# ── free space, and expiry ───────────────────────────────────────────────────────────────────────────────────────────
async def test_on_a_disk_that_fills_nothing_new_is_begun_and_nothing_is_lost(
    kept: httpx.AsyncClient, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await begun(kept, 400)
    await go_on(kept, path, 0, photo()[:100])
    monkeypatch.setattr(files, "RESERVE", 10**18)
    answer = await begin(kept, 400)

    assert (507, texts.web["photos_full"]) == (answer.status_code, answer.json()["detail"])
    assert answer.headers["retry-after"]
    assert 100 == await offset_of(kept, path)


async def test_expired_uploads_are_deleted_with_their_files(
    kept: httpx.AsyncClient, pool: Pool, make_settings: Callable[..., WebSettings], tmp_path: Path
) -> None:
    whole = photo()
    half, done, fresh = [await begun(kept, len(whole)) for _ in range(3)]
    await go_on(kept, half, 0, whole[:1000])
    await go_on(kept, done, 0, whole)
    await go_on(kept, fresh, 0, whole[:1000])
    old = [path.rpartition("/")[2] for path in (half, done)]
    await pool.execute("UPDATE uploads SET expires_at = now() - interval '1 s' WHERE id = ANY($1)", old)
    expired = [(await kept.head(path, headers=TUS)).status_code for path in (half, done, fresh)]
    uploads = PostgresStore(pool, make_settings(), SERVICE, lambda: None, within_s=BOUND_S).uploads
    await uploads.delete_once()

    assert [404, 404, 200] == expired
    assert 1 == len(stored(tmp_path))
    assert 0 == await pool.fetchval("SELECT count(*) FROM discarded_files")
    assert 1000 == await offset_of(kept, fresh)


async def test_the_hourly_sweep_lets_go_of_them_too(kept: httpx.AsyncClient, pool: Pool) -> None:
    await begun(kept, 100)
    await pool.execute("UPDATE uploads SET expires_at = now() - interval '1 s'")
    await sweep_once(pool, SERVICE, b"key", {})

    assert (0, 1) == (
        await pool.fetchval("SELECT count(*) FROM uploads"),
        await pool.fetchval("SELECT count(*) FROM discarded_files"),
    )


async def test_the_picture_that_is_kept_is_the_one_that_was_sent(kept: httpx.AsyncClient, tmp_path: Path) -> None:
    out = io.BytesIO()
    opened(photo()).resize((800, 600)).save(out, "PNG")
    path = await begun(kept, len(out.getvalue()))
    await go_on(kept, path, 0, out.getvalue())

    (large,) = (tmp_path / "evidence").rglob("large.jpg")
    assert (800, 600) == opened(large.read_bytes()).size
