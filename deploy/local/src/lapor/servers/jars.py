"""Apache Kafka's jars: downloaded once into the user's cache, each checked against the hash in ``jars.txt``."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kabupaten.cache import cache_dir
from lapor.errors import Refused

LOCK = Path(__file__).with_name("jars.txt")
KAFKA = "4.3.1"
WITH_DEPENDENCIES = f"org.apache.kafka:kafka_2.13:{KAFKA}"
# Taken without their dependencies: kafka-tools needs the Connect runtime and a web server, which nothing here starts.
# Without the logging binding a broker dies silently; resolved together with Kafka, log4j's own list of versions would
# win and bring an older kafka-clients.
ALONE = (
    f"org.apache.kafka:kafka-tools:{KAFKA}",
    f"org.apache.kafka:kafka-tools-api:{KAFKA}",
    "org.apache.logging.log4j:log4j-api:2.25.4",
    "org.apache.logging.log4j:log4j-core:2.25.4",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4",
)
DOWNLOADS_AT_ONCE = 8
#: Seconds before each retry of a download that failed: names often don't resolve for a moment.
TRY_AGAIN_S = (1, 4)


@dataclass(frozen=True, kw_only=True)
class Jar:
    """One jar: its Maven coordinate ``group:artifact:version`` and its SHA-256."""

    coordinate: str
    sha256: str

    @property
    def filename(self) -> str:
        """The file's name, as Maven forms it."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def locked() -> list[Jar]:
    """Read the jars that ``jars.txt`` names."""
    rows = (line.split() for line in LOCK.read_text().splitlines() if line and not line.startswith("#"))
    return [Jar(coordinate=coordinate, sha256=sha256) for coordinate, sha256 in rows]


def classpath(progress: Callable[[int, int], None] = lambda done, of: None) -> list[Path]:
    """Return the paths of the jars, after downloading those that the cache lacks.

    Args:
        progress: called with (jars present, jars in all) as downloads finish.

    Raises:
        Refused: a jar could not be downloaded, or differs from the locked one.
    """
    jars = locked()
    key = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    folder = cache_dir() / f"kafka-{KAFKA}-{key}"
    wanted = [folder / jar.filename for jar in jars]
    missing = [jar for jar, path in zip(jars, wanted, strict=True) if not path.exists()]
    if not missing:
        return wanted
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        jobs = [pool.submit(_fetch_patiently, jar, folder) for jar in missing]
        try:
            for n, job in enumerate(jobs, 1):
                job.result()
                progress(len(jars) - len(missing) + n, len(jars))
        except (OSError, RuntimeError, AssertionError) as error:
            pool.shutdown(cancel_futures=True)
            raise Refused(
                f"{_cause(error)}. Check the network and start again: what arrived is kept in {folder}."
            ) from error
    return wanted


def _cause(error: BaseException) -> str:
    """Return our own sentence as it is, or only the type of the HTTP library's errors, which have many lines."""
    text = str(error)
    return text if text.startswith("Apache Kafka") else f"Apache Kafka could not be downloaded ({type(error).__name__})"


def _fetch_patiently(jar: Jar, folder: Path) -> None:
    for pause_s in TRY_AGAIN_S:
        try:
            return _fetch(jar, folder)
        except OSError:
            time.sleep(pause_s)
    return _fetch(jar, folder)


def _fetch(jar: Jar, folder: Path) -> None:
    """Download one jar and move it into place only if its hash is right, so that half a file never counts."""
    from jgo.maven import MavenContext  # slow to import: a start with a full cache must not pay for it

    part = folder / f".{jar.filename}.{os.getpid()}"
    try:
        context = MavenContext(repo_cache=part, timeout=30)
        path = context.create_dependency(jar.coordinate).artifact.resolve()
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != jar.sha256:
            raise RuntimeError(f"Apache Kafka's {jar.filename} has SHA-256 {found}, not the locked {jar.sha256}")
        path.replace(folder / jar.filename)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def resolve() -> list[Jar]:
    """Resolve the dependencies for ``jars.txt`` after a version was raised (``python -m lapor.servers.jars``)."""
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=cache_dir() / "maven", timeout=30)
    roots, below = context.resolver.resolve([context.create_dependency(WITH_DEPENDENCIES)])
    artifacts = {d.artifact for d in [*roots, *below] if d.scope in ("compile", "runtime", None)}
    artifacts |= {context.create_dependency(c).artifact for c in ALONE}
    return [
        Jar(
            coordinate=f"{a.groupId}:{a.artifactId}:{a.version}",
            sha256=hashlib.sha256(a.resolve().read_bytes()).hexdigest(),
        )
        for a in sorted(artifacts, key=lambda a: (a.groupId, a.artifactId))
    ]


if __name__ == "__main__":
    lines = "".join(f"{jar.coordinate} {jar.sha256}\n" for jar in resolve())
    LOCK.write_text(f"# Written by `python -m lapor.servers.jars`: what the broker's classpath is made of.\n{lines}")
