"""Reads ``texts.en.yaml`` and ``pages.en.yaml``: the English of the website, in a region that offers it.

They have those parts of ``texts.yaml`` and ``pages.yaml`` that pages show, with the same placeholders. A region without
them has Indonesian alone.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from msgspec import Struct, defstruct

from contracts.vocabulary import DangerKind, Status, UpdateKind
from kabupaten.pages import Name, Page
from kabupaten.problems import Problem, refuse
from kabupaten.references import texts_at
from kabupaten.source import Source
from kabupaten.texts import PLACEHOLDERS
from kabupaten.validate import Words, mistakes, parse, remedy

#: Each section by its name, and in it each text by its key.
EnglishTexts = Mapping[str, Mapping[str, str]]

#: Texts that the website writes down for a unit, and the beginning of an SMS: in Indonesian for everybody.
_KEPT = frozenset({"village", "sms_number", "sms_begins", "consent_version"})
#: Prefixes of texts that are sent, and not shown.
_SENT = ("told_", "subject_", "mail_page")
_WHOLE = ("statuses", "now", "days", "web", "public", "columns", "account", "reasons")
_PARTS = {
    "parts": ("nobody", "sorted", "next_step"),
    "answers": ("empty", "too_long", "too_many"),
    "danger": (*DangerKind, "form"),
    "clock": ("answer_by",),
    "own": (Status.WAITING_FOR_REPORTER, "web_paused", "web_merged"),
}
#: The English names of a story's steps: their words are kept in Indonesian alone.
HISTORY = "history"
_OF_STEPS = frozenset({"unit", "parent", "target", "due"})
#: The keys of each section of the file.
KEYS: Mapping[str, tuple[str, ...]] = {
    **{
        section: tuple(
            str(key)
            for key in PLACEHOLDERS[section]
            if key not in _KEPT and not (section == "account" and str(key).startswith(_SENT))
        )
        for section in _WHOLE
    },
    **{section: tuple(str(key) for key in keys) for section, keys in _PARTS.items()},
    HISTORY: tuple(str(kind) for kind in UpdateKind),
}
#: Names that other files of the region give; each by the name there, categories by their code.
NAMES = ("calls", "categories", "groups")


class _Site(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    owner: Words
    office: Words


class EnglishPages(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The English of ``pages.yaml``; the rest of `site` is the same in every language."""

    site: _Site
    pages: Annotated[dict[Name, Page], remedy("write the pages of pages.yaml")]


_FILE = defstruct(
    "English",
    [
        *(
            (section, defstruct(section, [(key, Words) for key in keys], forbid_unknown_fields=True))
            for section, keys in KEYS.items()
        ),
        *((name, dict[str, Words]) for name in NAMES),
    ],
    forbid_unknown_fields=True,
)


def read_english_texts(source: Source) -> EnglishTexts | None:
    """Read ``texts.en.yaml``; None if there is no such file.

    Raises:
        RegionError: a text is missing or unknown; every mistake is named.
    """
    if source.content is None:
        return None
    refuse(mistakes(source, _FILE))
    return {section: dict(source.content[section]) for section in (*KEYS, *NAMES)}


def read_english_pages(source: Source) -> EnglishPages | None:
    """Read ``pages.en.yaml``; None if there is no such file.

    Raises:
        RegionError: it does not fit; every mistake is named.
    """
    return None if source.content is None else parse(source, EnglishPages)


def unlike(sources: Mapping[Any, Source], region: Any) -> Iterator[Problem]:
    """Report where the English of a region differs from its Indonesian: placeholders, names, parts of a page.

    ``region`` holds the parts that were read, and ``sources`` their files.
    """
    texts, pages = sources.get("texts_en"), sources.get("pages_en")
    if texts and pages and (texts.content is None) != (pages.content is None):
        there, missing = ("texts.en.yaml", pages) if pages.content is None else ("pages.en.yaml", texts)
        yield missing.wrong((), f"it is missing, and {there} is there", "write both, or none")
    if getattr(region, "texts_en", None) and hasattr(region, "texts") and texts:
        yield from _of_texts(texts, region)
        yield from _of_names(texts, region)
    if getattr(region, "pages_en", None) and hasattr(region, "pages") and pages:
        yield from _of_pages(pages, sources["pages"])


def _of_texts(source: Source, region: Any) -> Iterator[Problem]:
    for section, keys in KEYS.items():
        for key in keys:
            english, where = region.texts_en[section][key], (section, key)
            if section == HISTORY:
                if strange := placeholders(english) - _OF_STEPS:
                    yield source.wrong(where, f"nobody fills {_named(strange)}", f"use {_named(_OF_STEPS)}")
            else:
                yield from _same(source, where, region.texts[section][key], english)


def _same(source: Source, where: tuple[str | int, ...], indonesian: str, english: str) -> Iterator[Problem]:
    if placeholders(indonesian) != placeholders(english):
        used = _named(placeholders(english)) or "none"
        remedy = f"write {_named(placeholders(indonesian)) or 'none'}"
        yield source.wrong(where, f"it has other placeholders than the Indonesian: {used}", remedy)


def _of_names(source: Source, region: Any) -> Iterator[Problem]:
    named = {
        "calls": {call.name for calls in region.emergency.kinds.values() for call in calls}
        if hasattr(region, "emergency")
        else None,
        "categories": set(region.categories) if hasattr(region, "categories") else None,
        "groups": {each.group for each in region.categories.values() if each.group}
        if hasattr(region, "categories")
        else None,
    }
    for section, names in named.items():
        if names is None:
            continue
        for name in sorted(names - region.texts_en[section].keys()):
            yield source.wrong((section,), f"{name} is missing", "write what it is called in English")
        for name in sorted(region.texts_en[section].keys() - names):
            yield source.wrong((section, name), "there is no such name in the region", "take it out")


def _of_pages(source: Source, own: Source) -> Iterator[Problem]:
    at = (
        ("pages", "*", "title"),
        ("pages", "*", "lead"),
        *(("pages", "*", "sections", "*", part) for part in ("heading",)),
        *(("pages", "*", "sections", "*", part, "*") for part in ("text", "points")),
    )
    indonesian, english = (
        {where: text for each in at for where, text in texts_at(file.content, each)} for file in (own, source)
    )
    for where in sorted(indonesian.keys() - english.keys(), key=str):
        yield source.wrong(where, "it is missing", "write what pages.yaml has there, in English")
    for where in sorted(english.keys() - indonesian.keys(), key=str):
        yield source.wrong(where, "pages.yaml has nothing there", "take it out, or write it there too")
    for where in sorted(english.keys() & indonesian.keys(), key=str):
        yield from _same(source, where, indonesian[where], english[where])


def placeholders(text: str) -> frozenset[str]:
    """Return the names of the placeholders in ``text``."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
