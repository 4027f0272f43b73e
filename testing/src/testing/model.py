"""The classifier's model of a region, built once for all tests and kept for the next run: it takes many seconds."""

from __future__ import annotations

import fcntl
from pathlib import Path

from classifier.category import linear_model
from classifier.training.build import build
from kabupaten import cache, load
from kabupaten.gazetteer import gazetteer_of, place_names
from kabupaten.training import load_training
from lapor.servers.classifier_model import key

_ROOT = Path(__file__).parents[3]


def model_of(region: Path) -> Path:
    """Return the model of ``region``, as `lapor up` keeps it; one worker builds it if it is missing."""
    folder, wanted = _ROOT / "build" / "model-of-tests", key(region)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{wanted}.model"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            for old in folder.glob("*.model"):
                old.unlink()
            (folder / "new").write_bytes(cache.find("models", wanted) or _built(region, folder / "new"))
            cache.keep("models", wanted, (folder / "new").read_bytes())
            (folder / "new").replace(path)
    return path


def _built(region: Path, path: Path) -> bytes:
    places = place_names(gazetteer_of(load(region, "territory").territory))
    linear_model.save(build(load_training(region), places, lambda _: None), path)
    return path.read_bytes()
