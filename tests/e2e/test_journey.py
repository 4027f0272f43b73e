"""A complaint's whole way: in by a public channel, to a unit, its answer back to the citizen on the same channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from desk import Unit, units
from harness import CLEAR, UNCLEAR, System, a_handle, a_number
from judge import OF_THE_CLOCK

from lapor.demo.player import somebody
from testing.waiting import until

pytestmark = pytest.mark.connected

ABOUT_PDAM = "Petugas PDAM meminta uang pungli untuk menyambung air di rumah saya, air PDAM tidak mengalir"
TRIAGE, CONDUCT = "DISKOMINFO", "INSPEKTORAT"

Ask = Callable[[str], Unit]


@pytest.fixture(scope="module")
def unit(system: System) -> Iterator[Ask]:
    """A unit by its code, with nothing but its own credentials."""
    with units(system.env) as ask:
        yield ask


def answer(system: System, code: str, ticket: str, action: str, *rest: str) -> None:
    """Reply as a person at the unit types it."""
    said = system.lapor("unit", "reply", code, ticket, "--action", action, *rest)
    assert said["accepted"], said


class Fields(HTMLParser):
    """The names and values that a browser sends for the first form of an unchanged page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.values, self.inside = "", dict[str, str](), False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and given.get("method") == "post" and not self.action:
            self.action, self.inside = given.get("action") or "", True
        if (
            not self.inside or not given.get("name") or tag == "button"
        ):  # no button but the first, nameless one is pressed
            return
        if tag == "textarea" or given.get("type") not in ("checkbox", "radio") or "checked" in given:
            self.values[given["name"] or ""] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


def test_a_demonstration_complaint_passes_every_hop_on_every_channel(system: System) -> None:
    journeys = system.lapor("demo")
    assert ["sms", "web", "x"] == sorted(journey["channel"] for journey in journeys)
    for journey in journeys:
        hops, code = [hop["name"] for hop in journey["hops"]], journey["unit"]
        assert journey["ok"], hops
        for expected in (
            f"sent by {journey['channel']}",
            "received",
            "registered",
            f"routed to {code}",
            f"{code} has it",
            "acknowledged",
            f"{code}'s answer accepted (acknowledge)",
            f"{code}'s answer accepted (resolve)",
            "resolved",
            "citizen informed",
        ):
            assert expected in hops
        assert any(hop.startswith("classified as") for hop in hops)
        times = [datetime.fromisoformat(hop["at"]) for hop in journey["hops"]]
        assert sorted(times) == times


@pytest.mark.parametrize("channel", ["web", "x", "facebook", "whatsapp"])
def test_a_photo_of_each_channel_is_opened_by_the_unit_through_its_own_link(system: System, channel: str) -> None:
    first = system.lapor("demo", "--channel", channel, "-n", "1")

    hops = [hop["name"] for hop in first["hops"]]
    assert first["ok"], hops
    assert 1 == sum(hop.startswith(f"{first['unit']} opens the photo (") and "(0 kB)" not in hop for hop in hops), hops


def test_an_operator_sees_this_morning_what_waits_and_where(system: System) -> None:
    ticket = system.by_web(f"{CLEAR} (pagi ini)")
    assert "PDAM" == system.unit_of(ticket)

    def counted() -> dict[str, Any] | None:
        """Return the figures once the router has counted, every 15 s."""
        now = system.lapor("top")
        there = [unit for unit in now["units"] if unit["unit"] == "PDAM" and unit["open"]]
        return now if there and now["waiting"]["acknowledgement"]["count"] and not now["away"] else None

    now = until(counted, 60, "the complaint among those that wait")
    assert now["waiting"]["acknowledgement"]["oldest_s"] > 0
    # This complaint, or ten more urgent ones.
    assert ticket in [each["ticket"] for each in now["urgent"]] or len(now["urgent"]) == 10
    assert "web" in [each["channel"] for each in now["channels"] if each["accepted"]]


def behind_receipt(told: list[str]) -> list[str]:
    """Return the messages after the receipt, without the one that names the unit if that was too late for it."""
    return [text for text in told[1:] if "diteruskan ke PDAM" not in text]


