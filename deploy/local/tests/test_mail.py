"""The stand-in of a mail server: it accepts mail from a mail client, and keeps it for the page."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage
from pathlib import Path
from threading import Thread

from lapor.processes.ports import any_free
from lapor.standins.mail import mail_server
from lapor.standins.state import World


def _hand_in(port: int) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "lapor@contoh.id", "a@contoh.id", "SPG-W0AB-12CDS: diteruskan – ya"
    mail.set_content("Terima kasih – laporan Anda kami teruskan.\n")
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.send_message(mail)


async def test_a_mail_is_kept_by_reader_and_ticket_with_its_subject_above_it(tmp_path: Path) -> None:
    world, port = World(tmp_path / "state"), any_free()
    async with mail_server(world, "127.0.0.1", port):
        client = Thread(target=_hand_in, args=(port,))
        client.start()
        await asyncio.to_thread(client.join)
    world.close()

    (sent,) = World(tmp_path / "state").sent
    assert ("email", "a@contoh.id", "SPG-W0AB-12CDS") == (sent.channel, sent.to, sent.ticket)
    assert "SPG-W0AB-12CDS: diteruskan – ya\n\nTerima kasih – laporan Anda kami teruskan.\n" == sent.text
