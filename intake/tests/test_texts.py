"""The region's texts: checked at the start, and short enough."""

from __future__ import annotations

import itertools
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from msgspec import UNSET

from contracts.dates import due_in_words, time_in_words
from contracts.events import DerivationDay, FollowUp, Place
from contracts.sentences import DAY_CODES
from contracts.vocabulary import CLOCK_KINDS, DangerKind, Lane, UpdateKind
from intake.complaint_view import ComplaintView, SentWith, Step
from intake.noting import noted, noted_in
from intake.reading.reader import NOTHING
from intake.submissions import Submission
from intake.texts import PARTS, Texts
from kabupaten import load
from testing.events import an_updated
from testing.fixtures import texts_of

REGION = Path(__file__).parents[2] / "region" / "soppeng"
TEXTS = texts_of(REGION)
T = "SPG-S0AB-12CDW"
#: Every midnight of a year, and the second before it.
ENDS = [datetime(2026, 1, 1, 16, tzinfo=UTC) + timedelta(days=n, seconds=-s) for n in range(366) for s in (0, 1)]


def test_every_text_is_plain() -> None:
    texts = yaml.safe_load((REGION / "texts.yaml").read_text())
    assert [] == [(s, key) for s, section in texts.items() for key, text in section.items() if not text.isascii()]


@pytest.mark.parametrize("place_asked", [False, True])
def test_the_receipt_is_one_sms_whatever_the_day_and_the_unit(place_asked: bool) -> None:
    sent = SentWith(place_asked=place_asked)
    for promise, unit in itertools.product(("3 hari kerja", "99 hari kerja"), [None, *TEXTS.units]):
        for end in ENDS:
            story = ComplaintView(ticket=T, deadline_at=end, promise=promise, unit=unit, sent=sent)
            text = TEXTS.receipt("intake-sms", story)
            assert 160 >= len(text)
            assert place_asked == (TEXTS.sms["ask_where"] in text)
            assert unit is None or TEXTS.short[unit] in text


def test_receipt_does_not_name_the_triage_unit_as_the_responsible_one() -> None:
    for service in ("intake-sms", "intake-social"):
        text = TEXTS.receipt(service, ComplaintView(ticket=T, unit=TEXTS.triage, lane=Lane.TRIAGE))
        assert "diperiksa petugas LAPOR!" in text
        assert "Kominfo" not in text


def test_a_confidential_one_is_confirmed_in_public_without_its_unit() -> None:
    story = ComplaintView(ticket=T, unit="PUPR", rahasia=True)
    assert "PUPR" not in TEXTS.receipt("intake-social", story)
    assert "PUPR" in TEXTS.receipt("intake-sms", story)


def test_receipt_says_that_the_complaint_was_handed_over_at_once() -> None:
    text = TEXTS.receipt("intake-sms", ComplaintView(ticket=T, deadline_at=ENDS[0]), f"{T} dilimpahkan ke PLN: a.")
    assert f"{TEXTS.sms['receipt_begun']} {T} dilimpahkan ke PLN: a." == text


def test_the_apology_is_one_sms_whatever_the_day() -> None:
    for end in ENDS:
        assert 160 >= len(TEXTS.apology("intake-sms", T, end, None))


def test_notice_that_replaces_further_answers_is_one_sms() -> None:
    assert 160 >= len(TEXTS.sms["later"])


def test_the_receipt_of_a_marked_complaint_is_one_sms_and_of_one_with_both_marks_two() -> None:
    marks = ((True, False, 160), (False, True, 160), (True, True, 2 * 153))
    midnights = [None, *ENDS[::2]]  # due dates in working days; other promises also name the hour
    for (rahasia, anonim, most), unit in itertools.product(marks, [None, "DLH", "PDAM"]):
        sent = SentWith(anonim=anonim)
        for end in midnights:
            story = ComplaintView(ticket=T, deadline_at=end, promise="99 hari kerja", rahasia=rahasia, sent=sent)
            story = msgspec.structs.replace(story, unit=unit)
            text = TEXTS.receipt("intake-sms", story)
            assert most >= len(text)
            assert (rahasia, anonim) == ("Rahasia" in text, "Anonim" in text)


