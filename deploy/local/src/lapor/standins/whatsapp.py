"""WhatsApp's Cloud API, as far as a business sends messages with it; and the messages of people to the business."""

import hmac
import json
import time
from typing import Any
from uuid import uuid4

from litestar import Request, Router, get, post
from litestar.response import Response

from lapor.standins.faults import Faults, cut_off
from lapor.standins.hooks import Hooks
from lapor.standins.photos import kept, trouble
from lapor.standins.settings import SHORT_CODE, Settings
from lapor.standins.sms import citizen_values, done
from lapor.standins.state import Said, World, now

Ask = Request[Any, Any, Any]
Answer = Response[Any]
_FAULTS = {
    "throttle": (400, 130429, "Rate limit hit"),
    "temporary": (500, 131000, "Something went wrong"),
    "expired": (401, 190, "Error validating access token: Session has expired."),
    "blocked": (403, 368, "Temporarily blocked for policies violations"),
    "undeliverable": (400, 131026, "Message undeliverable"),
}
_TEMPLATE = "Kabar dari LAPOR!: {}"


def _error(status: int, code: int, message: str) -> Answer:
    error = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, "fbtrace_id": uuid4().hex[:11]}
    return Response({"error": error}, status_code=status)


async def _at_the_door(request: Ask) -> Answer | None:
    faults: Faults = request.app.state.faults
    settings: Settings = request.app.state.settings
    for kind, error in _FAULTS.items():
        if faults.take("whatsapp", kind):
            return _error(*error)
    if faults.take("whatsapp", "html502"):
        return Response("<html>Bad gateway</html>", status_code=502, media_type="text/html")
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {settings.whatsapp_token}".encode()):
        return _error(401, 190, "Invalid OAuth access token - Cannot parse access token")
    ours = request.path_params.get("number") in (None, settings.whatsapp_phone_number_id)
    if not ours and kept(settings, request.path_params["number"]) is None:
        return _error(400, 100, "Unsupported request. Object does not exist")
    return None


@get("/{version:str}/{number:str}")
async def number(request: Ask, number: str, settings: Settings) -> dict[str, str | int]:
    """Describe the business's number, or a photo that was sent to it, with its address."""
    if (content := kept(settings, number)) is not None:
        where = f"{settings.public_url}/whatsapp/photos/{number}"
        return {"id": number, "url": where, "mime_type": "image/jpeg", "file_size": len(content)}
    return {"id": number, "display_phone_number": SHORT_CODE, "verified_name": "LAPOR! Soppeng"}


@post("/{version:str}/{number:str}/messages", status_code=200)
async def write(request: Ask, world: World, settings: Settings, faults: Faults, whatsapp_hooks: Hooks) -> Answer:
    """Send a business's message: free text to a person who has written to it, else a template. Then push its status."""
    try:
        body = await request.json()
        to, kind = str(body["to"]), str(body["type"])
        if kind == "template":
            text = _TEMPLATE.format(body["template"]["components"][0]["parameters"][0]["text"])
        else:
            text = str(body["text"]["body"])
    except (KeyError, TypeError, IndexError, ValueError, json.JSONDecodeError):
        return _error(400, 131009, "Parameter value is not valid")
    heard = [each.at for each in world.said if each.channel == "whatsapp" and each.by == to]
    closed = not heard or faults.take("whatsapp", "outside_window")
    if kind != "template" and closed:
        return _error(400, 131047, "Re-engagement message")
    if not text or len(text) > 4096 or (kind == "template" and "\n" in text):
        return _error(400, 131009, "Parameter value is not valid")
    world.record(world.tell("whatsapp", to, text))
    if faults.take("whatsapp", "lost_answer"):
        return cut_off()
    made = {"messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": to}]}
    called = f"wamid.{uuid4().hex}"
    own = {key: body[key] for key in ("biz_opaque_callback_data",) if key in body}
    failed = faults.take("whatsapp", "undelivered")
    for status in ("failed",) if failed else ("sent", "delivered"):
        why = {"errors": [{"code": 131026, "title": "Message undeliverable"}]} if failed else {}
        report = {"id": called, "status": status, "timestamp": str(int(time.time())), "recipient_id": to, **own, **why}
        whatsapp_hooks.push(_told(settings, {"from": to}, statuses=[report]))
    return Response({**made, "messages": [{"id": called}]}, status_code=200)


@get("/photos/{photo:str}")
async def photo(request: Ask, photo: str, settings: Settings, faults: Faults) -> Answer:
    """Return a photo, which only the business's token opens."""
    if answer := trouble(faults, "whatsapp"):
        return answer
    content = kept(settings, photo)
    return Response(content or b"", status_code=200 if content else 404, media_type="image/jpeg")


@post("/message")
async def message(request: Ask, world: World, settings: Settings, whatsapp_hooks: Hooks) -> Answer:
    """Write to the business as a person (`from`, digits; `text` or a `photo`, `name`). A known `id` repeats a message;
    `reply_to` is the message that it quotes.

    `type` is the kind of a file that is not a photo, such as `audio`; `mime_type` is WhatsApp's name of its content.
    """
    values = await citizen_values(request)
    who, text, shown = values.get("from", "").strip(), values.get("text", "").strip(), values.get("photo", "")
    if not who.isdigit() or not (text or shown):
        return Response({"error": "from (digits) and text are needed"}, status_code=400)
    made = values.get("id") or f"wamid.{uuid4().hex}"
    world.record(Said(channel="whatsapp", by=who, text=text, at=now()))
    kind = values.get("type", "image")
    file = {"id": shown, "mime_type": values.get("mime_type", "image/jpeg"), **({"caption": text} if text else {})}
    says: dict[str, Any] = {"type": kind, kind: file} if shown else {"type": "text", "text": {"body": text}}
    quoted = values.get("reply_to")
    context = {"context": {"from": who, "id": quoted}} if quoted else {}
    told = {**context, "from": who, "id": made, "timestamp": str(int(time.time())), **says}
    whatsapp_hooks.push(_told(settings, values, messages=[told]))
    return done(values, made)


def _told(settings: Settings, values: dict[str, str], **what: list[dict[str, Any]]) -> dict[str, Any]:
    """Build the webhook with messages of the person in ``values``, or with the statuses of messages to them."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": SHORT_CODE, "phone_number_id": settings.whatsapp_phone_number_id},
        "contacts": [{"profile": {"name": values.get("name", "Warga")}, "wa_id": values["from"].strip()}],
        **what,
    }
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1708", "changes": [change]}]}


@post("/delete")
async def deletes(request: Ask, settings: Settings, whatsapp_hooks: Hooks) -> Answer:
    """Delete the message `id` as the person who sent it (`from`)."""
    values = await citizen_values(request)
    told = {"from": values["from"], "id": f"wamid.{uuid4().hex}", "timestamp": str(int(time.time())), "type": "revoke"}
    revoked = {**told, "revoke": {"original_message_id": values["id"]}}
    whatsapp_hooks.push(_told(settings, values, messages=[revoked]))
    return Response({"id": values["id"]}, status_code=200)


@post("/handshake", status_code=200)
async def handshake(whatsapp_hooks: Hooks) -> dict[str, bool]:
    """Verify the door's webhook address, as Meta does when it is registered."""
    return {"subscribed": await whatsapp_hooks.handshake()}


_api = Router("/", route_handlers=[number, photo, write], before_request=_at_the_door)
router = Router("/whatsapp", route_handlers=[_api, message, deletes, handshake])
