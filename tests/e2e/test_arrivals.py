"""The desk shows whether an answer reached the citizen, or that a reporter without a contact can only read it. An
operator sends messages again that did not arrive."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from harness import CLEAR, System, a_number
from place import logged_in

from testing.waiting import until

pytestmark = [pytest.mark.connected, pytest.mark.slow]


@pytest.fixture(scope="module")
def clerk(system: System) -> Iterator[httpx.Client]:
    """A clerk of a unit with a desk, logged in."""
    with logged_in(system, "PDAM", "petugas") as client:
        yield client


@pytest.fixture(scope="module")
def operator(system: System) -> Iterator[httpx.Client]:
    """An operator of the LAPOR! admin, logged in."""
    with logged_in(system, "DISKOMINFO", "operator") as client:
        yield client


def shows(clerk: httpx.Client, ticket: str, *said: str) -> bool:
    """Whether the page of a complaint says all of ``said``."""
    page = clerk.get(f"/laporan/{ticket}").text
    return all(each in page for each in said)


def acknowledge(clerk: httpx.Client, ticket: str) -> None:
    """Take it on, by the form of the desk."""
    path = f"/laporan/{ticket}/terima"
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', clerk.get(path).text))
    assert 303 == clerk.post(path, data={**fields, "step": "kirim"}).status_code


def has_it_sent_again(operator: httpx.Client, ticket: str) -> None:
    listed = next(each for each in _rows(operator) if ticket in each)
    (again,) = re.findall(r'action="(/kabar/warga/[^"]+/lagi)"', listed)
    assert 303 == operator.post(again).status_code


def test_an_answer_by_sms_is_said_to_have_arrived_or_not(
    system: System, clerk: httpx.Client, operator: httpx.Client
) -> None:
    """What the telephone network reports comes back through Kannel to the page of the unit."""
    number, ticket = system.by_sms(CLEAR)
    until(lambda: shows(clerk, ticket, "Tanda terima.", "sampai di ponsel"), 60, "the receipt arrived")
    fault = {"kind": "undelivered", "times": 1}
    httpx.post(f"{system.env['standins_url']}/sms/fault", json=fault, timeout=20).raise_for_status()
    acknowledge(clerk, ticket)
    until(lambda: shows(clerk, ticket, "Belum sampai"), 60, "it is said not to have arrived")
    heard = len(system.told(number))

    has_it_sent_again(operator, ticket)

    until(lambda: _under_the_answer(clerk, ticket, "sampai di ponsel"), 60, "it has arrived")
    assert heard + 1 == len(system.told(number))


def test_an_answer_to_who_left_no_contact_is_said_to_be_on_the_page_alone(system: System, clerk: httpx.Client) -> None:
    ticket = system.by_web(CLEAR)
    until(lambda: shows(clerk, ticket, "Diteruskan ke"), 60, "the desk has it")

    acknowledge(clerk, ticket)

    until(lambda: _under_the_answer(clerk, ticket, "Warga tidak meninggalkan kontak"), 60, "it is said to be read only")


def test_operator_has_an_undelivered_answer_sent_again(
    system: System, clerk: httpx.Client, operator: httpx.Client
) -> None:
    number = a_number().removeprefix("+")
    httpx.post(system.env["whatsapp_message_url"], json={"from": number, "text": CLEAR}, timeout=20).raise_for_status()
    ticket = system.receipt(number)
    until(lambda: shows(clerk, ticket, "Tanda terima.", "sampai di ponsel"), 60, "the receipt arrived")
    fault = {"kind": "undelivered", "times": 1}
    httpx.post(f"{system.env['standins_url']}/whatsapp/fault", json=fault, timeout=20).raise_for_status()
    acknowledge(clerk, ticket)
    until(lambda: shows(clerk, ticket, "Belum sampai"), 60, "it is said not to have arrived")
    assert "/kabar/warga/" not in clerk.get(f"/laporan/{ticket}").text
    heard = len(system.told(number))

    has_it_sent_again(operator, ticket)

    until(lambda: _under_the_answer(clerk, ticket, "sampai di ponsel"), 60, "it has arrived")
    assert heard + 1 == len(system.told(number))
    assert not [each for each in _rows(operator) if ticket in each]


def _rows(operator: httpx.Client) -> list[str]:
    """Return the messages that did not reach a citizen, as operators see them."""
    return re.findall(r"<li>.*?</li>", operator.get("/kabar/warga").text, re.DOTALL)


def _under_the_answer(clerk: httpx.Client, ticket: str, said: str) -> bool:
    page = clerk.get(f"/laporan/{ticket}").text
    steps = re.findall(r"<li.*?</li>", page.partition('class="history"')[2], re.DOTALL)
    return any("Warga membaca" in step and said in step for step in steps)
