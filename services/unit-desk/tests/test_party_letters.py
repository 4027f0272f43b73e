"""Letters to offices outside, handed to a real mail server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from desk_office import URL, LogIn
from desk_parties import ADDRESS, HandOver, answer, of, path

from chassis.database import Pool
from contracts.events import Place
from testing.mail import Sink
from unit_desk import party_letters
from unit_desk.adapters import handovers
from unit_desk.app import plain
from unit_desk.handlers.visit import Desk
from unit_desk.rules import Rules
from unit_desk.settings import DeskSettings

pytestmark = pytest.mark.connected
PLACE = {"place": Place(kecamatan="Lilirilau", desa="Cabenge")}


@pytest.fixture
def settings(make_settings: Callable[..., DeskSettings], sink: Sink) -> DeskSettings:
    return make_settings(
        smtp_url=f"smtp://127.0.0.1:{sink.port}",
        mail_from="LAPOR! Soppeng <lapor@contoh.id>",
        mail_reply_to="diskominfo@contoh.id",
    )


async def write(pool: Pool, settings: DeskSettings, rules: Rules) -> bool:
    return await party_letters.write_one(pool, settings, rules, plain(rules))


def body(message: EmailMessage) -> str:
    return str(message.get_content())


async def test_the_office_is_written_to_once_with_what_it_needs_and_a_link(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink, desk: Desk
) -> None:
    it = await hand_over(text='Tiang "listrik" miring & berbahaya', anonim=True, **PLACE)

    done = [await write(pool, settings, rules) for _ in range(2)]

    (mail,) = sink.mails
    assert [True, False] == done
    assert [("lapor@contoh.id", [ADDRESS])] == sink.envelopes
    assert ("SPG-S000-00007: laporan warga untuk PLN", "diskominfo@contoh.id", "auto-generated") == (
        mail["Subject"], mail["Reply-To"], mail["Auto-Submitted"],
    )  # fmt: skip
    assert ['Tiang "listrik" miring & berbahaya', "Cabenge, Lilirilau", f"{URL}{path(desk, it)}"] == [
        said
        for said in ('Tiang "listrik" miring & berbahaya', "Cabenge, Lilirilau", f"{URL}{path(desk, it)}")
        if said in body(mail)
    ]
    assert "sent" == (await of(pool)).letter


async def test_a_letter_about_something_confidential_says_nothing_of_it(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink
) -> None:
    await hand_over(rahasia=True, **PLACE)

    await write(pool, settings, rules)

    said = body(sink.mails[0])
    assert [False, False, True] == [each in said for each in ("Tiang listrik", "Lilirilau", "/jawab/")]


@pytest.mark.parametrize(
    ("command", "answer", "letter", "problem"),
    [
        ("RCPT", "550 5.1.1 nobody here", "refused", "550 5.1.1"),
        ("DATA", "554 5.6.0 not such a letter", "refused", "554 5.6.0"),
        ("RCPT", "450 4.2.1 later", "waits", "450 4.2.1"),
        ("RCPT", "550 5.7.1 you may not", "waits", "550 5.7.1"),
        ("MAIL", "550 5.1.8 who are you", "waits", "550 5.1.8"),
    ],
)
async def test_mail_error_is_kept_as_a_code_and_retried_where_that_may_help(
    command: str, answer: str, letter: str, problem: str,
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink,
) -> None:  # fmt: skip
    await hand_over()
    sink.answers[command] = [answer]

    await write(pool, settings, rules)
    at_once = await write(pool, settings, rules)
    it = await of(pool)

    assert (letter, problem, 1, False) == (it.letter, it.problem, it.tries, at_once)


async def test_a_letter_waits_while_the_mail_server_is_away_and_goes_when_it_is_back(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink
) -> None:
    await hand_over()
    await sink.stop()
    await write(pool, settings, rules)
    waiting = await of(pool)
    await sink.start()
    await pool.execute("UPDATE handovers SET next_try_at = now()")
    await write(pool, settings, rules)

    assert ("waits", "the mail server can't be reached: SMTPConnectError") == (waiting.letter, waiting.problem)
    assert (1, "sent", None) == (len(sink.mails), (await of(pool)).letter, (await of(pool)).problem)


async def test_one_that_comes_twice_is_known_by_its_id_and_a_new_link_is_another(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink
) -> None:
    it = await hand_over()
    await write(pool, settings, rules)
    await pool.execute("UPDATE handovers SET letter = 'waits'")  # as if it was sent, and its mark lost
    await write(pool, settings, rules)
    await handovers.write_again(pool, it, 30)
    await write(pool, settings, rules)

    ids = [mail["Message-ID"] for mail in sink.mails]
    assert [True, False] == [ids[0] == ids[1], ids[1] == ids[2]]
    assert body(sink.mails[0]) != body(sink.mails[2])


async def test_a_desk_that_has_lost_that_it_wrote_sends_the_same_letter_under_the_same_id(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink
) -> None:
    at = datetime.now(UTC) - timedelta(minutes=7)
    for _ in range(2):
        await pool.execute("TRUNCATE complaints, events, inbox CASCADE")
        await hand_over(at=at)
        await write(pool, settings, rules)

    first, second = sink.mails
    assert (first["Message-ID"], body(first)) == (second["Message-ID"], body(second))


async def test_one_that_may_have_been_taken_is_sent_again_under_the_same_id(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink
) -> None:
    await hand_over()
    sink.cut = ["kept"]
    await write(pool, settings, rules)
    await pool.execute("UPDATE handovers SET next_try_at = now()")
    await write(pool, settings, rules)

    ids = [mail["Message-ID"] for mail in sink.mails]
    assert (2, 1, "sent") == (len(ids), len(set(ids)), (await of(pool)).letter)


#: A Monday. The hand-overs below are of that day, whatever today is.
MONDAY = datetime(2026, 11, 30, 2, tzinfo=UTC)


async def began(pool: Pool) -> None:
    """Set the beginning of all hand-overs to ``MONDAY``, and their letters to sent."""
    await pool.execute("UPDATE handovers SET at = $1, since = $1, sent_at = $1, letter = 'sent'", MONDAY)
    await pool.execute("UPDATE handovers SET expires_at = $1", MONDAY + timedelta(days=30))


async def on_day(pool: Pool, settings: DeskSettings, rules: Rules, days: int) -> int:
    """Look after so many ``days``, twice, and send waiting letters; return the number of the reminder."""
    for _ in range(2):
        await party_letters.remind(pool, rules, MONDAY + timedelta(days=days))
        while await write(pool, settings, rules):
            await pool.execute("UPDATE handovers SET sent_at = $1", MONDAY + timedelta(days=days))
    return (await of(pool)).reminder


KEPT = "SELECT link, expires_at, reminder, silent_at, sent_at FROM handovers"
PUT_BACK = "UPDATE handovers SET link = $1, expires_at = $2, reminder = $3, silent_at = $4, sent_at = $5"
SILENT = "SELECT unit, ticket, kind FROM notices WHERE kind = 'silent'"


async def test_silent_office_is_reminded_twice_and_then_operators_told_once(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink, desk: Desk
) -> None:
    first, heard = await hand_over(), await hand_over(complaint_id="c2", ticket="SPG-S000-00015")
    await answer(pool, heard)
    await began(pool)

    told = {day: await on_day(pool, settings, rules, day) for day in (9, 10, 28)}
    early = await pool.fetch(SILENT)
    told |= {day: await on_day(pool, settings, rules, day) for day in (30, 31, 60, 120)}

    assert {9: 0, 10: 1, 28: 1, 30: 2, 31: 2, 60: 2, 120: 2} == told
    assert ["Pengingat, SPG-S000-00007: laporan warga untuk PLN"] * 2 == [mail["Subject"] for mail in sink.mails]
    assert 2 == len({mail["Message-ID"] for mail in sink.mails})
    assert ([], [("DISKOMINFO", "SPG-S000-00007", "silent")]) == (early, [tuple(r) for r in await pool.fetch(SILENT)])
    last = await of(pool)
    assert (first.link + 1, MONDAY + timedelta(days=60)) == (last.link, last.expires_at)
    said = [body(mail) for mail in sink.mails]
    assert [True, True, False, True] == [
        all("belum ada jawabannya" in each for each in said), path(desk, last) in said[1], path(desk, last) in said[0],
        "menggantikan tautan yang dulu" in said[1],
    ]  # fmt: skip


async def test_nobody_is_reminded_on_a_sunday_nor_twice_when_two_reminders_are_due(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink
) -> None:
    await hand_over()
    await began(pool)

    assert (0, 2) == (await on_day(pool, settings, rules, 13), await on_day(pool, settings, rules, 35))
    assert 1 == len(sink.mails)


async def test_late_answer_withdraws_the_notice_of_a_silent_office(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink
) -> None:
    it = await hand_over()
    await began(pool)
    await on_day(pool, settings, rules, 30)
    await on_day(pool, settings, rules, 31)
    await answer(pool, it)

    assert ["dropped"] == [row["state"] for row in await pool.fetch("SELECT state FROM notices WHERE kind = 'silent'")]


async def test_a_restored_desk_reminds_nobody_again_and_knows_the_link_that_the_office_has(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink
) -> None:
    await hand_over()
    await began(pool)
    backup = await pool.fetch(KEPT)
    await on_day(pool, settings, rules, 30)
    await on_day(pool, settings, rules, 31)
    before = await of(pool)
    await pool.execute(PUT_BACK, *backup[0])
    await pool.execute("DELETE FROM notices")

    async with pool.acquire() as db, db.transaction():
        await party_letters.settle(db, rules, MONDAY + timedelta(days=32))
    await on_day(pool, settings, rules, 32)

    after = await of(pool)
    assert (1, before.link, before.expires_at) == (len(sink.mails), after.link, after.expires_at)
    assert [] == await pool.fetch(SILENT)


async def test_letter_due_at_a_database_loss_keeps_its_message_id(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink
) -> None:
    await hand_over()
    await began(pool)
    backup = await pool.fetch(KEPT)
    await on_day(pool, settings, rules, 30)
    await pool.execute(PUT_BACK, *backup[0])

    async with pool.acquire() as db, db.transaction():
        await party_letters.settle(db, rules, MONDAY + timedelta(days=30, minutes=30))
    await on_day(pool, settings, rules, 30)

    assert [1, 2] == [len({mail["Message-ID"] for mail in sink.mails}), len(sink.mails)]


@pytest.mark.parametrize(
    ("happened", "listed"),
    [
        ("letter = 'sent', sent_at = now()", False),
        ("letter = 'sent', sent_at = now(), reminder = 1", True),
        ("letter = 'sent', sent_at = now(), reminder = 1, answered_at = now()", False),
        ("letter = 'refused', problem = '550 5.1.1'", True),
        ("letter = 'sent', sent_at = now(), expires_at = now() - interval '1 minute'", True),
        ("letter = 'refused', over_at = now()", False),
    ],
)
async def test_an_office_that_says_nothing_is_on_a_list_with_a_count(
    hand_over: HandOver, pool: Pool, log_in: LogIn, happened: str, listed: bool
) -> None:
    await hand_over()
    await pool.execute(f"UPDATE handovers SET {happened}")
    operator, clerk = await log_in(unit="DISKOMINFO", role="operator"), await log_in()

    home, list_ = (await operator.get("/")).text, (await operator.get("/?daftar=luar")).text

    assert [listed, listed] == ['Kantor luar <span class="count">1</span>' in home, "Tiang listrik" in list_]
    assert listed or "Semua kantor luar sudah menjawab" in list_
    assert ["Kantor luar" in (await clerk.get("/")).text, "Tiang" in (await clerk.get("/?daftar=luar")).text] == [
        False
    ] * 2


async def test_only_one_of_two_processes_sends_a_letter(
    hand_over: HandOver, pool: Pool, settings: DeskSettings, rules: Rules, sink: Sink
) -> None:
    await hand_over()
    async with pool.acquire() as other, other.transaction():
        held = await handovers.next_letter(other)
        second = await write(pool, settings, rules)

    assert (True, False) == (held is not None, second)
    assert [] == sink.mails
