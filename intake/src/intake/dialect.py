"""The dialects of SMS gateways: a table of fields for each in ``dialects/``, and the operator's own for any other."""

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
#: How a request is recognised as the gateway's: by the token in the URL, or by a signature.
Auth = Literal["token", "twilio", "vonage"]
NAMES = ("kannel", "jasmin", "twilio", "vonage", "infobip", "generic")
_FOLDER = Path(__file__).parent / "dialects"


class Call(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to send an SMS. Placeholders in braces are filled in: username, password, from, to (E.164), digits (the same
    without the plus), text, hex (of UTF-16BE), own_id, report_url.

    ``fields`` are joined by those of ``plain`` or ``unicode`` and, where reports are wanted, of ``reports``. An answer
    whose status is in ``taken_status`` is searched for ``ours`` (our settings are wrong), ``later`` and ``taken``; if
    none matches, the SMS is refused. ``id`` finds the gateway's id of the SMS.
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
    """The fields that say which part of a long SMS this is, for gateways that don't join the parts."""

    ref: str
    number: str
    total: str


class Message(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the gateway's request has an SMS from a citizen; ``list`` is the field that holds several.

    ``text`` is the first of these fields that is not empty, in the charset named by ``charset``. With ``hex`` it is in
    hexadecimal digits, and ``coding`` has SMPP's data coding. Without ``id``, equal SMS within a minute count as one.
    ``international``: a number without a plus begins with its country code.
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
    """Where the gateway's request has a report. ``states`` maps its words to ours, "" to nothing; a name ending in
    ``*`` matches all words that begin so. Our own id is in ``own_id``, or in the URL."""

    source: Where
    methods: list[Literal["GET", "POST"]]
    state: str
    states: dict[str, str]
    own_id: str = ""
    detail: str = ""
    listed: str = field(default="", name="list")
    auth: Auth = "token"


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer that the gateway reads as: stored, do not send it again."""

    status: int = 200
    body: str = ""
    media_type: str = "text/plain"


class Dialect(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole dialect of one gateway; without ``report`` it sends no reports."""

    call: Call
    message: Message
    answer: Answer
    report: ReportForm | None = None


def read_dialect(name: str, own: Path | None = None) -> Dialect:
    """Read the table of ``name``, one of NAMES; for ``generic`` the file ``own``.

    Raises:
        ValueError: it can't be read, or is not a valid table; says where.
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
    except (OSError, ValueError, re.error) as error:  # includes errors of TOML and msgspec
        raise ValueError(f"{path.name}: {error}") from error
    except KeyError as error:
        raise ValueError(f"{path.name}: nothing is called {{{error.args[0]}}}") from error
    return dialect


_PLACES = ("username", "password", "from", "to", "digits", "text", "hex", "own_id", "report_url", "send_url")
_PLACE = re.compile(r"\{([a-z_]*)\}")


def fill(form: Any, values: Mapping[str, str]) -> Any:
    """Fill ``values`` into the placeholders of ``form``: a text, or lists and tables of texts.

    Raises:
        KeyError: a placeholder has no value.
    """
    if isinstance(form, str):
        return _PLACE.sub(lambda found: values[found[1]], form)
    if isinstance(form, dict):
        return {name: fill(value, values) for name, value in form.items()}
    return [fill(value, values) for value in form] if isinstance(form, list) else form


def merge(form: Any, more: Any) -> Any:
    """Merge ``more`` into ``form``: tables by name, lists by position."""
    if isinstance(form, dict) and isinstance(more, dict):
        return {**form, **{name: merge(form.get(name), value) for name, value in more.items()}}
    if isinstance(form, list) and isinstance(more, list):
        return [merge(*pair) for pair in zip(form, more, strict=True)]
    return more
