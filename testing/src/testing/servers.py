"""For tests and benchmarks: a real broker and database, started, killed and stopped at will; `lapor`; npm packages."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from contracts.topics import Topic
from lapor.commands.status import report
from lapor.processes.data_dir import DataDir, let_through, tail
from lapor.processes.ports import choose
from lapor.processes.process import Process, environment, identity
from lapor.servers import acls, kafka, postgres, provision
from testing.waiting import PATIENCE


@dataclass(kw_only=True)
class Stack:
    """A running broker and database cluster."""

    broker: kafka.Broker
    cluster: postgres.Cluster
    passwords: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    logs: Path

    @property
    def bootstrap(self) -> str:
        """The broker's address."""
        return self.broker.bootstrap

    @property
    def admin(self) -> tuple[str, str]:
        """Name and password of Kafka's super user."""
        return kafka.ADMIN, self.broker.password

    def client(self, principal: str = kafka.ADMIN) -> dict[str, str | int]:
        """Settings of a librdkafka client for ``principal``."""
        password = self.broker.password if principal == kafka.ADMIN else self.passwords[principal]
        return kafka.client_settings(self.bootstrap, principal, password)

    def provision_kafka(self, topics: list[Topic], units: Iterable[str]) -> None:
        """Create topics, users and ACLs, and a password for each principal that lacks one."""
        units = list(units)
        for name in acls.principals(topics, units):
            self.passwords.setdefault(name, secrets.token_urlsafe(24))
        provision.provision(self.client(), topics, units, self.passwords)

    def database(self, name: str) -> str:
        """Return the DSN of a database of this name; create it with its own role if it is new."""
        key = f"database {name}"
        self.passwords.setdefault(key, secrets.token_urlsafe(24))
        postgres.provision(self.cluster, {name: self.passwords[key]})
        return self.cluster.dsn(name, name, self.passwords[key])

    def copy(self, template: str, name: str) -> str:
        """Copy the database ``template``, which nobody may be connected to. Return the DSN, with a role of its own."""
        old, new = sql.Identifier(template), sql.Identifier(name)
        with psycopg.connect(self.cluster.dsn(), autocommit=True) as db:
            db.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(new, old))
        dsn = self.database(name)
        with psycopg.connect(self.cluster.dsn(name), autocommit=True) as db:
            db.execute(sql.SQL("ALTER DATABASE {0} OWNER TO {0}").format(new))
            db.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(old, new))
        return dsn

    def start_broker(self) -> None:
        """Start the broker and wait until it answers."""
        self._start(kafka.process(self.broker), lambda: kafka.is_ready(self.broker))

    def kill_broker(self) -> None:
        """Kill the broker with SIGKILL, as the kernel does when memory runs out."""
        self._kill("kafka")

    def start_postgres(self) -> None:
        """Start the database cluster and wait until it answers."""
        self._start(postgres.process(self.cluster), lambda: postgres.is_ready(self.cluster))

    def kill_postgres(self) -> None:
        """Kill the server and everything it started with SIGKILL."""
        self._kill("postgres")

    def discard(self) -> None:
        """Kill both, since nobody needs their files: an orderly shutdown would write them all out first."""
        self.kill_broker()
        self.kill_postgres()

    def _start(self, process: Process, is_ready: Callable[[], bool]) -> None:
        with (self.logs / f"{process.name}.log").open("ab") as log:
            self.processes[process.name] = child = subprocess.Popen(  # noqa: S603 - the same commands as `lapor up`
                process.command,
                env=environment(process.env()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **identity(process.user),
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE * process.ready_timeout_s
        while not is_ready():
            if child.poll() is not None or time.monotonic() > deadline:
                self._kill(process.name)
                raise RuntimeError(f"{process.name} did not start:\n{tail(self.logs / f'{process.name}.log')}")
            time.sleep(0.05)

    def _kill(self, name: str) -> None:
        child = self.processes.pop(name, None)
        if child and child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait(30)
            _until_gone(child.pid)


def _until_gone(group: int) -> None:
    """Wait for the orphans of a killed PostgreSQL, whose shared memory would block a start. A zombie holds none."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(_is_of(each, group) for each in psutil.process_iter()):
        time.sleep(0.02)


def _is_of(process: psutil.Process, group: int) -> bool:
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False


def start_postgres(directory: Path, fsync: bool = True) -> Stack:
    """Start a cluster in ``directory``, which the server's user may pass through; the broker beside it is not started.

    Without ``fsync``, committed data outlives the server, however it ends, but not the machine.

    Raises:
        RuntimeError: it did not start; the message ends with its log.
    """
    directory.mkdir(parents=True, exist_ok=True)
    let_through(directory)
    ports = choose({"kafka": 0, "controller": 0, "postgres": 0}, directory / "ports.json")
    secret, home = secrets.token_urlsafe(24), directory / "kafka"
    stack = Stack(
        broker=kafka.Broker(directory=home, port=ports["kafka"], controller_port=ports["controller"], password=secret),
        cluster=postgres.Cluster(directory=directory / "postgres", port=ports["postgres"], password=secret),
        logs=directory,
    )
    postgres.prepare(stack.cluster)
    if not fsync:
        (stack.cluster.directory / "postgresql.auto.conf").write_text("fsync = off\n")
    stack.start_postgres()
    return stack


def start_kafka_and_postgres(directory: Path, fsync: bool = True) -> Stack:
    """Start both.

    Raises:
        Refused: the jars cannot be had.
        RuntimeError: one of them did not start; the message ends with its log.
    """
    stack = start_postgres(directory, fsync)
    try:
        kafka.prepare(stack.broker)
        stack.start_broker()
    except BaseException:
        stack.discard()
        raise
    return stack


@dataclass(frozen=True, kw_only=True)
class Cli:
    """Runs `lapor` on one data folder. ``env``: variables besides ours."""

    data: DataDir
    region: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(  # noqa: S603 - this same program
            self._command(*arguments), env={**os.environ, **self.env}, capture_output=True, text=True, timeout=180
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        return subprocess.Popen(  # noqa: S603 - this same program
            self._command(*arguments),
            env={**os.environ, **self.env},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`lapor up --detach`."""
        return self("up", "--detach", "--region", str(self.region), *arguments)

    def status(self) -> dict[str, Any]:
        """Return the processes of `lapor status --json`, with ``services`` by name. The command would cost a second."""
        found = report(self.data)
        return {**found, "services": {each["name"]: each for each in found["services"]}}

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "lapor", *arguments, "--data", str(self.data.root)]


def npm_packages(folder: Path) -> Path:
    """Copy ``folder`` into the virtual environment, with the packages that its ``package.json`` pins. Return the copy.

    Raises:
        LookupError: node or npm is missing, or npm can't install the packages; the text says what to do.
    """
    if not (shutil.which("node") and shutil.which("npm")):
        raise LookupError("needs node and npm (Debian: apt-get install nodejs npm)")
    home = Path(sys.prefix) / "node" / folder.name
    shutil.copytree(folder, home, dirs_exist_ok=True)
    pinned: dict[str, str] = json.loads((folder / "package.json").read_text())["dependencies"]
    found = {name: home / "node_modules" / name / "package.json" for name in pinned}
    there = {name: json.loads(path.read_text())["version"] for name, path in found.items() if path.exists()}
    if there == {name: _version(pin) for name, pin in pinned.items()}:
        return home
    install = "npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error"
    done = subprocess.run(install.split(), cwd=home, capture_output=True, text=True, timeout=300)  # noqa: S603
    if done.returncode:
        raise LookupError(f"npm can't install {', '.join(pinned)}: {done.stderr[-500:]}")
    return home


def _version(pin: str) -> str:
    """Return the version in `1.2.3`, or in the same package under another name: `npm:package@1.2.3`."""
    return pin.rpartition("@")[2]
