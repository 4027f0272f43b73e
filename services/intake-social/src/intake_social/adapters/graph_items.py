"""Read what Graph lists and its webhooks deliver: posts, comments and messages of the page. Pure.

https://developers.facebook.com/docs/graph-api/webhooks/reference/page/ and
https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages/. Any field may be missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from intake_social.adapters.items import Unreadable, moment

#: Items of a feed change that are posts. Only these and comments are for us, not likes, shares or events.
_POSTS = frozenset({"post", "status", "photo", "video"})
_WRITTEN = frozenset({"add", "edited", "edit"})
#: Kinds of attachments that we don't take: the webhook's name of each, and its name in texts.yaml.
_NOT_TAKEN = {"audio": "voice", "file": "document"}
#: Graph's types of uploaded videos; others are embedded from elsewhere.
_VIDEOS = frozenset({"video", "video_inline", "video_autoplay"})
#: Prefix of an answer's target if that is a person, not a post.
TO_PERSON = "person."


@dataclass(frozen=True, kw_only=True)
class PagePost:
    """Something written on the page, under it, about it, or to it; `author_id` and `author` are empty if Graph did not
    tell them.

    For a comment, `root` is what it answers, and `within` the post at the top. The `kind` `message` is a private one by
    Messenger. `attached`: it came with a photo or the like, perhaps without words; `photos` and `videos` are their
    addresses, and `not_taken` is texts.yaml's name for any other attachment of a message. `quotes` is the message that
    it answers, the sender's or ours, which only webhooks tell.
    """

    id: str
    author_id: str
    author: str
    text: str
    created_at: datetime
    root: str | None = None
    within: str | None = None
    kind: Literal["post", "comment", "mention", "message"] = "post"
    attached: bool = False
    photos: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    not_taken: str = ""
    quotes: str = ""

    @property
    def says(self) -> bool:
        """Whether it may be for us: it has words, an attachment in a message, or a photo or video in a comment."""
        wordless = (self.kind == "message" and self.attached) or (
            self.kind == "comment" and (self.photos or self.videos)
        )
        return bool(self.text.strip() or wordless)


@dataclass(frozen=True, kw_only=True)
class Hook:
    """The content of one webhook, in its order: items written, items that can't be read, and ids of deleted items."""

    written: list[PagePost]
    unreadable: list[Unreadable]
    removed: list[str]


def read_post(item: Mapping[str, Any], kind: Literal["post", "mention"] = "post") -> PagePost:
    """Read a post as Graph lists it.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is not a post.
    """
    return PagePost(
        id=_id(item["id"]),
        **_author(item.get("from")),
        text=str(item.get("message") or ""),
        created_at=_written_at(item["created_time"]),
        kind=kind,
        photos=tuple(_photos(item.get("attachments"))),
        videos=tuple(_videos(item.get("attachments"))),
    )


def read_comment(item: Mapping[str, Any], post_id: str) -> PagePost:
    """Read a comment under `post_id` as Graph lists it. Raises: as :func:`read_post`."""
    attached = {"data": [item.get("attachment") or {}]}
    return PagePost(
        id=_id(item["id"]),
        **_author(item.get("from")),
        text=str(item.get("message") or ""),
        created_at=_written_at(item["created_time"]),
        root=str((item.get("parent") or {}).get("id") or post_id),
        within=post_id,
        kind="comment",
        photos=tuple(_photos(attached)),
        videos=tuple(_videos(attached)),
    )


def read_message(item: Mapping[str, Any]) -> PagePost:
    """Read a message of the inbox as Graph lists it. Raises: as :func:`read_post`."""
    author = _author(item.get("from"))
    if not author["author_id"]:
        raise ValueError("a message from nobody can't be answered")
    attached = (item.get("attachments") or {}).get("data") or []
    others = [each for each in attached if not each.get("image_data") and not each.get("video_data")]
    kinds = ["audio" if str(each.get("mime_type")).startswith("audio/") else "file" for each in others]
    return PagePost(
        id=_id(item["id"]),
        **author,
        text=str(item.get("message") or ""),
        created_at=_written_at(item["created_time"]),
        kind="message",
        attached=bool(attached),
        photos=tuple(_urls(attached, "image_data")),
        videos=tuple(_urls(attached, "video_data")),
        not_taken=_not_taken(kinds),
    )


