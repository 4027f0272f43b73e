"""The regency's Facebook page, by facebook-sdk: what people write on it, under it and to it, and our answers."""

import asyncio
import hashlib
import hmac
import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

import facebook
import requests

from intake_social.adapters.errors import (
    SocialError,
    SocialRefused,
    SocialThrottled,
    SocialUnauthorized,
    SocialUnavailable,
    after,
)
from intake_social.adapters.graph_items import TO_PERSON, PagePost, read_comment, read_message, read_post
from intake_social.adapters.items import Unreadable, read_each

_T = TypeVar("_T")
#: The query for the next page of a list; None after the last page.
_Following: TypeAlias = dict[str, str] | None
logger = logging.getLogger(__name__)

# Seconds of one request to connect and to read, shorter than asyncio's: a thread can't be stopped from outside.
_REQUEST_TIMEOUT_S = (3.05, 15.0)
_CALL_TIMEOUT_S = 25.0
_FIELDS = "id,message,from,created_time"
_SHOWN = "type,media,target"
_POST_FIELDS = f"{_FIELDS},attachments{{{_SHOWN},subattachments{{{_SHOWN}}}}}"
#: Comments under a post older than this are found by the webhook alone.
_COMMENTED = timedelta(days=14)
#: How many posts are remembered as ours or not ours: more than are commented on within the days above.
_MOST_OWNERS = 10_000
_TOKEN_IN_URL = re.compile(r"(access_token|input_token|appsecret_proof)=[^&\s'\"]+")

_THROTTLED = frozenset({4, 17, 32, 613, 80001})
_BLOCKED = frozenset({341, 368})
_STOP = frozenset({10, 102, 190, *range(200, 300)})
_TEMPORARY = frozenset({1, 2, None})
_GONE = 100
_REPEATED = 506
_OUTSIDE_THE_WINDOW = 2018278
_NOT_PERMITTED = frozenset({10, *range(200, 300)})


@dataclass(frozen=True, kw_only=True)
class Feed:
    """Everything written to a page before `until`, oldest first, and the items that we can't read."""

    until: datetime
    posts: list[PagePost] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Window:
    """The progress of reading a page since a time. `listed` holds what was read under a post or in a talk, by its path
    and the time of its last change, so that a window that breaks off goes on there, and one of any size ends."""

    since: datetime
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    listed: dict[tuple[str, str], Feed] = field(default_factory=dict)


