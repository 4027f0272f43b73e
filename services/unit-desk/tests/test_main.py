"""The command line of unit-desk, as a process on a database."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import psycopg
import pytest
from desk_office import PASSWORD, REGION

from chassis.database import Pool
from unit_desk.adapters import accounts
from unit_desk.people import Person

pytestmark = pytest.mark.connected


def desk(dsn: str, *words: str, url: str = "http://127.0.0.1:17083") -> subprocess.CompletedProcess[str]:
    env = {"DATABASE_URL": dsn, "REGION_DIR": str(REGION), "DESK_KEY": "key-of-the-desk-of-the-test", "PATH": ""}
    command = [sys.executable, "-m", "unit_desk", *words]
    return subprocess.run(
        command, env={**env, "DESK_PUBLIC_URL": url}, capture_output=True, text=True, timeout=60, check=False
    )


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert 0 == done.returncode, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_somebody_is_invited_listed_and_taken_out(dsn: str) -> None:
    invited = desk(dsn, "invite", "Rahma@contoh.id", "Rahma", "--unit", "DISKOMINFO", "--role", "operator")
    before = rows(desk(dsn, "user", "--json"))
    some = desk(dsn, "user", "Rahma@contoh.id", "andi@contoh.id", "--remove")
    kept = rows(desk(dsn, "user", "Rahma@contoh.id", "--json"))
    removed = desk(dsn, "user", "rahma@contoh.id", "--remove")
    again = desk(dsn, "user", "rahma@contoh.id", "--remove")

    assert invited.stdout.startswith("http://127.0.0.1:17083/undangan/")
    assert [("rahma@contoh.id", "DISKOMINFO", "operator", False)] == [
        (row["email"], row["unit"], row["role"], row["here"]) for row in before
    ]
    assert (1, "nobody here has the address andi@contoh.id\n", before) == (some.returncode, some.stderr, kept)
    assert (0, []) == (removed.returncode, rows(desk(dsn, "user", "--json")))
    assert (1, "nobody here has the address rahma@contoh.id\n") == (again.returncode, again.stderr)


async def test_user_list_shows_the_last_change_and_last_login(
    dsn: str, pool: Pool, somebody: Callable[..., Awaitable[Person]], guest: httpx.AsyncClient
) -> None:
    rahma, andi = await somebody(email="rahma@contoh.id"), await somebody(email="andi@contoh.id")
    await pool.execute("UPDATE people SET changed_at = '2026-03-17T10:00+08:00'")
    await guest.post("/masuk", data={"email": andi.email, "password": PASSWORD})
    async with pool.acquire() as db:
        await accounts.change_password(db, rahma, "another")
        now = (await db.fetchval("SELECT now()")).isoformat()[:10]

    found = rows(await asyncio.to_thread(desk, dsn, "user", "--json"))

    assert {"rahma@contoh.id": (now, ""), "andi@contoh.id": ("2026-03-17", now)} == {
        row["email"]: (row["changed"][:10], row["entered"][:10]) for row in found
    }


@pytest.mark.parametrize(
    ("unit", "role", "said"),
    [
        ("RSUD", "petugas", "RSUD has no desk"),
        ("PUPR", "raja", "there is no role raja"),
        ("PUPR", "operator", "PUPR has no operator: it has petugas and pimpinan"),
        ("DISKOMINFO", "petugas", "DISKOMINFO has no petugas: it has pimpinan and operator"),
    ],
)
def test_invitation_with_a_wrong_unit_or_role_is_refused(dsn: str, unit: str, role: str, said: str) -> None:
    done = desk(dsn, "invite", "a@contoh.id", "Andi", "--unit", unit, "--role", role)

    assert (1, True) == (done.returncode, said in done.stderr)


def test_notices_are_listed_and_a_failed_one_is_resent(dsn: str) -> None:
    invited = desk(dsn, "invite", "rahma@contoh.id", "Rahma", "--unit", "PUPR", "--role", "petugas")
    assert 0 == invited.returncode, invited.stderr
    with psycopg.connect(dsn, autocommit=True) as db:
        for state in ("refused", "sent"):
            db.execute(
                "INSERT INTO messages (id, person, medium, kind, state, next_try_at, created_at, fresh_at)"
                " SELECT gen_random_uuid(), id, 'email', 'alarm', %s, now(), now(), now() FROM people",
                [state],
            )
    everything, failed = rows(desk(dsn, "notices", "--json")), rows(desk(dsn, "notices", "--failed", "--json"))
    again = desk(dsn, "resend", failed[0]["id"])
    twice = desk(dsn, "resend", failed[0]["id"])

    assert (2, [("Rahma (PUPR)", "refused")]) == (len(everything), [(row["to"], row["state"]) for row in failed])
    assert (0, f"To be sent again: {failed[0]['id']}.\n") == (again.returncode, again.stdout)
    assert (1, True) == (twice.returncode, "sent, waiting" in twice.stderr)
    assert [] == rows(desk(dsn, "notices", "--failed", "--json"))


def test_people_to_play_with_are_the_same_next_time_and_only_on_this_machine(dsn: str) -> None:
    first, second = (rows(desk(dsn, "demo", "--json")) for _ in range(2))
    elsewhere = desk(dsn, "demo", url="https://meja.contoh.id")

    assert [(row["email"], row["password"]) for row in first] == [(row["email"], row["password"]) for row in second]
    assert {"petugas": False, "pimpinan": True, "operator": True, "pemantau": True} == {
        row["role"]: bool(row["code"]) for row in first
    }
    whose = {(row["unit"], row["role"]) for row in first}
    assert {("PUPR", "petugas"), ("INSPEKTORAT", "petugas"), ("SETDA", "pemantau"), ("BUPATI", "pemantau")} <= whose
    assert (1, True) == (elsewhere.returncode, "on one machine" in elsewhere.stderr)


def test_a_database_that_is_away_is_said_in_a_line() -> None:
    done = desk("postgresql://nobody:x@127.0.0.1:9/none", "user")

    assert (75, 1) == (done.returncode, len(done.stderr.splitlines()))


def test_a_key_of_a_program_is_made_listed_and_revoked(dsn: str) -> None:
    made = desk(dsn, "key", "create", "PUPR", "simpu", "--contact", "Bina Marga", "--right", "read")
    (before,) = rows(desk(dsn, "key", "list", "--json"))
    revoked = desk(dsn, "key", "revoke", before["id"])
    listed = desk(dsn, "key", "list")
    unknown = desk(dsn, "key", "revoke", "none")

    assert (0, True) == (made.returncode, made.stdout.startswith("lapor_"))
    assert ("PUPR", "simpu", ["read"], None) == tuple(
        before[name] for name in ("unit", "system", "rights", "revoked_at")
    )
    assert (0, 1) == (revoked.returncode, unknown.returncode)
    assert (True, False) == ("PUPR simpu read revoked" in listed.stdout, made.stdout.strip() in listed.stdout)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["RSUD", "simpu", "--contact", "A"], "RSUD has no desk"),
        (["PUPR", "SIM PU", "--contact", "A"], "2 to 40 of a-z"),
        (["PUPR", "simpu", "--contact", " "], "who answers for it"),
        (["PUPR", "simpu", "--contact", "A", "--right", "write"], "there is no right write"),
    ],
    ids=["unit", "system", "contact", "right"],
)
def test_a_key_that_does_not_fit_is_not_made(dsn: str, words: list[str], said: str) -> None:
    done = desk(dsn, "key", "create", *words)

    assert (1, True) == (done.returncode, said in done.stderr)
