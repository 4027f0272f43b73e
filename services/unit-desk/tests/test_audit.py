"""An act is in the audit, or it did not happen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest
from desk_office import NUMBER, PAGE, PASSWORD, REGION, LogIn, Tell, hidden

from chassis.database import Pool
from contracts.events import Candidate
from kabupaten import load
from unit_desk.adapters import accounts
from unit_desk.people import Person
from unit_desk.rules import PARTS, Rules, rules_of

pytestmark = pytest.mark.connected
Somebody = Callable[..., Awaitable[Person]]
_REFUSES = """
CREATE FUNCTION audit_is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the audit is full'; END $$;
CREATE TRIGGER audit_is_full BEFORE INSERT ON audit FOR EACH ROW WHEN (NEW.act <> 'buka')
EXECUTE FUNCTION audit_is_full()"""


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The region's rules as if PUPR had `approval: true`."""
    return replace(rules_of(load(REGION, *PARTS)), approving=frozenset({"PUPR"}))


async def press(web: httpx.AsyncClient, path: str, form: dict[str, str]) -> int:
    return (await web.post(path, data=form)).status_code


async def test_nobody_comes_in_or_goes_out_without_it(
    guest: httpx.AsyncClient, log_in: LogIn, pool: Pool, somebody: Somebody
) -> None:
    web, person = await log_in(), await somebody()
    async with pool.acquire() as db:
        token = await accounts.invite(db, "baru@contoh.id", "Baru", "PUPR", "petugas", None)
    await pool.execute(_REFUSES)
    before = await pool.fetchval("SELECT count(*) FROM sessions")

    entered = await press(guest, "/masuk", {"email": person.email, "password": PASSWORD})
    invited = await press(guest, f"/undangan/{token}", {"password": PASSWORD, "again": PASSWORD})
    left = await press(web, "/keluar", {})

    assert [500, 500, 500] == [entered, invited, left]
    assert before == await pool.fetchval("SELECT count(*) FROM sessions")
    assert await pool.fetchval("SELECT password FROM people WHERE email = 'baru@contoh.id'") is None


async def test_nothing_is_sorted_without_it(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    likely = [Candidate(category="air_bersih", confidence=0.4)]
    await tell(unit="DISKOMINFO", lane="triage", candidates=likely, category="air_bersih")
    web = await log_in(unit="DISKOMINFO", role="operator")
    form = hidden(await web.get("/triase"))
    await pool.execute(_REFUSES.replace("<> 'buka'", "= 'pilah'"))

    answer = await press(web, f"/triase/{NUMBER}", {**form, "pilihan": "air_bersih|PDAM"})

    assert (500, 0) == (answer, await pool.fetchval("SELECT count(*) FROM outbox"))


async def test_nothing_waits_for_a_head_without_it(log_in: LogIn, tell: Tell, pool: Pool, somebody: Somebody) -> None:
    await somebody(role="pimpinan")
    await tell()
    web = await log_in()
    form = {**hidden(await web.get(f"{PAGE}/limpahkan")), "to": "PLN", "step": "kirim"}
    said = "Tiang listrik yang miring ini milik PLN, jadi PLN yang memperbaikinya."
    await pool.execute(_REFUSES)

    answers = [await press(web, f"{PAGE}/limpahkan", {**form, "words": said})]
    await pool.execute("DROP TRIGGER audit_is_full ON audit")
    kept = [await pool.fetchval("SELECT count(*) FROM drafts")]
    answers.append(await press(web, f"{PAGE}/limpahkan", {**form, "words": said}))
    kept.append(await pool.fetchval("SELECT count(*) FROM drafts"))

    assert ([500, 303], [0, 1]) == (answers, kept)
