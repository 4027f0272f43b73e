"""Posts and the rows that they become, on a real PostgreSQL."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import UNSET

from chassis.database import Pool
from contracts import codec
from contracts.events import ComplaintFollowedUp, ComplaintReceived, Data
from intake.complaint_view import ComplaintView, save_views
from intake_social import handlers, recent
from intake_social.domain import Wish, read
from intake_social.post import Desk, SocialPost
from testing.notices import send_all

pytestmark = pytest.mark.connected
POST = SocialPost(
    channel="x",
    id="100",
    author_id="42",
    author="andi_soppeng",
    text="@LaporSoppeng jalan rusak",
    at=datetime(2026, 3, 2, 2, 0, tzinfo=UTC),
    root="100",
    version="100",
)


async def take(desk: Desk, post: SocialPost) -> None:
    """Take ``post`` as a process does that has just started: only the database knows the posts taken before."""
    await handlers.take(replace(desk, known={}), post)


def reply_of(post: SocialPost, number: str, text: str, **changes: Any) -> SocialPost:
    return replace(post, id=number, version=number, text=text, **{"root": post.id, **changes})


async def published(pool: Pool) -> list[Data]:
    return [codec.decode(row["value"]).data for row in await pool.fetch("SELECT value FROM outbox ORDER BY seq")]


async def said(pool: Pool) -> list[tuple[str, str, str]]:
    """Return (kind and key, thread, text) of every notice."""
    query = "SELECT trim(both '-' FROM kind || '-' || key), thread, text FROM notices ORDER BY id"
    return [tuple(row) for row in await pool.fetch(query)]


async def ticket_of(pool: Pool, post: SocialPost = POST) -> str:
    return str(await pool.fetchval("SELECT ticket FROM complaints WHERE thread = $1", post.thread))


def additions(events: list[Data]) -> list[list[object]]:
    return [[item.text for item in event.items] for event in events if isinstance(event, ComplaintFollowedUp)]


@pytest.mark.parametrize("text", ["terima kasih banyak, min", "admin tolol kerjanya tidur", "\U0001f44d"])
async def test_messages_without_a_complaint_get_a_courtesy_reply_once_a_day(desk: Desk, pool: Pool, text: str) -> None:
    for n in ("100", "101"):
        await take(desk, replace(POST, id=n, version=n, root=n, text=f"@LaporSoppeng {text}"))
    assert [("courtesy-2026-03-02", "x:100", desk.texts.social["courtesy"])] == await said(pool)
    assert [] == await published(pool)


@pytest.mark.parametrize("text", ["setuju bgt", "BATAL", "STOP", "NILAI 1", "makasih min"])
async def test_remarks_of_strangers_in_a_conversation_are_ignored(desk: Desk, pool: Pool, text: str) -> None:
    await take(desk, POST)
    before = await said(pool), await published(pool)

    await take(desk, reply_of(POST, "101", f"@LaporSoppeng {text}", author_id="7", author="lain"))

    assert before == (await said(pool), await published(pool))


async def test_stranger_who_names_problem_and_place_files_their_own_complaint(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    text = "@LaporSoppeng sampah di Desa Jampu sudah dua minggu"
    await take(desk, reply_of(POST, "101", text, author_id="7", author="lain"))
    assert 2 == len(await published(pool))


@pytest.mark.parametrize("text", ["update dong laporan saya gimana?", "sampai mana laporanku", "STATUS"])
async def test_how_it_is_may_be_asked_in_a_sentence(desk: Desk, pool: Pool, text: str) -> None:
    await take(desk, POST)
    await take(desk, replace(POST, id="101", version="101", root="101", text=f"@LaporSoppeng {text}"))
    assert f"Laporan {await ticket_of(pool)} diterima." == (await said(pool))[-1][2]


async def test_reporter_who_stops_mentions_is_told_the_complaint_goes_on(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    await take(desk, reply_of(POST, "101", "@LaporSoppeng stop mention saya lagi min, cukup"))
    assert desk.texts.social["stopped"] == (await said(pool))[-1][2]
    assert 1 == await pool.fetchval("SELECT count(*) FROM reporters WHERE stopped_at IS NOT NULL")


async def test_a_post_becomes_a_complaint_and_is_answered_in_its_thread(desk: Desk, pool: Pool) -> None:
    await take(desk, replace(POST, text="@LaporSoppeng jalan rusak, WA 0812-3456-7890"))
    (event,) = await published(pool)
    assert isinstance(event, ComplaintReceived)
    assert ("x", "intake-social", "jalan rusak, WA [TELEPON]") == (event.channel, event.origin, event.text)
    receipt = f"Terima kasih, laporan Anda kami terima dengan nomor {event.ticket}. Di mana tempatnya? Balas saja."
    assert [
        ("receipt", "x:100", receipt),
        ("answer-personal 100", "x:100", desk.texts.social["personal"]),
    ] == await said(pool)
    assert b"andi_soppeng" not in await pool.fetchval("SELECT value FROM outbox")


async def test_phone_number_added_in_public_gets_one_advice_to_delete_it(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    for _ in range(2):
        await take(desk, reply_of(POST, "101", "@LaporSoppeng hubungi saya di 0812-3456-7890"))
    advice = desk.texts.social["personal"]
    assert [("answer-personal 101", "x:101", advice)] == [each for each in await said(pool) if "personal" in each[0]]
    assert len(advice) <= 280


async def test_the_number_of_an_office_is_not_masked(desk: Desk, pool: Pool) -> None:
    desk.texts.contacts = frozenset(["0484-21001"])
    await take(desk, replace(POST, text="@LaporSoppeng jalan rusak, 0484-21001 tidak diangkat"))
    await take(desk, reply_of(POST, "101", "@LaporSoppeng 0484-21001 masih tidak diangkat"))
    values = [row["value"] for row in await pool.fetch("SELECT value FROM outbox")]
    assert (2, []) == (len(values), [value for value in values if b"0484-21001" not in value])


async def test_the_same_post_again_changes_nothing(desk: Desk, pool: Pool) -> None:
    for _ in range(3):
        await take(desk, POST)
    assert (1, 1) == (len(await published(pool)), len(await said(pool)))


async def test_a_post_that_every_look_gives_again_is_not_asked_about_again(
    desk: Desk, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def reads(text: str, known: str) -> Wish:
        seen.append(text)
        return read(text, known)

    monkeypatch.setattr(handlers, "read", reads)
    edited = replace(POST, version="101", text="@LaporSoppeng jalan rusak di Cabenge")
    for post in (POST, POST, edited, POST, edited):
        await handlers.take(desk, post)

    assert [POST.text, edited.text] == seen


async def test_cache_of_known_posts_stays_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST_KNOWN", 2)
    for number in ("1", "2", "3"):
        await handlers.take(desk, replace(POST, id=number, version=number, text="@LaporSoppeng"))

    assert 2 == len(desk.known)


async def test_an_edited_post_is_an_addition_once_for_each_edit(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    for version, text in (("101", "jalan rusak di Cabenge"), ("101", "jalan rusak di Cabenge"), ("102", "sudah parah")):
        await take(desk, replace(POST, version=version, text=text))
    assert [["jalan rusak di Cabenge"], ["jalan rusak di Cabenge", "sudah parah"]] == additions(await published(pool))
    assert ["receipt"] == [reason for reason, *_ in await said(pool)]


async def test_a_reply_in_ones_own_conversation_is_an_addition(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    for _ in range(2):
        await take(desk, reply_of(POST, "101", "@LaporSoppeng depan masjid"))
    assert [["depan masjid"]] == additions(await published(pool))


async def test_a_reply_that_was_read_before_what_it_answers_is_taken_once(desk: Desk, pool: Pool) -> None:
    reply = reply_of(POST, "101", "@LaporSoppeng di depan masjid juga")
    for post in (reply, POST, reply, POST):
        await take(desk, post)
    events = await published(pool)
    assert ["complaint.received.v1"] * 2 == [codec.type_of(event) for event in events]


async def test_status_request_with_news_adds_the_news_and_is_answered(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    number = await ticket_of(pool)
    await take(
        desk, replace(POST, id="102", version="102", root="102", text=f"@LaporSoppeng STATUS {number} makin dalam")
    )
    assert [["makin dalam"]] == additions(await published(pool))
    assert f"Laporan {number} diterima." == (await said(pool))[-1][2]


async def test_another_name_of_the_author_is_no_edit(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    await take(desk, replace(POST, author="andi_baru"))
    assert 1 == len(await published(pool))


async def test_a_post_that_we_stumble_over_is_put_aside_once_and_holds_up_no_other(
    desk: Desk, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(text: str, known: str) -> Wish:
        if "cepat" in text:
            raise ValueError("a bug of ours")
        return read(text, known)

    monkeypatch.setattr(handlers, "read", stumble)
    odd = replace(POST, id="99", text="@LaporSoppeng cepat", author_id="900719925474")
    for post in (odd, POST) * 2:
        await handlers.take(desk, post)
    assert ["x:100"] == [row["thread"] for row in await pool.fetch("SELECT thread FROM complaints")]
    (dead,) = await pool.fetch("SELECT value, headers FROM outbox WHERE topic = 'intake-social.dlq'")
    said = dead["value"].decode() + dead["headers"]
    assert [] == [word for word in (odd.author, odd.author_id, "cepat") if word in said]
    (kept,) = await pool.fetch("SELECT id, door, error, content FROM set_aside")
    assert ({"set_aside": kept["id"], "door": "x"}, "x", "ValueError") == (
        json.loads(dead["value"]),
        kept["door"],
        kept["error"],
    )
    assert ("@LaporSoppeng cepat", POST.author) == (
        json.loads(kept["content"])["text"],
        json.loads(kept["content"])["author"],
    )


@pytest.mark.parametrize("odd", ["text", "author", "author_id"])
async def test_half_a_letter_in_a_post_stops_nothing(
    desk: Desk, pool: Pool, monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    """JSON can hold half of a surrogate pair; UTF-8 and PostgreSQL can't."""

    def stumble(text: str, known: str) -> Wish:
        raise ValueError("a bug of ours")

    changes: dict[str, Any] = {odd: "lampu mati \ud83d"}
    post = replace(POST, **changes)
    await take(desk, post)
    monkeypatch.setattr(handlers, "read", stumble)
    await take(desk, replace(post, id="101"))
    kept = [json.loads(row["content"])[odd] for row in await pool.fetch("SELECT content FROM set_aside")]
    assert {"lampu mati \ud83d"} == set(kept)


