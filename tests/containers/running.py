"""What the containers run, without containers: the scripts of deploy/, on the programs that the tests have anyway."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lapor import postgres
from lapor.ports import any_free
from lapor.process import identity


@dataclass(kw_only=True)
class Database:
    """One database of the compose file: its start, as the image does it."""

    folder: Path
    owner: str = "router"
    password: str = "of-the-owner-alone"
    port: int = field(default_factory=any_free)
    server: subprocess.Popen[bytes] | None = None

    @property
    def user(self) -> str:
        """Who runs the server; PostgreSQL refuses root."""
        return postgres.server_user() or pwd.getpwuid(os.geteuid()).pw_name

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}:{postgres.BIN}:{os.environ['PATH']}",
            "LAPOR": str(self.folder / "deploy"),
            "PGDATA": str(self.folder / "data"),
            "PGHOST": str(self.folder),
            "PGPORT": str(self.port),
            "POSTGRES_USER": self.user,
            "OWNER": self.owner,
            "OWNER_PASSWORD": self.password,
        }

    def dsn(self, role: str | None = None, database: str | None = None, options: str = "") -> str:
        who = role or self.owner
        return f"postgresql://{who}:{self.password}@localhost:{self.port}/{database or self.owner}{options}"

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command as `docker-compose exec` does: as the user of the server, beside it."""
        return subprocess.run(
            command, env=self.env | env, cwd="/", capture_output=True, text=True, timeout=60, **self._who
        )

    def admin(self, sql: str) -> list[str]:
        """What the superuser is answered, who comes by the socket."""
        done = self.run("psql", "-XAtc", sql, "-U", self.user, "-d", "postgres")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def start(self) -> None:
        command = ["bash", str(self.folder / "deploy" / "start.sh")]
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(
                command, env=self.env, cwd="/", stdout=log, stderr=log, start_new_session=True, **self._who
            )
        for _ in range(600):
            if self.run("pg_isready", "-q", "-h", "localhost").returncode == 0:
                return
            if self.server.poll() is not None:
                break
            self.run("sleep", "0.1")
        raise RuntimeError((self.folder / "log").read_text())

    def stop(self) -> None:
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)
            self.server.wait(30)

    @property
    def _who(self) -> Mapping[str, Any]:
        return identity(postgres.server_user())
