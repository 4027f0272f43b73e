"""Loads a region folder: a service names the parts that it needs and gets them typed, or a list of all mistakes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

from contracts.links import links_in
from kabupaten.calendar import Calendar, read_calendar
from kabupaten.categories import Category, read_categories
from kabupaten.conduct import read_conduct
from kabupaten.danger import read_danger
from kabupaten.emergency import Emergency, read_emergency
from kabupaten.english import EnglishPages, EnglishTexts, read_english_pages, read_english_texts, unlike
from kabupaten.lexicon import Abbreviations, Conduct, Danger, MessageType, Protection, Spam, Talk, Urgency, read_lists
from kabupaten.notices import Notices, read_notices
from kabupaten.on_duty import Shift, read_on_duty
from kabupaten.outlines import Outlines, read_outlines, strangers
from kabupaten.pages import Pages, read_pages
from kabupaten.problems import Problem, RegionError
from kabupaten.promises import unkept
from kabupaten.references import unknown_names
from kabupaten.replies import ReadySentence, read_replies
from kabupaten.retention import read_retention
from kabupaten.routing import Routing, read_routing
from kabupaten.sla import Sla, check_hours, read_sla
from kabupaten.source import Source, folders, region_file
from kabupaten.territory import Territory, read_territory
from kabupaten.texts import Texts, read_texts
from kabupaten.units import Units, read_units

Part = Literal[
    "units", "categories", "routing", "territory", "sla", "calendar", "texts", "retention", "emergency", "on_duty",
    "pages", "replies", "notices", "texts_en", "pages_en", "danger", "urgency", "message_type", "spam", "conduct",
    "abbreviations", "protection", "talk", "outlines",
]  # fmt: skip
_READERS: dict[Part, Callable[[Source], Any]] = {
    "units": read_units,
    "categories": read_categories,
    "routing": read_routing,
    "territory": read_territory,
    "sla": read_sla,
    "calendar": read_calendar,
    "texts": read_texts,
    "retention": read_retention,
    "emergency": read_emergency,
    "on_duty": read_on_duty,
    "pages": read_pages,
    "replies": read_replies,
    "notices": read_notices,
    "texts_en": read_english_texts,
    "pages_en": read_english_pages,
    "danger": read_danger,
    "urgency": partial(read_lists, Urgency),
    "message_type": partial(read_lists, MessageType),
    "spam": partial(read_lists, Spam),
    "conduct": read_conduct,
    "abbreviations": partial(read_lists, Abbreviations),
    "protection": partial(read_lists, Protection),
    "talk": partial(read_lists, Talk),
    "outlines": read_outlines,
}
PARTS: tuple[Part, ...] = tuple(_READERS)
_IN_LEXICON = {"danger", "urgency", "message_type", "spam", "conduct", "abbreviations", "protection", "talk"}
#: Parts that a region may leave out; their readers then return the defaults.
_OPTIONAL = {"retention", "on_duty", "replies", "notices", "texts_en", "pages_en", "outlines"}
#: A number of 7 to 15 digits (ITU-T E.164), or an e-mail address.
_CONTACT = re.compile(r"[+(]?\d(?:[ ().-]{0,2}\d){6,14}|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class Region:
    """The content of a region folder. It has the parts that were loaded; asking for another is an AttributeError."""

    units: Units
    categories: dict[str, Category]
    routing: Routing
    territory: Territory
    sla: Sla
    calendar: Calendar
    texts: Texts
    retention: dict[str, timedelta]
    emergency: Emergency
    on_duty: Mapping[str, tuple[Shift, ...]]
    pages: Pages
    replies: tuple[ReadySentence, ...]
    notices: Notices
    texts_en: EnglishTexts | None
    pages_en: EnglishPages | None
    danger: Danger
    urgency: Urgency
    message_type: MessageType
    spam: Spam
    conduct: Conduct
    abbreviations: Abbreviations
    protection: Protection
    talk: Talk
    outlines: Outlines | None

    @property
    def contacts(self) -> frozenset[str]:
        """Telephone numbers, e-mail addresses and links in each ``contact:`` of units and targets, as written.

        They belong to offices, are public, and are not to be masked. Numbers of less than seven digits are left out:
        only words such as "telp kantor" make masking take them for a telephone number.
        """
        contacts = [*(unit.contact for unit in self.units.rows), *(to.contact for to in self.routing.targets.values())]
        return frozenset(found for each in contacts if each for found in [*_CONTACT.findall(each), *links_in(each)])


def load(folder: Path, *parts: Part) -> Region:
    """Load ``parts`` of the region ``folder``.

    Raises:
        RegionError: one is missing or wrong, or they don't fit together; every mistake is named.
    """
    region, _, found = read_parts(folder, parts)
    if found:
        raise RegionError(found)
    return region


def read_parts(folder: Path, parts: tuple[Part, ...]) -> tuple[Region, dict[str, Source], list[Problem]]:
    """Read those of ``parts`` that can be read; return them with their files and all mistakes."""
    region, sources, found = Region(), dict[str, Source](), list[Problem]()
    for part in parts:
        try:
            sources[part] = _source(folder, part)
            setattr(region, part, _READERS[part](sources[part]))
        except RegionError as error:
            found += error.problems
    found += unknown_names(sources)
    if hasattr(region, "sla") and hasattr(region, "calendar"):
        found += check_hours(sources["sla"], region.sla, region.calendar)
    if hasattr(region, "sla") and hasattr(region, "texts"):
        found += unkept(sources["texts"], region.sla)
    found += unlike(sources, region)
    if hasattr(region, "outlines") and hasattr(region, "territory"):
        found += strangers(sources["outlines"], region.outlines, region.territory)
    return region, sources, found


def file_of(part: Part) -> str:
    """Name the file of ``part`` in a region folder."""
    if part == "outlines":
        return "outlines.geojson"
    return f"lexicon/{part}.yaml" if part in _IN_LEXICON else f"{part.replace('_en', '.en')}.yaml"


def _source(folder: Path, part: Part) -> Source:
    name = file_of(part)
    if part in _OPTIONAL and not any((each / name).is_file() for each in folders(folder)):
        return Source(folder / name, None)
    if not name.endswith(".yaml"):  # its reader parses it: as YAML that would take seconds
        return Source(region_file(folder, name), None)
    return Source.read(folder, name)
