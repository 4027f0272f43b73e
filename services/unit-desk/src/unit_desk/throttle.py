"""How long a person waits after wrong guesses: longer each time, but never forever, so nobody locks another out."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.limits import Rate

#: From one place for all persons: an office has one address, and every day some of its people mistype.
PLACE = Rate(burst=30, per_hour=12)
#: Wrong guesses are forgotten so long after the last one.
FORGOTTEN_S = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How many guesses are free, and the seconds that nobody waits longer than."""

    free: int
    longest_s: float


HERE = Bounds(free=5, longest_s=900.0)
#: For one person from all places. The wait is short, as others could use it to keep that person out.
PERSON = Bounds(free=30, longest_s=30.0)


@dataclass(frozen=True, kw_only=True)
class Guesses:
    """Wrong guesses under one key: how many, the seconds since the last one, and those until the bucket is full."""

    count: int = 0
    since_s: float = 0.0
    full_in_s: float = 0.0


def wait_s(here: Guesses, person: Guesses, place: Guesses) -> float:
    """Return the seconds until somebody may guess again.

    ``here`` are the guesses for this person from this place, ``person`` those for the person from all places, and
    ``place`` those from this place for all persons.
    """
    full_in_s = 0.0 if place.since_s > FORGOTTEN_S else place.full_in_s
    return max(0.0, _left(here, HERE), _left(person, PERSON), full_in_s - each_s() * (PLACE.burst - 1))


def each_s() -> float:
    """Return the seconds after which a place has one more guess."""
    return 3600 / PLACE.per_hour


def _left(guesses: Guesses, bounds: Bounds) -> float:
    if guesses.count < bounds.free or guesses.since_s > FORGOTTEN_S:
        return 0.0
    # The power of thousands of guesses overflows a float.
    return min(bounds.longest_s, 2.0 ** min(guesses.count - bounds.free + 1, 20)) - guesses.since_s
