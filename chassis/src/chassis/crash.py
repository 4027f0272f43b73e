"""Leaving the process at once, and the named points at which a test makes it crash."""

from __future__ import annotations

import logging
import os
import signal
from typing import NoReturn

log = logging.getLogger(__name__)

#: Infrastructure failed: start me again, Kafka delivers again. (EX_TEMPFAIL of sysexits.h)
EXIT_TEMPORARY = 75
#: The settings are wrong: starting again does not help. (EX_CONFIG of sysexits.h)
EXIT_SETTINGS = 78

#: Where a test may make a service die.
POINTS = frozenset(
    {
        "ack.after_commit_before_response",
        "relay.after_publish_before_mark",
        "inbox.after_effect_before_commit",
        "classifier.after_publish_before_ack",
        "notify.after_send_before_mark",
    }
)


def leave_now(reason: str, error: BaseException | None = None) -> NoReturn:
    """Exit 75 before anything can be acknowledged. Nothing is cleaned up: that is the point."""
    log.critical("leaving", extra={"reason": reason, "error": repr(error)})
    logging.shutdown()
    os._exit(EXIT_TEMPORARY)


def crash_point(name: str) -> None:
    """Die by SIGKILL if the setting ``CRASH_AT`` names this point; once, if it names a file behind ``@``.

    ``CRASH_AT=relay.after_publish_before_mark@run/crashed`` crashes only while that file does not exist; several
    points are separated by commas.
    """
    for armed in os.environ.get("CRASH_AT", "").split(","):
        point, _, once = armed.partition("@")
        if point == name and (not once or _first(once)):
            os.kill(os.getpid(), signal.SIGKILL)


def _first(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True
