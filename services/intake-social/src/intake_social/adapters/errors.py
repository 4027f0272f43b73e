"""Failures of a social network in our words: one exception for each way in which a caller reacts."""

from datetime import UTC, datetime, timedelta


class SocialError(Exception):
    """Any failure of a social network; its text never holds a secret. `code` is Graph's error code, if it has one."""

    code: int | None = None


class SocialUnauthorized(SocialError):
    """The network doesn't accept our credentials, permission or balance: stop and alarm, don't retry."""


class SocialThrottled(SocialError):
    """Too many calls: wait until `reset_at`."""

    def __init__(self, message: str, reset_at: datetime) -> None:
        super().__init__(message)
        self.reset_at = reset_at


class SocialRefused(SocialError):
    """This one call will never succeed; `reason` is for the record."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SocialUnavailable(SocialError):
    """Temporary: retry with growing pauses. A write may have happened all the same."""


class OutsideWindow(SocialRefused):
    """Too long after the person's last message: only a template that the network has approved may be sent."""


class SocialOutcomeUnknown(SocialError):
    """A write may have happened, and nobody can be asked: writing again might say it twice."""


class CursorTooOld(SocialError):
    """The network no longer knows what came after our cursor: read by time instead."""


def after(minutes: float) -> datetime:
    """Return the time ``minutes`` from now, for a throttle that doesn't say how long it lasts."""
    return datetime.now(UTC) + timedelta(minutes=minutes)
