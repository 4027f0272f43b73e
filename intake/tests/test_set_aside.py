"""Requests that can't be taken stay in the intake's own database, where its operators can read and settle them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chassis.database import Pool
from intake.cli import intake_cli
from intake.set_aside import number_of, put_aside, readable

pytestmark = pytest.mark.connected
SMS = b"from=%2B6281234567890&raw=SOPPENG+lampu"


async def keep(pool: Pool, content: bytes = SMS, error: Exception = ValueError("says +6281234567890")) -> None:  # noqa: B008
    await put_aside(pool, "intake-sms", "kannel-mo", content, error, lambda: None)


def run(dsn: str, *words: str) -> Result:
    command = intake_cli("intake-sms", "intake_sms.app:run")
    return CliRunner().invoke(command, ["set-aside", *words], env={"DATABASE_URL": dsn})


def shown(dsn: str, *words: str) -> Any:
    done = run(dsn, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


async def test_the_bytes_stay_here_and_kafka_hears_where_they_are(pool: Pool) -> None:
    await keep(pool)
    (letter,) = await pool.fetch("SELECT topic, key, value, headers FROM outbox")
    (kept,) = await pool.fetch("SELECT id, door, content, error, settled_at FROM set_aside")
    assert (kept["id"], "kannel-mo", SMS, "ValueError", None) == tuple(kept)
    assert ("intake-sms.dlq", kept["id"]) == (letter["topic"], number_of(letter["value"]))
    assert letter["key"].startswith(b"kannel-mo:")  # every record of a compacted topic needs a key
    assert "6281234567890" not in letter["value"].decode() + letter["headers"]


async def test_failed_announcement_keeps_no_set_aside_content(pool: Pool) -> None:
    await pool.execute("ALTER TABLE outbox ADD CONSTRAINT never CHECK (topic <> 'intake-sms.dlq')")
    with pytest.raises(Exception, match="never"):
        await keep(pool)
    assert 0 == await pool.fetchval("SELECT count(*) FROM set_aside")


@pytest.mark.parametrize(
    "value", [b"", b"{", b"\xff", b"3", b"[]", b'{"set_aside": "3"}', b'{"door": "x"}', b"from=%2B62812&raw=SOPPENG"]
)
def test_other_bytes_point_at_nothing(value: bytes) -> None:
    assert number_of(value) is None


def test_bytes_are_shown_as_text_where_they_are_text() -> None:
    assert ["lampu é", "base64:/w=="] == [readable("lampu é".encode()), readable(b"\xff")]


async def test_the_command_lists_what_waits_and_shows_one(pool: Pool, dsn: str) -> None:
    await keep(pool)
    await keep(pool, b"\xff")
    listed = shown(dsn)
    assert [("kannel-mo", "ValueError", len(SMS)), ("kannel-mo", "ValueError", 1)] == [
        (row["door"], row["error"], row["bytes"]) for row in listed
    ]
    assert "81234567890" not in json.dumps(listed) + run(dsn).output
    numbers = [str(row["id"]) for row in listed]
    assert [SMS.decode(), "base64:/w=="] == [shown(dsn, number)["content"] for number in numbers]
    assert SMS.decode() in run(dsn, numbers[0]).output


async def test_settled_content_stops_waiting_and_can_still_be_shown(pool: Pool, dsn: str) -> None:
    await keep(pool)
    number = str(shown(dsn)[0]["id"])
    assert shown(dsn, number)["settled_at"] is None
    settled = shown(dsn, number, "--settle")["settled_at"]
    assert (settled, []) == (shown(dsn, number, "--settle")["settled_at"], shown(dsn))
    assert "Nothing waits." in run(dsn).output


async def test_unknown_number_or_unreachable_database_is_reported(dsn: str) -> None:
    unknown, away = run(dsn, "77"), run("postgresql://nobody:pw@127.0.0.1:9/none", "1")
    assert (1, True) == (unknown.exit_code, "nothing set aside with the number 77" in unknown.output)
    assert (75, True) == (away.exit_code, "its database can't be used" in away.output)
    assert run(dsn, "--settle").exit_code == 2
