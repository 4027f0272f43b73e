"""Kafka's jars: downloaded once, each checked, and a failed download says what to do."""

import gc
import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kabupaten.cache import cache_dir
from lapor.errors import Refused
from lapor.servers import jars

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without logging."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository with two jars on this machine, an empty cache, and a lock that names both."""
    folder = tmp_path / "repository"
    for name in ("one", "two"):
        place = folder / "org" / "example" / name / "1"
        place.mkdir(parents=True)
        (place / f"{name}-1.jar").write_bytes(name.encode())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=[0.01]).start()
    here = {"here": f"http://127.0.0.1:{server.server_port}"}
    monkeypatch.setattr("jgo.maven._core.DEFAULT_REMOTE_REPOS", here)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(jars, "LOCK", tmp_path / "jars.txt")
    lock({"one": b"one", "two": b"two"})
    yield folder
    server.shutdown()
    server.server_close()
    gc.collect()  # jgo leaves the connection of a failed download to the garbage collector, which warns


def lock(contents: dict[str, bytes]) -> None:
    rows = (f"org.example:{name}:1 {hashlib.sha256(content).hexdigest()}" for name, content in contents.items())
    jars.LOCK.write_text("# a comment\n" + "\n".join(rows) + "\n")


def test_jars_are_fetched_once_and_then_need_no_network(repository: Path) -> None:
    first = jars.classpath()
    assert [path.read_bytes() for path in first] == [b"one", b"two"]
    for path in repository.rglob("*.jar"):
        path.unlink()
    assert jars.classpath() == first


def test_a_jar_that_is_not_the_locked_one_is_refused_and_not_kept(repository: Path) -> None:
    lock({"one": b"one", "two": b"something else"})
    with pytest.raises(Refused, match="not the locked"):
        jars.classpath()
    assert [path.name for path in cache_dir().rglob("*.jar")] == ["one-1.jar"]


def test_a_failed_download_says_what_to_do_and_the_next_start_goes_on_from_there(repository: Path) -> None:
    missing = repository / "org" / "example" / "two" / "1" / "two-1.jar"
    missing.rename(missing.with_suffix(".away"))
    with pytest.raises(Refused, match=r"could not be downloaded .* Check the network and start again"):
        jars.classpath()
    missing.with_suffix(".away").rename(missing)
    seen: list[tuple[int, int]] = []
    jars.classpath(lambda done, of: seen.append((done, of)))
    assert seen == [(2, 2)]


def test_a_download_that_breaks_off_is_tried_again(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def breaks_off_once(handler: Quiet) -> None:
        asked.append(handler.path)
        if asked.count(handler.path) > 1:
            SimpleHTTPRequestHandler.do_GET(handler)

    monkeypatch.setattr(Quiet, "do_GET", breaks_off_once, raising=False)
    monkeypatch.setattr(jars, "TRY_AGAIN_S", (0,) * 5)
    assert [path.read_bytes() for path in jars.classpath()] == [b"one", b"two"]
    assert sorted(path for path in asked if path.endswith(".jar")) == [
        *["/org/example/one/1/one-1.jar"] * 2,
        *["/org/example/two/1/two-1.jar"] * 2,
    ]


def test_the_lock_names_one_version_of_kafka() -> None:
    versions = {jar.coordinate.split(":")[2] for jar in jars.locked() if jar.coordinate.startswith("org.apache.kafka:")}
    assert versions == {jars.KAFKA}
