"""A log line is one JSON object, and never contains an error's message."""

from __future__ import annotations

import json
import logging
import sys
import time

import pytest

from chassis.logs import JsonFormatter, RateLimit


def line(message: str, **extra: object) -> str:
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": message, **extra})
    return JsonFormatter("router").format(record)


def test_a_log_line_is_one_json_object_whatever_is_in_it() -> None:
    forged = 'x\n{"event": "forged"}\u2028\ud800'
    written = line(forged, topic=forged, error=ValueError("x"))
    assert len(written.splitlines()) == 1
    assert json.loads(written)["event"] == forged
    assert {"at", "level", "service", "logger", "event", "topic", "error"} == set(json.loads(written))


def test_a_traceback_says_where_and_what_class_but_not_what_the_error_says() -> None:
    try:
        try:
            raise KeyError("Pak Andi")
        except KeyError as error:
            raise ValueError("0812") from error
    except ValueError:
        written = line("decide_failed", exc_info=sys.exc_info())
    assert "test_logs.py" in written
    assert "ValueError" in written
    assert "KeyError" in written
    said = json.loads(written)["traceback"].replace('raise KeyError("Pak Andi")', "").replace('ValueError("0812")', "")
    assert "Andi" not in said
    assert "0812" not in said


def test_libraries_are_limited_with_their_children_and_we_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    limit = RateLimit(per_s=5)

    def kept(name: str) -> int:
        return sum(limit.filter(logging.makeLogRecord({"name": name})) for _ in range(50))

    assert kept("aiokafka.conn") == 5
    assert kept("faust.app") == 0
    assert kept("chassis.outbox") == 50
    monkeypatch.setattr(time, "monotonic", lambda: 101.0)
    assert kept("aiokafka.conn") == 5
