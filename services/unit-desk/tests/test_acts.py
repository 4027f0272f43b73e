"""The acts on a complaint, and the checks before they are sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from contracts.events import Evidence, Support, UnitReplied, UnitRouted
from testing.events import a_snapshot
from unit_desk.acts import ACTS, Typed, missing, offered, reply_of, sentences, warnings, wrong_parent
from unit_desk.rules import Rules

A_PHOTO = Evidence(url="https://pu.soppengkab.go.id/1.jpg", media_type="image/jpeg", sha256="0" * 64, bytes=81_234)
DEED = "Lubang di depan SD 3 sudah ditambal aspal tadi pagi"


def told(unit: str = "PUPR", **facts: Any) -> UnitRouted:
    return UnitRouted(why="routed", unit=unit, complaint=a_snapshot(**{"unit": "PUPR", **facts}))


@pytest.mark.parametrize(
    ("record", "first", "others"),
    [
        (told(), "terima", {"kerjakan", "tanya", "selesaikan", "minta-bantuan", "kembalikan", "limpahkan"}),
        (
            told(status="in_progress"),
            "selesaikan",
            {"kerjakan", "tanya", "minta-bantuan", "waktu", "kembalikan", "limpahkan"},
        ),
        (
            UnitRouted(why="routed", unit="DISKOMINFO", complaint=a_snapshot(unit="DISKOMINFO", lane="triage")),
            "teruskan",
            {
                *("perbaiki", "gabungkan", "tolak", "terima", "kerjakan", "tanya", "selesaikan", "minta-bantuan"),
                *("kembalikan", "limpahkan"),
            },
        ),
        (
            told("DLH", role="support", support=[Support(unit="DLH")]),
            "terima",
            {"kerjakan", "selesaikan", "kembalikan"},
        ),
    ],
)  # fmt: skip
def test_next_step_is_offered_first(record: UnitRouted, first: str, others: set[str], rules: Rules) -> None:
    slugs = [act.slug for act in offered(record, rules)]

    assert (first, others) == (slugs[0], set(slugs[1:]))


def test_appeal_decision_is_offered_only_to_the_deciding_unit(rules: Rules) -> None:
    appealed = {"status": "appealed", "lane": "triage", "unit": "SETDA"}

    assert ["terima", "terima-keberatan", "tolak-keberatan"] == [
        act.slug for act in offered(UnitRouted(why="appealed", unit="SETDA", complaint=a_snapshot(**appealed)), rules)
    ]
    assert [] == offered(UnitRouted(why="withdrawn", unit="PUPR", complaint=a_snapshot(**appealed)), rules)


def test_unit_asked_about_a_rights_request_may_grant_or_refuse_it(rules: Rules) -> None:
    asked = UnitRouted(why="rights-requested", unit="DISKOMINFO", complaint=a_snapshot(unit="PUPR", status="closed"))

    assert ["kabulkan", "tidak-kabulkan"] == [act.slug for act in offered(asked, rules)]


@pytest.mark.parametrize(
    "record",
    [
        told(status="merged"),
        told(status="closed"),
        told("DLH"),
        told(erased=True),
        told("DLH", role="support", support=[Support(unit="DLH", status="done")]),
        UnitRouted(why="replied", unit="PUPR"),
    ],
)
def test_nothing_is_offered_where_it_is_nobodys_turn_here(record: UnitRouted, rules: Rules) -> None:
    assert [] == offered(record, rules)


SORTED: dict[str, Any] = {"lane": "triage", "status": "routed"}


@pytest.mark.parametrize(
    ("unit", "facts", "there"),
    [
        ("SETDA", {"returns": 1}, True),  # the unit that sorts has it next
        ("SETDA", {"returns": 2}, False),
        ("SETDA", {"accuses": ["INSPEKTORAT"]}, False),  # and no other unit is above the admin
        ("SETDA", {"accuses": ["DISKOMINFO"]}, True),
        ("SETDA", {"accuses": ["DISKOMINFO"], "category": "aparatur_korupsi"}, True),
        ("SETDA", {"returns": 2, "lane": "unit"}, True),
        ("DISKOMINFO", {"returns": 2}, True),  # goes to SETDA
        ("INSPEKTORAT", {"returns": 2, "accuses": ["SETDA"]}, False),
    ],
)
def test_at_the_last_desk_nothing_is_given_back(unit: str, facts: dict[str, Any], there: bool, rules: Rules) -> None:
    complaint = a_snapshot(**{**SORTED, "unit": unit, **facts})
    record = UnitRouted(why="routed", unit=unit, complaint=complaint)

    assert there == (ACTS["kembalikan"] in offered(record, rules))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"status": "merged"}, "sendiri sudah digabung"),
        ({"status": "closed"}, "berstatus ditutup"),
        ({"status": "resolved"}, "berstatus selesai"),
        ({"rahasia": True}, "rahasia"),
        ({"unit": "BUPATI"}, "ditangani Meja Pengaduan Bupati"),
        ({"support": [Support(unit="PDAM")]}, "ditangani PDAM"),
        ({"status": "in_progress"}, None),
    ],
)
def test_unsuitable_merge_target_is_explained(facts: dict[str, Any], said: str | None, rules: Rules) -> None:
    mine = a_snapshot(about_units=["PDAM", "SETDA"], accuses=["PDAM", "SETDA", "PUPR"])

    found = wrong_parent(mine, a_snapshot(**{"unit": "PUPR", "ticket": "SPG-S4K7-Q2MDN", **facts}), rules)

    assert (said is None, True) == (found is None, (said or "") in (found or ""))


def test_complaint_that_others_were_merged_into_cannot_be_merged(rules: Rules) -> None:
    record = told(merged=["SPG-S7D7-8JEF5"])

    assert "SPG-S7D7-8JEF5" in missing(ACTS["gabungkan"], Typed(into="SPG-S4K7-Q2MDN"), record, rules)["into"]


def proof(**facts: Any) -> Evidence:
    return structs.replace(A_PHOTO, **facts)


@pytest.mark.parametrize(
    ("slug", "typed", "field", "said"),
    [
        ("tanya", Typed(), "words", "Isi dulu"),
        ("tanya", Typed(words="Di dekat …?"), "words", "…"),
        ("kerjakan", Typed(words="x" * 4001), "words", "Terlalu panjang"),
        ("selesaikan", Typed(words="Lubangnya akan ditambal besok"), "words", "rencana"),
        ("selesaikan", Typed(words="siap"), "words", "belum menyebut"),
        ("kembalikan", Typed(words="bukan kami"), "words", "Terlalu singkat"),
        ("limpahkan", Typed(words="jalan nasional urusan balai besar"), "to", "Pilih tujuannya"),
        ("limpahkan", Typed(words="jalan nasional urusan balai besar", to="MANA"), "to", "Bukan tujuan"),
        ("limpahkan", Typed(words="bukan urusan kami", to="PLN"), "words", "belum alasan"),
        ("teruskan", Typed(unit="TIDAK-ADA"), "unit", "Pilih unitnya"),
        ("teruskan", Typed(unit="PUPR"), "unit", "sudah di unit itu"),
        ("perbaiki", Typed(category="apa"), "category", "Pilih kategorinya"),
        ("gabungkan", Typed(into="SPG"), "into", "nomor laporan"),
        ("gabungkan", Typed(into="spg s000 00007"), "into", "nomor laporan ini sendiri"),
        ("selesaikan", Typed(words=DEED, proof=proof(url="http://pu.soppengkab.go.id/1")), "proof", "https://"),
        ("selesaikan", Typed(words=DEED, proof=proof(url="https://contoh.id/1")), "proof", "contoh.id"),
        ("selesaikan", Typed(words=DEED, proof=proof(media_type="text/html")), "proof", "Jenis berkas"),
        ("selesaikan", Typed(words=DEED, proof=proof(bytes=0)), "proof", "kosong"),
        ("selesaikan", Typed(words=DEED, problems={"proof": "Tulis alamat"}), "proof", "Tulis alamat"),
    ],
)
def test_invalid_act_is_explained_before_it_is_sent(
    slug: str, typed: Typed, field: str, said: str, rules: Rules
) -> None:
    problems = missing(ACTS[slug], typed, told(), rules)

    assert ([field], True) == (list(problems), said in problems[field])


@pytest.mark.parametrize(
    ("slug", "typed"),
    [
        ("terima", Typed()),
        ("selesaikan", Typed(words=DEED, proof=A_PHOTO)),
        ("limpahkan", Typed(words="jalan nasional urusan balai besar", to="BBPJN")),
        ("gabungkan", Typed(into="SPG-S4K7-Q2MDN")),
    ],
)
def test_complete_act_passes_the_checks(slug: str, typed: Typed, rules: Rules) -> None:
    assert {} == missing(ACTS[slug], typed, told(), rules)


@pytest.mark.parametrize("slug", ["teruskan", "alihkan"])
@pytest.mark.parametrize(("unit", "whom"), [("PDAM", "petugas unit itu"), ("BUPATI", "petugas Sekretariat Daerah")])
def test_accused_unit_is_refused_and_possibly_accused_unit_draws_a_warning(
    slug: str, unit: str, whom: str, rules: Rules
) -> None:
    sure = told(accuses=["PDAM", "SETDA"], about_units=["PDAM", "SETDA"])
    doubt, lead = told(accuses=["PDAM", "SETDA"]), Typed(words="Ini pipa di sana", unit=unit)
    helper = replace(lead, unit="DLH", support=(unit,))

    def said(typed: Typed, record: UnitRouted) -> tuple[dict[str, str], list[str]]:
        return missing(ACTS[slug], typed, record, rules), warnings(ACTS[slug], typed, record, rules)

    assert [whom in said(typed, sure)[0][field] for typed, field in ((lead, "unit"), (helper, "support"))] == [True] * 2
    for typed in (lead, helper):
        problems, [warning] = said(typed, doubt)
        assert ({}, True) == (problems, "mungkin menyangkut petugas" in warning)
    assert ({}, []) == said(Typed(words="Ini pipa di sana", unit="DLH"), sure)


def test_a_question_may_be_answered_by_what_will_be(rules: Rules) -> None:
    asked = told(type="permintaan_informasi")

    assert {} == missing(ACTS["selesaikan"], Typed(words="Jalannya dilebarkan mulai bulan Maret"), asked, rules)


def test_a_reply_has_the_fields_of_its_action_and_no_others() -> None:
    typed = Typed(
        words=" Lewat sana ", to="PLN", unit="DLH", support=("PUPR",), category="c", into="SPG", proof=A_PHOTO
    )

    number = "SPG-S000-00007"
    assert UnitReplied(ticket=number, action="ask", message="Lewat sana") == reply_of(ACTS["tanya"], typed, number)
    assert UnitReplied(ticket=number, action="dispose", reason="Lewat sana", unit="DLH", support=["PUPR"]) == reply_of(
        ACTS["teruskan"], typed, number
    )
    assert UnitReplied(ticket=number, action="correct", category="c") == reply_of(ACTS["perbaiki"], typed, number)
    assert [A_PHOTO] == reply_of(ACTS["selesaikan"], typed, number).evidence


def test_the_sentences_of_its_category_come_first(rules: Rules) -> None:
    road = a_snapshot(category="jalan_jembatan")

    found = sentences(ACTS["selesaikan"], road, rules)

    assert ("Lubang di …", True) == (found[0][:11], "…" in found[-1])
    assert not any("Lampu" in each for each in found)