class FacebookPage:
    """One page, read and answered with its own token; close it when done.

    The library blocks and its session isn't thread-safe, so each of four threads has its own, and one more only looks
    for new posts: answers never wait for that.
    """

    def __init__(
        self,
        *,
        page_id: str,
        token: str,
        app_id: str,
        app_secret: str,
        version: str = "v26.0",
        graph_url: str | None = None,
    ) -> None:
        # At DEBUG urllib3 logs addresses, and the token is in them.
        logging.getLogger("urllib3").setLevel(logging.INFO)
        if graph_url:
            facebook.FACEBOOK_GRAPH_URL = graph_url.rstrip("/") + "/"
        self._page_id, self._token, self._version = page_id, token, version
        self._app_id, self._app_secret = app_id, app_secret
        self._proof = hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="facebook")
        self._looking = ThreadPoolExecutor(1, thread_name_prefix="facebook-looking")
        self._of_thread = threading.local()
        self._sessions: list[requests.Session] = []
        self._owners: dict[str, str] = {}
        self._window: _Window | None = None

    async def fetch(self, since: datetime) -> Feed:
        """Return what others wrote at or after `since`, oldest first: posts on the page, comments under its posts,
        posts elsewhere that name it, and messages to it.

        There is no limit of number: after an error the next call goes on where this one broke off, with the same
        `since` and `until`. Only one call at a time.

        Raises:
            SocialError: not all was read.
        """
        window = self._window
        if window is None or not window.since <= since <= window.began:
            window = self._window = _Window(since=since)
        found = Feed(until=window.began)
        for read in (self._read_feed, self._read_tagged, self._read_inbox):
            await read(window, found)
        self._window = None
        others = {post.id: post for post in found.posts if post.says and post.author_id != self._page_id}
        return replace(found, posts=sorted(others.values(), key=lambda post: post.created_at))

    async def is_ours(self, post_id: str) -> bool:
        """Whether the page itself wrote the post; False for a post that is gone. Raises: SocialError."""
        owner = self._owners.get(post_id)
        if owner is None:
            try:
                owner = await self._call(self._owner, post_id)
            except SocialRefused:
                return False
            self._note_owner(post_id, owner)
        return owner == self._page_id

    async def answer(self, target: str, text: str, _own_id: str = "") -> str:
        """Comment on the post or comment `target`, or write to a person (`TO_PERSON`), once: if the page already said
        exactly this there, nothing is written.

        To a person only within 24 hours of their last message:
        https://developers.facebook.com/docs/messenger-platform/policy/policy-overview/#standard_messaging

        Returns: the id of our answer. Raises: SocialError.
        """
        if target.startswith(TO_PERSON):
            return await self._write_once(target.removeprefix(TO_PERSON), text)
        return await self._comment_once(target, text)

    async def expires_at(self) -> datetime | None:
        """Return when the page token ends or loses its access to data, whichever is sooner; None: never.

        https://developers.facebook.com/docs/graph-api/reference/debug_token/. Raises: SocialError.
        """
        return await self._call(self._expires_at)

    async def close(self) -> None:
        """Wait for running calls and free the connections."""
        for threads in (self._threads, self._looking):
            await asyncio.get_running_loop().run_in_executor(None, threads.shutdown)
        for session in self._sessions:
            session.close()

    def _graph(self) -> Any:
        if not hasattr(self._of_thread, "graph"):
            graph = facebook.GraphAPI(self._token, timeout=_REQUEST_TIMEOUT_S)
            # The constructor knows no current version; the attribute takes any.
            graph.version = self._version
            graph.session.hooks["response"].append(self._remember)
            self._sessions.append(graph.session)
            self._of_thread.graph = graph
        self._of_thread.response = None
        return self._of_thread.graph

    def _remember(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Keep the response's status and headers, which the library hides, for its errors."""
        self._of_thread.response = response
        spoken = response.headers.get("facebook-api-version", self._version)
        if spoken != self._version:
            logger.warning("Graph answers as %s, we ask for %s: time to upgrade", spoken, self._version)

    def _expires_at(self) -> datetime | None:
        told = self._graph().debug_access_token(self._token, self._app_id, self._app_secret)["data"]
        ends = [int(told.get(name) or 0) for name in ("expires_at", "data_access_expires_at")]
        return min((datetime.fromtimestamp(at, UTC) for at in ends if at), default=None)

    async def _read_feed(self, window: _Window, found: Feed) -> None:
        """Read posts since the window's begin, and comments since then under posts of the last days."""
        following: _Following = _since(min(window.since, window.began - _COMMENTED))
        while following is not None:
            items, following = await self._look(
                f"{self._page_id}/feed", fields=f"{_POST_FIELDS},updated_time", limit="100", **following
            )
            posts, unreadable = read_each(items, read_post)
            found.posts.extend(post for post in posts if post.created_at >= window.since)
            found.unreadable.extend(unreadable)
            changed = {str(each.get("id")): str(each.get("updated_time") or "") for each in items if _is_item(each)}
            for post in posts:
                self._note_owner(post.id, post.author_id)
                if _changed(stated := changed.get(post.id, ""), window.since):
                    await self._read_comments(window, found, post.id, stated)

    async def _read_comments(self, window: _Window, found: Feed, post_id: str, stated: str) -> None:
        """Read the comments under a post, which may be gone by now."""
        try:
            await self._read_newest(
                window,
                found,
                (f"{post_id}/comments", stated),
                lambda item: read_comment(item, post_id),
                fields=f"{_FIELDS},parent,attachment{{{_SHOWN}}}",
                filter="stream",
                order="reverse_chronological",
            )
        except SocialError as error:
            if error.code != _GONE:
                raise

    async def _read_tagged(self, window: _Window, found: Feed) -> None:
        """Read posts elsewhere that name the page. If we lack that permission, the rest is read all the same."""
        following: _Following = _since(window.since)
        try:
            while following is not None:
                items, following = await self._look(
                    f"{self._page_id}/tagged", fields=_POST_FIELDS, limit="100", **following
                )
                posts, unreadable = read_each(items, lambda item: read_post(item, "mention"))
                found.posts.extend(posts)
                found.unreadable.extend(unreadable)
        except SocialError as error:
            if error.code not in _NOT_PERMITTED:
                raise
            logger.warning("mentions_not_permitted", extra={"code": error.code})

    async def _read_inbox(self, window: _Window, found: Feed) -> None:
        """Read messages to the page; conversations come the newest first."""
        following: _Following = {}
        while following is not None:
            items, following = await self._look(
                f"{self._page_id}/conversations",
                platform="messenger",
                fields="id,updated_time",
                limit="50",
                **following,
            )
            talks = {str(each["id"]): str(each.get("updated_time") or "") for each in items if _is_talk(each)}
            new = {talk: stated for talk, stated in talks.items() if _changed(stated, window.since)}
            for talk, stated in new.items():
                where = f"{talk}/messages", stated
                await self._read_newest(window, found, where, read_message, fields=f"{_FIELDS},attachments")
            if len(new) < len(talks) or not talks:
                return

    async def _read_newest(
        self, window: _Window, found: Feed, where: tuple[str, str], read: Callable[[Any], PagePost], **asked: str
    ) -> None:
        """Read a list's items of the window. The newest come first, so one page is mostly enough.

        ``where`` is the list's path and when it last changed, as Graph states it: an unchanged list is not asked again.
        """
        listed = window.listed.get(where)
        if listed is None:
            listed = await self._list_newest(window, where[0], read, asked)
            if where[1]:
                window.listed[where] = listed
        found.posts.extend(listed.posts)
        found.unreadable.extend(listed.unreadable)

    async def _list_newest(
        self, window: _Window, path: str, read: Callable[[Any], PagePost], asked: Mapping[str, str]
    ) -> Feed:
        listed = Feed(until=window.began)
        following: _Following = {}
        while following is not None:
            items, following = await self._look(path, limit="100", **asked, **following)
            written, unreadable = read_each(items, read)
            new = [each for each in written if each.created_at >= window.since]
            listed.posts.extend(new)
            listed.unreadable.extend(unreadable)
            if len(new) < len(written) or not written:
                break
        return listed

    async def _look(self, path: str, **asked: str) -> tuple[list[Any], _Following]:
        """Return a page of a list, and the query for the next one."""
        return await self._call(self._list, path, asked, threads=self._looking)

    def _list(self, path: str, asked: Mapping[str, str]) -> tuple[list[Any], _Following]:
        page = self._get(path, **asked)
        return list(page.get("data") or []), _following(page.get("paging") or {}, asked)

    def _get(self, path: str, **arguments: str) -> dict[str, Any]:
        node, _, edge = path.partition("/")
        result: dict[str, Any] = self._graph().get_connections(node, edge, appsecret_proof=self._proof, **arguments)
        return result

    def _note_owner(self, post_id: str, owner: str) -> None:
        self._owners[post_id] = owner
        if len(self._owners) > _MOST_OWNERS:
            self._owners.pop(next(iter(self._owners)), None)

    def _owner(self, post_id: str) -> str:
        post = self._graph().get_object(post_id, fields="from", appsecret_proof=self._proof)
        return str((post.get("from") or {}).get("id") or "")

    async def _write_once(self, person: str, text: str) -> str:
        asked = {"platform": "messenger", "user_id": person, "fields": "messages.limit(25){id,message,from}"}
        if said := await self._call(self._said_in_talks, asked, text):
            return said
        return await self._call(self._write, person, text)

    def _said_in_talks(self, asked: Mapping[str, str], text: str) -> str | None:
        talks, _ = self._list(f"{self._page_id}/conversations", asked)
        listed = ((talk.get("messages") or {}).get("data") or [] for talk in talks)
        return next((said for messages in listed if (said := self._among(messages, text))), None)

    def _write(self, person: str, text: str) -> str:
        made = self._graph().put_object(
            self._page_id,
            "messages",
            recipient=json.dumps({"id": person}),
            message=json.dumps({"text": text}),
            messaging_type="RESPONSE",
            appsecret_proof=self._proof,
        )
        return str(made["message_id"])

    async def _comment_once(self, post_id: str, text: str) -> str:
        if said := await self._call(self._said, post_id, text):
            return said
        try:
            return await self._call(self._comment, post_id, text)
        except SocialError as error:
            if error.code == _REPEATED and (said := await self._call(self._said, post_id, text)):
                return said
            raise

    def _comment(self, post_id: str, text: str) -> str:
        made = self._graph().put_object(post_id, "comments", message=text, appsecret_proof=self._proof)
        return str(made["id"])

    def _said(self, post_id: str, text: str) -> str | None:
        asked = {"fields": "id,message,from", "filter": "stream", "order": "reverse_chronological", "limit": "100"}
        comments, _ = self._list(f"{post_id}/comments", asked)
        return self._among(comments, text)

    def _among(self, items: list[Any], text: str) -> str | None:
        """Return the id of the page's own item with exactly this ``text``."""
        for each in items:
            if str((each.get("from") or {}).get("id")) == self._page_id and each.get("message") == text:
                return str(each["id"])
        return None

    async def _call(
        self, function: Callable[..., _T], *arguments: Any, threads: ThreadPoolExecutor | None = None
    ) -> _T:
        """Call ``function``, which sends Graph one request: the timeout is that of one request."""
        try:
            async with asyncio.timeout(_CALL_TIMEOUT_S):
                return await asyncio.get_running_loop().run_in_executor(
                    threads or self._threads, self._guarded, function, arguments
                )
        except TimeoutError:
            raise SocialUnavailable(f"no answer within {_CALL_TIMEOUT_S} s") from None

    def _guarded(self, function: Callable[..., _T], arguments: tuple[Any, ...]) -> _T:
        try:
            return function(*arguments)
        # A KeyError is the library's answer to a missing content type.
        except (facebook.GraphAPIError, requests.RequestException, KeyError, ValueError, TypeError) as error:
            # The cause is dropped: its text and its request hold the token.
            raise self._in_our_words(error) from None

    def _in_our_words(self, error: Exception) -> SocialError:
        message = self._without_secrets(f"{type(error).__name__}: {error}")
        if not isinstance(error, facebook.GraphAPIError):
            return SocialUnavailable(message)
        details = error.result.get("error", {}) if isinstance(error.result, dict) else {}
        ours = self._by_code(message, details)
        ours.code = details.get("code")
        return ours

    def _by_code(self, message: str, details: Mapping[str, Any]) -> SocialError:
        code = details.get("code")
        if details.get("error_subcode") == _OUTSIDE_THE_WINDOW:
            return SocialRefused(message)
        if code in _THROTTLED:
            return SocialThrottled(message, after(self._minutes_to_wait()))
        if code in _BLOCKED:
            # Further calls prolong a policy block.
            return SocialThrottled(message, after(24 * 60))
        if code in _STOP:
            return SocialUnauthorized(message)
        if code in _TEMPORARY or details.get("is_transient") or self._status() >= 500:
            return SocialUnavailable(message)
        return SocialRefused(message)

    def _without_secrets(self, text: str) -> str:
        text = _TOKEN_IN_URL.sub(r"\1=***", text)
        for secret in (self._token, self._proof, self._app_secret):
            text = text.replace(secret, "***")
        return text

    def _status(self) -> int:
        response = self._of_thread.response
        return 0 if response is None else int(response.status_code)

    def _minutes_to_wait(self) -> float:
        response = self._of_thread.response
        try:
            usage = json.loads(response.headers["x-business-use-case-usage"])
            stated = [float(entry["estimated_time_to_regain_access"]) for each in usage.values() for entry in each]
        except (AttributeError, KeyError, TypeError, ValueError):
            return 15
        return max(stated, default=0) or 15


def _is_item(value: Any) -> bool:
    return isinstance(value, dict)


def _is_talk(value: Any) -> bool:
    return isinstance(value, dict) and bool(value.get("id"))


def _since(at: datetime) -> dict[str, str]:
    """Return the query for the beginning of a list that Graph pages by time."""
    return {"since": str(int(at.timestamp()))}


def _following(paging: Mapping[str, Any], asked: Mapping[str, str]) -> _Following:
    """Return the query for the next page: some lists are paged by time, others by a cursor."""
    if "next" not in paging:
        return None
    told = parse_qs(urlsplit(paging["next"]).query)
    following = {name: told[name][0] for name in ("until", "__paging_token") if name in told}
    following = following or {"after": str(paging["cursors"]["after"])}
    if following.items() <= asked.items():  # the same page again, endlessly
        return None
    return {name: asked[name] for name in ("since",) if name in asked} | following


def _changed(stated: str, since: datetime) -> bool:
    """Whether something may have changed since then: True without a stated time."""
    try:
        return datetime.strptime(stated, "%Y-%m-%dT%H:%M:%S%z") >= since
    except ValueError:
        return True
