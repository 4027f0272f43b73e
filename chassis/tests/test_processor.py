"""The Faust driver as a real process, on a real broker and database: nothing that goes in gets lost."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from bench import Bench, Worker, encoded

from chassis.exits import EXIT_TEMPORARY
from contracts.topics import load_topics
from testing.waiting import until

pytestmark = pytest.mark.connected

KILLED = -signal.SIGKILL


def headers_of(record: Any) -> dict[str, bytes]:
    return dict(record.headers() or [])


def all_done(bench: Bench, timeout_s: float = 30) -> bool:
    return bool(until(lambda: not bench.lost(), timeout_s))


def test_poison_becomes_an_intact_dead_letter_and_its_neighbours_are_handled(bench: Bench) -> None:
    rubbish = b"\xff no event"
    for n in range(10):
        bench.send(f"c{n % 4}", f"good{n}")
    bench.send("c0", "bug", text="bug")
    bench.send("c1", "refused", text="refused")
    bench.put(bench.source, "c3", rubbish, headers=[("h", b"\x00\xff"), ("none", None)])
    bench.put(bench.source, "c3", None)
    for n in range(10, 20):
        bench.send(f"c{n % 4}", f"good{n}")
    bench.flush()

    worker = bench.worker(BUG="bug")
    until(lambda: len(bench.records(bench.dlq)) >= 3 and not bench.lost())
    dead = {record.value(): headers_of(record) for record in bench.records(bench.dlq)}
    assert {rubbish, encoded("c0", "bug", "bug"), encoded("c1", "refused", "refused")} == set(dead)
    assert dead[rubbish]["h"] == b"\x00\xff"
    assert dead[rubbish]["error"] == b"InvalidEvent"
    assert dead[encoded("c0", "bug", "bug")]["error"] == b"KeyError"
    assert all("jalan" not in str(headers) for headers in dead.values())
    assert bench.counts() == {"c0": 5, "c1": 5, "c2": 5, "c3": 5}
    assert worker.stop() == 0
    assert bench.committed() == 24
    assert sum(offset for _, _, offset in bench.sql("SELECT * FROM consumed")) == 24

    # The bug is mended and the dead letter is requested.
    bench.ask_for(next(r.offset() for r in bench.records(bench.dlq) if r.value() == encoded("c0", "bug", "bug")))
    bench.worker()
    assert until(lambda: bench.counts()["c0"] == 6)
    assert until(bench.once)


@pytest.mark.parametrize("kind", ["stateful", "plain", "stateless"])
def test_a_dead_letter_that_is_asked_for_is_handled_and_poison_is_put_aside_again(bench: Bench, kind: str) -> None:
    rubbish, door = b"\xff no event", [("source-topic", b"kannel-mo"), ("source-partition", b"-1")]
    bench.put(bench.dlq, "c2", b"of a door", headers=door)
    bench.flush()
    bench.send("c0", "good")
    bench.send("c0", "bug", text="bug")
    bench.put(bench.source, "c1", rubbish, headers=[("h", b"\x00\xff"), ("source-topic", b"forged")])
    bench.flush()
    broken = bench.worker(kind, BUG="bug")
    assert until(lambda: len(bench.records(bench.dlq)) == 3)
    # A process that stops before the relay has marked events as out publishes them again, and this test counts.
    assert until(lambda: bench.sql("SELECT count(*) FROM outbox") == [(0,)])
    assert broken.stop() == 0

    letters = {record.value(): record for record in bench.records(bench.dlq)}
    bug, first = letters[encoded("c0", "bug", "bug")], letters[rubbish]
    worker = bench.worker(kind)
    bench.ask_for(bug.offset(), 0, first.offset(), 77, -1, "nonsense", None, bug.offset())
    assert until(lambda: len(bench.records(bench.dlq)) == 4)
    again = bench.records(bench.dlq)[-1]
    assert (rubbish, first.key(), b"c1") == (again.value(), again.key(), headers_of(again)["source-key"])
    assert headers_of(first) | {"failed-at": b""} == headers_of(again) | {"failed-at": b""}
    ignored = f'lapor_consumer_records_total{{result="ignored",service="{bench.name}",topic="{bench.replay}"}} 5.0'
    assert until(lambda: ignored in worker.get("/metrics")[1])
    assert until(lambda: {"bug"} <= {event.causationid for event in bench.events(bench.out)})
    if kind != "stateless":  # it has no inbox: the readers of its events have one
        assert (bench.counts(), bench.once()) == ({"c0": 2}, True)
        read = bench.sql("SELECT topic, sum(next_offset)::int FROM consumed GROUP BY topic ORDER BY topic")
        assert [(bench.source, 3), (bench.replay, 8)] == read
    assert worker.stop() == 0


def test_a_request_that_a_crash_interrupts_is_heard_again(bench: Bench) -> None:
    bench.send("c0", "bug", text="bug")
    bench.flush()
    broken = bench.worker(BUG="bug")
    assert until(lambda: len(bench.records(bench.dlq)) == 1)
    assert broken.stop() == 0
    bench.ask_for(0)
    point = f"inbox.after_effect_before_commit@{bench.directory / 'crashed'}"
    assert bench.worker(CRASH_AT=point, ready=False).ended() == KILLED
    assert bench.counts() == {}
    bench.worker(CRASH_AT=point)
    assert until(lambda: bench.counts() == {"c0": 1})


def ten_bugs_and_their_remedy(bench: Bench, mutant: str = "") -> tuple[int | None, int, set[str]]:
    """A release that fails on every event, then one that doesn't: exit code, offset in between, and lost events."""
    for n in range(15):
        bench.send(f"c{n % 3}", f"e{n}")
    bench.flush()
    broken = bench.worker(BUG="everywhere", BATCH_WITHIN_S="1", ready=False, MUTANT=mutant)
    until(lambda: broken.process.poll() is not None or bench.committed() == 15)
    code, committed = broken.process.poll(), bench.committed()
    if code is None:
        broken.stop()
    bench.worker(MUTANT=mutant)
    until(lambda: bench.committed() == 15)
    if not mutant:
        all_done(bench)
    return code, committed, bench.lost()


