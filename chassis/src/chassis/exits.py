"""Leaves the process immediately, with an exit code that says what to do."""

from __future__ import annotations

import logging
import os
from typing import NoReturn

log = logging.getLogger(__name__)

#: Infrastructure failed: start me again, Kafka delivers again. (EX_TEMPFAIL of sysexits.h)
EXIT_TEMPORARY = 75
#: The settings are wrong: starting again does not help. (EX_CONFIG of sysexits.h)
EXIT_SETTINGS = 78


def leave_now(reason: str, error: BaseException | None = None) -> NoReturn:
    """Exit 75 before anything can be acknowledged. Nothing is cleaned up: that is the point."""
    log.critical("leaving", extra={"reason": reason, "error": repr(error)})
    logging.shutdown()
    os._exit(EXIT_TEMPORARY)
