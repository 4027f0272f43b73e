"""What SMS gateways speak: a table of fields for each, in ``dialects/``, and the operator's own for any other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from intake.reports import ReportState

#: Where a request has its fields: "any" is the first of query, form and JSON that has any.
Where = Literal["query", "form", "json", "any"]
#: By what it is known to be the gateway's: the token in the address, or a signature.
Auth = Literal["token", "twilio", "vonage"]
NAMES = ("kannel", "jasmin", "twilio", "vonage", "infobip", "generic")
_FOLDER = Path(__file__).parent / "dialects"


class Call(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an SMS is sent. What stands in braces is filled in: username, password, from, to (E.164), digits (the same
    without the plus), text, hex (of UTF-16BE), own_id, report_url.

    ``plain`` or ``unicode`` and, where reports are asked for, ``reports`` stand beside ``fields``. ``taken``, ``later``
    and ``ours`` (our settings are wrong) are looked for in an answer that has one of ``taken_status``; where none fits,
    it is refused. ``id`` finds what the gateway calls it.
    """

    method: Literal["GET", "POST"]
    body: Literal["query", "form", "json"]
    fields: dict[str, Any]
    url: str = "{send_url}"
    plain: dict[str, Any] = {}
    unicode: dict[str, Any] = {}
    reports: dict[str, Any] = {}
    headers: dict[str, str] = {}
    auth: Literal["", "basic"] = ""
    taken_status: list[int] = field(default_factory=lambda: [200, 201, 202])
    taken: str = ""
    later: str = ""
    ours: str = ""
    id: str = ""


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields that say which part of a long SMS this is, where the gateway joins none."""

    ref: str
    number: str
    total: str


class Message(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an SMS of a citizen stands in the gateway's request; ``list`` is where several do.

    ``text`` is the first of these that is not empty, in the charset that ``charset`` names; with ``hex`` it is written
    in hexadecimal digits, and SMPP's data coding is in ``coding``. Without ``id`` it has none: what is the same within
    a minute then is the same SMS. ``international``: a number without a plus has its country's code.
    """

    source: Where
    methods: list[Literal["GET", "POST"]]
    sender: str = field(name="from")
    text: list[str]
    id: str = ""
    to: str = ""
    charset: str = ""
    hex: str = ""
    coding: str = ""
    part: Part | None = None
    international: bool = False
    listed: str = field(default="", name="list")
    auth: Auth = "token"


class ReportForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a report stands in the gateway's request. ``states`` is what its words mean to us; "" is nothing, and a
    name that ends with ``*`` stands for all that begin so. Our own id is in ``own_id``, or in the address."""

    source: Where
    methods: list[Literal["GET", "POST"]]
    state: str
    states: dict[str, str]
    own_id: str = ""
    detail: str = ""
    listed: str = field(default="", name="list")
    auth: Auth = "token"


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the gateway takes for: it is stored, bring it no more."""

    status: int = 200
    body: str = ""
    media_type: str = "text/plain"


class Dialect(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that one gateway speaks; without ``report`` it reports nothing."""

    call: Call
    message: Message
    answer: Answer
    report: ReportForm | None = None


def read_dialect(name: str, own: Path | None = None) -> Dialect:
    """Read the table of ``name``, one of NAMES; of ``generic`` the file ``own``.

    Raises:
        ValueError: it can't be read, or is none; says where.
    """
    path = own if name == "generic" else _FOLDER / f"{name}.toml"
    if path is None:
        raise ValueError("generic needs a file")
    try:
        dialect = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Dialect)
        for pattern in (dialect.call.taken, dialect.call.later, dialect.call.ours, dialect.call.id):
            re.compile(pattern)
        for form in (dialect.call.fields, dialect.call.unicode, dialect.call.reports, dialect.call.url):
            fill(form, dict.fromkeys(_PLACES, ""))
        for word in filter(None, dialect.report.states.values() if dialect.report else ()):
            ReportState(word)
    except (OSError, ValueError, re.error) as error:  # also of TOML, and of msgspec
        raise ValueError(f"{path.name}: {error}") from error
    except KeyError as error:
        raise ValueError(f"{path.name}: nothing is called {{{error.args[0]}}}") from error
    return dialect


_PLACES = ("username", "password", "from", "to", "digits", "text", "hex", "own_id", "report_url", "send_url")
_PLACE = re.compile(r"\{([a-z_]*)\}")


def fill(form: Any, values: Mapping[str, str]) -> Any:
    """Put ``values`` into the places of ``form``: a text, or lists and tables of such.

    Raises:
        KeyError: a place has no value.
    """
    if isinstance(form, str):
        return _PLACE.sub(lambda found: values[found[1]], form)
    if isinstance(form, dict):
        return {name: fill(value, values) for name, value in form.items()}
    return [fill(value, values) for value in form] if isinstance(form, list) else form


def merge(form: Any, more: Any) -> Any:
    """Put ``more`` beside what is in ``form``: tables by their names, lists by their order."""
    if isinstance(form, dict) and isinstance(more, dict):
        return {**form, **{name: merge(form.get(name), value) for name, value in more.items()}}
    if isinstance(form, list) and isinstance(more, list):
        return [merge(*pair) for pair in zip(form, more, strict=True)]
    return more
