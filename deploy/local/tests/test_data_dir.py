"""The data folder: it has one owner, and files that were there before stay untouched."""

from pathlib import Path

import pytest

from lapor.errors import Refused
from lapor.processes.data_dir import DataDir, only_one, tail


def test_one_data_folder_has_one_owner(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    with only_one(data), pytest.raises(Refused, match="already runs from"), only_one(data):
        pass


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


def test_a_command_that_is_shown_can_be_copied() -> None:
    assert DataDir(Path(".lapor")).command("lapor demo") == "lapor demo"
    assert DataDir(Path("other place")).command("lapor demo") == "lapor demo --data 'other place'"