def test_the_answers_that_need_no_ticket_are_one_sms() -> None:
    forms = [TEXTS.sms[name] for name in ("help", "format", "empty", "too_many", "too_long")]
    values = {**TEXTS.promises, "length": 10_001, "most": 10_000, "emergency": TEXTS.in_doubt}
    assert 160 >= max(len(form.format(**values)) for form in forms)


@pytest.mark.parametrize("kind", DangerKind)
def test_receipt_in_danger_starts_with_whom_to_call_and_fits_one_sms(kind: DangerKind) -> None:
    story = ComplaintView(ticket=T, sent=SentWith(danger=[kind]), deadline_at=ENDS[0], promise="3 hari kerja")
    for service in ("intake-sms", "intake-social"):
        text = TEXTS.receipt(service, story)
        number = TEXTS.emergency.calls([kind])[0].number
        assert text.index(number) < text.index(T)
        assert "hari" not in text
        assert len(text) <= 160
        asked = TEXTS.receipt(service, msgspec.structs.replace(story, sent=SentWith(danger=[kind], place_asked=True)))
        assert len(asked) <= 160
        assert asked.endswith(TEXTS.danger["where"])
        assert len(TEXTS.said_again([kind], T)) <= 160


@pytest.mark.parametrize(
    ("text", "told", "faint"),
    [
        ("kebakaran di pasar, ada anak di dalam", True, False),
        ("tiang listrik di depan SD mulai miring, anak-anak sering lewat", True, True),
        ("lampu jalan mati di depan kantor lurah", False, False),
    ],
)
def test_emergency_number_may_be_told_for_danger_too_faint_to_alarm(text: str, told: bool, faint: bool) -> None:
    sent = Submission(channel="sms", gateway="1708", external_id="1", text=text)
    understood = noted(sent, TEXTS.reader.read(text), TEXTS.reader)

    assert (told, faint) == (bool(understood.danger), understood.faint)


#: Up to three kinds in every order: the first decides what to do.
KINDS = [list(kinds) for n in (1, 2, 3) for kinds in itertools.permutations(DangerKind, n)]
YES_OR_NO = (False, True)


def whole(kinds: list[DangerKind], text: str) -> bool:
    """Whether ``text`` is one SMS and has every number to call."""
    return len(text) <= 160 and text.isascii() and all(c.in_words in text for c in TEXTS.emergency.calls(kinds))


def test_danger_receipt_fits_one_sms_with_any_dangers_and_marks() -> None:
    for kinds, rahasia, anonim, asked in itertools.product(KINDS, YES_OR_NO, YES_OR_NO, YES_OR_NO):
        sent = SentWith(danger=[*kinds], anonim=anonim, place_asked=asked)
        story = ComplaintView(ticket=T, rahasia=rahasia, sent=sent)
        text = TEXTS.receipt("intake-sms", story)
        assert whole(kinds, text), text
        assert (rahasia, anonim, asked) == ("Rahasia" in text, "Anonim" in text, text.endswith("Balas."))
        assert T in text


def test_repeated_or_added_danger_text_fits_one_sms() -> None:
    for kinds in KINDS:
        for text in (TEXTS.said_again(kinds, T), *(TEXTS.added_in_danger(kinds, form, T) for form in ADDED)):
            assert whole(kinds, text), text
            assert T in text


ADDED = ("added", "added_resolved")


def test_no_message_calls_words_of_despair_a_report() -> None:
    despair = [kinds for kinds in KINDS if DangerKind.DESPAIR in kinds]
    for kinds in despair:
        receipt = TEXTS.receipt("intake-sms", ComplaintView(ticket=T, sent=SentWith(danger=[*kinds])))
        added = [TEXTS.added_in_danger(kinds, form, T) for form in ADDED]
        for text in (receipt, TEXTS.said_again(kinds, T), *added):
            assert "lapor" not in text.lower(), text


def test_numbers_for_all_reported_dangers_are_given() -> None:
    text = TEXTS.call_for_help([DangerKind.FIRE, DangerKind.RESCUE])
    assert ["113" in text, "115" in text] == [True, True]
    assert TEXTS.call_for_help([]) == TEXTS.call_for_help(["flood of words"]) == ""


def test_unit_that_only_triages_is_not_named_to_citizens() -> None:
    assert TEXTS.unit("DISKOMINFO", "triage") == TEXTS.parts["nobody"] != TEXTS.unit("DISKOMINFO", "unit")
    assert TEXTS.unit("INSPEKTORAT", "triage") == TEXTS.unit("INSPEKTORAT")
    looked_at = ComplaintView(ticket=T, status="routed", unit="DISKOMINFO", lane="triage")
    assert "Kom" not in TEXTS.status_line(looked_at, T)


