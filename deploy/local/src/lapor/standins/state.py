"""What the stand-ins remember: an append-only journal of small records, replayed at start."""

import os
import re
import time
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zlib import crc32

import msgspec

WITA = timezone(timedelta(hours=8), "WITA")
X_EPOCH_MS = 1288834974657
_TICKET = re.compile(r"SPG-[0-9A-Z]{4}-[0-9A-Z]{5}", re.IGNORECASE)


class Sent(msgspec.Struct, frozen=True, kw_only=True, tag="sent"):
    """What we sent to a citizen."""

    channel: str
    to: str
    ticket: str | None
    text: str
    at: str


class Said(msgspec.Struct, frozen=True, kw_only=True, tag="said"):
    """What a citizen sent to us; shown on the page only."""

    channel: str
    by: str
    text: str
    at: str


class Mo(msgspec.Struct, frozen=True, kw_only=True, tag="mo"):
    """An SMS of a citizen that the application hasn't confirmed. `at` is in unix seconds."""

    id: str
    sender: str
    receiver: str
    text: str
    at: int


class Taken(msgspec.Struct, frozen=True, kw_only=True, tag="taken"):
    """The application confirmed the Mo of this id."""

    id: str


class Post(msgspec.Struct, frozen=True, kw_only=True, tag="post"):
    """A post on X. `edits` is the chain of ids, oldest first, this one included; its files are addresses."""

    id: str
    author: str
    text: str
    conversation: str
    edits: tuple[str, ...]
    in_reply_to: str | None = None
    retweet_of: str | None = None
    quote_of: str | None = None
    photos: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()


class Removed(msgspec.Struct, frozen=True, kw_only=True, tag="removed"):
    """A post on X is gone, by its author's wish."""

    id: str


class PageEntry(msgspec.Struct, frozen=True, kw_only=True, tag="page-entry"):
    """A post on the Facebook page, or a comment (`parent` set); with `elsewhere` a post that only names the page.

    `root` is the post that a comment stands under. `at` is in unix seconds. `photos` and `videos` are
    addresses.
    """

    id: str
    author_id: str
    author: str
    text: str
    at: int
    parent: str | None = None
    root: str | None = None
    elsewhere: bool = False
    photos: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()


class PageGone(msgspec.Struct, frozen=True, kw_only=True, tag="page-gone"):
    """A post, comment or message on Facebook is gone, by its author's wish."""

    id: str


class PageMessage(msgspec.Struct, frozen=True, kw_only=True, tag="page-message"):
    """A message between the page and `person`, whom it calls `name`; `ours`: the page wrote it. `at` as above.

    `photo`: with one, perhaps without a word; `photos` are addresses, and `shows` what is there. `quotes`: which
    message it answers.
    """

    id: str
    person: str
    name: str
    text: str
    at: int
    ours: bool = False
    photo: bool = False
    photos: tuple[str, ...] = ()
    shows: str = "image"
    quotes: str = ""


Entry = Sent | Said | Mo | Taken | Post | Removed | PageEntry | PageGone | PageMessage
_decoder: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


def now() -> str:
    """The wall clock, RFC 3339 with the offset of Soppeng."""
    return datetime.now(WITA).isoformat(timespec="milliseconds")


def post_time(post_id: str) -> datetime:
    """When a post was written; its id carries the time."""
    return datetime.fromtimestamp(((int(post_id) >> 22) + X_EPOCH_MS) / 1000, WITA)


def user_id(handle: str) -> str:
    """A stable numeric id for a handle, as X has one."""
    return str(10**15 + crc32(handle.lower().encode()))


class World:
    """Everything in memory; each change is a line of the journal first."""

    def __init__(self, path: Path) -> None:
        self.sent: list[Sent] = []
        self.said: list[Said] = []
        self.owed: dict[str, Mo] = {}
        self.posts: dict[str, Post] = {}
        self.page: dict[str, PageEntry] = {}
        self.messages: list[PageMessage] = []
        self.sms_parts: dict[tuple[str, int], dict[int, bytes]] = {}  # by receiver and reference; not in the journal
        self._last_id = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._journal = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._replay(path.read_bytes())

    def _replay(self, journal: bytes) -> None:
        complete, _, torn = journal.rpartition(b"\n")
        # A kill in the middle of a write leaves half a line. Nobody was answered for it: drop it.
        os.ftruncate(self._journal, len(journal) - len(torn))
        for line in complete.splitlines():
            self._apply(_decoder.decode(line))

    def close(self) -> None:
        os.close(self._journal)

    def record(self, *entries: Entry) -> None:
        """Write the entries down in one piece, then act on them."""
        os.write(self._journal, b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))
        for entry in entries:
            self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        match entry:
            case Sent():
                self.sent.append(entry)
            case Said():
                self.said.append(entry)
            case Mo():
                self.owed[entry.id] = entry
            case Taken():
                self.owed.pop(entry.id, None)
            case Post():
                self.posts[entry.id] = entry
                self._last_id = max(self._last_id, int(entry.id))
            case Removed():
                self.posts.pop(entry.id, None)
                self._last_id = max(self._last_id, int(entry.id))
            case PageEntry():
                self.page[entry.id] = entry
            case PageGone():
                self.page.pop(entry.id, None)
                self.messages = [each for each in self.messages if each.id != entry.id]
            case PageMessage():
                self.messages.append(entry)

    def tell(self, channel: str, to: str, text: str) -> Sent:
        """A record of something sent to a citizen, with the ticket its text names."""
        ticket = _TICKET.search(text)
        return Sent(channel=channel, to=to, ticket=ticket and ticket[0].upper(), text=text, at=now())

    def next_id(self) -> str:
        """A new id for a post: milliseconds in the upper bits, never the same twice."""
        by_clock = (time.time_ns() // 1_000_000 - X_EPOCH_MS) << 22
        self._last_id = max(self._last_id + 1, by_clock)
        return str(self._last_id)

    def newest_posts(self) -> Iterable[Post]:
        """Posts, newest first; of an edited one only the last version."""
        superseded = {old for post in self.posts.values() for old in post.edits[:-1]}
        return (post for post in reversed(self.posts.values()) if post.id not in superseded)
