"""The traces of an SMS in a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import UNSET, UnsetType

from chassis.database import Pool, open_pool
from contracts import codec, ticket
from contracts.events import ComplaintFollowedUp, ComplaintReceived, Place
from intake.bounds import Bounds
from intake.complaint_view import ComplaintView, Step, save_views
from intake.notices import NewNotice, Notice, NoticeKind, add_notices
from intake.reports import note_report
from intake.retention import sweep_once
from intake.sending import send_notices
from intake.submissions import KeyReused, TextProblem
from intake_sms.adapters.door import door
from intake_sms.domain import Mo
from intake_sms.handlers import Desk, bury, elsewhere, take
from intake_sms.settings import SmsSettings
from testing.fixtures import texts_of
from testing.notices import send_all
from testing.servers import Stack
from testing.waiting import finish

pytestmark = pytest.mark.connected
REGION = Path(__file__).parents[3] / "region" / "soppeng"
ME, OTHER = "+6281234567890", "+6281111111111"


def sms(text: str, mo_id: str = "mo-1", sender: str = ME, *, repliable: bool = True) -> Mo:
    return Mo(id=mo_id, sender=sender, repliable=repliable, text=text)


async def rows(pool: Pool, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await pool.fetch(query)]


async def told(pool: Pool) -> list[tuple[str, str]]:
    return [(a, t) for a, t in await rows(pool, "SELECT address, text FROM notices ORDER BY id")]


async def events(pool: Pool) -> list[Any]:
    return [codec.decode(value).data for (value,) in await rows(pool, "SELECT value FROM outbox ORDER BY seq")]


async def complain(desk: Desk, text: str = "SOPPENG lampu mati di Cabenge") -> str:
    await take(desk, sms(text, "first"))
    ((number,),) = await rows(desk.pool, "SELECT ticket FROM complaints")
    return str(number)


async def test_a_complaint_is_stored_published_and_confirmed(desk: Desk) -> None:
    await take(desk, sms("SOPPENG lampu mati, hub 081234567890"))
    (event,) = await events(desk.pool)
    assert (event.channel, event.origin, event.text) == ("sms", "intake-sms", "lampu mati, hub [TELEPON]")
    assert event.ticket.startswith("SPG-S")
    assert [
        (ME, f"Terima kasih, laporan Anda kami terima: {event.ticket}. Di mana tempatnya? Balas saja.")
    ] == await told(desk.pool)


async def test_the_number_of_an_office_is_not_masked(desk: Desk) -> None:
    desk.texts.contacts = frozenset(["0484-21001"])
    await take(desk, sms("SOPPENG lampu mati, 0484-21001 tidak diangkat"))
    number = (await events(desk.pool))[0].ticket
    await take(desk, sms(f"{number} sudah kami telepon lagi 0484-21001", "mo-2"))
    written = [value for (value,) in await rows(desk.pool, "SELECT value FROM outbox")]
    assert (2, []) == (len(written), [value for value in written if b"0484-21001" not in value])


async def test_the_same_sms_again_is_the_same_complaint(desk: Desk) -> None:
    for _ in range(3):
        await take(desk, sms("SOPPENG lampu mati"))
    assert len(await events(desk.pool)) == 1
    assert len(await told(desk.pool)) == 1


async def test_the_same_id_with_another_text_is_refused(desk: Desk) -> None:
    await take(desk, sms("SOPPENG lampu mati"))
    with pytest.raises(KeyReused):
        await take(desk, sms("SOPPENG jalan rusak"))
    assert len(await events(desk.pool)) == 1


async def test_flood_of_sms_gets_few_answers_and_loses_no_complaint(desk: Desk) -> None:
    number = await complain(desk)
    for n in range(30):
        await take(desk, sms(f"STATUS {number}", f"status-{n}"))
    for n in range(5):
        await take(desk, sms(f"SOPPENG lampu mati di jalan nomor {n}", f"complaint-{n}"))
    for n in range(5):
        await take(desk, sms(f"{number} masih padam juga malam ke-{n}", f"addition-{n}"))
    got: list[str] = []

    async def phone(notice: Notice) -> None:
        got.append(notice.text)

    bounds = Bounds(later=desk.texts.sms["later"], last=partial(elsewhere, desk, "last"))
    await desk.pool.execute("UPDATE notices SET next_try_at = now()")
    sender = asyncio.create_task(send_notices(desk.pool, "sms", phone, bounds))
    async with asyncio.timeout(60):
        while await rows(desk.pool, "SELECT FROM notices WHERE state = 'pending'"):
            await asyncio.sleep(0.02)
    sender.cancel()
    await finish(sender)

    assert (11, desk.texts.sms["later"]) == (len(got), got[-1])
    assert [(6,)] == await rows(desk.pool, "SELECT count(*) FROM complaints")
    kinds = [type(event).__name__ for event in await events(desk.pool)]
    assert (6, 5) == (kinds.count("ComplaintReceived"), kinds.count("ComplaintFollowedUp"))


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (None, "Selengkapnya: balas SOPPENG STATUS SPG-S0AB-12CDW"),
        ("https://lapor.example/", "Selengkapnya: https://lapor.example/laporan/SPG-S0AB-12CDW"),
    ],
)
def test_shortened_answer_points_to_the_page_or_the_status_command(
    make_settings: Callable[..., SmsSettings], page: str | None, said: str
) -> None:
    desk = Desk(pool=None, settings=make_settings(web_public_url=page), texts=texts_of(REGION))
    assert said == elsewhere(desk, "more", "SPG-S0AB-12CDW")
    assert "" == elsewhere(desk, "more", ME)


async def test_a_sender_that_is_a_name_complains_and_is_never_written_to(desk: Desk) -> None:
    await take(desk, sms("STATUS", sender="TELKOMSEL", repliable=False))
    assert len(await events(desk.pool)) == 1
    assert await told(desk.pool) == []
    assert await rows(desk.pool, "SELECT address, name FROM reporters") == [(None, "TELKOMSEL")]


async def test_a_text_too_long_is_answered_with_what_to_mend(desk: Desk) -> None:
    for _ in range(2):
        await take(desk, sms("SOPPENG " + "a" * 10_001))
    says = desk.texts.refusal(TextProblem("too_long", length=10_001, most=10_000))
    assert [(ME, says)] == await told(desk.pool)
    assert await events(desk.pool) == []


async def test_a_text_too_long_of_someone_who_cannot_be_told_is_refused(desk: Desk) -> None:
    with pytest.raises(TextProblem):
        await take(desk, sms("a" * 10_001, sender="TELKOMSEL", repliable=False))


async def test_the_status_of_any_channels_ticket_is_told_once_an_sms(desk: Desk) -> None:
    web = "SPG-W7K4-Q2M9" + next(c for c in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if _valid(f"SPG-W7K4-Q2M9{c}"))
    async with desk.pool.acquire() as db:
        await save_views(
            db, {web: ComplaintView(ticket=web, seq=1, status="in_progress", unit="PUPR", registered=True)}
        )
    await take(desk, sms(f"STATUS {web}"))
    await take(desk, sms(f"STATUS {web}"))
    await take(desk, sms(f"status {web.lower()}", "mo-2", OTHER))
    line = f"Laporan {web} sedang ditangani ({desk.texts.unit('PUPR', short=True)})."
    assert [(ME, line), (OTHER, line)] == await told(desk.pool)


@pytest.mark.parametrize("rahasia", [True, False])
async def test_which_unit_has_a_confidential_complaint_is_told_to_the_number_that_sent_it(
    desk: Desk, rahasia: bool
) -> None:
    number = await complain(desk)
    story = ComplaintView(ticket=number, seq=1, status="in_progress", unit="PUPR", registered=True, rahasia=rahasia)
    async with desk.pool.acquire() as db:
        await save_views(db, {number: story})
    await take(desk, sms(f"STATUS {number}", "mo-2"))
    await take(desk, sms(f"STATUS {number}", "mo-3", OTHER))
    unit = f" ({desk.texts.unit('PUPR', short=True)})"
    line = f"Laporan {number} sedang ditangani"
    assert [(ME, f"{line}{unit}."), (OTHER, f"{line}." if rahasia else f"{line}{unit}.")] == (await told(desk.pool))[1:]


def _valid(number: str) -> bool:
    return ticket.parse(number) is not None


async def test_a_complaint_the_router_has_not_seen_has_a_status_too(desk: Desk) -> None:
    number = await complain(desk)
    await take(desk, sms(f"SOPPENG STATUS {number}"))
    assert (ME, f"Laporan {number} diterima.") == (await told(desk.pool))[-1]


async def test_an_unknown_ticket_and_a_misspelt_one_are_answered(desk: Desk) -> None:
    number = await complain(desk)
    await take(desk, sms("STATUS SPG-123", "mo-2"))
    unknown = next(n for c in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if _valid(n := f"SPG-W000-0000{c}"))
    await take(desk, sms(f"STATUS {unknown}", "mo-3"))
    assert unknown != number
    assert [
        (ME, desk.texts.sms["bad_ticket"]),
        (ME, desk.texts.sms["unknown_ticket"].format(ticket=unknown)),
    ] == (await told(desk.pool))[1:]


async def test_an_addition_is_published_once_and_the_router_answers_it(desk: Desk) -> None:
    number = await complain(desk)
    for _ in range(2):
        await take(desk, sms(f"{number} sekarang juga padam, hub 081234567890"))
    _, event = await events(desk.pool)
    ((item),) = event.items
    assert (item.kind, item.text) == ("addition", "sekarang juga padam, hub [TELEPON]")
    assert [] == (await told(desk.pool))[1:]


async def ask(desk: Desk, number: str, at: datetime = datetime(2026, 11, 24, 12, tzinfo=UTC)) -> None:
    """Let the intake hear that a unit has asked a question."""
    question = Step(seq=3, kind="waiting_for_reporter", at=at, text="Rumah nomor berapa?")
    async with desk.pool.acquire() as db:
        await save_views(
            db,
            {
                number: ComplaintView(
                    ticket=number, seq=3, status="waiting_for_reporter", steps=[question], registered=True
                )
            },
        )


async def added(desk: Desk) -> list[tuple[str, str | UnsetType]]:
    """List the additions, each with its ticket."""
    found = [event for event in await events(desk.pool) if isinstance(event, ComplaintFollowedUp)]
    return [(event.ticket, item.text) for event in found for item in event.items]


@pytest.mark.parametrize("text", ["Rumah nomor 12, di samping masjid", "12", "ya"])
async def test_the_answer_to_a_question_needs_no_ticket(desk: Desk, text: str) -> None:
    number = await complain(desk)
    await ask(desk, number)
    await take(desk, sms(text))
    assert [(number, text)] == await added(desk)
    assert len(await told(desk.pool)) == 1


async def test_answer_goes_to_the_complaint_asked_last(desk: Desk) -> None:
    await take(desk, sms("SOPPENG lampu mati di Cabenge", "one"))
    await take(desk, sms("SOPPENG pipa bocor di Ompo", "two"))
    one, two = [ticket for (ticket,) in await rows(desk.pool, "SELECT ticket FROM complaints ORDER BY received_at")]
    await ask(desk, one, datetime(2026, 11, 24, 14, tzinfo=UTC))
    await ask(desk, two, datetime(2026, 11, 24, 13, tzinfo=UTC))
    await take(desk, sms("Rumah nomor 12"))
    assert [(one, "Rumah nomor 12")] == await added(desk)


async def test_with_the_keyword_it_is_a_new_complaint_whatever_was_asked(desk: Desk) -> None:
    await ask(desk, await complain(desk))
    await take(desk, sms("SOPPENG jalan rusak di depan rumah nomor 12"))
    assert 2 == len(await rows(desk.pool, "SELECT ticket FROM complaints"))
    assert [] == await added(desk)


async def test_a_question_to_another_is_not_answered(desk: Desk) -> None:
    await ask(desk, await complain(desk))
    await take(desk, sms("air PDAM mati sejak kemarin", sender=OTHER))
    assert 2 == len(await rows(desk.pool, "SELECT ticket FROM complaints"))


async def test_the_same_sms_again_stays_what_it_was_at_first(desk: Desk) -> None:
    """The gateway retries an unanswered SMS; since then a question was asked, or is no longer open."""
    number = await complain(desk)
    await take(desk, sms("pipa bocor di depan rumah", "before"))
    await ask(desk, number)
    await take(desk, sms("pipa bocor di depan rumah", "before"))
    await take(desk, sms("rumah nomor 12 di Cabenge", "answer"))
    async with desk.pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=5, status="in_progress", registered=True)})
    await take(desk, sms("rumah nomor 12 di Cabenge", "answer"))
    assert [(number, "rumah nomor 12 di Cabenge")] == await added(desk)
    assert 2 == len(await rows(desk.pool, "SELECT ticket FROM complaints"))


@pytest.mark.parametrize(
    "text", ["{} sekarang juga berasap", "BATAL {}", "NILAI {} 1", "BUKA {} belum", "HAPUS DATA {}", "BATASI DATA {}"]
)
async def test_a_stranger_changes_nothing_and_is_told_so(desk: Desk, text: str) -> None:
    number = await complain(desk)
    await take(desk, sms(text.format(number), "mo-2", OTHER))
    assert len(await events(desk.pool)) == 1
    assert [(OTHER, desk.texts.sms["not_yours"].format(ticket=number))] == (await told(desk.pool))[1:]


async def test_status_request_with_news_adds_the_news_and_is_answered(desk: Desk) -> None:
    number = await complain(desk)
    for _ in range(2):
        await take(desk, sms(f"STATUS {number} belum ada yang datang, kabelnya berasap"))
    assert [(number, "belum ada yang datang, kabelnya berasap")] == await added(desk)
    assert [(ME, f"Laporan {number} diterima.")] == (await told(desk.pool))[1:]


async def test_a_telephone_that_answers_by_itself_finds_an_end(desk: Desk) -> None:
    for n in range(4):
        await take(desk, sms("Maaf saya sedang menyetir, nanti saya hubungi kembali.", f"auto-{n}"))
    ((number,),) = await rows(desk.pool, "SELECT ticket FROM complaints")
    assert [f"Terima kasih, laporan Anda kami terima: {number}. Cek: STATUS", f"Laporan {number} diterima."] == [
        text for _, text in await told(desk.pool)
    ]
    await desk.pool.execute("UPDATE complaints SET received_at = now() - interval '25 h'")
    await take(desk, sms("Maaf saya sedang menyetir, nanti saya hubungi kembali.", "tomorrow"))
    assert 2 == len(await rows(desk.pool, "SELECT ticket FROM complaints"))


@pytest.mark.parametrize(("status", "complaints"), [("in_progress", 1), ("cancelled", 2), ("resolved", 2)])
async def test_the_same_words_after_it_is_over_are_a_new_complaint(desk: Desk, status: str, complaints: int) -> None:
    number = await complain(desk)
    async with desk.pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=3, status=status, registered=True)})
    await take(desk, sms("SOPPENG lampu mati di Cabenge", "again"))
    assert complaints == len(await rows(desk.pool, "SELECT ticket FROM complaints"))


async def test_the_same_words_of_another_are_another_complaint(desk: Desk) -> None:
    for n, sender in enumerate((ME, OTHER)):
        await take(desk, sms("SOPPENG lampu mati di Cabenge", f"mo-{n}", sender))
    assert 2 == len(await rows(desk.pool, "SELECT ticket FROM complaints"))


async def test_addition_by_a_stranger_becomes_a_complaint_if_it_says_enough(desk: Desk) -> None:
    number = await complain(desk)
    await take(desk, sms(f"SOPPENG tiang roboh di Jalan Merdeka, sama seperti laporan {number}", "mo-2", OTHER))
    texts = [text for (text,) in await rows(desk.pool, "SELECT text FROM complaints ORDER BY received_at")]
    assert ["lampu mati di Cabenge", "tiang roboh di Jalan Merdeka, sama seperti laporan"] == texts


async def test_a_cancellation_is_published_and_the_router_answers_it(desk: Desk) -> None:
    number = await complain(desk)
    await take(desk, sms(f"BATAL {number}"))
    _, event = await events(desk.pool)
    assert [item.kind for item in event.items] == ["cancel"]
    assert len(await told(desk.pool)) == 1


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("SOPPENG NILAI {} 4 cepat, hub 081234567890", ("rating", 4, "cepat, hub [TELEPON]", UNSET)),
        ("SOPPENG BUKA {} masih mati", ("reopen", UNSET, "masih mati", UNSET)),
        ("hapus data {}", ("rights_request", UNSET, UNSET, "erasure")),
        ("SOPPENG BATASI DATA {}", ("rights_request", UNSET, UNSET, "restriction")),
    ],
)
async def test_a_wish_is_published_once_and_the_router_answers_it(
    desk: Desk, text: str, facts: tuple[object, ...]
) -> None:
    number = await complain(desk)
    for _ in range(2):
        await take(desk, sms(text.format(number), "mo-2"))
    _, event = await events(desk.pool)
    (item,) = event.items
    assert facts == (item.kind, item.rating, item.text, item.right)
    assert len(await told(desk.pool)) == 1


async def test_each_mistake_is_answered_with_what_to_mend(desk: Desk) -> None:
    number = await complain(desk)
    say = desk.texts.sms
    for n, text in enumerate((f"NILAI {number} 9", f"NILAI {number}", "NILAI SPG-123 4", "BUKA", "HAPUS DATA SPG-123")):
        await take(desk, sms(f"SOPPENG {text}", f"bad-{n}"))
    rating, ticket_, early = say["bad_rating"].format(ticket=number), say["bad_ticket"], say["early"]
    assert [rating, rating, ticket_, early.format(ticket=number), ticket_] == [
        text for _, text in (await told(desk.pool))[1:]
    ]
    assert len(await events(desk.pool)) == 1


async def test_the_receipt_waits_for_the_due_date_and_the_answers_wait_behind_it(
    desk: Desk, make_settings: Callable[..., SmsSettings]
) -> None:
    await take(replace(desk, settings=make_settings(receipt_wait_s=60)), sms("SOPPENG lampu mati"))
    waits = await desk.pool.fetchrow("SELECT revisable, next_try_at - now() > interval '50 s' FROM notices")
    assert (True, True) == tuple(waits)


async def test_a_keyword_alone_is_answered_with_the_help(desk: Desk) -> None:
    await take(desk, sms("SOPPENG"))
    assert [(ME, desk.texts.sms["help"].format(**desk.texts.promises))] == await told(desk.pool)


async def test_the_hint_comes_once_a_number_and_day(desk: Desk) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    today = replace(desk, clock=lambda: now)
    tomorrow = replace(desk, clock=lambda: now + timedelta(days=1))
    await take(today, sms("lampu", "mo-1"))
    await take(today, sms("lampu jalan", "mo-2"))
    await take(today, sms("lampu", "mo-3", OTHER))
    await take(tomorrow, sms("lampu", "mo-4"))
    assert [address for address, _ in await told(desk.pool)] == [ME, OTHER, ME]


@pytest.mark.parametrize("text", ["lampu mati", "jalan rusak", "pdam macet"])
async def test_two_words_that_say_what_is_wrong_are_a_complaint(desk: Desk, text: str) -> None:
    await take(desk, sms(text))

    assert [(text,)] == await rows(desk.pool, "SELECT text FROM complaints")


@pytest.mark.parametrize("text", ["terima kasih", "tes", "a", "\U0001f44d", "SOPPENG test 123", "dasar tidak becus"])
async def test_messages_without_a_complaint_get_a_courtesy_reply_once_a_day(desk: Desk, text: str) -> None:
    for n in range(3):
        await take(desk, sms(text, f"mo-{n}"))
    assert [(ME, desk.texts.sms["courtesy"])] == await told(desk.pool)
    assert await events(desk.pool) == []


async def test_every_answer_fits_one_sms(desk: Desk) -> None:
    words = {"ticket": "SPG-S0AB-12CDW", "due": "Minggu 30 Nov, 10 hari kerja", "unit": "", "where": "x" * 60}
    words["parent"] = words["ticket"]
    words["list"] = ", ".join(["SPG-S0AB-12CDW menunggu jawaban Anda"] * 3)
    words |= {
        "length": "10001",
        "most": "10000",
        "emergency": desk.texts.in_doubt,
        "next_step": desk.texts.parts["next_step"],
        **desk.texts.promises,
    }
    filled = [text.format(**words) for text in desk.texts.sms.values()]
    assert [text for text in filled if len(text) > 160 or not text.isascii()] == []


async def knock(desk: Desk, **given: str) -> int:
    """Bring this SMS to the door; return the status."""
    app = door(desk.settings, partial(take, desk), partial(bury, desk), partial(note_report, desk.pool, "sms"))
    token = desk.settings.sms_mo_token.get_secret_value()
    query = {"from": ME, "to": "1708", "id": "mo-1", "raw": "SOPPENG lampu mati", "token": token, **given}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:  # type: ignore[arg-type]
        return (await http.get("http://door/sms/kannel/mo", params=query)).status_code


async def test_200_means_stored_and_stored_before(desk: Desk) -> None:
    assert await knock(desk) == 200
    assert await rows(desk.pool, "SELECT external_id, text FROM complaints") == [("mo-1", "lampu mati")]
    assert await knock(desk) == 200
    assert await rows(desk.pool, "SELECT external_id, text FROM complaints") == [("mo-1", "lampu mati")]


@pytest.mark.parametrize(
    ("given", "error"),
    [({"id": ""}, "Unreadable"), ({"charset": "zlib"}, "Unreadable"), ({"raw": "SOPPENG jalan rusak"}, "KeyReused")],
)
async def test_sms_put_aside_stays_in_the_database_and_its_dead_letter_names_the_row(
    desk: Desk, given: dict[str, str], error: str
) -> None:
    assert await knock(desk) == 200
    await desk.pool.execute("DELETE FROM outbox")
    assert await knock(desk, **given) == 200
    ((topic, value, headers),) = await rows(desk.pool, "SELECT topic, value, headers FROM outbox")
    about = dict(json.loads(headers))
    assert ("intake-sms.dlq", "kannel-mo", error) == (topic, about["source-topic"], about["error"])
    ((number, door, content),) = await rows(desk.pool, "SELECT id, door, content FROM set_aside")
    assert ({"set_aside": number, "door": "kannel-mo"}, "kannel-mo") == (json.loads(value), door)
    assert b"raw=SOPPENG" in content
    assert ME.removeprefix("+").encode() in content
    assert desk.settings.sms_mo_token.get_secret_value().encode() not in content


async def test_each_sms_of_a_repeated_batch_is_taken_or_put_aside_by_itself(
    desk: Desk, make_settings: Callable[..., SmsSettings]
) -> None:
    settings = make_settings(sms_dialect="infobip")
    app: Any = door(settings, partial(take, desk), partial(bury, desk), partial(note_report, desk.pool, "sms"))
    given = [("mo-1", "1709", "SOPPENG jalan rusak"), ("mo-2", "1708", "SOPPENG lampu mati")]
    body = {"results": [{"messageId": mo, "from": ME[1:], "to": to, "text": text} for mo, to, text in given]}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        path = f"http://door/sms/infobip/mo?token={settings.sms_mo_token.get_secret_value()}"
        heard = [(await http.post(path, json=body)).status_code for _ in range(2)]

    assert [200, 200] == heard
    assert [("mo-2", "lampu mati")] == await rows(desk.pool, "SELECT external_id, text FROM complaints")
    kept = await rows(desk.pool, "SELECT DISTINCT content FROM set_aside")
    assert [True] == [b"jalan rusak" in content and b"lampu" not in content for (content,) in kept]


async def test_letters_that_postgres_has_not_stop_nothing(desk: Desk) -> None:
    assert await knock(desk, id="a\x00b", raw="SOPPENG lampu\x00 mati") == 200
    assert await rows(desk.pool, "SELECT external_id, text FROM complaints") == [("ab", "lampu mati")]


async def until_taken(desk: Desk, **given: str) -> int:
    """Bring this SMS until the door no longer answers 503; return the status."""
    while (status := await knock(desk, **given)) == 503:
        pass
    return status


async def test_a_database_that_is_down_means_come_again_and_nothing_is_lost(
    stack: Stack, dsn: str, make_settings: Callable[..., SmsSettings], desk: Desk
) -> None:
    pool = await open_pool(dsn, timeout_s=5, connected=0)
    away = replace(desk, pool=pool, settings=make_settings(sms_door_timeout_s=3))
    assert await until_taken(away, id="before") == 200
    stack.kill_postgres()
    try:
        assert [await knock(away, id="during", raw="SOPPENG pipa bocor"), await knock(away, id="")] == [503, 503]
    finally:
        stack.start_postgres()
    assert await until_taken(away, id="during", raw="SOPPENG pipa bocor") == 200
    assert await rows(pool, "SELECT external_id FROM complaints ORDER BY received_at") == [("before",), ("during",)]
    pool.terminate()


async def all_rows(pool: Pool) -> str:
    tables = ("reporters", "complaints", "stories", "notices", "outbox")
    found = [str(row) for table in tables for row in await rows(pool, f"SELECT t::text FROM {table} t")]
    return "\n".join([*found, *(str(each) for each in await events(pool))])


@pytest.mark.parametrize(
    ("mark", "flags"), [("RAHASIA", (True, False)), ("ANONIM", (False, True)), ("anonim, rahasia:", (True, True))]
)
async def test_a_marked_complaint_is_taken_so_and_its_receipt_says_so(
    desk: Desk, mark: str, flags: tuple[bool, bool]
) -> None:
    await take(desk, sms(f"SOPPENG {mark} ada pungli di pasar"))
    (event,) = await events(desk.pool)
    assert ("ada pungli di pasar", *flags) == (event.text, event.rahasia, event.anonim)
    ((to, text),) = await told(desk.pool)
    said = [desk.texts.sms[name] for name, flag in zip(("rahasia", "anonim"), flags, strict=True) if flag]
    receipt = f"Terima kasih, laporan Anda kami terima: {event.ticket}."
    assert (ME, " ".join([*said, receipt])) == (to, text)


async def test_after_the_receipt_no_row_leads_from_an_anonymous_complaint_to_its_number(desk: Desk) -> None:
    anonymous = sms("SOPPENG ANONIM ada pungli di pasar", "first")
    await take(desk, anonymous)
    (event,) = await events(desk.pool)
    about = (f"STATUS {event.ticket}", f"{event.ticket} tambahan", f"NILAI {event.ticket} 5", f"BATAL {event.ticket}")
    for n, text in enumerate(about):
        await take(desk, sms(text, f"mo-{n}"))
    assert {ME} == {address for address, _ in await told(desk.pool)}
    await send_all(desk.pool)
    await take(desk, anonymous)
    kept = await all_rows(desk.pool)
    assert (True, False, False) == (event.ticket in kept, ME[3:] in kept, "first" in kept)
    assert 5 == len(await told(desk.pool))


async def test_addition_by_an_anonymous_reporter_is_an_anonymous_complaint(desk: Desk) -> None:
    await take(desk, sms("SOPPENG ANONIM RAHASIA ada pungli di pasar", "first"))
    (first,) = await events(desk.pool)
    await take(desk, sms(f"{first.ticket} yang meminta uang itu petugas parkir", "mo-2"))
    _, second = await events(desk.pool)
    assert ("yang meminta uang itu petugas parkir", True, True) == (second.text, second.anonim, second.rahasia)
    await send_all(desk.pool)
    assert ME[3:] not in await all_rows(desk.pool)


async def test_open_question_takes_a_short_reply_but_no_anonymous_complaint(desk: Desk) -> None:
    number = await complain(desk)
    await ask(desk, number)
    await take(desk, sms("ANONIM kades minta uang bansos", "mo-2"))
    await take(desk, sms("rahasia lah pak", "mo-3"))
    _, marked, answer = await events(desk.pool)
    assert ("kades minta uang bansos", True) == (marked.text, marked.anonim)
    assert (number, "rahasia lah pak") == (answer.ticket, answer.items[-1].text)


async def test_the_same_sms_again_marked_is_another_complaint(desk: Desk) -> None:
    for n, mark in enumerate(("", "RAHASIA ", "ANONIM ", "RAHASIA ")):
        await take(desk, sms(f"SOPPENG {mark}ada pungli di pasar", f"mo-{n}"))
    assert [(False, False), (True, False), (False, True)] == [(e.rahasia, e.anonim) for e in await events(desk.pool)]


async def test_sender_in_danger_is_told_at_once_whom_to_call_and_the_ticket(desk: Desk) -> None:
    desk = replace(desk, settings=desk.settings.model_copy(update={"receipt_wait_s": 600}))
    await take(desk, sms("tolong ada orang tenggelam di sungai walanae"))
    (event,) = await events(desk.pool)
    assert event.danger == ["rescue"]
    ((to, text, waits),) = await rows(desk.pool, "SELECT address, text, next_try_at > now() FROM notices")
    assert (to, waits) == (ME, False)
    assert text.index("115") < text.index(event.ticket)
    assert "hari" not in text


@pytest.mark.parametrize("text", ["kbkrn", "TOLONG", "info kebakaran di pasar", "STATUS kebakaran di rumahku"])
async def test_danger_is_a_complaint_however_short_it_is_and_whatever_it_looks_like(desk: Desk, text: str) -> None:
    await take(desk, sms(text))
    (event,) = await events(desk.pool)
    assert event.danger
    assert event.text in text


async def test_danger_is_a_new_complaint_also_while_a_question_is_open(desk: Desk) -> None:
    number = await complain(desk)
    await ask(desk, number)
    await take(desk, sms("anak saya hanyut"))
    assert [] == await added(desk)
    new = [event for event in await events(desk.pool) if event.ticket != number]
    assert [["rescue"]] == [event.danger for event in new]


async def test_a_call_for_help_that_says_where_goes_to_the_one_before(desk: Desk) -> None:
    await take(desk, sms("tolong ada yang kena setrum", "one"))
    for _ in range(2):
        await take(desk, sms("di pasar lajoa, ada yg kena setrum", "two"))
    await desk.pool.execute("UPDATE complaints SET received_at = received_at - interval '1 hour'")
    await take(desk, sms("di pasar lajoa, ada yg kena setrum", "two"))  # the gateway repeats it
    (received,) = [each for each in await events(desk.pool) if isinstance(each, ComplaintReceived)]
    assert received.place_asked
    assert [(received.ticket, "di pasar lajoa, ada yg kena setrum")] == await added(desk)
    assert ["123" in text for _, text in await told(desk.pool)] == [True, True]


async def test_what_follows_a_cry_for_help_goes_to_it(desk: Desk) -> None:
    await take(desk, sms("SOPPENG TOLONG", "one"))
    more = "kebakaran gudang kemiri di cabenge dekat jembatan", "cepat pak apinya sudah tinggi"
    for n, text in enumerate(more):
        await take(desk, sms(text, f"more-{n}"))
    (received,) = [each for each in await events(desk.pool) if isinstance(each, ComplaintReceived)]
    assert received.place_asked
    assert {(received.ticket, text) for text in more} == set(await added(desk))
    assert ["113" in text for _, text in await told(desk.pool)] == [True, True, True]


@pytest.mark.parametrize(
    "then", ["kebakaran di lajoa dekat masjid", "kebakaran di salotungo rumah dua lantai sebelah jembatan"]
)
async def test_same_danger_elsewhere_is_a_complaint_of_its_own(desk: Desk, then: str) -> None:
    await take(desk, sms("kebakaran gudang kemiri di cabenge dekat jembatan", "one"))
    await take(desk, sms(then, "two"))
    assert [] == await added(desk)


@pytest.mark.parametrize("text", ["kebakaran di pasar lajoa", "di pasar lajoa, ada yg kena setrum"])
async def test_another_danger_and_one_of_later_is_a_complaint_of_its_own(desk: Desk, text: str) -> None:
    await take(desk, sms("tolong ada yang kena setrum", "one"))
    if "setrum" in text:
        await desk.pool.execute("UPDATE complaints SET received_at = received_at - interval '1 hour'")
    await take(desk, sms(text, "two"))
    assert [] == await added(desk)
    assert 2 == len(await rows(desk.pool, "SELECT ticket FROM complaints"))


async def test_repeated_danger_sms_gets_the_emergency_number_again(desk: Desk) -> None:
    await take(desk, sms("kebakaran di pasar", "one"))
    await take(desk, sms("kebakaran di pasar", "two"))
    (number,) = {event.ticket for event in await events(desk.pool)}
    one, again = [text for _, text in await told(desk.pool)]
    assert ["113" in text and number in text for text in (one, again)] == [True, True]


async def stand(desk: Desk, number: str, status: str) -> None:
    """Let the intake hear that the complaint has this status."""
    async with desk.pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=3, status=status, registered=True)})


async def test_follow_up_without_a_ticket_is_added_to_the_open_complaint(desk: Desk) -> None:
    number = await complain(desk)
    for _ in range(2):
        await take(desk, sms("lampunya masih belum diganti pak", "mo-2"))
    assert [(number, "lampunya masih belum diganti pak")] == await added(desk)
    assert [(ME, desk.texts.sms["added"].format(ticket=number))] == (await told(desk.pool))[1:]


async def test_the_router_hears_whether_it_was_said_where_an_addition_went(desk: Desk) -> None:
    number = await complain(desk)
    await take(desk, sms("lampunya masih belum diganti pak", "mo-2"))
    await take(desk, sms(f"{number} sudah gelap sekali", "mo-3"))
    last = [event for event in await events(desk.pool) if isinstance(event, ComplaintFollowedUp)][-1]
    assert [True, UNSET] == [item.told for item in last.items]


async def test_reply_to_the_place_question_adds_the_place(desk: Desk) -> None:
    await take(desk, sms("SOPPENG jalan rusak"))
    (received,) = await events(desk.pool)
    assert received.place_asked
    for _ in range(2):
        await take(desk, sms("Paroto", "mo-2"))
    followed = [event for event in await events(desk.pool) if isinstance(event, ComplaintFollowedUp)]
    assert [(received.ticket, Place(kecamatan="Lilirilau", desa="Paroto"))] == [
        (each.ticket, each.items[-1].place) for each in followed
    ]
    assert [(ME, desk.texts.sms["added"].format(ticket=received.ticket))] == (await told(desk.pool))[1:]


async def test_reply_taken_for_a_place_becomes_a_complaint_with_baru(desk: Desk) -> None:
    await take(desk, sms("SOPPENG jalan rusak"))
    await take(desk, sms("tetangga berkelahi tiap malam", "mo-2"))
    await take(desk, sms("BARU", "mo-3"))
    assert ["jalan rusak", "tetangga berkelahi tiap malam"] == [
        event.text for event in await events(desk.pool) if isinstance(event, ComplaintReceived)
    ]


async def test_follow_up_to_a_resolved_complaint_is_told_how_to_reopen_it(desk: Desk) -> None:
    number = await complain(desk)
    await stand(desk, number, "resolved")
    await take(desk, sms("masih belum pak", "mo-2"))
    assert desk.texts.sms["added_resolved"].format(ticket=number) == (await told(desk.pool))[-1][1]


async def test_baru_makes_the_last_addition_a_complaint_once(desk: Desk) -> None:
    await complain(desk)
    await take(desk, sms("yang dekat sekolah juga pak", "mo-2"))
    for mo_id in ("mo-3", "mo-3", "mo-4"):
        await take(desk, sms("baru", mo_id))
    texts = [text for (text,) in await rows(desk.pool, "SELECT text FROM complaints ORDER BY received_at")]
    assert ["lampu mati di Cabenge", "yang dekat sekolah juga pak"] == texts
    assert desk.texts.sms["help"].format(**desk.texts.promises) == (await told(desk.pool))[-1][1]


async def test_baru_a_day_later_is_answered_with_the_help(desk: Desk) -> None:
    await complain(desk)
    await take(desk, sms("yang dekat sekolah juga pak", "mo-2"))
    await take(replace(desk, clock=lambda: datetime.now(UTC) + timedelta(hours=25)), sms("BARU", "mo-3"))
    assert [(1,)] == await rows(desk.pool, "SELECT count(*) FROM complaints")


async def test_with_the_keyword_it_is_new_and_of_another_it_is_theirs(desk: Desk) -> None:
    await complain(desk)
    await take(desk, sms("SOPPENG masih belum diangkut juga", "mo-2"))
    await take(desk, sms("masih belum diangkut juga", "mo-3", OTHER))
    assert [] == await added(desk)
    assert [(3,)] == await rows(desk.pool, "SELECT count(*) FROM complaints")


async def test_a_command_without_a_ticket_asks_which_of_several(desk: Desk) -> None:
    await take(desk, sms("SOPPENG lampu mati di Cabenge", "one"))
    await take(desk, sms("SOPPENG pipa bocor di Ompo", "two"))
    two, one = [
        number for (number,) in await rows(desk.pool, "SELECT ticket FROM complaints ORDER BY received_at DESC")
    ]
    await take(desk, sms("BATAL", "mo-3"))
    await take(desk, sms("nomor laporan saya hilang", "mo-4"))
    both = f"{two} diterima, {one} diterima"
    answers = [desk.texts.sms[name].format(list=both) for name in ("which", "own")]
    assert answers == [text for _, text in (await told(desk.pool))[2:]]
    await stand(desk, one, "cancelled")
    await take(desk, sms("STATUS", "mo-5"))
    assert f"Laporan {two} diterima." == (await told(desk.pool))[-1][1]


async def asked_which(desk: Desk) -> str:
    """Take two complaints, and a message that may be about either; return the ticket of the first."""
    await take(desk, sms("SOPPENG lampu mati di Cabenge", "one"))
    await take(desk, sms("SOPPENG pipa bocor di Ompo", "two"))
    await take(desk, sms("masih belum juga pak", "mo-3"))
    ((number,),) = await rows(desk.pool, "SELECT ticket FROM complaints ORDER BY received_at LIMIT 1")
    return str(number)


async def test_addition_that_fits_two_complaints_is_added_once_its_number_is_said(desk: Desk) -> None:
    number = await asked_which(desk)
    for _ in range(2):
        await take(desk, sms(number, "mo-4"))
    await take(desk, sms("masih belum juga pak", "mo-3"))  # repeated, and nothing is asked again
    assert [(number, "masih belum juga pak")] == await added(desk)
    assert [desk.texts.sms["added"].format(ticket=number)] == [text for _, text in (await told(desk.pool))[3:]]
    await take(desk, sms(number, "mo-5"))
    assert f"Laporan {number} diterima." == (await told(desk.pool))[-1][1]


async def test_a_day_later_a_number_alone_is_a_question(desk: Desk) -> None:
    number = await asked_which(desk)
    await desk.pool.execute("UPDATE reporters SET asked_at = now() - interval '25 hours'")
    await take(desk, sms(number, "mo-4"))
    assert [] == await added(desk)
    await sweep_once(desk.pool, "intake-sms", b"key", {})
    assert [(None, None)] == await rows(desk.pool, "SELECT asked_back, asked_at FROM reporters")


async def test_danger_beside_praise_is_danger(desk: Desk) -> None:
    await take(desk, sms("anak panas tinggi napas cepat sekali di desa Citta"))
    (event,) = await events(desk.pool)
    assert event.danger


async def test_early_rating_is_answered_with_when_it_is_possible(desk: Desk) -> None:
    number = await complain(desk)
    await take(desk, sms("NILAI 5", "mo-2"))
    assert desk.texts.sms["early"].format(ticket=number) == (await told(desk.pool))[-1][1]


@pytest.mark.parametrize(("text", "kind"), [("BATAL", "cancel"), ("NILAI 5", "rating"), ("BUKA", "reopen")])
async def test_the_only_complaint_that_can_be_meant_needs_no_ticket(desk: Desk, text: str, kind: str) -> None:
    number = await complain(desk)
    await stand(desk, number, "in_progress" if kind == "cancel" else "resolved")
    for _ in range(2):
        await take(desk, sms(text, "mo-2"))
    if kind == "cancel":
        assert [desk.texts.sms["sure"].format(ticket=number)] == [said for _, said in (await told(desk.pool))[1:]]
        assert [] == [event for event in await events(desk.pool) if isinstance(event, ComplaintFollowedUp)]
        for _ in range(2):
            await take(desk, sms("ya pak", "mo-3"))
        await stand(desk, number, "cancelled")
        await take(desk, sms("ya pak", "mo-3"))
        assert 2 == len(await told(desk.pool))
    (event,) = [event for event in await events(desk.pool) if isinstance(event, ComplaintFollowedUp)]
    assert [(number, kind)] == [(event.ticket, item.kind) for item in event.items]


async def test_a_yes_to_what_a_unit_asked_cancels_nothing(desk: Desk) -> None:
    number = await complain(desk)
    await take(desk, sms("BATAL", "mo-2"))
    await ask(desk, number)
    await take(desk, sms("ya", "mo-3"))
    items = [event.items[-1] for event in await events(desk.pool) if isinstance(event, ComplaintFollowedUp)]
    assert ["addition"] == [item.kind for item in items]


@pytest.mark.parametrize("text", ["STOP", "SOPPENG STOP", "berhenti kirim sms"])
async def test_stop_silences_status_news_until_the_sender_asks_again(desk: Desk, text: str) -> None:
    number = await complain(desk)
    await take(desk, sms(text, "mo-2"))
    news = [NewNotice(number, NoticeKind.STEP, "4", "sedang ditangani")]
    answer = [NewNotice(number, NoticeKind.STEP, "5", "dibatalkan", asked=True)]
    async with desk.pool.acquire() as db:
        await add_notices(db, [*news, *answer])
    assert [desk.texts.sms["stopped"], "dibatalkan"] == [said for _, said in (await told(desk.pool))[1:]]
    await take(desk, sms("STATUS", "mo-3"))
    async with desk.pool.acquire() as db:
        await add_notices(db, news)
    assert "sedang ditangani" == (await told(desk.pool))[-1][1]
    assert [(1,)] == await rows(desk.pool, "SELECT count(*) FROM complaints")


#: The weighed words suggest danger, but no phrase says so for certain.
PERHAPS = "semua penghuni berlarian keluar, ibu dan neneknya belum kelihatan"


async def test_possible_danger_that_fits_two_complaints_becomes_a_new_complaint(desk: Desk) -> None:
    await take(desk, sms("SOPPENG lampu mati di Cabenge", "one"))
    await take(desk, sms("SOPPENG pipa bocor di Ompo", "two"))
    await take(desk, sms(PERHAPS, "three"))
    assert [PERHAPS] == [event.text for event in await events(desk.pool) if getattr(event, "danger", ())]


async def test_possible_danger_added_to_a_complaint_is_told_whom_to_call(desk: Desk) -> None:
    number = await complain(desk)
    await take(desk, sms(PERHAPS, "second"))
    assert [(number, PERHAPS)] == await added(desk)
    (_, said) = (await told(desk.pool))[-1]
    assert said.startswith(desk.texts.call_for_help(desk.texts.reader.read(PERHAPS).danger))
    assert "BARU" in said


async def test_an_answer_that_may_be_danger_is_told_whom_to_call_too(desk: Desk) -> None:
    number = await complain(desk)
    await ask(desk, number)
    await take(desk, sms(PERHAPS, "second"))
    assert [(number, PERHAPS)] == await added(desk)
    assert desk.texts.call_for_help(desk.texts.reader.read(PERHAPS).danger) in (await told(desk.pool))[-1][1]


async def test_danger_told_of_with_a_ticket_is_added_and_told_whom_to_call(desk: Desk) -> None:
    number = await complain(desk)
    await take(desk, sms(f"{number} sekarang kebakaran, kabelnya keluar api", "second"))
    ((of, _),) = await added(desk)
    (to, said) = (await told(desk.pool))[-1]
    assert (number, ME, True) == (of, to, "113" in said)


@pytest.mark.parametrize("text", ["RAHASIA", "rahasia pak", "tolong laporan saya dirahasiakan", "RAHASIA {}"])
async def test_existing_complaint_can_be_made_confidential_later(desk: Desk, text: str) -> None:
    number = await complain(desk)
    await take(desk, sms(text.format(number)))
    *_, wish = await events(desk.pool)
    assert (number, ["confidential"]) == (wish.ticket, [item.kind for item in wish.items])


async def test_words_behind_the_mark_are_added_and_the_complaint_is_kept_secret(desk: Desk) -> None:
    number = await complain(desk)
    for _ in range(2):  # the gateway repeats it
        await take(desk, sms(f"RAHASIA {number} pelakunya Pak Ali, jangan sebut nama saya", "mo-2"))
    *_, wish = await events(desk.pool)
    assert [("confidential", UNSET), ("addition", "pelakunya Pak Ali, jangan sebut nama saya")] == [
        (item.kind, item.text) for item in wish.items
    ]


async def test_confidentiality_wish_asks_which_of_several_complaints_is_meant(desk: Desk) -> None:
    await take(desk, sms("SOPPENG lampu mati di Cabenge", "first"))
    await take(desk, sms("SOPPENG sampah menumpuk di pasar Lajoa", "second"))
    await take(desk, sms("RAHASIA mohon rahasiakan identitas saya", "mo-3"))
    first, second = await events(desk.pool)
    said = (await told(desk.pool))[-1][1]
    assert (True, True) == (first.ticket in said, second.ticket in said)
    await take(desk, sms(first.ticket, "mo-4"))
    *_, wish = await events(desk.pool)
    assert (first.ticket, ["confidential"]) == (wish.ticket, [item.kind for item in wish.items])


async def test_while_a_question_waits_the_word_may_be_the_answer(desk: Desk) -> None:
    number = await complain(desk)
    await ask(desk, number)
    await take(desk, sms("rahasia pak"))
    assert [(number, "rahasia pak")] == await added(desk)


async def test_the_mark_alone_of_somebody_who_has_nothing_here_is_asked_about(desk: Desk) -> None:
    await take(desk, sms("RAHASIA"))
    assert [] == await events(desk.pool)
    assert [(ME, desk.texts.sms["format"].format(emergency=desk.texts.in_doubt))] == await told(desk.pool)
