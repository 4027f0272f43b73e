"""The classifier's model: put into the data folder when what it is made of has changed, from the cache or built."""

from __future__ import annotations

import hashlib
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from kabupaten import kept
from kabupaten.source import folders
from lapor.errors import Refused
from lapor.processes.data_dir import DataDir
from lapor.processes.process import Step

#: What of a region the model is made of; the rest is read by the service at its start.
INPUTS = ("categories.yaml", "territory.yaml", "training/*.yaml", "messages/*.jsonl")


#: And the libraries that compute it.
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
    """Whether the model in the data folder was built from the inputs of that key."""
    record = data.model.with_suffix(".key")
    return data.model.exists() and record.exists() and record.read_text() == wanted


def from_cache(data: DataDir, wanted: str) -> bool:
    """Whether the model of that key was kept on this machine; then it lies beside the one in use, as a built one."""
    content = kept.find("models", wanted)
    if content is not None:
        _fresh(data).write_bytes(content)
    return content is not None


def build_step(data: DataDir, region: Path) -> Step:
    """The command that builds it, beside the one in use."""
    return Step(
        name="classifier-build",
        command=(sys.executable, "-m", "classifier", "build", "--region", str(region), "--out", str(_fresh(data))),
    )


def install(data: DataDir, built: str) -> None:
    """Put the model beside the one in use in its place."""
    _fresh(data).replace(data.model)
    data.model.with_suffix(".key").write_text(built)


def keep(data: DataDir, built: str) -> None:
    """Keep the model just built, for other data folders of this machine."""
    kept.keep("models", built, _fresh(data).read_bytes())


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
    except PackageNotFoundError:  # what builds the model says so
        return "none"
