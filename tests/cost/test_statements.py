"""A statement's cost depends on the number of open complaints, not on the number stored."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from samples import MIGRATIONS, first
from statements import Cost, Prepared, named, unnamed

from testing.bench import stored

FEW, MANY = 5_000, 50_000
#: Pages and rows that a statement may read more with MANY stored than with FEW: an index is a level deeper.
SLACK = 250
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
#: The minimum age of deleted rows: no stored row is that old.
NEVER = timedelta(days=5_000)


@dataclass(kw_only=True)
class Given:
    """Some of the stored complaints: ten open ones of X, and ten that ended."""

    rows: list[stored.Row]
    tickets: list[str] = field(init=False)
    ids: list[str] = field(init=False)
    n: int = field(init=False)
    mine: str = field(init=False)
    account: str = field(init=False)
    mail: str = field(init=False)
    mark: bytes = field(init=False)
    token: bytes = field(init=False)
    attempt: bytes = field(init=False)

    def __post_init__(self) -> None:
        x = [row for row in self.rows if row[1] == "x"]
        some = [*x[:10], *x[-10:]]
        self.tickets, self.ids, self.n = [row[2] for row in some], [row[4] for row in some], some[0][0]
        # A complaint of the website, with its account.
        n, _, self.mine, *_ = next(row for row in self.rows if row[1] == "web")
        self.account, self.mail = f"account {n}", f"warga{n}@contoh.id"
        self.mark, self.token, self.attempt = (f"{what} {n}".encode() for what in ("mark", "token", "attempt"))

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
    "database._SIZE": NONE,
    "service._PING": NONE,
    "changes._PING": NONE,
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
    "submissions._STORE_AT_ONCE": lambda given: (
        "new", "SPG-NEW", "x", "x", "new", "new", "t", b"", b"", "x:new", b"{}", NOW, "Warga", None, None,
        "complaint.received.v1", b"new", b"{}", "[]", True,
    ),
    "submissions._STORE_WITH_EVENT": lambda given: (
        "new", "SPG-NEW", "x", "x", "new", f"stored {given.n}", "t", b"", b"", "x:new", b"{}", NOW,
        "complaint.received.v1", b"new", b"{}", "[]", True,
    ),
    "submissions._REPORTER": lambda given: ("new", "x", given.address, "Warga", None, None),
    **dict.fromkeys(("additions._ADDED_TO", "additions._FINGERPRINT"), TICKET),
    "additions._ADD": lambda given: (given.ticket, "[]"),
    "submissions._ASKED": lambda given: ("x", given.address, '[{"id": "i"}]', "x", "new"),
    "submissions._SAID_BEFORE": lambda given: ("x", given.address, "t", "x", "new", ["closed"], False),
    "submissions._HASH": TICKET,
    "submissions._ADDRESS": TICKET,
    "submissions._REPUBLISH": lambda given: (600.0,),
    "complaint_view.LOAD": lambda given: (given.tickets,),
    "complaint_view._SAVE": lambda given: (given.tickets, ["{}"] * 20, [None] * 20, [True] * 20),
    "complaint_view._TAKEN_HERE": lambda given: (given.tickets, [True] * 20, ["closed"] * 20),
    "complaint_view._NOTIFY": lambda given: (given.tickets,),
    "notices._ADD": lambda given: (
        given.tickets, ["step"] * 20, ["9"] * 20, ["t"] * 20, [None] * 20, [None] * 20, [0.0] * 20, [None] * 20,
        [False] * 20, [False] * 20, [""] * 20, [True] * 20, [""] * 20, [False] * 20, [False] * 20, [""] * 20,
    ),
    "notices._WAITING_RECEIPTS": lambda given: (given.tickets,),
    "notices._REVISE": lambda given: (given.tickets, ["receipt"] * 20, [""] * 20, ["t"] * 20, [True] * 20),
    "sending._NEXT": lambda given: ("", [1, 2], [given.address], ["answer", "danger"], 8, ""),
    "sending._BEGIN": lambda given: (1,),
    "sending._ASK": lambda given: (1, b"m"),
    "sending._HOLD": lambda given: (1,),
    "sending._SENT_SINCE": lambda given: ("sms", NOW - DAY),
    "sending._POSTPONE": lambda given: (1, NOW),
    "sending._SENT": lambda given: (given.address,),
    "sending._REWORD": lambda given: (1, "t"),
    "sending._GIVE_UP": lambda given: (given.address, "email", "550"),
    "sending._DONE": lambda given: (1, "sent", None, None),
    "sending._OVER": NONE,
    "sending._LATER": lambda given: (1, "why", 5.0, False),
    "sending._FAILED": lambda given: (1, "why", 5.0, 11),
    "sending._DIED_WITH": lambda given: ("", 30.0, "", True),
    "arrivals._CHANGED": lambda given: (500, ["receipt", "step"], 10.0),
    "arrivals._UNTOLD": lambda given: (500, ["receipt", "step"]),
    "reports._REPORTED": lambda given: (1, 0, "delivered", "delivered", True),
    "contacts._KEEP": lambda given: (f"stored {given.n}", ["email"], ["a@contoh.id"], [b"m"], [b"k"]),
    "contacts._STILL_SILENT": lambda given: ([b"m"], [b"n"]),
    "contacts._STILL_AGREED": lambda given: ([b"m"], [b"n"]),
    "contacts._RENEW": lambda given: ([b"m"], [b"n"]),
    "contacts._OF_ADDRESSES": NONE,
    "contacts._NOW": lambda given: (b"m",),
    "contacts._AGREE": lambda given: (b"m",),
    "contacts._OF_TICKET": TICKET,
    "contacts._MARKED": lambda given: (b"m",),
    "contacts._SILENCE": lambda given: (b"m",),
    "contacts._HEAR": lambda given: (b"m",),
    "contacts._LINK_KEY": lambda given: (given.ticket, 45),
    **dict.fromkeys(("notices._UNDO", "notices._LOCK_STEP"), lambda given: (given.ticket, "1")),
    "sent._OF_TICKET": TICKET,
    "sent._UNTOLD": NONE,
    "sent._AGAIN": lambda given: ([1, 2],),
    "sent._OF_TICKETS": lambda given: ([given.ticket],),
    "own._OWN": lambda given: ("x", given.address, '[{"id": "i"}]'),
    "own._SENDER": lambda given: ("x", given.address, "x", "new", timedelta(days=1)),
    "own._ADDED_LAST": lambda given: ("x", given.address),
    "own._ASK_BACK": lambda given: ("x", given.address, '{"text": "t", "among": [], "item_id": "i"}'),
    "own._ANSWERED": lambda given: ("x", given.address, "i"),
    "own._STOP": lambda given: ("x", given.address),
    "own._HEAR": lambda given: ("x", given.address),
    "erasure._FIND": lambda given: (given.id,),
    "erasure._NOBODY": lambda given: ("x",),
    "erasure._COMPLAINT": lambda given: (given.id,),
    "erasure._REPORTER": lambda given: (f"stored {given.n}",),
    "erasure._ASKED_BACK": lambda given: (f"stored {given.n}",),
    "erasure._MEDIA": lambda given: (given.id,),
    "erasure._MEDIA_OF": lambda given: ("x", given.address),
    "erasure._UNASKED": TICKET,
    "erasure._NOTICES": TICKET,
    "erasure._NOTICES_TO": lambda given: (given.address,),
    "erasure._PARTS_OF": lambda given: (given.address,),
    "erasure._SET_ASIDE": lambda given: ("62900000",),
    "erasure._OUTBOX": lambda given: (given.id,),
    "erasure._FAREWELL": lambda given: (given.ticket, given.address, "x:1"),
    "erasure._FAREWELL_TO_CONTACT": lambda given: (given.ticket, f"stored {given.n}"),
    "erasure._CONTACTS": lambda given: (f"stored {given.n}",),
    "export._COMPLAINTS": lambda given: (given.ticket, given.address),
    "export._OF_TICKETS": lambda given: (given.tickets,),
    "export._NOTICES": lambda given: ([given.ticket], [given.address]),
    "export._FILES": lambda given: (given.tickets,),
    "export._OPENINGS": lambda given: (given.tickets,),
    "accesses._NOTE": lambda given: ([given.ticket], "operator", "exported"),
    "accesses._NOTE_AT_MOST": lambda given: (given.ticket, "reporter", "opened by code", 20),
    "accesses._OF_TICKETS": lambda given: (given.tickets,),
    "accesses._FORGET": lambda given: (5_000, 1_000),
    "export._FOLLOWING": lambda given: ([given.address],),
    "evidence._LOOK": lambda given: ([f"upload {given.n}"],),
    "evidence._ATTACH": lambda given: (given.id, [f"upload {given.n}"]),
    "evidence._OF_COMPLAINT": TICKET,
    "evidence._FIND": lambda given: (f"photo {given.n}",),
    **dict.fromkeys(("evidence._OPENED", "evidence._SEEN"), lambda given: (given.ticket, "n", "PUPR")),
    "evidence._DISCARD_OF": lambda given: (given.id,),
    "evidence._DISCARD_EXPIRED": lambda given: (100,),
    "evidence._DISCARDED": lambda given: (100,),
    "evidence._DELETED": lambda given: ("aa/bb/new",),
    "evidence._FORGET_OPENINGS": lambda given: (5_000, 1_000),
    "set_aside._LIST": NONE,
    "set_aside._INSERT": lambda given: ("x", b"c", "Error"),
    "set_aside._SHOW": lambda given: (1,),
    "set_aside._SETTLE": lambda given: (1,),
    "retention._NOTICES": lambda given: (5_000, 1_000),
    "retention._STORIES": lambda given: (5_000, 1_000),
    "retention._FAREWELLS": NONE,
    "retention._HELD": lambda given: (5_000,),
    "retention._AGREEMENTS": lambda given: (5_000,),
    "retention._ASKED_BACK": NONE,
    "retention._COMPLAINTS": lambda given: (*OLD(given), 100),
    "retention._SET_ASIDE": lambda given: (5_000, 1_000),
}  # fmt: skip
DOORS: dict[str, Values] = {
    "intake_social.polling._STILL_OURS": NONE,
    "intake_social.polling._CURSOR": lambda given: ("x",),
    "intake_social.polling._MOVE": lambda given: ("x", "1"),
    "intake_social.whatsapp_talk._HEARD": lambda given: ("whatsapp", "62812", datetime.now(UTC)),
    "intake_social.whatsapp_talk._IN_WINDOW": lambda given: ("whatsapp", "62812", datetime.now(UTC)),
    "intake_social.whatsapp_talk._FORGET": NONE,
    "intake_social.photos._NOTE": lambda given: (["new"], [b"new"], ["https://x"], "x", None, given.id, NOW, "x:1"),
    "intake_social.photos._CLAIM": lambda given: (given.id, "x", given.address, 24, False),
    "intake_social.photos._ANONYMOUS": lambda given: (given.id,),
    "intake_social.photos._ASKED": lambda given: (f"mark {given.n}".encode(), [f"mark {given.n}".encode()]),
    "intake_social.photos._ALBUM": lambda given: ("x", given.address, NOW, timedelta(minutes=2)),
    "intake_social.photos._OF": TICKET,
    "intake_social.photos._FORGET": lambda given: (1_000,),
    "intake_social.photos._FORGET_UNCLAIMED": lambda given: (24, 1_000),
    "intake_social.fetching._DUE": lambda given: (DAY, ["x"]),
    "intake_social.fetching._PUT_OFF": lambda given: (f"media {given.n}", DAY),
    "intake_social.fetching._FAILED": lambda given: (f"media {given.n}", "gone"),
    "intake_social.fetching._STORING": lambda given: ("aa/bb/new", DAY),
    "intake_social.fetching._STORED": lambda given: ("aa/bb/new",),
    "intake_social.fetching._UPLOAD": lambda given: (
        "new",
        "new",
        "aa/bb/new",
        1,
        "image/jpeg",
        "x",
        26,
        f"media {given.n}",
    ),
    "intake_social.fetching._FETCHED": lambda given: (f"media {given.n}", "new"),
    "intake_social.fetching._TO_SHOW": NONE,
    "intake_social.fetching._SHOWN_BEFORE": lambda given: (given.id, f"upload {given.n}"),
    "intake_social.fetching._DONE": lambda given: (f"media {given.n}", None),
    "intake_social.deletions._KEPT": lambda given: ("", ["closed"], 100),
    "intake_social.deletions._FORGET_OVER": lambda given: (["closed"],),
    "intake_social.deletions._UNQUOTE": lambda given: ([f"x:{given.n}"],),
    "intake_social.deletions._WAITING": lambda given: ([f"x:{given.n}"], [given.id]),
    "intake_social.deletions._REMOVED": lambda given: (given.tickets,),
    "intake_social.removed._NOTE": lambda given: ([given.id], [given.id]),
    "intake_social.removed._FIND": lambda given: ([given.id],),
    "intake_social.removed._FORGET": lambda given: (1_000,),
    "intake_social.deletions._FORGET": lambda given: ([f"x:{given.n}"], ":quiet", [given.id]),
    **dict.fromkeys(
        ("intake_social.deletions._UNSEEN", "intake_social.deletions._SHOWN"), lambda given: ([f"x:{given.n}"],)
    ),
    "intake_social.deletions._DISCARD": lambda given: ([f"upload {given.n}"],),
    "intake_social.deletions._NAMELESS": lambda given: ([given.id],),
    "intake_social.spending._SPEND": lambda given: ("x", datetime.now(UTC), 1),
    "intake_social.recent._KNOWN_POSTS": lambda given: ([b"1", b"2"],),
    "intake_social.recent._NOTE_TAKEN": lambda given: ([b"1", b"2"],),
    "intake_social.recent._FORGET": lambda given: (1_000,),
    "intake_social.acting._TAKEN": lambda given: (given.id,),
    "intake_social.conversations._OPENED": lambda given: ([f"x:{given.n}", "x:0"], given.address, "x:new"),
    "intake_social.conversations._TOLD_OF": lambda given: (given.address, ["1", "2"], "new"),
    "intake_social.conversations._WROTE": lambda given: ([given.id], given.address),
    "intake_social.acting._QUOTES": lambda given: (f"x:{given.n}", given.id),
    "intake_social.conversations._SOMEBODYS": lambda given: ([f"x:{given.n}"],),
    "intake_web.adapters.uploads._CREATE": lambda given: ("new", "new", "aa/bb/new", 1, timedelta(days=1)),
    "intake_web.adapters.uploads._FIND": lambda given: (f"upload {given.n}",),
    "intake_web.adapters.uploads._GREW_AT_ITS_END": lambda given: (
        f"upload {given.n}",
        0,
        1,
        "part",
        timedelta(days=1),
    ),
    "intake_web.adapters.uploads._GREW": lambda given: (f"upload {given.n}", 0, 1, ["part"], timedelta(days=1)),
    "intake_web.adapters.uploads._ALL_CAME": lambda given: (f"upload {given.n}",),
    "intake_web.adapters.uploads._READY": lambda given: (f"upload {given.n}", "image/jpeg", "x", 1),
    "intake_web.adapters.uploads._REFUSED": lambda given: (f"upload {given.n}", "photo_kind"),
    "intake_web.adapters.uploads._DISCARD": lambda given: (f"upload {given.n}",),
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
        [NOW.date()], ["unit"], ["PUPR"], *([1] for _ in range(8)),
    ),
    "_FIGURES": lambda given: (NOW.date() - 365 * DAY, NOW.date()),
    "_NEWEST": lambda given: (21,),
    "_MORE_OF_UNIT": lambda given: (21, "U7", NOW - 300 * DAY, given.ticket),
    "_OPEN_IN_KECAMATAN": lambda given: (21, "k3", True),
    "_OF_STATUS": lambda given: (21, "routed"),
    "_COUNTS": lambda given: ("k3", None, "U7", True, None),
    "_REGROUP": lambda given: (["k3"], ["c3"], ["U7"], ["routed"], [True], [1]),
    "_ONE": TICKET,
    "_SIMILAR": lambda given: ("c3", "k3", "Bila", 60, 3),
}  # fmt: skip
SUPPORTERS: dict[str, Values] = {
    "_LISTED": TICKET,
    "_ADD": lambda given: (given.ticket, b"who"),
    "_COUNT": TICKET,
    "_SUPPORTERS": lambda given: (given.tickets,),
    "_SUPPORTS": lambda given: (given.ticket, b"who"),
    "_FOLLOWS": lambda given: (given.ticket, b"m"),
    "_REPORTER": lambda given: (f"new {given.n}",),
    "_FOLLOW": lambda given: ("erased x", given.ticket, "routed"),
    "_TO_TELL": lambda given: (given.tickets, ["routed"] * len(given.tickets)),
    "_NOTICES": lambda given: (
        "followed", [given.ticket], ["1-m"], ["email"], ["Laporan"], ["Kabar"], ["a@contoh.id"],
    ),
    "_NOTE": lambda given: (given.tickets, ["routed"] * len(given.tickets), [False] * len(given.tickets)),
    "_ERASE": lambda given: (given.tickets,),
    "_FORGET": lambda given: (30, 1_000),
}  # fmt: skip
ACCOUNTS: dict[str, Values] = {
    "accounts._LOCK": lambda given: (given.mark,),
    "accounts._ASKED": lambda given: (given.mail,),
    "accounts._OVER": lambda given: (given.attempt,),
    "accounts._ASK": lambda given: ("enter", given.attempt, None, "email", given.mail, given.mark, b"s", False, 10),
    "accounts._SENT": lambda given: (given.attempt, 30),
    "accounts._TRY": lambda given: (given.attempt, 5),
    "accounts._USE": lambda given: (given.attempt,),
    "accounts._SHOWN": lambda given: (given.attempt, 30),
    "accounts._WHOSE": lambda given: (given.mark,),
    "accounts._BEGIN": lambda given: ("new", "Andi"),
    "accounts._CONTACT": lambda given: (given.account, "email", given.mail, given.mark),
    "accounts._CONSENT": lambda given: (given.account, "2026-11", "t"),
    "accounts._ENTER": lambda given: (b"new", given.account, 30),
    "accounts._SESSION": lambda given: (given.token, given.mine),
    "accounts._USED": lambda given: (given.token,),
    "accounts._LEAVE": lambda given: (given.token,),
    "accounts._LEAVE_ALL": lambda given: (given.account, given.token),
    "accounts._SESSIONS": lambda given: (given.account, given.token),
    "accounts._NAME": lambda given: (given.account, "Andi"),
    "accounts._KEEP": lambda given: (given.account, given.mine),
    "accounts._MINE": lambda given: (given.account, 200),
    "accounts._TICKETS": lambda given: (given.account,),
    "accounts._TELL_CHANGED": lambda given: (given.account,),
    "accounts._DELETE": lambda given: (given.account,),
    "accounts._NOTE": lambda given: (given.account, "exported"),
    "accounts._NOTE_SHOWN": lambda given: (given.account, "shown"),
    "accounts._NOTE_OPERATOR": lambda given: ([given.account],),
    "accounts._ACCOUNT": lambda given: (given.account,),
    "accounts._CONTACTS": lambda given: (given.account,),
    "accounts._CONSENTS": lambda given: (given.account,),
    "accounts._MESSAGES": lambda given: (given.account,),
    "accounts._ACCESSES": lambda given: (given.account, given.tickets),
    "accounts._BY_ADDRESS": lambda given: (given.mail,),
    "accounts._OLD_MESSAGES": lambda given: (3, 1_000),
    "accounts._OLD_SESSIONS": lambda given: (1_000,),
    "accounts._UNUSED": lambda given: (730, 1_000, "deleted unused"),
    "accounts._OLD_ACCESSES": lambda given: (5_000, 1_000),
}
CODES: dict[str, Values] = {
    "_NEXT": lambda given: ("email",),
    "_LATE": lambda given: ("email",),
    "_DONE": lambda given: (1, "sent"),
    "_LATER": lambda given: (1, 5.0),
}
KEYS: dict[str, Values] = {
    "_FIND": lambda given: (b"hash",),
    "_USED": lambda given: ("id",),
    "_CREATE": lambda given: ("id", "satu-data", "0484", ["read"], b"hash", 365),
    "_LIST": NONE,
    "_REVOKE": lambda given: ("id",),
}
#: By database.
WHO, NEW_ID, HOOK, TOKEN = UUID(int=1), UUID(int=2), UUID(int=3), b"t"
HERE: Values = lambda given: ("PUPR", given.id)  # noqa: E731
SOMEBODY: Values = lambda given: (WHO,)  # noqa: E731
BY_TOKEN: Values = lambda given: (TOKEN,)  # noqa: E731
ENDED: Values = lambda given: (["PUPR"] * 20, given.ids)  # noqa: E731
DESK: dict[str, Values] = {
    "told._LOAD": lambda given: (["PUPR"] * 20, given.ids),
    "told._SAVE": lambda given: (
        "PUPR", given.id, given.ticket, 2, NOW, NOW, "PUPR", "lead", "unit", "routed", "routed", NOW, 0, "Lalabata",
        "work", False, False, [], False, False, "jalan", b"{}",
    ),
    "told._EVENT": lambda given: (
        "PUPR", given.id, "new", NOW, 2, "updated", "routed", "PUPR", None, None, None,
    ),
    "told._ANSWER": lambda given: ("PUPR", NEW_ID, NOW, True, None, None, ["[NIK]"]),
    **dict.fromkeys((f"told._ERASE_{what}" for what in ("NOTES", "REPLIES", "DRAFTS", "REASONS", "PROOFS")), HERE),
    **dict.fromkeys(
        (f"told._ERASE_{what}" for what in ("OUTBOX", "PUBLISHED")), lambda given: ("unit.pupr.replied.v1", given.id)
    ),
    **dict.fromkeys((f"proofs.{name}" for name in ("_NOTED", "_KEPT", "_DELETED", "_PUBLIC")), lambda given: ("abc",)),
    "proofs._KEEP": lambda given: ("abc", "PUPR", given.id, WHO, "ab", 5),
    "proofs._OF_COMPLAINT": lambda given: ("PUPR", given.id, ["abc"]),
    "proofs._SENT": lambda given: ("PUPR", given.id, ["abc"], NEW_ID),
    "proofs._DISCARD_UNSENT": lambda given: (DAY,),
    "proofs._DISCARDED": lambda given: (100,),
    "filters._OF": SOMEBODY,
    "filters._KEEP": lambda given: (WHO, "Lalabata", "kecamatan=Lalabata", 8),
    "filters._DROP": lambda given: (WHO, "Lalabata"),
    "following._NOTIFY": lambda given: (["PUPR"],),
    "told._KNOWN_BY": lambda given: (given.id,),
    "told._SILENCE": lambda given: ("PUPR", given.id, b"{}"),
    "told._OLD": OLD,
    "told._OLD_REST": lambda given: (NEVER,),
    "told._ERASE_LOG": HERE,
    "told._OLD_LOG": ENDED,
    "log._HEAD": lambda given: ("PUPR",),
    "log._KNOWN": lambda given: ("PUPR", ["new"]),
    "log._ADD": lambda given: ("PUPR", [10**9], ["new"], [given.id], [b"{}"]),
    "log._MOVE": lambda given: ("PUPR", 1),
    "log._READ": lambda given: ("PUPR", 5, 100, 4_000_000),
    "log._AT": lambda given: ("PUPR", 5),
    "log._IS_THERE": lambda given: ("PUPR", 5),
    "log._ANY_AFTER": lambda given: ("PUPR", 5),
    "log._BEFORE": lambda given: (NEW_ID,),
    "log._OLD": lambda given: (NEVER,),
    "webhooks._ANNOUNCE": lambda given: ("PUPR", ["unit.routed"], [given.ticket], [given.id], ["new"]),
    "webhooks._CLAIM": lambda given: ([], DAY),
    "webhooks._FAILED": lambda given: (NEW_ID, "500", DAY),
    "webhooks._ILL": lambda given: (HOOK, False, True, DAY),
    "webhooks._ADD": lambda given: (NEW_ID, "PUPR", "https://a.example/", WHO),
    "webhooks._COUNT": lambda given: ("PUPR",),
    "webhooks._LIST": lambda given: (["PUPR"],),
    "webhooks._ONE": lambda given: (HOOK, ["PUPR"]),
    "webhooks._AGAIN": lambda given: (NEW_ID, HOOK),
    "webhooks._ROTATE": lambda given: (HOOK, DAY),
    "webhooks._OFF": NONE,
    "webhooks._OLD": lambda given: (NEVER,),
    "webhooks._TOOK": lambda given: (NEW_ID, "204"),
    **dict.fromkeys(
        (f"webhooks.{name}" for name in ("_TEST", "_WELL", "_LOG", "_ON", "_REMOVE", "_DROP")), lambda given: (HOOK,)
    ),
    "keys._FIND": BY_TOKEN,
    "keys._USED": lambda given: ("3f9c01ab",),
    "keys._CREATE": lambda given: ("new", "PUPR", "simpu", "Bina Marga", ["read"], b"new", WHO, DAY),
    "keys._MADE": BY_TOKEN,
    "keys._LIST": lambda given: (["PUPR"],),
    "keys._REVOKE": lambda given: ("3f9c01ab", ["PUPR"]),
    **dict.fromkeys((f"told._OLD_{what}" for what in ("EVENTS", "REPLIES", "NOTES", "DRAFTS", "PROOFS")), ENDED),
    "complaints._LIST": NONE,
    "complaints._COUNT": lambda given: ("PUPR", WHO),
    "complaints._ONE": lambda given: (given.ticket, "PUPR", False, None, ["PUPR"]),
    "complaints._LED": TICKET,
    "complaints._STRAIGHT": lambda given: ("PUPR", NOW - DAY, "informed"),
    **dict.fromkeys((f"complaints.{name}" for name in ("_EVENTS", "_NOTES", "_LOCK", "_LOOKED")), HERE),
    "complaints._REPLIES": lambda given: (["PUPR", "DISKOMINFO"], given.id),
    "complaints._HEARD": lambda given: ("PUPR", given.id, ["escalated"]),
    "complaints._NEAR": lambda given: ("PUPR", "Lalabata", given.id, NOW - 60 * DAY, NOW + 60 * DAY),
    "complaints._MOVED": lambda given: ("PUPR", given.id, 1, ["warned"]),
    "complaints._REPLY": lambda given: (NEW_ID,),
    "complaints._SAID": lambda given: (NEW_ID,),
    "complaints._ACCEPTED": lambda given: (given.id,),
    "complaints._WAITS": lambda given: ("unit.pupr.replied.v1", given.id),
    "complaints._WAITING": lambda given: ("unit.pupr.replied.v1",),
    "complaints._REPLIED": lambda given: (NEW_ID, "PUPR", given.id, WHO, b"{}", "Warga membaca ini", None, None),
    "complaints._UNTIL": lambda given: (["PUPR"] * 20, given.ids),
    "complaints._NOTE": lambda given: (NEW_ID, "PUPR", given.id, WHO, False, "catatan"),
    "complaints._ASSIGN": lambda given: ("PUPR", given.id, WHO),
    "counter._KEEP": lambda given: (NEW_ID, WHO, "PUPR", "surat", b"d", b"{}"),
    "counter._ROW": lambda given: (NEW_ID,),
    "counter._TAKEN": lambda given: (NEW_ID, given.ticket, "kode", "https://lapor.example", ["sms"]),
    "counter._WRONG": lambda given: (NEW_ID, b"{}"),
    "counter._HELD_UP": lambda given: (NEW_ID, "away"),
    "counter._WAITING": lambda given: (DAY, 50),
    "counter._MINE": lambda given: (WHO, 50),
    **dict.fromkeys((f"counter.{name}" for name in ("_PRINTED", "_NOT_MENDED")), lambda given: (DAY,)),
    "drafts._KEEP": lambda given: (NEW_ID, "PUPR", given.id, WHO, 1, b"{}"),
    "drafts._LAST": lambda given: (given.id, "PUPR"),
    "drafts._DECIDE": lambda given: (NEW_ID, True, WHO, None),
    "drafts._AMONG": lambda given: ("PUPR", given.ids),
    "drafts._HEADS": lambda given: ("PUPR", "pimpinan"),
    "handovers._BEGIN": lambda given: (NEW_ID, "PUPR", given.id, given.ticket, "PLN", NOW, DAY, "waits", DAY),
    "handovers._OPEN": lambda given: ("PUPR", given.id),
    "handovers._RELAYED": lambda given: (NEW_ID, NOW),
    "handovers._OVER": lambda given: ("PUPR", given.id, None),
    "handovers._ERASE": lambda given: (given.id,),
    "handovers._ANSWERED": lambda given: (NEW_ID, NOW, True, None),
    "handovers._OF_COMPLAINT": HERE,
    **dict.fromkeys(
        (f"handovers.{name}" for name in ("_ONE", "_ANSWERS", "_LOCK", "_REVOKE", "_WENT", "_HEARD")),
        lambda given: (NEW_ID,),
    ),
    "handovers._COUNT": lambda given: (NEW_ID, WHO),
    "handovers._ANSWER": lambda given: (NEW_ID, WHO, "jawaban"),
    "handovers._AGAIN": lambda given: (NEW_ID, DAY, 1),
    "handovers._NEXT": NONE,
    "handovers._REMIND": lambda given: ("PLN", NOW - timedelta(days=9_000), 1, DAY, DAY, "waits"),
    "handovers._FELL_SILENT": lambda given: ("PLN", NOW - timedelta(days=9_000), DAY, 2),
    "handovers._REFUSED": lambda given: (NEW_ID, "550"),
    "handovers._LATER": lambda given: (NEW_ID, "450", DAY),
    "arrivals._KEEP": lambda given: ("new", given.id, "step", 1, "sms", "taken", None, NOW, None, NOW),
    "arrivals._ERASE": lambda given: (given.id,),
    "arrivals._OF": lambda given: (given.id,),
    "arrivals._MISSING": lambda given: (["PUPR"],),
    "arrivals._HOW_MANY_MISSING": NONE,
    "arrivals._AGAIN": lambda given: ("new", NOW, ["PUPR"]),
    "arrivals._OLD": lambda given: (given.ids,),
    "arrivals._EARLY": lambda given: (NEVER,),
    "accounts._PERSON": lambda given: ("a@contoh.id",),
    "accounts._ADD": lambda given: (NEW_ID, "b@contoh.id", "B", "PUPR", "petugas"),
    "accounts._AGAIN": lambda given: ("a@contoh.id", "A", "PUPR", "petugas"),
    "accounts._INVITE": lambda given: (TOKEN, WHO, DAY),
    **dict.fromkeys((f"accounts.{name}" for name in ("_INVITED", "_EXPIRED", "_TAKE", "_SEEN", "_END")), BY_TOKEN),
    "accounts._SET": lambda given: (WHO, "p", 0, 0),
    "accounts._COLLEAGUES": lambda given: (["PUPR"],),
    "accounts._NAMES": lambda given: ([WHO],),
    **dict.fromkeys(
        (f"accounts.{name}" for name in ("_BY_ID", "_LEAVE", "_LET_GO", "_NO_INVITATION", "_NO_FILTERS", "_OUT_ALL")),
        SOMEBODY,
    ),
    "accounts._ENTERED": SOMEBODY,
    "accounts._USE_CODE": lambda given: (WHO, 5),
    "accounts._CHANGE": lambda given: (WHO, "p"),
    "accounts._SESSIONS": lambda given: (WHO, TOKEN, DAY, DAY),
    "accounts._BEGIN": lambda given: (TOKEN, WHO),
    "accounts._NOTE_LOOK": lambda given: (WHO, "PUPR", given.ticket, "terima", DAY),
    "accounts._WHO": lambda given: (TOKEN, DAY, DAY),
    "accounts._OLD_SESSIONS": lambda given: (DAY,),
    "accounts._OLD_INVITATIONS": NONE,
    **dict.fromkeys(("accounts._END_EVERYBODYS", "accounts._END_INVITATIONS", "login_codes._END_ALL"), NONE),
    "accounts._LISTED": lambda given: (WHO, [given.ticket], "PUPR", NOW.date()),
    "accounts._OLD_LISTED": NONE,
    "told._OLD_NOTICES": ENDED,
    "notices._ADD": lambda given: ("PUPR", given.id, given.ticket, "new", "added", NOW, None),
    "notices._TAKE_BACK": lambda given: ("PUPR", given.id, "draft"),
    "notices._DUE_UNITS": lambda given: (NOW,),
    "notices._NEW": lambda given: ("PUPR",),
    "notices._CLIMBING": lambda given: (NOW,),
    "notices._UNSETTLED": NONE,
    "notices._PERHAPS_SENT": lambda given: (NOW - DAY,),
    "notices._WAIT": lambda given: ([1], NOW),
    "notices._TOLD": lambda given: ([1], 1, None),
    "notices._DROP": lambda given: ([1],),
    "notices._OPENED": lambda given: (given.ticket, "PUPR", NOW, False, WHO),
    "notices._KNOW": lambda given: (1,),
    "notices._PEOPLE": lambda given: (["PUPR"],),
    "notices._MINE": SOMEBODY,
    "notices._WAITING": lambda given: (WHO, "email", "gathered"),
    "notices._MESSAGE": lambda given: (NEW_ID, WHO, "email", "alarm", 2, None, "pending", None, NOW),
    "notices._LINK": lambda given: (WHO, [1]),
    "notices._RAISE": lambda given: (WHO, 2, NOW),
    "notices._LATELY": lambda given: (WHO, "email", NOW + DAY),
    **dict.fromkeys((f"notices.{name}" for name in ("_UNOPENED", "_OPEN_UNITS", "_OLDEST")), NONE),
    "notices._CLAIM": lambda given: ("email", NOW),
    "notices._INTERRUPTED": lambda given: ("email", 5),
    "notices._ABOUT": lambda given: (WHO, "PUPR"),
    "notices._OPEN": lambda given: ("PUPR", 10),
    "notices._OPEN_COUNT": lambda given: ("PUPR", NOW, NOW),
    "notices._INVITATION": lambda given: ("a@contoh.id", NEW_ID, NOW),
    "notices._DONE": lambda given: (WHO, "sent", None, NOW),
    "notices._LATER": lambda given: (WHO, "later", NOW),
    **dict.fromkeys(("notices._LOG", "notices._FAILED"), lambda given: (["PUPR"], 100)),
    "notices._AGAIN": lambda given: (WHO, NOW, ["PUPR"]),
    "notices._WISHES": lambda given: (WHO, None, True, True, []),
    "notices._DUTY": lambda given: (WHO, ["senin"], "07.30-16.00"),
    **dict.fromkeys(("notices._OLD_MESSAGES", "notices._OLD_NOTICES"), lambda given: (NEVER,)),
    "login_codes._ASK": lambda given: ("a@contoh.id", NEW_ID, DAY),
    "login_codes._ASK_SIGNED_IN": lambda given: (WHO, NEW_ID, DAY),
    "login_codes._SENT_TO": lambda given: (WHO, 5),
    "login_codes._SPEND": lambda given: (WHO, NEW_ID, 5),
    "login_codes._WAITING": lambda given: ("a@contoh.id", 5),
    "login_codes._USE": lambda given: (WHO, NEW_ID, 5),
    "login_codes._WRONG": lambda given: (WHO, NEW_ID),
    "login_codes._OLD": NONE,
    **dict.fromkeys(("guesses._KNOWN", "guesses._RIGHT"), lambda given: ([b"k1", b"k2", b"k3"],)),
    "guesses._COUNT": lambda given: ([b"k1", b"k2", b"k3"], DAY, DAY),
    "guesses._BACK": lambda given: (b"k1", DAY),
    "guesses._OLD": lambda given: (DAY, 100),
    "accounts._NOTE": lambda given: (WHO, "buka", "PUPR", given.ticket, None),
    "accounts._LOOKS": TICKET,
}  # fmt: skip
#: Statements about long SMS, which only intake-sms uses; the table is in every intake's database.
PARTS: dict[str, Values] = {
    f"intake_sms.adapters.parts.{name}": values
    for name, values in {
        "_ADD": lambda given: (b"new", b"reference", 1, 2, "id", "+6281234567890", "teks"),
        "_TOGETHER": lambda given: (b"reference",),
        "_TAKEN": lambda given: (b"reference", [1, 2], ["teks", "lain"]),
        "_LATE": lambda given: (10,),
        "_OLD": lambda given: (3,),
    }.items()
}
VALUES: dict[str, dict[str, Values]] = {
    "router": {
        **{f"chassis.{name}": values for name, values in CHASSIS.items()},
        **{f"router.adapters.store.{name}": values for name, values in ROUTER.items()},
    },
    "sla_monitor": {f"sla_monitor.adapters.store.{name}": values for name, values in SLA.items()},
    "intake_social": {f"intake.{name}": values for name, values in INTAKE.items()} | DOORS | PARTS,
    "intake_web": {
        "intake_web.adapters.postgres._FIND": lambda given: ([given.ticket],),
        **{f"intake_web.adapters.listings.{name}": values for name, values in PUBLIC.items()},
        **{f"intake_web.adapters.{name}": values for name, values in ACCOUNTS.items()},
        **{f"intake_web.codes.{name}": values for name, values in CODES.items()},
        **{f"intake_web.adapters.keys.{name}": values for name, values in KEYS.items()},
        **{f"intake_web.adapters.supporters.{name}": values for name, values in SUPPORTERS.items()},
        "intake_web.adapters.bounds._ADD": lambda given: (["uploads"], [b"client"], [1.0]),
        "intake_web.adapters.bounds._NEWS": lambda given: (10.0,),
        **dict.fromkeys(("intake_web.adapters.bounds._ALL", "intake_web.adapters.bounds._FORGET"), NONE),
    },
    "unit_desk": {f"unit_desk.adapters.{name}": values for name, values in DESK.items()},
}
#: Statements that may read more when more is stored, with the reason.
MAY_GROW = {
    "chassis.republish._AGAIN": "asked for by hand, when Kafka has lost what it publishes again",
    "router.adapters.store._FORGET": "once an hour, among what came within 28 days",
    "intake.sent._UNTOLD": "asked for by hand, among all that citizens were told lately",
    "unit_desk.adapters.complaints._LIST": "the beginning of each list: tests/test_lists.py of unit-desk measures them",
    "unit_desk.adapters.notices._OPEN_UNITS": "reads the index of what is open, which a VACUUM makes shorter to read",
    "unit_desk.adapters.notices._OPEN_COUNT": "reads the index of what is open, which a VACUUM makes shorter to read",
    "unit_desk.adapters.notices._LOG": "asked for by a page: the hundred newest messages, and what they are about",
    **dict.fromkeys(
        ("intake_social.deletions._KEPT", "intake_social.deletions._FORGET_OVER"),
        "twice a day, among all of X that are not forgotten",
    ),
    "intake.sending._SENT_SINCE": "once a day and at a start, among what citizens were told lately",
    "intake.contacts._OF_ADDRESSES": "at a start of the website, whose contacts go with their complaints",
    "intake_web.adapters.listings._COUNTS": "reads all groups of the list, a row for each combination of its filters",
    "intake.export._COMPLAINTS": "asked for by hand, for one person, by whatever contact they give",
}
#: Statements of polling, mostly in vain: they must not read rows that are not due. The first complaint is due.
IDLE = {
    "router": ["chassis.outbox._NEXT", "chassis.outbox._OFFER_AGAIN", "chassis.outbox._STATE"]
    + [f"router.adapters.store.{name}" for name in ("_DUE", "_ERASED", "_WAITING")],
    "sla_monitor": ["sla_monitor.adapters.store._DUE"],
    "intake_social": [
        *("intake.sending._NEXT", "intake.sending._OVER", "intake.submissions._REPUBLISH"),
        *("intake.arrivals._CHANGED", "intake.arrivals._UNTOLD"),
        *("intake_social.fetching._DUE", "intake_social.fetching._TO_SHOW"),
    ],
    "intake_web": ["intake_web.codes._NEXT", "intake_web.codes._LATE"],
    "unit_desk": [f"unit_desk.adapters.notices.{name}" for name in ("_DUE_UNITS", "_CLIMBING", "_CLAIM", "_OLDEST")],
}
#: An index of each database that is dropped at the end, and the statement that must be found to miss it.
MISSED = {
    "router": ("cases_of_unit", "router.adapters.store._HELD_BY"),
    "sla_monitor": ("clocks_due", "sla_monitor.adapters.store._DUE"),
    "intake_social": ("complaints_thread", "intake_social.conversations._OPENED"),
    "unit_desk": ("events_complaint", "unit_desk.adapters.complaints._EVENTS"),
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
    old = Prepared(large, wanted)  # its plans, and those of its triggers, were made before anything was stored
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
    """Whether one read a whole table, or many more pages or rows than with few stored."""
    return bool(large.whole) or large.pages > small.pages + SLACK or large.rows > small.rows + SLACK
