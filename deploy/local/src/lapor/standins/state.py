"""The state of the stand-ins: an append-only journal of small records, replayed at start."""

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
    """A message that we sent to a citizen; `thread` is the id of the post at its top, if it is public."""

    channel: str
    to: str
    ticket: str | None
    text: str
    at: str
    thread: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True, tag="said"):
    """A message that a citizen sent to us; only for the page."""

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
    """A post on X. `edits` is the chain of ids, oldest first, this one included; photos and videos are addresses."""

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
    """The author deleted a post on X."""

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
    """The author deleted a post, comment or message on Facebook."""

    id: str


class PageMessage(msgspec.Struct, frozen=True, kw_only=True, tag="page-message"):
    """A message between the page and `person`, called `name`; `ours`: the page wrote it. `at` is in unix seconds.

    `photo`: it has a file, perhaps no text; `photos` are addresses, and `shows` is their kind. `quotes`: the message
    that it answers.
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
    """Return the present time in RFC 3339, with Soppeng's offset."""
    return datetime.now(WITA).isoformat(timespec="milliseconds")


def post_time(post_id: str) -> datetime:
    """Return when a post was written, which its id encodes."""
    return datetime.fromtimestamp(((int(post_id) >> 22) + X_EPOCH_MS) / 1000, WITA)


def user_id(handle: str) -> str:
    """Return a stable numeric id for a handle, as X has one."""
    return str(10**15 + crc32(handle.lower().encode()))


class World:
    """The whole state in memory; each change is first written to the journal."""

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
        # A kill in the middle of a write leaves half a line. Its request was never answered, so drop it.
        os.ftruncate(self._journal, len(journal) - len(torn))
        for line in complete.splitlines():
            self._apply(_decoder.decode(line))

    def close(self) -> None:
        os.close(self._journal)

    def record(self, *entries: Entry) -> None:
        """Write the entries to the journal in one piece, then apply them."""
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

    def tell(self, channel: str, to: str, text: str, thread: str = "") -> Sent:
        """Make the record of a message to a citizen, with the ticket that its text names."""
        ticket = _TICKET.search(text)
        return Sent(channel=channel, to=to, ticket=ticket and ticket[0].upper(), text=text, at=now(), thread=thread)

    def next_id(self) -> str:
        """Return a new id for a post: milliseconds in the upper bits, never the same twice."""
        by_clock = (time.time_ns() // 1_000_000 - X_EPOCH_MS) << 22
        self._last_id = max(self._last_id + 1, by_clock)
        return str(self._last_id)

    def newest_posts(self) -> Iterable[Post]:
        """List posts, newest first, edited ones only in their last version."""
        superseded = {old for post in self.posts.values() for old in post.edits[:-1]}
        return (post for post in reversed(self.posts.values()) if post.id not in superseded)
