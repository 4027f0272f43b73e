"""Limits how often one client may send, look up and guess. Decided in memory, and shared by ``adapters/bounds.py``."""

from __future__ import annotations

import hmac
import logging
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial

from chassis.limits import Buckets, Clock, Rate, Seldom, home_of
from intake.contacts import inbox_of
from intake_web.domain import Draft
from intake_web.keys import KeyClient

log = logging.getLogger(__name__)

#: Phones of a carrier share a few addresses, and so does an office: limits by address are wide.
#:   complaints, additions  by address: a hall full of people at the same time, and one a minute all day
#:   supports               "I have this too", by address: a house and its neighbours
#:   lists                  by address; costly ones count several times: a list of Open311 for 5, an export for 20
#:   contacts               submissions that name one phone number or e-mail address, from any address
#:   hints                  requests for hints on an unfinished text; each costs some milliseconds
#:   uploads                photos by address: five for each complaint that it may send in one burst
#:   megabytes              their size, by address; a photo is 3 to 8 MB before we shrink it
#:   all_megabytes          of all addresses: what is not attached is kept for a day, and must not fill the disk
#:   pieces                 of uploads: five large photos in a burst are 800, in our page's smallest pieces
#:   making_s               seconds spent on making new photos: half a second for a phone's; one crafted to take long
#:                          costs its address more
#:   misses                 look-ups that find nothing, by address. A mistyped number rarely counts: its check
#:                          character gives it away before any look-up
#:   all_misses             those of all addresses together
#:   codes                  wrong access codes, by address and complaint
#:   account_codes          requested codes to sign in, by address: as many people as sit in a hall
#:   all_account_codes      of all addresses: each SMS costs the kabupaten, and anybody may ask without an account
#:   account_tries          wrong codes to sign in, by address; one code allows five at most
RATES: Mapping[str, Rate] = {
    "complaints": Rate(burst=30, per_hour=60),
    "additions": Rate(burst=30, per_hour=60),
    "contacts": Rate(burst=10, per_hour=10),
    "supports": Rate(burst=15, per_hour=30),
    "lists": Rate(burst=400, per_hour=4_000),
    "hints": Rate(burst=60, per_hour=600),
    "uploads": Rate(burst=150, per_hour=300),
    "megabytes": Rate(burst=600, per_hour=600),
    "all_megabytes": Rate(burst=3_000, per_hour=3_000),
    "pieces": Rate(burst=2_000, per_hour=6_000),
    "making_s": Rate(burst=120, per_hour=1_200),
    "misses": Rate(burst=10, per_hour=30),
    "all_misses": Rate(burst=600, per_hour=600),
    "codes": Rate(burst=10, per_hour=10),
    "account_codes": Rate(burst=10, per_hour=20),
    "all_account_codes": Rate(burst=200, per_hour=600),
    "account_tries": Rate(burst=20, per_hour=40),
}
#: The limits of systems with a key: they are known, and can be asked. All other limits are as above.
KEY_RATES: Mapping[str, Rate] = {
    "complaints": Rate(burst=1_000, per_hour=6_000),
    "additions": Rate(burst=1_000, per_hour=6_000),
    "uploads": Rate(burst=1_500, per_hour=3_000),
    "megabytes": Rate(burst=1_500, per_hour=1_500),
    "pieces": Rate(burst=20_000, per_hour=60_000),
    "making_s": Rate(burst=1_200, per_hour=3_600),
    "misses": Rate(burst=100, per_hour=300),
    "lists": Rate(burst=4_000, per_hour=40_000),
}
#: A home, the /56 of an IPv6 client, has this multiple of the limits of each /64 in it. A carrier may give each phone a
#: /64, and a home has 256 of them.
_HOME = 8
_OF_HOMES = {
    "complaints",
    "additions",
    "supports",
    "lists",
    "hints",
    "uploads",
    "megabytes",
    "pieces",
    "making_s",
    "misses",
}
#: The burst that all clients share, in seconds at the full rate.
_BURST_S = 10
_ALL = "all"
#: Concurrent event streams: per address, per key, and in total, which leaves half the connections free.
STREAMS_OF_ONE, STREAMS_OF_KEY, STREAMS = 5, 50, 256
#: Concurrent requests of any kind per address, or per /56 of IPv6, behind a proxy too. An eighth of all connections,
#: because the phones of a carrier share an address.
AT_ONCE = 64
#: Seconds until a client that was refused a stream, or another request, may ask again.
_NO_STREAM_S, _NOT_AT_ONCE_S = 60, 5


class Limited(Exception):
    """A limit was reached; it has room again after ``wait_s`` seconds. ``what`` is a key of ``RATES``, or ``all``."""

    def __init__(self, what: str, wait_s: float) -> None:
        super().__init__(what)
        self.what, self.wait_s = what, wait_s


@dataclass
class Bill:
    """The cost of a submission; returned at the end unless the sender ``owes`` it."""

    owes: bool = False


