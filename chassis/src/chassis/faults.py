"""The named points at which a test makes a service die."""

from __future__ import annotations

import os
import signal

#: The points at which a test may make a service die.
POINTS = frozenset(
    {
        "ack.after_commit_before_response",
        "relay.after_publish_before_mark",
        "inbox.after_effect_before_commit",
        "classifier.after_publish_before_ack",
        "notify.after_send_before_mark",
    }
)


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
