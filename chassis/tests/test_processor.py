"""The Faust driver as a real process, on a real broker and database: nothing that goes in gets lost."""

from __future__ import annotations

import json
import os
import signal
import threading

import pytest
from bench import Bench, Worker, encoded, until

from chassis.crash import EXIT_TEMPORARY

pytestmark = pytest.mark.connected


def headers_of(record):
    return {name: value.decode() for name, value in record.headers() or []}


def test_poison_goes_to_the_dead_letters_with_its_bytes_and_its_neighbours_are_handled(bench: Bench):
    rubbish = b"\xff no event"
    wrong = {"key": "c", "ids": []}
    for n in range(10):
        bench.send(f"c{n % 4}", f"good{n}")
    bench.send("c0", "bug", text="bug")
    bench.send("c1", "nul", text="nul\x00")
    bench.send("c2", "refused", text="refused")
    bench.put(bench.source, "c3", rubbish, headers=[("h", b"\x00\xff"), ("none", None)])
    bench.put(bench.source, "c3", None)
    for n in range(10, 20):
        bench.send(f"c{n % 4}", f"good{n}")
    bench.flush()

    worker = bench.worker(BUG="bug")
    dead = until(lambda: len(found := bench.records(bench.dlq)) >= 4 and found)

    expected = {
        rubbish,
        encoded("c0", "bug", "bug"),
        encoded("c1", "nul", "nul\x00"),
        encoded("c2", "refused", "refused"),
    }
    assert expected == {record.value() for record in dead}
    assert {"InvalidEvent", "KeyError", "CharacterNotInRepertoireError", "CheckViolationError"} == {
        headers_of(record)["error"] for record in dead if record.value() != rubbish
    } | {"InvalidEvent"}
    until(lambda: sum(bench.counts().values()) == 20 and not bench.lost())
    assert {"c0": 5, "c1": 5, "c2": 5, "c3": 5} == bench.counts()
    assert bench.once()
    assert worker.stop() == 0
