"""Settings from the environment, or from files that it names: read once, all mistakes reported together."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar, get_args
from urllib.parse import quote
from uuid import NAMESPACE_DNS, NAMESPACE_OID, NAMESPACE_URL, NAMESPACE_X500, UUID

from pydantic import (
    AnyHttpUrl,
    BeforeValidator,
    Field,
    FilePath,
    PostgresDsn,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from chassis.exits import EXIT_SETTINGS

S = TypeVar("S", bound=BaseSettings)
#: In ``Annotated``: may be left out, but empty it is a mistake. Nobody asks for an unencrypted connection that way.
NEVER_EMPTY = object()
#: The placeholder of secrets in .env.example; and UUIDs that everybody knows, those of RFC 9562, 6.6 among them.
PLACEHOLDER = "change-me"
PLACEHOLDER_UUIDS = (
    UUID("00000000-0000-4000-8000-000000000000"),
    *(UUID(digit * 32) for digit in "0123456789abcdef"),
    *(NAMESPACE_DNS, NAMESPACE_URL, NAMESPACE_OID, NAMESPACE_X500),
)
#: Words that are nobody's secret.
WORDS = ("changeme", "password", "passwd", "secret", "rahasia", "sandi", "admin", "postgres", "lapor")


def _with_password(value: Any) -> Any:
    if isinstance(value, str) and ":@" in value:
        raise ValueError("its password is empty")
    return value


Database = Annotated[PostgresDsn, BeforeValidator(_with_password)]


def secret(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the variable ``name``, or the content of the file that ``<name>_FILE`` names; None without both.

    A container's environment is shown to everybody who may look at the container; a file is not.

    Raises:
        ValueError: the file can't be read, is not text, or both are set; the message says which, and no value.
    """
    value, file = environment.get(name), environment.get(f"{name}_FILE")
    if not file:
        return value
    if value:
        raise ValueError(f"{name}_FILE is set, too")
    try:
        return Path(file).read_text().rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"its file {file} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"its file {file} holds no text") from None


class _Files(PydanticBaseSettingsSource):
    """The contents of files that variables ``<NAME>_FILE`` name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the content of the file for ``field_name``, or the error that explains why there is no content."""
        name = field_name.upper()
        try:
            return (secret(name) if os.environ.get(f"{name}_FILE") else None), field_name, False
        except ValueError as error:
            return error, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the content of all files, by field."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class _OwnSecrets(BaseSettings):
    """Settings without placeholders as secrets, whatever the field; each may come in a file.

    A field that accepts None may be empty, as in a `.env` whose lines wait for their values.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Prefer arguments to files, and files to the environment."""
        return init_settings, _Files(settings_cls), env_settings

    @field_validator("*", mode="before")
    @classmethod
    def _readable(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, ValueError):
            raise value
        field = cls.model_fields[info.field_name or ""]
        may_be_empty = type(None) in get_args(field.annotation) and NEVER_EMPTY not in field.metadata
        return None if value == "" and may_be_empty else value

    @field_validator("*", mode="after")
    @classmethod
    def _no_placeholder(cls, value: Any) -> Any:
        if _is_placeholder(value):
            raise ValueError("still a placeholder, which everybody knows: put a secret of your own")
        return value


def _is_placeholder(value: object) -> bool:
    match value:
        case SecretStr():
            return _is_known(value.get_secret_value())
        case PostgresDsn():
            return any(_is_known(host["password"] or "") for host in value.hosts())
        case UUID():
            return value in PLACEHOLDER_UUIDS
    return False


def _is_known(secret: str) -> bool:
    """Whether ``secret`` is one of ``WORDS``, once or several times, in upper or lower case, with any signs between."""
    letters = re.sub(r"[\W_]", "", secret.casefold())
    return bool(letters) and not re.sub("|".join(WORDS), "", letters)


class ServiceSettings(_OwnSecrets):
    """The settings of every service. A service adds its own fields in its ``settings.py``."""

    kafka_bootstrap_servers: str = Field(min_length=1, description="brokers, host:port with commas")
    kafka_username: str = Field(description="this service's principal")
    kafka_password: SecretStr = Field(min_length=1, description="its SCRAM-SHA-512 password")
    kafka_ca_file: Annotated[FilePath | None, NEVER_EMPTY] = Field(
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
    otel_exporter_otlp_endpoint: AnyHttpUrl | None = Field(
        None, description="where traces go, by OTLP over HTTP; without it nothing is traced"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")


class MigrateSettings(_OwnSecrets):
    """The settings of ``migrate``."""

    database_password: Annotated[SecretStr | None, NEVER_EMPTY] = Field(
        None, min_length=1, description="password of the user in DATABASE_URL, which then has none"
    )
    database_url: Database = Field(description="this service's own database")

    @field_validator("database_url", mode="before")
    @classmethod
    def _with_its_password(cls, url: Any, info: ValidationInfo) -> Any:
        password = info.data.get("database_password")
        if not (password and isinstance(url, str)):
            return url
        scheme, _, rest = url.partition("://")
        hosts, slash, path = rest.partition("/")
        user, _, host = hosts.rpartition("@")
        if not user or ":" in user:
            raise ValueError("beside DATABASE_PASSWORD it has to name a user, and no password")
        return f"{scheme}://{user}:{quote(password.get_secret_value(), safe='')}@{host}{slash}{path}"


class DatabaseSettings(MigrateSettings, ServiceSettings):
    """For a service that owns a database."""


def read_settings(kind: type[S], service: str = "", **given: Any) -> S:
    """Read the settings, or exit 78 with a line per bad variable on stderr. ``service``: if ``kind`` is not its own."""
    try:
        return kind(**given)
    except ValidationError as error:
        fail(service or kind.__module__.split(".")[0], error)


def fail(service: str, error: ValidationError) -> NoReturn:
    """Say what is wrong with each variable, never its value, which may be a secret; exit 78."""
    lines = [f"{service.replace('_', '-')} can't start, {error.error_count()} setting(s) to mend:"]
    for problem in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in problem["loc"]).upper() or "(together)"
        lines.append(f"  {name}: {'not set' if problem['type'] == 'missing' else problem['msg']}")
    sys.stderr.write("\n".join(lines) + "\n")
    sys.exit(EXIT_SETTINGS)