def test_an_sms_reaches_its_unit_and_every_answer_comes_back_by_sms(system: System) -> None:
    number, ticket = system.by_sms(f"{CLEAR} (sms)")
    code = system.unit_of(ticket)
    until(lambda: ticket in str(system.lapor("unit", "tail", code, "--from-start")), 60, f"{code} tails {ticket}")

    answer(system, code, ticket, "acknowledge")
    answer(system, code, ticket, "progress", "--message", "Petugas sudah di lokasi.")
    answer(system, code, ticket, "ask", "--message", "Rumah nomor berapa?")
    system.until_told(number, "Rumah nomor berapa?")
    system.send_sms(number, "Rumah nomor 12")
    system.until_status(ticket, "in_progress")
    answer(system, code, ticket, "resolve", "--message", "Pipa di depan rumah sudah diganti.")

    told = system.until_told(number, "selesai ditangani")
    assert ticket in told[0]
    assert "teruskan ke PDAM" in "".join(told[:2])
    for text, expected in zip(
        behind_receipt(told),
        (
            "sudah diterima PDAM",
            "Petugas sudah di lokasi.",
            "bertanya: Rumah nomor berapa?",
            "Jawaban Anda sudah diteruskan.",
            "Pipa di depan rumah sudah diganti.",
        ),
        strict=True,
    ):
        assert expected in text


def test_complaint_by_sms_gains_website_supporters_that_its_unit_hears_of(system: System, unit: Ask) -> None:
    _, ticket = system.by_sms(f"{CLEAR} (sama)")
    pdam, web = unit(system.unit_of(ticket)), system.env["web_url"]

    def found() -> bool:
        answer = httpx.post(f"{web}/v1/hints", json={"text": CLEAR}, headers=somebody(), timeout=10)
        return ticket in [each["ticket"] for each in answer.json().get("similar", [])]

    until(found, 60, f"{ticket} is shown to who is about to report the same")
    for _ in range(2):
        supported = httpx.post(f"{web}/laporan/{ticket}/dukung", headers=somebody(), timeout=10)
        assert 303 == supported.status_code

    def heard() -> dict[str, Any] | None:
        return next((each for each in pdam.about(ticket) if each["complaint"]["supporters"] == 2), None)

    last = until(heard, 60, "the unit hears of two supporters")
    assert ("followed-up", 1, 2) == (
        last["why"],
        last["complaint"]["reporters"],
        (system.story(ticket) or {})["supporters"],
    )


def test_danger_receipt_names_whom_to_call_and_triage_has_it_at_once(system: System) -> None:
    number, ticket = system.by_sms("tolong ada orang tenggelam di sungai walanae")
    first, *_ = system.told(number)
    assert first.index("115") < first.index(ticket)
    assert TRIAGE == system.unit_of(ticket)
    _, after = system.until_told(number, "sedang diperiksa petugas LAPOR!")
    assert "hari kerja" not in first + after

    handle, on_x = system.by_x("kebakaran di jl kemakmuran tolong!!")
    assert system.told(handle)[0].index("113") < system.told(handle)[0].index(on_x)

    by_web = system.taken_by_web({"text": "Ibu saya mau melahirkan, ambulans belum datang"})
    assert "119" == by_web["danger"]["call"][0]["number"]
    for each in (ticket, on_x, by_web["ticket"]):
        until(partial(_has_half_a_day, system, each), 60, f"12 hours for {each}")


def _has_half_a_day(system: System, ticket: str) -> bool:
    """Whether it is due within 12 hours, which no page shows."""
    story = system.story(ticket) or {}
    due, said = story.get("deadline_at"), story.get("deadline_text")
    return bool(due) and not said and datetime.fromisoformat(str(due)) - datetime.now(UTC) < timedelta(hours=12)


def test_the_form_without_javascript_leads_to_a_page_that_tells_all(system: System, unit: Ask) -> None:
    with httpx.Client(base_url=system.env["web_url"], timeout=10) as browser:
        form = Fields(browser.get("/").raise_for_status().text)
        typed = form.values | {
            "text": f"{CLEAR} (formulir)",
            "place": "Lapajung, Lalabata",
            "occurred": "sejak Sabtu",
            "name": "Warga",
        }
        sent = browser.post(form.action, data=typed)
        assert 303 == sent.status_code
        page = sent.headers["location"]
        ticket = page.removeprefix("/laporan/").partition("?")[0]
        assert ticket in browser.get(page).raise_for_status().text
        # A second click on the same page is the same complaint.
        assert page == browser.post(form.action, data=typed).headers["location"]

        desk = unit(system.unit_of(ticket))
        routed = desk.get(ticket, "routed")["complaint"]
        assert ("Lapajung, Lalabata", "sejak Sabtu") == (routed["place_stated"], routed["occurred"])
        desk.must(ticket, "acknowledge")
        desk.must(ticket, "ask", message="Sejak kapan tepatnya?")
        system.until_status(ticket, "waiting_for_reporter")
        addition = Fields(browser.get(f"/laporan/{ticket}/tambahan").raise_for_status().text)
        added = browser.post(addition.action, data=addition.values | {"text": "Sejak hari Minggu"})
        assert 303 == added.status_code
        followed = desk.get(ticket, "followed-up")
        assert ["Sejak hari Minggu"] == [item["text"] for item in followed["complaint"]["follow_ups"]]
        desk.must(ticket, "resolve", message="Katup utama sudah dibuka lagi.")
        story = system.until_status(ticket, "resolved")

        steps = ["registered", "routed", "acknowledged", "waiting_for_reporter", "in_progress", "resolved"]
        assert steps == [step["kind"] for step in story["history"]]
        shown = browser.get(f"/laporan/{ticket}").text
        for words in ("Sejak kapan tepatnya?", "Katup utama sudah dibuka lagi.", "selesai ditangani"):
            assert words.casefold() in shown.casefold()


