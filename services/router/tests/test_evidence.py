"""What a citizen attached reaches each unit as a link of its own; who may not read it gets none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgspec import json
from router_office import AT, RULES, Office, T, classified, followed_up, item, received, reply

from contracts.events import Evidence, UnitRouted
from contracts.evidence_links import MARK, UNIT, UNTIL, VALID, is_marked
from kabupaten.routing import RoutingRule

KEY = b"key-of-intake-web"
PHOTO = Evidence(url="https://lapor.example/bukti/satu", media_type="image/jpeg", sha256="0", bytes=1)
LATER = Evidence(url="https://lapor.example/bukti/dua", media_type="image/jpeg", sha256="1", bytes=2)
HELPED = RoutingRule(reason="jalan", categories=frozenset({"jalan_jembatan"}), support=("DISHUB",))


def office(*events: Any) -> Office:
    office = Office(rules=replace(RULES, routing=(HELPED,), evidence_key=KEY))
    office.hear(*events)
    return office


def routed(there: Office) -> list[UnitRouted]:
    return [emit.data for emit in there.told if isinstance(emit.data, UnitRouted)]


def links(out: UnitRouted) -> list[str]:
    assert out.complaint
    return [each.url for each in (*out.complaint.evidence, *(f for i in out.complaint.follow_ups for f in i.evidence))]


def opens(link: str, unit: str) -> bool:
    address, given = urlsplit(link), dict(parse_qsl(urlsplit(link).query))
    name = address.path.rpartition("/")[2]
    return given[UNIT] == unit and is_marked(KEY, name, unit, given[UNTIL], given[MARK])


def test_each_unit_gets_a_link_that_is_its_own() -> None:
    told = routed(office(received(evidence=[PHOTO]), classified()))

    assert {"PUPR", "DISHUB"} == {out.unit for out in told}
    for out in told:
        (link,) = links(out)
        assert link.startswith(f"{PHOTO.url}?")
        assert opens(link, out.unit)


def test_what_was_added_later_comes_with_the_rest() -> None:
    there = office(received(evidence=[PHOTO]), classified())
    there.hear(followed_up(item("addition", text="ini fotonya", evidence=[LATER])))

    last = [out for out in routed(there) if out.unit == "PUPR"][-1]
    assert [PHOTO.url, LATER.url] == [link.partition("?")[0] for link in links(last)]
    assert all(opens(link, "PUPR") for link in links(last))


def test_each_event_brings_a_link_that_is_good_from_then_on() -> None:
    there = office(received(evidence=[PHOTO]), classified())
    there.hear(("PUPR", reply("acknowledge")))

    untils = [
        datetime.fromtimestamp(int(dict(parse_qsl(urlsplit(link).query))[UNTIL]), UTC)
        for out in routed(there)
        if out.unit == "PUPR"
        for link in links(out)
    ]
    assert len(untils) > 1
    assert all(until >= AT + VALID for until in untils)


def test_who_does_not_handle_a_confidential_one_gets_no_link() -> None:
    there = office(received(evidence=[PHOTO], rahasia=True), classified())
    there.hear(followed_up(item("addition", text="fotonya", evidence=[LATER])))
    there.hear(("PUPR", reply("return", reason="bukan urusan kami")))
    there.hear(("DISKOMINFO", reply("dispose", unit="PDAM")))

    withdrawn = [out for out in routed(there) if out.unit == "PUPR"][-1]
    assert links(withdrawn) == []


def test_the_story_and_the_case_have_no_link() -> None:
    there = office(received(evidence=[PHOTO]), classified())

    case = there.cases[T]
    assert case.received is not None
    assert case.received.evidence == [PHOTO]


def test_erased_is_erased_with_what_was_attached_later() -> None:
    there = office(received(evidence=[PHOTO]), classified(), followed_up(item("addition", evidence=[LATER])))
    there.hear(("DISKOMINFO", reply("erase", reason="diminta pelapor lewat surat")))

    assert links(routed(there)[-1]) == []
    assert b"bukti" not in json.encode(there.cases[T])
