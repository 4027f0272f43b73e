"""X, by tweepy: who we are, who mentioned us, and our replies."""

import html
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import aiohttp
import tweepy
import yarl
from tweepy.asynchronous import AsyncClient

from intake.photo import MAX_VIDEO_S
from intake_social.adapters.downloads import MAX_VIDEO_BYTES
from intake_social.adapters.errors import (
    CursorTooOld,
    SocialError,
    SocialRefused,
    SocialThrottled,
    SocialUnauthorized,
    SocialUnavailable,
    after,
)
from intake_social.adapters.items import Unreadable, moment, read_each

logger = logging.getLogger(__name__)

# The only base address that tweepy knows.
_TWEEPYS_URL = "https://api.twitter.com"
_EPOCH_MS = 1288834974657
_OVERLAP_MS = 60_000
#: X lists only the newest mentions: https://docs.x.com/x-api/posts/timelines/introduction
MOST_MENTIONS = 800
_FIELDS = ["created_at", "author_id", "conversation_id", "referenced_tweets", "note_tweet", "attachments"]
_WITH = {
    "expansions": ["author_id", "attachments.media_keys"],
    "user_fields": ["username"],
    "media_fields": ["url", "variants", "duration_ms"],
}
# Balance used up (402) and the access forms of a dead credential need a person, not a retry.
_STOP = frozenset({401, 402})
# 64 bits: https://docs.x.com/resources/fundamentals/x-ids
_ID = re.compile(r"[0-9]{1,20}")
# Any other 403 is about our app or account, and holds for every post alike.
_ABOUT_THE_POST = re.compile(r"duplicate|mention|reply|conversation|deleted|not visible|author", re.IGNORECASE)

#: Not all of these are tweepy's: an HTML body, a network failure and an odd answer come through as they are.
_ODD = (
    tweepy.TweepyException,
    aiohttp.ClientError,
    TimeoutError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    RecursionError,
)


@dataclass(frozen=True, kw_only=True)
class Post:
    """One post. `handle` is empty if X didn't tell it; `edit_history_ids` is oldest first and holds `id`. `photos` and
    `videos` are their addresses, in their order. `points_to` holds the ids of the posts that it quotes and replies to.
    """

    id: str
    author_id: str
    handle: str
    text: str
    created_at: datetime
    conversation_id: str
    is_retweet: bool
    edit_history_ids: tuple[str, ...]
    photos: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    points_to: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MentionsPage:
    """Posts of one page, oldest first; `next_token` leads to the older page, None at the window's end."""

    posts: list[Post]
    unreadable: list[Unreadable] = field(default_factory=list)
    next_token: str | None
    newest_id: str | None


@asynccontextmanager
async def connect(
    *,
    consumer_key: str,
    consumer_secret: str,
    access_token: str,
    access_secret: str,
    api_url: str | None = None,
    timeout_s: float = 20,
) -> AsyncIterator[AsyncClient]:
    """Open a tweepy client for our account. `api_url` replaces X's own address; `timeout_s` bounds a whole call."""
    # At DEBUG tweepy logs the Authorization header.
    logging.getLogger("tweepy").setLevel(logging.INFO)
    client = AsyncClient(
        None, consumer_key, consumer_secret, access_token, access_secret, return_type=aiohttp.ClientResponse
    )
    middlewares = (_sent_to(api_url.rstrip("/")),) if api_url else ()
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(middlewares=middlewares, timeout=timeout) as client.session:
        yield client


