"""Posts as the X API shows them: fields, pages, and the window that a call asks for."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from itertools import islice
from typing import Any
from zlib import crc32

from lapor.standins.faults import Faults
from lapor.standins.state import Post, World, post_time, user_id
from lapor.standins.xdoor import PROBLEMS, Answer, Ask, answer, invalid


def user(handle: str) -> dict[str, str]:
    return {"id": user_id(handle), "name": handle, "username": handle}


def _timestamp(post: Post, faults: Faults) -> str:
    written = post_time(post.id).astimezone(UTC)
    if faults.take("x", "no_millis"):
        return written.strftime("%Y-%m-%dT%H:%M:%SZ")
    return written.strftime("%Y-%m-%dT%H:%M:%S.") + f"{written.microsecond // 1000:03d}Z"


def _references(post: Post) -> list[dict[str, str]]:
    pairs = (("replied_to", post.in_reply_to), ("retweeted", post.retweet_of), ("quoted", post.quote_of))
    return [{"type": kind, "id": other} for kind, other in pairs if other]


def _media_key(photo: str) -> str:
    return f"3_{crc32(photo.encode())}"


def _media(address: str, fields: str, *, video: bool) -> dict[str, Any]:
    """Describe a photo or a video as X does: its key and kind, and otherwise only the fields that are asked for.

    A video has three variants: a playlist for players, a smaller MP4 whose address does not work, and the video itself.
    """
    told = {"media_key": _media_key(address), "type": "video" if video else "photo"}
    ways = [
        {"content_type": "application/x-mpegURL", "url": f"{address}&list"},
        {"bit_rate": 256_000, "content_type": "video/mp4", "url": "http://127.0.0.1:9/small.mp4"},
        {"bit_rate": 832_000, "content_type": "video/mp4", "url": address},
    ]
    more = {"variants": ways, "duration_ms": 2_000} if video else {"url": address}
    return told | {name: value for name, value in more.items() if name in fields.split(",")}


def rendered(entry: Post, fields: set[str], world: World, faults: Faults) -> dict[str, Any]:
    """Render a post as X shows it: the default fields and those asked for."""
    parent = world.posts.get(entry.in_reply_to or "")
    keys = [_media_key(each) for each in (*entry.photos, *entry.videos)]
    optional = {
        "author_id": user_id(entry.author),
        "created_at": _timestamp(entry, faults),
        "conversation_id": entry.conversation,
        "in_reply_to_user_id": user_id(parent.author) if parent else None,
        "referenced_tweets": _references(entry) or None,
        "lang": "in",
        "possibly_sensitive": False,
        "attachments": {"media_keys": keys} if keys else None,
        "note_tweet": {"text": escape(entry.text, quote=False)} if len(entry.text) > 280 else None,
    }
    text = entry.text if len(entry.text) <= 280 else entry.text[:279] + "…"
    shown = {"id": entry.id, "text": escape(text, quote=False), "edit_history_tweet_ids": list(entry.edits)}
    return shown | {name: value for name, value in optional.items() if name in fields and value is not None}


def _renamed(value: Any) -> Any:
    """Rename the answer's fields to X's newer names: post instead of tweet."""
    if isinstance(value, dict):
        return {name.replace("tweet", "post"): _renamed(inner) for name, inner in value.items()}
    return [_renamed(inner) for inner in value] if isinstance(value, list) else value


def asked_fields(query: Mapping[str, str]) -> set[str]:
    asked = ",".join((query.get("tweet.fields", ""), query.get("post.fields", ""))).replace("post", "tweet")
    return set(asked.split(","))


def _in_window(query: Mapping[str, str]) -> Callable[[Post], bool]:
    after, before = int(query.get("since_id") or 0), int(query.get("until_id") or 2**63)
    start = datetime.fromisoformat(query["start_time"]) if query.get("start_time") else None
    end = datetime.fromisoformat(query["end_time"]) if query.get("end_time") else None
    return lambda entry: (
        after < int(entry.id) < before
        and (start is None or post_time(entry.id) >= start)
        and (end is None or post_time(entry.id) < end)
    )


def listing(request: Ask, found: Iterable[Post]) -> Answer:
    """Return one page, newest first; the token of the next page has the last id of this one."""
    query: Mapping[str, str] = request.query_params
    world: World = request.app.state.world
    faults: Faults = request.app.state.faults
    asked, token = query.get("max_results", "10"), query.get("pagination_token") or query.get("next_token", "")
    if not asked.isdigit() or not 5 <= int(asked) <= 100:
        return invalid(request, "max_results", asked, f"max_results [{asked}] is not between 5 and 100")
    if token and not re.fullmatch(r"t[0-9]+", token):
        return invalid(request, "pagination_token", token, f"The `pagination_token` value [{token}] is not valid")
    try:
        wanted = _in_window(query)
    except ValueError as error:
        return invalid(request, "since_id", query.get("since_id", ""), str(error))
    last = int(token[1:]) if token else 2**63
    matching = (entry for entry in found if int(entry.id) < last and wanted(entry))
    page = list(islice(matching, int(asked) + 1))
    page, more = page[: int(asked)], page[int(asked) :]
    if not page:
        return answer(request, {"meta": {"result_count": 0}})
    meta: dict[str, Any] = {"result_count": len(page), "newest_id": page[0].id, "oldest_id": page[-1].id}
    if more:
        meta["next_token"] = f"t{page[-1].id}"
    if faults.take("x", "duplicate_page"):
        page = [*page, *page]
    if faults.take("x", "empty_newest_id"):
        meta["newest_id"] = ""
    body: dict[str, Any] = {"data": [rendered(entry, asked_fields(query), world, faults) for entry in page]}
    if "author_id" in query.get("expansions", ""):
        body["includes"] = {"users": [user(handle) for handle in dict.fromkeys(entry.author for entry in page)]}
    photos = dict.fromkeys((each, False) for entry in page for each in entry.photos)
    shown = photos | dict.fromkeys((each, True) for entry in page for each in entry.videos)
    if shown and "attachments.media_keys" in query.get("expansions", ""):
        fields = query.get("media.fields", "")
        body["includes"]["media"] = [_media(each, fields, video=video) for each, video in shown]
    body["meta"] = meta
    return answer(request, _renamed(body) if faults.take("x", "post_names") else body)


def since_too_old(request: Ask) -> Answer | None:
    if not request.app.state.faults.take("x", "since_too_old"):
        return None
    since, oldest = request.query_params.get("since_id", ""), datetime.now(UTC) - timedelta(days=7)
    return invalid(request, "since_id", since, f"'since_id' must be a tweet id created after {oldest:%Y-%m-%dT%H:%MZ}.")


def no_user(request: Ask, asked: str) -> Answer:
    detail = f"Could not find user with id: [{asked}]."
    error = {
        "value": asked,
        "detail": detail,
        "title": "Not Found Error",
        "type": PROBLEMS + "resource-not-found",
    }
    return answer(request, {"errors": [error]})
