"""Settings: all that is wrong is named at once, and no value is shown."""

from __future__ import annotations

from uuid import UUID

import pytest
from pydantic import SecretStr

from chassis.exits import EXIT_SETTINGS
from chassis.settings import DatabaseSettings, MigrateSettings, read_settings


def refused(capsys: pytest.CaptureFixture[str], kind: type = DatabaseSettings, service: str = "router") -> str:
    with pytest.raises(SystemExit) as left:
        read_settings(kind, service)
    assert left.value.code == EXIT_SETTINGS
    return capsys.readouterr().err


def test_good_settings_are_read_and_the_password_does_not_show(environment: pytest.MonkeyPatch) -> None:
    settings = read_settings(DatabaseSettings)
    assert settings.http_port == 9000
    assert "s3cret-word" not in repr(settings)


def test_who_can_not_start_is_named_by_the_service_that_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert "intake-web can't start" in refused(capsys, MigrateSettings, "intake-web")


def test_an_empty_secret_is_as_bad_as_none(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    environment.setenv("KAFKA_PASSWORD", "")
    environment.setenv("DATABASE_URL", "postgresql://router:@router-db/router")
    said = refused(capsys)
    assert "2 setting(s) to mend" in said
    assert "DATABASE_URL: Value error, its password is empty" in said


class Secrets(DatabaseSettings):
    """A service with every kind of secret."""

    installation_namespace: UUID
    token: SecretStr | None = None


OWN = {"TOKEN": "of-our-own", "INSTALLATION_NAMESPACE": "5cf1a3f2-51c8-4d0b-9b44-0d6a4f6f3f10"}


@pytest.mark.parametrize(
    ("variable", "value", "taken"),
    [
        ("KAFKA_PASSWORD", "change-me", False),
        ("KAFKA_PASSWORD", "change-me-not", True),
        ("KAFKA_USERNAME", "change-me", True),
        ("TOKEN", "change-me", False),
        ("DATABASE_URL", "postgresql://u:change-me@h/d", False),
        ("DATABASE_URL", "postgresql://u:a@h1,u:change-me@h2/d", False),
        ("DATABASE_URL", "postgresql://change-me:p@h/change-me", True),
        ("DATABASE_URL", "postgresql://u@h/d", True),
        ("INSTALLATION_NAMESPACE", "00000000-0000-4000-8000-000000000000", False),
        ("INSTALLATION_NAMESPACE", "00000000-0000-0000-0000-000000000000", False),
        ("INSTALLATION_NAMESPACE", "00000000-0000-4000-8000-000000000001", True),
    ],
)
def test_a_placeholder_is_no_secret(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str, taken: bool
) -> None:
    for name, good in OWN.items():
        environment.setenv(name, good)
    environment.setenv(variable, value)
    if taken:
        assert read_settings(Secrets)
    else:
        said = refused(capsys, Secrets)
        assert "1 setting(s) to mend" in said
        assert f"  {variable}: Value error, still the placeholder of .env.example" in said


def test_every_bad_variable_is_named_at_once_and_no_value_is_shown(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("KAFKA_USERNAME")
    environment.setenv("HTTP_PORT", "99999")
    environment.setenv("DATABASE_URL", "postgresql://u:hunter2@h:port/d")
    environment.setenv("LOG_LEVEL", "LOUD")
    environment.setenv("KAFKA_CA_FILE", "/nowhere/ca.pem")
    said = refused(capsys)
    for name in ("KAFKA_USERNAME: not set", "HTTP_PORT", "DATABASE_URL", "LOG_LEVEL", "KAFKA_CA_FILE"):
        assert name in said
    assert "5 setting(s)" in said
    assert not any(value in said for value in ("99999", "hunter2", "LOUD", "s3cret-word"))


def test_migrate_needs_only_the_database(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert "DATABASE_URL: not set" in refused(capsys, MigrateSettings)
