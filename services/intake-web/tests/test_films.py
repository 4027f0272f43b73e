"""FFmpeg makes a new video: picture and sound stay, and nothing else; errors are explained."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_forms import send, value_of
from test_uploads import begin, begun, go_on, state_of, stored

from chassis.database import Pool
from intake import films
from intake.decoder import Sender
from intake.files import StoreDown
from intake.films import Film, Films, Lay, find_films, lay_file
from intake.photo import HEAD, MAX_BYTES, MAX_VIDEO_BYTES, Refused, is_video, refusal_of
from intake.texts import Texts
from intake_web.adapters import postgres
from testing.clips import TOLD, clip
from testing.pictures import of_size, opened
from testing.programs import program
from testing.waiting import BOUND_S, within

pytestmark = pytest.mark.slow
KINDS = ["mp4", "mov", "webm", "3gp", "avi"]
#: H.263 supports only a few sizes.
SIZE = {"3gp": (352, 288)}


@pytest.fixture(autouse=True)
def maker() -> Films:
    program("ffmpeg", debian="ffmpeg")
    found = find_films()
    assert found
    return found


def probed(content: bytes, folder: Path) -> dict[str, Any]:
    (folder / "made").write_bytes(content)
    asked = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", "-show_chapters"]
    found: dict[str, Any] = json.loads(subprocess.check_output([*asked, str(folder / "made")], timeout=120))
    return found


async def made_of(maker: Films, content: bytes, folder: Path) -> Film:
    (folder / "came").write_bytes(content)
    return await maker.make(lay_file(folder / "came"))


async def why(maker: Films, content: bytes, folder: Path) -> str:
    with pytest.raises(Refused) as refused:
        await made_of(maker, content, folder)
    return refused.value.why


# ── the new video ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", KINDS)
def test_phone_videos_are_recognised_by_their_first_bytes(kind: str) -> None:
    head = clip(2, kind, *SIZE.get(kind, ()))[:HEAD]

    assert (True, "", "photo_video") == (is_video(head), refusal_of(head, videos=True), refusal_of(head, videos=False))


def test_a_recording_of_sound_is_no_video() -> None:
    assert "photo_kind" == refusal_of(b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00", videos=True)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_video_kind_becomes_playable_on_phones_without_metadata(
    maker: Films, tmp_path: Path, kind: str
) -> None:
    came = clip(2, kind, *SIZE.get(kind, ()))
    made = await made_of(maker, came, tmp_path)
    found = probed(made.large, tmp_path)

    assert kind in ("3gp", "avi", "webm") or [told for told in TOLD if told in came], "there is something to remove"
    assert not [told for told in TOLD if told in made.large + made.small]
    assert {"video": "h264", **({} if kind == "3gp" else {"audio": "aac"})} == {
        each["codec_type"]: each["codec_name"] for each in found["streams"]
    }
    assert [] == found["chapters"]
    assert 1.5 < float(found["format"]["duration"]) < 2.5
    assert ("JPEG", 320) == (opened(made.small).format, max(opened(made.small).size))


async def test_a_large_one_becomes_as_small_as_a_clerk_needs(maker: Films, tmp_path: Path) -> None:
    made = await made_of(maker, clip(1, "mp4", 1080, 1920), tmp_path)
    (picture, *_) = probed(made.large, tmp_path)["streams"]

    assert (480, 854) == (picture["width"], picture["height"])


@pytest.mark.parametrize("kind", ["mp4", "webm"])
async def test_one_of_more_than_a_minute_is_refused_and_not_cut(maker: Films, tmp_path: Path, kind: str) -> None:
    long = clip(63, kind, 64, 36)
    if kind == "webm":  # a browser's recording states no duration
        long = long.replace(b"\x44\x89\x88", b"\xec\x80\xec", 1)

    assert "video_long" == await why(maker, long, tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"\x00\x00\x00\x18ftypmp42" + b"x" * 5000, b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/x.ts\n", b""],
    ids=["damaged", "a playlist", "nothing"],
)
async def test_unplayable_video_is_refused(maker: Films, tmp_path: Path, content: bytes) -> None:
    assert "video_unreadable" == await why(maker, content, tmp_path)


async def test_one_that_takes_too_long_is_stopped(
    maker: Films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "_WITHIN_S", 0.2)

    assert "video_unreadable" == await why(maker, clip(30, "mp4", 1280, 720), tmp_path)


async def test_where_many_wait_one_more_is_asked_to_come_again(maker: Films, tmp_path: Path) -> None:
    (tmp_path / "came").write_bytes(clip())
    waiting = [asyncio.create_task(maker.make(lay_file(tmp_path / "came"))) for _ in range(4)]
    await asyncio.sleep(0)

    with pytest.raises(StoreDown):
        await maker.make(lay_file(tmp_path / "came"))
    assert [Film] * 4 == [type(each) for each in await within(asyncio.gather(*waiting))]


# ── uploads ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.connected
async def test_one_in_pieces_is_made_and_what_came_is_deleted(
    kept: httpx.AsyncClient, pool: Pool, tmp_path: Path
) -> None:
    whole = clip(5, "mp4", 1280, 720)
    path = await begun(kept, len(whole))
    half = len(whole) // 2
    await go_on(kept, path, 0, whole[:half])
    last = await go_on(kept, path, half, whole[half:])

    assert (204, "ready") == (last.status_code, (await state_of(kept, path))["state"])
    assert ["large.mp4", "small.jpg"] == stored(tmp_path)
    assert "video/mp4" == await pool.fetchval("SELECT media_type FROM uploads")


@pytest.mark.connected
async def test_repeated_request_waits_for_the_video_in_progress(
    kept: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, make = list[Lay](), Films.make

    async def counting(self: Films, lay: Lay, sender: Sender) -> Film:
        made.append(lay)
        return await make(self, lay, sender)

    monkeypatch.setattr(Films, "make", counting)
    whole = clip(20, "mp4", 1280, 720)
    path = await begun(kept, len(whole))
    first = asyncio.create_task(go_on(kept, path, 0, whole))
    async with asyncio.timeout(60):
        while not made:
            await asyncio.sleep(0.01)
    again = await go_on(kept, path, len(whole), b"")

    assert [204, 204, 1] == [again.status_code, (await first).status_code, len(made)]


@pytest.mark.connected
async def test_one_that_is_refused_is_said_at_its_upload(kept: httpx.AsyncClient, texts: Texts, tmp_path: Path) -> None:
    whole = clip(63, "mp4", 64, 36)
    path = await begun(kept, len(whole))
    answer = await go_on(kept, path, 0, whole)

    assert (422, texts.web["video_long"]) == (answer.status_code, answer.json()["detail"])
    assert ("refused", []) == ((await state_of(kept, path))["state"], stored(tmp_path))


@pytest.mark.connected
async def test_a_photo_may_not_be_as_large_as_a_video(kept: httpx.AsyncClient, texts: Texts) -> None:
    path = await begun(kept, MAX_BYTES + 1)
    answer = await go_on(kept, path, 0, of_size(600_000))
    too_long = await begin(kept, MAX_VIDEO_BYTES + 1)

    says = [texts.web["photo_too_large"].format(most=most) for most in (10, 100)]
    assert [(413, says[0]), (413, says[1])] == [
        (each.status_code, each.json()["detail"]) for each in (answer, too_long)
    ]


@pytest.mark.connected
async def test_without_ffmpeg_a_video_is_refused_and_not_offered(
    pool: Pool, make_settings: Any, client_on: Any, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (postgres, films):
        monkeypatch.setattr(module, "find_films", lambda: None)
    monkeypatch.setattr("intake_web.app.find_films", lambda: None)
    store = postgres.PostgresStore(pool, make_settings(), "intake-web", lambda: None, within_s=BOUND_S)
    async with client_on(store) as client:
        answer = await go_on(client, await begun(client, 5000), 0, clip()[:5000])
        page, able = (await client.get("/")).text, await client.options("/v1/uploads")

    assert (422, texts.web["photo_video"]) == (answer.status_code, answer.json()["detail"])
    assert ('accept="image/*"' in page, texts.web["video_hint"] in page) == (True, False)
    assert str(MAX_BYTES) == able.headers["tus-max-size"]


# ── seen ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.connected
async def test_sent_with_the_form_its_reporter_watches_it_in_parts(kept: httpx.AsyncClient) -> None:
    sent = await send(kept, clip())
    page = (await kept.get(sent.headers["location"])).text
    (source,) = [line.split('src="')[1].split('"')[0] for line in page.splitlines() if "<video" in line]
    whole, still = await kept.get(source), await kept.get(f"{source}?kecil")
    asked = [await kept.get(source, headers={"Range": each}) for each in ("bytes=0-99", "bytes=100-", "bytes=9999999-")]

    assert (200, "video/mp4", "image/jpeg") == (
        whole.status_code, whole.headers["content-type"], still.headers["content-type"],
    )  # fmt: skip
    assert [206, 206, 416] == [each.status_code for each in asked]
    assert whole.content == asked[0].content + asked[1].content
    assert f"bytes 0-99/{len(whole.content)}" == asked[0].headers["content-range"]
    assert whole.headers["content-disposition"].endswith('.mp4"')


@pytest.mark.connected
async def test_one_that_is_refused_in_the_form_is_said_there(kept: httpx.AsyncClient, texts: Texts) -> None:
    asked = await send(kept, clip(63, "mp4", 64, 36))

    assert (400, True) == (asked.status_code, texts.web["video_long"] in asked.text)
    assert "" == value_of(asked.text, "uploads")
