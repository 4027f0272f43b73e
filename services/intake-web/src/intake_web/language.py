"""The language of the website's answers: Indonesian, unless the visitor chose English and the region offers it."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from litestar import Request
from msgspec import structs

from contracts.vocabulary import CLOCK_KINDS, UpdateKind
from intake.complaint_view import ComplaintView, Step
from intake.texts import Texts
from intake_web import english_dates
from kabupaten import Region, load

Language = Literal["id", "en"]
LANGUAGES: Mapping[str, str] = MappingProxyType({"id": "Bahasa Indonesia", "en": "English"})
#: The cookie that stores the choice, and its lifetime in seconds.
COOKIE, COOKIE_S = "bahasa", 365 * 24 * 3600
CATALOGUE = Path(__file__).parent / "locale" / "en.po"
#: Answers for programs are Indonesian, except those that our own pages ask for with `?bahasa=`.
_PROGRAMS = ("/v1/", "/open311/", "/data/", "/.well-known/")
_OF_PAGES = ("/v1/hints", "/v1/uploads")
#: Paths that only take POST requests, each with the page to return to after a change of language.
_BACK = re.compile(r"^(/akun)/(?:laporan|keluar)$|^(/laporan/[^/]+)/(?:dukung|akun)$")


class Choice(NamedTuple):
    """The language of an answer, and the address that the link to the other language returns to."""

    language: Language = "id"
    back: str = "/"


_NONE = Choice()
_CHOSEN: ContextVar[Choice] = ContextVar("language", default=_NONE)


def _choose(request: Request[Any, Any, Any]) -> None:
    path, asked = request.url.path, request.query_params.get(COOKIE)
    of_page = path.startswith(_OF_PAGES)
    wanted = asked if asked in LANGUAGES or of_page else request.cookies.get(COOKIE)
    english = wanted == "en" and (of_page or not path.startswith(_PROGRAMS))
    _CHOSEN.set(Choice("en" if english else "id", _back(request.method, path, request.url.query)))


def _back(method: str, path: str, query: str) -> str:
    if method not in ("GET", "HEAD"):
        found = _BACK.match(path)
        return found[1] or found[2] if found else path
    if path == "/formulir":  # the form as a device keeps it: the front page
        return "/"
    rest = "&".join(part for part in query.split("&") if part and not part.startswith(f"{COOKIE}="))
    return f"{path}?{rest}" if rest else path


def chosen() -> Choice:
    """Return the choice for the current request."""
    return _CHOSEN.get()


def switch(language: str) -> str:
    """Return the address that switches to ``language`` and comes back."""
    return f"/bahasa/{language}?ke={quote(chosen().back)}"


def is_here(address: str) -> bool:
    """Check whether ``address`` is a path on this site: a redirect may lead only there."""
    return bool(re.match(r"^/(?![/\\])[^\\\s\x00-\x1f]*$", address))


@cache
def catalogue() -> gettext.GNUTranslations:
    """Read the English translations of the templates."""
    with CATALOGUE.open("rb") as file:
        read = read_po(file, locale="en", abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True)
class Told:
    """A step of a story as its page shows it: ``text``, in ``language``, and ``quote``, the unit's own words."""

    text: str
    quote: str = ""
    language: Language = "en"