async def test_a_stranger_in_the_conversation_has_a_complaint_of_their_own(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    await take(desk, reply_of(POST, "101", "@LaporSoppeng di Desa Jampu jalan juga rusak", author_id="43"))
    first, second = await published(pool)
    assert isinstance(second, ComplaintReceived)
    assert ("di Desa Jampu jalan juga rusak", True) == (second.text, first.ticket != second.ticket)  # type: ignore[union-attr]
    assert ["x:100", "x:101"] == [thread for _, thread, _ in await said(pool)]


async def test_an_addition_by_ticket_is_for_its_own_reporter(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    number = await ticket_of(pool)
    await take(desk, reply_of(POST, "101", f"@LaporSoppeng {number} depan masjid", root="101"))
    assert [["depan masjid"]] == additions(await published(pool))
    await take(desk, reply_of(POST, "102", f"@LaporSoppeng {number} saya juga", root="102", author_id="43"))
    assert ("saya juga", 1) == (
        (await published(pool))[-1].text,  # type: ignore[union-attr]
        len(additions(await published(pool))),
    )


async def test_anybody_may_ask_for_a_status_and_each_question_is_answered_once(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    number = await ticket_of(pool)
    async with pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=1, status="routed", unit="PUPR")})
    for asked in ("101", "101", "102"):
        await take(desk, reply_of(POST, asked, f"@LaporSoppeng status {number}?", root=asked, author_id="43"))
    text = f"Laporan {number} diteruskan (Dinas PUPR)."
    assert [("answer-101", "x:101", text), ("answer-102", "x:102", text)] == (await said(pool))[1:]
    assert 1 == len(await published(pool))


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("nilai {} 4 cepat", ("rating", 4, "cepat", UNSET)),
        ("BUKA {} masih berlubang", ("reopen", UNSET, "masih berlubang", UNSET)),
        ("BATAL {}", ("cancel", UNSET, UNSET, UNSET)),
        ("hapus data {}", ("rights_request", UNSET, UNSET, "erasure")),
        ("BATASI DATA {}", ("rights_request", UNSET, UNSET, "restriction")),
    ],
)
async def test_a_wish_is_for_its_own_reporter_and_a_stranger_is_told_so(
    desk: Desk, pool: Pool, text: str, facts: tuple[object, ...]
) -> None:
    await take(desk, POST)
    wish = f"@LaporSoppeng {text.format(await ticket_of(pool))}"
    await take(desk, reply_of(POST, "102", wish, root="102", author_id="43"))
    assert 1 == len(await published(pool))
    assert [("answer-102", "x:102")] == [(reason, thread) for reason, thread, _ in (await said(pool))[1:]]
    assert "bukan laporan akun ini" in (await said(pool))[1][2]
    for _ in range(2):
        await take(desk, reply_of(POST, "101", wish, root="101"))
    _, event = await published(pool)
    assert isinstance(event, ComplaintFollowedUp)
    assert [facts] == [(item.kind, item.rating, item.text, item.right) for item in event.items]


