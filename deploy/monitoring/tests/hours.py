"""A month of figures that ends in a calm or in a bad hour, and a real Prometheus with them.

In the calm hour nothing needs an operator. In the bad one the last six hours went wrong in every way that a dashboard
shows.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import yaml
from promtool import RULES

from lapor.processes.ports import any_free
from testing.programs import program
from testing.waiting import until

Hour = Literal["calm", "bad"]
HOUR_S = 3600
#: How long before the bad hour things begin to go wrong.
BAD_S = 6 * HOUR_S
#: Ages of the samples in seconds: each of the last 100 minutes, every ten minutes of three days, each hour of a month.
MOMENTS: list[int] = sorted(
    {*range(0, 6_000, 60), *range(0, 3 * 24 * HOUR_S, 600), *range(0, 31 * 24 * HOUR_S, HOUR_S)}, reverse=True
)
UNITS = ("PUPR", "PDAM", "DINKES", "DLHK", "DISDUKCAPIL", "PLN-SOPPENG", "SATPOL-PP")
PLACES = ("Lalabata", "Liliriaja", "Lilirilau", "Donri-Donri", "Marioriawa", "Marioriwawo", "Citta", "Ganra")
CHANNELS = ("sms", "web", "x")
SERVICES = ("intake-sms", "intake-social", "intake-web", "classifier", "router", "sla-monitor", "unit-desk", "prober")
Labels = dict[str, str]


@dataclass(frozen=True)
class Figure:
    """One series: ``calm`` is its value at rest, or its growth an hour; ``bad`` is the same in the bad hour."""

    name: str
    labels: Labels
    calm: float
    bad: float
    grows: bool = False

    def at(self, age_s: float, hour: Hour) -> float:
        """Return its value ``age_s`` before now, if the month ends in ``hour``."""
        went_bad_s = max(BAD_S - age_s, 0.0) if hour == "bad" else 0.0
        if self.grows:
            return self.calm * (MOMENTS[0] - age_s) / HOUR_S + (self.bad - self.calm) * went_bad_s / HOUR_S
        return self.calm + (self.bad - self.calm) * went_bad_s / BAD_S


def figures() -> Iterator[Figure]:
    """Yield every series that a dashboard asks for."""
    yield from _open()
    yield from _channels()
    yield from _services()
    yield from _understanding()
    yield from _promises()


def _open() -> Iterator[Figure]:
    for n, unit in enumerate(UNITS):
        place = PLACES[n]
        for status, share in (("routed", 2), ("acknowledged", 3), ("in_progress", 4), ("waiting_for_reporter", 1)):
            yield Figure("lapor_complaints_open", _where(unit, place, status), share, share * (4 - n % 3))
        yield Figure("lapor_complaints_late", {"unit": unit, "kecamatan": place}, 0, (9, 4, 0, 2, 0, 6, 0)[n])
        yield Figure("lapor_complaints_at_risk", {"unit": unit, "kecamatan": place}, 0, (5, 3, 1, 2, 0, 1, 0)[n])
        yield Figure("lapor_unit_silent_seconds", {"unit": unit}, 3_000 * n, (400_000, 90_000, 9_000)[n % 3])
        yield Figure("lapor_unit_acknowledgement_seconds", {"unit": unit}, 3_600 + 900 * n, 3_600 + 900 * n)
        yield Figure("lapor_unit_silent_past_rhythm", {"unit": unit}, 0, 1 if n in (0, 5) else 0)
        yield Figure("lapor_emergencies_waiting", {"unit": unit}, 0, 2 if n == 5 else 0)
        yield Figure("lapor_complaints_reopened", {"unit": unit}, 0, n % 3)
        yield Figure("lapor_complaints_unheard", {"unit": unit}, 0, 2 * n)
        yield Figure("lapor_emergencies_oldest_seconds", {"unit": unit}, 0, 4_200 if n == 5 else 0)
        for stage in ("completion", "acknowledgement"):
            yield Figure("lapor_sla_met_total", {"unit": unit, "stage": stage}, 0.06, 0.01, grows=True)
            yield Figure("lapor_sla_breached_total", {"unit": unit, "stage": stage}, 0.003, 1.2, grows=True)
        for name, bad in (("returns", 3), ("ping_pong", 1), ("reopened", 2), ("handed_over", 1)):
            yield Figure(f"lapor_{name}_total", {"unit": unit}, 0.002, bad, grows=True)
        yield Figure("lapor_appeals_total", {"unit": unit, "result": "upheld"}, 0.001, 0.5, grows=True)
        yield from _histogram("lapor_route_latency_seconds", {"unit": unit}, (1, 10, 60), 0.3)
    yield Figure("lapor_complaints_open", _where("", "", "registered"), 0, 7)
    for turn, age_s in (("disposition", 9_000), ("acknowledgement", 30_000), ("answer", 150_000)):
        yield Figure("lapor_complaints_waiting", {"waits_for": turn}, 0 if turn == "disposition" else 20, 31)
        yield Figure("lapor_complaints_oldest_seconds", {"waits_for": turn}, age_s, 4 * age_s)
    for days, calm, bad in (("1", 20, 90), ("3", 6, 60), ("7", 0, 34), ("30", 0, 4)):
        yield Figure("lapor_complaints_older", {"days": days}, calm, bad)
    yield Figure("lapor_desk_citizens_untold", {}, 0, 9)
    for stars in "12345":
        yield Figure("lapor_ratings_total", {"stars": stars}, 0.01 * int(stars), 0.5, grows=True)


def _channels() -> Iterator[Figure]:
    for n, channel in enumerate(CHANNELS):
        of = {"channel": channel}
        yield Figure("lapor_intake_acknowledged_total", of, (9, 6, 2)[n] / 24, (30, 4, 0)[n] / 24, grows=True)
        yield Figure("lapor_intake_requests_total", {**of, "result": "accepted"}, (9, 6, 2)[n] / 24, 1, grows=True)
        yield Figure("lapor_intake_requests_total", {**of, "result": "unavailable"}, 0, 40, grows=True)
        yield Figure("lapor_intake_requests_total", {**of, "result": "too_short"}, 0.1, 0.2, grows=True)
        silent_s = (600, 2_000, 4 * HOUR_S)[n]
        yield Figure("lapor_intake_last_complaint_timestamp_seconds", of, -silent_s, -silent_s * 20)
        yield from _histogram("lapor_intake_duration_seconds", of, (0.05, 0.5, 5), 0.3)
        yield from _histogram("lapor_reply_seconds", of, (5, 60, 300), 0.5)
        for result, calm, bad in (("sent", 1, 4), ("later", 0, 9), ("refused", 0, 2), ("unknown", 0, 1)):
            yield Figure("lapor_replies_total", {**of, "result": result}, calm, bad, grows=True)
    yield Figure("lapor_intake_refused", {"channel": "x"}, 0, 1)


def _services() -> Iterator[Figure]:
    for n, service in enumerate(SERVICES):
        watched = {"instance": service, "job": "lapor"}
        yield Figure("up", watched, 1, 0 if service == "intake-social" else 1)
        yield Figure("process_resident_memory_bytes", watched, (80 + 8 * n) * 1e6, (100 + 30 * n) * 1e6)
        yield Figure("process_cpu_seconds_total", watched, 60 + 9 * n, 1_500, grows=True)
        of = {"service": service}
        yield Figure("lapor_outbox_oldest_seconds", of, 0, 400 if service == "intake-sms" else 2)
        yield Figure("lapor_outbox_parked", of, 0, 1 if service == "router" else 0)
        read = {**of, "topic": "complaint.updated.v1", "result": "handled"}
        yield Figure("lapor_consumer_records_total", read, 90, 0 if service == "classifier" else 400, grows=True)
        yield Figure("lapor_redeliveries_total", of, 0, 9, grows=True)
        yield Figure("lapor_dlq_records_total", {**of, "reason": "Invalid"}, 0, 1 if n > 3 else 0, grows=True)
        yield Figure("lapor_dlq_pending", of, 0, 1 if n > 3 else 0)
        yield Figure("lapor_database_bytes", of, (1 + n) * 2e8, (1 + n) * 5e8)
        yield Figure("lapor_database_connections", of, 6 + n, 60 + 5 * n)
        yield Figure("lapor_database_connections_allowed", of, 97, 97)
        lagging = {"group": service, "topic": "complaint.received.v1"}
        yield Figure("lapor_consumer_lag_seconds", lagging, 0, 900 if service == "classifier" else 3)
        yield Figure("lapor_group_behind_seconds", {"group": service}, 0, 900 if service == "classifier" else 0)
    yield from (
        Figure(f"lapor_kafka_{name}", {}, calm, bad)
        for name, calm, bad in (("brokers", 1, 1), ("partitions_offline", 0, 3), ("partitions_under_replicated", 0, 12))
    )
    for channel in ("sms", "web"):
        yield Figure("lapor_canary_arrived_timestamp_seconds", {"channel": channel}, 0, -900)
        for result, calm, bad in (("arrived", 60, 4), ("lost", 0, 50), ("refused", 0, 6)):
            yield Figure("lapor_canaries_total", {"channel": channel, "result": result}, calm, bad, grows=True)
        for by in ("intake", "classifier", "router"):
            yield from _histogram("lapor_canary_seconds", {"channel": channel, "by": by}, (0.5, 5, 30), 60)
    yield from _histogram("lapor_desk_told_seconds", {}, (0.5, 5, 30), 20)
    for result, calm, bad in (("sent", 9, 9), ("accepted", 9, 3), ("refused", 1, 6)):
        yield Figure("lapor_desk_replies_total", {"result": result}, calm, bad, grows=True)
    yield Figure("lapor_router_stuck", {"timer": "triage"}, 0, 2)
    yield Figure("lapor_sla_clocks_stuck", {}, 0, 1)
    yield Figure("lapor_clock_words_held_seconds", {}, 0, 500)
    yield from _histogram("lapor_sla_lateness_seconds", {}, (5, 60, 300), 0.1)


def _understanding() -> Iterator[Figure]:
    yield Figure("lapor_classifications_total", {"result": "answered"}, 0.6, 0.5, grows=True)
    yield Figure("lapor_classifications_total", {"result": "abstained"}, 0.1, 3, grows=True)
    places = (
        ("unit", 0.4, 0.4),
        ("outside", 0.05, 0),
        ("perhaps-accusing", 0.1, 1.5),
        ("unsure", 0.1, 3),
        ("danger", 0, 1),
    )
    for place, good, bad in places:
        yield Figure("lapor_first_places_total", {"place": place}, good, bad, grows=True)
    for le, good, bad in ((0.3, 0.02, 9), (0.7, 0.1, 10), (0.9, 0.3, 10), ("+Inf", 0.5, 10)):
        yield Figure("lapor_classifier_confidence_bucket", {"le": str(le)}, good, bad, grows=True)
    swapped = {"was": "sampah_kebersihan", "is": "drainase_banjir"}
    yield Figure("lapor_classifier_corrections_total", swapped, 0.01, 6, grows=True)
    yield Figure("lapor_classifier_corrections_total", {**swapped, "was": "jalan_jembatan"}, 0.006, 5, grows=True)


def _promises() -> Iterator[Figure]:
    """Yield the past results of our recording rules; Prometheus computes only the present ones."""
    for group in yaml.safe_load((RULES / "slo.yml").read_text())["groups"]:
        for rule in group["rules"]:
            if rule.get("record") == "slo:error_budget:ratio":
                budget = 1 - float(rule["expr"].removeprefix("vector(1-").removesuffix(")"))
                yield Figure(rule["record"], rule["labels"], budget, budget)
                hourly = {**rule["labels"], "sloth_window": "1h"}
                yield Figure("slo:sli_error:ratio_rate1h", hourly, budget / 5, budget * 30)


def _where(unit: str, place: str, status: str) -> Labels:
    return {"unit": unit, "kecamatan": place, "status": status}


def _histogram(name: str, labels: Labels, buckets: tuple[float, float, float], calm: float) -> Iterator[Figure]:
    """Yield a histogram of ``calm`` observations an hour, below the second bound; in the bad hour half exceed it."""
    shares = ((0.7, 0.1), (1, 0.5), (1, 0.9), (1, 1))
    for le, (good, bad) in zip([*map(float, buckets), "+Inf"], shares, strict=True):
        yield Figure(f"{name}_bucket", {**labels, "le": str(le)}, calm * good, 20 * calm * bad, grows=True)
    yield Figure(f"{name}_count", labels, calm, 20 * calm, grows=True)
    yield Figure(f"{name}_sum", labels, calm * buckets[0], 20 * calm * buckets[1], grows=True)


@contextmanager
def prometheus(folder: Path, hour: Hour) -> Iterator[str]:
    """Run a Prometheus whose month ends in ``hour``, with our rules but no waiting times. Yield its address."""
    now = time.time()
    (folder / "month.txt").write_text("\n".join([*_samples(hour, now), "# EOF\n"]))
    make = [program("promtool", debian="prometheus"), "tsdb", "create-blocks-from"]
    make += ["--max-block-duration=744h", "openmetrics"]  # the usual blocks of two hours take a hundred times as long
    subprocess.run(
        [*make, str(folder / "month.txt"), str(folder / "data")], check=True, capture_output=True, timeout=120
    )
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": list(_impatient())}))
    (folder / "prometheus.yml").write_text(yaml.safe_dump({"rule_files": ["rules.yml"]}))
    port = any_free()
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [
                program("prometheus", debian="prometheus"),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                "--storage.tsdb.retention.time=60d",
                f"--web.listen-address=127.0.0.1:{port}",
                "--web.cors.origin=http://127\\.0\\.0\\.1:.*",
            ],
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _ready(url), 60, "Prometheus is ready")
        until(lambda: ask(url, "count(slo:period_burn_rate:ratio) == 5"), 60, "the promises are reckoned")
        until(lambda: hour == "calm" or ask(url, 'ALERTS{alertname="LaporDown"}'), 60, "the alerts are reckoned")
        yield url
    finally:
        running.terminate()
        running.wait(30)


def ask(url: str, expr: str, back_s: float = 0) -> list[dict[str, Any]]:
    """Query ``expr`` for now, or with ``back_s`` for the range since that many seconds ago."""
    now = time.time()
    if back_s:
        values: dict[str, Any] = {"query": expr, "start": now - back_s, "end": now, "step": back_s / 60}
        answer = httpx.get(f"{url}/api/v1/query_range", params=values, trust_env=False, timeout=60)
    else:
        answer = httpx.get(f"{url}/api/v1/query", params={"query": expr}, trust_env=False, timeout=60)
    assert 200 == answer.status_code, f"{expr}: {answer.text}"
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return found


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _samples(hour: Hour, now: float) -> Iterator[str]:
    for figure in figures():
        labels = ",".join(f'{name}="{value}"' for name, value in figure.labels.items())
        since = now if figure.name.endswith("timestamp_seconds") else 0
        for age_s in MOMENTS:
            yield f"{figure.name}{{{labels}}} {figure.at(age_s, hour) + since:.3f} {now - age_s:.0f}"


def _impatient() -> Iterator[dict[str, Any]]:
    for file in sorted(RULES.glob("*.yml")):
        for group in yaml.safe_load(file.read_text())["groups"]:
            rules = [{name: value for name, value in rule.items() if name != "for"} for rule in group["rules"]]
            yield {**group, "interval": "1s", "rules": rules}
