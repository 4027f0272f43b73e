"""The Graph API, as far as facebook-sdk needs it to read a page's posts, comments and messages, and to answer."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from litestar import Request, Router, get, post
from litestar.response import Response
from litestar.types import Message, Scope

from lapor.standins import people
from lapor.standins.faults import Faults, cut_off
from lapor.standins.hooks import Hooks
from lapor.standins.people import PAGE_NAME, feed_hook, message_hook
from lapor.standins.settings import Settings
from lapor.standins.state import PageEntry, PageMessage, World

Ask = Request[Any, Any, Any]
Answer = Response[Any]
#: Seconds in which a page may answer a message.
_WINDOW_S = 24 * 3600
#: Names of fields. Those in braces behind a field match too, which is harmless: no post has them.
_NAMES = re.compile(r"(?:^|,)([a-z_]+)")
_FAULT_CODES = {
    "throttle": (400, 80001, "There have been too many calls to this Page account."),
    "temporary": (500, 2, "An unexpected error has occurred. Please retry your request later."),
    "expired": (400, 190, "Error validating access token: Session has expired."),
    "blocked": (400, 368, "The action attempted has been deemed abusive or is otherwise disallowed."),
    "forbidden": (403, 200, "Requires pages_read_engagement permission."),
}


def _answer(request: Ask, body: Any, status: int = 200) -> Answer:
    page = request.app.state.settings.facebook_page_id
    usage = {"type": "pages", "call_count": 1, "estimated_time_to_regain_access": 7 if status == 400 else 0}
    headers = {
        "facebook-api-version": request.path_params.get("version", "v26.0"),
        "x-app-usage": json.dumps({"call_count": 28, "total_time": 25, "total_cputime": 25}),
        "x-business-use-case-usage": json.dumps({page: [usage]}),
        "content-type": "application/json; charset=UTF-8",
    }
    return Response(body, status_code=status, headers=headers)


def _error(request: Ask, status: int, code: int, message: str, subcode: int = 0) -> Answer:
    error: dict[str, Any] = {
        "message": message, "type": "OAuthException", "code": code, "fbtrace_id": uuid4().hex[:11],
    }  # fmt: skip
    if subcode:
        error["error_subcode"] = subcode
    return _answer(request, {"error": error}, status)


async def _values(request: Ask) -> dict[str, str]:
    values: dict[str, str] = dict(request.query_params.items())
    if request.method == "POST":
        values |= {name: str(value) for name, value in (await request.form()).items()}
    return values


async def _at_the_door(request: Ask) -> Answer | None:
    """Answer instead of the handler if a fault is armed, or the token or its proof is wrong."""
    faults: Faults = request.app.state.faults
    settings: Settings = request.app.state.settings
    for kind, (status, code, message) in _FAULT_CODES.items():
        if faults.take("graph", kind):
            return _error(request, status, code, message)
    if faults.take("graph", "html502"):
        return Response("<html>Bad gateway</html>", status_code=502, media_type="text/html")
    values = await _values(request)
    if not hmac.compare_digest(values.get("access_token", "").encode(), settings.facebook_page_token.encode()):
        return _error(request, 400, 190, "Invalid OAuth access token - Cannot parse access token")
    proof = hmac.new(
        settings.facebook_app_secret.encode(), settings.facebook_page_token.encode(), hashlib.sha256
    ).hexdigest()
    if settings.facebook_app_secret and values.get("appsecret_proof") != proof:
        return _error(request, 400, 100, "Invalid appsecret_proof provided in the API argument")
    return None


def stated(at: int) -> str:
    """Format a Unix time as Graph writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _shown(entry: PageEntry, fields: str, *, with_author: bool, updated: int = 0) -> dict[str, Any]:
    known: dict[str, Any] = {
        "message": entry.text,
        "created_time": stated(entry.at),
        "updated_time": stated(max(entry.at, updated)),
        "permalink_url": f"https://www.facebook.com/{entry.id}",
        "is_hidden": False,
    }
    if with_author:
        known["from"] = {"id": entry.author_id, "name": entry.author}
    if entry.parent and entry.parent != entry.root:
        known["parent"] = {"id": entry.parent}
    if entry.photos or entry.videos:
        shown = [*map(_attachment, entry.photos), *map(_film, entry.videos)]
        album = {"type": "album", "subattachments": {"data": shown}}
        known |= {"attachments": {"data": shown if len(shown) == 1 else [album]}, "attachment": shown[0]}
    # A field's own subfields stand behind its name, in braces.
    return {"id": entry.id} | {name: known[name] for name in _NAMES.findall(fields) if name in known}


def _attachment(photo: str) -> dict[str, Any]:
    return {"type": "photo", "media": {"image": {"height": 720, "width": 960, "src": photo}}, "target": {"id": photo}}


def _film(video: str) -> dict[str, Any]:
    media = {"image": {"height": 720, "width": 960, "src": f"{video}&still"}, "source": video}
    return {"type": "video_inline", "media": media, "target": {"id": video}}


