"""The X API v2, as far as tweepy needs it to read mentions and answer; and the actions of citizens on X."""

import re
from itertools import islice

from litestar import Router, get, post
from litestar.exceptions import SerializationException
from litestar.response import Response

from lapor.standins.faults import Faults, cut_off
from lapor.standins.photos import addresses
from lapor.standins.settings import X_HANDLE, Settings
from lapor.standins.sms import citizen_values, done
from lapor.standins.state import Post, Removed, Said, World, now, user_id
from lapor.standins.xdoor import PROBLEMS, Answer, Ask, answer, at_the_door, invalid, problem
from lapor.standins.xview import asked_fields, listing, no_user, rendered, since_too_old, user

MENTION = re.compile(rf"(?<!\w)@{X_HANDLE}(?!\w)", re.IGNORECASE)


@get("/2/users/me")
async def me(request: Ask) -> Answer:
    """Return our own account."""
    return answer(request, {"data": user(X_HANDLE)})


@get("/2/users/{account:str}/mentions")
async def mentions(request: Ask, account: str, world: World) -> Answer:
    """List the newest 800 posts that mention us."""
    if account != user_id(X_HANDLE):
        return no_user(request, account)
    found = islice((entry for entry in world.newest_posts() if MENTION.search(entry.text)), 800)
    return since_too_old(request) or listing(request, found)


@get("/2/tweets/search/recent")
async def search(request: Ask, world: World) -> Answer:
    """List posts with one of the query's hashtags or names, without those it excludes; it knows no other operators."""
    query = request.query_params.get("query", "")
    if not query or len(query) > 512:
        return invalid(request, "query", query, "query is required, and has at most 512 characters")
    tags = {tag.casefold() for tag in re.findall(r"(?<!-)#\w+", query)}
    names = {name.casefold() for name in re.findall(r"-@(\w+)", query)}
    ours = {name.casefold() for name in re.findall(r"(?<!-)@(\w+)", query)}
    by = {name.casefold() for name in re.findall(r"-from:(\w+)", query)}

    def wanted(entry: Post) -> bool:
        has = {tag.casefold() for tag in re.findall(r"#\w+", entry.text)}
        calls = {name.casefold() for name in re.findall(r"@(\w+)", entry.text)}
        repeats = "-is:retweet" in query and entry.retweet_of
        return (
            bool(has & tags or calls & ours)
            and not (calls & names)
            and entry.author.casefold() not in by
            and not repeats
        )

    found = (entry for entry in world.newest_posts() if wanted(entry))
    return since_too_old(request) or listing(request, found)


@get("/2/tweets")
async def by_ids(request: Ask, world: World, faults: Faults) -> Answer:
    """Return up to 100 posts; deleted ones are listed as errors, with status 200."""
    ids = request.query_params.get("ids", "").split(",")
    if len(ids) > 100:
        return invalid(
            request, "ids", "", "The number of values in the `ids` query parameter list is not between 1 and 100"
        )
    fields = asked_fields(request.query_params)
    there = [rendered(world.posts[each], fields, world, faults) for each in ids if each in world.posts]
    gone = [
        {
            "value": each,
            "resource_id": each,
            "resource_type": "tweet",
            "parameter": "ids",
            "title": "Not Found Error",
            "detail": f"Could not find tweet with ids: [{each}].",
            "type": PROBLEMS + "resource-not-found",
        }
        for each in ids
        if each not in world.posts
    ]
    return answer(request, {**({"data": there} if there else {}), **({"errors": gone} if gone else {})})


def weight(text: str) -> int:
    """Count the length of a post as X does: a link is 23, most letters 1, emoji and far scripts 2."""
    rest, links = re.subn(r"https?://\S+", "", text)
    light = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
    return 23 * links + sum(1 if any(low <= ord(x) <= high for low, high in light) else 2 for x in rest)


