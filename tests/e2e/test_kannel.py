"""Citizens' SMS pass a real Kannel both ways, and wait in it while their recipient is away."""

from __future__ import annotations

import os
import signal
import xml.etree.ElementTree as ET

import httpx
import pytest
from desk import units
from harness import CLEAR, System, a_number

from testing.programs import program
from testing.waiting import until

pytestmark = pytest.mark.connected
#: Letters that an SMS of 7 bits can't hold, and more text than fits into one SMS.
ODD = "Pipa “induk” bocor 😀 @_ di Kelurahan Lapajung,\nair PDAM tidak mengalir sudah dua hari " + "dan lagi " * 10


@pytest.fixture(autouse=True, scope="module")
def _needs_kannel() -> None:
    program("bearerbox", debian="kannel")


def totals(system: System) -> dict[str, int]:
    """Return how many SMS Kannel has taken from and given to the telephone network, and how many it holds."""
    lines = (system.data / "kannel" / "kannel.conf").read_text().splitlines()
    conf = dict(line.split(" = ", 1) for line in lines if " = " in line)
    url = f"http://127.0.0.1:{conf['admin-port']}/status.xml"
    found = ET.fromstring(httpx.get(url, params={"password": conf["admin-password"]}).text)  # noqa: S314 - our Kannel
    paths = {"received": "sms/received/total", "sent": "sms/sent/total", "held": "sms/storesize"}
    return {name: int(found.findtext(path) or 0) for name, path in paths.items()}


def written(system: System, number: str) -> list[str]:
    """Return the stored words of a citizen's complaints, without the keyword."""
    return [str(each["text"]).strip() for each in system.lapor("export", number)["intake-sms"]["complaints"]]


def test_sms_of_a_citizen_and_its_receipt_pass_through_kannel(system: System) -> None:
    before = totals(system)

    number, ticket = system.by_sms(ODD)

    assert before["received"] + 1 == totals(system)["received"]
    until(lambda: before["sent"] < totals(system)["sent"], 30, "Kannel counts the receipt")
    assert [ODD.strip()] == written(system, number)
    assert ticket in system.told(number)[0]


def test_an_answer_in_parts_is_put_together(system: System) -> None:
    answer = "Pipa induk sudah diganti petugas pagi ini, dan air mengalir lagi di seluruh kelurahan sejak siang."
    number, ticket = system.by_sms(CLEAR)
    with units(system.env) as unit:
        owner = unit(system.unit_of(ticket))
        owner.get(ticket, "routed")
        owner.must(ticket, "resolve", message=answer)

    told = next(text for text in system.until_told(number, answer) if answer in text)

    assert len(told) > 160  # letters of 7 bits in one SMS


def test_sms_held_by_kannel_survives_a_kill(system: System) -> None:
    """Kannel keeps an SMS on disk until intake-sms has it, even if both its processes are killed."""
    number, starts = a_number(), system.starts()
    os.kill(system.pid("smsbox"), signal.SIGSTOP)
    held = totals(system)["held"]
    system.send_sms(number, f"SOPPENG {CLEAR} (Kannel)")
    until(lambda: totals(system)["held"] > held, 30, "bearerbox keeps it")

    for name in ("bearerbox", "smsbox"):
        os.kill(system.pid(name), signal.SIGKILL)

    assert system.receipt(number)
    assert [f"{CLEAR} (Kannel)"] == written(system, number)
    until(lambda: system.starts()["smsbox"] > starts["smsbox"] and system.ready(), 60, "all is back")
