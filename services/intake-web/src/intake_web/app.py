"""Wires the parts of intake-web together; the only module that knows them all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from gettext import NullTranslations
from typing import Annotated, Any

from jinja2 import Environment, Template
from litestar import Litestar, Request, Response, Router
from litestar.config.compression import CompressionConfig
from litestar.connection import ASGIConnection
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.di import Provide
from litestar.params import Dependency
from litestar.template import TemplateConfig
from litestar.types import Message, Scope
from markupsafe import Markup, escape

from chassis.changes import Changes
from chassis.database import Connection
from chassis.http_server import ClientGone, Limits, WebServer, with_heads
from chassis.retention import keep_deleting
from contracts.links import PHOTOS
from contracts.vocabulary import DangerKind
from intake.complaint_view import CHANGED, ComplaintView, announce
from intake.films import find_films
from intake.noting import taken_apart
from intake.photo import MAX_BYTES, MAX_VIDEO_BYTES
from intake.report import CARRIED, areas, map_link
from intake.service import Context, Parts, Task, run_intake
from intake.texts import Texts
from intake_web.adapters import accounts, bounds, listings, supporters
from intake_web.adapters.postgres import PostgresStore
from intake_web.assets import ASSETS, address
from intake_web.domain import PASS_DAYS, reasons_for
from intake_web.english_dates import of_one
from intake_web.handlers import (
    account,
    account_code,
    account_data,
    api,
    device,
    evidence,
    hints,
    information,
    language,
    live,
    news,
    open311,
    openapi,
    pages,
    problems,
    public,
    support,
    uploads,
)
from intake_web.handlers.visit import Visit, counting, visit_of
from intake_web.keys import Keys
from intake_web.language import Speech, catalogue, chosen, english_of, language_of, switch
from intake_web.limits import Guard
from intake_web.map import draw
from intake_web.messages import followed
from intake_web.page import kept_whole, sms_to, unbroken
from intake_web.photos import MAX_FILES
from intake_web.senders import senders
from intake_web.settings import WebSettings
from intake_web.store import Store
from intake_web.tracking import calls
from kabupaten.message_kind import kind_words_of
from kabupaten.promises import NEXT_STEP
from kabupaten.subjects import Subjects, subjects_of
from look import templates
from look.web import CompressingLooks, from_elsewhere, protecting, static

#: A dependency of ours, which Litestar need not validate.
Given = Annotated[Any, Dependency(skip_validation=True)]
SERVICE = "intake-web"
MAX_BODY_BYTES = 64 * 1024
#: Connections to its database, which no other service uses. Concurrent submissions share a commit: while the disk
#: writes one transaction, the waiting ones queue up and are written together.
CONNECTIONS = 24
#: Seconds that a form with photos may take: 10 MB over 2G.
PHOTOS_S = 900
#: Paths whose responses are endless streams.
_STREAMS = ["/events$", "/kabar$"]
#: Paths that search engines must not list.
_UNLISTED = ("/laporan/", "/v1/")


def build_app(
    store: Store,
    settings: WebSettings,
    texts: Texts,
    guard: Guard | None = None,
    changes: Changes | None = None,
    keys: Keys | None = None,
) -> Litestar:
    """Build the website and the API on ``store``; without ``guard`` they get one that uses the machine's clock.

    Without ``changes`` that listen, event streams send the current state and nothing after it.
    """
    guard, changes = guard or Guard(settings.web_takes_per_s), changes or Changes(CHANGED)
    keys, files = keys or Keys(store.key), {**ASSETS, "lambang.svg": texts.pages.arms}
    speech = Speech(texts, english_of(settings.region_dir, texts))

    # Each dependency names the one before it: Litestar resolves independent ones concurrently, in tasks of their own
    # for each request, and that costs more than all the rest.
    def give_texts() -> Texts:
        return speech.texts

    def give_settings(texts: Given) -> WebSettings:
        return settings

    def give_files(settings: Given) -> Mapping[str, bytes]:
        return files

    def give_changes(files: Given) -> Changes:
        return changes

    async def give_visit(request: Request[Any, Any, Any], changes: Given) -> Visit:
        return await visit_of(request, store, guard, settings, keys)

    def give_subjects(visit: Given) -> Subjects:
        return subjects_of(settings.region_dir)

    given: Mapping[str, Callable[..., Any]] = {
        "texts": give_texts,
        "settings": give_settings,
        "files": give_files,
        "changes": give_changes,
    }
    handlers = [
        *(api.submit, api.show, api.add),
        *(pages.form, pages.submit, pages.look_up, pages.track, pages.unlock, pages.addition_form, pages.add),
        *(public.browse, public.listed, public.numbers, public.figures, public.data, public.download, support.support),
        openapi.document,
        *([language.choose] if speech.english else []),
        *(open311.show, open311.service, open311.one, open311.token, open311.submit),
        *(live.events, information.page, information.robots, information.security, information.qr),
        *(device.drafts, device.blank_form, device.offline, device.worker, hints.hints, pages.code_form),
        *(uploads.able, uploads.create, uploads.show, uploads.append, uploads.terminate),
        *(evidence.for_unit, evidence.for_reporter, evidence.for_program),
        *(news.enter, news.ask_stop, news.ask_begin, news.stop),
        *((*account.HANDLERS, *account_code.HANDLERS, *account_data.HANDLERS) if settings.media else ()),
        static,
    ]
    return Litestar(
        [Router("/", route_handlers=handlers)],
        guards=[_only_from_here],
        middleware=[counting(guard, settings)],
        dependencies={
            **{name: Provide(give, sync_to_thread=False) for name, give in given.items()},
            "visit": Provide(give_visit),
            "subjects": Provide(give_subjects, sync_to_thread=False),
        },
        exception_handlers={Exception: partial(_say_problem, speech)},
        before_request=speech.before,
        before_send=[
            protecting(settings.public_url, _UNLISTED, settings.desk_url),
            *([_vary] if speech.english else []),
        ],
        template_config=TemplateConfig(
            instance=_Engine(
                _templates(texts, files, settings, speech.languages),
                _templates(speech.english, files, settings, speech.languages) if speech.english else None,
            )
        ),
        compression_config=CompressionConfig(backend="gzip", middleware_class=CompressingLooks, exclude=_STREAMS),
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )


def _say_problem(speech: Speech, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    if isinstance(error, ClientGone):  # the client has gone: nobody reads the answer
        raise error
    speech.choose(request)  # no handler ran, so no language has been chosen yet
    if request.url.path.startswith("/open311/"):
        return open311.refuse(request, error, speech.texts)
    return problems.answer(speech.texts, request, error)


def run() -> None:
    """Run until SIGTERM."""
    run_intake(SERVICE, WebSettings, parts, notify=True, connections=CONNECTIONS)


@asynccontextmanager
async def parts(context: Context[WebSettings]) -> AsyncIterator[Parts]:
    """Build the website, and a sender for each configured medium."""
    settings, texts = context.settings, context.texts
    within_s, keep = settings.web_answer_within_s, texts.contacts
    receipt = partial(texts.receipt, SERVICE)
    store = PostgresStore(
        context.pool,
        settings,
        SERVICE,
        context.wake,
        within_s=within_s,
        keep=keep,
        receipt=receipt,
        apart=taken_apart(texts, SERVICE),
    )
    changes = Changes(CHANGED)
    guard = Guard(settings.web_takes_per_s, shared_by=settings.installation_namespace.bytes)
    web = WebServer(
        with_heads(build_app(store, settings, texts, guard, changes)),
        settings.web_host,
        settings.web_port,
        stop_within_s=settings.web_stop_within_s,
        limits=Limits(proxies=settings.web_trusted_proxies, longest_body_s=PHOTOS_S),
    )
    subjects_of(settings.region_dir)  # build it now rather than at the first text
    kind_words_of(settings.region_dir)

    async def also(db: Connection, views: Mapping[str, ComplaintView]) -> None:
        await announce(db, views)
        await listings.keep(texts.zone, db, views)
        await supporters.tell(partial(followed, texts, "followed_step"), db, views)

    async with senders(context.pool, settings, texts) as sending:
        tasks: list[Task] = [
            ("http", web.run),
            ("discarded files", store.uploads.keep_deleting),
            ("changes", partial(changes.listen, context.pool)),
            ("bounds", partial(bounds.share, context.pool, guard)),
            ("followers", partial(keep_deleting, SERVICE, context.pool, supporters.forget)),
            *sending,
        ]
        yield Parts(tasks=tasks, ready={"http": lambda: web.answers}, also=also, forget=accounts.forget)


class _Engine(JinjaTemplateEngine):
    """Loads each template in the chosen language."""

    def __init__(self, indonesian: Environment, english: Environment | None) -> None:
        super().__init__(engine_instance=indonesian)
        self.english = english

    def get_template(self, template_name: str) -> Template:
        """Return the template in the language of this request."""
        if self.english and chosen().language == "en":
            return self.english.get_template(template_name)
        return super().get_template(template_name)


def _templates(
    texts: Texts, files: Mapping[str, bytes], settings: WebSettings, languages: Mapping[str, str]
) -> Environment:
    """Build the template environment for ``texts`` in their language; visitors can choose among ``languages``."""
    dates = texts.dates
    environment = templates.environment("intake_web", extensions=["jinja2.ext.i18n"])
    environment.filters |= {
        "time": partial(dates.time_in_words, zone=texts.zone),
        "until": texts.day,
        "day": dates.day_in_words,
        "date": lambda at: dates.date_in_words(at.astimezone(texts.zone).date()),
        "when": lambda at: dates.lately_in_words(at, datetime.now(UTC), texts.zone),
        "kept_whole": kept_whole,
        "unbroken": unbroken,
        "map_link": map_link,
        "of_the_desk": lambda proofs: [each for each in proofs if _is_of_the_desk(each["url"], settings)],
        "from_elsewhere": lambda proofs: [each for each in proofs if not _is_of_the_desk(each["url"], settings)],
    }
    translations = catalogue() if language_of(texts) == "en" else NullTranslations()
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"language": language_of(texts), "languages": languages, "switch": switch}
    environment.globals["own"] = texts.own.__getitem__
    environment.globals |= {
        "tell": partial(_tell, texts),
        "say": partial(_say, texts),
        "promises": lambda: texts.promises,
    }
    environment.globals["reason_words"] = texts.reasons
    environment.globals["mark_reasons"] = {
        end: {code: texts.reasons[code] for code in reasons_for(mark)} for end, mark in (("low", 1), ("high", 5))
    }
    environment.globals["emergency"] = {
        "text": texts.danger["form"],
        "call": calls([DangerKind.UNSPECIFIED], texts),
    }
    # The addresses change with the content, so browsers may cache them indefinitely.
    environment.globals |= {"asset": partial(address, files=files), "style": address("lapor.css")}
    environment.globals["public_url"] = settings.public_url
    environment.globals |= {"site": texts.pages.site, "information": texts.pages.pages}
    environment.globals |= {"areas": areas(texts.territory), "carried": CARRIED}
    environment.globals |= {"categories": texts.categories, "category_groups": texts.category_groups}
    environment.globals["sms"] = lambda: sms_to(texts.on_web("sms_number"), texts.on_web("sms_begins"))
    environment.globals["qr"] = information.in_page
    environment.globals["today"] = lambda: datetime.now(texts.zone).date()
    environment.globals["media"] = settings.media
    environment.globals["map"] = draw(texts.outlines, texts.territory) if texts.outlines else None
    environment.globals |= {"most_photos": MAX_FILES, "most_megabytes": MAX_BYTES // 1024 // 1024}
    environment.globals |= {"videos": find_films() is not None, "most_video_megabytes": MAX_VIDEO_BYTES // 1024 // 1024}
    return environment


def _is_of_the_desk(url: str, settings: WebSettings) -> bool:
    return bool(settings.desk_url) and url.startswith(f"{settings.desk_url}{PHOTOS}")


def _say(texts: Texts, name: str, **values: object) -> Markup:
    """Render a text of `web` for a page; ``values`` that are markup are not escaped."""
    known = {**texts.promises, NEXT_STEP: texts.parts[NEXT_STEP], "days": PASS_DAYS}
    said = escape(texts.web[name]).format(**{**known, **values})
    return Markup(of_one(said)) if language_of(texts) == "en" else said  # noqa: S704 - escaped above


def _tell(texts: Texts, name: str, **values: object) -> Markup:
    """Render a text of `account` for a page, like :func:`_say`."""
    said = escape(texts.account[name]).format(**values)
    return Markup(of_one(said)) if language_of(texts) == "en" else said  # noqa: S704 - escaped above


async def _vary(message: Message, _scope: Scope) -> None:
    """Keep proxies and browsers from mixing languages in their caches."""
    if message["type"] == "http.response.start":
        message["headers"] = [*message["headers"], (b"vary", b"Cookie")]


async def _only_from_here(connection: ASGIConnection[Any, Any, Any, Any], _handler: Any) -> None:
    """Refuse requests from pages of other sites. A coroutine, because Litestar runs plain guards in threads."""
    if from_elsewhere(connection):
        raise problems.cross_site()
