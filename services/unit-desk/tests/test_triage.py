"""Sorting: complaints that no unit has yet, the likeliest units with their reasons, and two keys to decide."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from desk_office import NUMBER, LogIn, Tell, hidden, sent

from chassis.database import Pool
from contracts.events import Candidate, Similar
from testing.events import a_snapshot
from unit_desk.handlers.triage import choices
from unit_desk.rules import Rules

CANDIDATES = [
    Candidate(category="air_bersih", confidence=0.41, evidence=["air", "saluran"]),
    Candidate(category="lingkungan_pohon", confidence=0.36, evidence=["air kotor"]),
    Candidate(category="kominfo_digital", confidence=0.2),
    Candidate(category="pertanian_perikanan", confidence=0.12),
    Candidate(category="jalan_jembatan", confidence=0.02),
]


def test_the_three_likeliest_that_have_it_not_yet_are_offered(rules: Rules) -> None:
    found = choices(a_snapshot(unit="DISKOMINFO", candidates=CANDIDATES), "DISKOMINFO", rules)

    assert [("PDAM", 41, ("air", "saluran")), ("DLH", 36, ("air kotor",)), ("DTPHPKP", 12, ())] == [
        (each.unit, each.percent, each.words) for each in found
    ]


@pytest.mark.parametrize("facts", [{"accuses": ["PDAM"]}, {"accuses": ["PDAM"], "about_units": ["PDAM"]}])
def test_accused_or_possibly_accused_unit_is_not_offered(facts: dict[str, Any], rules: Rules) -> None:
    found = choices(a_snapshot(unit="DISKOMINFO", candidates=CANDIDATES, **facts), "DISKOMINFO", rules)

    assert ["DLH", "DTPHPKP", "PUPR"] == [each.unit for each in found]


def in_triage(**facts: Any) -> dict[str, Any]:
    usual = {"unit": "DISKOMINFO", "lane": "triage", "candidates": CANDIDATES, "category": "air_bersih"}
    return {**usual, "text": "Air kotor di sawah", **facts}


@pytest.mark.connected
@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        ("air_bersih|PDAM", [("dispose", "PDAM", None)]),
        ("lingkungan_pohon|DLH", [("correct", None, "lingkungan_pohon"), ("dispose", "DLH", None)]),
    ],
)
async def test_a_decision_gives_it_on_and_teaches_the_machine_where_it_was_wrong(
    log_in: LogIn, tell: Tell, pool: Pool, choice: str, wanted: list[tuple[str, str | None, str | None]]
) -> None:
    await tell(**in_triage(reason="belum pasti"))
    web = await log_in(unit="DISKOMINFO", role="operator")
    page = await web.get("/triase")
    assert ["Air kotor di sawah" in page.text, "Belum pasti" in page.text, "air, saluran" in page.text] == [True] * 3

    answers = [await web.post(f"/triase/{NUMBER}", data={**hidden(page), "pilihan": choice}) for _ in range(2)]

    assert [f"/triase?baru={NUMBER}"] * 2 == [each.headers["location"] for each in answers]
    assert wanted == [(said.action, said.unit or None, said.category or None) for _, said in await sent(pool)]
    assert "Air kotor di sawah" not in (await web.get("/triase")).text
    assert [choice.replace("|", " ")] == [
        row["about"] for row in await pool.fetch("SELECT about FROM audit WHERE act = 'pilah'")
    ]


@pytest.mark.connected
async def test_changed_complaint_is_not_decided_from_an_old_triage_page(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(**in_triage(seq=1))
    web = await log_in(unit="DISKOMINFO", role="operator")
    form = hidden(await web.get("/triase"))
    await tell(**in_triage(seq=2), why="followed-up")

    answer = await web.post(f"/triase/{NUMBER}", data={**form, "pilihan": "air_bersih|PDAM"})

    assert (f"/triase?pindah={NUMBER}", []) == (answer.headers["location"], await sent(pool))


@pytest.mark.connected
async def test_only_what_was_offered_is_decided_so(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(**in_triage())
    web = await log_in(unit="DISKOMINFO", role="operator")
    form = hidden(await web.get("/triase"))

    answer = await web.post(f"/triase/{NUMBER}", data={**form, "pilihan": "air_bersih|PUPR"})

    assert (f"/laporan/{NUMBER}/teruskan", []) == (answer.headers["location"], await sent(pool))


@pytest.mark.connected
async def test_possible_duplicate_is_named_once_and_tiny_odds_as_under_1_percent(log_in: LogIn, tell: Tell) -> None:
    other = Similar(ticket="SPG-S7D7-8JEF5", score=0.81, reason="tempat sama")
    hardly = Candidate(category="air_bersih", confidence=0.004, evidence=["air"])
    await tell(
        **{**in_triage(), "candidates": [hardly]}, why="similar", reason=f"mungkin sama dengan {other.ticket}",
        similar=[other],
    )  # fmt: skip
    page = (await (await log_in(unit="DISKOMINFO", role="operator")).get("/triase")).text

    assert 1 == page.lower().count("mungkin sama dengan")
    assert "kurang dari 1%" in page


@pytest.mark.connected
async def test_possibly_accused_unit_is_marked_and_chosen_only_after_a_warning(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(**in_triage(accuses=["PDAM"]))
    web = await log_in(unit="DISKOMINFO", role="operator")
    queue = await web.get("/triase")

    pressed = await web.post(f"/triase/{NUMBER}", data={**hidden(queue), "pilihan": "air_bersih|PDAM"})
    form = await web.get(pressed.headers["location"])
    page = await web.post(str(form.url), data={**hidden(form), "unit": "PDAM", "step": "periksa"})
    nothing = await sent(pool)
    await web.post(str(form.url), data={**hidden(page), "step": "kirim"})

    said = "Menyangkut petugas PDAM Kabupaten Soppeng (mungkin), yang tidak boleh membacanya"
    assert [said in each.text for each in (queue, form)] == [True, True]
    assert "mungkin menyangkut petugas PDAM Kabupaten Soppeng. PDAM Kabupaten Soppeng akan membaca" in page.text
    assert ([], ["PDAM"]) == (nothing, [reply.unit for _, reply in await sent(pool)])


@pytest.mark.connected
async def test_the_urgent_stand_above(log_in: LogIn, tell: Tell) -> None:
    await tell(**in_triage(complaint_id="a", ticket="SPG-S4K7-Q2MDN", text="Biasa saja"))
    await tell(**in_triage(complaint_id="b", ticket="SPG-S7D7-8JEF5", text="Pohon miring", urgency="tinggi"))
    web = await log_in(unit="DISKOMINFO", role="operator")

    page = await web.get("/triase")

    assert ["Pohon miring", "Biasa saja"] == re.findall(r"Pohon miring|Biasa saja", page.text)


@pytest.mark.connected
@pytest.mark.parametrize(
    ("slug", "fields", "said"),
    [
        ("teruskan", {"unit": "PUPR", "support": "DLH", "words": "Lihat fotonya"}, ("dispose", "PUPR", ["DLH"])),
        ("tolak", {"words": "Bukan laporan, hanya salam"}, ("reject", None, [])),
        ("gabungkan", {"into": "spg-s4k7-q2mdn"}, ("merge", None, [])),
        ("perbaiki", {"category": "lingkungan_pohon"}, ("correct", None, [])),
    ],
)
async def test_the_other_ways_are_one_form_each(
    log_in: LogIn, tell: Tell, pool: Pool, slug: str, fields: dict[str, str], said: tuple[str, str | None, list[str]]
) -> None:
    await tell(**in_triage())
    web = await log_in(unit="DISKOMINFO", role="operator")
    form = hidden(await web.get(f"/laporan/{NUMBER}/{slug}"))

    page = await web.post(f"/laporan/{NUMBER}/{slug}", data={**form, **fields, "step": "periksa"})
    await web.post(f"/laporan/{NUMBER}/{slug}", data={**hidden(page), "step": "kirim"})

    [(topic, reply)] = await sent(pool)
    assert ("unit.diskominfo.replied.v1", said) == (topic, (reply.action, reply.unit or None, reply.support))


OTHER = "SPG-S4K7-Q2MDN"


@pytest.mark.connected
async def test_a_number_that_is_over_or_unknown_is_said_to_be_before_it_is_merged(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(**in_triage())
    web = await log_in(unit="DISKOMINFO", role="operator")
    path = f"/laporan/{NUMBER}/gabungkan"
    form = hidden(await web.get(path))

    unknown = await web.post(path, data={**form, "into": OTHER, "step": "periksa"})
    await tell(complaint_id="other", ticket=OTHER, seq=4, status="closed", why="withdrawn")
    await tell(complaint_id="other", ticket=OTHER, seq=2, reader="DLH", why="withdrawn")
    over = await web.post(path, data={**form, "into": OTHER, "step": "kirim"})

    assert (200, True) == (unknown.status_code, "tidak dikenal di meja unit" in unknown.text)
    assert (422, True, []) == (over.status_code, f"{OTHER} berstatus ditutup" in over.text, await sent(pool))


@pytest.mark.connected
async def test_urgent_complaints_sent_straight_to_units_are_counted_until_seen(log_in: LogIn, tell: Tell) -> None:
    now = datetime.now(UTC)
    urgent: dict[str, Any] = {"reader": "DISKOMINFO", "why": "urgent", "urgency": "tinggi", "received_at": now}
    await tell(complaint_id="a", ticket=NUMBER, **urgent)
    await tell(complaint_id="b", ticket=OTHER, **urgent)
    await tell(complaint_id="c", ticket="SPG-S7D7-8JEF5", **{**urgent, "received_at": now - timedelta(days=3)})
    await tell(complaint_id="d", ticket="SPG-W000-00004", **{**urgent, "why": "similar"})
    web = await log_in(unit="DISKOMINFO", role="operator")

    page = await web.get("/triase")
    await web.post(f"/laporan/{OTHER}/dilihat")
    after = await web.get("/triase")
    await web.post(f"/laporan/{NUMBER}/dilihat")

    assert ["2 laporan mendesak</b> sejak kemarin" in page.text, '"/?daftar=lihat">Untuk dilihat' in page.text] == [
        True
    ] * 2
    assert "1 laporan mendesak</b>" in after.text
    assert "laporan mendesak" not in (await web.get("/triase")).text


@pytest.mark.connected
async def test_pemantau_cannot_triage(log_in: LogIn, tell: Tell) -> None:
    web = await log_in(unit="SETDA", role="pemantau")

    assert 403 == (await web.get("/triase")).status_code
