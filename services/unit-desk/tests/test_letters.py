"""The texts of mail and SMS to people of the desk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from contracts.events import Place, UnitRouted
from intake.segments import GSM
from testing.events import a_snapshot
from unit_desk.letters import MOST_LINES, Line, envelope, letter, lines_of, sms
from unit_desk.rules import Rules
from unit_desk.sending import Post

SITE = "https://meja.lapor.soppengkab.go.id"
NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)
CONTEXT = {"site": SITE, "unit": "PUPR", "unit_name": "Dinas PUPR"}


def line(n: int = 1, *kinds: str, **given: Any) -> Line:
    usual: dict[str, Any] = {
        "ticket": f"SPG-S000-{n:05}", "unit": "PUPR", "kinds": kinds or ("new",), "place": "Lilirilau",
        "due": "Batas waktu Senin 30 Nov pukul 12.00", "link": f"{SITE}/laporan/SPG-S000-{n:05}",
    }  # fmt: skip
    return Line(**{**usual, **given})


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            [line(1, "danger")],
            f"LAPOR! DARURAT: SPG-S000-00001, Lilirilau. Batas waktu Senin 30 Nov pukul 12.00. "
            f"{SITE}/laporan/SPG-S000-00001",
        ),
        (
            [line(1, "danger"), line(2, "breach")],
            f"LAPOR! DARURAT: SPG-S000-00001, Lilirilau dan 1 lainnya. Batas waktu Senin 30 Nov pukul 12.00. {SITE}/",
        ),
        (  # the end is left out, as it does not fit
            [line(1, "escalation", place="Marioriwawo")],
            f"LAPOR! KETERLAMBATAN SAMPAI KE ATASAN: SPG-S000-00001, Marioriwawo. {SITE}/laporan/SPG-S000-00001",
        ),
        (
            [line(1, "breach", place="Tanété")],
            "LAPOR! BATAS WAKTU TERLEWAT: SPG-S000-00001, Tanété. Batas waktu Senin 30 Nov",
        ),
        ([line(1, "breach", place="Ṭ")], f"LAPOR! BATAS WAKTU TERLEWAT: SPG-S000-00001. {SITE}/laporan/SPG-S000-00001"),
    ],
    ids=["one", "several", "long", "gsm", "no gsm"],
)
def test_an_sms_is_one_says_the_most_pressing_first_and_leads_there(lines: list[Line], said: str, rules: Rules) -> None:
    text = sms(lines, SITE, rules)

    assert text.startswith(said)
    assert len(text) <= 160
    assert GSM.issuperset(text)


def test_mail_lists_each_open_complaint_once_with_all_its_news(rules: Rules) -> None:
    told = UnitRouted(why="routed", unit="PUPR", complaint=a_snapshot(place=Place(kecamatan="Lalabata")))
    row = {"ticket": "SPG-S000-00007", "unit": "PUPR", "erased": False, "standing": "work", "shown": True}
    rows = [{**row, "kind": "new"}, {**row, "kind": "due"}, {**row, "kind": "new", "standing": "rest", "ticket": "x"}]

    (made,) = lines_of(rows, [told] * 3, rules, SITE, NOW, "PUPR")

    assert ("Laporan baru; Batas waktu mendekat", "Lalabata", f"{SITE}/laporan/SPG-S000-00007") == (
        made.says,
        made.place,
        made.link,
    )


def test_a_mail_names_some_and_says_how_many_more_there_are(rules: Rules) -> None:
    made = letter("kabar", rules, lines=[line(n) for n in range(MOST_LINES + 5)], **CONTEXT)

    assert f"{MOST_LINES + 5} laporan dengan kabar baru" == made.subject
    assert MOST_LINES == made.text.count("/laporan/")
    assert f"dan 5 laporan lain di meja unit: {SITE}/\n" in made.text


@pytest.mark.connected
async def test_a_message_that_is_sent_twice_is_one_to_who_reads_it(post: Post, rules: Rules) -> None:
    made = letter("kabar", rules, lines=[line(1, "danger")], **CONTEXT)
    first, second = (envelope(made, UUID(int=7), "a@contoh.id", post.settings, NOW) for _ in range(2))

    assert first["Message-ID"] == second["Message-ID"] == f"<{UUID(int=7)}@contoh.id>"
    assert ("auto-generated", "id") == (first["Auto-Submitted"], first["Content-Language"])
    assert first.as_bytes().isascii()
