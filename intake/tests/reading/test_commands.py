"""Commands about an existing complaint, however the message is written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from intake.reading.commands import Command, read_command
from kabupaten.spelling import nearly

T = "SPG-M000-0000C"
WRONG = "SPG-M000-0000D"
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def command(kind: str, text: str = "", rating: int | None = None) -> Command:
    return Command(kind=kind, text=text, ticket=T, rating=rating)  # type: ignore[arg-type]


def asking(text: str) -> Command:
    return Command(kind="addition", text=text, ticket=T, asks=True)


@pytest.mark.parametrize(
    ("text", "wanted"),
    {
        f"STATUS {T}": command("status"),
        f"stats {T}": command("status"),
        f"{T} status": command("status"),
        f"bagaimana status {T} sekarang?": command("status"),
        f"{T} statusnya masih berlubang": command("addition", "statusnya masih berlubang"),
        f"{T} status jalan ini masih rusak": command("addition", "status jalan ini masih rusak"),
        f"NILAI {T} 5": command("rating", "", 5),
        f"nilai 4 {T} cepat sekali": command("rating", "cepat sekali", 4),
        f"NILAI {T} 3/5, lumayan": command("rating", "lumayan", 3),
        f"NILIA {T} lima": command("rating", "", 5),
        f"{T} nilai 2": command("rating", "", 2),
        f"beri bintang 5 {T}": command("rating", "", 5),
        f"nilai {T} bintang 1": command("rating", "", 1),
        f"NILAI {T} pelayanan ok: 4!": command("rating", "pelayanan ok", 4),
        f"NILAI {T}": command("bad_rating"),
        f"NILAI {T} 0": command("bad_rating"),
        f"NILAI {T} 6": command("bad_rating"),
        f"NILAI {T} {'9' * 9_000}": command("bad_rating"),
        f"NILAI {T} bagus": command("bad_rating"),
        f"{T} 5": command("addition", "5"),
        f"BUKA {T} masih bocor": command("reopen", "masih bocor"),
        f"buka kembali {T}: belum beres": command("reopen", "belum beres"),
        f"{T} buka lagi, masih bocor": command("reopen", "masih bocor"),
        f"{T} buka": command("reopen"),
        f"KEBERATAN {T} 1 yang kecil belum ditambal": command("appeal", "yang kecil belum ditambal", 1),
        f"keberatan {T}: bukan jalan ini yang ditambal": command("appeal", "bukan jalan ini yang ditambal"),
        f"KEBERATAN {T} dua, masih bocor": command("appeal", "masih bocor", 2),
        f"KEBERATAN {T} 10 hari belum selesai": command("appeal", "10 hari belum selesai"),
        f"Ajukan keberatan {T}": command("appeal"),
        f"{T} keberatan, masih bocor": command("appeal", "masih bocor"),
        f"{T} buka jam berapa kantornya?": command("addition", "buka jam berapa kantornya?"),
        f"buka portal {T}": command("addition", "buka portal"),
        f"BATAL {T}": command("cancel"),
        f"{T} batalkan saja pak": command("cancel", "saja pak"),
        f"Batal panen karena irigasi kering {T}": command("addition", "Batal panen karena irigasi kering"),
        f"HAPUS DATA {T}": command("erasure"),
        f"hapus data pribadi saya {T} tolong": command("erasure", "tolong"),
        f"{T} hapus data": command("erasure"),
        f"HAPUS {T}": command("addition", "HAPUS"),
        f"STATUS {T} belum ada yang datang, ada anak tersengat": asking("belum ada yang datang, ada anak tersengat"),
        f"CEK {T} petugas minta uang Rp200.000": asking("petugas minta uang Rp200.000"),
        f"sudah sampai mana {T}?": command("status"),
        f"{T} status masih sama": command("addition", "status masih sama"),
        f"{T} cek lokasi pak": command("addition", "cek lokasi pak"),
        f"{T} batal, sudah diperbaiki": command("cancel", "sudah diperbaiki"),
        f"Batal laporan {T} terima kasih": command("cancel", "laporan terima kasih"),
        f"{T} bakal diperbaiki kapan?": command("addition", "bakal diperbaiki kapan?"),
        f"Batas waktu laporan {T} kapan?": command("addition", "Batas waktu laporan kapan?"),
        f"{T} gatal semua pak": command("addition", "gatal semua pak"),
        f"Fatal {T} jalan longsor": command("addition", "Fatal jalan longsor"),
        f"{T} batal diaspal lagi": command("addition", "batal diaspal lagi"),
        f"Batal dikerjakan kah {T}? kami menunggu": command("addition", "Batal dikerjakan kah ? kami menunggu"),
        f"Batal kah {T}?": command("addition", "Batal kah ?"),
        f"BATAL {T} jangan dulu": command("addition", "BATAL jangan dulu"),
        f"NILAI {T} buruk, lampu mati lagi di RT 5": command("addition", "NILAI buruk, lampu mati lagi di RT 5"),
        f"nilai {T} kurang, jalan masih rusak depan SD 5": command(
            "addition", "nilai kurang, jalan masih rusak depan SD 5"
        ),
        f"{T} Ranting 5 meter menimpa kabel": command("addition", "Ranting 5 meter menimpa kabel"),
        f"Ranting pohon {T} masih menimpa kabel": command("addition", "Ranting pohon masih menimpa kabel"),
        f"{T} nilai 5 juta kerugian saya": command("addition", "nilai 5 juta kerugian saya"),
        f"{T} binatang 3 ekor di jalan": command("addition", "binatang 3 ekor di jalan"),
        f"NILAI {T} pelayanan cepat, 4": command("rating", "pelayanan cepat", 4),
        f"{T} harus data apa lagi yang saya kirim?": command("addition", "harus data apa lagi yang saya kirim?"),
        f"{T} hapus data bansos ganda itu": command("addition", "hapus data bansos ganda itu"),
        f"hapus coretan {T}": command("addition", "hapus coretan"),
        f"{T} hapus coretan di dinding": command("addition", "hapus coretan di dinding"),
        f"BATASI DATA {T}": command("restriction"),
        f"batasi pemakaian data saya {T}": command("restriction"),
    }.items(),
)
def test_a_command_is_understood_and_what_may_be_an_addition_is_one(text: str, wanted: Command) -> None:
    assert wanted == read_command(text)


@pytest.mark.parametrize(
    "text",
    ["NILAI 5", "BUKA", "KEBERATAN", "BATAL", "STATUS", "STATUS SPG-123", f"NILAI {WRONG} 5", f"{WRONG} masih mati",
     "hapus data saya", f"BUKA {WRONG} masih bocor", "cek laporan saya", "STATUS aduan kemarin?", "BATAL S0TF-R4DZ"],
)  # fmt: skip
def test_a_ticket_that_is_missing_or_mistyped_is_asked_for(text: str) -> None:
    assert Command(kind="bad_ticket") == read_command(text)


@pytest.mark.parametrize(
    "text",
    ["buka portal jalan itu", "nilai raport anak saya tidak keluar", "hapus coretan", "batasi truk besar di jalan desa",
     "status tanah kami belum jelas sampai sekarang", "bintang tujuh", "CEK jalan rusak Ganra", "status jalan rusak",
     "batal panen padi", "Keberatan dengan tarif parkir di pasar"],
)  # fmt: skip
def test_a_complaint_may_begin_like_a_command(text: str) -> None:
    assert read_command(text) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    {
        "nilai 5 mantap": command("rating", "mantap", 5),
        "NILAI 7": command("bad_rating"),
        "buka lagi, masih bocor": command("reopen", "masih bocor"),
        "keberatan 1 masih bocor": command("appeal", "masih bocor", 1),
        "keberatan dengan tarif parkir": None,
        "batal": command("cancel"),
        "status?": command("status"),
        "hapus data saya": command("erasure"),
        "buka jam berapa kantornya": None,
        "nilai saya bagus": None,
    }.items(),
)
def test_in_its_own_conversation_a_complaint_needs_no_ticket(text: str, wanted: Command | None) -> None:
    assert wanted == read_command(text, T)


def test_a_command_becomes_what_the_router_understands() -> None:
    rated = read_command(f"NILAI {T} 4 cepat")
    asked = read_command(f"BATASI DATA {T}")
    looked = read_command(T)
    assert rated
    assert asked
    assert looked
    item = rated.follow_up("i", AT)
    right = asked.follow_up("i", AT)
    assert item
    assert right
    assert ("rating", 4, "cepat", UNSET) == (item.kind, item.rating, item.text, item.right)
    assert ("rights_request", "restriction", UNSET, UNSET) == (right.kind, right.right, right.rating, right.text)
    assert looked.follow_up("i", AT) is None


@pytest.mark.parametrize("number", ["lıma", "tİga", "0", "6", "²", "٦"])
def test_invalid_rating_is_recognised_as_a_bad_rating(number: str) -> None:
    found = read_command(f"NILAI {T} {number}")
    assert found
    assert "bad_rating" == found.kind


@given(st.text(), st.sampled_from(["", T]))
def test_no_text_is_too_strange(text: str, known: str) -> None:
    found = read_command(text, known)
    assert found is None or found.ticket or found.kind == "bad_ticket"


@given(st.text(), st.sampled_from(["NILAI", "BUKA", "BATAL", "HAPUS DATA", "BATASI DATA", "CEK"]))
def test_a_ticket_and_any_text_is_never_a_new_complaint(text: str, word: str) -> None:
    assert read_command(f"{word} {T} {text}") is not None


@pytest.mark.parametrize("word", ["soppeng", "sopeng", "soppen", "soppengs", "xoppeng", "sopepng", "soppegn"])
def test_one_slip_of_the_finger_is_near(word: str) -> None:
    assert nearly(word, "SOPPENG")


@pytest.mark.parametrize("word", ["", "sopng", "soppengan", "opengp", "gneppos", "sppoeng_"])
def test_two_slips_are_not(word: str) -> None:
    assert not nearly(word, "SOPPENG")
