"""When the classifier's model is built anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lapor.servers.classifier_model import key

SOPPENG = Path(__file__).parents[3] / "region" / "soppeng"


@pytest.fixture
def region(tmp_path: Path) -> Path:
    return shutil.copytree(SOPPENG, tmp_path / "soppeng")


@pytest.mark.parametrize(
    ("file", "matters"),
    [
        ("categories.yaml", True),
        ("training/air_bersih.yaml", True),
        ("messages/air_bersih.jsonl", True),
        ("territory.yaml", True),
        ("lexicon/urgency.yaml", False),
        ("units.yaml", False),
        ("routing.yaml", False),
        ("texts.yaml", False),
    ],
)
def test_only_what_the_model_is_made_of_makes_it_be_built_anew(region: Path, file: str, matters: bool) -> None:
    before = key(region)
    with (region / file).open("a") as opened:
        opened.write("\n")
    assert matters == (key(region) != before)
