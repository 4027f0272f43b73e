"""The classifier's model: installed in the data folder when its inputs have changed, from the cache or newly built."""

from __future__ import annotations

import hashlib
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from kabupaten import cache
from kabupaten.source import folders
from lapor.errors import Refused
from lapor.processes.data_dir import DataDir
from lapor.processes.process import Step

#: The files of a region that the model is built from; the service reads the others at its start.
INPUTS = ("categories.yaml", "territory.yaml", "training/*.yaml", "messages/*.jsonl")


#: The libraries that compute it.
LIBRARIES = ("numpy", "scikit-learn", "scipy")


def key(region: Path) -> str:
    """Hash all that goes into the model: its inputs in the region, the code that builds it, and its libraries."""
    inputs = [path for folder in folders(region) for name in INPUTS for path in sorted(folder.glob(name))]
    code = [path for package in ("classifier", "kabupaten") for path in sorted(_code(package).rglob("*.py"))]
    found = hashlib.sha256(" ".join([sys.version, *map(_version, LIBRARIES)]).encode())
    for path in inputs + code:
        found.update(f"{path.parent.name}/{path.name} {path.stat().st_size} ".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def is_current(data: DataDir, wanted: str) -> bool:
    """Whether the model in the data folder was built from the inputs with the key ``wanted``."""
    record = data.model.with_suffix(".key")
    return data.model.exists() and record.exists() and record.read_text() == wanted


def from_cache(data: DataDir, wanted: str) -> bool:
    """Whether this machine's cache has the model ``wanted``. If so, put it beside the one in use, as a build does."""
    content = cache.find("models", wanted)
    if content is not None:
        _fresh(data).write_bytes(content)
    return content is not None


def build_step(data: DataDir, region: Path) -> Step:
    """Return the step that builds the model, beside the one in use."""
    return Step(
        name="classifier-build",
        command=(sys.executable, "-m", "classifier", "build", "--region", str(region), "--out", str(_fresh(data))),
    )


def install(data: DataDir, built: str) -> None:
    """Replace the model in use by the new one beside it."""
    _fresh(data).replace(data.model)
    data.model.with_suffix(".key").write_text(built)


def keep(data: DataDir, built: str) -> None:
    """Put the model just built into the cache, for other data folders of this machine."""
    cache.keep("models", built, _fresh(data).read_bytes())


def _fresh(data: DataDir) -> Path:
    return data.model.with_suffix(".new").absolute()


def _code(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise Refused(f"{package} is not installed beside `lapor`: run `make sync`.")
    return Path(spec.origin).parent


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:  # the build reports it
        return "none"
