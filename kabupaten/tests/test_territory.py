"""territory.yaml: places, and how their names are compared; test_checks.py shows how it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from kabupaten import RegionError, load
from kabupaten.territory import same_place

ONE = '{code: "1.1", name: Utara, villages: [{code: "1.1.1", name: Sidomulyo, kind: desa, ambiguous: adverb}]}'


def test_soppengs_territory_is_that_of_the_decree(soppeng: Path) -> None:
    territory = load(soppeng, "territory").territory
    assert ("73.12", "Soppeng", 8) == (territory.code, territory.name, len(territory.kecamatan))
    assert {"kelurahan": 21, "desa": 49} == territory.count


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind: desa", "kind: dusun", "kecamatan.0.villages.0.kind: .* Remedy: write desa or kelurahan"),
        ("adverb", "kadang", "ambiguous: .* Remedy: write true or adverb"),
        ('"1.1.1"', "1.2", 'villages.0.code: .* Remedy: write the code of Kemendagri in quotes, such as "73.12"'),
        ("name: Utara", "nama: Utara", "kecamatan.0: missing required field `name`"),
        (ONE, "", "kecamatan: .* Remedy: write a list of {code: …, name: …, villages: …}"),
    ],
)
def test_mistakes_in_territory_yaml_are_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = f'code: "1"\nkecamatan: [{ONE}]'
    (tmp_path / "territory.yaml").write_text(text)
    assert "adverb" == load(tmp_path, "territory").territory.kecamatan[0].villages[0].ambiguous
    (tmp_path / "territory.yaml").write_text(text.replace(old, new))
    with pytest.raises(RegionError, match=says):
        load(tmp_path, "territory")


@pytest.mark.parametrize(
    "written", ["Donri-Donri", "donri donri", "DONRIDONRI", "Kec. Donri-Donri", "Kecamatan Donri Donri"]
)
def test_a_kecamatan_is_the_same_however_it_is_written(written: str) -> None:
    assert "donridonri" == same_place(written)