def test_a_mention_on_x_is_answered_in_its_thread(system: System, unit: Ask) -> None:
    handle, ticket = system.by_x(f"{CLEAR} (x)")
    desk = unit(system.unit_of(ticket))
    assert f"{CLEAR} (x)" == desk.get(ticket, "routed")["complaint"]["text"]
    desk.must(ticket, "acknowledge")
    desk.must(ticket, "progress", message="Sedang dicari bocornya.")
    desk.must(ticket, "resolve", message="Bocor sudah ditutup.")

    told = system.until_told(handle, "selesai ditangani")
    assert "terima dengan nomor" in told[0]
    assert "teruskan ke PDAM" in "".join(told[:2])
    for text, expected in zip(behind_receipt(told), ("diterima", "dicari", "ditutup"), strict=True):
        assert expected in text
        assert ticket in text


def test_the_status_of_any_ticket_is_told_on_any_channel(system: System, unit: Ask) -> None:
    _, sms = system.by_sms(f"{CLEAR} (status)")
    web = system.by_web(f"{CLEAR} (status web)")
    for ticket in (sms, web):
        unit(system.unit_of(ticket)).must(ticket, "acknowledge")
        system.until_status(ticket, "acknowledged")  # the web telling about an SMS is half of the proof

    asker, handle = a_number(), a_handle()
    system.send_sms(asker, f"SOPPENG STATUS {web}")
    system.until_told(asker, f"{web} diterima petugas (PDAM")
    system.post_on_x(handle, f"status {sms} bagaimana?")
    system.until_told(handle, f"{sms} diterima petugas (PDAM")
    assert sms in httpx.get(f"{system.env['web_url']}/laporan/{sms}", timeout=10).raise_for_status().text


def test_only_the_reporter_adds_to_a_complaint(system: System, unit: Ask) -> None:
    number, ticket = system.by_sms(f"{CLEAR} (tambahan)")
    desk = unit(system.unit_of(ticket))
    desk.get(ticket, "routed")
    stranger = a_number()
    system.send_sms(stranger, f"{ticket} sudah beres, tutup saja")
    system.until_told(stranger, "tidak dikirim dari nomor HP ini")

    system.send_sms(number, f"SOPPENG {ticket} masih kering sampai sore ini")
    system.until_told(number, "Tambahan Anda sudah diteruskan ke petugas.")
    added = [item["text"] for item in desk.get(ticket, "followed-up")["complaint"]["follow_ups"]]
    assert ["masih kering sampai sore ini"] == added


def test_the_trace_tells_the_story_in_order(system: System, unit: Ask) -> None:
    ticket = system.by_web(f"{CLEAR} (jejak)")
    desk = unit(system.unit_of(ticket))
    desk.must(ticket, "acknowledge")
    desk.must(ticket, "resolve", message="Sudah mengalir lagi.")
    system.until_status(ticket, "resolved")
    met = "complaint.updated.met.v1"
    until(lambda: met in {step["type"] for step in trace(system, ticket)["events"]}, 60, "the clock met")

    story = trace(system, ticket)
    assert ticket == story["ticket"]
    times = [datetime.fromisoformat(step["time"]) for step in story["events"]]
    assert sorted(times) == times
    assert sorted(step["delta_ms"] for step in story["events"]) == [step["delta_ms"] for step in story["events"]]
    assert "complaint.received.v1" == story["events"][0]["type"]
    steps = [(step["seq"], step["type"]) for step in story["events"] if step["topic"] == "complaint.updated.v1"]
    kinds = [kind.split(".")[2] for _, kind in steps]
    assert list(range(len(steps))) == [seq for seq, _ in steps]
    assert ["registered", "routed", "acknowledged", "resolved"] == [kind for kind in kinds if kind not in OF_THE_CLOCK]
    assert {"deadline_set", "met"} == {kind for kind in kinds if kind in OF_THE_CLOCK}
    types = {step["type"] for step in story["events"]}
    assert {"complaint.classified.v1", "unit.routed.v1", "unit.replied.v1", "complaint.sla-updated.met.v1"} <= types
    assert "is no ticket" in system.refused("trace", "SPG-W0AB-12CD0")


