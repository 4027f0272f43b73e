"""Proofs of a resolution are links on the government's page: they lead only to hosts that the kabupaten vouches for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from router_office import RULES, Office, answer_to, classified, in_status, kinds, received, reply

from contracts.events import Evidence

HOSTS = (".soppengkab.go.id", "foto.example")


def proof(url: str = "https://pupr.soppengkab.go.id/foto/17.jpg", **facts: Any) -> Evidence:
    return Evidence(**{"url": url, "media_type": "image/jpeg", "sha256": "ab" * 32, "bytes": 81_234, **facts})


def resolved(*proofs: Evidence, hosts: tuple[str, ...] = HOSTS) -> tuple[Office, list[Any]]:
    office = in_status("routed")
    office.rules = replace(RULES, evidence_hosts=hosts)
    said = reply("resolve", message="Lubang sudah ditambal", evidence=list(proofs))
    return office, office.hear(("PUPR", said))


# proofs that are accepted
TAKEN = [
    proof(),
    proof("https://soppengkab.go.id/1"),
    proof("https://foto.example:443/1?lebar=800"),
    proof("HTTPS://PUPR.Soppengkab.GO.ID/1"),
    proof("https://pupr.soppengkab.go.id./1"),
    proof("https://pupr.soppengkab.go.id/IMG-20261124-WA0001.jpg"),
    proof("https://pupr.soppengkab.go.id/2026/11/24/20261124_093015.jpg"),
    proof(media_type="application/pdf", bytes=1),
    proof(media_type="video/mp4", bytes=100_000_000),
    proof(sha256="AB" * 32),
]


@pytest.mark.parametrize("given", TAKEN, ids=lambda given: given.url)
def test_a_proof_where_the_kabupaten_answers_for_it_is_in_the_story(given: Evidence) -> None:
    office, told = resolved(given)
    assert (["resolved"], [given]) == (kinds(told), office.story()[-1].evidence)


PHOTOS, NAME = "http://127.0.0.1:17083/bukti/", "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        (f"{PHOTOS}{NAME}", True),
        (f"{PHOTOS}{NAME}?unit=PUPR", False),
        (f"{PHOTOS}../masuk", False),
        (f"{PHOTOS}{NAME[1:]}7", False),
        (NAME, False),
        (f"http://127.0.0.1:17084/bukti/{NAME}", False),
    ],
)
def test_a_photo_that_the_desk_keeps_is_taken_wherever_the_desk_is(url: str, taken: bool) -> None:
    office = in_status("routed")
    office.rules = replace(RULES, evidence_hosts=HOSTS, desk_photos=PHOTOS)

    told = office.hear(("PUPR", reply("resolve", message="Lubang sudah ditambal", evidence=[proof(url)])))

    assert taken == ("resolved" in kinds(told))


# refused proofs, and what the unit is told
REFUSED: dict[str, tuple[Evidence, str]] = {
    "another host": (proof("https://evil.example/1"), "evil.example bukan tempat"),
    "ours in front": (proof("https://soppengkab.go.id.evil.example/1"), "soppengkab.go.id.evil.example bukan tempat"),
    "ours behind": (proof("https://evilsoppengkab.go.id/1"), "bukan tempat"),
    "below a host that stands alone": (proof("https://a.foto.example/1"), "bukan tempat"),
    "punycode": (proof("https://xn--soppengkb-7fg.go.id/1"), "bukan tempat"),
    "a letter that looks like it": (proof("https://soppengk\u0430b.go.id/1"), "alamatnya"),
    "not encrypted": (proof("http://pupr.soppengkab.go.id/1"), "https"),
    "a user before it": (proof("https://x@evil.example/1"), "alamatnya"),
    "ours as user": (proof("https://soppengkab.go.id@evil.example/1"), "alamatnya"),
    "another port": (proof("https://pupr.soppengkab.go.id:8443/1"), "alamatnya"),
    "from right to left": (proof("https://pupr.soppengkab.go.id/\u202egpj.exe"), "alamatnya"),
    "zero width": (proof("https://pupr.soppengkab.go.id/\u200b1"), "alamatnya"),
    "backslash": (proof("https://evil.example\\.soppengkab.go.id/1"), "alamatnya"),
    "two final dots": (proof("https://soppengkab.go.id../1"), "alamatnya"),
    "script": (proof("javascript:alert(1)"), "alamatnya"),
    "without end": (proof("https://pupr.soppengkab.go.id/" + "a" * 1_000), "alamatnya"),
    "a NIK in it": (proof("https://pupr.soppengkab.go.id/ktp-7312010203850004.jpg"), "nomor pribadi"),
    "a number as its host": (proof("https://081277889911.example/1"), "[TELEPON].example bukan tempat"),
    "a program": (proof(media_type="application/x-msdownload"), "jenis"),
    "a page": (proof(media_type="text/html"), "jenis"),
    "no checksum": (proof(sha256="0"), "sha256"),
    "no hexadecimal": (proof(sha256="xy" * 32), "sha256"),
    "empty": (proof(bytes=0), "ukuran"),
    "huge": (proof(bytes=100_000_001), "ukuran"),
}


@pytest.mark.parametrize(("given", "words"), REFUSED.values(), ids=REFUSED)
def test_any_other_proof_is_refused_by_its_number_and_with_the_remedy(given: Evidence, words: str) -> None:
    office, told = resolved(proof(), given)
    answer, reason = answer_to(told), str(answer_to(told).reason)
    assert (False, "bad_evidence", "routed") == (answer.accepted, answer.code, office.case.status)
    assert reason.startswith("bukti ke-2: ")
    assert words in reason
    assert reason.isascii()
    assert "7312010203850004" not in reason


def test_ten_proofs_are_enough() -> None:
    assert answer_to(resolved(*[proof()] * 10)[1]).accepted
    answer = answer_to(resolved(*[proof()] * 11)[1])
    assert ("bad_evidence", "11 bukti, paling banyak 10; kirim yang paling jelas") == (answer.code, answer.reason)


def test_a_region_without_hosts_takes_no_proof_and_says_who_can_help() -> None:
    assert "belum ada. Tempat lain dicatat oleh DISKOMINFO" in str(answer_to(resolved(proof(), hosts=())[1]).reason)


@pytest.mark.parametrize("action", ["progress", "resolve"])
def test_one_that_helps_is_held_to_it_too(action: str) -> None:
    office = Office()
    office.hear(received(), classified(abstained=True))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["PDAM"])))
    bad = reply(action, message="Pipa sudah diganti", evidence=[proof("https://evil.example/1")])
    assert "bad_evidence" == answer_to(office.hear(("PDAM", bad))).code
