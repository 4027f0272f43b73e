"""What is kept in the data folder: passwords only for their owner, ports from one start to the next."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lapor.errors import Refused
from lapor.processes import credentials
from lapor.processes.data_dir import DataDir, only_one, tail
from lapor.processes.ports import choose, is_free


def test_the_credentials_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    credentials.complete(path, ["router"], ["router"])
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_start_keeps_every_password_and_adds_the_missing_ones(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    first = credentials.complete(path, ["router"], [])
    second = credentials.complete(path, ["router", "PUPR"], [])
    assert second.principals["router"] == first.principals["router"]
    assert second.kafka_admin == first.kafka_admin
    assert set(second.principals) == {"router", "PUPR"}


def test_damaged_credentials_are_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text("{")
    with pytest.raises(Refused, match="is damaged"):
        credentials.read(path)


def test_one_data_folder_has_one_owner(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    with only_one(data), pytest.raises(Refused, match="already runs from"), only_one(data):
        pass


def test_a_taken_port_is_replaced_by_a_free_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        chosen = choose({"web": port}, tmp_path / "ports.json")
        assert chosen["web"] != port
        assert is_free(chosen["web"])


def test_a_chosen_port_is_kept(tmp_path: Path) -> None:
    first = choose({"web": 0, "kafka": 0}, tmp_path / "ports.json")
    assert choose({"web": 0, "kafka": 0}, tmp_path / "ports.json") == first
    assert json.loads((tmp_path / "ports.json").read_text()) == first


def test_a_port_chosen_by_another_up_is_left_to_it_even_before_anything_listens(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from lapor.processes.ports import choose; "
    code += "print(choose({'web': 0}, Path(sys.argv[1])), flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(tmp_path / "other.json")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        other.stdout.readline()
        taken = json.loads((tmp_path / "other.json").read_text())["web"]
        assert is_free(taken)
        assert choose({"web": taken}, tmp_path / "ports.json")["web"] != taken


def test_two_names_never_share_a_port(tmp_path: Path) -> None:
    chosen = choose(dict.fromkeys("abcdefgh", 0), tmp_path / "ports.json")
    assert len(set(chosen.values())) == 8


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("1\n2\n3\n")
    assert tail(tmp_path / "x.log", 2) == "2\n3"
    assert tail(tmp_path / "missing.log") == ""


def test_a_folder_in_which_something_of_our_names_lies_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with pytest.raises(Refused, match=r"logs is already in .* and not of `lapor up`.*--data"):
        DataDir(tmp_path).create()


def test_a_folder_with_other_things_in_it_will_do(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    data = DataDir(tmp_path)
    data.create()
    data.create()
    assert data.logs.is_dir()


def test_one_installation_serves_one_kabupaten(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    credentials.complete(path, ["PUPR"], [], kabupaten="73.12")
    assert credentials.complete(path, ["PUPR"], [], kabupaten="73.12").kabupaten == "73.12"
    with pytest.raises(Refused, match=r"made for the kabupaten 73.12, and the region is 99.01"):
        credentials.complete(path, ["PUPR"], [], kabupaten="99.01")


def test_credentials_from_before_take_the_kabupaten_of_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    credentials.complete(path, ["PUPR"], [])
    assert credentials.complete(path, ["PUPR"], [], kabupaten="73.12").kabupaten == "73.12"
    assert credentials.read(path).kabupaten == "73.12"


def test_a_command_that_is_shown_can_be_copied() -> None:
    assert DataDir(Path(".lapor")).command("lapor demo") == "lapor demo"
    assert DataDir(Path("other place")).command("lapor demo") == "lapor demo --data 'other place'"
