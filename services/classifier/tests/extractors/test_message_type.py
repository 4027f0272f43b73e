"""Whether a message complains, asks or wishes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from classifier.domain import KINDS
from classifier.extractors.message_type import kind_of
from kabupaten.phrases import Matches


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("bagaimana cara urus akta kelahiran?", "permintaan_informasi"),
        ("Mau tanya pak, syarat pindah domisili apa saja", "permintaan_informasi"),
        ("berapa biaya pasang baru PDAM", "permintaan_informasi"),
        ("kapan pendaftaran PPPK dibuka?", "permintaan_informasi"),
        ("di mana tempat vaksin rabies?", "permintaan_informasi"),
        ("kapan jalan ini diperbaiki, sudah rusak parah dan tidak pernah ditanggapi", "pengaduan"),
        ("air mati tiga hari", "pengaduan"),
        ("petugas membentak saya waktu bertanya", "pengaduan"),
        ("usul dibuatkan taman bermain di lapangan", "aspirasi"),
        ("saran saya sebaiknya pasar buka sampai sore", "aspirasi"),
    ],
)
def test_asking_is_told_from_complaining(said: Callable[[str], Matches], text: str, kind: str) -> None:
    assert kind == kind_of(said(text))


def hints(**given: float) -> dict[str, float]:
    return {**dict.fromkeys(KINDS, -1.0), **given}


@pytest.mark.parametrize(
    ("text", "given", "kind"),
    [
        ("kapan pendaftaran PPPK dibuka?", hints(pengaduan=0.1), "pengaduan"),
        ("kapan pendaftaran PPPK dibuka?", hints(pengaduan=-0.9), "permintaan_informasi"),
        ("ktp sdh jadi blm min", hints(pengaduan=-0.3, permintaan_informasi=0.3), "permintaan_informasi"),
        ("ktp sdh jadi blm min", hints(), "pengaduan"),
        ("usul dibuatkan taman bermain", hints(aspirasi=-0.5, pengaduan=-0.6), "aspirasi"),
    ],
)
def test_kind_is_what_words_and_hints_speak_for_most(
    said: Callable[[str], Matches], text: str, given: dict[str, float], kind: str
) -> None:
    assert kind == kind_of(said(text), given)
