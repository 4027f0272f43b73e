"""The preview shows word for word what a citizen will get: by their channel, masked, and who else reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts import ticket
from contracts.events import FollowUp, Support, UnitReplied, UnitRouted
from testing.events import NOW, a_snapshot
from unit_desk.previews import preview
from unit_desk.rules import Rules

BY_WEB, BY_SMS, BY_X = "SPG-W0AB-12CDS", "SPG-S000-00007", ticket.mint("x")


def told(number: str = BY_SMS, **facts: Any) -> UnitRouted:
    return UnitRouted(why="routed", unit="PUPR", complaint=a_snapshot(unit="PUPR", ticket=number, **facts))


def said(action: str, number: str = BY_SMS, **fields: Any) -> UnitReplied:
    return UnitReplied(ticket=number, action=action, **fields)


@pytest.mark.parametrize(
    ("action", "fields", "text"),
    [
        ("acknowledge", {}, f"{BY_SMS} sudah diterima Dinas PUPR."),
        ("progress", {"message": "Besok ditambal"}, f"{BY_SMS} sedang ditangani Dinas PUPR. Besok ditambal"),
        ("return", {"reason": "bukan jalan kami"}, f"{BY_SMS} bukan urusan Dinas PUPR. Kami sedang mencari kantor"),
        ("reject", {"reason": "hanya salam"}, f"{BY_SMS} tidak dapat diproses: hanya salam."),
        ("dispose", {"unit": "DLH"}, f"{BY_SMS} diteruskan ke Dinas LH."),
        ("hand-over", {"to": "PLN", "reason": "tiang PLN"}, f"{BY_SMS} dilimpahkan ke PLN: tiang PLN."),
        ("merge", {"into": BY_WEB}, f"{BY_SMS} digabung dengan laporan yang sama, {BY_WEB}."),
    ],
)
def test_it_is_what_the_intake_will_say(action: str, fields: dict[str, Any], text: str, rules: Rules) -> None:
    assert preview(told(), said(action, **fields), rules).text.startswith(text.removesuffix("LH.").rstrip())


@pytest.mark.parametrize(
    ("action", "fields", "text"),
    [
        ("acknowledge", {}, f"{BY_SMS}: keberatan Anda sudah dibaca Dinas PUPR."),
        ("uphold", {"reason": "Tambal seluruhnya"}, f"{BY_SMS}: keberatan Anda diterima, laporan dibuka kembali."),
        ("dismiss", {"message": "Sudah ditambal."}, f"{BY_SMS}: keberatan Anda tidak diterima, laporan ditutup. Sudah"),
    ],
)
def test_appeal_preview_states_the_decision(action: str, fields: dict[str, Any], text: str, rules: Rules) -> None:
    shown = preview(told(status="appealed"), said(action, **fields), rules).text

    assert (True, False) == (shown.startswith(text), "seluruhnya" in shown)


def test_a_right_is_granted_in_the_units_words_but_for_an_erasure(rules: Rules) -> None:
    granted = said("rights-done", message="Data Anda dibatasi")
    asks = FollowUp(id="1", kind="rights_request", at=NOW, right="erasure")

    kept, erased = preview(told(), granted, rules).text, preview(told(follow_ups=[asks]), granted, rules).text

    assert ("Data Anda dibatasi" in kept, "Data Anda dibatasi" in erased, "kami hapus" in erased) == (True, False, True)


def test_a_question_says_how_to_answer_on_the_channel_it_came_by(rules: Rules) -> None:
    texts = [preview(told(n), said("ask", n, message="Di mana?"), rules).text for n in (BY_SMS, BY_WEB, BY_X)]

    assert 3 == len(set(texts))
    assert all("Di mana?" in text for text in texts)


def test_an_sms_says_how_long_it_is_and_the_others_do_not(rules: Rules) -> None:
    short, long = (preview(told(), said("progress", message=text), rules) for text in ("Besok", "x " * 120))

    assert ["1 SMS", "2 SMS", ""] == [
        short.size.split(",")[0],
        long.size.split(",")[0],
        preview(told(BY_WEB), said("acknowledge", BY_WEB), rules).size,
    ]


def test_an_sms_that_is_too_long_is_shown_as_it_is_cut(rules: Rules) -> None:
    ours = replace(rules, site="https://lapor.example")

    whole, cut = (preview(told(), said("progress", message="kata " * n), ours) for n in (80, 300))

    assert (False, True) == (whole.cut, cut.cut)
    assert cut.text.endswith(f"... Selengkapnya: https://lapor.example/laporan/{BY_SMS}")
    assert ("3 SMS", True) == (cut.size.split(",")[0], len(cut.text) <= 459)


def test_long_post_is_previewed_in_as_many_posts_as_the_network_needs(rules: Rules) -> None:
    def shown(channel: str, words: int) -> Any:
        number = ticket.mint(channel)
        return preview(told(number, channel=channel), said("progress", number, message="kata " * words), rules)

    short, long, page = shown("x", 5), shown("x", 80), shown("facebook", 80)

    assert [1, 2, 1] == [len(each.texts) for each in (short, long, page)]
    assert all(len(text) <= 280 for text in long.texts)
    assert ("2 kiriman", False) == (long.size, long.cut)
    assert ["di X", "di Facebook", "lewat WhatsApp"] == [
        each.by.removeprefix("sebagai balasan ") for each in (short, page, shown("whatsapp", 5))
    ]
    assert shown("x", 400).cut


@pytest.mark.parametrize("action", ["progress", "resolve"])
def test_progress_message_is_sent_once_a_day(action: str, rules: Rules) -> None:
    first, again = (
        preview(told(status="in_progress"), said(action, message="Ditambal"), rules, told_today=today)
        for today in (False, True)
    )

    assert ("lewat SMS", action == "progress") == (first.by, "halaman laporannya saja" in again.by)


def test_preview_adds_the_known_time_limits(rules: Rules) -> None:
    adds = [preview(told(), said(action, message="Di mana?"), rules).adds for action in ("ask", "resolve", "progress")]

    assert ["menjawab", "dibuka", ""] == [next((w for w in ("menjawab", "dibuka") if w in each), "") for each in adds]


def test_masked_text_is_previewed_masked(rules: Rules) -> None:
    shown = preview(told(), said("progress", message="Telepon 081234567890"), rules)

    assert (True, True, False) == (shown.masked, "[TELEPON]" in shown.text, "0812" in shown.text)


def test_anonymous_gets_no_message_and_a_confidential_post_only_a_status(rules: Rules) -> None:
    anonymous = preview(told(anonim=True), said("acknowledge"), rules)
    public = preview(told(BY_X, rahasia=True), said("resolve", BY_X, message="Gurunya sudah dimutasi"), rules)

    assert ("halaman laporan saja" in anonymous.by, "dimutasi" in public.text) == (True, False)


def test_helper_reply_goes_to_the_lead_unit_instead_of_the_citizen(rules: Rules) -> None:
    helping = UnitRouted(
        why="routed", unit="DLH", complaint=a_snapshot(unit="PUPR", role="support", support=[Support(unit="DLH")])
    )

    shown = preview(helping, said("resolve", message="Truk sudah mengangkut"), rules)

    assert ("Truk sudah mengangkut", "bukan warga" in shown.by) == (shown.text, True)


@pytest.mark.parametrize(
    ("action", "status", "text"),
    [
        ("instruct", "in_progress", f"{BY_SMS}: atasan meminta Dinas PUPR menyelesaikannya."),
        (
            "undo",
            "resolved",
            f"{BY_SMS}: ralat, kabar terakhir kami batalkan. Laporan masih ditangani Dinas PUPR: Keliru.",
        ),
    ],
)
def test_from_above_a_citizen_reads_of_the_unit_that_has_it(action: str, status: str, text: str, rules: Rules) -> None:
    above = UnitRouted(why="escalated", unit="SETDA", complaint=a_snapshot(unit="PUPR", ticket=BY_SMS, status=status))

    assert text == preview(above, said(action, reason="Keliru"), rules, "in_progress").text


def test_preview_of_an_undone_triage_return_names_the_triage_staff(rules: Rules) -> None:
    mine = UnitRouted(why="routed", unit="DISKOMINFO", complaint=a_snapshot(unit="SETDA", ticket=BY_SMS, lane="triage"))

    shown = preview(mine, said("undo"), rules, "routed").text

    assert f"{BY_SMS}: ralat, kabar terakhir kami batalkan. Laporan masih ditangani petugas LAPOR!." == shown
