"""Hands a message to the mail server, each on its own connection, and says what became of it.

A message that was neither surely refused nor surely taken (the connection ends or is silent once the server may have
it) is not tried again: somebody would read it twice. A service that imports this must depend on aiosmtplib.
https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2
"""

from __future__ import annotations

import contextlib
import logging
import re
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from intake.mail import MailServer
from intake.notices import OutcomeUnknown, Refused, TryLater, Undeliverable

log = logging.getLogger(__name__)
#: How long an address may be refused temporarily, as mail servers keep trying (RFC 5321, 4.5.4.1).
GIVE_UP_AFTER_S = 5 * 24 * 3600
#: Seconds until the next try after a temporary refusal, or when the server refuses us; the reason may be this mail
#: only.
AGAIN_S = 1800
_AWAY = (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPServerDisconnected)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")


async def deliver(
    server: MailServer, message: EmailMessage, sender: str, to: str, *, timeout_s: float, age_s: float = 0
) -> None:
    """Hand in ``message`` from ``sender`` to ``to``; ``age_s`` is how long that has been tried already.

    Raises:
        Undeliverable: nobody has that address, or it was refused for five days.
        Refused: this message will never be taken.
        TryLater: not now; the server is away, or does not accept us.
        OutcomeUnknown: it may have been taken.
    """
    async with _connected(server, sender.rpartition("@")[2], timeout_s) as smtp:
        try:
            await smtp.mail(sender)
        except SMTPResponseException as error:
            raise _ours(error) if error.code >= 500 else TryLater(_said(error)) from error
        try:
            await smtp.rcpt(to)
        except SMTPResponseException as error:
            raise _of_address(error, age_s) from error
        try:
            await smtp.data(message.as_bytes())
        except SMTPResponseException as error:
            raise Refused(_said(error)) if error.code >= 500 else TryLater(_said(error), AGAIN_S) from error
        except (SMTPException, OSError) as error:
            raise OutcomeUnknown(f"no answer to the message: {type(error).__name__}") from error


@contextlib.asynccontextmanager
async def _connected(server: MailServer, name: str, timeout_s: float) -> AsyncIterator[aiosmtplib.SMTP]:
    smtp = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=name,
        username=server.username,
        password=server.password,
        use_tls=server.tls,
        start_tls=not (server.tls or server.here),
        timeout=timeout_s,
    )
    try:
        await smtp.connect()
    except SMTPResponseException as error:
        raise _ours(error) if error.code >= 500 else TryLater(_said(error)) from error
    except (*_AWAY, OSError) as error:
        if any(isinstance(each, ssl.SSLCertVerificationError) for each in (error, error.__cause__)):
            raise _refuses_us("nobody we trust has signed its certificate") from error
        raise TryLater(f"the mail server can't be reached: {type(error).__name__}") from error
    except SMTPException as error:
        raise _refuses_us("it offers no STARTTLS, or no login that we know") from error
    try:
        yield smtp
    except (SMTPException, OSError) as error:  # before the message was on its way
        raise TryLater(f"the mail server went away: {type(error).__name__}") from error
    finally:
        with contextlib.suppress(SMTPException, OSError):
            await smtp.quit(timeout=2)
        smtp.close()


def _of_address(error: SMTPResponseException, age_s: float) -> Exception:
    """Return the error for a refused recipient: a policy (X.7.X) is about us, anything else about the address."""
    if age_s > GIVE_UP_AFTER_S:
        return Undeliverable(f"{_said(error)} for five days")
    if error.code < 500:
        return TryLater(_said(error), AGAIN_S)
    return _ours(error) if ".7." in _said(error) else Undeliverable(_said(error))


def _ours(error: SMTPResponseException) -> TryLater:
    return _refuses_us(_said(error))


def _refuses_us(why: str) -> TryLater:
    log.critical("mail_server_refuses_us", extra={"why": why, "mend": "SMTP_URL, MAIL_FROM"})
    return TryLater(why, AGAIN_S)


def _said(error: SMTPResponseException) -> str:
    """Return the codes of an answer. Its words may name the address, which must not be logged."""
    enhanced = _ENHANCED.match(error.message.strip())
    return f"{error.code} {enhanced[1]}" if enhanced else str(error.code)
