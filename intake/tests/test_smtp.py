"""Handing mail in: a real client at a real server, and what each answer means for a message."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from intake.mail import MailServer
from intake.notices import OutcomeUnknown, Refused, TryLater, Undeliverable
from intake.smtp import GIVE_UP_AFTER_S, deliver
from lapor.servers import certificates
from testing.mail import Sink, mail_sink
from testing.waiting import within

TO, FROM = "andi@contoh.id", "lapor@soppengkab.example"


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with mail_sink() as sink:
        yield sink


def message() -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = FROM, TO, "SPG-W0AB-12CDS: diteruskan"
    made.set_content("Terima kasih – laporan Anda kami teruskan.\n.\nSatu titik sendiri di barisnya.\n")
    return made


def server_of(sink: Sink) -> MailServer:
    return MailServer(host="127.0.0.1", port=sink.port, tls=False, here=True, username=None, password=None)


async def hand_in(sink: Sink, age_s: float = 0) -> None:
    await deliver(server_of(sink), message(), FROM, TO, timeout_s=2, age_s=age_s)


async def test_a_message_arrives_as_it_was_written(sink: Sink) -> None:
    await hand_in(sink)

    assert [(FROM, [TO])] == sink.envelopes
    assert message().get_content() == sink.mails[0].get_content().replace("\r\n", "\n")
    assert "SPG-W0AB-12CDS: diteruskan" == sink.mails[0]["Subject"]


@pytest.mark.parametrize(
    ("command", "answer", "age_s", "error", "says"),
    [
        ("RCPT", "550 5.1.1 <andi@contoh.id> no such user", 0, Undeliverable, "550 5.1.1"),
        ("RCPT", "550 no such user andi@contoh.id", 0, Undeliverable, "550"),
        ("RCPT", "451 4.7.1 greylisted, andi@contoh.id", 0, TryLater, "451 4.7.1"),
        ("RCPT", "452 4.2.2 mailbox full", GIVE_UP_AFTER_S + 1, Undeliverable, "452 4.2.2 for five days"),
        ("RCPT", "554 5.7.1 relay access denied", 0, TryLater, "554 5.7.1"),
        ("RCPT", "554 5.7.1 relay access denied", GIVE_UP_AFTER_S + 1, Undeliverable, "554 5.7.1 for five days"),
        ("MAIL", "550 5.7.1 not your domain", 0, TryLater, "550 5.7.1"),
        ("MAIL", "421 4.3.2 shutting down", 0, TryLater, "421 4.3.2"),
        ("DATA", "554 5.6.0 content rejected", 0, Refused, "554 5.6.0"),
        ("DATA", "452 4.3.1 no space", 0, TryLater, "452 4.3.1"),
    ],
)
async def test_each_refusal_means_what_it_is_about(
    sink: Sink, command: str, answer: str, age_s: float, error: type[Exception], says: str
) -> None:
    sink.answers[command] = [answer]

    with pytest.raises(error) as caught:
        await hand_in(sink, age_s)

    assert (type(caught.value), says) == (error, str(caught.value))
    assert [] == sink.mails


async def test_a_server_that_refuses_us_is_cried_out_without_an_address(
    sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    sink.answers["RCPT"] = ["554 5.7.1 <andi@contoh.id> relay access denied"]

    with pytest.raises(TryLater):
        await hand_in(sink)

    assert [("CRITICAL", "mail_server_refuses_us")] == [(r.levelname, r.getMessage()) for r in caplog.records]
    assert TO not in str([vars(r) for r in caplog.records])


async def test_a_server_that_is_away_is_tried_later(sink: Sink) -> None:
    await sink.stop()

    with pytest.raises(TryLater, match="can't be reached"):
        await hand_in(sink)


@pytest.mark.parametrize("cut", ["lost", "kept"])
async def test_whether_a_message_arrived_that_got_no_answer_nobody_knows(sink: Sink, cut: str) -> None:
    sink.cut = [cut]

    with pytest.raises(OutcomeUnknown):
        await hand_in(sink)


@asynccontextmanager
async def silent(command: bytes) -> AsyncIterator[int]:
    """Run a mail server that stops answering at ``command`` ("." ends the message); yield its port."""
    served: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(writer)
        writer.write(b"220 here\r\n")
        while line := await within(reader.readline()):
            if line.startswith(command):
                await within(reader.read())
            elif line.startswith((b"EHLO", b"MAIL", b"RCPT", b"QUIT")):
                writer.write(b"250 OK\r\n")
            elif line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in served:
        writer.close()
        await within(writer.wait_closed())


@pytest.mark.parametrize(("command", "error"), [(b"MAIL", TryLater), (b"RCPT", TryLater), (b".", OutcomeUnknown)])
async def test_a_server_that_falls_silent_may_have_the_message_only_once_it_was_sent(
    command: bytes, error: type[Exception]
) -> None:
    async with silent(command) as port:
        here = MailServer(host="127.0.0.1", port=port, tls=False, here=True, username=None, password=None)
        with pytest.raises(error):
            await deliver(here, message(), FROM, TO, timeout_s=2)


async def test_a_server_elsewhere_that_offers_no_tls_gets_nothing(sink: Sink, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TryLater):
        await deliver(replace(server_of(sink), here=False), message(), FROM, TO, timeout_s=2)

    assert [] == sink.mails
    assert ["mail_server_refuses_us"] == [r.getMessage() for r in caplog.records]


@pytest.mark.parametrize("way", ["tls", "starttls"])
async def test_mail_goes_encrypted_to_who_can_show_who_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    certificates.prepare(tmp_path, [certificates.server("mail=127.0.0.1")], now=datetime.now(UTC))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "mail" / "cert.pem", tmp_path / "mail" / "key.pem")
    async with mail_sink(**{way: context}) as sink:
        server = replace(server_of(sink), tls=way == "tls", here=False)
        with pytest.raises(TryLater):
            await deliver(server, message(), FROM, TO, timeout_s=2)
        assert [] == sink.mails
        assert ["mail_server_refuses_us"] == [r.getMessage() for r in caplog.records if r.levelname == "CRITICAL"]

        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trust" / "ca.pem"))
        await deliver(server, message(), FROM, TO, timeout_s=2)
        assert 1 == len(sink.mails)
