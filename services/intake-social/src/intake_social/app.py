"""Put intake-social together."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
from litestar.handlers import HTTPRouteHandler
from pydantic import SecretStr

from chassis.database import Connection
from chassis.http_server import WebServer
from intake.bounds import Bounds
from intake.decoder import Decoder
from intake.evidence import keep_deleting
from intake.files import Files
from intake.films import Films, find_films
from intake.notices import Notice, OutcomeUnknown, Refused, TryLater, Unasked
from intake.posts import posts, with_page
from intake.reports import own_id
from intake.sending import Pace, send_notices
from intake.service import Context, Parts, Task, run_intake
from intake_social import whatsapp_talk
from intake_social.adapters import facebook, hooks, x
from intake_social.adapters.downloads import Places, download
from intake_social.adapters.errors import (
    SocialOutcomeUnknown,
    SocialRefused,
    SocialThrottled,
    SocialUnauthorized,
    SocialUnavailable,
)
from intake_social.adapters.graph_items import TO_PERSON
from intake_social.adapters.hooks import Hooked
from intake_social.adapters.opened import opening
from intake_social.adapters.whatsapp import WhatsApp
from intake_social.deletions import forget_registered
from intake_social.fetching import Fetch, Fetcher
from intake_social.mentions import poll_x
from intake_social.page import poll_facebook, take_hook
from intake_social.photos import forget_photos
from intake_social.polling import REFUSED_S, until
from intake_social.post import QUIET, SERVICE, Desk
from intake_social.recent import forget_taken
from intake_social.removed import forget_removed
from intake_social.settings import SocialSettings
from intake_social.spending import reply_kind, show_budget, spend

log = logging.getLogger(__name__)
#: Writes a text to a post or a person under our own id; returns the network's id of it.
Write = Callable[[str, str, str], Awaitable[str | None]]
#: Networks count requests, and few answers of ours are under way.
PACE = Pace(at_once=4, per_s=5)
#: Prefixes of threads. Each network has its own queue: one that hangs holds up no other. After a crash WhatsApp would
#: deliver an answer twice; on X and Facebook we see which answers exist.
NETWORKS = {"x": PACE, "facebook": PACE, "whatsapp": replace(PACE, repeats=False)}
#: Hosts where networks keep photos and videos; one that begins with a dot includes its subdomains.
X_MEDIA = ("pbs.twimg.com", "video.twimg.com")
FACEBOOK_MEDIA, WHATSAPP_MEDIA = (".fbcdn.net", ".fbsbx.com"), ("lookaside.fbsbx.com",)


def run() -> None:
    """Run until SIGTERM."""
    run_intake(SERVICE, SocialSettings, parts, notify=True)


@asynccontextmanager
async def parts(context: Context[SocialSettings]) -> AsyncIterator[Parts]:
    """Yield the networks that are on, and the sender."""
    settings = context.settings
    films = find_films()
    desk = Desk(pool=context.pool, settings=settings, texts=context.texts, wake=context.wake, films=films is not None)
    tasks: list[Task] = []
    writes: dict[str, Write] = {}
    pushing: dict[str, Hooked] = {}
    fetching: dict[str, Fetch] = {}
    async with AsyncExitStack() as open_:
        client = await open_.enter_async_context(_x(settings))
        if settings.x_enabled:
            writes["x"] = partial(_reply, desk, client)
            show_budget("x", settings.x_budget_usd)
            tasks.append(("x", partial(poll_x, desk, client)))
            fetching["x"] = _from(X_MEDIA, settings.x_api_url)
        if settings.facebook_enabled:
            page = _page(settings)
            writes["facebook"] = page.answer
            tasks.append(("facebook", partial(poll_facebook, desk, page)))
            fetching["facebook"] = _from(FACEBOOK_MEDIA, settings.facebook_graph_url)
            if settings.facebook_webhook_token:
                pushing["facebook"] = Hooked(
                    channel="facebook",
                    token=_secret(settings.facebook_webhook_token),
                    secret=_secret(settings.facebook_app_secret),
                    take=partial(take_hook, desk, page, settings.facebook_page_id or ""),
                )
        if settings.whatsapp_enabled:
            http = await open_.enter_async_context(httpx.AsyncClient(trust_env=False))
            whatsapp = _whatsapp(settings, http)
            writes["whatsapp"] = partial(whatsapp_talk.write, desk.pool, whatsapp)
            tasks.append(("whatsapp", partial(whatsapp_talk.watch, whatsapp)))
            places = Places(hosts=WHATSAPP_MEDIA, standin=settings.whatsapp_graph_url or "")
            fetching["whatsapp"] = partial(whatsapp_talk.fetch_media, whatsapp, places)
            pushing["whatsapp"] = Hooked(
                channel="whatsapp",
                token=_secret(settings.whatsapp_webhook_token),
                secret=_secret(settings.whatsapp_app_secret),
                take=partial(whatsapp_talk.take_hook, desk, settings.whatsapp_phone_number_id or ""),
            )
        opened: list[HTTPRouteHandler] = []
        if settings.evidence_url:
            files = Files(settings.evidence_url, settings.evidence_s3)
            tasks += media_tasks(context, files, films, fetching)
            opened = [opening(context.pool, files, settings.signing_key, context.texts)]
        if pushing or opened:
            tasks.append(("hooks", _door(settings, pushing, *opened).run))
        website = str(settings.web_public_url or "").rstrip("/")
        unlinked = () if settings.x_links else ("x",)
        answer = partial(send, writes, context.texts.social, website, unlinked=unlinked)
        quiet = context.texts.quiet_until if settings.quiet_hours else None
        # Notices beyond a day's limit stand on the complaint's page, which X takes no link to.
        bounds = Bounds(later=context.texts.social["later"], last=lambda _ticket: "")
        paced = partial(send_notices, context.pool, SERVICE, answer, bounds, quiet_until=quiet, networks=NETWORKS)
        sender: Task = ("sender", paced)
        also = partial(forget_registered, settings.installation_namespace)
        yield Parts(tasks=[*tasks, sender], forget=_forget, also=also)


async def _forget(db: Connection) -> dict[str, int]:
    kept = forget_taken, forget_removed, whatsapp_talk.forget_heard, forget_photos
    return {table: many for each in kept for table, many in (await each(db)).items()}


def media_tasks(
    context: Context[SocialSettings], files: Files, films: Films | None, networks: Mapping[str, Fetch]
) -> list[Task]:
    """Return the tasks that fetch photos and videos from ``networks``, show them to units, and delete dropped files."""
    fetcher = Fetcher(
        pool=context.pool,
        settings=context.settings,
        files=files,
        decoder=Decoder(),
        films=films,
        networks=networks,
        wake=context.wake,
    )
    return [*fetcher.tasks(), ("discarded files", partial(keep_deleting, context.pool, files))]


def _from(hosts: tuple[str, ...], standin: str | None) -> Fetch:
    """Return a function that fetches from ``hosts`` of a network, or from its stand-in."""
    return partial(download, places=Places(hosts=hosts, standin=standin or ""))


async def _reply(desk: Desk, client: Any, post_id: str, text: str, _own_id: str) -> str | None:
    made = await x.reply(client, post_id, text)
    await spend(desk.pool, "x", reply_kind(text), 1)
    return made


def _door(settings: SocialSettings, pushing: Mapping[str, Hooked], *opened: HTTPRouteHandler) -> WebServer:
    assert settings.social_listen_port  # noqa: S101 - the settings say so
    return WebServer(hooks.door(pushing, *opened), settings.social_listen_host, settings.social_listen_port)


async def send(
    writes: Mapping[str, Write], say: Mapping[str, str], page: str, notice: Notice, *, unlinked: Collection[str] = ()
) -> str | None:
    """Answer in the thread; ``say`` are the words of texts.yaml, ``page`` is the website's address.

    On the channels ``unlinked`` a receipt has no link to that page. Returns the network's id of our answer, or the ids
    of its parts joined.

    Raises:
        Refused, TryLater, OutcomeUnknown, Unasked: as the network said.
    """
    channel, _, post_id = (notice.thread or "").partition(":")
    write = writes.get(channel)
    if write is None:
        raise TryLater(f"{channel} is switched off", after_s=300, everything=True)
    if post_id.endswith(QUIET):
        raise Unasked("it does not address us")
    room = "messenger" if channel == "facebook" and post_id.startswith(TO_PERSON) else channel
    try:
        # Parts that are there already are not written again.
        parts = posts(with_page(notice, say, "" if channel in unlinked else page, room), say, room)
        made = [await write(post_id, text, own_id(notice)) for text in parts]
    except SocialOutcomeUnknown as unknown:
        raise OutcomeUnknown(str(unknown)) from unknown
    except SocialRefused as refused:
        raise Refused(refused.reason) from refused
    except SocialThrottled as throttled:
        raise TryLater("throttled", after_s=until(throttled), everything=True) from throttled
    except SocialUnauthorized as refused:
        log.critical("social_unauthorized", extra={"channel": channel})
        raise TryLater("not authorized", after_s=REFUSED_S, everything=True) from refused
    except SocialUnavailable as unavailable:
        # Saying it again is safe: X refuses the same words twice, and on the page we look for our comment first.
        raise TryLater("unavailable") from unavailable
    return " ".join(filter(None, made)) or None


def _x(settings: SocialSettings) -> Any:
    return x.connect(
        consumer_key=_secret(settings.x_consumer_key),
        consumer_secret=_secret(settings.x_consumer_secret),
        access_token=_secret(settings.x_access_token),
        access_secret=_secret(settings.x_access_secret),
        api_url=settings.x_api_url,
    )


def _page(settings: SocialSettings) -> facebook.FacebookPage:
    return facebook.FacebookPage(
        page_id=settings.facebook_page_id or "",
        token=_secret(settings.facebook_page_token),
        app_id=settings.facebook_app_id or "",
        app_secret=_secret(settings.facebook_app_secret),
        version=settings.facebook_graph_version,
        graph_url=settings.facebook_graph_url,
    )


def _whatsapp(settings: SocialSettings, http: httpx.AsyncClient) -> WhatsApp:
    return WhatsApp(
        http,
        phone_number_id=settings.whatsapp_phone_number_id or "",
        token=_secret(settings.whatsapp_token),
        template=settings.whatsapp_template,
        version=settings.facebook_graph_version,
        graph_url=settings.whatsapp_graph_url or "https://graph.facebook.com",
    )


def _secret(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
