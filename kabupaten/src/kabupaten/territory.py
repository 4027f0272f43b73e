"""Reads ``territory.yaml``: kecamatan, desa and kelurahan, and other names of places."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

from kabupaten.source import Source
from kabupaten.validate import Words, parse, remedy

VillageKind = Literal["kelurahan", "desa"]
_Aliases = Annotated[tuple[Words, ...], remedy("write other spellings, such as [mario ri wawo]")]
_Code = Annotated[str, remedy('write the code of Kemendagri in quotes, such as "73.12"', min_length=1)]


class _Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: _Code
    name: Words
    aliases: _Aliases = ()


class Village(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A desa or kelurahan. ``ambiguous``: its name is also a common word."""

    kind: Annotated[VillageKind, remedy("write desa or kelurahan")]
    ambiguous: Annotated[bool | Literal["adverb"], remedy("write true or adverb")] = False


class Kecamatan(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kecamatan with its villages."""

    villages: tuple[Village, ...]


class OtherPlace(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named place that is neither a desa nor a kelurahan, and where it lies."""

    name: Words
    kecamatan: Words
    desa: Words | None = None


class Territory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``count`` is the number of villages of each kind by decree; ``elsewhere`` are names of other kabupaten."""

    code: _Code
    kecamatan: Annotated[tuple[Kecamatan, ...], Meta(min_length=1)]
    name: str = ""
    count: Annotated[dict[VillageKind, int], remedy("write {kelurahan: 21, desa: 49}")] = {}
    others: tuple[OtherPlace, ...] = ()
    elsewhere: tuple[Words, ...] = ()


def read_territory(source: Source) -> Territory:
    """Read ``territory.yaml``.

    Raises:
        RegionError: it does not fit; every mistake is named.
    """
    return parse(source, Territory)


def same_place(name: str) -> str:
    """Normalize a kecamatan's name for comparison: "Kec. Donri-Donri" becomes "donridonri"."""
    bare = re.sub(r"^\s*kec(amatan)?\b", "", name.casefold())
    return "".join(letter for letter in bare if letter.isalnum())
