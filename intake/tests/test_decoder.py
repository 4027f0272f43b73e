"""A stranger's bytes are decoded in a process that can do nothing else, into new photos or a refusal."""

from __future__ import annotations

import asyncio
import io
import os
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from intake import decoder
from intake.decoder import Decoder, Derived, Sender
from intake.files import StoreDown
from intake.photo import CPU_S, Place, Refused
from testing.pictures import HEIC, PLACE, POLYGLOT, SECRETS, blank, endless, opened, photo
from testing.waiting import finish, within


async def derive(content: bytes) -> Derived:
    return await Decoder().decode(content)


async def why(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        await derive(content)
    return refused.value.why


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIC"])
async def test_each_photo_kind_becomes_two_jpegs_free_of_metadata(kind: str) -> None:
    made = await derive(HEIC if kind == "HEIC" else photo(kind))

    assert Place(*PLACE) == made.place
    for each in (made.large, made.small):
        picture = opened(each)
        assert ("JPEG", "RGB") == (picture.format, picture.mode)
        assert not picture.getexif()
        assert not {"exif", "comment", "icc_profile", "xmp"} & picture.info.keys()
        assert not [secret for secret in SECRETS if secret in each]


async def test_they_are_as_large_as_a_clerk_and_a_list_need() -> None:
    made = await derive(photo())

    assert ((1280, 960), (320, 240)) == (opened(made.large).size, opened(made.small).size)


async def test_one_that_was_held_upright_is_upright() -> None:
    made = await derive(photo(rotated=6))

    assert (960, 1280) == opened(made.large).size


async def test_transparent_parts_become_white() -> None:
    made = await derive(blank("PNG", "RGBA", 40, 30))

    assert (255, 255, 255) == opened(made.large).getpixel((5, 5))


async def test_photo_without_coordinates_has_no_place() -> None:
    assert (await derive(blank("JPEG", "RGB", 40, 30))).place is None


@pytest.mark.parametrize(
    ("width", "height"), [(6400, 6400), (8000, 8000), (30000, 30000)], ids=["41 MP", "64 MP", "900 MP"]
)
async def test_a_bomb_does_not_go_off(width: int, height: int) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime

    assert "photo_pixels" == await why(blank("PNG", "1", width, height))
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 5


async def test_a_jpeg_whose_passes_have_no_end_is_refused_before_it_is_decoded() -> None:
    charged: list[float] = []
    with pytest.raises(Refused, match="photo_unreadable"):
        await Decoder().decode(endless(2_732), Sender(charge=charged.append))

    assert 0 < charged[0] < CPU_S / 2


async def test_one_in_ten_passes_is_taken_and_so_is_one_with_a_film_behind_it() -> None:
    out = io.BytesIO()
    opened(photo()).save(out, "JPEG", progressive=True)

    assert (1280, 960) == opened((await derive(out.getvalue())).large).size
    assert (1280, 960) == opened((await derive(photo() + b"\xff\xda\0\x08" * 200)).large).size


async def test_decoder_killed_by_the_kernel_is_charged_the_full_cpu_allowance() -> None:
    charged: list[float] = []
    with pytest.raises(Refused), decoder._charged(Sender(charge=charged.append)) as cost:
        decoder._read(b"", -9, cost)

    assert [CPU_S] == charged


async def test_disconnected_sender_is_charged_for_the_time_used() -> None:
    charged, reading, goes_on = list[float](), asyncio.Event(), asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        reading.set()
        await within(goes_on.wait())
        yield b""

    making = asyncio.create_task(Decoder().decode(pieces(), Sender(charge=charged.append)))
    await within(reading.wait())
    making.cancel()
    await finish(making)

    assert [True] == [0 < seconds < 60 for seconds in charged]


async def test_pieces_that_come_too_slowly_are_no_fault_of_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "_GIVEN_WITHIN_S", 0.05)
    charged, never = list[float](), asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield photo()[:1000]
        await within(never.wait())

    with pytest.raises(StoreDown):
        await within(Decoder().decode(pieces(), Sender(charge=charged.append)))

    assert [0] == charged


async def test_nothing_of_a_photo_is_read_before_it_is_its_turn() -> None:
    read, both = list[str](), Decoder()

    async def pieces(name: str) -> AsyncIterator[bytes]:
        read.append(f"{name} begins")
        yield photo()
        read.append(f"{name} ends")

    await within(asyncio.gather(*(both.decode(pieces(name)) for name in "ab")))

    assert ["a begins", "a ends", "b begins", "b ends"] == read


@pytest.mark.parametrize(
    "content",
    [POLYGLOT, photo()[:50_000], HEIC[:400], blank("GIF", "P", 40, 30), b"<svg/>", b""],
    ids=["html with the head of a JPEG", "cut JPEG", "cut HEIC", "GIF", "SVG", "nothing"],
)
async def test_undecodable_photo_is_refused(content: bytes) -> None:
    assert "photo_unreadable" == await why(content)


async def test_decoding_that_takes_too_long_is_aborted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "_WITHIN_S", 0.05)

    assert "photo_unreadable" == await why(photo())


async def test_two_at_once_wait_for_each_other() -> None:
    both = Decoder()
    made = await within(asyncio.gather(both.decode(photo()), both.decode(HEIC)))

    assert [(1280, 960), (64, 48)] == [opened(each.large).size for each in made]


def test_a_decoder_that_was_taken_over_opens_nothing(tmp_path: Path) -> None:
    tries = f"""
import os, socket
from intake import decode
decode._prepare()
decode._confine()
for act in (lambda: open({str(tmp_path / "stolen")!r}, "w"), socket.socket, lambda: os.listdir("/"), os.pipe):
    try:
        act()
        print("did it")
    except OSError as error:
        print(error.errno)
"""
    said = subprocess.run(
        [sys.executable, "-I", "-c", tries], capture_output=True, text=True, check=True, timeout=120
    ).stdout

    assert ["24"] * 4 == said.split()  # EMFILE


async def test_it_knows_nothing_of_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENT_KEY", "secret of the installation")
    seen: list[dict[str, str]] = []
    real = asyncio.create_subprocess_exec

    async def look(*args: str, **given: object) -> asyncio.subprocess.Process:
        environment = given["env"]
        assert isinstance(environment, dict)
        seen.append(environment)
        return await real(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", look)
    await derive(HEIC)

    assert "EVENT_KEY" in os.environ
    assert seen
    assert not any("secret" in value for value in seen[0].values())
