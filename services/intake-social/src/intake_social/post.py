"""A post on any network, and what storing one needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from chassis.database import Pool
from intake.texts import Texts
from intake_social.settings import SocialSettings

SERVICE = "intake-social"
#: Suffix of a thread in which we must not answer, because nobody there addressed us.
QUIET = ":quiet"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The dependencies of taking a post.

    ``known`` holds hashes of recently processed posts, the oldest first. ``anonymous`` maps the hash of an address to
    its last anonymous complaint and when it came, for the rest of its album. Without ``films`` no video can be
    re-encoded, so videos are not taken.
    """

    pool: Pool
    settings: SocialSettings
    texts: Texts
    wake: Callable[[], None]
    films: bool = False
    known: dict[bytes, None] = field(default_factory=dict)
    anonymous: dict[bytes, tuple[str, datetime]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SocialPost:
    """A post, comment or private message on any network."""

    channel: str
    id: str  # the same for all edits
    author_id: str
    author: str
    text: str
    at: datetime
    root: str | None = None  # the post that opened the conversation
    version: str | None = None
    within: str | None = None  # the post that the whole conversation stands under
    person: str | None = None  # the recipient of the answer to a private message
    overheard: bool = False  # it stands under a post of ours, and is for us only if it says so
    quiet: bool = False  # found by its words: it does not address us, so the network forbids us to answer
    photos: tuple[str, ...] = ()  # addresses or ids, as the network's adapter names its files
    videos: tuple[str, ...] = ()
    not_taken: str = ""  # the key in texts.yaml of a part that is not taken, of a private message
    points_to: tuple[str, ...] = ()  # the posts that it replies to or quotes, ours included
    quoted: str = ""  # the words of one of these, where the post says too little without them
    quoted_id: str = ""  # the id of that one

    @property
    def address(self) -> str:
        """The author's address; the post's own id where the network hides its author."""
        return self.author_id or self.id

    @property
    def thread(self) -> str:
        """The thread that an answer goes to."""
        return f"{self.channel}:{self.person or self.id}{QUIET if self.quiet else ''}"

    @property
    def answers(self) -> list[str]:
        """The threads above it; it may continue one of these."""
        above = [f"{self.channel}:{each}" for each in (self.root, self.within) if each and each != self.id]
        return [thread + end for thread in above for end in ("", QUIET)]
