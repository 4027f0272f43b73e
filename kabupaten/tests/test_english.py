"""The English of a region: the same keys, the same placeholders, the same names, the same parts of pages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from kabupaten import RegionError, load
from kabupaten.checks import problems

SOPPENG = Path(__file__).parents[2] / "region" / "soppeng"


@pytest.fixture
def region(tmp_path: Path) -> Path:
    shutil.copytree(SOPPENG, tmp_path / "region")
    return tmp_path / "region"


def changed(file: Path, section: str, key: str, text: str | None) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    if text is None:
        del content[section][key]
    else:
        content[section][key] = text
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


@pytest.mark.parametrize(
    ("section", "key", "text", "said"),
    [
        ("web", "promise", None, "web: missing required field `promise`"),
        ("web", "promises", "Soon", "web.promises: unknown field `promises`"),
        ("web", "promise", "Soon.", "web.promise: it has other placeholders than the Indonesian: none"),
        ("danger", "fire", "Run.", "danger.fire: it has other placeholders than the Indonesian: none"),
        ("history", "routed", "To {office}.", "history.routed: nobody fills {office}"),
        ("calls", "pemadam", None, "calls: pemadam is missing"),
        ("calls", "pemadan", "fire", "calls.pemadan: there is no such name in the region"),
        ("categories", "kesehatan", None, "categories: kesehatan is missing"),
        ("groups", "Layanan warga", None, "groups: Layanan warga is missing"),
    ],
)
def test_differences_between_english_and_indonesian_texts_are_named(
    region: Path, section: str, key: str, text: str | None, said: str
) -> None:
    changed(region / "texts.en.yaml", section, key, text)

    assert [said] == [each.problem for each in problems(region)]


def test_a_part_of_a_page_that_is_missing_is_named(region: Path) -> None:
    file = region / "pages.en.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["pages"]["privasi"]["sections"][1]["points"].pop()
    content["pages"]["kontak"]["lead"] = "Ask {office}."
    file.write_text(yaml.safe_dump(content), encoding="utf-8")

    assert [
        "pages.privasi.sections.1.points.11: it is missing",
        "pages.kontak.lead: it has other placeholders than the Indonesian: {office}",
    ] == [each.problem for each in problems(region)]


def test_a_region_offers_english_whole_or_not_at_all(region: Path) -> None:
    (region / "pages.en.yaml").unlink()
    assert ["it is missing, and texts.en.yaml is there"] == [each.problem for each in problems(region)]

    (region / "texts.en.yaml").unlink()
    assert [] == problems(region)
    assert (None, None) == (load(region, "texts_en").texts_en, load(region, "pages_en").pages_en)


def test_a_service_refuses_a_text_that_is_missing(region: Path) -> None:
    changed(region / "texts.en.yaml", "now", "routed", None)

    with pytest.raises(RegionError, match="routed"):
        load(region, "texts_en")
