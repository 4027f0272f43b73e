"""Reads ``pages.yaml``: the owner of the service, and the pages of its website about itself."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeAlias, get_args

from msgspec import Struct

from kabupaten.problems import Problem, RegionError, refuse
from kabupaten.promises import TERMS
from kabupaten.references import texts_at
from kabupaten.retention import ENDS
from kabupaten.source import Source, region_file
from kabupaten.validate import Words, parse, remedy

#: The pages that a service needs, by their addresses.
Name: TypeAlias = Literal["tentang", "cara-kerja", "privasi", "kontak", "aksesibilitas"]
NAMES: tuple[Name, ...] = get_args(Name)
#: Placeholders for promises, for the retention after each end, for how long a browser is remembered, and for contacts.
PLACEHOLDERS = frozenset({*TERMS, *ENDS, "days", "number", "owner", "office"})


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way to reach the office. Until it is ``confirmed``, the page says so; without a value it is not shown."""

    kind: Literal["telepon", "surel", "situs", "alamat"]
    value: str = ""
    confirmed: bool = True


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a page: paragraphs, then points."""

    heading: Words
    text: tuple[Words, ...] = ()
    points: tuple[Words, ...] = ()


class Page(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page; its ``lead`` tells what it is about."""

    title: Words
    lead: Words
    sections: tuple[Section, ...] = ()


class Site(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The owner of the service. ``arms`` is the coat of arms, an SVG file of the region folder."""

    name: Words
    owner: Words
    office: Words
    arms: Annotated[str, remedy("write the name of an SVG file beside this one", pattern=r"^[\w-]+\.svg$")]
    contacts: tuple[Contact, ...] = ()


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    site: Site
    pages: Annotated[dict[Name, Page], remedy(f"write the pages {', '.join(NAMES)}")]


class Pages(Struct, frozen=True, kw_only=True):
    """The pages of the website about itself. ``arms`` is the content of the file."""

    site: Site
    pages: Mapping[Name, Page]
    arms: bytes


def read_pages(source: Source) -> Pages:
    """Read ``pages.yaml`` and the coat of arms.

    Raises:
        RegionError: it does not fit, a page is missing, or a placeholder is unknown; every mistake is named.
    """
    file = parse(source, _File)
    refuse([*_gaps(source, file), *_placeholders(source)])
    arms = region_file(source.path.parent, file.site.arms)
    try:
        return Pages(site=file.site, pages=file.pages, arms=arms.read_bytes())
    except OSError as error:
        raise RegionError([Problem(str(arms), None, f"can't be read: {error}", "mend it there")]) from error


def _gaps(source: Source, file: _File) -> Iterator[Problem]:
    for name in NAMES:
        if name not in file.pages:
            yield source.wrong(("pages",), f"{name} is missing", "take it from region/soppeng/pages.yaml")
    for n, contact in enumerate(file.site.contacts):
        if contact.confirmed and not contact.value:
            advice = "write value:, or confirmed: false until it is known"
            yield source.wrong(("site", "contacts", n), "it has no value", advice)


def _placeholders(source: Source) -> Iterator[Problem]:
    page = ("pages", "*")
    section = (*page, "sections", "*")
    for at in ((*page, "lead"), (*section, "heading"), (*section, "text", "*"), (*section, "points", "*")):
        for where, text in texts_at(source.content, at):
            try:
                used = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            except ValueError as error:
                yield source.wrong(where, str(error), "write placeholders as {owner}")
                continue
            for name in sorted(used - PLACEHOLDERS):
                names = ", ".join(f"{{{each}}}" for each in sorted(PLACEHOLDERS))
                yield source.wrong(where, f"nobody fills {{{name}}}", f"use {names}")
