"""The first bytes of a file: what can never be a photo is refused before the rest is sent."""

from __future__ import annotations

import pytest

from intake.photo import HEAD, refusal_of
from testing.pictures import HEIC, POLYGLOT, photo


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photos_may_be_photos(kind: str) -> None:
    assert "" == refusal_of(photo(kind)[:HEAD], videos=False)


def test_a_heic_is_no_video() -> None:
    assert "" == refusal_of(HEIC[:HEAD], videos=False)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00", "photo_video"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00", "photo_video"),
        (b"\x00\x00\x00\x14ftyp3gp5\x00\x00\x00\x00", "photo_video"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00", "photo_kind"),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x86\x81\x01", "photo_video"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "photo_video"),
        (b"%PDF-1.7 ......", "photo_kind"),
        (b"<svg xmlns='http'", "photo_kind"),
        (b"<!doctype html>", "photo_kind"),
        (b"GIF89a..........", "photo_kind"),
        (b"PK\x03\x04............", "photo_kind"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "photo_kind"),
        (b"", "photo_kind"),
    ],
    ids=["mp4", "mov", "3gp", "avif", "webm", "avi", "pdf", "svg", "html", "gif", "zip", "wav", "nothing"],
)
def test_unsupported_file_is_refused_by_its_kind(head: bytes, why: str) -> None:
    assert why == refusal_of(head, videos=False)


def test_only_decoding_tells_a_page_with_the_head_of_a_photo() -> None:
    assert "" == refusal_of(POLYGLOT[:HEAD], videos=False)