def _sent_to(api_url: str) -> aiohttp.ClientMiddlewareType:
    async def rewrite(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        # The query stays byte for byte as it was signed.
        request.url = yarl.URL(str(request.url).replace(_TWEEPYS_URL, api_url, 1), encoded=True)
        return await handler(request)

    return rewrite


async def whoami(client: AsyncClient) -> str:
    """Return the id of our own account. Raises: SocialError."""
    with _errors_in_our_words():
        return str((await _json(await client.get_me()))["data"]["id"])


async def handle(client: AsyncClient) -> str:
    """Return the name of our own account, without @. Raises: SocialError."""
    with _errors_in_our_words():
        return str((await _json(await client.get_me()))["data"]["username"])


async def search(
    client: AsyncClient, query: str, since_id: str | None, token: str | None, *, start_time: datetime | None = None
) -> MentionsPage:
    """Fetch one page of the posts of the last seven days that `query` finds; else like :func:`fetch_mentions`.

    https://docs.x.com/x-api/posts/search/introduction. Raises: CursorTooOld, SocialError.
    """
    with _errors_in_our_words():
        response = await client.search_recent_tweets(
            query,
            since_id=since_id,
            start_time=start_time,
            next_token=token,
            max_results=100,
            tweet_fields=_FIELDS,
            **_WITH,
            user_auth=True,
        )
        return _page(await _json(response))


async def find_gone(client: AsyncClient, ids: Sequence[str]) -> list[str]:
    """Return which of up to 100 posts are gone: deleted themselves, or with their account. Raises: SocialError."""
    with _errors_in_our_words():
        response = await client.get_tweets(list(ids), user_auth=True)
        body = json.loads(await response.text())
        gone = {str(each.get("resource_id")) for each in body.get("errors") or [] if _is_gone(each)}
        return [each for each in ids if each in gone]


async def fetch_posts(client: AsyncClient, ids: Sequence[str]) -> list[Post]:
    """Return those of up to 100 posts that we may see. Raises: SocialError."""
    with _errors_in_our_words():
        response = await client.get_tweets(list(ids), tweet_fields=_FIELDS, **_WITH, user_auth=True)
        return _page(json.loads(await response.text())).posts


def _is_gone(problem: Mapping[str, Any]) -> bool:
    return str(problem.get("type", "")).endswith("resource-not-found")


async def fetch_mentions(
    client: AsyncClient, user_id: str, since_id: str | None, token: str | None, *, start_time: datetime | None = None
) -> MentionsPage:
    """Fetch one page of the posts that mention `user_id`, after `since_id` (exclusive) or since `start_time`.

    Resend the same `since_id` with each `token`; only the first page's `newest_id` is the next cursor.
    Raises: CursorTooOld, SocialError.
    """
    with _errors_in_our_words():
        response = await client.get_users_mentions(
            user_id,
            since_id=since_id,
            start_time=start_time,
            pagination_token=token,
            max_results=100,
            tweet_fields=_FIELDS,
            **_WITH,
            user_auth=True,
        )
        return _page(await _json(response))


async def reply(client: AsyncClient, post_id: str, text: str, _own_id: str = "") -> str | None:
    """Reply to a post, and return the reply's id; None if X refuses it as a duplicate of an earlier reply of ours.

    Raises: SocialRefused (not mentioned, post gone, too long), SocialError.
    """
    try:
        with _errors_in_our_words():
            made = await _json(await client.create_tweet(text=text, in_reply_to_tweet_id=post_id))
            return str(made["data"]["id"])
    except SocialRefused as refusal:
        if "duplicate" not in refusal.reason.lower():
            raise
    return None


def overlap(since_id: str) -> str:
    """Return the cursor 60 s earlier: ids are only roughly in order, and a post read twice is known by its id."""
    return str(max(1, int(since_id) - (_OVERLAP_MS << 22)))


async def _json(response: aiohttp.ClientResponse) -> dict[str, Any]:
    body = json.loads(await response.text())
    if not isinstance(body, dict):
        raise ValueError("X answered with something that isn't an object")
    if "data" not in body and body.get("errors"):
        # X answers 200 even if it found none of the posts that we asked for.
        raise SocialRefused(str(body["errors"][0].get("detail") or body["errors"][0]))
    return body


def _either(value: Mapping[str, Any], name: str) -> Any:
    """Read a field by its tweet name or by X's newer post name."""
    return value.get(name, value.get(name.replace("tweet", "post")))


def _page(body: Mapping[str, Any]) -> MentionsPage:
    meta = body.get("meta") or {}
    handles = {str(user.get("id")): str(user.get("username", "")) for user in _included(body, "users")}
    shown = {str(each.get("media_key")): each for each in _included(body, "media")}
    posts, unreadable = read_each(body.get("data") or [], partial(_post, handles=handles, shown=shown))
    ids = [int(post.id) for post in posts]
    # X sometimes says "" here; the ids themselves are reliable.
    if _ID.fullmatch(str(meta.get("newest_id"))):
        ids.append(int(meta["newest_id"]))
    return MentionsPage(
        posts=sorted({post.id: post for post in posts}.values(), key=lambda post: int(post.id)),
        unreadable=unreadable,
        next_token=meta.get("next_token") or None,
        newest_id=str(max(ids)) if ids else None,
    )


def _included(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects that X includes beside the posts, each once."""
    return [each for each in (body.get("includes") or {}).get(name) or [] if isinstance(each, dict)]


def _attached(item: Mapping[str, Any], shown: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Return the addresses of its photos and videos: https://docs.x.com/x-api/fundamentals/data-dictionary#media.

    An animated picture, mostly one from a list that X offers, does not count as a video.
    """
    attached = item.get("attachments")
    keys = attached.get("media_keys") if isinstance(attached, dict) else None
    told = [shown.get(str(key), {}) for key in (keys if isinstance(keys, list) else [])]
    photos = [str(each["url"]) for each in told if each.get("type") == "photo" and each.get("url")]
    videos = [_best(each) for each in told if each.get("type") == "video"]
    return {"photos": tuple(photos), "videos": tuple(filter(None, videos))}


def _best(video: Mapping[str, Any]) -> str:
    """Return the address of the MP4 with the highest bit rate within our limits, else of the one with the lowest."""
    variants = video.get("variants")
    found = [each for each in (variants if isinstance(variants, list) else []) if isinstance(each, dict)]
    by_rate = sorted(
        (_number(each.get("bit_rate")), str(each["url"]))
        for each in found
        if each.get("content_type") == "video/mp4" and each.get("url")
    )
    seconds = _number(video.get("duration_ms")) / 1000
    fit = [url for rate, url in by_rate if seconds <= MAX_VIDEO_S and rate * seconds / 8 <= MAX_VIDEO_BYTES]
    return fit[-1] if fit else by_rate[0][1] if by_rate else ""


def _number(value: Any) -> int:
    """Return ``value`` if it can be a length or a rate, else 0."""
    return value if isinstance(value, int) and 0 <= value < 2**40 else 0


def _post(item: Mapping[str, Any], handles: Mapping[str, str], shown: Mapping[str, Mapping[str, Any]]) -> Post:
    post_id = str(item["id"])
    if not _ID.fullmatch(post_id):
        raise ValueError("no id of a post")
    author = str(item.get("author_id", ""))
    references: Sequence[Mapping[str, Any]] = _either(item, "referenced_tweets") or []
    referred = {str(each.get("type")): str(each.get("id")) for each in references}
    return Post(
        id=post_id,
        author_id=author,
        handle=handles.get(author, ""),
        # X escapes & < > as HTML does.
        text=html.unescape(str((_either(item, "note_tweet") or {}).get("text") or item.get("text", ""))),
        created_at=_written_at(item.get("created_at"), post_id),
        conversation_id=str(item.get("conversation_id") or post_id),
        is_retweet="retweeted" in referred,
        points_to=tuple(referred[each] for each in ("quoted", "replied_to") if each in referred),
        edit_history_ids=tuple(map(str, _either(item, "edit_history_tweet_ids") or [post_id])),
        **_attached(item, shown),
    )


def _written_at(stated: str | None, post_id: str) -> datetime:
    try:
        return datetime.fromisoformat(stated or "").astimezone(UTC)
    except ValueError:
        return moment(((int(post_id) >> 22) + _EPOCH_MS) / 1000)


@contextmanager
def _errors_in_our_words() -> Iterator[None]:
    try:
        yield
    except _ODD as error:
        # The cause is dropped: aiohttp's errors carry the request's headers with our signature.
        raise _in_our_words(error) from None


def _in_our_words(error: Exception) -> SocialError:
    message = f"{type(error).__name__}: {error}"
    match error:
        case tweepy.TooManyRequests():
            return SocialThrottled(message, _reset(error.reset_time))
        case tweepy.HTTPException():
            return _by_status(error.response.status, message, error)
        case aiohttp.ContentTypeError(status=429):
            reset = error.headers.get("x-rate-limit-reset") if error.headers else None
            return SocialThrottled(message, _reset(int(reset) if reset else None))
        case aiohttp.ContentTypeError(status=status) if status in _STOP:
            return SocialUnauthorized(message)
        case _:
            return SocialUnavailable(message)


def _by_status(status: int, message: str, error: tweepy.HTTPException) -> SocialError:
    if status in _STOP:
        return SocialUnauthorized(message)
    if status >= 500:
        return SocialUnavailable(message)
    if status == 400 and "since_id" in f"{message} {error.api_errors}":
        return CursorTooOld(message)
    if status == 403 and not _ABOUT_THE_POST.search(f"{message} {error.api_errors}"):
        return SocialUnauthorized(message)
    return SocialRefused(message)


def _reset(unix_seconds: int | None) -> datetime:
    # One second more: the window is reset by X's clock, not by ours.
    return after(15) if unix_seconds is None else datetime.fromtimestamp(unix_seconds, UTC) + timedelta(seconds=1)