def test_the_status_calls_the_words_of_its_despairing_reporter_a_message() -> None:
    story = ComplaintView(ticket=T, status="routed", sent=SentWith(danger=["despair"]))

    assert ["Pesan", "Laporan"] == [
        TEXTS.status_line(story, T, to_reporter=mine).partition(" ")[0] for mine in (True, False)
    ]


def test_a_post_has_room_for_the_apology_of_any_unit() -> None:
    for unit in TEXTS.units:
        for end in ENDS:
            assert 280 >= len(TEXTS.apology("intake-social", T, end, unit))


def test_the_status_is_one_sms_for_nearly_every_unit() -> None:
    story = ComplaintView(ticket=T, status="in_progress", deadline_at=ENDS[0])
    lines = [TEXTS.status_line(ComplaintView(ticket=T, status="in_progress", unit=unit, deadline_at=end), T)
             for unit in TEXTS.units for end in ENDS[::2]]  # fmt: skip
    lines += [
        TEXTS.status_line(ComplaintView(ticket=T, status="in_progress", unit=unit, parent=T), T) for unit in TEXTS.units
    ]
    assert 160 >= max(map(len, lines))
    assert T in TEXTS.status_line(story, T)


def test_handed_over_status_does_not_name_the_unit_that_passed_it_on() -> None:
    story = ComplaintView(ticket=T, status="handed_over", unit="DISKOMINFO")

    assert f"Laporan {T} dilimpahkan." == TEXTS.status_line(story, T)


@pytest.mark.parametrize(
    ("service", "kind", "how"),
    [
        ("intake-sms", "waiting_for_reporter", "Silakan balas SMS ini."),
        ("intake-web", "waiting_for_reporter", "Jawab di halaman ini."),
        ("intake-sms", "resolved", f"Puas? Balas NILAI {T} 1-5. Belum? BUKA {T}."),
        ("intake-social", "resolved", f"Puas? Balas NILAI {T} 1-5. Belum? BUKA {T}."),
        ("intake-web", "resolved", "Nilailah atau buka kembali di halaman ini."),
    ],
)
def test_a_question_and_what_was_done_say_how_to_answer_on_that_channel(service: str, kind: str, how: str) -> None:
    update = an_updated(3, kind, ticket=T, message="Sudah.", origin=service)

    assert TEXTS.change(update, service=service, on_page=True).endswith(f"Sudah. {how}")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Sejak tanggal berapa", "Sejak tanggal berapa. Silakan"),
        ("Sejak tanggal berapa?", "Sejak tanggal berapa? Silakan"),
        ("Kirim ke lapor.soppengkab.go.id/foto", "lapor.soppengkab.go.id/foto Silakan"),
    ],
)
def test_unit_text_ends_its_sentence_before_our_words_begin(written: str, read: str) -> None:
    update = an_updated(3, "waiting_for_reporter", ticket=T, message=written, origin="intake-sms")

    assert read in TEXTS.change(update)


#: Steps that strangers may read; wishes of the reporter (``noted``) are not shown to them.
STEPS: list[tuple[str, str | None]] = [
    *((kind, None) for kind in UpdateKind if kind not in CLOCK_KINDS and kind != "noted"),
    *(("reopened", note) for note in ("appeal_upheld", "not_confirmed", "undone")),
    *(("corrected", note) for note in ("type_corrected", "urgency_changed")),
    ("closed", "appeal_dismissed"),
    ("resolved", "to_confirm"),
    ("in_progress", "undone"),
]


@pytest.mark.parametrize(("kind", "note"), STEPS)
def test_step_shown_to_strangers_does_not_address_the_reporter(kind: str, note: str | None) -> None:
    update = an_updated(3, kind, ticket=T, note=note or UNSET, message="Sudah.", origin="intake-web", unit="PUPR")
    text = TEXTS.change(update, service="intake-web", on_page=True)

    read = TEXTS.told_to_others(Step(seq=3, kind=kind, at=ENDS[0], unit="PUPR", text=text, message="Sudah."), T)
    assert (True, False) == (bool(read), "Anda" in read), read


