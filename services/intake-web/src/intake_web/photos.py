"""What a citizen may attach, and how an upload stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

#: Photos and videos of one complaint, or of one addition.
MAX_FILES = 5
#: An upload that is not attached is kept so many hours after its last byte.
KEPT_H = 24


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


class WrongChecksum(ValueError):
    """What came is not what was sent; nothing of it is kept."""