@pytest.mark.parametrize("bench", [1], indirect=True)
def test_ten_bugs_in_a_row_stop_the_service_and_lose_nothing(bench: Bench) -> None:
    assert ten_bugs_and_their_remedy(bench) == (EXIT_TEMPORARY, 0, set())
    assert bench.records(bench.dlq) == []
    assert bench.once()


@pytest.mark.parametrize("bench", [1], indirect=True)
def test_the_check_sees_the_loss_when_a_worker_acknowledges_what_it_did_not_do(bench: Bench) -> None:
    _, _, lost = ten_bugs_and_their_remedy(bench, mutant="acknowledges first")
    assert lost  # their number depends on the broker's first batch


def test_a_crash_at_each_point_repeats_and_never_drops(bench: Bench) -> None:
    points = ("inbox.after_effect_before_commit", "relay.after_publish_before_mark")
    armed = ",".join(f"{point}@{bench.directory / point}" for point in points)
    for n in range(40):
        bench.send(f"c{n % 5}", f"e{n}")
    bench.flush()
    assert [bench.worker(CRASH_AT=armed, ready=False).ended() for _ in points] == [KILLED, KILLED]
    bench.worker(CRASH_AT=armed)
    assert all_done(bench)
    assert until(lambda: bench.sql("SELECT count(*) FROM outbox") == [(0,)])
    assert bench.once()
    published = [event.id for event in bench.events(bench.out)]
    assert len(set(published)) == 40 < len(published)


def test_a_hanging_batch_is_given_up_and_delivered_again(bench: Bench) -> None:
    for n in range(10):
        bench.send("c0", f"e{n}", text="slow" if n == 5 else "jalan")
    bench.flush()
    assert bench.worker(SLOW_S="60", BATCH_TIMEOUT_S="2", ready=False).ended() == EXIT_TEMPORARY
    bench.worker(SLOW_S="0")
    assert all_done(bench)
    assert bench.once()


@pytest.mark.parametrize("kind", ["stateful", "plain"])
def test_the_log_says_that_it_started_with_what_and_that_it_stopped(bench: Bench, kind: str) -> None:
    worker = bench.worker(kind, SLOT="3")
    assert worker.stop() == 0
    lines = [json.loads(line) for line in worker.log.read_text().splitlines()]
    [started] = [line for line in lines if line["event"] == "started"]
    assert (started["slot"], started["topics"], started["version"]) == (3, [bench.source, bench.replay], "none")
    assert [line["event"] for line in lines if line["event"] in ("started", "stopped")] == ["started", "stopped"]


