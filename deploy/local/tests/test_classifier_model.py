"""The classifier's model is built again when its inputs have changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kabupaten.cache import cache_dir
from lapor.processes.data_dir import DataDir
from lapor.servers import classifier_model
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
def test_only_files_the_model_is_built_from_cause_a_rebuild(region: Path, file: str, matters: bool) -> None:
    before = key(region)
    with (region / file).open("a") as opened:
        opened.write("\n")
    assert matters == (key(region) != before)


def test_changed_library_version_causes_a_rebuild(region: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(region)
    monkeypatch.setattr(classifier_model, "version", lambda _: "0.0.1")

    assert before != key(region)


def test_model_built_for_one_data_folder_is_reused_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    one, other = (DataDir(tmp_path / name) for name in ("one", "other"))
    one.root.mkdir()
    other.root.mkdir()
    built_at = Path(classifier_model.build_step(one, SOPPENG).command[-1])
    built_at.write_bytes(b"a model")
    classifier_model.keep(one, "its key")
    classifier_model.install(one, "its key")

    assert [classifier_model.from_cache(other, wanted) for wanted in ("another key", "its key")] == [False, True]
    classifier_model.install(other, "its key")
    assert one.model.read_bytes() == other.model.read_bytes() == b"a model"
    assert classifier_model.is_current(other, "its key")
    (kept,) = (cache_dir() / "models").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert not classifier_model.from_cache(other, "its key")
