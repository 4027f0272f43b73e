"""From a complaint to a mail in a mailbox: on a real database, with a real mail client and a real server."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from chassis.batch import BatchHandler
from chassis.database import Pool
from contracts.events import ComplaintUpdated
from intake.contacts import Medium, agree, mark_of
from intake.projection import story_handler
from intake.texts import Texts
from intake_web.app import SERVICE
from intake_web.senders import A_DAY, senders
from intake_web.settings import WebSettings
from testing.background import kept_running
from testing.events import an_updated
from testing.fakes import message
from testing.mail import Sink, mail_sink

pytestmark = pytest.mark.connected
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DUE = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
MAIL = "andi.kenari@contoh.id"
_ids = itertools.count()
Make = Callable[..., WebSettings]


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with mail_sink() as sink:
        yield sink


@pytest.fixture
def settings(make_settings: Make, sink: Sink) -> WebSettings:
    return make_settings(smtp_url=f"smtp://127.0.0.1:{sink.port}", kannel_send_url=None)


@pytest.fixture
def steps(pool: Pool, texts: Texts) -> BatchHandler[Any]:
    return BatchHandler(pool, story_handler(SERVICE, texts, notify=True, event_key=b"key", wait_s=3600))


@pytest.fixture(autouse=True)
async def said_yes(pool: Pool, settings: WebSettings) -> None:
    """The owner of ``MAIL`` has agreed to messages before."""
    await agree(pool, mark_of(settings.installation_namespace, Medium.EMAIL, MAIL))


@asynccontextmanager
async def running(pool: Pool, settings: WebSettings, texts: Texts) -> AsyncIterator[None]:
    async with senders(pool, settings, texts) as tasks, kept_running(tasks):
        yield


async def until(pool: Pool, condition: str) -> None:
    async with asyncio.timeout(60):
        while not await pool.fetchval(f"SELECT {condition} FROM notices"):
            await asyncio.sleep(0.02)


NONE_WAITS = "count(*) FILTER (WHERE state = 'pending') = 0"


async def complain(kept: httpx.AsyncClient, **more: Any) -> str:
    body = {"text": "Lampu jalan padam di Kelurahan Botto", "email": MAIL, **more}
    answer = await kept.post("/v1/complaints", json=body, headers={"Idempotency-Key": f"key-{next(_ids)}"})
    assert answer.status_code == 202, answer.text
    number: str = answer.json()["ticket"]
    return number


def step(number: str, seq: int, kind: str, **facts: Any) -> ComplaintUpdated:
    known = {"origin": SERVICE, "channel": "web", "received_at": AT, "status": kind, **facts}
    return an_updated(seq, kind, ticket=number, **known)


async def tell(steps: BatchHandler[Any], *events: ComplaintUpdated) -> None:
    await steps([message(event, event_id=f"e{next(_ids)}").record for event in events])


def subjects(sink: Sink, number: str) -> list[str]:
    return [str(mail["Subject"]).strip().removeprefix(f"{number}: ") for mail in sink.mails]


def words(sink: Sink, n: int) -> str:
    text: str = sink.mails[n].get_content()
    return " ".join(text.split())


async def test_reporter_is_mailed_each_change_with_the_next_step(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, steps: BatchHandler[Any], sink: Sink
) -> None:
    number = await complain(kept)
    deadline = {"status": "routed", "stage": "completion", "deadline_at": DUE, "promise": "3 hari kerja", "round": 1}
    await tell(steps, step(number, 1, "routed"), step(number, 2, "deadline_set", **deadline))
    await tell(steps, step(number, 3, "acknowledged"))
    await tell(steps, step(number, 4, "waiting_for_reporter", message="Di tiang nomor berapa?"))
    await pool.execute("UPDATE notices SET next_try_at = now()")
    async with running(pool, settings, texts):
        await until(pool, NONE_WAITS)

    name = "Dinas Pekerjaan Umum dan Penataan Ruang"
    assert ["laporan Anda kami terima", f"sudah diterima {name}", f"{name} bertanya kepada Anda"] == subjects(
        sink, number
    )
    receipt, acknowledged, asked = (words(sink, n) for n in range(3))
    page = f"https://lapor.example/laporan/{number}"
    assert f"Terima kasih, laporan {number} kami teruskan ke" in receipt
    assert [True] * 3 == [says in receipt for says in ("Dijawab paling lambat Kamis 5 Mar", page, "Berhenti: https://")]
    assert [True] * 2 == [
        says in acknowledged for says in (f"{number} sudah diterima {name}.", "Dijawab paling lambat")
    ]
    assert "Di tiang nomor berapa? Jawablah di halaman laporan." in asked
    assert [1, 0, 1] == [text.count("/masuk/") for text in (receipt, acknowledged, asked)]
    assert [("lapor@contoh.id", [MAIL])] * 3 == sink.envelopes


async def test_the_first_mail_to_an_address_asks_and_at_one_press_the_others_come(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, steps: BatchHandler[Any], sink: Sink
) -> None:
    number = await complain(kept, email="baru@contoh.id")
    await tell(steps, step(number, 1, "routed"), step(number, 2, "in_progress"))
    await pool.execute("UPDATE notices SET next_try_at = now()")
    async with running(pool, settings, texts):
        await until(pool, "bool_or(next_try_at = 'infinity')")
        before = subjects(sink, number)
        (link,) = re.findall(r"https://lapor.example(/kabari/\S+)", sink.mails[0].get_content())
        page = await kept.get(link)
        await until(pool, "bool_or(next_try_at = 'infinity')")  # a mail scanner opened it, which is not a yes
        yes = await kept.post(link.replace("kabari", "berhenti"), data={"lagi": "1"})
        await until(pool, NONE_WAITS)

    assert ["laporan Anda kami terima"] == before
    assert [True, True] == [said in page.text for said in ("Ya, kabari saya", "b…@contoh.id")]
    assert "Kabar kami kirim ke <b>b…@contoh.id</b>" in yes.text
    assert ["sedang ditangani Dinas Pekerjaan Umum dan Penataan Ruang"] == subjects(sink, number)[1:]
    assert "/kabari/" not in sink.mails[1].get_content()


async def test_the_messages_of_a_complaint_are_one_thread_that_no_program_answers(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, steps: BatchHandler[Any], sink: Sink
) -> None:
    number = await complain(kept)
    await tell(steps, step(number, 1, "routed"), step(number, 2, "closed"))
    await pool.execute("UPDATE notices SET next_try_at = now()")
    async with running(pool, settings, texts):
        await until(pool, NONE_WAITS)

    first, second = sink.mails
    assert f"<{number}@contoh.id>".lower() == first["Message-ID"] == second["In-Reply-To"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]
    assert [("auto-generated", "id")] * 2 == [(mail["Auto-Submitted"], mail["Content-Language"]) for mail in sink.mails]
    assert ["LAPOR! Soppeng <lapor@contoh.id>"] * 2 == [str(mail["From"]) for mail in sink.mails]
    assert ["List-Unsubscribe=One-Click"] * 2 == [mail["List-Unsubscribe-Post"] for mail in sink.mails]


async def test_each_notice_is_mailed_once_despite_outage_greylisting_and_restart(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, steps: BatchHandler[Any], sink: Sink
) -> None:
    number = await complain(kept)
    await tell(steps, step(number, 1, "routed"), step(number, 2, "closed"))
    await pool.execute("UPDATE notices SET next_try_at = now()")
    await sink.stop()
    async with running(pool, settings, texts):
        await until(pool, "bool_or(attempts > 0)")
    await pool.execute("UPDATE notices SET created_at = created_at - interval '1 h', next_try_at = now()")
    await sink.start()
    sink.answers["RCPT"] = ["451 4.7.1 greylisted"]
    async with running(pool, settings, texts):
        await until(pool, "bool_or(detail = '451 4.7.1')")
    await pool.execute("UPDATE notices SET next_try_at = now()")
    async with running(pool, settings, texts):
        await until(pool, NONE_WAITS)

    assert ["laporan Anda kami terima", "ditutup"] == subjects(sink, number)
    assert 2 == await pool.fetchval("SELECT count(*) FROM notices WHERE state = 'sent'")


async def test_mail_of_unknown_delivery_is_not_resent_and_blocks_no_other(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, steps: BatchHandler[Any], sink: Sink
) -> None:
    number = await complain(kept)
    await tell(steps, step(number, 1, "routed"), step(number, 2, "closed"))
    await pool.execute("UPDATE notices SET next_try_at = now()")
    sink.cut = ["kept"]
    for _ in range(2):
        async with running(pool, settings, texts):
            await until(pool, NONE_WAITS)

    assert ["laporan Anda kami terima", "ditutup"] == subjects(sink, number)
    assert ["unknown", "sent"] == [row["state"] for row in await pool.fetch("SELECT state FROM notices ORDER BY id")]


async def test_mail_about_a_confidential_complaint_says_only_that_there_is_news(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, steps: BatchHandler[Any], sink: Sink
) -> None:
    number = await complain(kept, rahasia=True, text="Kepala sekolah meminta uang kepada wali murid")
    await tell(steps, step(number, 1, "routed", rahasia=True), step(number, 2, "closed", message="Sudah diperiksa."))
    await pool.execute("UPDATE notices SET next_try_at = now()")
    async with running(pool, settings, texts):
        await until(pool, NONE_WAITS)

    assert ["ada kabar"] * 2 == subjects(sink, number)
    for n in range(2):
        said = words(sink, n)
        assert f"Ada kabar tentang laporan Anda, {number}." in said
        assert [] == [each for each in ("Dinas", "diperiksa", "ditutup", "/masuk/", "teruskan ke") if each in said]


async def test_an_anonymous_complaint_is_told_to_nobody(
    kept: httpx.AsyncClient, pool: Pool, steps: BatchHandler[Any]
) -> None:
    number = await complain(kept, anonim=True)
    await tell(steps, step(number, 1, "routed"))

    assert [0, 0] == [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in ("notices", "contacts")]


async def test_no_address_is_sent_more_than_a_few_messages_a_day(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, sink: Sink
) -> None:
    for _ in range(A_DAY + 2):
        await complain(kept, text=f"Lampu jalan padam di Kelurahan Botto, tiang {next(_ids)}")
    await pool.execute("UPDATE notices SET next_try_at = now()")
    async with running(pool, settings, texts):
        await until(pool, NONE_WAITS)

    assert A_DAY == len(sink.mails)
    assert ["Kabar lain hari ini" in words(sink, n) for n in range(A_DAY)] == [False] * (A_DAY - 1) + [True]


@pytest.mark.parametrize("end", ["resolved", "closed", "rejected", "handed_over", "cancelled"])
async def test_final_status_is_mailed_despite_the_daily_limit(
    kept: httpx.AsyncClient,
    pool: Pool,
    settings: WebSettings,
    texts: Texts,
    steps: BatchHandler[Any],
    sink: Sink,
    end: str,
) -> None:
    number, *_ = [await complain(kept, text=f"Lampu jalan padam, tiang {next(_ids)}") for _ in range(A_DAY)]
    await pool.execute("UPDATE notices SET next_try_at = now()")
    await tell(steps, step(number, 1, "routed"), step(number, 2, "in_progress"), step(number, 3, end))
    await pool.execute("UPDATE notices SET next_try_at = now()")
    async with running(pool, settings, texts):
        await until(pool, NONE_WAITS)

    assert A_DAY + 1 == len(sink.mails)
    ended = await pool.fetch("SELECT kind, key FROM notices WHERE state = 'sent' ORDER BY sent_at DESC LIMIT 1")
    assert [("step", "3")] == [tuple(row) for row in ended]
    assert 0 < await pool.fetchval("SELECT count(*) FROM notices WHERE state = 'dropped'")


async def test_emergency_number_is_mailed_despite_the_daily_limit(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, sink: Sink
) -> None:
    for _ in range(A_DAY):
        await complain(kept, text=f"Lampu jalan padam, tiang {next(_ids)}")
    await complain(kept, text="Rumah tetangga kebakaran, masih ada orang di dalam")
    await pool.execute("UPDATE notices SET next_try_at = now()")
    async with running(pool, settings, texts):
        await until(pool, NONE_WAITS)

    assert "113" in words(sink, len(sink.mails) - 1)


async def test_the_link_in_a_mail_ends_all_messages_at_one_press_of_a_mail_program(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, steps: BatchHandler[Any], sink: Sink
) -> None:
    number = await complain(kept)
    await pool.execute("UPDATE notices SET next_try_at = now()")
    async with running(pool, settings, texts):
        await until(pool, NONE_WAITS)
    kept.cookies.clear()
    stop = str(sink.mails[0]["List-Unsubscribe"]).strip("<>")
    looked = await kept.get(stop)
    pressed = await kept.post(stop, data={"List-Unsubscribe": "One-Click"})
    await tell(steps, step(number, 1, "routed"))
    await complain(kept)

    assert [200, 200] == [looked.status_code, pressed.status_code]
    assert ["Kami tidak akan mengirim apa pun lagi ke <b>a…@contoh.id</b>" in looked.text, MAIL in looked.text] == [
        True,
        False,
    ]
    assert "sudah kami hentikan" in pressed.text
    assert 1 == await pool.fetchval("SELECT count(*) FROM notices")

    again = await kept.post(stop, data={"lagi": "1"})
    await tell(steps, step(number, 2, "closed"))
    assert "Kabar kami kirim ke" in again.text
    assert 2 == await pool.fetchval("SELECT count(*) FROM notices")


async def test_secret_link_logs_the_reporter_in_without_exposing_the_token(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, sink: Sink
) -> None:
    number = await complain(kept)
    await pool.execute("UPDATE notices SET next_try_at = now()")
    async with running(pool, settings, texts):
        await until(pool, NONE_WAITS)
    (link,) = re.findall(r"https://lapor\.example/masuk/\S+", sink.mails[0].get_content())
    before = await kept.get(f"/laporan/{number}")
    entered = await kept.get(link)
    page = await kept.get(entered.headers["location"])

    assert ("a…@contoh.id" in before.text, "Kami kabari ke <b>a…@contoh.id</b>" in page.text) == (False, True)
    assert (303, f"/laporan/{number}") == (entered.status_code, entered.headers["location"])
    assert ("no-store", "same-origin") == (entered.headers["cache-control"], entered.headers["referrer-policy"])
    assert "SameSite=lax" in entered.headers["set-cookie"]
    token = link.rpartition("/")[2]
    assert token not in page.text
    rows = await pool.fetch("SELECT c::text AS row FROM contacts c")
    assert [] == [row for row in rows if token in row["row"]]

    kept.cookies.clear()
    await pool.execute("""UPDATE complaints SET follow_ups = '[{"right": "restriction"}]'""")
    assert 404 == (await kept.get(link)).status_code
    wrong = await kept.get(f"/masuk/{number}/{token[:-2]}xx")
    assert (404, None) == (wrong.status_code, wrong.headers.get("set-cookie"))
    assert "Tautan ini tidak berlaku lagi" in wrong.text
    rows = await pool.fetch("SELECT who, what FROM reporter_accesses WHERE ticket = $1 ORDER BY at", number)
    assert [
        ("reporter", "opened by link"),
        ("reporter", "shown in a browser that has it"),
        ("unknown", "link refused"),  # a link that was valid before
        ("unknown", "link refused"),
    ] == [tuple(row) for row in rows]


async def test_mail_address_refused_by_the_server_is_marked_as_failed(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, sink: Sink, steps: BatchHandler[Any]
) -> None:
    number = await complain(kept)
    await pool.execute("UPDATE notices SET next_try_at = now()")
    sink.answers["RCPT"] = [f"550 5.1.1 <{MAIL}> unknown"]
    async with running(pool, settings, texts):
        await until(pool, NONE_WAITS)
    await tell(steps, step(number, 1, "routed"))

    assert [("refused", "550 5.1.1")] == [tuple(row) for row in await pool.fetch("SELECT state, detail FROM notices")]
    assert await pool.fetchval("SELECT failed_at IS NOT NULL FROM contacts")