async def test_in_ones_own_conversation_a_command_needs_no_ticket(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    await take(desk, reply_of(POST, "101", "@LaporSoppeng nilai 5"))
    await take(desk, reply_of(POST, "102", "@LaporSoppeng nilai 8"))
    await take(desk, reply_of(POST, "103", "@LaporSoppeng status"))
    (event,) = [event for event in await published(pool) if isinstance(event, ComplaintFollowedUp)]
    assert [5] == [item.rating for item in event.items]
    number = await ticket_of(pool)
    answers = [desk.texts.social["bad_rating"].format(ticket=number), f"Laporan {number} diterima."]
    assert answers == [text for *_, text in (await said(pool))[1:]]


@pytest.mark.parametrize(("text", "answer"), [("bantuan", "help"), ("nilai 5", "bad_ticket"), ("BATAL", "bad_ticket")])
async def test_commands_without_a_ticket_are_answered_and_file_no_complaint(
    desk: Desk, pool: Pool, text: str, answer: str
) -> None:
    await take(desk, replace(POST, text=f"@LaporSoppeng {text}"))
    assert [desk.texts.social[answer]] == [said_ for *_, said_ in await said(pool)]
    assert [] == await published(pool)


async def test_reply_to_which_one_to_cancel_needs_only_the_number(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    number = await ticket_of(pool)
    await take(
        desk, replace(POST, id="200", text="@LaporSoppeng pipa air bocor besar di Desa Ompo", root="200", version="200")
    )
    await take(desk, replace(POST, id="300", text="@LaporSoppeng BATAL", root="300", version="300"))
    assert (await said(pool))[-1][2].startswith("Laporan yang mana?")
    for _ in range(2):
        await take(desk, replace(POST, id="400", text=f"@LaporSoppeng {number}", root="400", version="400"))
    followed = [event for event in await published(pool) if isinstance(event, ComplaintFollowedUp)]
    assert [(number, "cancel")] == [(event.ticket, item.kind) for event in followed for item in event.items]


async def test_a_ticket_nobody_knows_is_answered(desk: Desk, pool: Pool) -> None:
    await take(desk, replace(POST, text="@LaporSoppeng status SPG-M000-0000C"))
    assert [("answer-100", "x:100", "Nomor SPG-M000-0000C tidak kami temukan. Periksa lagi nomornya.")] == await said(
        pool
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("@LaporSoppeng #LAPOR", "Isi laporan masih kosong."),
        ("@LaporSoppeng " + "x" * 10_001, "Isi laporan terlalu panjang"),
    ],
)
async def test_a_post_that_cannot_be_taken_is_answered_once(desk: Desk, pool: Pool, text: str, says: str) -> None:
    for _ in range(2):
        await take(desk, replace(POST, text=text))
    ((reason, thread, answer),) = await said(pool)
    assert ("answer-100", "x:100", True) == (reason, thread, answer.startswith(says))
    assert [] == await published(pool)


async def test_an_empty_post_that_is_edited_becomes_a_complaint(desk: Desk, pool: Pool) -> None:
    await take(desk, replace(POST, text="@LaporSoppeng"))
    await take(desk, replace(POST, version="101"))
    assert ["answer-100", "receipt"] == [reason for reason, *_ in await said(pool)]


async def test_an_answer_without_words_adds_nothing_and_is_answered(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    await take(desk, reply_of(POST, "101", "@LaporSoppeng #LAPOR"))
    assert (1, ["receipt", "answer-101"]) == (len(await published(pool)), [reason for reason, *_ in await said(pool)])


async def test_an_addition_that_is_too_long_is_answered(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    await take(desk, reply_of(POST, "101", "@LaporSoppeng " + "x" * 10_001))
    assert ["receipt", "answer-101"] == [reason for reason, *_ in await said(pool)]


async def test_a_post_whose_author_is_hidden_is_taken_and_answered_and_may_be_edited(desk: Desk, pool: Pool) -> None:
    page_post = replace(POST, channel="facebook", id="1_2", author_id="", author="", root=None, version=None)
    await take(desk, page_post)
    await take(desk, replace(page_post, text="jalan rusak sekali"))
    assert [("receipt", "facebook:1_2")] == [(reason, thread) for reason, thread, _ in await said(pool)]
    assert [["jalan rusak sekali"]] == additions(await published(pool))


async def test_odd_letters_are_no_reason_to_stop(desk: Desk, pool: Pool) -> None:
    await take(desk, replace(POST, text="@LaporSoppeng jalan\x00 rusak \ud83d", author="an\x00di"))
    (event,) = await published(pool)
    assert "jalan rusak ?" == event.text  # type: ignore[union-attr]


async def test_status_of_a_confidential_complaint_never_names_the_unit(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    number = await ticket_of(pool)
    story = ComplaintView(ticket=number, seq=1, status="in_progress", unit="PUPR", registered=True, rahasia=True)
    async with pool.acquire() as db:
        await save_views(db, {number: story})
    for author in ("42", "43"):
        post = replace(POST, id=f"10{author}", version=f"10{author}", root=f"10{author}", author_id=author)
        await take(desk, replace(post, text=f"@LaporSoppeng STATUS {number}"))
    line = f"Laporan {number} sedang ditangani. {desk.texts.social['private']}"
    assert [line] * 2 == [text for _, _, text in (await said(pool))[1:]]


async def test_a_confidential_post_is_taken_so_and_told_what_that_means_here(desk: Desk, pool: Pool) -> None:
    await take(desk, replace(POST, text="@LaporSoppeng RAHASIA ada pungli"))
    (event,) = await published(pool)
    assert isinstance(event, ComplaintReceived)
    assert ("ada pungli", True, False) == (event.text, event.rahasia, event.anonim)
    receipt = f"Terima kasih, laporan Anda kami terima dengan nomor {event.ticket}."
    assert [("receipt", "x:100", f"{desk.texts.social['rahasia']} {receipt}")] == await said(pool)


async def test_anonymous_post_is_warned_once_and_leaves_no_trace_of_its_author(desk: Desk, pool: Pool) -> None:
    post = replace(POST, text="@LaporSoppeng ada lubang #anonim")
    for version, text in (("100", post.text), ("100", post.text), ("101", "@LaporSoppeng lubang di pasar #anonim")):
        await take(desk, replace(post, version=version, text=text))
    received, added = await published(pool)
    assert isinstance(received, ComplaintReceived)
    assert (True, [["lubang di pasar"]]) == (received.anonim, additions([added]))
    ((reason, thread, text),) = await said(pool)
    assert ("receipt", "x:100", True) == (reason, thread, text.startswith("Kiriman di sini menunjukkan akun"))
    await send_all(pool)
    tables = ("reporters", "complaints", "stories", "notices", "outbox")
    kept = str([await pool.fetch(f"SELECT t::text FROM {table} t") for table in tables])
    traces = [trace for trace in ("andi_", "x:100", ",100,") if trace in kept]
    assert (True, []) == (received.ticket in kept, traces)


@pytest.mark.parametrize("mark", ["RAHASIA", "ANONIM"])
async def test_a_post_of_marks_alone_is_asked_for_its_text(desk: Desk, pool: Pool, mark: str) -> None:
    await take(desk, replace(POST, text=f"@LaporSoppeng {mark}"))
    assert [] == await published(pool)
    says = "Isi laporan masih kosong. Tuliskan apa yang terjadi dan di mana."
    assert [says] == [text for *_, text in await said(pool)]


async def test_author_in_danger_is_first_told_whom_to_call(desk: Desk, pool: Pool) -> None:
    await take(desk, replace(POST, text="@LaporSoppeng kebakaran di jl kemakmuran tolong!!"))
    (event,) = await published(pool)
    assert isinstance(event, ComplaintReceived)
    assert event.danger == ["fire"]
    ((kind, _, text),) = await said(pool)
    assert kind == "danger"
    assert text.index("113") < text.index(event.ticket)


async def test_danger_in_ones_own_conversation_is_a_complaint_of_its_own(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    await take(desk, reply_of(POST, "101", "sekarang anak saya hanyut di sungai"))
    assert [[], ["rescue"]] == [event.danger for event in await published(pool) if isinstance(event, ComplaintReceived)]


@pytest.mark.parametrize("cry", ["@LaporSoppeng tolong ada yang kena setrum", "@LaporSoppeng TOLONG"])
async def test_a_call_for_help_that_says_where_goes_to_the_one_before(desk: Desk, pool: Pool, cry: str) -> None:
    post = replace(POST, text=cry)
    await take(desk, post)
    for _ in range(2):
        await take(desk, reply_of(post, "101", "di pasar lajoa, ada yg kena setrum"))
    assert 1 == len([event for event in await published(pool) if isinstance(event, ComplaintReceived)])
    assert 1 == len(additions(await published(pool)))
    assert "123" in (await said(pool))[-1][2]


async def test_possible_danger_in_a_conversation_is_added_and_told_whom_to_call(desk: Desk, pool: Pool) -> None:
    await take(desk, POST)
    await take(desk, reply_of(POST, "101", "semua penghuni berlarian keluar, ibu dan neneknya belum kelihatan"))
    assert 1 == len(additions(await published(pool)))
    assert "113" in (await said(pool))[-1][2]


def written(n: int, text: str, by: str = "6281234567890", **more: Any) -> SocialPost:
    """Return a private message: all messages of a person share a conversation."""
    facts = {"id": f"wamid.{n}", "author_id": by, "root": None, "version": None, "person": f"person.{by}"}
    return replace(POST, channel="whatsapp", text=text, **{**facts, **more})


@pytest.fixture
async def two(desk: Desk, pool: Pool) -> tuple[str, str]:
    """Return the tickets of two complaints of one person, who was told about both."""
    await take(desk, written(1, "sampah menumpuk di Desa Jampu"))
    await take(desk, written(2, "lampu jalan padam di Kelurahan Lemba"))
    await pool.execute("UPDATE notices SET gateway_id = 'wamid.of-' || ticket, state = 'sent'")
    first, second = [row["ticket"] for row in await pool.fetch("SELECT ticket FROM complaints ORDER BY external_id")]
    return first, second


async def added(pool: Pool) -> dict[str, list[str]]:
    """Return the additions by ticket."""
    rows = await pool.fetch("SELECT ticket, follow_ups FROM complaints ORDER BY external_id")
    return {row["ticket"]: [each["text"] for each in json.loads(row["follow_ups"])] for row in rows}


@pytest.mark.parametrize("which", [0, 1], ids=["first", "last"])
@pytest.mark.parametrize("ours", [True, False], ids=["our answer", "their own message"])
async def test_quoted_message_decides_which_complaint_is_meant(
    desk: Desk, pool: Pool, two: tuple[str, str], ours: bool, which: int
) -> None:
    quoted = f"wamid.of-{two[which]}" if ours else f"wamid.{which + 1}"

    await take(desk, written(3, "masih belum ada yang datang pak", points_to=(quoted,)))

    assert {two[which]: ["masih belum ada yang datang pak"], two[1 - which]: []} == await added(pool)


async def test_another_matter_with_its_place_is_a_new_complaint_whatever_it_quotes(
    desk: Desk, pool: Pool, two: tuple[str, str]
) -> None:
    text = "jembatan kayu di Desa Patampanua patah"
    await take(desk, written(3, text, points_to=(f"wamid.of-{two[0]}",)))

    assert ([[], [], []], text) == (
        list((await added(pool)).values()),
        await pool.fetchval("SELECT text FROM complaints WHERE external_id = 'wamid.3'"),
    )


async def test_quote_by_a_stranger_adds_nothing_to_the_complaint(desk: Desk, pool: Pool, two: tuple[str, str]) -> None:
    for n, quoted in enumerate((f"wamid.of-{two[0]}", "wamid.1"), 3):
        await take(desk, written(n, "masih belum ada yang datang pak", by="6289999999999", points_to=(quoted,)))

    assert [] == [text for number in two for text in (await added(pool))[number]]


@pytest.mark.parametrize("text", ["terima kasih banyak pak", "\U0001f64f"])
async def test_thanks_with_a_quote_get_a_courtesy_reply_and_add_nothing(
    desk: Desk, pool: Pool, two: tuple[str, str], text: str
) -> None:
    await take(desk, written(3, text, points_to=(f"wamid.of-{two[0]}",)))

    assert {two[0]: [], two[1]: []} == await added(pool)
    assert desk.texts.social["courtesy"] == (await said(pool))[-1][2]


@pytest.mark.parametrize(("status", "adds"), [("routed", 0), ("waiting_for_reporter", 1), ("resolved", 1)])
async def test_thanks_below_ones_own_post_are_added_only_where_they_may_answer(
    desk: Desk, pool: Pool, status: str, adds: int
) -> None:
    await take(desk, POST)
    number = await ticket_of(pool)
    async with pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=1, status=status, unit="PUPR")})

    await take(desk, reply_of(POST, "101", "@LaporSoppeng sudah saya hapus min, makasih diingatkan"))

    assert adds == len((await added(pool))[number])


@pytest.mark.parametrize("text", ["RAHASIA", "#rahasia", "RAHASIA {}", "tolong laporan saya dirahasiakan"])
@pytest.mark.parametrize("root", ["100", "200"], ids=["in its conversation", "elsewhere"])
async def test_posted_complaint_can_be_made_confidential_later(desk: Desk, pool: Pool, text: str, root: str) -> None:
    await take(desk, POST)
    number = await ticket_of(pool)
    wish = replace(POST, id="200", text=f"@LaporSoppeng {text.format(number)}", root=root, version="200")
    await take(desk, wish)
    followed = [event for event in await published(pool) if isinstance(event, ComplaintFollowedUp)]
    assert [(number, "confidential")] == [(event.ticket, item.kind) for event in followed for item in event.items]
    assert len(await published(pool)) == 2
