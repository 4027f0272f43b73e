"""Which complaint a post goes on with, and which posts say too little by themselves."""

from __future__ import annotations

from functools import partial

import asyncpg

from intake.complaint_view import APART
from intake_social.domain import read, said
from intake_social.post import Desk, SocialPost
from intake_social.removed import id_of

_OPENED = f"""
SELECT ticket FROM complaints c JOIN reporters USING (reporter_ref) WHERE thread = ANY($1) AND address = $2
AND NOT {APART} AND NOT EXISTS (SELECT FROM complaints WHERE thread = $3) ORDER BY received_at DESC LIMIT 1"""
# An answer of several parts is called by all their names.
_TOLD_OF = """
SELECT n.ticket, c.text FROM notices n JOIN complaints c USING (ticket) JOIN reporters r USING (reporter_ref)
WHERE n.inbox = inbox_of($1) AND n.address = $1 AND r.address = $1 AND string_to_array(n.gateway_id, ' ') && $2
  AND c.complaint_id <> $3
ORDER BY n.id DESC LIMIT 1"""
_WROTE = f"""
SELECT ticket, text FROM complaints c JOIN reporters r USING (reporter_ref)
WHERE complaint_id = ANY($1) AND r.address = $2 AND NOT {APART} ORDER BY received_at DESC LIMIT 1"""
_SOMEBODYS = "SELECT EXISTS (SELECT FROM complaints WHERE thread = ANY($1))"
#: In another reporter's conversation, up to this many words without a matter of their own are only a reaction.
REACTION = 12


async def conversation_of(desk: Desk, post: SocialPost) -> str | None:
    """Return the ticket of the author's complaint that ``post`` continues, or None.

    That is the complaint whose post opened the conversation, or the one that our quoted answer was about. Posts arrive
    twice and not quite in order: one that was taken before its parent stays a complaint itself. An author's private
    messages form one conversation: the quoted message decides, unless the new one names another matter and its place.
    """
    row, number = None, None
    if post.points_to:
        named = partial(id_of, desk.settings.installation_namespace, post.channel)
        row = await desk.pool.fetchrow(_TOLD_OF, post.address, list(post.points_to), named(post.id))
        if row is None and post.person:
            row = await desk.pool.fetchrow(_WROTE, [named(each) for each in post.points_to], post.address)
    if row and not (post.person and desk.texts.reader.talk.is_apart(said(post.text), row["text"])):
        number = str(row["ticket"])
    if number is None and post.answers:
        number = await desk.pool.fetchval(_OPENED, post.answers, post.address, post.thread)
    return number


async def says_too_little(desk: Desk, post: SocialPost) -> bool:
    """Whether ``post`` points at another post and names no matter itself, such as "tolong ini" above a quote.

    A post that continues a complaint, asks for something, gives thanks, or stands in the conversation of a complaint
    needs no quoted words.
    """
    try:
        if not post.points_to or await conversation_of(desk, post):
            return False
    except asyncpg.DataError:  # ``take`` meets the same, and puts it aside; here it would hold up all behind it
        return False
    wish, talk, text = read(post.text), desk.texts.reader.talk, said(post.text)
    if wish.kind not in ("complaint", "help") or (talk.is_courtesy(text) and text) or talk.tells_of_a_matter(text):
        return False
    return not (post.answers and await desk.pool.fetchval(_SOMEBODYS, post.answers))


async def is_reaction(desk: Desk, post: SocialPost, text: str) -> bool:
    """Whether ``post`` is only a remark in another reporter's conversation, which needs no answer."""
    if not post.answers or len(text.split()) > REACTION or desk.texts.reader.talk.is_apart(text):
        return False
    somebodys: bool = await desk.pool.fetchval(_SOMEBODYS, post.answers)
    return somebodys
