"""The codec reads valid events and refuses all others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from contracts import codec
from contracts.codec import InvalidEvent
from contracts.topics import TOPICS_DIR

SMS = json.loads((TOPICS_DIR / "complaint.received.v1" / "examples" / "sms.json").read_text())


def _changed(**changes: Any) -> bytes:
    return json.dumps({**SMS, **changes}).encode()


def _with_data(**changes: Any) -> bytes:
    return _changed(data={**SMS["data"], **changes})


def test_unknown_fields_are_ignored_around_and_inside_the_data() -> None:
    newer = _changed(traceparent="00-1", data={**SMS["data"], "weather": {"rain": True}})

    assert codec.decode(json.dumps(SMS).encode()) == codec.decode(newer)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="broken JSON"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b'{"x":' + b"[" * 5000, id="deeper than anyone reads"),
        pytest.param(_changed()[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}", id="an unknown field as deep"),
        pytest.param(_with_data()[:-2] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}}", id="as deep in the data"),
        pytest.param(_changed(type="complaint.vanished.v1"), id="unknown type"),
        pytest.param(_changed(type="complaint.received.v2"), id="unknown version"),
        pytest.param(_changed(type=""), id="empty type"),
        pytest.param(_changed(specversion="0.3"), id="old CloudEvents"),
        pytest.param(_changed(id=""), id="empty id"),
        pytest.param(_changed(time="2026-03-16T08:12:41"), id="naive time"),
        pytest.param(_changed(datacontenttype="text/plain"), id="data that is no JSON"),
        pytest.param(_changed(data=None), id="no data"),
        pytest.param(_with_data(received_at="2026-03-16T08:12:41"), id="naive time in the data"),
        pytest.param(_with_data(ticket="SPG-1"), id="broken ticket"),
        pytest.param(_with_data(text="a" * 20_001), id="text too long"),
        pytest.param(_with_data(text=None), id="null text"),
        pytest.param(_with_data(anonim="ya"), id="wrong type of a field"),
        pytest.param(_with_data(text="HERE").replace(b"HERE", b"\xc2\xc2\x9b\x9b"), id="a control around a control"),
        pytest.param(_with_data(text="HERE").replace(b"HERE", rb"\u00\u00009b"), id="an escape around an escape"),
    ],
)
def test_invalid_event_is_refused(value: bytes) -> None:
    with pytest.raises(InvalidEvent):
        codec.decode(value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param(r"a\u0000b\u0007\u001bc\u007Fd", "abcd", id="escaped"),
        pytest.param("a\x7fb", "ab", id="the one that JSON lets stand"),
        pytest.param(r"a\u0080b\u009b31mc\u009Fd", "ab31mcd", id="C1, which a terminal obeys too"),
        pytest.param("a\x80b\x9b31mc\x9fd", "ab31mcd", id="C1 as they are"),
        pytest.param(r"a\u202ab\u202Ec\u2066d\u2069e", "abcde", id="another direction"),
        pytest.param("a\u202ab\u202ec\u2066d\u2069e", "abcde", id="another direction as it is"),
        pytest.param("a\xa0\u2029\u202f\u2065\u206a", "a\xa0\u2029\u202f\u2065\u206a", id="their neighbours stay"),
        pytest.param("a\\\x9bu009bb", "ab", id="an escape around a control"),
        pytest.param(r"a\bb\fc", "abc", id="short escapes"),
        pytest.param(r"a\nb\tc\u000ad\r\n", "a\nb\tc\nd\r\n", id="line ends and tabs stay"),
        pytest.param(r"a\\u0000b\\\u0000c\\\\b", r"a\u0000b\c\\b", id="a backslash that was meant"),
        pytest.param(r"\"\u00e9\u0000\"", '"é"', id="quotes and letters"),
    ],
)
def test_control_characters_are_left_out(written: str, read: str) -> None:
    value = _with_data(text="HERE").replace(b"HERE", written.encode())

    data: Any = codec.decode(value).data

    assert read == data.text


def test_a_text_has_one_kind_of_line_end_and_no_control_characters() -> None:
    assert "a\nb\nc\td" == codec.plain("a\r\nb\rc\td\x00\x1b\x7f\x80\x9b\x9f\u202a\u202e\u2066\u2069")


@pytest.mark.parametrize(
    "control", [*map(chr, range(32)), "\x7f", "\x80", "\x9b", "\x9f", "\u202e", "\u2066", "\u2069"]
)
def test_unsafe_control_characters_are_removed_when_an_event_is_read(control: str) -> None:
    event = codec.decode(json.dumps(SMS).encode())
    data = structs.replace(event.data, text=f"a{control}b")

    read: Any = codec.decode(codec.encode(structs.replace(event, data=data))).data

    assert read.text == (f"a{control}b" if control in "\t\n\r" else "ab")


@given(st.binary(max_size=200))
def test_no_bytes_get_anything_else_than_an_event_or_a_refusal(value: bytes) -> None:
    with pytest.raises(InvalidEvent):
        codec.decode(value)


def test_an_event_too_large_for_the_broker_is_refused() -> None:
    event = codec.decode(_with_data(evidence=[{"url": "u" * 950_000, "media_type": "", "sha256": "", "bytes": 0}]))

    with pytest.raises(InvalidEvent, match="900000 allowed"):
        codec.encode(event)


def test_an_event_that_does_not_fit_its_schema_is_refused_before_it_is_sent() -> None:
    event = codec.decode(json.dumps(SMS).encode())
    data = structs.replace(event.data, ticket="SPG-1")

    with pytest.raises(InvalidEvent):
        codec.encode(structs.replace(event, data=data))


@pytest.mark.parametrize(
    ("event_type", "base"),
    [
        ("complaint.received.v1", "complaint.received.v1"),
        ("complaint.updated.routed.v1", "complaint.updated.v1"),
        ("complaint.sla-updated.warned.v1", "complaint.sla-updated.v1"),
        ("unit.replied.v1", "unit.replied.v1"),
        ("nonsense", "nonsense"),
    ],
)
def test_the_kind_is_no_part_of_the_base_type(event_type: str, base: str) -> None:
    assert base == codec.base_type(event_type)
