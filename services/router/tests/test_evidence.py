"""Each unit gets its own links to a citizen's attachments; a unit that may not read them gets no link."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgspec import json, structs
from router_office import AT, RULES, Office, T, classified, followed_up, item, received, reply

from contracts.events import Evidence, UnitRouted
from contracts.evidence_links import MARK, UNIT, UNTIL, VALID, is_marked
from contracts.vocabulary import Status
from kabupaten.routing import RoutingRule

KEY, SOCIAL_KEY = b"key-of-intake-web", b"key-of-intake-social"
KEYS = {"intake-web": KEY, "intake-social": SOCIAL_KEY}
PHOTO = Evidence(url="https://lapor.example/bukti/satu", media_type="image/jpeg", sha256="0", bytes=1)
LATER = Evidence(url="https://lapor.example/bukti/dua", media_type="image/jpeg", sha256="1", bytes=2)
OF_A_POST = Evidence(url="https://lapor.example/hooks/bukti/tiga", media_type="image/jpeg", sha256="2", bytes=3)
HELPED = RoutingRule(reason="jalan", categories=frozenset({"jalan_jembatan"}), support=("DISHUB",))


def office(*events: Any) -> Office:
    office = Office(rules=replace(RULES, routing=(HELPED,), evidence_keys=KEYS))
    office.hear(*events)
    return office


def routed(there: Office) -> list[UnitRouted]:
    return [emit.data for emit in there.told if isinstance(emit.data, UnitRouted)]


def links(out: UnitRouted) -> list[str]:
    assert out.complaint
    return [each.url for each in (*out.complaint.evidence, *(f for i in out.complaint.follow_ups for f in i.evidence))]


def replace_url(file: Evidence, url: str) -> Evidence:
    return structs.replace(file, url=url)


def opens(link: str, unit: str, key: bytes = KEY) -> bool:
    address, given = urlsplit(link), dict(parse_qsl(urlsplit(link).query))
    name = address.path.rpartition("/")[2]
    return given[UNIT] == unit and is_marked(key, name, unit, given[UNTIL], given[MARK])


def test_each_unit_gets_a_link_that_is_its_own() -> None:
    told = routed(office(received(evidence=[PHOTO]), classified()))

    assert {"PUPR", "DISHUB"} == {out.unit for out in told}
    for out in told:
        (link,) = links(out)
        assert link.startswith(f"{PHOTO.url}?")
        assert opens(link, out.unit)


def test_photo_added_later_is_sent_with_the_others() -> None:
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


def test_unit_that_lost_a_confidential_complaint_gets_no_photo_link() -> None:
    there = office(received(evidence=[PHOTO], rahasia=True), classified())
    there.hear(followed_up(item("addition", text="fotonya", evidence=[LATER])))
    there.hear(("PUPR", reply("return", reason="bukan urusan kami")))
    there.hear(("DISKOMINFO", reply("dispose", unit="PDAM")))

    withdrawn = [out for out in routed(there) if out.unit == "PUPR"][-1]
    assert links(withdrawn) == []


def test_photo_kept_by_intake_social_is_signed_with_its_key() -> None:
    there = office(received(evidence=[PHOTO]), classified(), followed_up(item("addition", evidence=[OF_A_POST])))

    mine, theirs = links([out for out in routed(there) if out.unit == "PUPR"][-1])
    assert (True, False) == (opens(mine, "PUPR"), opens(mine, "PUPR", SOCIAL_KEY))
    assert (False, True) == (opens(theirs, "PUPR"), opens(theirs, "PUPR", SOCIAL_KEY))


def test_photo_kept_by_no_intake_keeps_its_plain_url() -> None:
    there = office(received(evidence=[replace_url(PHOTO, "https://lapor.example/lain/satu")]), classified())

    assert {"https://lapor.example/lain/satu"} == {link for out in routed(there) for link in links(out)}


def test_a_late_photo_is_shown_to_the_unit_and_told_to_nobody_else() -> None:
    there = office(received(), classified())
    there.told.clear()
    there.hear(followed_up(item("addition", evidence=[OF_A_POST], late=True)))

    assert ["PUPR", "DISHUB"] == [out.unit for out in routed(there)]
    assert {"followed-up"} == {str(out.why) for out in routed(there)}
    assert all(links(out) for out in routed(there))
    assert 2 == len(there.told)


def test_a_late_photo_answers_no_question() -> None:
    there = office(received(), classified())
    there.hear(("PUPR", reply("acknowledge")), ("PUPR", reply("ask", message="Di mana tepatnya?")))
    there.hear(followed_up(item("addition", evidence=[OF_A_POST], late=True)))
    assert Status.WAITING_FOR_REPORTER == there.cases[T].status
    there.hear(
        followed_up(item("addition", evidence=[OF_A_POST], late=True), item("addition", 2, text="Dusun Cabenge"))
    )

    assert Status.IN_PROGRESS == there.cases[T].status


def test_a_late_photo_of_one_that_is_over_is_told_to_nobody() -> None:
    there = office(received(), classified(), followed_up(item("cancel")))
    there.told.clear()
    there.hear(followed_up(item("cancel"), item("addition", evidence=[OF_A_POST], late=True)))

    assert [] == there.told


def test_a_photo_that_its_sender_deleted_is_in_nothing_more_and_its_unit_is_told_so() -> None:
    there = office(received(), classified())
    shown = item("addition", evidence=[OF_A_POST, LATER], late=True)
    there.hear(followed_up(shown))
    there.told.clear()
    there.hear(followed_up(shown, item("addition", 2, late=True, deleted=[OF_A_POST.sha256])))

    last = [out for out in routed(there) if out.unit == "PUPR"][-1]
    assert last.complaint
    assert [LATER.url] == [link.partition("?")[0] for link in links(last)]
    assert [OF_A_POST.sha256] == last.complaint.follow_ups[-1].deleted
    assert {"foto dihapus pelapor"} == {out.reason for out in routed(there)}
    assert len(routed(there)) == len(there.told), "no citizen is told"


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