def _feed(request: Ask, values: dict[str, str], world: World, *, elsewhere: bool = False) -> Answer:
    """List posts newest first, paged by time; a comment updates its post."""
    limit, since, until = (int(values.get(name) or d) for name, d in (("limit", 25), ("since", 0), ("until", 2**40)))
    updated: dict[str, int] = {}
    for entry in world.page.values():
        if entry.root:
            updated[entry.root] = max(updated.get(entry.root, 0), entry.at)
    posts = [
        e
        for e in reversed(world.page.values())
        if e.parent is None and e.elsewhere == elsewhere and since <= e.at <= until
    ]
    after = values.get("__paging_token", "")
    if after in (ids := [entry.id for entry in posts]):
        posts = posts[ids.index(after) + 1 :]
    page, fields = posts[:limit], values.get("fields", "message,created_time")
    with_author = not request.app.state.faults.take("graph", "no_from")
    shown = [_shown(entry, fields, with_author=with_author, updated=updated.get(entry.id, 0)) for entry in page]
    body: dict[str, Any] = {"data": shown}
    if len(posts) > limit:
        following = values | {"until": str(page[-1].at), "__paging_token": page[-1].id}
        body["paging"] = {"next": f"https://graph.facebook.com{request.url.path}?{urlencode(following)}"}
    return _answer(request, body)


def _comments(request: Ask, parent: str, values: Mapping[str, str], world: World) -> Answer:
    all_of_it = values.get("filter") == "stream"
    found = [e for e in world.page.values() if parent in ((e.parent, e.root) if all_of_it else (e.parent,))]
    if values.get("order") == "reverse_chronological":
        found.reverse()
    if (after := values.get("after", "")) in (ids := [entry.id for entry in found]):
        found = found[ids.index(after) + 1 :]
    limit, fields = int(values.get("limit") or 25), values.get("fields", "message,created_time,from")
    page = found[:limit]
    body: dict[str, Any] = {"data": [_shown(entry, fields, with_author=True) for entry in page]}
    if page:
        body["paging"] = {"cursors": {"before": page[0].id, "after": page[-1].id}}
    if len(found) > limit:
        body["paging"]["next"] = f"https://graph.facebook.com{request.url.path}?after={page[-1].id}"
    return _answer(request, body)


async def drop_content_type(message: Message, scope: Scope) -> None:
    """Send an answer without its content type if a fault asked for that; the framework itself always sets one."""
    if message["type"] == "http.response.start" and scope.get("state", {}).get("untyped"):
        message["headers"] = [header for header in message["headers"] if header[0].lower() != b"content-type"]


@get("/{version:str}/{node:str}")
async def read_object(request: Ask, node: str, world: World) -> Answer:
    """Return one object: the page itself, a post or a comment."""
    page = request.app.state.settings.facebook_page_id
    if node in ("me", page):
        return _answer(request, {"id": page, "name": PAGE_NAME})
    if node not in world.page:
        return _error(request, 400, 100, f"Unsupported get request. Object with ID '{node}' does not exist")
    fields = request.query_params.get("fields", "message,created_time")
    return _answer(request, _shown(world.page[node], fields, with_author=True))


@get("/{version:str}/debug_token")
async def debug_token(request: Ask, settings: Settings) -> Answer:
    """Tell an app about one of its tokens, as Graph does: when it expires, in Unix seconds, with 0 for never."""
    values = await _values(request)
    if values.get("access_token", "").partition("|")[2] != settings.facebook_app_secret:
        return _error(request, 400, 190, "Invalid OAuth access token signature.")
    known = values.get("input_token") == settings.facebook_page_token
    ends = request.app.state.token_ends if known else {}
    return _answer(request, {"data": {"is_valid": known, "type": "PAGE", **ends}})


@post("/token")
async def token_ends(request: Ask) -> dict[str, Any]:
    """Set for tests when the page's token expires, in the form that `debug_token` returns."""
    request.app.state.token_ends = await request.json()
    return {}


@get("/{version:str}/{node:str}/feed")
async def read_feed(request: Ask, world: World) -> Answer:
    """List the page's posts, ours and visitors'."""
    answer = _feed(request, await _values(request), world)
    if request.app.state.faults.take("graph", "no_content_type"):
        request.scope["state"]["untyped"] = True
    return answer


@get("/{version:str}/{node:str}/tagged")
async def read_tagged(request: Ask, world: World) -> Answer:
    """List posts elsewhere that name the page."""
    return _feed(request, await _values(request), world, elsewhere=True)


@get("/{version:str}/{node:str}/comments")
async def read_comments(request: Ask, node: str, world: World) -> Answer:
    """List the comments of a post."""
    if node not in world.page:
        return _error(request, 400, 100, f"Unsupported get request. Object with ID '{node}' does not exist")
    return _comments(request, node, await _values(request), world)