def trace(system: System, ticket: str) -> dict[str, Any]:
    told: dict[str, Any] = system.lapor("trace", ticket)
    return told


def test_unclassified_complaint_is_routed_by_a_person(system: System, unit: Ask) -> None:
    ticket = system.by_web(UNCLEAR)
    assert TRIAGE == system.unit_of(ticket)
    triage, pdam = unit(TRIAGE), unit("PDAM")
    first = triage.get(ticket, "routed")
    assert ("triage", "isi laporan belum dapat dikenali dengan yakin") == (first["complaint"]["lane"], first["reason"])

    triage.must(ticket, "correct", category="air_bersih")
    answer(system, TRIAGE, ticket, "dispose", "--unit", "PDAM")
    at_pdam = pdam.get(ticket, "routed")["complaint"]
    assert ("unit", "air_bersih") == (at_pdam["lane"], at_pdam["category"])
    assert not triage.reply(ticket, "dispose", unit="PUPR")["accepted"]

    pdam.must(ticket, "return", reason="Bukan pipa kami")
    back = until(lambda: [d for d in triage.about(ticket) if d["why"] == "routed"][1:], 60, "back in triage")
    assert "dikembalikan oleh PDAM: Bukan pipa kami" == back[0]["reason"]
    kinds = [step["kind"] for step in system.until_status(ticket, "routed")["history"]]
    assert ["registered", "routed", "corrected", "routed", "returned", "routed"] == kinds


def test_a_complaint_about_a_unit_never_goes_to_that_unit(system: System, unit: Ask) -> None:
    ticket = system.by_web(ABOUT_PDAM)
    assert CONDUCT == system.unit_of(ticket)
    judge = unit(CONDUCT)
    judge.get(ticket, "routed")
    refused = judge.reply(ticket, "dispose", unit="PDAM")
    assert (False, "laporan ini tentang PDAM, tidak dapat diteruskan ke PDAM") == (
        refused["accepted"],
        refused["reason"],
    )
    assert [] == unit("PDAM").about(ticket)


def test_a_hand_over_names_the_right_door(system: System, unit: Ask) -> None:
    number, ticket = system.by_sms(f"{CLEAR} (limpah)")
    desk = unit(system.unit_of(ticket))
    desk.get(ticket, "routed")
    assert "perlu to" in desk.reply(ticket, "hand-over", reason="Bukan kewenangan kabupaten")["reason"]
    answer(
        system, desk.name, ticket, "hand-over", "--to", "Balai Wilayah Sungai", "--reason", "Bukan kewenangan kabupaten"
    )
    system.until_told(number, f"{ticket} dilimpahkan ke Balai Wilayah Sungai: Bukan kewenangan kabupaten")
    assert "dilimpahkan" in desk.reply(ticket, "progress")["reason"]


def test_a_rejection_tells_why(system: System, unit: Ask) -> None:
    number, ticket = system.by_sms(f"{UNCLEAR} (tolak)")
    assert TRIAGE == system.unit_of(ticket)
    triage = unit(TRIAGE)
    assert "perlu reason" in triage.reply(ticket, "reject")["reason"]
    triage.must(ticket, "reject", reason="Tidak menyebut apa dan di mana")
    system.until_told(number, f"{ticket} tidak dapat diproses: Tidak menyebut apa dan di mana")


def test_reporter_of_a_merged_complaint_hears_the_outcome_of_the_other(system: System, unit: Ask) -> None:
    number, child = system.by_sms(f"{UNCLEAR} (gabung)")
    parent = system.by_web(f"{UNCLEAR} (induk)")
    triage = unit(TRIAGE)
    triage.get(child, "routed")
    triage.get(parent, "routed")
    triage.deadline(parent)
    triage.must(child, "merge", into=parent)
    told = system.until_told(number, f"{child} digabung dengan laporan yang sama, {parent}.")
    assert any("paling lambat" in text for text in told)
    assert "sudah digabung" in triage.reply(parent, "merge", into=child)["reason"]

    triage.must(parent, "acknowledge")
    triage.must(parent, "resolve", message="Sudah dibicarakan dengan lurah.")
    told = system.until_told(number, "Sudah dibicarakan dengan lurah.")
    assert all(child in text for text in told)
    types = [e["type"] for e in trace(system, child)["events"] if e["topic"] == "complaint.updated.v1"]
    kinds = [kind.split(".")[2] for kind in types]
    assert ["merged", "acknowledged", "resolved"] == [kind for kind in kinds if kind not in OF_THE_CLOCK][2:]
    assert "met" in kinds[kinds.index("resolved") :] or until(
        lambda: "met" in str(trace(system, child)["events"]), 60, "the child hears what its parent's clock did"
    )
