"""Settings from the environment: read once, all that is wrong named at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar
from uuid import UUID

from pydantic import (
    AnyHttpUrl,
    BeforeValidator,
    Field,
    FilePath,
    PostgresDsn,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.exits import EXIT_SETTINGS

S = TypeVar("S", bound=BaseSettings)
#: What .env.example says in place of a secret, and of a UUID. Everybody knows them.
PLACEHOLDER = "change-me"
PLACEHOLDER_UUIDS = (UUID(int=0), UUID("00000000-0000-4000-8000-000000000000"))


def _with_password(value: Any) -> Any:
    if isinstance(value, str) and ":@" in value:
        raise ValueError("its password is empty")
    return value


Database = Annotated[PostgresDsn, BeforeValidator(_with_password)]


class _OwnSecrets(BaseSettings):
    """Settings of which no secret, whatever field holds it, is a placeholder."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    @field_validator("*", mode="after")
    @classmethod
    def _no_placeholder(cls, value: Any) -> Any:
        if _is_placeholder(value):
            raise ValueError("still the placeholder of .env.example, which everybody knows: put a secret of your own")
        return value


def _is_placeholder(value: object) -> bool:
    match value:
        case SecretStr():
            return value.get_secret_value() == PLACEHOLDER
        case PostgresDsn():
            return any(host["password"] == PLACEHOLDER for host in value.hosts())
        case UUID():
            return value in PLACEHOLDER_UUIDS
    return False


class ServiceSettings(_OwnSecrets):
    """What every service reads. A service adds its own fields in its ``settings.py``."""

    kafka_bootstrap_servers: str = Field(min_length=1, description="brokers, host:port with commas")
    kafka_username: str = Field(description="this service's principal")
    kafka_password: SecretStr = Field(min_length=1, description="its SCRAM-SHA-512 password")
    kafka_ca_file: FilePath | None = Field(
        None, description="CA of the brokers; without it the connection is not encrypted"
    )
    region_dir: Path = Field(description="folder of the kabupaten's data")
    http_host: str = Field("127.0.0.1", description="address of /metrics, /live and /ready")
    http_port: int = Field(ge=1, le=65535, description="port of /metrics, /live and /ready")
    slot: int = Field(0, ge=0, le=11, description="number of this process among those of its service; never twice")
    batch_max: int = Field(200, ge=1, description="events in one transaction")
    batch_within_s: float = Field(0.05, gt=0, description="seconds to wait for a batch to fill")
    batch_timeout_s: float = Field(30, gt=0, description="seconds until a batch is given up and the process leaves")
    assignment_timeout_s: float = Field(
        60, gt=0, description="seconds without partitions, or one topic, until it starts again"
    )
    stall_timeout_s: float = Field(120, gt=0, description="seconds with lag and no finished batch until it leaves")
    session_timeout_s: float = Field(30, gt=0, description="seconds until Kafka gives away what a dead process read")
    commit_interval_s: float = Field(1, gt=0, description="seconds between offset commits: what a crash replays")
    publish_timeout_s: float = Field(10, gt=0, description="seconds until a publish is tried anew")
    otel_exporter_otlp_endpoint: Annotated[AnyHttpUrl | None, BeforeValidator(lambda value: value or None)] = Field(
        None, description="where traces go, by OTLP over HTTP; without it nothing is traced"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")


class MigrateSettings(_OwnSecrets):
    """All that ``migrate`` needs."""

    database_url: Database = Field(description="this service's own database")


class DatabaseSettings(ServiceSettings):
    """For a service that owns a database."""

    database_url: Database = Field(description="this service's own database")


def read_settings(kind: type[S], service: str = "", **given: Any) -> S:
    """The settings, or exit 78 with one line per bad variable on stderr. ``service``: if ``kind`` is not its own."""
    try:
        return kind(**given)
    except ValidationError as error:
        fail(service or kind.__module__.split(".")[0], error)


def fail(service: str, error: ValidationError) -> NoReturn:
    """Say what is wrong with each variable; never its value, which may be a secret. Exit 78."""
    lines = [f"{service.replace('_', '-')} can't start, {error.error_count()} setting(s) to mend:"]
    for problem in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in problem["loc"]).upper() or "(together)"
        lines.append(f"  {name}: {'not set' if problem['type'] == 'missing' else problem['msg']}")
    sys.stderr.write("\n".join(lines) + "\n")
    sys.exit(EXIT_SETTINGS)
