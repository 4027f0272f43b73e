"""What a citizen may attach, and how an upload stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from intake.photo import HEAD

#: Photos and videos of one complaint, or of one addition.
MAX_FILES = 5
#: An upload that is not attached is kept so many hours after its last byte.
KEPT_H = 24


#: Bytes that a piece has at least, but for the last. What a line that broke leaves may be smaller: at most SPARE more
#: pieces than whole ones would be. An upload of 10 MB has 164 pieces at most, and its row takes a tenth of its bytes.
LEAST, SPARE = 64 * 1024, 4


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One upload: ``received`` of ``length`` bytes; ``refused`` says why, as texts.yaml calls it."""

    id: str
    folder: str
    length: int
    received: int
    parts: list[str]
    state: str
    refused: str | None
    expires_at: datetime
    attached: bool

    @property
    def all_came(self) -> bool:
        """Whether nothing more is to come."""
        return self.received >= self.length

    def may_grow_by(self, size: int) -> bool:
        """Whether a piece of ``size`` bytes may come next."""
        is_large = size >= LEAST or self.received + size >= self.length
        return is_large or (size >= HEAD and len(self.parts) < SPARE + self.received // LEAST)


class WrongOffset(ValueError):
    """It has not come so far, or farther: ``upload`` says how far."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload.received)
        self.upload = upload


class TooLong(ValueError):
    """More came than was announced, or than a photo or video may have: ``most`` bytes, where that is it."""

    def __init__(self, most: int = 0) -> None:
        super().__init__(most)
        self.most = most


class TooSmall(ValueError):
    """A piece has fewer bytes than ``LEAST``, and it is not the last: each is a file, and makes its row longer.

    ``upload`` says how far it has come, with what came before in the same request.
    """

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload.received)
        self.upload = upload


class WrongChecksum(ValueError):
    """What came is not what was sent; nothing of it is kept."""