def test_bad_rating_is_answered_with_how_to_reopen() -> None:
    update = an_updated(4, "noted", ticket=T, status="resolved", note="rating", code="rated_resolved")

    assert f"BUKA {T}" in TEXTS.change(update)


def test_the_time_is_that_of_the_region(tmp_path: Path) -> None:
    folder = shutil.copytree(REGION, tmp_path / "region")
    calendar = folder / "calendar.yaml"
    calendar.write_text(calendar.read_text().replace("Asia/Makassar", "Asia/Jayapura"))
    midnight = datetime(2026, 3, 5, 15, 0, tzinfo=UTC)
    east = Texts(load(folder, *PARTS)).zone
    assert ("Kamis 5 Mar", "Kamis 5 Mar pukul 23.00") == (
        due_in_words(midnight, east),
        due_in_words(midnight, TEXTS.zone),
    )
    assert "6 Maret 2026 pukul 00.00 WIT" == time_in_words(midnight, east)


HALF = {"kind": "half", "share": 0.5}
#: A Saturday: its code, further facts, and what citizens read.
DAYS: list[tuple[str, dict[str, Any], str]] = [
    ("start", {}, "hari 0 (hari mulai)"),
    ("start_weekend", {}, "hari 0 (Sabtu)"),
    ("start_holiday", {"called": "Natal"}, "hari 0 (libur: Natal)"),
    ("working_day", {"amount": 2.0}, "hari kerja 2"),
    ("working_day", {"amount": 2.0, "called": "Sabtu dinas"}, "hari kerja 2 (Sabtu dinas)"),
    ("working_day", {"amount": 1.5, **HALF}, "hari kerja 1,5 (setengah hari)"),
    ("working_day", {"amount": 0.5, "called": "Sabtu dinas", **HALF}, "hari kerja 0,5 (setengah hari, Sabtu dinas)"),
    ("day", {"amount": 14.0}, "hari 14"),
    ("weekend", {}, "Sabtu"),
    ("holiday", {"called": "Natal"}, "libur: Natal"),
    ("closed", {}, "di luar jam kerja"),
    ("waiting", {}, "menunggu jawaban pelapor"),
    ("waiting", {"kind": "paused", "share": 0.5}, "menunggu jawaban pelapor (setengah hari)"),
    ("working_time", {"amount": 27_000.0}, "7 jam 30 menit kerja"),
    ("working_time", {"amount": 1800.0, "kind": "half"}, "0 jam 30 menit kerja (setengah hari)"),
    ("hours", {"amount": 72.0}, "72 jam sejak mulai"),
    ("minutes", {"amount": 30.0}, "30 menit sejak mulai"),
    ("seconds", {"amount": 25.0}, "25 detik sejak mulai"),
    ("waited", {"amount": 3660.0}, "menunggu jawaban pelapor, 1 jam 1 menit tidak dihitung"),
    ("waited_seconds", {"amount": 59.0}, "menunggu jawaban pelapor, 59 detik tidak dihitung"),
]


@pytest.mark.parametrize(("code", "facts", "said"), DAYS, ids=[said for _, _, said in DAYS])
def test_a_day_is_told_in_the_words_of_the_region(code: str, facts: dict[str, Any], said: str) -> None:
    day = DerivationDay(date=date(2026, 12, 19), counted=True, reason="?", code=code, **facts)

    assert said == TEXTS.why(day)


def test_every_code_of_a_day_is_tried() -> None:
    assert {*DAY_CODES} == {code for code, _, _ in DAYS}


@pytest.mark.parametrize("facts", [{}, {"code": "later"}, {"code": "half"}], ids=str)
def test_a_day_without_a_code_that_we_know_is_told_in_the_words_of_the_clock(facts: dict[str, Any]) -> None:
    assert "hari kerja 1" == TEXTS.why(DerivationDay(date=ENDS[0].date(), counted=True, reason="hari kerja 1", **facts))


@pytest.mark.parametrize(
    ("text", "place"),
    [("sengkang", Place(elsewhere="sengkang")), ("Batu batu", Place(kecamatan="Marioriawa", desa="Batu Batu"))],
)
def test_a_name_alone_that_is_added_is_the_place(text: str, place: Place) -> None:
    item = FollowUp(id="a1", kind="addition", at=datetime(2026, 3, 2, tzinfo=UTC), text=text)

    assert place == noted_in(item, NOTHING, TEXTS.reader).place
