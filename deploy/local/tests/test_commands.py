"""The commands themselves: they have no effects beyond those in their help."""

import importlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lapor.__main__ import app
from lapor.commands import bench, down, logs, provision
from lapor.errors import Refused
from lapor.processes.data_dir import DataDir, only_one

REGION = Path(__file__).parents[3] / "region" / "soppeng"


@pytest.mark.parametrize(("lines", "shown"), [(0, []), (2, [4999, 5000]), (9999, [*range(1, 5001)])])
def test_logs_shows_as_many_lines_as_were_asked_for(
    tmp_path: Path, lines: int, shown: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "router.log").write_text("".join(f"{n} {'x' * 40}\n" for n in range(1, 5001)))
    logs.logs("router", data=tmp_path, follow=False, lines=lines)
    assert shown == [int(line.split()[0]) for line in capsys.readouterr().out.splitlines()]


def test_logs_shows_only_logs_of_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "router.log").write_text("ours\n")
    (tmp_path / "secret.log").write_text("theirs\n")

    with pytest.raises(Refused, match=r"no log of '../secret'.*there are router"):
        logs.logs("../secret", data=tmp_path, follow=False, lines=1)


def test_down_leaves_alone_what_another_up_has_just_begun(tmp_path: Path) -> None:
    where = DataDir(tmp_path)
    where.create()
    where.credentials.write_text("{}")
    with only_one(where), pytest.raises(Refused, match="already runs"):
        down.down(purge=True, data=tmp_path, as_json=False)
    assert where.credentials.exists()
    down.down(purge=True, data=tmp_path, as_json=False)
    assert not tmp_path.exists()


@pytest.mark.parametrize(
    ("admin", "router", "fault"),
    [
        ("change-me", "x" * 16, "the password of broker is still a placeholder"),
        ("x" * 15, "x" * 16, "the password of broker has fewer than 16 letters"),
        ("x" * 16, "change-me", "the password of router is still a placeholder"),
        ("x" * 16, "", "the password of router is not set"),
        ("x" * 15, "x" * 15, "of broker has fewer than 16 letters, the password of router has fewer"),
    ],
)
def test_no_account_gets_a_password_that_protects_nothing(tmp_path: Path, admin: str, router: str, fault: str) -> None:
    """The command refuses before it connects to Kafka: nothing listens at that port."""
    accounts = tmp_path / "accounts.json"
    accounts.write_text(json.dumps({"principals": {"router": router}}))

    with pytest.raises(Refused, match=fault):
        provision.provision("127.0.0.1:9", admin, accounts, region=REGION)


def test_without_the_benchmarks_bench_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without:
        without.setattr("importlib.util.find_spec", lambda _: None)
        without.delattr(bench, "app")
        importlib.reload(bench)

        done = CliRunner().invoke(app, ["bench", "router", "--count", "5"])
    importlib.reload(bench)

    assert isinstance(done.exception, Refused)
    assert "make sync" in str(done.exception)