def _urls(attached: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    return [str(each[kind]["url"]) for each in attached if (each.get(kind) or {}).get("url")]


def _parts(attachments: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """Yield the attachments, each part of an album singly:
    https://developers.facebook.com/docs/graph-api/reference/story-attachment/."""
    for each in (attachments or {}).get("data") or []:
        yield from (each.get("subattachments") or {}).get("data") or [each]


def _photos(attachments: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the addresses of photos."""
    for part in _parts(attachments):
        address = ((part.get("media") or {}).get("image") or {}).get("src")
        if part.get("type") == "photo" and address:
            yield str(address)


def _videos(attachments: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the addresses of videos that were uploaded to Facebook."""
    for part in _parts(attachments):
        address = (part.get("media") or {}).get("source")
        if part.get("type") in _VIDEOS and address:
            yield str(address)


def read_hook(body: bytes, page_id: str) -> Hook:
    """Read the body of a webhook; items that can't be read are returned apart, other pages' items are skipped.

    Our own words, which webhooks deliver too, are left out. Never raises.
    """
    hook = Hook(written=[], unreadable=[], removed=[])
    try:
        told = json.loads(body)
        entries = _of_page(told, page_id)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        hook.unreadable.append(Unreadable(body, error))
        return hook
    for change in entries:
        try:
            _take_in(hook, change, page_id)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
            hook.unreadable.append(Unreadable(json.dumps(change).encode(), error))
    return hook


def _of_page(told: Mapping[str, Any], page_id: str) -> list[Any]:
    """Return all changes and messages, in their order."""
    if told.get("object") != "page":
        raise ValueError("no webhook of a page")
    return list(_each(told["entry"], page_id))


def _each(entries: list[Mapping[str, Any]], page_id: str) -> Iterator[Any]:
    for entry in entries:
        if str(entry.get("id")) == page_id:
            yield from entry.get("changes") or []
            yield from entry.get("messaging") or []


def _take_in(hook: Hook, change: Mapping[str, Any], page_id: str) -> None:
    if "message" in change:
        if change["message"].get("is_deleted"):
            hook.removed.append(_id(change["message"]["mid"]))
        elif not change["message"].get("is_echo"):
            hook.written.append(_message(change))
        return
    field, value = change.get("field"), change.get("value")
    if field not in ("feed", "mention") or not isinstance(value, Mapping):
        return
    item, verb = value.get("item"), value.get("verb")
    if item not in _POSTS and item != "comment":
        return
    if verb == "remove":
        hook.removed.append(_id(value["comment_id" if item == "comment" else "post_id"]))
    elif verb in _WRITTEN and str((value.get("from") or {}).get("id")) != page_id:
        hook.written.append(_comment(value) if item == "comment" else _post(value, mentions=field == "mention"))


def _post(value: Mapping[str, Any], *, mentions: bool) -> PagePost:
    return PagePost(
        id=_id(value["post_id"]),
        **_author(value.get("from")),
        text=str(value.get("message") or ""),
        created_at=moment(int(value["created_time"])),
        kind="mention" if mentions else "post",
        photos=_pushed(value, "photo"),
        videos=_pushed(value, "video"),
    )


def _comment(value: Mapping[str, Any]) -> PagePost:
    post_id = _id(value["post_id"])
    return PagePost(
        id=_id(value["comment_id"]),
        **_author(value.get("from")),
        text=str(value.get("message") or ""),
        created_at=moment(int(value["created_time"])),
        root=str(value.get("parent_id") or post_id),
        within=post_id,
        kind="comment",
        photos=_pushed(value, "photo"),
        videos=_pushed(value, "video"),
    )


def _pushed(value: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    """Return the addresses of its photos or videos (`kind`): `photos` of an album, `link` of a post that is a photo, or
    `photo` of a comment; videos alike.

    https://developers.facebook.com/docs/graph-api/webhooks/reference/page/#feed
    """
    one = value.get(kind) or (value.get("link") if value.get("item") == kind else None)
    several = value.get(f"{kind}s") or []
    return tuple(str(each) for each in (several or [one]) if each)


def _message(event: Mapping[str, Any]) -> PagePost:
    message = event["message"]
    # A raised thumb is a sticker, and says nothing.
    given = [(str(each.get("type")), each.get("payload") or {}) for each in message.get("attachments") or []]
    attached = [(kind, payload) for kind, payload in given if "sticker_id" not in payload]
    return PagePost(
        id=_id(message["mid"]),
        author_id=_id(event["sender"]["id"]),
        author="",
        text=str(message.get("text") or ""),
        created_at=moment(int(event["timestamp"]) / 1000),
        kind="message",
        attached=bool(attached),
        photos=tuple(str(payload["url"]) for kind, payload in attached if kind == "image" and payload.get("url")),
        videos=tuple(str(payload["url"]) for kind, payload in attached if kind == "video" and payload.get("url")),
        not_taken=_not_taken([kind for kind, _ in attached if kind not in ("image", "video")]),
        quotes=_quoted(message),
    )


def _quoted(message: Mapping[str, Any]) -> str:
    """Return the id of the message that this one answers, or an empty string.

    https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages
    """
    answered = message.get("reply_to")
    quoted = answered.get("mid") if isinstance(answered, dict) else None
    return quoted if isinstance(quoted, str) and quoted.isascii() and quoted.isprintable() else ""


def _not_taken(kinds: Sequence[str]) -> str:
    """Return texts.yaml's name for the first kind of attachment that we don't take; empty without any."""
    return next((_NOT_TAKEN.get(kind, "other") for kind in kinds), "")


def _author(told: Mapping[str, Any] | None) -> dict[str, Any]:
    told = told or {}
    return {"author_id": str(told.get("id") or ""), "author": str(told.get("name") or "")}


def _id(value: Any) -> str:
    """Read an id, which some of Meta's own samples write as a number."""
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not str(value):
        raise ValueError("no id")
    return str(value)


def _written_at(stated: str) -> datetime:
    return datetime.strptime(stated, "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