@pytest.mark.parametrize("kind", ["stateful", "stateless", "plain"])
def test_a_service_leaves_nothing_in_the_folder_that_all_users_share(bench: Bench, kind: str, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    assert bench.worker(kind, TMPDIR=str(tmp_path / "shared")).stop() == 0
    assert list((tmp_path / "shared").iterdir()) == []


def test_sigterm_in_a_batch_lets_it_finish_even_when_sent_twice(bench: Bench) -> None:
    for n in range(5):
        bench.send("c0", f"e{n}", text="slow")
    bench.flush()
    worker = bench.worker(SLOW_S="2", BATCH_WITHIN_S="0.5", ready=False)
    assert until((bench.directory / "busy").exists)
    worker.process.send_signal(signal.SIGTERM)
    assert worker.stop() == 0
    assert sum(bench.counts().values()) == bench.committed() > 0
    bench.worker(SLOW_S="0")
    assert all_done(bench)
    assert bench.once()


def test_without_its_database_it_leaves_and_loses_nothing(bench: Bench) -> None:
    worker = bench.worker()
    for n in range(5):
        bench.send("c0", f"before{n}")
    bench.flush()
    assert all_done(bench)
    bench.stack.kill_postgres()
    try:
        for n in range(5):
            bench.send("c0", f"after{n}")
        bench.flush()
        assert worker.ended() == EXIT_TEMPORARY
    finally:
        bench.restart_postgres()
    bench.worker()
    assert all_done(bench)
    assert bench.once()


def test_a_blocked_event_loop_ends_the_process(bench: Bench) -> None:
    worker = bench.worker(SLOW_S="60", STALL_TIMEOUT_S="5")
    bench.send("c0", "e0", text="blocking")
    bench.flush()
    assert until((bench.directory / "busy").exists)
    assert worker.ready() is True or worker.process.poll() == EXIT_TEMPORARY
    assert worker.ended() == EXIT_TEMPORARY
    bench.worker(SLOW_S="0")
    assert all_done(bench)


def test_worker_without_assigned_partitions_exits(bench: Bench) -> None:
    stack = bench.stack
    stack.provision_kafka(load_topics(["DISKOMINFO"]), ["DISKOMINFO"])

    def soon(**env: str) -> Worker:
        return bench.worker(ready=False, ASSIGNMENT_TIMEOUT_S="20", **env)

    no_topic = soon(SOURCES="nowhere")
    no_read = soon(SERVICE="router", KAFKA_USERNAME="router", KAFKA_PASSWORD=stack.passwords["router"])
    wrong_password = soon(KAFKA_PASSWORD="wrong")
    assert no_topic.ended() == EXIT_TEMPORARY
    assert no_read.ended() == EXIT_TEMPORARY
    assert f"no READ on it: {bench.source}" in no_read.log.read_text()
    assert wrong_password.ended() in (1, EXIT_TEMPORARY)


def test_one_missing_topic_of_several_ends_the_process_with_its_name(bench: Bench) -> None:
    absent = f"{bench.name}.absent"
    worker = bench.worker(SOURCES=f"{bench.source},{absent}", ASSIGNMENT_TIMEOUT_S="20", ready=False)
    assert until(lambda: "topics" in worker.get("/ready")[1])
    assert worker.ended() == EXIT_TEMPORARY
    assert absent in worker.log.read_text().splitlines()[-1]
    bench.create(absent)
    assert bench.worker(SOURCES=f"{bench.source},{absent}").ready()


@pytest.mark.parametrize("bench", [6], indirect=True)
@pytest.mark.parametrize("kind", ["stateful", "plain", "stateless"])
def test_stopped_worker_leaves_its_group_and_killed_worker_keeps_its_membership(bench: Bench, kind: str) -> None:
    def reading() -> Worker:
        worker = bench.worker(kind, SESSION_TIMEOUT_S="60")
        assert until(bench.members)  # an intake is ready before it reads
        return worker

    assert reading().stop() == 0
    assert [] == bench.members()

    assert reading().stop(signal.SIGKILL) == KILLED
    assert [f"{bench.name}-0"] == bench.members()


def test_workers_come_and_go_under_load(bench: Bench) -> None:
    stop = threading.Event()

    def load() -> None:
        n = 0
        while not stop.is_set():
            bench.send(f"c{n % 20}", f"e{n}")
            n += 1
            time.sleep(0.02)

    def worker(slot: str) -> Worker:
        return bench.worker(SLOT=slot, BATCH_TIMEOUT_S="3")  # a rebalance waits for twice as long

    worker("0")
    loading = threading.Thread(target=load)
    loading.start()
    try:
        second = worker("1")
        assert second.stop() == 0
        assert worker("1").stop(signal.SIGKILL) == KILLED
    finally:
        stop.set()
        loading.join()
    bench.flush()
    assert all_done(bench)
    assert until(bench.once)


def test_stateless_poison_is_buried_and_a_crash_after_the_publish_repeats(bench: Bench) -> None:
    for n in range(20):
        bench.send("c0", f"e{n}")
    bench.send("c0", "bug", text="bug")
    bench.put(bench.source, "c0", b"rubbish")
    bench.flush()
    point = f"classifier.after_publish_before_ack@{bench.directory / 'crashed'}"
    assert bench.worker("stateless", BUG="bug", CRASH_AT=point, ready=False).ended() == KILLED
    worker = bench.worker("stateless", BUG="bug", CRASH_AT=point)
    assert until(lambda: bench.committed() == 22)
    assert bench.lost() == set()
    published = [event.id for event in bench.events(bench.out)]
    assert len(set(published)) == 20 < len(published)
    assert {record.value() for record in bench.records(bench.dlq)} == {b"rubbish", encoded("c0", "bug", "bug")}
    assert "lapor_consumer_process_seconds_count" in worker.get("/metrics")[1]
    assert worker.stop() == 0


@pytest.mark.parametrize("bench", [1], indirect=True)
def test_stateless_ten_bugs_in_a_row_publish_nothing(bench: Bench) -> None:
    for n in range(12):
        bench.send("c0", f"e{n}")
    bench.flush()
    assert bench.worker("stateless", BUG="everywhere", BATCH_WITHIN_S="1", ready=False).ended() == EXIT_TEMPORARY
    assert bench.records(bench.out) == bench.records(bench.dlq) == []
    assert bench.committed() == 0


def is_answering(worker: Worker) -> bool:
    return worker.process.poll() is None and worker.get("/live")[0] == 200


def test_an_intake_outlives_its_database_and_its_broker(bench: Bench) -> None:
    worker = bench.worker("plain", BUG="bug")
    for n in range(5):
        bench.send("c0", f"e{n}")
    bench.send("c0", "bug", text="bug")
    bench.put(bench.source, "c0", b"rubbish")
    bench.flush()
    assert all_done(bench)
    bench.stack.kill_postgres()
    for n in range(5):
        bench.send("c1", f"no database {n}")
    bench.flush()
    bench.restart_postgres()
    assert all_done(bench)
    bench.stack.kill_broker()
    bench.stack.start_broker()
    for n in range(5):
        bench.send("c1", f"new broker {n}")
    bench.flush()
    assert all_done(bench)
    assert until(bench.once)
    assert until(lambda: bench.committed() == 17)
    assert is_answering(worker)
    assert worker.stop() == 0


def test_an_intake_reads_a_topic_that_comes_late(bench: Bench) -> None:
    late = f"{bench.name}.late"
    worker = bench.worker("plain", SOURCES=f"{bench.source},{late}", ASSIGNMENT_TIMEOUT_S="2")
    missing = f'lapor_consumer_missing_topics{{group="{bench.name}"}} 1.0'
    assert until(lambda: missing in worker.get("/metrics")[1])
    bench.send("c0", "e0")
    bench.create(late)
    bench.sent["c1"].append("e1")
    bench.put(late, "c1", encoded("c1", "e1"))
    bench.flush()
    assert all_done(bench)
    assert until(lambda: missing not in worker.get("/metrics")[1])
    assert worker.stop() == 0


def test_an_intake_that_can_read_nothing_lives_for_it_can_take_what_comes(bench: Bench) -> None:
    worker = bench.worker("plain", STALL_TIMEOUT_S="3", BATCH_TIMEOUT_S="60", POOL_TIMEOUT_S="60")
    age = re.compile(rf'lapor_consumer_lag_seconds{{group="{bench.name}",topic="{bench.source}"}} (\S+)')
    bench.send("c0", "e0")
    bench.flush()
    assert all_done(bench)
    with psycopg.connect(bench.dsn) as db:
        db.execute("LOCK TABLE inbox")
        bench.send("c0", "e1")
        bench.flush()
        assert until(lambda: any(float(seconds) > 5 for seconds in age.findall(worker.get("/metrics")[1])))
        assert is_answering(worker)
    assert all_done(bench)
    assert worker.stop() == 0


def test_an_intake_whose_event_loop_is_blocked_leaves(bench: Bench) -> None:
    worker = bench.worker("plain", SLOW_S="60", STALL_TIMEOUT_S="3")
    bench.send("c0", "e0", text="blocking")
    bench.flush()
    assert worker.ended() == EXIT_TEMPORARY


def test_a_plain_consumer_commits_only_what_is_done(bench: Bench) -> None:
    for n in range(10):
        bench.send("c0", f"e{n}")
    bench.flush()
    point = f"inbox.after_effect_before_commit@{bench.directory / 'crashed'}"
    assert bench.worker("plain", CRASH_AT=point, ready=False).ended() == KILLED
    assert bench.committed() == 0
    # Ten bugs in a row: an intake's doors stay open, and its events are neither published nor put aside.
    worker = bench.worker("plain", BUG="everywhere", BATCH_WITHIN_S="1")
    assert until(lambda: f'lapor_decide_bugs_in_a_row{{service="{bench.name}"}} 10.0' in worker.get("/metrics")[1])
    assert bench.committed() == 0
    assert worker.stop() == 0
    bench.worker("plain")
    assert all_done(bench)
    assert bench.once()
