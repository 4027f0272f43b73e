"""How often one client may send, look up and guess. Decided in memory, and shared by ``adapters/bounds.py``."""

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

#: Phones of a carrier share a few addresses, and so does an office: what is counted by address is wide.
#:   complaints, additions  of an address: a hall full of people at once, and one a minute all day
#:   supports               "I have this too" of an address: a house and its neighbours
#:   lists                  of an address; what is dear counts for several: a list of Open311 for 5, an export for 20
#:   contacts               a person with this number or e-mail address, from wherever
#:   hints                  what a form asks about a text while it is written; a text costs some milliseconds
#:   uploads                photos of an address: five for each complaint that it may send at once
#:   megabytes              what these have, of an address; a photo is 3 to 8 MB before it is made small here
#:   all_megabytes          of all together: what nobody sends goes after a day, and must not fill the disk meanwhile
#:   pieces                 in which these come: five large photos at once are 800, in the smallest pieces of our page
#:   making_s               seconds that the making of new photos takes: of a telephone's half a second, and what was
#:                          made to take long costs its address more
#:   misses                 look-ups of an address that find nothing. A mistyped number is hardly ever one of them, for
#:                          its check character betrays it before anything is looked up
#:   all_misses             those of all addresses together
#:   codes                  wrong access codes of an address for one complaint
#:   account_codes          codes to sign in that an address asks for: as many as sit in a hall
#:   all_account_codes      those of all addresses: each SMS costs the kabupaten, and who asks need not have an account
#:   account_tries          wrong ones of an address; of one code five are wrong at most
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
#: The same of a system that shows a key: whoever it is has said so, and can be asked. What is not here is as above.
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
#: What a home, the /56 of an IPv6 client, has beside: so many times what each /64 in it has. A carrier may give each
#: telephone a /64, and a home has 256.
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
#: Seconds at full rate that all may take together at once.
_BURST_S = 10
_ALL = "all"
#: Streams of events that are open at once: of an address, and altogether, which leaves half the connections free.
STREAMS_OF_ONE, STREAMS_OF_KEY, STREAMS = 5, 50, 256
#: Requests of any kind that are open at once: of an address, or the /56 of an IPv6 one, behind a proxy too. It is an
#: eighth of all connections, for phones of a carrier share an address.
AT_ONCE = 64
#: Seconds after which one who could not have a stream, or another request, may ask again.
_NO_STREAM_S, _NOT_AT_ONCE_S = 60, 5


class Limited(Exception):
    """Too much; after ``wait_s`` seconds there is room again. ``what`` is a key of ``RATES``, or ``all``."""

    def __init__(self, what: str, wait_s: float) -> None:
        super().__init__(what)
        self.what, self.wait_s = what, wait_s


@dataclass
class Bill:
    """What was taken for something sent; given back unless the sender ``owes`` it in the end."""

    owes: bool = False