class Guard:
    """Counts requests. ``takes_per_s``: complaints and additions a second from all clients, in this process.

    If the processes of the service are ``shared_by`` a secret, shared counts name clients by an HMAC alone.

    Guessing numbers is useless. Each channel has 32**7 numbers: with 100,000 complaints, one guess in 343,597 finds
    one. An address has 30 guesses an hour, so a hit takes 1.3 years, and shows what the page shows anybody. All
    addresses together have 600 an hour, 24 days for a hit. When those are used up, each address has one an hour: 10,000
    addresses need more than a day, a whole /48 of IPv6 five hours, for one complaint that they can't choose.
    """

    def __init__(self, takes_per_s: float, clock: Clock = time.monotonic, shared_by: bytes = b"") -> None:
        rates = {
            **RATES,
            **{f"key_{what}": rate for what, rate in KEY_RATES.items()},
            **{f"home_{what}": RATES[what].times(_HOME) for what in _OF_HOMES},
            _ALL: Rate(burst=round(takes_per_s * _BURST_S), per_hour=takes_per_s * 3600),
        }
        name = partial(_named, shared_by) if shared_by else None
        self._buckets = {
            what: Buckets(rate, clock, shared_as=None if what == _ALL else name) for what, rate in rates.items()
        }
        self._lines = {what: Seldom(clock=clock) for what in (*rates, "at_once")}
        self._strangers = Seldom(3600, clock)
        self._streams, self._open = Counter[str](), Counter[str]()

    @contextmanager
    def complaint(self, client: str, draft: Draft) -> Iterator[Bill]:
        """Let ``client`` send ``draft``.

        Raises:
            Limited: not now.
        """
        with self._bill(
            [(_of("complaints", client), client), *(("contacts", each) for each in _contacts(draft))]
        ) as bill:
            yield bill

    @contextmanager
    def addition(self, client: str) -> Iterator[Bill]:
        """Let ``client`` add to a complaint.

        Raises:
            Limited: not now.
        """
        with self._bill([(_of("additions", client), client)]) as bill:
            yield bill

    @contextmanager
    def support(self, client: str) -> Iterator[Bill]:
        """Let ``client`` support another's complaint; this does not reduce its additions.

        Raises:
            Limited: not now.
        """
        with self._bill([("supports", client)]) as bill:
            yield bill

    def may_list(self, client: str, cost: int = 1) -> None:
        """Let ``client`` read a list that costs as much as ``cost`` plain pages, and count it.

        Raises:
            Limited: not now.
        """
        lists = _of("lists", client)
        self._check([(lists, client)])
        self._take(lists, client, cost)

    def may_ask(self, client: str) -> None:
        """Let ``client`` ask for hints on a text that is not sent yet.

        Raises:
            Limited: not now.
        """
        self._check([("hints", client)])
        self._take("hints", client)

    def upload(self, client: str, length: int) -> None:
        """Let ``client`` upload a photo of ``length`` bytes, and count it; 0 if the length is unknown.

        Raises:
            Limited: not now.
        """
        of_one = [(_of(what, client), client) for what in ("uploads", "megabytes")]
        self._check([*of_one, ("all_megabytes", _ALL)])
        self._take(_of("uploads", client), client)
        self.uploaded(client, length)

    def may_append(self, client: str) -> None:
        """Let ``client`` send a piece of an upload, and count it.

        Raises:
            Limited: not now.
        """
        pieces = _of("pieces", client)
        self._check([(pieces, client)])
        self._take(pieces, client)

    def uploaded(self, client: str, length: int) -> None:
        """Count ``length`` bytes that ``client`` has sent."""
        self._take(_of("megabytes", client), client, length / 1_000_000)
        self._buckets["all_megabytes"].take(_ALL, length / 1_000_000)

    def may_make(self, client: str) -> None:
        """Let ``client`` have its upload made into a new photo or video.

        Raises:
            Limited: its earlier uploads took too long.
        """
        self._check([(_of("making_s", client), client)])

    def made(self, client: str, seconds: float) -> None:
        """Count the ``seconds`` that making a photo or video took."""
        self._take(_of("making_s", client), client, seconds)

    def may_look(self, client: str) -> None:
        """Let ``client`` look up a number. To be called before the look-up, or its answer would tell hits from misses.

        Raises:
            Limited: it missed too often; or all clients did, and it missed lately.
        """
        misses = _of("misses", client)
        if self._buckets["all_misses"].wait_s(_ALL) and (wait_s := self._buckets[misses].full_in_s(client)):
            raise self._limited("all_misses", wait_s)
        self._check([(misses, client)])

    def missed(self, client: str) -> None:
        """Count a look-up of an unknown number; while the shared budget is used up, one miss costs an hour's worth."""
        misses = self._buckets[_of("misses", client)]
        if self._buckets["all_misses"].wait_s(_ALL):
            misses.take(client, misses.rate.per_hour)
        else:
            self._take(_of("misses", client), client)
            self._buckets["all_misses"].take(_ALL)

    def tried_wrong(self, client: str, number: str) -> None:
        """Count a wrong access code of ``client``. The right one always works: a guesser locks nobody out.

        A code has 80 bits, a link 256, and a program's own secret at least 16 letters: nobody guesses them at any rate.

        Raises:
            Limited: too many codes were wrong.
        """
        key = f"{number} {client}"
        self._check([("codes", key)])
        self._buckets["codes"].take(key)

    def ask_account_code(self, client: str) -> None:
        """Let ``client`` ask for a code to sign in, and count it.

        Raises:
            Limited: not now.
        """
        self._check([("account_codes", client), ("all_account_codes", _ALL)])
        self._buckets["account_codes"].take(client)
        self._buckets["all_account_codes"].take(_ALL)

    def may_try_account_code(self, client: str) -> None:
        """Let ``client`` type a code to sign in, be it right or wrong.

        Raises:
            Limited: too many were wrong.
        """
        self._check([("account_tries", client)])

    def tried_wrong_account_code(self, client: str) -> None:
        """Count a wrong code to sign in."""
        self._buckets["account_tries"].take(client)

    @contextmanager
    def request(self, client: str) -> Iterator[ExitStack]:
        """Count a request of ``client``, a network, until it is answered; closing the stack releases what it holds.

        Raises:
            Limited: too many of its requests are open.
        """
        home = home_of(client)
        if self._open[home] >= AT_ONCE:
            raise self._limited("at_once", _NOT_AT_ONCE_S)
        with ExitStack() as held, _counted(self._open, home):
            yield held

    @contextmanager
    def following(self, client: str) -> Iterator[None]:
        """Count an event stream of ``client`` while it is open. Nothing is awaited between check and count.

        Raises:
            Limited: too many of its streams, or of all clients', are open.
        """
        of_one = STREAMS_OF_KEY if isinstance(client, KeyClient) else STREAMS_OF_ONE
        if self._streams[client] >= of_one or self._streams.total() >= STREAMS:
            raise Limited("streams", _NO_STREAM_S)
        with _counted(self._streams, client):
            yield

    def taken(self) -> dict[tuple[str, str], float]:
        """Return the consumption since the last call: by limit and client, in seconds until the bucket is full."""
        of_all = ((what, self._buckets[what].taken()) for what in self._buckets)
        return {(what, who): seconds for what, taken in of_all for who, seconds in taken.items()}

    def take_back(self, taken: Mapping[tuple[str, str], float]) -> None:
        """Add back consumption that could not be shared."""
        for (what, who), seconds in taken.items():
            self._buckets[what].take_back(who, seconds)

    def heard(self, full_in_s: Mapping[tuple[str, str], float]) -> None:
        """Learn what all processes together have counted."""
        for (what, who), seconds in full_in_s.items():
            if what in self._buckets:  # another release may count things that this one does not
                self._buckets[what].hear(who, seconds)

    def not_believed(self) -> None:
        """Warn, seldom, of an untrusted X-Forwarded-For: behind a proxy of ours, all citizens would count as one."""
        if count := self._strangers.due():
            log.warning("forwarded_for_not_believed", extra={"count": count, "mend": "WEB_TRUSTED_PROXIES"})

    @contextmanager
    def _bill(self, items: list[tuple[str, str]]) -> Iterator[Bill]:
        items, bill = [*_with_homes(items), (_ALL, _ALL)], Bill()
        self._check(items)
        for what, key in items:
            self._buckets[what].take(key)
        try:
            yield bill
        finally:
            for what, key in [] if bill.owes else items:
                self._buckets[what].give_back(key)

    def _check(self, items: list[tuple[str, str]]) -> None:
        wait_s, what = max((self._buckets[what].wait_s(key), what) for what, key in _with_homes(items))
        if wait_s:
            raise self._limited(what, wait_s)

    def _take(self, what: str, key: str, count: float = 1) -> None:
        for each, whose in _with_homes([(what, key)]):
            self._buckets[each].take(whose, count)

    def _limited(self, what: str, wait_s: float) -> Limited:
        if count := self._lines[what].due():
            log.warning("limited", extra={"what": what, "count": count})
        return Limited(what, wait_s)


@lru_cache(4096)
def _named(secret: bytes, key: str) -> str:
    return hmac.digest(secret, f"intake-web bound\x1f{key}".encode(), "sha256")[:16].hex()


@contextmanager
def _counted(counts: Counter[str], key: str) -> Iterator[None]:
    counts[key] += 1
    try:
        yield
    finally:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]


def _with_homes(items: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Return ``items``, bucket and key, and for each that homes share the home's bucket as well."""
    for what, key in items:
        yield what, key
        if what in _OF_HOMES and (home := home_of(key)) != key:
            yield f"home_{what}", home


def _of(what: str, client: str) -> str:
    """Name the bucket that counts ``what`` for ``client``."""
    return f"key_{what}" if isinstance(client, KeyClient) and what in KEY_RATES else what


def _contacts(draft: Draft) -> Iterator[str]:
    if draft.phone:
        yield re.sub(r"^(?:0062|62|0)", "", re.sub(r"\D", "", draft.phone))
    if draft.email:
        yield inbox_of(draft.email)