@post("/{version:str}/{node:str}/comments", status_code=200)
async def write_comment(request: Ask, node: str, world: World, settings: Settings, hooks: Hooks) -> Answer:
    """Write as the page a comment on a post, or an answer to a comment."""
    text, target = (await _values(request)).get("message", ""), world.page.get(node)
    if target is None or not text:
        return _error(request, 400, 100, "Unsupported post request" if target is None else "message is required")
    entry = PageEntry(
        id=f"{node.rpartition('_')[2]}_{world.next_id()}",
        author_id=settings.facebook_page_id,
        author=PAGE_NAME,
        text=text,
        at=int(time.time()),
        parent=node,
        root=target.root or node,
    )
    world.record(entry, world.tell("facebook", target.author, text, target.root or node))
    hooks.push(feed_hook(entry, settings.facebook_page_id))  # Meta sends a page's own comments back too
    return cut_off() if request.app.state.faults.take("graph", "lost_answer") else _answer(request, {"id": entry.id})


def _written(message: PageMessage, page: str) -> dict[str, Any]:
    by = {"id": page, "name": PAGE_NAME} if message.ours else {"id": message.person, "name": message.name}
    shown = [_listed(each, message.shows) for each in message.photos]
    attached = {"attachments": {"data": shown or [{"mime_type": "image/jpeg"}]}} if message.photo else {}
    return {"id": message.id, "message": message.text, "from": by, "created_time": stated(message.at), **attached}


def _listed(file: str, kind: str) -> dict[str, Any]:
    """Describe an attachment as the inbox lists it: a file that is neither photo nor video has only its address."""
    if kind == "video":
        return {"mime_type": "video/mp4", "video_data": {"url": file}}
    if kind == "image":
        return {"mime_type": "image/jpeg", "image_data": {"url": file}}
    return {"mime_type": {"audio": "audio/mpeg"}.get(kind, "application/pdf"), "file_url": file}


@get("/{version:str}/{node:str}/conversations")
async def read_conversations(request: Ask, world: World, settings: Settings) -> Answer:
    """List the page's conversations, the newest first, with `user_id` only that person's; on request with messages."""
    values = await _values(request)
    by_person: dict[str, list[PageMessage]] = {}
    for message in world.messages:
        by_person.setdefault(message.person, []).append(message)
    talks = []
    for person, messages in sorted(by_person.items(), key=lambda talk: -talk[1][-1].at):
        if values.get("user_id", person) == person:
            talk: dict[str, Any] = {"id": f"t_{person}", "updated_time": stated(messages[-1].at)}
            if "messages" in values.get("fields", ""):
                newest = [_written(each, settings.facebook_page_id) for each in reversed(messages)]
                talk["messages"] = {"data": newest[:25]}
            talks.append(talk)
    return _answer(request, {"data": talks})


@get("/{version:str}/{node:str}/messages")
async def read_messages(request: Ask, node: str, world: World, settings: Settings) -> Answer:
    """List the messages of a conversation, the newest first."""
    said = [each for each in reversed(world.messages) if f"t_{each.person}" == node]
    return _answer(request, {"data": [_written(each, settings.facebook_page_id) for each in said]})


@post("/{version:str}/{node:str}/messages", status_code=200)
async def write_message(request: Ask, node: str, world: World, settings: Settings, hooks: Hooks) -> Answer:
    """Write as the page to a person, if the person wrote to it within a day."""
    values = await _values(request)
    try:
        person, text = str(json.loads(values["recipient"])["id"]), str(json.loads(values["message"])["text"])
    except (KeyError, TypeError, ValueError):
        return _error(request, 400, 100, "Invalid parameter")
    theirs = [each for each in world.messages if each.person == person and not each.ours]
    if not theirs:
        return _error(request, 400, 100, "No matching user found")
    if time.time() - theirs[-1].at > _WINDOW_S or request.app.state.faults.take("graph", "outside_window"):
        return _error(request, 400, 10, "This message is sent outside of allowed window.", 2018278)
    if len(text) > 2000:
        return _error(request, 400, 100, "Length of param message[text] must be less than or equal to 2000")
    said = PageMessage(
        id=f"m_{uuid4().hex}", person=person, name=theirs[-1].name, text=text, at=int(time.time()), ours=True
    )
    world.record(said, world.tell("facebook", said.name, text))
    hooks.push(message_hook(said, settings.facebook_page_id))
    if request.app.state.faults.take("graph", "lost_answer"):
        return cut_off()
    return _answer(request, {"recipient_id": person, "message_id": said.id})


_api = Router(
    "/",
    route_handlers=[
        *(read_object, read_feed, read_tagged, read_comments, write_comment),
        *(read_conversations, read_messages, write_message),
    ],
    before_request=_at_the_door,
)
router = Router("/graph", route_handlers=[_api, debug_token, token_ends, *people.HANDLERS])