def _refusal(text: str, parent_id: str | None, world: World) -> str | None:
    """Say why X refuses our post; None if it takes it."""
    parent = world.posts.get(parent_id or "")
    if parent_id and parent is None:
        return "You attempted to reply to a Tweet that is deleted or not visible to you."
    summoned = parent is None or MENTION.search(parent.text) or parent.quote_of
    if not summoned:
        return (
            "Reply to this conversation is not allowed because you have not been mentioned or otherwise "
            "engaged by the author of the post you are replying to."
        )
    if any(each.author == X_HANDLE and each.text == text for each in world.posts.values()):
        return "You are not allowed to create a Tweet with duplicate content."
    return None


@post("/2/tweets")
async def create(request: Ask, world: World, faults: Faults) -> Answer:
    """Write a post from our account, usually a reply."""
    try:
        body = await request.json()
        text, parent_id = str(body.get("text", "")), body.get("reply", {}).get("in_reply_to_tweet_id")
    except (SerializationException, AttributeError):
        return invalid(request, "body", "", "The body is not a JSON object.")
    if not text.strip() or weight(text) > 280:
        return invalid(request, "text", text, "Your Tweet text is too long." if text.strip() else "text is required")
    refusal = _refusal(text, parent_id, world)
    if refusal:
        return problem(request, 403, "Forbidden", refusal)
    parent = world.posts.get(parent_id or "")
    new = world.next_id()
    conversation = parent.conversation if parent else new
    entry = Post(id=new, author=X_HANDLE, text=text, conversation=conversation, edits=(new,), in_reply_to=parent_id)
    world.record(entry, *([world.tell("x", parent.author, text, conversation)] if parent else []))
    if faults.take("x", "lost_answer"):
        return cut_off()
    return answer(request, {"data": {"id": new, "text": text, "edit_history_tweet_ids": [new]}}, 201)


@post("/mention")
async def mention(request: Ask, world: World, settings: Settings) -> Answer:
    """Post as a citizen: `handle`, `text`, perhaps a `photo`; for special posts the ids `in_reply_to`, `quote_of`,
    `retweet_of`, `edits`.

    Our handle is prefixed unless the text has it, or `mention` is "no".
    """
    values = await citizen_values(request)
    handle, text = values.get("handle", "").strip().removeprefix("@"), values.get("text", "").strip()
    if not re.fullmatch(r"\w{1,15}", handle) or not text:
        return Response({"error": "handle (1 to 15 letters, digits, _) and text are needed"}, status_code=400)
    if not MENTION.search(text) and values.get("mention") != "no":
        text = f"@{X_HANDLE} {text}"
    new = world.next_id()
    parent, edited = world.posts.get(values.get("in_reply_to", "")), world.posts.get(values.get("edits", ""))
    entry = Post(
        id=new,
        author=handle,
        text=text,
        conversation=parent.conversation if parent else edited.conversation if edited else new,
        edits=(*edited.edits, new) if edited else (new,),
        in_reply_to=values.get("in_reply_to") or None,
        quote_of=values.get("quote_of") or None,
        retweet_of=values.get("retweet_of") or None,
        photos=addresses(settings, "x", values),
        videos=addresses(settings, "x", values, "video"),
    )
    world.record(entry, Said(channel="x", by=handle, text=text, at=now()))
    return done(values, new)


@post("/delete")
async def citizen_deletes(request: Ask, world: World) -> Answer:
    """Delete a citizen's post `id`, with every version of it."""
    entry = world.posts.get((await citizen_values(request)).get("id", ""))
    if entry is None:
        return Response({"error": "no such post"}, status_code=404)
    chains = (each for each in world.posts.values() if each.edits[0] == entry.edits[0])
    world.record(*(Removed(id=each.id) for each in tuple(chains)))
    return Response({"id": entry.id}, status_code=200)


_api = Router("/", route_handlers=[me, mentions, search, by_ids, create], before_request=at_the_door)
router = Router("/x", route_handlers=[_api, mention, citizen_deletes])
