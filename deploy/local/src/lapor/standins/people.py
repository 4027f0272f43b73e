"""Actions of people on Facebook, and the webhooks that tell the page about them."""

import time
from typing import Any
from uuid import uuid4

import msgspec
from litestar import Request, post
from litestar.response import Response

from lapor.standins.hooks import Hooks
from lapor.standins.photos import addresses
from lapor.standins.settings import X_HANDLE, Settings
from lapor.standins.sms import citizen_values, done
from lapor.standins.state import PageEntry, PageGone, PageMessage, Said, World, now, user_id

Ask = Request[Any, Any, Any]
PAGE_NAME = X_HANDLE


def feed_hook(entry: PageEntry, page: str, verb: str = "add") -> dict[str, Any]:
    """Build the webhook about a post or comment."""
    by = {"id": entry.author_id, "name": entry.author}
    about: dict[str, Any] = {"item": "status", "post_id": entry.id}
    if entry.parent:
        about = {"item": "comment", "comment_id": entry.id, "parent_id": entry.parent, "post_id": entry.root}
    words = {} if verb == "remove" else {"message": entry.text, **_shown(entry)}
    value = {**about, "from": by, "verb": verb, "created_time": entry.at, **words}
    change = {"field": "mention" if entry.elsewhere else "feed", "value": value}
    return {"object": "page", "entry": [{"id": page, "time": int(time.time()), "changes": [change]}]}


def _shown(entry: PageEntry) -> dict[str, Any]:
    """Describe its video or its photos: a comment can have one photo, a post one or an album."""
    if entry.videos:
        return {"video": entry.videos[0]} if entry.parent else {"item": "video", "link": entry.videos[0]}
    if not entry.photos:
        return {}
    if entry.parent:
        return {"photo": entry.photos[0]}
    return {"item": "photo", "link": entry.photos[0]} if len(entry.photos) == 1 else {"photos": list(entry.photos)}


def message_hook(message: PageMessage, page: str, *, deleted: bool = False) -> dict[str, Any]:
    """Build the webhook about a message, or about its deletion; the page's own messages come back as echoes."""
    ends = ("recipient", "sender") if message.ours else ("sender", "recipient")
    event: dict[str, Any] = {
        ends[0]: {"id": message.person},
        ends[1]: {"id": page},
        "timestamp": message.at * 1000,
        "message": {"mid": message.id, "is_deleted": True}
        if deleted
        else {
            "mid": message.id,
            **({"text": message.text} if message.text else {}),
            **({"attachments": [_pushed(each, message.shows) for each in message.photos]} if message.photo else {}),
            **({"is_echo": True} if message.ours else {}),
            **({"reply_to": {"mid": message.quotes}} if message.quotes else {}),
        },
    }
    return {"object": "page", "entry": [{"id": page, "time": int(time.time() * 1000), "messaging": [event]}]}


def _pushed(photo: str, kind: str) -> dict[str, Any]:
    return {"type": kind, "payload": {"url": photo}}


@post("/post")
async def writes(request: Ask, world: World, settings: Settings, hooks: Hooks) -> Response[Any]:
    """Write as a person (`name`, `text`, perhaps `photo` or `video`) on the page, in a comment (`parent`), or
    `elsewhere` with the page's name.

    The page's own name as `name` makes it a post of the page itself; `ago_s` dates it that many seconds back.
    """
    values = await citizen_values(request)
    name, text, parent = values.get("name", "").strip(), values.get("text", "").strip(), values.get("parent") or None
    photos, videos = addresses(settings, "graph", values), addresses(settings, "graph", values, "video")
    if not name or not (text or photos or videos):
        return Response({"error": "name and text are needed"}, status_code=400)
    page = settings.facebook_page_id
    above = world.page.get(parent or "")
    entry = PageEntry(
        id=f"{parent.rpartition('_')[2] if parent else page}_{world.next_id()}",
        author_id=page if name == PAGE_NAME else user_id(name),
        author=name,
        text=text,
        at=int(time.time()) - int(values.get("ago_s") or 0),
        # There is one level: an answer to a comment's answer stands beside that answer.
        parent=above.parent if above and above.parent and above.parent != above.root else parent,
        root=(above.root or above.id) if above else parent,
        elsewhere="elsewhere" in values,
        photos=photos,
        videos=videos,
    )
    world.record(entry, Said(channel="facebook", by=name, text=text, at=now()))
    hooks.push(feed_hook(entry, page))
    return done(values, entry.id)


@post("/message")
async def messages(request: Ask, world: World, settings: Settings, hooks: Hooks) -> Response[Any]:
    """Send the page a person's message by Messenger: `name`, `text`, a `photo` or another file as `type` says. `ago_s`
    dates it that many seconds back, `reply_to` makes it the answer to a message."""
    values = await citizen_values(request)
    name, text, photo = values.get("name", "").strip(), values.get("text", "").strip(), "photo" in values
    if not name or not (text or photo):
        return Response({"error": "name and text are needed"}, status_code=400)
    mid, who = f"m_{uuid4().hex}", user_id(name)
    photos = addresses(settings, "graph", values)
    said = PageMessage(
        id=mid,
        person=who,
        name=name,
        text=text,
        at=int(time.time()) - int(values.get("ago_s") or 0),
        photo=photo,
        photos=photos,
        shows=values.get("type", "image"),
        quotes=values.get("reply_to", ""),
    )
    world.record(said, Said(channel="facebook", by=name, text=text, at=now()))
    hooks.push(message_hook(said, settings.facebook_page_id))
    return done(values, said.id)


@post("/edit")
async def edits(request: Ask, world: World, settings: Settings, hooks: Hooks) -> Response[Any]:
    """Replace the `text` of a person's post or comment (`id`)."""
    values = await citizen_values(request)
    before = world.page.get(values.get("id", ""))
    if before is None:
        return Response({"error": "no such post"}, status_code=404)
    entry = msgspec.structs.replace(before, text=values["text"])
    world.record(entry)
    hooks.push(feed_hook(entry, settings.facebook_page_id, "edited"))
    return done(values, entry.id)


@post("/delete")
async def deletes(request: Ask, world: World, settings: Settings, hooks: Hooks) -> Response[Any]:
    """Delete what a person wrote (`id`), on the page or by Messenger."""
    called = (await citizen_values(request)).get("id", "")
    gone = world.page.get(called)
    if message := next((each for each in world.messages if each.id == called), None):
        world.record(PageGone(id=message.id))
        hooks.push(message_hook(message, settings.facebook_page_id, deleted=True))
        return Response({"id": message.id}, status_code=200)
    if gone is None:
        return Response({"error": "no such post"}, status_code=404)
    world.record(PageGone(id=gone.id))
    hooks.push(feed_hook(gone, settings.facebook_page_id, "remove"))
    return Response({"id": gone.id}, status_code=200)


@post("/handshake", status_code=200)
async def handshake(hooks: Hooks) -> dict[str, bool]:
    """Verify the page's webhook address, as Meta does when it is registered."""
    return {"subscribed": await hooks.handshake()}


HANDLERS = (writes, messages, edits, deletes, handshake)
