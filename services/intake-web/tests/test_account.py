"""The rules of an account: what a code looks like, who may get one, how often, and the open tasks."""

from __future__ import annotations

from uuid import UUID

import pytest

from intake.complaint_view import ComplaintView
from intake_web.account import (
    PAUSES_S,
    TRIES,
    Asked,
    Reached,
    Sent,
    Verdict,
    code_of,
    cookie,
    read_code,
    read_contact,
    todo,
    verdict_of,
    wait_s,
)

MEDIA = ("email", "sms")
HOUR = 3600


def contact(typed: str, media: tuple[str, ...] = MEDIA) -> Reached | None:
    return read_contact(typed, media, "ID", ("+62",))


def test_code_has_six_digits_and_depends_on_seed_and_installation() -> None:
    codes = [code_of(UUID(int=n), bytes([m])) for n in (1, 2) for m in range(50)]

    assert {6} == {len(code) for code in codes}
    assert all(code.isdecimal() for code in codes)
    assert len(set(codes)) > 95
    assert code_of(UUID(int=1), b"a") == code_of(UUID(int=1), b"a")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("123456", "123456"),
        (" 123 456\n", "123456"),
        ("123-456", "123456"),
        ("12345", None),
        ("1234567", None),
        ("12345a", None),
        ("١٢٣٤٥٦", None),
        ("", None),
        (None, None),
    ],
)
def test_a_code_is_read_as_it_is_typed_and_pasted(typed: str | None, read: str | None) -> None:
    assert read == read_code(typed)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" andi@contoh.id ", Reached(medium="email", address="andi@contoh.id")),
        ("0812 3456 7890", Reached(medium="sms", address="+6281234567890")),
        ("+62 812-3456-7890", Reached(medium="sms", address="+6281234567890")),
        ("+49 170 1234567", None),
        ("andi@", None),
        ("andi", None),
        ("", None),
    ],
)
def test_an_address_or_a_number_of_ours_is_a_contact(typed: str, read: Reached | None) -> None:
    assert read == contact(typed)


def test_contact_is_refused_when_its_channel_is_not_available() -> None:
    assert (None, None) == (contact("andi@contoh.id", ("sms",)), contact("081234567890", ("email",)))


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ([], 0),
        ([Asked(age_s=10, used=False)], 20),
        ([Asked(age_s=30, used=False)], 0),
        ([Asked(age_s=10, used=True)], 0),
        ([Asked(age_s=60, used=False), Asked(age_s=200, used=False)], 60),
        ([Asked(age_s=n, used=True) for n in (10, 20, 600)], HOUR - 600),
        ([Asked(age_s=n, used=True) for n in (10, 20, HOUR + 1)], 0),
        ([Asked(age_s=HOUR + n, used=False) for n in range(20)], PAUSES_S[-1] - HOUR),
        ([Asked(age_s=25 * HOUR, used=False)], 0),
    ],
)
def test_three_an_hour_and_after_each_unused_one_a_pause_that_grows_and_ends(asked: list[Asked], wait: float) -> None:
    assert wait == wait_s(asked)


def test_wait_for_another_code_is_two_hours_at_most() -> None:
    assert max(PAUSES_S) >= wait_s([Asked(age_s=0, used=False)] * 1_000)


def sent(**more: object) -> Sent:
    usual: dict[str, object] = {"kind": "enter", "medium": "email", "address": "a@b.id", "tries": 0}
    return Sent(**{**usual, "expired": False, "used": False, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ([sent()], None),
        ([sent(tries=TRIES - 1)], None),
        ([sent(tries=TRIES)], Verdict.SPENT),
        ([sent(tries=TRIES, expired=True)], Verdict.EXPIRED),
        ([], Verdict.EXPIRED),
    ],
)
def test_a_code_is_over_after_its_time_or_five_wrong_tries(codes: list[Sent], verdict: Verdict | None) -> None:
    assert verdict is verdict_of(codes)


def test_under_https_no_neighbour_can_set_the_cookie_of_a_session() -> None:
    assert ("__Host-sesi", "sesi") == (cookie("sesi", "https://lapor.example"), cookie("sesi", "http://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("status", "asks_place", "name"),
    [
        ("waiting_for_reporter", False, "todo_answer"),
        ("resolved", False, "todo_judge"),
        ("routed", True, "todo_place"),
        ("in_progress", False, ""),
    ],
)
def test_a_reporter_is_told_what_waits_for_them(status: str, asks_place: bool, name: str) -> None:
    assert name == todo(ComplaintView(ticket="SPG-W0AB-12CDS", status=status), asks_place=asks_place)
