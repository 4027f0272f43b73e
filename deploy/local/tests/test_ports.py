"""Ports: free ones, and the same at each start."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from lapor.processes.ports import choose, is_free


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
