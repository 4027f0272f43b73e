"""Switches that make a stand-in misbehave for a number of calls, as the real vendor does now and then."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from litestar.response import Response, Stream

_PHOTOS = ("photo_gone", "photo_throttle", "photo_away", "photo_redirect")
# fmt: off
KINDS: dict[str, frozenset[str]] = {
    "x": frozenset({
        "throttle", "throttle_no_reset", "throttle_text", "throttle_v1", "html503", "json503", "slow", "hangup",
        "lost_answer", "since_too_old", "empty_newest_id", "no_millis", "post_names", "duplicate_page", *_PHOTOS,
    }),
    "sms": frozenset({"undelivered"}),
    "whatsapp": frozenset({
        "throttle", "temporary", "expired", "blocked", "html502", "lost_answer", "undeliverable", "outside_window",
        "undelivered",
        "hook_lost", "hook_late", "hook_twice", "hook_wrong_signature", *_PHOTOS,
    }),
    "graph": frozenset({
        "throttle", "temporary", "expired", "blocked", "forbidden", "html502", "no_content_type", "lost_answer",
        "no_from", "hook_lost", "hook_late", "hook_twice", "hook_wrong_signature", "outside_window", *_PHOTOS,
    }),
}
# fmt: on


class Faults:
    """Counts how often each fault still has to happen, by vendor and kind."""

    def __init__(self) -> None:
        self._left: Counter[tuple[str, str]] = Counter()

    def set(self, vendor: str, kind: str, times: int) -> None:
        """Arm a fault; zero times disarms it. Raises: ValueError for an unknown vendor or kind."""
        if kind not in KINDS.get(vendor, ()):
            known = ", ".join(sorted(KINDS.get(vendor, ()))) or "none"
            raise ValueError(f"{vendor} has no fault {kind!r}; known: {known}")
        self._left[vendor, kind] = times

    def take(self, vendor: str, kind: str) -> bool:
        """Whether the fault is to happen now; asking uses it up."""
        if self._left[vendor, kind] <= 0:
            return False
        self._left[vendor, kind] -= 1
        return True


async def _half() -> AsyncIterator[bytes]:
    yield b"{"


def cut_off() -> Response[Any]:
    """Make an answer that breaks off in the middle, so that the client can't know what happened."""
    return Stream(_half(), headers={"content-length": "1000"}, media_type="application/json", status_code=200)
