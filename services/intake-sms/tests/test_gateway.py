"""The requests of each gateway, by its table: a citizen's SMS, its parts, and reports. Kannel's SMS: test_kannel.py."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
from pydantic import ValidationError

from intake.dialect import NAMES, Dialect, read_dialect
from intake.reports import Report, ReportState
from intake_sms.adapters.gateway import MOST_AT_ONCE, Asked, Unreadable, one_by_one, read_messages, read_reports
from intake_sms.domain import LongSms, Mo
from intake_sms.settings import SmsSettings
from testing.fixtures import UNREACHABLE
from testing.lengths import length
from testing.mutation import SEED

Settings = Callable[..., SmsSettings]
ME = "+6281234567890"
TABLES = {name: read_dialect(name) for name in NAMES if name != "generic"}


@pytest.fixture
def generic(own_table: Path) -> Dialect:
    return read_dialect("generic", own_table)


def posted(fields: dict[str, Any]) -> Asked:
    return Asked(method="POST", body=urlencode(fields).encode(), content_type="application/x-www-form-urlencoded")


def jsoned(fields: Any) -> Asked:
    return Asked(method="POST", body=json.dumps(fields).encode(), content_type="application/json")


def mo(gateway: str, text: str = "SOPPENG jalan rusak 🚧", **more: Any) -> Mo:
    return Mo(**{"id": "a1", "gateway": gateway, "sender": ME, "repliable": True, "text": text, **more})


UCS2 = "SOPPENG jalan rusak 🚧".encode("utf-16-be").hex()
TEXT = "SOPPENG jalan rusak 🚧"


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        (
            "jasmin",
            posted({"id": "a1", "from": "081234567890", "to": "1708", "content": b"\x00", "binary": UCS2, "coding": 8}),
        ),
        ("jasmin", posted({"id": "a1", "from": "6281234567890", "to": "1708", "binary": UCS2, "coding": b"\x08"})),
        ("twilio", posted({"MessageSid": "a1", "From": ME, "To": "+1708", "Body": TEXT, "NumMedia": 0})),
        ("vonage", Asked(query=urlencode({"messageId": "a1", "msisdn": ME[1:], "to": "1708", "text": TEXT}).encode())),
        ("vonage", posted({"messageId": "a1", "msisdn": ME[1:], "to": "1708", "text": TEXT, "concat": "false"})),
        ("vonage", jsoned({"messageId": "a1", "msisdn": ME[1:], "to": "1708", "text": TEXT, "type": "unicode"})),
        (
            "infobip",
            jsoned({"results": [{"messageId": "a1", "from": ME[1:], "to": "1708", "text": TEXT, "smsCount": 2}]}),
        ),
    ],
    ids=["jasmin number", "jasmin byte", "twilio", "vonage query", "vonage form", "vonage json", "infobip"],
)
def test_an_sms_is_read_from_what_the_gateway_sends(make_settings: Settings, name: str, asked: Asked) -> None:
    assert [mo(name)] == read_messages(asked, name, TABLES[name], make_settings())


def test_infobip_brings_several_at_once(make_settings: Settings) -> None:
    rows = [{"messageId": f"m{n}", "from": "6281234567890", "text": f"ke-{n}"} for n in range(3)]

    found = read_messages(jsoned({"results": rows, "messageCount": 3}), "infobip", TABLES["infobip"], make_settings())

    assert [("m0", "ke-0"), ("m1", "ke-1"), ("m2", "ke-2")] == [(each.id, each.text) for each in found]


def test_each_of_several_is_split_off_with_its_bytes_as_they_came() -> None:
    rows = [b'{ "messageId":"m0", "text":"\\u263a" }', b"7", b'{"text":"\xff"}']
    asked = Asked(method="POST", query=b"token=T&id=1", body=b'{"n": 3, "a": {"b": [%b]}}' % b" , ".join(rows))

    split = one_by_one(asked, "a.b")

    assert [b'{"a":{"b":[%b]}}' % row for row in rows] == [one.body for one in split]
    assert {("POST", b"token=T&id=1")} == {(one.method, one.query) for one in split}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[" * 100_000, b"[1,2]", b'{"results":7}', b'{"results":[{}]}', b'{"results":[1,2', b"\xff"),
        b'{"results":[%b]}' % b",".join([b"{}"] * (MOST_AT_ONCE + 1)),
    ],
    ids=range(9),
)
def test_body_without_a_valid_list_of_messages_stays_whole(body: bytes) -> None:
    asked = Asked(method="POST", body=body)

    assert [asked] == one_by_one(asked, "results")
    assert [asked] == one_by_one(asked, "")


def test_jasmins_letters_are_those_of_gsm(make_settings: Settings) -> None:
    asked = posted({"id": "a1", "from": ME, "to": "1708", "binary": "00411b65201b285b", "coding": 0})

    assert [mo("jasmin", "@A€ {Ä")] == read_messages(asked, "jasmin", TABLES["jasmin"], make_settings())


def test_same_sms_without_an_id_within_a_minute_is_a_repeat(
    make_settings: Settings, generic: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: now)

    def read(text: str = "jalan rusak") -> str:
        query = urlencode({"msisdn": "6281234567890", "sms": text}).encode()
        (found,) = read_messages(Asked(query=query), "generic", generic, make_settings())
        assert (ME, True, text) == (found.sender, found.repliable, found.text)
        return found.id

    first, other = read(), read("lampu mati")
    assert (first, False) == (read(), first == other)
    now += 61
    assert first != read()


@pytest.mark.parametrize("name", ["vonage", "infobip"])
@pytest.mark.parametrize(
    ("sender", "kept", "repliable"),
    [
        ("6281234567890", ME, True),
        ("14155550100", "+14155550100", False),
        ("3355", "3355", False),
        ("TELKOMSEL", "TELKOMSEL", False),
        ("628", "628", False),
    ],
)
def test_numbers_without_a_plus_have_their_countrys_code(
    make_settings: Settings, name: str, sender: str, kept: str, repliable: bool
) -> None:
    row = {"messageId": "a1", "msisdn": sender, "from": sender, "text": "x"}
    asked = jsoned({"results": [row]}) if name == "infobip" else posted(row)

    (found,) = read_messages(asked, name, TABLES[name], make_settings())

    assert (kept, repliable) == (found.sender, found.repliable)


def test_a_part_of_a_long_sms_keeps_the_blank_at_its_end(make_settings: Settings) -> None:
    part = {"concat": "true", "concat-ref": "7f", "concat-total": "3", "concat-part": "2"}
    asked = posted({"messageId": "a1", "msisdn": "6281234567890", "to": "1708", "text": "rusak ", **part})

    expected = mo("vonage", "rusak ", part=LongSms(ref="7f", number=2, total=3))
    assert [expected] == read_messages(asked, "vonage", TABLES["vonage"], make_settings())


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("jasmin", posted({"id": "a1", "from": ME, "binary": "ff", "coding": 0})),
        ("jasmin", posted({"id": "a1", "from": ME, "binary": "0", "coding": 8})),
        ("jasmin", posted({"id": "a1", "from": ME, "binary": "zz", "coding": 3})),
        ("jasmin", posted({"id": "a1", "from": ME, "binary": "41", "coding": 4})),
        ("jasmin", posted({"id": "a1", "from": ME, "to": "1709", "binary": "41", "coding": 0})),
        ("twilio", posted({"MessageSid": "a1", "Body": "x"})),
        ("vonage", posted({"messageId": "a", "msisdn": "62811", "text": "x", "concat-total": "2", "concat-part": "3"})),
        (
            "vonage",
            posted({"messageId": "a", "msisdn": "62811", "text": "x", "concat-total": "999", "concat-part": "3"}),
        ),
        (
            "vonage",
            posted({"messageId": "a", "msisdn": "62811", "text": "x", "concat-total": "zwei", "concat-part": "1"}),
        ),
        ("infobip", Asked(method="POST", body=b"{")),
        ("infobip", Asked(method="POST", body=b"[" * 100_000)),
        ("infobip", jsoned([])),
        ("infobip", jsoned({"results": {}})),
        ("infobip", jsoned({"results": [7]})),
        ("infobip", jsoned({"results": [{}] * 1001})),
        ("infobip", jsoned({"results": [{"messageId": ["x"], "from": "62811", "text": "x"}]})),
    ],
)
def test_invalid_sms_requests_are_unreadable(make_settings: Settings, name: str, asked: Asked) -> None:
    with pytest.raises(Unreadable):
        read_messages(asked, name, TABLES[name], make_settings())


D, A, Q, F, R = (
    ReportState.DELIVERED,
    ReportState.ACCEPTED,
    ReportState.QUEUED,
    ReportState.FAILED,
    ReportState.REJECTED,
)


def at(fields: dict[str, Any]) -> Asked:
    """Make a form posted to the URL that has our id."""
    return Asked(method="POST", query=b"token=T&id=7-0", body=urlencode(fields).encode(), content_type="form")


@pytest.mark.parametrize(
    ("name", "asked", "state", "detail"),
    [
        *[
            ("kannel", Asked(query=f"id=7-0&state={n}".encode()), s, "")
            for n, s in zip((1, 2, 4, 8, 16), (D, F, Q, A, R), strict=True)
        ],
        ("jasmin", at({"id": "c7", "level": 1, "message_status": "ESME_ROK"}), Q, ""),
        ("jasmin", at({"id": "c7", "level": 1, "message_status": "ESME_RINVDSTADR"}), R, ""),
        ("jasmin", at({"id": "c7", "level": 2, "message_status": "DELIVRD", "err": "000"}), D, "000"),
        ("jasmin", at({"id": "c7", "level": 2, "message_status": "UNDELIV", "err": "27"}), F, "27"),
        ("twilio", at({"MessageSid": "SM1", "MessageStatus": "sent"}), A, ""),
        ("twilio", at({"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"}), F, "30003"),
        ("vonage", Asked(query=b"id=9-9&client-ref=7-0&status=delivered&err-code=0"), D, "0"),
        ("vonage", jsoned({"client-ref": "7-0", "status": "expired", "err-code": 1}), F, "1"),
        (
            "infobip",
            jsoned(
                {
                    "results": [
                        {"messageId": "7-0", "status": {"groupName": "UNDELIVERABLE"}, "error": {"name": "EC_ABSENT"}}
                    ]
                }
            ),
            F,
            "EC_ABSENT",
        ),
    ],
)
def test_a_report_is_read_by_our_name(name: str, asked: Asked, state: ReportState, detail: str) -> None:
    form = TABLES[name].report
    assert form

    assert [Report(own_id="7-0", state=state, detail=detail)] == read_reports(asked, form)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("kannel", Asked(query=b"id=7-0&state=32")),
        ("jasmin", at({"message_status": "UNKNOWN"})),
        ("twilio", at({"MessageStatus": "something new"})),
    ],
)
def test_a_report_that_says_nothing_is_left_out(name: str, asked: Asked) -> None:
    form = TABLES[name].report
    assert form

    assert [] == read_reports(asked, form)


@pytest.mark.parametrize("query", [b"", b"id=7-0", b"state=1", b"id=&state=1"])
def test_a_report_of_nothing_is_unreadable(query: bytes) -> None:
    form = TABLES["kannel"].report
    assert form

    with pytest.raises(Unreadable):
        read_reports(Asked(query=query), form)


def test_the_operators_own_table_reports_too(generic: Dialect) -> None:
    assert generic.report
    assert [Report(own_id="7-0", state=D)] == read_reports(Asked(query=b"id=7-0&status=1"), generic.report)


def names_of(table: Dialect) -> list[str]:
    """List the fields that a request of this dialect may have, and some that mean nothing."""
    form, part, report = table.message, table.message.part, table.report
    known = [form.id, form.sender, form.to, *form.text, form.charset, form.hex, form.coding]
    parts = [part.ref, part.number, part.total] if part else []
    reports = [report.own_id, report.state] if report else []
    return [*filter(None, [*known, *parts, *reports]), "token", "x"]


SETTINGS = SmsSettings(
    **{
        **UNREACHABLE,
        "kafka_username": "intake-sms",
        "region_dir": "/nowhere",
        "sms_listen_port": 9,
        "sms_mo_token": "a-token-of-the-test",
    }
)
VALUES = (b"1708", b"081234567890", b"UTF-8", b"UTF-16BE", b"utf-7", b"8", b"\x08", b"0041", b"2", b"-1", b"\0")


def some_value(random: Random) -> bytes:
    """Return a known value, arbitrary bytes, or arbitrary characters."""
    match random.randrange(3):
        case 0:
            return random.choice(VALUES)
        case 1:
            return random.randbytes(random.randrange(41))
        case _:
            return some_text(random).encode("utf-8", "replace")


def some_text(random: Random) -> str:
    """Return up to twenty characters, half of them of seven bits."""
    return "".join(
        chr(random.choice((random.randrange(128), random.randrange(0x110000)))) for _ in range(random.randrange(21))
    )


def some_json(random: Random, names: Sequence[str], deep: int = 3) -> Any:
    """Return arbitrary JSON, with the fields that a gateway has."""
    match random.randrange(7 if deep else 5):
        case 0:
            return random.choice((None, True, False, -1, 2**63, 1e308))
        case 1:
            return some_text(random)
        case 2 | 3 | 4:
            return random.choice(VALUES).decode("latin-1")
        case 5:
            return [some_json(random, names, deep - 1) for _ in range(random.randrange(4))]
        case _:
            return {
                name: some_json(random, names, random.choice((0, deep - 1))) for name in names if random.random() < 0.7
            }


def some_body(random: Random, names: Sequence[str]) -> bytes:
    """Return a form, an object, a list of them as Infobip's, or arbitrary bytes."""
    known = (*names, "results", "status")
    match random.randrange(4):
        case 0:
            fields = [(name, some_value(random)) for name in names if random.random() < 0.7]
            return b"&".join(name.encode() + b"=" + quote_from_bytes(value).encode() for name, value in fields)
        case 1:
            return json.dumps(some_json(random, known)).encode()
        case 2:
            return json.dumps({"results": [some_json(random, known) for _ in range(random.randrange(4))]}).encode()
        case _:
            return random.randbytes(random.randrange(61))


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("name", TABLES)
def test_nothing_that_comes_breaks_a_parser(name: str) -> None:
    """Requests for each dialect: some of mere bytes, most with the right names and wrong values."""
    table, random = TABLES[name], Random(f"{SEED} {name}")
    report, read = table.report, Counter[str]()
    assert report
    for _ in range(length(2_000, 100_000)):
        body = some_body(random, names_of(table))
        kind = random.choice(("application/json", "application/x-www-form-urlencoded", ""))
        asked = Asked(method=random.choice(("GET", "POST")), query=body, body=body, content_type=kind)
        try:
            read["messages"] += sum(
                bool(read_messages(one, name, table, SETTINGS)) for one in one_by_one(asked, table.message.listed)
            )
        except Unreadable as error:
            assert len(str(error)) < 200, body  # noqa: PT017
        try:
            read["reports"] += sum(bool(read_reports(one, report)) for one in one_by_one(asked, report.listed))
        except Unreadable as error:
            assert len(str(error)) < 200, body  # noqa: PT017
    assert read["messages"] > 0  # some get through to the end


def test_settings_that_name_no_dialect_are_refused(make_settings: Settings) -> None:
    with pytest.raises(ValidationError):
        make_settings(sms_dialect="smpp")
