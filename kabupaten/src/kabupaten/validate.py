"""Compares a file with the Struct that describes it; it finds every mistake, not only the first."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from kabupaten.problems import Problem, RegionError, Where
from kabupaten.source import Source

T = TypeVar("T")
_SHAPES: dict[Any, type] = {list: list, tuple: list, frozenset: list, dict: dict}
_REMEDIES: dict[Any, str] = {
    bool: "write true or false",
    date: "write the date as 2026-03-23",
    list: "write a list, such as [a, b]",
    dict: "write names, each with what belongs to it",
    str: "write a text",
}


def remedy(sentence: str, **limits: Any) -> Meta:
    """Annotate a type with advice on how to write its value, and with the limits of ``msgspec.Meta``."""
    return Meta(extra={"remedy": sentence}, **limits)


#: A text that is not blank.
Words = Annotated[str, remedy("write a text", pattern=r"\S")]


def parse(source: Source, kind: type[T]) -> T:
    """Convert the content of ``source`` to ``kind``.

    Raises:
        RegionError: it does not fit; every mistake is named.
    """
    try:
        return msgspec.convert(_given(source), kind)
    except msgspec.ValidationError:  # it names one mistake; finding all takes many times as long
        raise RegionError(mistakes(source, kind)) from None


def mistakes(source: Source, kind: type[Any]) -> Iterator[Problem]:
    """Find all mistakes in ``source``, compared with ``kind``."""
    return _mistakes(source, kind, _given(source), (), "see the comment at the head of the file")


def _given(source: Source) -> Any:
    """Return the content without the names at its top that have no value."""
    content = {} if source.content is None else source.content
    return {k: v for k, v in content.items() if v is not None} if isinstance(content, dict) else content


def _mistakes(source: Source, kind: Any, raw: Any, where: Where, advice: str) -> Iterator[Problem]:
    """Find all mistakes in ``raw``: first in its parts; only when these are right, in itself."""
    members = list(_members(kind))
    advice = next((told for _, told in members if told), advice)
    fitting = next((member for member, _ in members if isinstance(raw, _shape(member))), None)
    inner = list(_within(source, fitting, raw, where, advice))
    yield from inner
    if not inner:
        try:
            msgspec.convert(raw, kind)
        except msgspec.ValidationError as error:
            text = str(error).split(" - at ")[0]
            yield source.wrong(where, text[:1].lower() + text[1:], advice)


def _within(source: Source, kind: Any, raw: Any, where: Where, advice: str) -> Iterator[Problem]:
    if _is_struct(kind):
        yield from _fields(source, kind, raw, where)
    elif kind is not None and get_args(kind):
        for at, value in raw.items() if isinstance(raw, dict) else enumerate(raw):
            yield from _mistakes(source, get_args(kind)[isinstance(raw, dict)], value, (*where, at), advice)


def _fields(source: Source, kind: type[Struct], raw: dict[Any, Any], where: Where) -> Iterator[Problem]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    known = f"what belongs here: {', '.join(fields)}"
    for name in raw.keys() - fields.keys():
        yield source.wrong((*where, name), f"unknown field `{name}`", f"take it out; {known}")
    for name, field in fields.items():
        if name in raw:
            usual = next(filter(None, (_usual(member) for member, _ in _members(field.type))), known)
            yield from _mistakes(source, field.type, raw[name], (*where, name), usual)
        elif field.required:
            yield source.wrong(where, f"missing required field `{name}`", f"add {name}; {known}")


def _members(kind: Any, told: str | None = None) -> Iterator[tuple[Any, str | None]]:
    """List the plain types that ``kind`` is made of, each with its remedy, if there is one."""
    if get_origin(kind) is Annotated:
        inner, *notes = get_args(kind)
        said = [note.extra["remedy"] for note in notes if isinstance(note, Meta) and note.extra]
        yield from _members(inner, said[-1] if said else told)
    elif get_origin(kind) in (Union, types.UnionType):
        for each in get_args(kind):
            yield from _members(each, told)
    else:
        fields = f"what belongs here: {', '.join(kind.__struct_encode_fields__)}" if _is_struct(kind) else None
        yield kind, told or fields


def _usual(kind: Any) -> str | None:
    """Return the remedy for a plain type."""
    shape, inner = _SHAPES.get(get_origin(kind), kind), next(filter(_is_struct, get_args(kind)), None)
    if inner is None:
        return _REMEDIES.get(shape)
    fields = msgspec.structs.fields(inner)
    row = ", ".join(f"{field.encode_name}: …" for field in [each for each in fields if each.required] or fields)
    return f"write {'names, each with' if shape is dict else 'a list of'} {{{row}}}"


def _shape(kind: Any) -> Any:
    """Return the type that a value of ``kind`` has in YAML, if it has parts."""
    return dict if _is_struct(kind) else _SHAPES.get(get_origin(kind), ())


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)
