"""Passwords and codes."""

from __future__ import annotations

from uuid import UUID

import pytest

from unit_desk.passwords import ALONE, code_address, code_now, code_secret, fits, hashed, step_of, why_not

WHO = UUID(int=7)
SECRET = code_secret(b"key-of-the-desk", WHO, 1)
NOON = 1_790_000_000.0


@pytest.mark.parametrize(
    ("password", "with_code", "said"),
    [
        ("empat belas hrf", False, None),
        ("empat belas hr", False, "paling sedikit 15"),
        ("delapan8", True, None),
        ("tujuh77", True, "paling sedikit 8"),
        ("x" * 201, False, "paling panjang"),
        ("password1", True, "cepat ditebak"),
        ("aaaaaaaaaaaaaaaaaaaa", False, "cepat ditebak"),
        ("soppenglaporsoppeng", False, "cepat ditebak"),
        ("RahmaRahma2026", True, "cepat ditebak"),
        ("  Spasi dan Huruf BESAR tetap  ", False, None),
    ],
)
def test_a_password_is_long_enough_and_not_soon_guessed(password: str, with_code: bool, said: str | None) -> None:
    found = why_not(password, with_code=with_code, about=("Rahma Andi", "rahma@contoh.id"))

    assert (said is None) == (found is None)
    assert said is None or said in str(found)


async def test_a_password_is_compared_as_it_is() -> None:
    kept = await hashed(" Kuda Hujan Pensil ")

    assert (True, False, False, False) == (
        await fits(" Kuda Hujan Pensil ", kept),
        await fits("Kuda Hujan Pensil", kept),
        await fits(" kuda hujan pensil ", kept),
        await fits("nobody's", None),
    )
    assert kept.startswith("$argon2id$")


def test_a_code_is_good_for_its_half_minute_and_those_beside_it() -> None:
    code = code_now(SECRET, NOON)

    steps = [step_of(SECRET, code, NOON + s) for s in (-30, 0, 30)]
    assert [int(NOON) // 30] * 3 == steps
    assert [None, None] == [step_of(SECRET, code, NOON + 90), step_of(SECRET, "12345", NOON)]
    assert int(NOON) // 30 == step_of(SECRET, f"{code[:3]} {code[3:]}", NOON)


def test_each_person_and_each_invitation_has_other_codes() -> None:
    others = [code_secret(b"key-of-the-desk", UUID(int=8), 1), code_secret(b"key-of-the-desk", WHO, 2)]

    assert SECRET not in [*others, code_secret(b"another", WHO, 1)]
    assert code_address(SECRET, "rahma@contoh.id").startswith("otpauth://totp/")
    assert ALONE == 15
