"""The text of a message, and which contacts can be written to."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from intake.complaint_view import ComplaintView, SentWith, Step
from intake.mail import mailbox
from intake.notices import Notice
from intake.segments import MAX_GSM, fit
from intake.texts import Texts
from intake_web.messages import Writer, followed, has_link

T, MAIL = "SPG-W0AB-12CDS", "andi@contoh.id"
SITE = "https://lapor.soppengkab.go.id"
NOW = datetime(2026, 11, 27, 14, 5, tzinfo=UTC)
DUE = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)  # midnight in Soppeng
ROUTED = f"Terima kasih, laporan {T} kami teruskan ke Dinas PUPR. Dijawab paling lambat Selasa 1 Des, 3 hari kerja."


@pytest.fixture
def writer(texts: Texts) -> Writer:
    return Writer(
        texts=texts,
        site=SITE,
        installation=UUID(int=1),
        address=mailbox("LAPOR! Soppeng <lapor@soppengkab.go.id>"),
        reply_to=mailbox("kominfo@soppengkab.go.id"),
    )


def notice(kind: str = "receipt", key: str = "", text: str = ROUTED, **more: Any) -> Notice:
    usual = {"address": MAIL, "thread": None, "attempts": 0, **more}
    return Notice(id=1, ticket=T, kind=kind, key=key, text=text, **usual)


def view(**facts: Any) -> ComplaintView:
    return ComplaintView(ticket=T, **facts)


def read(writer: Writer, told: Notice, of: ComplaintView | None, link: str | None = None) -> tuple[dict[str, str], str]:
    """Return headers and text of the mail, as a mail program reads them."""
    mail = message_from_bytes(writer.mail(told, of, link, NOW).as_bytes(), policy=default)
    text = mail.get_content().replace("\r\n", "\n")
    return {name: str(value).strip() for name, value in mail.items()}, text


def test_a_mail_says_who_writes_what_to_whom_and_how_to_stop_it(writer: Writer) -> None:
    heads, text = read(writer, notice(), view(status="routed", deadline_at=DUE), "TOKEN")

    assert ("LAPOR! Soppeng <lapor@soppengkab.go.id>", "kominfo@soppengkab.go.id", MAIL) == (
        heads["From"], heads["Reply-To"], heads["To"],
    )  # fmt: skip
    assert (f"{T}: laporan Anda kami terima", "Fri, 27 Nov 2026 14:05:00 +0000") == (heads["Subject"], heads["Date"])
    assert f"<{SITE}/berhenti/" in heads["List-Unsubscribe"]
    assert text.startswith(f"{ROUTED}\n\nLihat, jawab, atau nilai di halaman laporan: {SITE}/laporan/{T}\n\n")
    assert f"selama 45 hari. Jangan teruskan kepada siapa pun: {SITE}/masuk/{T}/TOKEN\n" in text
    assert ("\n-- \nEmail ini dikirim otomatis", 1) == (text[text.index("\n-- ") :][:31], text.count("1 Des"))


def test_the_first_mail_to_an_inbox_asks_before_all_else_whether_more_may_come(writer: Writer) -> None:
    _, asking = read(writer, notice(asks=True), view())
    _, other = read(writer, notice(), view())

    assert asking.startswith(f"Ingin dikabari lewat email ini? Tekan: {SITE}/kabari/")
    assert "/kabari/" not in other


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"status": "in_progress", "deadline_at": DUE}, "Dijawab paling lambat Selasa 1 Des."),
        ({"status": "resolved", "deadline_at": DUE}, None),
        ({"status": "in_progress", "deadline_at": DUE, "paused": True}, None),
        ({"status": "in_progress", "deadline_at": DUE, "missed": DUE}, None),
        ({"status": "in_progress", "deadline_at": DUE, "sent": SentWith(danger=["fire"])}, None),
        ({"status": "closed", "deadline_at": DUE, "reopen_until": DUE}, None),
    ],
    ids=["open", "resolved", "paused", "late", "danger", "closed"],
)
def test_the_day_that_counts_now_is_said_where_the_notice_does_not(
    writer: Writer, facts: dict[str, Any], says: str | None
) -> None:
    _, text = read(writer, notice("step", "3", f"{T} sedang ditangani."), view(**facts))

    assert (says is not None, says in text if says else False) == ("1 Des" in text, says is not None)


@pytest.mark.parametrize(
    ("kind", "subject", "rahasia", "says"),
    [
        ("step", f"{T}: diteruskan ke Dinas PUPR", False, "diteruskan ke Dinas PUPR"),
        ("step", f"{T}: diteruskan ke Dinas PUPR", True, "ada kabar"),
        ("step", "", False, "kabar tentang laporan Anda"),
        ("apology", "", False, "maaf, jawabannya terlambat"),
        ("danger", "", False, "laporan Anda kami terima, telepon bantuan sekarang"),
        ("danger", "", True, "ada kabar"),
    ],
)
def test_subject_says_the_news_but_nothing_confidential(
    writer: Writer, kind: str, subject: str, rahasia: bool, says: str
) -> None:
    heads, _ = read(writer, notice(kind, subject=subject), view(rahasia=rahasia))

    assert f"{T}: {says}" == heads["Subject"]


def test_secret_link_goes_with_first_and_asking_messages_unless_confidential() -> None:
    steps = [
        Step(seq=n, kind=kind, at=NOW, unit="PUPR", text="")
        for n, kind in enumerate(["registered", "routed", "waiting_for_reporter", "in_progress", "resolved"])
    ]
    open_, hidden = view(steps=steps), view(rahasia=True, steps=steps)
    told = [
        (notice(), open_),
        (notice("danger"), open_),
        (notice(), hidden),
        (notice("step", "1"), open_),
        (notice(), None),
        (notice("step", "2"), open_),
        (notice("step", "3"), open_),
        (notice("step", "4"), open_),
        (notice("step", "2"), hidden),
        (notice("followed", "2"), open_),
    ]

    assert [True, True, False, False, False, True, False, True, False, False] == [has_link(*each) for each in told]


def test_message_about_abuse_reveals_nothing_to_others_reading_along(writer: Writer) -> None:
    told = notice("danger", text="Anda tidak sendiri. Telepon 129, kapan saja.")
    abuse = view(sent=SentWith(danger=["abuse"]))
    heads, text = read(writer, told, abuse)

    assert (f"{T}: ada kabar", False) == (heads["Subject"], "129" in text + writer.sms(told, abuse))


def test_an_sms_has_the_page_and_the_first_one_how_to_stop(writer: Writer) -> None:
    first, later = writer.sms(notice(address="+628123"), None), writer.sms(notice("step", "1", f"{T} ditutup."), view())

    assert f"{T} ditutup. Halaman laporan: {SITE}/laporan/{T}" == later
    assert (True, "Bukan Anda? Berhenti: ") == (first.startswith(ROUTED), first[first.index("Bukan") :][:22])
    assert len(first) <= 2 * 153
    assert f"{T}: ada kabar tentang laporan Anda." in writer.sms(notice("step", "1"), view(rahasia=True))


def test_sms_longer_than_three_parts_ends_with_the_page_address(writer: Writer) -> None:
    long = fit(writer.sms(notice("step", "1", "Tim di lokasi. " * 90), view()), writer.more(T))

    assert long.endswith(f"... Halaman laporan: {SITE}/laporan/{T}")
    assert len(long) <= MAX_GSM


@pytest.mark.parametrize(
    "text", ["", "a@b", "a@b.id\r\nBcc: x@y.id", "a@b.id, c@d.id", "A <a@b.id> <c@d.id>", "A\n <a@b.id>"]
)
def test_invalid_mail_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="NAME <ADDRESS>"):
        mailbox(text)


def test_nothing_that_is_written_becomes_a_header(writer: Writer) -> None:
    told = notice("step", "1", "Sudah.\r\nBcc: x@y.id\n\n.", subject=f"{T}: unit\r\nBcc: x@y.id")
    heads, text = read(writer, told, structs.replace(view(), status="routed"))

    assert "Bcc" not in heads
    assert "Bcc: x@y.id" in text
    with pytest.raises(ValueError, match="CR"):
        writer.mail(notice(address="a@b.id\r\nBcc: x@y.id"), view(), None, NOW)


def test_supporter_mail_gives_the_status_the_reason_and_the_way_to_stop_it(writer: Writer, texts: Texts) -> None:
    text, subject = followed(texts, "followed_step", T, "in_progress")
    told = notice("followed", "4-mark", text, subject=subject)

    heads, body = read(writer, told, view(status="in_progress", deadline_at=DUE))

    assert (f"{T}: kabar laporan yang Anda dukung", f"<{SITE}/berhenti/") == (
        heads["Subject"],
        heads["List-Unsubscribe"][: len(SITE) + 11],
    )
    assert body.startswith(f"Laporan {T} yang Anda dukung: sedang ditangani.\n\n")
    assert (True, False, False) == (
        "karena alamat Anda ditulis untuk dikabari tentang laporan" in body,
        "nilai di halaman laporan" in body,
        "/masuk/" in body,
    )


def test_nobody_but_its_reporter_is_told_that_their_answer_is_waited_for(texts: Texts) -> None:
    told = [followed(texts, "followed", T, status)[0].rpartition("Sekarang: ")[2] for status in texts.statuses]

    assert "menunggu jawaban pelapor." in told
    assert [] == [each for each in told if "Anda" in each]


@pytest.mark.parametrize("form", ["followed", "followed_step"])
def test_each_sms_to_a_supporter_is_one_text_with_page_and_stop_in_ascii(
    writer: Writer, texts: Texts, form: str
) -> None:
    texts_of = [followed(texts, form, T, status)[0] for status in texts.statuses]

    sms = [writer.sms(notice("followed", "4-mark", text, address="+6281234567890"), None) for text in texts_of]

    assert all(text.isascii() and len(text) <= 160 for text in texts_of)
    assert all("Berhenti: " in text and f"/laporan/{T}" in text and text.isascii() for text in sms)
