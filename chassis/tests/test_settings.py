"""Settings: all mistakes are reported together, and no value is shown."""

from __future__ import annotations

from pathlib import Path
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


def test_settings_error_names_the_service_that_cannot_start(capsys: pytest.CaptureFixture[str]) -> None:
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
        *(("KAFKA_PASSWORD", each, False) for each in ("Change-Me", "change-me" * 4, "password", "Rahasia_Lapor")),
        ("KAFKA_PASSWORD", "rahasia-kami-7", True),
        ("KAFKA_USERNAME", "change-me", True),
        ("TOKEN", "change-me", False),
        ("DATABASE_URL", "postgresql://u:change-me@h/d", False),
        ("DATABASE_URL", "postgresql://u:a@h1,u:change-me@h2/d", False),
        ("DATABASE_URL", "postgresql://change-me:p@h/change-me", True),
        ("DATABASE_URL", "postgresql://u@h/d", True),
        ("INSTALLATION_NAMESPACE", "00000000-0000-4000-8000-000000000000", False),
        ("INSTALLATION_NAMESPACE", "00000000-0000-0000-0000-000000000000", False),
        ("INSTALLATION_NAMESPACE", "00000000-0000-4000-8000-000000000001", True),
        ("INSTALLATION_NAMESPACE", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", False),
        ("INSTALLATION_NAMESPACE", "11111111-1111-1111-1111-111111111111", False),
        ("INSTALLATION_NAMESPACE", "ffffffff-ffff-ffff-ffff-ffffffffffff", False),
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
        assert f"  {variable}: Value error, still a placeholder" in said


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


def test_a_secret_may_come_in_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "kafka").write_text("of-a-file\n")
    (tmp_path / "db").write_text("p@ss/w:rd")
    environment.delenv("KAFKA_PASSWORD")
    environment.setenv("KAFKA_PASSWORD_FILE", str(tmp_path / "kafka"))
    environment.setenv("DATABASE_URL", "postgresql://router@router-db/router?sslrootcert=/tls/ca.pem")
    environment.setenv("DATABASE_PASSWORD_FILE", str(tmp_path / "db"))

    settings = read_settings(DatabaseSettings)

    url = "postgresql://router:p%40ss%2Fw%3Ard@router-db/router?sslrootcert=/tls/ca.pem"
    assert ("of-a-file", url) == (settings.kafka_password.get_secret_value(), str(settings.database_url))
    assert url == str(read_settings(MigrateSettings).database_url)


def test_every_file_that_gives_no_secret_is_named_at_once(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "placeholder").write_text("change-me\n")
    environment.delenv("KAFKA_PASSWORD")
    environment.setenv("DATABASE_URL", "postgresql://router@router-db/router")
    for name, file in (
        ("KAFKA_PASSWORD", "empty"),
        ("DATABASE_PASSWORD", "folder"),
        ("INSTALLATION_NAMESPACE", "missing"),
        ("TOKEN", "placeholder"),
        ("LOG_LEVEL", "bytes"),
    ):
        environment.setenv(f"{name}_FILE", str(tmp_path / file))

    said = refused(capsys, Secrets)

    assert "5 setting(s) to mend" in said
    assert f"DATABASE_PASSWORD: Value error, its file {tmp_path}/folder can't be read: Is a directory" in said
    assert f"INSTALLATION_NAMESPACE: Value error, its file {tmp_path}/missing can't be read: No such file" in said
    assert "KAFKA_PASSWORD: Value should have at least 1 item" in said
    assert "TOKEN: Value error, still a placeholder" in said
    assert "LOG_LEVEL: Value error, its file" in said


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"KAFKA_PASSWORD": "one", "KAFKA_PASSWORD_FILE": __file__},
            "KAFKA_PASSWORD: Value error, KAFKA_PASSWORD_FILE",
        ),
        (
            {"DATABASE_PASSWORD": "x", "DATABASE_URL": "postgresql://u:p@h/d"},
            "DATABASE_URL: Value error, beside DATABASE",
        ),
        ({"DATABASE_PASSWORD": "x", "DATABASE_URL": "postgresql://h/d"}, "DATABASE_URL: Value error, beside DATABASE"),
        (
            {"DATABASE_PASSWORD": "change-me", "DATABASE_URL": "postgresql://u@h/d"},
            "DATABASE_PASSWORD: Value error, still",
        ),
    ],
)
def test_a_secret_that_is_given_twice_or_belongs_to_nobody_is_refused(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variables: dict[str, str], said: str
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)

    assert f"  {said}" in refused(capsys)
