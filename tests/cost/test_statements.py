"""What a statement costs depends on what is open, and not on what is stored."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from samples import MIGRATIONS, first
from statements import Cost, Prepared, named, unnamed

from testing.bench import stored

FEW, MANY = 5_000, 200_000
#: Pages and rows that a statement may read more with MANY stored than with FEW: an index is a level deeper.
SLACK = 250
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
#: How old what is deleted must be: nothing that is stored is.
NEVER = timedelta(days=5_000)


@dataclass(kw_only=True)
class Given:
    """Complaints of those that are stored: of X, ten that are open and ten that ended."""

    rows: list[stored.Row]
    tickets: list[str] = field(init=False)
    ids: list[str] = field(init=False)
    n: int = field(init=False)

    def __post_init__(self) -> None:
        x = [row for row in self.rows if row[1] == "x"]
        some = [*x[:10], *x[-10:]]
        self.tickets, self.ids, self.n = [row[2] for row in some], [row[4] for row in some], some[0][0]

    @property
    def ticket(self) -> str:
        return self.tickets[0]

    @property
    def id(self) -> str:
        return self.ids[0]

    @property
    def address(self) -> str:
        return f"+6290{self.n:08}"


Values = Callable[[Given], tuple[Any, ...]]
OLD: Values = lambda given: (["closed", "rejected"], [NEVER, NEVER])  # noqa: E731
NONE: Values = lambda given: ()  # noqa: E731
TICKET: Values = lambda given: (given.ticket,)  # noqa: E731
NEW = ["new1", "new2"]

CHASSIS: dict[str, Values] = {
    "database._TRY_LOCK": lambda given: (77,),
    "database._MIGRATE_ALONE": lambda given: (77,),
    "service._PING": NONE,
    "rewind._CONSUMED": NONE,
    "rewind._FORGET": lambda given: (["t"], [1]),
    "log_ends._CONSUMED": NONE,
    "batch._LOCK": lambda given: (given.ids,),
    "batch._FRESH": lambda given: (["t", "t"], NEW),
    "batch._FORGET": lambda given: (["t", "t"], NEW),
    "batch._CONSUMED": lambda given: (["t"], [1], [5]),
    "outbox._INSERT": lambda given: ("t", b"k", b"v", "[]", True),
    "outbox._NEXT": lambda given: (["TopicAuthorizationFailedError"],),
    "outbox._OFFER_AGAIN": lambda given: (["MessageSizeTooLargeError"],),
    "outbox._MOVE": lambda given: ([1, 2, 3],),
    "outbox._KEEP_NOT": lambda given: (["t", "t"], [b"k", given.id.encode()]),
    "outbox._FORGET": lambda given: (["complaint.updated.v1"] * 2, [b"k", given.id.encode()]),
    "outbox._PARK": lambda given: (1, "SomeError"),
    "outbox._PRUNE": NONE,
    "outbox._PRUNE_CANARIES": NONE,
    "outbox._PRUNE_PUBLISHED": NONE,
    "republish._AGAIN": lambda given: (NOW + DAY, None),
    "republish._LEFT": lambda given: (0,),
    "outbox._STATE": NONE,
}
ROUTER: dict[str, Values] = {
    "_ROOTS": lambda given: (given.tickets,),
    "_LOAD": lambda given: (given.tickets,),
    "_SAVE": lambda given: (given.ticket, given.id, "routed", "PUPR", None, "{}", None, False),
    "_DUE": lambda given: (timedelta(seconds=60), NEW),
    "_ERASED": lambda given: (DAY, NEW),
    "_WAITING": lambda given: (NEW,),
    "_HELD_BY": lambda given: (["OLD-UNIT", "U3"], NEW),
    "_UNCOMPARED": NONE,
    "_OPEN": lambda given: ([1, 3, 7, 30], "darurat"),
    "_CANDIDATES": lambda given: (
        [*(f"{n}{given.ticket}" for n in range(1, 9)), "place97"], NOW - 14 * DAY, NOW, ["routed"], given.ticket,
    ),
    "_REMEMBER": lambda given: ([f"t{n}" for n in range(10)], NOW, given.ticket),
    "_COMPARED": TICKET,
    "_OLD": OLD,
    "_SILENCE": lambda given: (given.ticket, None),
    "_FORGET": lambda given: (NEVER,),
    "_NUMBER": lambda given: ([given.ticket], [1_000]),
}  # fmt: skip
SLA: dict[str, Values] = {
    "_LOAD": lambda given: (given.ids,),
    "_SAVE": lambda given: (
        given.ids[:1], [NOW], ["PUPR"], [NOW], ["PUPR"], [NOW], [60.0], ["at_risk"], ["{}"],
    ),
    "_DUE": lambda given: (NOW, NEW),
    "_RUNNING": NONE,
    "_SILENT": NONE,
    "_RHYTHMS": lambda given: (20, 5),
    "_RISKS": NONE,
    "_OLD": lambda given: (NEVER,),
}  # fmt: skip
INTAKE: dict[str, Values] = {
    "submissions._LOCK": lambda given: (given.id,),
    "submissions._KNOWN": lambda given: (given.id,),
    "submissions._STORE": lambda given: (
        "new", "SPG-NEW", "x", "x", "new", f"stored {given.n}", "t", b"", b"", "x:new", b"{}", NOW,
    ),
    "submissions._REPORTER": lambda given: ("new", "x", given.address, "Warga", None, None),
    "submissions._ADDED_TO": TICKET,
    "submissions._ADD": lambda given: (given.ticket, "[]"),
    "submissions._ASKED": lambda given: ("x", given.address, '[{"id": "i"}]', "x", "new"),
    "submissions._SAID_BEFORE": lambda given: ("x", given.address, "t", "x", "new", ["closed"], False),
    "submissions._HASH": TICKET,
    "submissions._ADDRESS": TICKET,
    "submissions._REPUBLISH": lambda given: (600.0,),
    "complaint_view._LOAD": lambda given: (given.tickets,),
    "complaint_view._SAVE": lambda given: (given.ticket, "{}", None, True),
    "complaint_view._ENDED": lambda given: (given.tickets, ["closed"] * 20),
    "complaint_view._NOTIFY": lambda given: (given.tickets,),
    "complaint_view._REGISTERED": lambda given: (given.tickets,),
    "complaint_view._REPORTERS": TICKET,
    "notices._ADD": lambda given: (
        given.tickets, ["step"] * 20, ["9"] * 20, ["t"] * 20, [None] * 20, [None] * 20, [0.0] * 20, [None] * 20,
        [False] * 20, [False] * 20, [""] * 20, [True] * 20, [""] * 20,
    ),
    "notices._WAITING_RECEIPTS": lambda given: (given.tickets,),
    "notices._REVISE": lambda given: (given.tickets, ["receipt"] * 20, [""] * 20, ["t"] * 20, [True] * 20),
    "notices._NEXT": lambda given: ("",),
    "notices._FREEZE": lambda given: (1,),
    "notices._SENT": lambda given: (given.address,),
    "notices._REWORD": lambda given: (1, "t"),
    "notices._GIVE_UP": lambda given: (given.address, "email", "550"),
    "notices._DONE": lambda given: (1, "sent", None),
    "notices._OVER": NONE,
    "notices._LATER": lambda given: (1, "why", 5.0),
    "notices._FAILED": lambda given: (1, "why", 5.0, 11),
    "contacts._KEEP": lambda given: (f"stored {given.n}", ["email"], ["a@contoh.id"], [b"m"], [b"k"]),
    "contacts._OF_TICKET": TICKET,
    "contacts._MARKED": lambda given: (b"m",),
    "contacts._SILENCE": lambda given: (b"m",),
    "contacts._HEAR": lambda given: (b"m",),
    "contacts._LINK_KEY": lambda given: (given.ticket, 45),
    "sent._OF_TICKET": TICKET,
    "sent._UNTOLD": NONE,
    "sent._AGAIN": lambda given: ([1, 2],),
    "own._OWN": lambda given: ("x", given.address, '[{"id": "i"}]'),
    "own._TAKEN": lambda given: ("x", "x", "new"),
    "own._ADDED_LAST": lambda given: ("x", given.address),
    "own._ASK_BACK": lambda given: ("x", given.address, '{"text": "t", "among": [], "item_id": "i"}'),
    "own._ASKED_BACK": lambda given: ("x", given.address, timedelta(days=1)),
    "own._ANSWERED": lambda given: ("x", given.address, "i"),
    "own._STOP": lambda given: ("x", given.address),
    "own._HEAR": lambda given: ("x", given.address),
    "erasure._FIND": lambda given: (given.id,),
    "erasure._NOBODY": lambda given: ("x",),
    "erasure._COMPLAINT": lambda given: (given.id,),
    "erasure._REPORTER": lambda given: (f"stored {given.n}",),
    "erasure._ASKED_BACK": lambda given: (f"stored {given.n}",),
    "erasure._NOTICES": TICKET,
    "erasure._NOTICES_TO": lambda given: (given.address,),
    "erasure._SET_ASIDE": lambda given: ("62900000",),
    "erasure._OUTBOX": lambda given: (given.id,),
    "erasure._FAREWELL": lambda given: (given.ticket, given.address, "x:1"),
    "erasure._FAREWELL_TO_CONTACT": lambda given: (given.ticket, f"stored {given.n}"),
    "erasure._CONTACTS": lambda given: (f"stored {given.n}",),
    "export._COMPLAINTS": lambda given: (given.ticket, given.address),
    "export._NOTICES": lambda given: ([given.ticket], given.address),
    "export._FILES": lambda given: (given.tickets,),
    "export._OPENINGS": lambda given: (given.tickets,),
    "evidence._LOOK": lambda given: ([f"upload {given.n}"],),
    "evidence._ATTACH": lambda given: (given.id, [f"upload {given.n}"]),
    "evidence._OF_COMPLAINT": TICKET,
    "evidence._FIND": lambda given: (f"photo {given.n}",),
    "evidence._OPENED": lambda given: (given.ticket, "n", "PUPR"),
    "evidence._DISCARD_OF": lambda given: (given.id,),
    "evidence._DISCARD_EXPIRED": lambda given: (100,),
    "evidence._FORGET_OPENINGS": lambda given: (5_000, 1_000),
    "set_aside._LIST": NONE,
    "set_aside._INSERT": lambda given: ("x", b"c", "Error"),
    "set_aside._SHOW": lambda given: (1,),
    "set_aside._SETTLE": lambda given: (1,),
    "retention._NOTICES": lambda given: (5_000, 1_000),
    "retention._STORIES": lambda given: (5_000, 1_000),
    "retention._FAREWELLS": NONE,
    "retention._ASKED_BACK": NONE,
    "retention._COMPLAINTS": lambda given: (*OLD(given), 100),
    "retention._SET_ASIDE": lambda given: (5_000, 1_000),
}  # fmt: skip
DOORS: dict[str, Values] = {
    "intake_social.app._STILL_OURS": NONE,
    "intake_social.app._CURSOR": lambda given: ("x",),
    "intake_social.app._MOVE": lambda given: ("x", "1"),
    "intake_social.handlers._TAKEN": lambda given: (given.id,),
    "intake_social.handlers._OPENED": lambda given: (f"x:{given.n}", given.address, "x:new"),
    "intake_social.handlers._SOMEBODYS": lambda given: (f"x:{given.n}",),
    "intake_web.adapters.uploads._CREATE": lambda given: ("new", "new", "aa/bb/new", 1, timedelta(days=1)),
    "intake_web.adapters.uploads._FIND": lambda given: (f"upload {given.n}",),
    "intake_web.adapters.uploads._GREW": lambda given: (f"upload {given.n}", 0, 1, ["part"], timedelta(days=1)),
    "intake_web.adapters.uploads._ALL_CAME": lambda given: (f"upload {given.n}",),
    "intake_web.adapters.uploads._READY": lambda given: (f"upload {given.n}", "image/jpeg", "x", 1),
    "intake_web.adapters.uploads._REFUSED": lambda given: (f"upload {given.n}", "photo_kind"),
    "intake_web.adapters.uploads._DISCARD": lambda given: (f"upload {given.n}",),
    "intake_web.adapters.uploads._DISCARDED": lambda given: (100,),
    "intake_web.adapters.uploads._DELETED": lambda given: ("aa/bb/new",),
    "intake_web.changes._PING": NONE,
    "intake_web.adapters.postgres._RECEIVED_AT": TICKET,
    "intake_web.adapters.postgres._WRITTEN": TICKET,
    "intake_web.adapters.postgres._ADDED": lambda given: (given.ticket, "[]"),
}
PUBLIC: dict[str, Values] = {
    "_KNOWN": lambda given: (given.tickets,),
    "_KEEP": lambda given: (
        given.tickets, [True] * 20, [NOW] * 20, [NOW.date()] * 20, ["routed"] * 20, [True] * 20, ["c1"] * 20,
        ["PUPR"] * 20, ["Lalabata"] * 20, [None] * 20, [None] * 20, [None] * 20, [False] * 20, [None] * 20,
    ),
    "_COUNT": lambda given: (
        [NOW.date()], ["unit"], ["PUPR"], *([1] for _ in range(7)),
    ),
    "_FIGURES": lambda given: (NOW.date() - 365 * DAY, NOW.date()),
    "_NEWEST": lambda given: (21,),
    "_MORE_OF_UNIT": lambda given: (21, "U7", NOW - 300 * DAY, given.ticket),
    "_OPEN_IN_KECAMATAN": lambda given: (21, "k3", True),
    "_ONE": TICKET,
    "_SUPPORT": lambda given: (given.ticket, b"who"),
    "_SUPPORTERS": lambda given: (given.tickets,),
}  # fmt: skip
#: By the database in which they are tried.
VALUES: dict[str, dict[str, Values]] = {
    "router": {
        **{f"chassis.{name}": values for name, values in CHASSIS.items()},
        **{f"router.adapters.store.{name}": values for name, values in ROUTER.items()},
    },
    "sla_monitor": {f"sla_monitor.adapters.store.{name}": values for name, values in SLA.items()},
    "intake_social": {f"intake.{name}": values for name, values in INTAKE.items()} | DOORS,
    "intake_web": {f"intake_web.adapters.listings.{name}": values for name, values in PUBLIC.items()},
}
#: Why they may read more when more is stored.
MAY_GROW = {
    "chassis.republish._AGAIN": "asked for by hand, when Kafka has lost what it publishes again",
    "router.adapters.store._FORGET": "once an hour, among what came within 28 days",
    "intake.sent._UNTOLD": "asked for by hand, among all that citizens were told lately",
    "intake.export._COMPLAINTS": "asked for by hand, for one person, by whatever contact they give",
}
#: Looked for again and again, and mostly in vain: what waits for later they don't read. The first complaint is due.
IDLE = {
    "router": ["chassis.outbox._NEXT", "chassis.outbox._OFFER_AGAIN", "chassis.outbox._STATE"]
    + [f"router.adapters.store.{name}" for name in ("_DUE", "_ERASED", "_WAITING")],
    "sla_monitor": ["sla_monitor.adapters.store._DUE"],
    "intake_social": ["intake.notices._NEXT", "intake.notices._OVER", "intake.submissions._REPUBLISH"],
    "intake_web": [],
}
#: An index of each database that is dropped at last, and who must be found to miss it.
MISSED = {
    "router": ("cases_of_unit", "router.adapters.store._HELD_BY"),
    "sla_monitor": ("clocks_due", "sla_monitor.adapters.store._DUE"),
    "intake_social": ("complaints_thread", "intake_social.handlers._OPENED"),
    "intake_web": ("public_complaints_unit", "intake_web.adapters.listings._MORE_OF_UNIT"),
}


def test_each_statement_has_a_name_and_is_in_the_list() -> None:
    assert [] == unnamed()
    assert named().keys() == {name for each in VALUES.values() for name in each}
    assert MAY_GROW.keys() <= named().keys()


@pytest.mark.connected
@pytest.mark.slow
@pytest.mark.parametrize("database", VALUES)
def test_no_statement_reads_more_when_more_is_stored(database: str, new_database: Callable[..., str]) -> None:
    values, texts = VALUES[database], named()
    few, many = stored.complaints(FEW), stored.complaints(MANY)
    small, large = new_database(*MIGRATIONS[database]), new_database(*MIGRATIONS[database])
    for dsn in (small, large):
        asyncio.run(first(database, dsn))
    wanted = [texts[name] for name in values]
    old = Prepared(large, wanted)  # its plans, and those of its triggers, were made when nothing was stored yet
    for name, given in values.items():
        with contextlib.suppress(psycopg.errors.ForeignKeyViolation):
            old.cost(texts[name], given(Given(rows=few)))
    for dsn, rows in ((small, few), (large, many)):
        stored.fill(dsn, database, rows)
    found: dict[str, dict[str, Cost]] = {name: {} for name in values}

    def look(what: str, prepared: Prepared, rows: list[stored.Row]) -> None:
        with prepared.db:
            for name, given in values.items():
                found[name][what] = prepared.cost(texts[name], given(Given(rows=rows)))

    look("old plan", old, many)
    for dsn in (small, large):
        stored.vacuum(dsn)
    look("small", Prepared(small, wanted), few)
    look("new plan", Prepared(large, wanted), many)

    assert [] == [name for name in IDLE[database] if found[name]["new plan"].rows > 5]
    grown = {
        (name, what): (costs[what], costs["small"])
        for name, costs in found.items()
        for what in ("old plan", "new plan")
        if name not in MAY_GROW and grows(costs[what], costs["small"])
    }
    assert {} == grown

    index, name = MISSED[database]
    with psycopg.connect(large, autocommit=True) as db:
        db.execute(f"DROP INDEX {index}".encode())
    without = Prepared(large, [texts[name]])
    with without.db:
        assert grows(without.cost(texts[name], values[name](Given(rows=many))), found[name]["small"])


def grows(large: Cost, small: Cost) -> bool:
    """Tell whether one read a whole table, or many more pages or rows than with few stored."""
    return bool(large.whole) or large.pages > small.pages + SLACK or large.rows > small.rows + SLACK
