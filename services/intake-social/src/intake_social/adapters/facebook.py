"""The regency's Facebook page by way of facebook-sdk: visitors' posts, and our comments under them."""

import asyncio
import hashlib
import hmac
import json
import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
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
from intake_social.adapters.items import Unreadable, read_each

_T = TypeVar("_T")
logger = logging.getLogger(__name__)

# Seconds to connect and to read, shorter than asyncio's: a thread can't be stopped from outside.
_REQUEST_TIMEOUT_S = (3.05, 15.0)
_CALL_TIMEOUT_S = 25.0
_PAGES = 50
_FIELDS = "id,message,from,created_time"
_TOKEN_IN_URL = re.compile(r"(access_token|input_token|appsecret_proof)=[^&\s'\"]+")

_THROTTLED = frozenset({4, 17, 32, 613, 80001})
_BLOCKED = frozenset({341, 368})
_STOP = frozenset({10, 102, 190, *range(200, 300)})
_TEMPORARY = frozenset({1, 2, None})
_OUTSIDE_THE_WINDOW = 2018278


@dataclass(frozen=True, kw_only=True)
class PagePost:
    """A visitor's post on the page; `author_id` and `author` are empty if Graph didn't tell them."""

    id: str
    author_id: str
    author: str
    text: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Feed:
    """Posts of a page, oldest first, and the items that are none we can read."""

    posts: list[PagePost]
    unreadable: list[Unreadable]


class FacebookPage:
    """One page, read and answered with its own token; close it when done.

    The library blocks and its session isn't thread-safe, so each of four threads has its own.
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
        self._of_thread = threading.local()
        self._sessions: list[requests.Session] = []

    async def fetch_posts(self, since: datetime) -> Feed:
        """Posts by others with a text, written at or after `since`, oldest first. Raises: SocialError."""
        found: dict[str, PagePost] = {}
        strays: list[Unreadable] = []
        paging: dict[str, str] = {"since": str(int(since.timestamp()))}
        for _ in range(_PAGES):
            page = await self._call(self._feed, paging)
            posts, unreadable = read_each(page.get("data") or [], self._post)
            found |= {post.id: post for post in posts if post.text.strip() and post.author_id != self._page_id}
            strays += unreadable
            following = parse_qs(urlsplit((page.get("paging") or {}).get("next", "")).query)
            if not following:
                break
            paging = paging | {k: v[0] for k, v in following.items() if k in ("until", "__paging_token")}
        return Feed(posts=sorted(found.values(), key=lambda post: post.created_at), unreadable=strays)

    async def comment(self, post_id: str, text: str) -> str:
        """Comment on a post, once: if the page already said exactly this there, nothing is written.

        Returns: the id of our comment. Raises: SocialError.
        """
        return await self._call(self._comment_once, post_id, text)

    async def expires_at(self) -> datetime | None:
        """When the page token ends, or may read no more, whichever is sooner; None: never.

        https://developers.facebook.com/docs/graph-api/reference/debug_token/. Raises: SocialError.
        """
        return await self._call(self._expires_at)

    async def close(self) -> None:
        """Wait for running calls and free the connections."""
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)
        for session in self._sessions:
            session.close()

    def _graph(self) -> Any:
        if not hasattr(self._of_thread, "graph"):
            graph = facebook.GraphAPI(self._token, timeout=_REQUEST_TIMEOUT_S)
            # The constructor knows no living version; the attribute takes any.
            graph.version = self._version
            graph.session.hooks["response"].append(self._remember)
            self._sessions.append(graph.session)
            self._of_thread.graph = graph
        self._of_thread.response = None
        return self._of_thread.graph

    def _remember(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """The library hides status and headers; this keeps them for the error's sake."""
        self._of_thread.response = response
        spoken = response.headers.get("facebook-api-version", self._version)
        if spoken != self._version:
            logger.warning("Graph answers as %s, we ask for %s: time to upgrade", spoken, self._version)

    def _expires_at(self) -> datetime | None:
        told = self._graph().debug_access_token(self._token, self._app_id, self._app_secret)["data"]
        ends = [int(told.get(name) or 0) for name in ("expires_at", "data_access_expires_at")]
        return min((datetime.fromtimestamp(at, UTC) for at in ends if at), default=None)

    def _feed(self, paging: dict[str, str]) -> dict[str, Any]:
        result: dict[str, Any] = self._graph().get_connections(
            self._page_id, "feed", fields=_FIELDS, limit=100, appsecret_proof=self._proof, **paging
        )
        return result

    def _comment_once(self, post_id: str, text: str) -> str:
        said = self._said(post_id, text)
        if said is not None:
            return said
        try:
            made = self._graph().put_object(post_id, "comments", message=text, appsecret_proof=self._proof)
        except facebook.GraphAPIError as error:
            if error.code == 506 and (said := self._said(post_id, text)) is not None:
                return said
            raise
        return str(made["id"])

    def _said(self, post_id: str, text: str) -> str | None:
        comments = self._graph().get_connections(
            post_id,
            "comments",
            fields="id,message,from",
            filter="stream",
            order="reverse_chronological",
            limit=100,
            appsecret_proof=self._proof,
        )
        for each in comments.get("data") or []:
            if str((each.get("from") or {}).get("id")) == self._page_id and each.get("message") == text:
                return str(each["id"])
        return None

    @staticmethod
    def _post(item: dict[str, Any]) -> PagePost:
        author = item.get("from") or {}
        return PagePost(
            id=str(item["id"]),
            author_id=str(author.get("id", "")),
            author=str(author.get("name", "")),
            text=str(item.get("message") or ""),
            created_at=datetime.strptime(item["created_time"], "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC),
        )

    async def _call(self, function: Callable[..., _T], *arguments: Any) -> _T:
        try:
            async with asyncio.timeout(_CALL_TIMEOUT_S):
                return await asyncio.get_running_loop().run_in_executor(
                    self._threads, self._guarded, function, arguments
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
        code = details.get("code")
        if details.get("error_subcode") == _OUTSIDE_THE_WINDOW:
            return SocialRefused(message)
        if code in _THROTTLED:
            return SocialThrottled(message, after(self._minutes_to_wait()))
        if code in _BLOCKED:
            # Going on makes a policy block longer.
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