class EnglishTexts(Texts):
    """The English texts of the website, for a region that offers English. All else is as in ``indonesian``."""

    dates: Any = english_dates
    either = "or"

    def __init__(self, indonesian: Texts, region: Any) -> None:
        vars(self).update(vars(indonesian))
        self.indonesian = indonesian
        words, calls = region.texts_en, region.texts_en["calls"]
        self.statuses, self.now, self.days, self.columns, self.own = (
            words[name] for name in ("statuses", "now", "days", "columns", "own")
        )
        self.parts, self.clock = {**self.parts, **words["parts"]}, {**self.clock, **words["clock"]}
        self.web = {**self.web, **words["answers"], **words["public"], **words["web"]}
        self.danger, self.account = {**self.danger, **words["danger"]}, {**self.account, **words["account"]}
        self.sms = {**self.sms, **words["answers"]}
        self.reasons = words["reasons"]
        self.history: Mapping[str, str] = words["history"]
        self.categories = dict(words["categories"])
        self.category_groups = {
            words["groups"].get(group, group): {code: words["categories"][code] for code in among}
            for group, among in indonesian.category_groups.items()
        }
        kinds = {
            kind: tuple(structs.replace(call, name=calls[call.name]) for call in among)
            for kind, among in indonesian.emergency.kinds.items()
        }
        self.emergency = structs.replace(indonesian.emergency, kinds=kinds)
        own, site = indonesian.pages, region.pages_en.site
        self.pages = structs.replace(
            own,
            site=structs.replace(own.site, owner=site.owner, office=site.office),
            pages={name: region.pages_en.pages[name] for name in own.pages},
        )

    @property
    def promises(self) -> dict[str, str]:
        """Today's promises, by their placeholders."""
        return {name: english_dates.term(words) for name, words in super().promises.items()}

    def due(self, story: ComplaintView) -> str:
        """Say when it is due: ``Thursday 3 Dec, 3 working days``."""
        return english_dates.term(super().due(story))

    def on_web(self, name: str, **values: object) -> str:
        """Return the text below `web`, singular where it speaks of one."""
        return english_dates.of_one(super().on_web(name, **values))

    def bound(self, step: Step) -> str:
        """Say until when the reporter may answer a question; empty if the step has no deadline."""
        due = english_dates.due_said(step.text)
        return self.clock["answer_by"].format(due=due) if due else ""

    def told_to_all(self, text: str, ticket: str) -> str:
        """Return the step's text, which is Indonesian, without what it asks its reporter to do."""
        return self.indonesian.told_to_all(text, ticket)

    def told_to_others(self, step: Step, ticket: str) -> str:
        """Return the step's text for others, which is Indonesian."""
        return self.indonesian.told_to_others(step, ticket)

    @staticmethod
    def number(written: str) -> str:
        """Leave the number as it is written."""
        return written


def told(story: ComplaintView, step: Step, sentence: str, texts: Texts) -> Told:
    """Word a step: in Indonesian its ``sentence``, in English a text for its kind, and the unit's words beside it."""
    if not isinstance(texts, EnglishTexts):
        return Told(sentence, language="id")
    form = texts.history.get(step.kind, "")
    values = {
        "unit": texts.unit(step.unit or story.unit, story.lane),
        "parent": story.parent or "",
        "target": story.target or "",
        "due": english_dates.due_said(step.text),
    }
    if not form or any(f"{{{name}}}" in form and not value for name, value in values.items()):
        return Told(sentence, language="id")
    quoted = sentence if step.kind == UpdateKind.NOTED else "" if step.kind in CLOCK_KINDS else step.message
    return Told(form.format(**values), quoted)


def until(step: Step, texts: Texts) -> str:
    """Say until when a question may be answered, according to ``step``, which paused the clock."""
    return texts.bound(step) if isinstance(texts, EnglishTexts) else step.text


@dataclass(frozen=True)
class Speech:
    """The website's texts in Indonesian, and in English if the region offers it."""

    indonesian: Texts
    english: EnglishTexts | None

    @property
    def texts(self) -> Texts:
        """The texts for the current request."""
        return self.english if self.english and chosen().language == "en" else self.indonesian

    @property
    def languages(self) -> Mapping[str, str]:
        """The languages to choose from, by code; empty without a choice."""
        return LANGUAGES if self.english else {}

    def choose(self, request: Request[Any, Any, Any]) -> None:
        """Store the language for the answer to ``request``: from its address, or from the cookie."""
        if self.english:
            _choose(request)

    async def before(self, request: Request[Any, Any, Any]) -> None:
        """Choose the language before anything else. A coroutine: a context variable set in a thread is lost."""
        self.choose(request)


def kept(texts: Texts) -> Texts:
    """Return the texts to store or send something in: always Indonesian, whatever language the page has."""
    return texts.indonesian if isinstance(texts, EnglishTexts) else texts


def language_of(texts: Texts) -> Language:
    """Return the language of ``texts``."""
    return "en" if isinstance(texts, EnglishTexts) else "id"


def english_of(folder: Path, texts: Texts) -> EnglishTexts | None:
    """Return the English texts of the region ``folder``; None if it offers no English.

    Raises:
        kabupaten.RegionError: its English texts are invalid; names every problem.
    """
    region = _read(folder)
    return EnglishTexts(texts, region) if region.texts_en and region.pages_en else None


@cache  # tests build the website hundreds of times for the same region
def _read(folder: Path) -> Region:
    return load(folder, "texts", "texts_en", "pages", "pages_en", "emergency", "categories")
