"""The region's texts: checked at the start, and short enough."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from contracts.dates import due_in_words, time_in_words
from intake.complaint_view import ComplaintView
from intake.texts import PARTS, Texts
from kabupaten import load

REGION = Path(__file__).parents[2] / "region" / "soppeng"
TEXTS = Texts(load(REGION, *PARTS))
T = "SPG-S0AB-12CDW"
#: Every midnight of a year, and the second before it.
ENDS = [datetime(2026, 1, 1, 16, tzinfo=UTC) + timedelta(days=n, seconds=-s) for n in range(366) for s in (0, 1)]


def test_every_text_is_plain() -> None:
    texts = yaml.safe_load((REGION / "texts.yaml").read_text())
    assert [] == [(s, key) for s, section in texts.items() for key, text in section.items() if not text.isascii()]


def test_the_receipt_and_the_apology_are_one_sms_whatever_the_day() -> None:
    for promise in ("3 hari kerja", "99 hari kerja"):
        for end in ENDS:
            due = TEXTS.due(ComplaintView(ticket=T, deadline_at=end, promise=promise))
            assert 160 >= len(TEXTS.sms["receipt_due"].format(ticket=T, due=due))
            assert 160 >= len(TEXTS.apology("intake-sms", T, end, None))


def test_what_is_said_instead_of_more_answers_is_one_sms() -> None:
    assert 160 >= len(TEXTS.sms["later"])


def test_the_receipt_of_a_marked_complaint_is_one_sms_and_of_one_with_both_marks_two() -> None:
    for rahasia, anonim, most in ((True, False, 160), (False, True, 160), (True, True, 2 * 153)):
        for end in [None, *ENDS]:
            story = ComplaintView(ticket=T, deadline_at=end, promise="99 hari kerja", rahasia=rahasia, anonim=anonim)
            text = TEXTS.receipt("intake-sms", story)
            assert most >= len(text)
            assert (rahasia, anonim) == ("Rahasia" in text, "Anonim" in text)


def test_the_answers_that_need_no_ticket_are_one_sms() -> None:
    forms = [TEXTS.sms[name] for name in ("help", "format", "empty", "too_many", "too_long")]
    values = {**TEXTS.promises, "length": 10_001, "most": 10_000}
    assert 160 >= max(len(form.format(**values)) for form in forms)


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


def test_what_was_handed_over_is_not_said_to_be_with_the_unit_that_passed_it_on() -> None:
    assert f"{T}: dilimpahkan" == TEXTS.status_line(ComplaintView(ticket=T, status="handed_over", unit="DISKOMINFO"), T)


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
