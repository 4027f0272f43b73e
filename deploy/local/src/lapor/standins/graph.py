"""The Graph API, as far as facebook-sdk needs it to read a page's posts and answer them."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from litestar import Request, Router, get, post
from litestar.response import Response
from litestar.types import Message, Scope

from lapor.standins.faults import Faults, cut_off
from lapor.standins.settings import X_HANDLE, Settings
from lapor.standins.sms import citizen_values, done
from lapor.standins.state import PageEntry, Said, World, now, user_id

Ask = Request[Any, Any, Any]
Answer = Response[Any]
PAGE_NAME = X_HANDLE
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


def _error(request: Ask, status: int, code: int, message: str) -> Answer:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": uuid4().hex[:11]}
    return _answer(request, {"error": error}, status)


async def _values(request: Ask) -> dict[str, str]:
    values: dict[str, str] = dict(request.query_params.items())
    if request.method == "POST":
        values |= {name: str(value) for name, value in (await request.form()).items()}
    return values


async def _at_the_door(request: Ask) -> Answer | None:
    """Faults, then the token and the proof that goes with it."""
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


def _shown(entry: PageEntry, fields: str, *, with_author: bool) -> dict[str, Any]:
    at = datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
    known: dict[str, Any] = {
        "message": entry.text,
        "created_time": at,
        "updated_time": at,
        "permalink_url": f"https://www.facebook.com/{entry.id}",
        "is_hidden": False,
    }
    if with_author:
        known["from"] = {"id": entry.author_id, "name": entry.author}
    return {"id": entry.id} | {name: known[name] for name in fields.split(",") if name in known}


def _feed(request: Ask, values: dict[str, str], world: World) -> Answer:
    """Posts newest first, paged by time."""
    limit, since, until = (int(values.get(name) or d) for name, d in (("limit", 25), ("since", 0), ("until", 2**40)))
    posts = [e for e in reversed(world.page.values()) if e.parent is None and since <= e.at <= until]
    after = values.get("__paging_token", "")
    if after in (ids := [entry.id for entry in posts]):
        posts = posts[ids.index(after) + 1 :]
    page, fields = posts[:limit], values.get("fields", "message,created_time")
    with_author = not request.app.state.faults.take("graph", "no_from")
    body: dict[str, Any] = {"data": [_shown(entry, fields, with_author=with_author) for entry in page]}
    if len(posts) > limit:
        following = values | {"until": str(page[-1].at), "__paging_token": page[-1].id}
        body["paging"] = {"next": f"https://graph.facebook.com{request.url.path}?{urlencode(following)}"}
    return _answer(request, body)


def _comments(request: Ask, parent: str, values: Mapping[str, str], world: World) -> Answer:
    found = [entry for entry in world.page.values() if entry.parent == parent]
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
    """Sends an answer without its content type if a fault asked for that; the framework itself always sets one."""
    if message["type"] == "http.response.start" and scope.get("state", {}).get("untyped"):
        message["headers"] = [header for header in message["headers"] if header[0].lower() != b"content-type"]


@get("/{version:str}/{node:str}")
async def read_object(request: Ask, node: str, world: World) -> Answer:
    """One object: the page itself, a post or a comment."""
    page = request.app.state.settings.facebook_page_id
    if node in ("me", page):
        return _answer(request, {"id": page, "name": PAGE_NAME})
    if node not in world.page:
        return _error(request, 400, 100, f"Unsupported get request. Object with ID '{node}' does not exist")
    fields = request.query_params.get("fields", "message,created_time")
    return _answer(request, _shown(world.page[node], fields, with_author=True))


@get("/{version:str}/debug_token")
async def debug_token(request: Ask, settings: Settings) -> Answer:
    """What Graph tells an app of a token of its own: when it ends, in seconds of 1970, and 0 for never."""
    values = await _values(request)
    if values.get("access_token", "").partition("|")[2] != settings.facebook_app_secret:
        return _error(request, 400, 190, "Invalid OAuth access token signature.")
    known = values.get("input_token") == settings.facebook_page_token
    ends = request.app.state.token_ends if known else {}
    return _answer(request, {"data": {"is_valid": known, "type": "PAGE", **ends}})


@post("/token")
async def token_ends(request: Ask) -> dict[str, Any]:
    """Say when the page's token ends, for tests: as `debug_token` gives it."""
    request.app.state.token_ends = await request.json()
    return {}


@get("/{version:str}/{node:str}/feed")
async def read_feed(request: Ask, world: World) -> Answer:
    """The page's posts, ours and visitors'."""
    answer = _feed(request, await _values(request), world)
    if request.app.state.faults.take("graph", "no_content_type"):
        request.scope["state"]["untyped"] = True
    return answer


@get("/{version:str}/{node:str}/comments")
async def read_comments(request: Ask, node: str, world: World) -> Answer:
    """The comments of a post."""
    if node not in world.page:
        return _error(request, 400, 100, f"Unsupported get request. Object with ID '{node}' does not exist")
    return _comments(request, node, await _values(request), world)


@post("/{version:str}/{node:str}/comments", status_code=200)
async def write_comment(request: Ask, node: str, world: World, settings: Settings) -> Answer:
    """The page comments on a post."""
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
    )
    world.record(entry, world.tell("facebook", target.author, text))
    return cut_off() if request.app.state.faults.take("graph", "lost_answer") else _answer(request, {"id": entry.id})


@post("/post")
async def visitor_post(request: Ask, world: World, settings: Settings) -> Answer:
    """A citizen (`name`, `text`) writes on the page, or comments there (`parent`)."""
    values = await citizen_values(request)
    name, text, parent = values.get("name", "").strip(), values.get("text", "").strip(), values.get("parent")
    if not name or not text:
        return Response({"error": "name and text are needed"}, status_code=400)
    new = f"{parent.rpartition('_')[2] if parent else settings.facebook_page_id}_{world.next_id()}"
    entry = PageEntry(id=new, author_id=user_id(name), author=name, text=text, at=int(time.time()), parent=parent)
    world.record(entry, Said(channel="facebook", by=name, text=text, at=now()))
    return done(values, new)


_api = Router(
    "/",
    route_handlers=[read_object, read_feed, read_comments, write_comment],
    before_request=_at_the_door,
)
router = Router("/graph", route_handlers=[_api, debug_token, visitor_post, token_ends])