class Guard:
    """Counts. ``takes_per_s``: complaints and additions a second, of all together, in this process.

    With a secret that the processes of the service are ``shared_by`` who is counted is known by an HMAC alone.

    Guessing numbers is useless. There are 32**7 of each door: with 100,000 complaints, one guess in 343,597 finds one.
    An address has 30 an hour, so a hit takes 1.3 years, and shows what the page shows anybody. Many addresses together
    have 600 an hour, 24 days for a hit. When those are used up each has one an hour: 10,000 addresses need more than a
    day, a whole /48 of IPv6 five hours, for one complaint that they can't choose.
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
        """Let ``client`` say that it has the same as another; that takes nothing from what it may add to its own.

        Raises:
            Limited: not now.
        """
        with self._bill([("supports", client)]) as bill:
            yield bill

    def may_list(self, client: str, cost: int = 1) -> None:
        """Let ``client`` read a list that is as dear as ``cost`` pages of one, and count it.

        Raises:
            Limited: not now.
        """
        lists = _of("lists", client)
        self._check([(lists, client)])
        self._take(lists, client, cost)

    def may_ask(self, client: str) -> None:
        """Let ``client`` ask what a text that is not sent yet tells of.

        Raises:
            Limited: not now.
        """
        self._check([("hints", client)])
        self._take("hints", client)

    def upload(self, client: str, length: int) -> None:
        """Let ``client`` upload a photo of ``length`` bytes, and count it; 0 where that is not known before.

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
        """Let ``client`` have a new photo or video made of what it sent.

        Raises:
            Limited: what it sent took too long.
        """
        self._check([(_of("making_s", client), client)])

    def made(self, client: str, seconds: float) -> None:
        """Count the ``seconds`` that the making took."""
        self._take(_of("making_s", client), client, seconds)

    def may_look(self, client: str) -> None:
        """Let ``client`` look up a number; to be asked before the database is, or hits could be told from misses.

        Raises:
            Limited: it missed too often; or all did, and it lately.
        """
        misses = _of("misses", client)
        if self._buckets["all_misses"].wait_s(_ALL) and (wait_s := self._buckets[misses].full_in_s(client)):
            raise self._limited("all_misses", wait_s)
        self._check([(misses, client)])

    def missed(self, client: str) -> None:
        """Count a well-formed number that there is not; it costs an hour's worth when all together have none left."""
        misses = self._buckets[_of("misses", client)]
        if self._buckets["all_misses"].wait_s(_ALL):
            misses.take(client, misses.rate.per_hour)
        else:
            self._take(_of("misses", client), client)
            self._buckets["all_misses"].take(_ALL)

    def tried_wrong(self, client: str, number: str) -> None:
        """Count a wrong access code of ``client``. The right one always opens: whoever guesses keeps nobody out.

        A code has 80 bits, a link 256, and what a program chose 16 letters at least: nobody guesses them at any rate.

        Raises:
            Limited: there were so many that no more are answered.
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
        """Count a request of ``client``, a network, as long as it is answered; the stack gives back what it holds.

        Raises:
            Limited: it has as many open as it may.
        """
        home = home_of(client)
        if self._open[home] >= AT_ONCE:
            raise self._limited("at_once", _NOT_AT_ONCE_S)
        with ExitStack() as held, _counted(self._open, home):
            yield held

    @contextmanager
    def following(self, client: str) -> Iterator[None]:
        """Count a stream of events of ``client`` as long as it is open: nothing is awaited between asking and counting.

        Raises:
            Limited: it has as many as it may, or all have.
        """
        of_one = STREAMS_OF_KEY if isinstance(client, KeyClient) else STREAMS_OF_ONE
        if self._streams[client] >= of_one or self._streams.total() >= STREAMS:
            raise Limited("streams", _NO_STREAM_S)
        with _counted(self._streams, client):
            yield

    def taken(self) -> dict[tuple[str, str], float]:
        """Give what was taken since this was last asked: by what and whom, in seconds until the bucket is full."""
        of_all = ((what, self._buckets[what].taken()) for what in self._buckets)
        return {(what, who): seconds for what, taken in of_all for who, seconds in taken.items()}

    def take_back(self, taken: Mapping[tuple[str, str], float]) -> None:
        """Note again what nobody heard of."""
        for (what, who), seconds in taken.items():
            self._buckets[what].take_back(who, seconds)

    def heard(self, full_in_s: Mapping[tuple[str, str], float]) -> None:
        """Know what all processes have taken together."""
        for (what, who), seconds in full_in_s.items():
            if what in self._buckets:  # one of another release may count what this one does not
                self._buckets[what].hear(who, seconds)

    def not_believed(self) -> None:
        """Say, seldom, that somebody names other clients: a proxy of ours, for whom all citizens count as one."""
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
    """Give ``items``, bucket and key, and of each that a home has a share of that, too."""
    for what, key in items:
        yield what, key
        if what in _OF_HOMES and (home := home_of(key)) != key:
            yield f"home_{what}", home


def _of(what: str, client: str) -> str:
    """Name the bucket in which ``what`` is counted of ``client``."""
    return f"key_{what}" if isinstance(client, KeyClient) and what in KEY_RATES else what


def _contacts(draft: Draft) -> Iterator[str]:
    if draft.phone:
        yield re.sub(r"^(?:0062|62|0)", "", re.sub(r"\D", "", draft.phone))
    if draft.email:
        yield inbox_of(draft.email)
