"""Joins the parts of unit-desk; the only module that knows all of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment
from litestar import Litestar, Request, Router
from litestar.config.compression import CompressionConfig
from litestar.connection import ASGIConnection
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.di import Provide
from litestar.template import TemplateConfig

from chassis.batch import Handler
from chassis.catch_up import Places, beginnings
from chassis.catch_up import catch_up as in_order
from chassis.database import Connection, Pool, open_pool
from chassis.http_server import Limits, WebServer, with_heads
from chassis.outbox import Relay
from chassis.retention import keep_deleting
from chassis.service import exit_on, run_server, step_of
from chassis.settings import read_settings
from chassis.wire import Emit, Message
from contracts.dates import date_in_words, day_in_words, due_in_words, lately_in_words, time_in_words
from contracts.topics import ERASED, TOLD, unit_routed
from intake.files import Files
from kabupaten import Region, RegionError, load
from look import files, templates
from look.web import CompressingLooks, protecting, static
from unit_desk import metrics, party_letters, projection, words
from unit_desk.adapters import accounts, guesses, handovers, login_codes, notices, told
from unit_desk.adapters.intake import intake_of
from unit_desk.adapters.proofs import Photos, name_of
from unit_desk.courier import Courier
from unit_desk.dispatch import Office
from unit_desk.handlers import (
    account,
    acting,
    api,
    approving,
    complaint,
    counter,
    entry,
    judging,
    live,
    mail_code,
    news,
    openapi,
    party,
    problems,
    programs,
    proof,
    sheet,
    staff,
    triage,
    webhooks,
    work,
)
from unit_desk.handlers.visit import FOLLOW, Desk, came_from_here, person_of
from unit_desk.people import CALLED, Person
from unit_desk.projection import Kept
from unit_desk.restored import Before, settle, shut
from unit_desk.rules import PARTS, Rules, rules_of
from unit_desk.sending import posting
from unit_desk.settings import DeskSettings

SERVICE = "unit-desk"
#: The most bytes of a form without files.
MAX_BODY_BYTES = 1024 * 1024
#: Seconds that a form with photos may take: 10 MB over 2G.
_PHOTOS_S = 900
_SWEEP_S = 3_600
_FORGET_S = 60
_LOOK = "people, passwords and keys are those of the backup: see `unit-desk user` and `unit-desk key list`"
_FOLDER = Path(__file__).parent / "static"


def handler(rules: Rules) -> Handler[Kept]:
    """Make the handler that the chassis runs for the desk."""

    async def save(db: Connection, changed: Mapping[str, Kept]) -> None:
        await told.save(db, changed)
        await handovers.follow(db, rules, changed)

    def decide(states: projection.States, message: Message, now: datetime) -> tuple[dict[str, Kept], list[Emit]]:
        metrics.time_told(message, datetime.now(UTC))
        return projection.decide(states, message, now)

    return Handler(
        service=SERVICE,
        keys=projection.keys,
        verify=projection.verify,
        load=told.load,
        decide=decide,
        save=save,
        tombstones=True,
    )


def sources(rules: Rules) -> list[str]:
    """Name the topics to read: those of units with a desk, of messages to reporters, and of erasures."""
    return [*(unit_routed(unit) for unit in rules.desks), TOLD, ERASED]


def build_app(desk: Desk) -> Litestar:
    """Make the website of the desk."""
    own = {**files.gather(_FOLDER), "lambang.svg": desk.rules.texts.pages.arms}

    async def person(request: Request[Any, Any, Any]) -> Person:
        return await person_of(request, desk)

    async def only_from_here(connection: ASGIConnection[Any, Any, Any, Any], _handler: Any) -> None:
        """Refuse forms that no page of the desk sent. A coroutine: Litestar runs a plain function in a thread."""
        if connection.scope["path"].startswith("/api/"):
            return  # the API takes keys, which no browser sends by itself
        if connection.scope.get("method") == "POST" and not came_from_here(Request(connection.scope), desk):
            raise problems.FromElsewhere

    handlers = [
        *(entry.login_form, entry.login, entry.logout, entry.invitation, entry.accept),
        *(work.work, work.keep, work.drop, live.follow),
        *(complaint.show, complaint.note, complaint.assign, complaint.looked_at),
        *(party.letter, party.answer, party.manage),
        *(judging.judge, sheet.sheet, proof.upload, proof.of_unit, proof.public),
        *(acting.form, acting.send, approving.decide, triage.queue, triage.sort),
        *(staff.people, staff.invite, staff.leave),
        *(account.mine, account.end_all, account.ask, account.change),
        *(counter.form, counter.take, counter.show, counter.again),
        *(news.wishes, news.wish, news.duty, news.log, news.again, news.missing, news.send_again),
        *(mail_code.form, mail_code.ask, mail_code.enter),
        *(programs.programs, programs.make_key, programs.revoke_key),
        *(webhooks.add, webhooks.show, webhooks.try_out, webhooks.rotate),
        *(webhooks.switch_on, webhooks.again, webhooks.remove),
        *(api.events, api.reply, openapi.document, static),
    ]
    return Litestar(
        [Router("/", route_handlers=handlers)],
        guards=[only_from_here],
        dependencies={
            "desk": Provide(lambda: desk, sync_to_thread=False),
            "files": Provide(lambda: own, sync_to_thread=False),
            "person": Provide(person),
        },
        exception_handlers={Exception: problems.answer},
        before_send=[protecting(desk.settings.public_url, ["/"], " ".join(desk.settings.photo_sites))],
        template_config=TemplateConfig(
            instance=JinjaTemplateEngine.from_environment(
                _templates(desk.rules, own, desk.photos.url, desk.settings.photo_sites)
            )
        ),
        compression_config=CompressionConfig(backend="gzip", middleware_class=CompressingLooks, exclude=f"^{FOLLOW}$"),
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )


def plain(rules: Rules) -> Environment:
    """Make templates for mail, which is plain text."""
    return _templates(rules, {}).overlay(autoescape=False)


def _templates(rules: Rules, own: dict[str, bytes], photos_at: str = "", sites: Sequence[str] = ()) -> Environment:
    environment = templates.environment("unit_desk")
    zone, shown = rules.zone, tuple(f"{each}/" for each in sites)
    environment.filters |= {
        "time": partial(time_in_words, zone=zone),
        "until": partial(due_in_words, zone=zone),
        "day": day_in_words,
        "date": lambda at: date_in_words(at.astimezone(zone).date()),
        "when": lambda at: lately_in_words(at, datetime.now(UTC), zone),
        "photo": name_of,
        "ours": lambda proofs: [each for each in proofs if each.url.startswith(photos_at)],
        "age": lambda at: words.span(datetime.now(UTC) - at),
        "unit": lambda code: rules.units.get(code, code),
        "short": lambda code: rules.short.get(code, code),
        "category": rules.category_name,
        "first_upper": lambda text: text[:1].upper() + text[1:],
    }
    environment.globals |= {
        "asset": cache(partial(files.address, files=own)),
        "site": rules.texts.pages.site,
        "rules": rules,
        "words": words,
        "called": CALLED,
        "due": lambda about: words.due(about, datetime.now(UTC), zone),
        "why": rules.texts.why,
        "reasons": rules.texts.reasons,
        "is_shown": lambda file: file.url.startswith(shown) and file.media_type.startswith("image/"),
    }
    return environment


async def catch_up(places: Places, read: Places) -> Places:
    """Read from ``places`` to the ends, and tell nobody again what the lost database had already told.

    End all sessions first: even if the rest fails, nobody uses a session that had already ended.

    Raises:
        aiokafka.errors.KafkaError, asyncpg.PostgresError, OSError, TimeoutError: Kafka or the database is away.
    """
    settings = read_settings(DeskSettings)
    with exit_on(SERVICE, RegionError):
        rules = rules_of(load(settings.region_dir, *PARTS))
    topics_read, taking, before = sources(rules), handler(rules), Before(read=read)

    def verify(message: Message) -> None:
        taking.verify(message)
        before.note(message)

    pool = await open_pool(str(settings.database_url))
    try:
        async with pool.acquire() as db:
            print(f"{SERVICE}: {await shut(db)}; {_LOOK}", file=sys.stderr)  # noqa: T201 - a command's
        step = step_of(SERVICE, settings, replace(taking, decide=projection.decide, verify=verify), topics_read, pool)
        ends = await in_order(settings, {**await beginnings(settings, topics_read), **places}, step)
        async with pool.acquire() as db:
            await settle(db, Office(rules=rules, media=settings.media), before)
        return ends
    finally:
        await pool.close()


def run() -> None:
    """Run until SIGTERM."""
    settings = read_settings(DeskSettings)
    with exit_on(SERVICE, RegionError):
        region = load(settings.region_dir, *PARTS)
    asyncio.run(_serve(settings, region))


async def _serve(settings: DeskSettings, region: Region) -> None:
    relay, rules = Relay(settings, SERVICE), rules_of(region, settings.web_url)
    # Besides pages and the consumer: the relay, the dispatcher and the sender of each medium hold a connection forever.
    pool = await open_pool(str(settings.database_url), connected=0, most=12)
    courier = Courier(pool=pool, key=settings.key, allowed=settings.desk_webhook_networks)
    photos = Photos(pool, Files(settings.evidence_url, settings.evidence_s3), settings.public_url)
    desk = Desk(
        pool=pool,
        courier=courier,
        photos=photos,
        settings=settings,
        rules=rules,
        wake=relay.wake.set,
        stopping=lambda: not web.answers,
        intake=intake_of(settings),
    )
    web = WebServer(
        with_heads(build_app(desk)),
        settings.desk_host,
        settings.desk_port,
        stop_within_s=settings.desk_stop_within_s,
        limits=Limits(proxies=settings.desk_trusted_proxies, longest_body_s=_PHOTOS_S),
    )
    tasks: list[tuple[str, Callable[[], Awaitable[None]]]] = [
        ("http", web.run),
        ("changes", partial(desk.changes.listen, pool)),
        ("photos", photos.keep_deleting),
        ("retention", partial(_retention, pool, region.retention)),
        ("sessions", partial(_sessions, pool)),
        ("guesses", partial(_guesses, pool)),
        ("counter", partial(counter.keep_delivering, desk)),
        ("webhooks", courier.run),
        ("letters", partial(party_letters.keep_writing, pool, settings, rules, plain(rules))),
        ("reminders", partial(party_letters.keep_reminding, pool, settings, rules)),
    ]
    async with posting(pool, settings, rules) as telling:
        tasks += telling
        ready = {"http": lambda: web.answers}
        await run_server(SERVICE, settings, handler(rules), sources(rules), pool, relay, tasks, ready)
    pool.terminate()
    if desk.intake:
        await desk.intake.close()


async def _retention(pool: Pool, kept: dict[str, timedelta]) -> None:
    """Run until cancelled: delete ended complaints whose retention is over."""
    await keep_deleting(SERVICE, pool, partial(told.delete_old, kept=kept))


async def _sessions(pool: Pool) -> None:
    """Run until cancelled: delete sessions, invitations and codes that are over, and old messages to people."""
    while True:
        await accounts.sweep(pool)
        await notices.sweep(pool)
        await login_codes.sweep(pool)
        await asyncio.sleep(_SWEEP_S)


async def _guesses(pool: Pool) -> None:
    """Run until cancelled: forget old guesses. Often, since anybody can add some."""
    while True:
        await guesses.sweep(pool)
        await asyncio.sleep(_FORGET_S)
