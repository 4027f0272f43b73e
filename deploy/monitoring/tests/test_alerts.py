"""Each alert fires when it should and is silent when it should be, as Prometheus itself evaluates it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from boards import DOCUMENTS, panels
from declared import declared, named
from promtool import RULES, complaints_of, groups_of, needed

from lapor.system.attention import OLDEST_S
from lapor.system.installation import SERVICES
from monitoring.rules import sentences

ROOT = Path(__file__).parents[3]
#: The longest sentence that fits the list on *Pagi ini*.
MOST_LETTERS = 54
PROGRAMS = [service.name for service in SERVICES]
GROUPS = groups_of("alerts.yml")
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule
}
Series = dict[str, str]


class Case(NamedTuple):
    """Series that make an alert fire at ``at``, and others that keep it silent, with a sample per ``interval``. ``who``
    is the name in the alert."""

    fires: Series
    silent: Series
    who: str = ""
    at: str = "40m"
    interval: str = "1m"


def _gauge(metric: str, bad: float, good: float, who: str = "") -> Case:
    return Case({metric: f"{bad}x60"}, {metric: f"{good}x60"}, who)


_WAIT = "lapor_complaints_oldest_seconds"
_REFUSED = 'lapor_replies_total{channel="sms",result="refused"}'
_LATER, _SENT = (f'lapor_replies_total{{channel="email",result="{result}"}}' for result in ("later", "sent"))
_PUT_OFF, _FETCHED = (
    f'lapor_intake_media_total{{channel="whatsapp",result="{result}"}}' for result in ("later", "fetched")
)
_TOOK, _LAST = (
    f'lapor_intake_{name}{{channel="sms"}}' for name in ("acknowledged_total", "last_complaint_timestamp_seconds")
)
_STRANGE, _KNOWN, _CANARY = (
    f'lapor_intake_requests_total{{channel="sms",result="{result}"}}'
    for result in ("not_authentic", "accepted", "canary")
)
_BACKUP, _NODE = 'lapor_backup_due_timestamp_seconds{service="router"}', 'up{job="node"}'
_ARCHIVED, _HELD, _BASE = (
    f'lapor_archive_{name}{{service="router"}}'
    for name in ("timestamp_seconds", "held_bytes", "base_timestamp_seconds")
)
_ENDS, _LASTS = "lapor_certificate_expires_timestamp_seconds", "lapor_certificate_lifetime_seconds"
_FREE, _SIZE = (f'node_filesystem_{what}_bytes{{mountpoint="/",fstype="ext4"}}' for what in ("avail", "size"))
_CONNECTED, _IN_ROUTER, _MEMORY = "lapor_database_connections", '{service="router"}', "node_memory_Mem"
_THIS, _NEXT = (f'lapor_calendar_joint_leave_known{{year="{year}"}}' for year in (1970, 1971))
CASES = {
    "LaporEmergencyUnseen": _gauge('lapor_emergencies_oldest_seconds{unit="BPBD"}', 901, 900, "BPBD"),
    # The silent case: always one that is too young, and an old one that waits for something else.
    "LaporUnrouted": Case(
        {f'{_WAIT}{{waits_for="routing"}}': "601x60"},
        {f'{_WAIT}{{waits_for="routing"}}': "600x60", f'{_WAIT}{{waits_for="answer"}}': "999999x60"},
    ),
    "LaporUndisposed": Case(
        {f'{_WAIT}{{waits_for="disposition"}}': "86401x60"},
        {f'{_WAIT}{{waits_for="disposition"}}': "86400x60", f'{_WAIT}{{waits_for="answer"}}': "999999x60"},
    ),
    "LaporUnitSilent": _gauge('lapor_unit_silent_past_rhythm{unit="PDAM"}', 1, 0, "PDAM"),
    # Fifteen hours of silence: bad after two weeks with a complaint an hour, fine after one every two days.
    "LaporChannelSilent": Case(
        {_TOOK: "0+1x336 336x16", _LAST: "0+3600x336 1209600x16"},
        {_TOOK: " ".join(f"{count}x47" for count in range(8)), _LAST: "1209600x352"},
        "sms",
        "351h",
        "1h",
    ),
    "LaporChannelUnread": Case(
        {'lapor_intake_read_timestamp_seconds{channel="x"}': "0x60"},
        {
            'lapor_intake_read_timestamp_seconds{channel="x",instance="intake-social"}': "0x60",  # the other reads now
            'lapor_intake_read_timestamp_seconds{channel="x",instance="intake-social-two"}': "0+60x60",
        },
        "x",
    ),
    "LaporChannelRefused": _gauge('lapor_intake_refused{channel="facebook"}', 1, 0, "facebook"),
    # In the silent case the real gateway comes in beside it.
    "LaporDoorRefuses": Case({_STRANGE: "0+1x60", _CANARY: "0+1x60"}, {_STRANGE: "0+1x60", _KNOWN: "0x30 1x30"}, "sms"),
    "LaporTokenEnds": _gauge(
        'lapor_intake_token_expires_timestamp_seconds{channel="facebook"}', 14 * 86400, 15 * 86400, "facebook"
    ),
    "LaporBudgetNearlySpent": Case(
        {'lapor_intake_spent_dollars{channel="x"}': "46x60", 'lapor_intake_budget_dollars{channel="x"}': "50x60"},
        {'lapor_intake_spent_dollars{channel="x"}': "46x60", 'lapor_intake_budget_dollars{channel="x"}': "0x60"},
        "x",
    ),
    # It still fires fifteen hours after the refusal, so that an office sees it in the morning.
    "LaporNotTold": Case({_REFUSED: "_x150 1x100"}, {_REFUSED: "5x250"}, "sms", "40h", "10m"),
    "LaporSendingPaused": _gauge(
        'lapor_replies_paused_until_timestamp_seconds{channel="facebook"}', 86_400, 0, "facebook"
    ),
    "LaporPhotosNotFetched": Case({_PUT_OFF: "0+1x60"}, {_PUT_OFF: "0+1x60", _FETCHED: "0+2x60"}, "whatsapp"),
    # A mail server that refuses us is tried every half hour. In the silent case the mails went out five minutes later.
    "LaporNoticesHeld": Case(
        {_LATER: "0x30 1x30 2x30 3x30 4x30 5x30", _SENT: "7x180"},
        {_LATER: "0x100 1x80", _SENT: "0x105 1x75"},
        "email",
        at="125m",
    ),
    "LaporDeskNoticesHeld": _gauge('lapor_desk_notice_oldest_seconds{medium="email"}', 901, 900, "email"),
    "LaporDeskUnopened": _gauge("lapor_desk_notices_unopened", 1, 0),
    "LaporWebhookOff": Case(
        {'lapor_desk_webhooks_off{unit="PUPR",instance="unit-desk"}': "1x60"},
        {'lapor_desk_webhooks_off{unit="PUPR",instance="unit-desk"}': "0x60"},
        "PUPR",
    ),
    "LaporWebhookGivenUp": Case(
        {'lapor_desk_webhook_notices_total{unit="PUPR",result="given-up"}': "0x20 1x40"},
        {'lapor_desk_webhook_notices_total{unit="PUPR",result="given-up"}': "1x60"},
        "PUPR",
    ),
    "LaporCanaryLost": Case(
        {'lapor_canary_arrived_timestamp_seconds{channel="web"}': "0x60"},
        {'lapor_canary_arrived_timestamp_seconds{channel="web"}': "0+60x60"},
        "web",
    ),
    "LaporCalendarStale": Case({_THIS: "0x200", _NEXT: "0x200"}, {_THIS: "1x200", _NEXT: "0x200"}, at="2h"),
    "LaporDown": Case(
        {'up{job="lapor",instance="router"}': "1x20 0x60"}, {'up{job="lapor",instance="router"}': "1x38 0x1"}, "router"
    ),
    "LaporWatcherDown": Case(
        {'up{job="watchers",instance="alertmanager"}': "0x60"},
        {'up{job="watchers",instance="alertmanager"}': "1x60", 'up{job="lapor",instance="router"}': "0x60"},
        "alertmanager",
    ),
    # Two processes check one server. In the silent case one of them has seen the new certificate already, and the
    # website's is one of 90 days, which the proxy renews.
    "LaporCertificateEnds": Case(
        {
            f'{_ENDS}{{server="router-db:5432",instance="router"}}': f"{30 * 86400}x200",
            f'{_ENDS}{{server="router-db:5432",instance="router-two"}}': f"{30 * 86400}x200",
            f'{_LASTS}{{server="router-db:5432",instance="router"}}': f"{365 * 86400}x200",
        },
        {
            f'{_ENDS}{{server="router-db:5432",instance="router"}}': f"{30 * 86400}x200",
            f'{_ENDS}{{server="router-db:5432",instance="router-two"}}': f"{365 * 86400}x200",
            f'{_LASTS}{{server="router-db:5432",instance="router"}}': f"{365 * 86400}x200",
            f'{_ENDS}{{server="lapor.example.id:443"}}': f"{7 * 86400}x200",
            f'{_LASTS}{{server="lapor.example.id:443"}}': f"{90 * 86400}x200",
        },
        "router-db:5432",
        at="2h",
    ),
    "LaporWatching": Case({'up{job="lapor",instance="router"}': "1x60"}, {}, at="40m"),
    # It fires if one service is no longer scraped, and not if a second process replaces it or services are down.
    "LaporUnwatched": Case(
        {f'up{{job="lapor",instance="{name}"}}': "1x20" if name == "router" else "1x60" for name in PROGRAMS},
        {f'up{{job="lapor",instance="{name}{"-0" * (name == "router")}"}}': "0x60" for name in PROGRAMS},
        "router",
    ),
    "LaporCallsFail": Case(
        {'alertmanager_notifications_failed_total{integration="email"}': "0x20 1x60"},
        {
            'alertmanager_notifications_failed_total{integration="email"}': "7x60",
            "prometheus_notifications_dropped_total": "0x60",
        },
        "email",
        at="30m",
    ),
    "LaporRulesUnreckoned": Case(
        {"prometheus_config_last_reload_successful": "0x60"},
        {"prometheus_config_last_reload_successful": "1x60", "prometheus_rule_evaluation_failures_total": "5x60"},
    ),
    "LaporRestarts": Case(
        {'process_start_time_seconds{job="lapor",instance="router"}': "0x20 60x10 120x10 180x10 240x10"},
        {'process_start_time_seconds{job="lapor",instance="router"}': "0x20 60x20 120x20 180x20"},
        "router",
        at="60m",
    ),
    "LaporOutboxStuck": _gauge('lapor_outbox_oldest_seconds{service="router"}', 121, 120, "router"),
    "LaporOutboxParked": _gauge('lapor_outbox_parked{service="router"}', 1, 0, "router"),
    "LaporDeadLetters": _gauge('lapor_dlq_pending{service="router"}', 1, 0, "router"),
    "LaporLag": _gauge('lapor_consumer_lag_seconds{group="router",topic="complaint.received.v1"}', 61, 60, "router"),
    "LaporGroupBehind": Case(
        {'lapor_group_behind_seconds{group="router"}': "121x60"},
        {
            'lapor_group_behind_seconds{group="router"}': "120x60",
            'lapor_group_behind_seconds{group="unit.pupr"}': "999999x60",
        },
        "router",
    ),
    "LaporKafkaUnseen": Case(
        {"lapor_kafka_seen_timestamp_seconds": "0x60"}, {"lapor_kafka_seen_timestamp_seconds": "0+60x60"}
    ),
    "LaporLeaderMissing": _gauge("lapor_kafka_partitions_offline", 1, 0),
    "LaporReplicaMissing": _gauge("lapor_kafka_partitions_under_replicated", 1, 0),
    # It fires for a service that exits for it again and again, and not for one scraped once while it started.
    "LaporTopicsMissing": Case(
        {'lapor_consumer_missing_topics{group="router"}': "1 stale " * 30},
        {'lapor_consumer_missing_topics{group="router"}': "0x35 1 0x20"},
        "router",
    ),
    "LaporRulesFail": _gauge('lapor_decide_bugs_in_a_row{service="router"}', 5, 4, "router"),
    "LaporTimersFail": Case(
        {"lapor_sla_clocks_stuck": "0x60", 'lapor_router_stuck{timer="triage"}': "1x60"},
        {"lapor_sla_clocks_stuck": "0x60", 'lapor_router_stuck{timer="triage"}': "0x60"},
    ),
    "LaporClockHeld": _gauge("lapor_clock_words_held_seconds", 301, 300),
    "LaporClockWrong": Case(
        {"node_timex_sync_status": "0x60", "node_timex_offset_seconds": "0x60"},
        {"node_timex_sync_status": "1x60", "node_timex_offset_seconds": "-5x60"},
    ),
    # The case is judged at 40 minutes after 0, so a backup due before -4800 s is more than two hours late.
    "LaporBackupOld": Case({_BACKUP: "-6000x60"}, {_BACKUP: "-4700x60", _NODE: "1x60"}, "router"),
    "LaporDiskFills": Case({_FREE: "900-9x90"}, {_FREE: "900-0.1x90"}, "/", "89h", "1h"),
    "LaporDatabaseGrows": Case(
        {'lapor_database_bytes{service="router"}': "1e9x170 2.1e9x10"},
        # One that grew tenfold but is still small, and a large one that grew by half.
        {
            'lapor_database_bytes{service="router"}': "1e8x170 1e9x10",
            'lapor_database_bytes{service="unit-desk"}': "1e10x170 1.5e10x10",
        },
        "router",
        "175h",
        "1h",
    ),
    "LaporConnectionsScarce": Case(
        {f"{_CONNECTED}{_IN_ROUTER}": "78x60", f"{_CONNECTED}_allowed{_IN_ROUTER}": "97x60"},
        {f"{_CONNECTED}{_IN_ROUTER}": "77x60", f"{_CONNECTED}_allowed{_IN_ROUTER}": "97x60"},
        "router",
    ),
    "LaporMemoryScarce": Case(
        {f"{_MEMORY}Available_bytes": "9x60", f"{_MEMORY}Total_bytes": "100x60"},
        {f"{_MEMORY}Available_bytes": "10x60", f"{_MEMORY}Total_bytes": "100x60"},
    ),
    "LaporArchiveBehind": Case(
        {_ARCHIVED: "-100+60x60", _HELD: "0x60"}, {_ARCHIVED: "-50+60x60", _HELD: "999999999x60"}, "router"
    ),
    "LaporArchiveBaseOld": Case({_BASE: "-175000x60"}, {_BASE: "-170000x60", _NODE: "1x60"}, "router"),
    "LaporDiskFull": Case({_FREE: "9x60", _SIZE: "100x60"}, {_FREE: "10x60", _SIZE: "100x60"}, "/"),
}
assert CASES.keys() == ALERTS.keys()


def _firing(alert: str, series: Series, case: Case, count: int) -> dict[str, Any]:
    expected = [{"labels": "{}", "value": count}] if count else []
    return {
        "name": f"{alert}: {count}",
        "interval": case.interval,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{alert}", alertstate="firing"}})',
                "eval_time": case.at,
                "exp_samples": expected,
            }
        ],
    }


@pytest.mark.parametrize("alert", CASES)
def test_an_alert_fires_when_it_should_and_only_then(alert: str, tmp_path: Path) -> None:
    case = CASES[alert]
    cases = [_firing(alert, case.fires, case, 1), *([_firing(alert, case.silent, case, 0)] if case.silent else [])]
    assert not complaints_of(tmp_path, needed(GROUPS, alert), cases, case.interval)


@pytest.mark.parametrize(
    ("every_d", "silent_d", "fires"), [(1, 2, 0), (1, 4, 1), (1, 20, 1), (2, 5, 0), (2, 8, 1), (2, 30, 1)]
)
@pytest.mark.parametrize("restarted", [False, True])
def test_a_silence_does_not_become_usual_and_a_restart_does_not_end_it(
    every_d: int, silent_d: int, fires: int, restarted: bool, tmp_path: Path
) -> None:
    """A complaint each ``every_d`` days for four weeks, then silence for ``silent_d`` days; a sample an hour."""
    days, until_h = range(0, 28, every_d), (28 - every_d + silent_d) * 24
    told = [nth for nth, _ in enumerate(days, 1) for _ in range(every_d * 24)]
    took = told + [told[-1]] * (silent_d + 2) * 24
    last = [day * 86_400 for day in days for _ in range(every_d * 24)]
    end = (len(last) if not restarted else len(last) + 13) - every_d * 24
    last += [last[-1]] * (silent_d + 2) * 24
    shown = [str(value) if not restarted or at < end else "_" for at, value in enumerate(last)]
    series = {_TOOK: " ".join(map(str, took)), _LAST: " ".join(shown)}
    case = Case(series, {}, "sms", f"{until_h}h", "1h")
    alert = "LaporChannelSilent"
    assert not complaints_of(tmp_path, needed(GROUPS, alert), [_firing(alert, series, case, fires)], case.interval)


def test_lag_that_swings_around_its_limit_rings_once(tmp_path: Path) -> None:
    series = {'lapor_consumer_lag_seconds{group="router",topic="t"}': "61x10 " + "0x4 61x4 " * 6}
    case = Case(series, {})
    times = [_firing("LaporLag", series, case._replace(at=f"{minute}m"), 1) for minute in (8, 13, 20, 33, 50)]
    assert not complaints_of(tmp_path, needed(GROUPS, "LaporLag"), times)


@pytest.mark.parametrize(("lasts_d", "left_d", "count"), [(365, 31, 0), (90, 7, 0), (90, 5, 1), (0, 0, 1)])
def test_short_lived_certificate_alerts_later_and_an_expired_one_keeps_alerting(
    lasts_d: int, left_d: int, count: int, tmp_path: Path
) -> None:
    """An expired certificate is reported as expiring at each check. At 2 h there are ``left_d`` days left."""
    ends = f"{left_d * 86400 + 7200}x200" if lasts_d else "0+60x200"
    series = {f'{_ENDS}{{server="a:1"}}': ends, f'{_LASTS}{{server="a:1"}}': f"{lasts_d * 86400}x200"}
    case = Case(series, {}, at="2h")
    alert = "LaporCertificateEnds"
    assert not complaints_of(tmp_path, needed(GROUPS, alert), [_firing(alert, series, case, count)])


@pytest.mark.parametrize(
    ("alert", "metric", "values"),
    [
        ("LaporRulesFail", 'lapor_decide_bugs_in_a_row{service="router"}', "0x5 9 stale 0x4 8 stale 0x4 7 stale 0x30"),
        ("LaporClockHeld", "lapor_clock_words_held_seconds", "400x10 0x3 400x4 0x3 400x40"),
        ("LaporArchiveBehind", _HELD, "2e9x5 0x4 2e9x2 0x4 2e9x40"),
    ],
)
def test_intermittent_fault_keeps_its_alert_firing(alert: str, metric: str, values: str, tmp_path: Path) -> None:
    case = Case({metric: values}, {})
    times = [_firing(alert, case.fires, case._replace(at=f"{minute}m"), 1) for minute in range(7, 20)]
    assert not complaints_of(tmp_path, needed(GROUPS, alert), times)


def test_a_service_that_starts_again_each_seventeen_minutes_is_called_once(tmp_path: Path) -> None:
    """It starts three or four times an hour."""
    values = " ".join(f"{60 * start}x16" for start in range(9))
    case = Case({'process_start_time_seconds{job="lapor",instance="router"}': values}, {})
    times = [_firing("LaporRestarts", case.fires, case._replace(at=f"{minute}m"), 1) for minute in range(75, 135, 4)]
    assert not complaints_of(tmp_path, needed(GROUPS, "LaporRestarts"), times)


def test_a_disk_that_swings_about_its_bound_rings_once(tmp_path: Path) -> None:
    series = {_FREE: "9x15 " + "11x20 9x12 " * 3, _SIZE: "100x200"}
    case = Case(series, {})
    times = [_firing("LaporDiskFull", series, case._replace(at=f"{minute}m"), 1) for minute in (14, 25, 35, 45, 60, 95)]
    assert not complaints_of(tmp_path, needed(GROUPS, "LaporDiskFull"), times)


def test_every_program_that_is_gone_is_named() -> None:
    named = re.findall(
        r'absent\(up{job="lapor",instance=~"([a-z-]+)\(-\.\+\)\?"}\), "instance", "\1"',
        ALERTS["LaporUnwatched"]["expr"],
    )
    assert PROGRAMS == named


@pytest.mark.parametrize("gone", ["alertmanager", "grafana", "server"])
def test_unscraped_watcher_is_reported_where_prometheus_watches_itself(gone: str, tmp_path: Path) -> None:
    jobs = {"prometheus": "watchers", "alertmanager": "watchers", "grafana": "watchers", "server": "node"}
    watched = {f'up{{job="{job}",instance="{name}"}}': "1x60" for name, job in jobs.items() if name != gone}
    alone = {'up{job="lapor",instance="router"}': "1x60"}
    case = Case(watched, alone)
    expected = [_firing("LaporWatcherDown", watched, case, 1), _firing("LaporWatcherDown", alone, case, 0)]
    assert not complaints_of(tmp_path, needed(GROUPS, "LaporWatcherDown"), expected)


def test_a_unit_that_nobody_named_is_called_what_operators_call_it(tmp_path: Path) -> None:
    said = {"unit": "meja triase", "BPBD": "BPBD"}
    rule = ALERTS["LaporEmergencyUnseen"]
    cases = []
    for unit, shown in (("", said["unit"]), ("BPBD", "BPBD")):
        labels = f'{{unit="{unit}"}}'
        summary = f"Laporan darurat di {shown} belum ditanggapi selama 1h 0m 0s"
        alert = {
            "exp_labels": {"severity": "page", **({"unit": unit} if unit else {})},
            "exp_annotations": {**rule["annotations"], "summary": summary},
        }
        cases.append(
            {
                "interval": "1m",
                "input_series": [{"series": f"lapor_emergencies_oldest_seconds{labels}", "values": "3600x20"}],
                "alert_rule_test": [{"alertname": "LaporEmergencyUnseen", "eval_time": "10m", "exp_alerts": [alert]}],
            }
        )
    assert not complaints_of(tmp_path, needed(GROUPS, "LaporEmergencyUnseen"), cases)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_how_bad_what_and_what_to_do(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in ("page", "mail", *(["heartbeat"] if alert == "LaporWatching" else []))
    assert MOST_LETTERS >= len(sentences()[alert][0])
    # An alert whose summary has a value or a name needs a title too, for lists and for notifications of several.
    title = {"title"} if "{{" in rule["annotations"]["summary"] else set()
    assert {"summary", "action", "runbook"} | title == rule["annotations"].keys()
    assert "{{" not in rule["annotations"].get("title", "")
    assert f"docs/runbook.md#{alert.lower()}" == rule["annotations"]["runbook"]
    assert not re.search(r"[.!]$", rule["annotations"]["summary"])
    assert rule["annotations"]["action"].endswith(".")


@pytest.mark.parametrize(
    ("panel", "alert", "of_its_unit_s"),
    [
        ("Darurat menunggu", "LaporEmergencyUnseen", 60),
        ("Percobaan terakhir", "LaporCanaryLost", 1),
        ("Kotak keluar tertua", "LaporOutboxStuck", 1),
        ("Tertinggal", "LaporLag", 1),
    ],
)
def test_a_figure_turns_red_where_its_alert_calls(panel: str, alert: str, of_its_unit_s: int) -> None:
    (figure,) = (each for document in DOCUMENTS.values() for each in panels(document) if each["title"] == panel)
    *_, red = figure["fieldConfig"]["defaults"]["thresholds"]["steps"]

    assert ALERTS[alert]["expr"].endswith(f" > {red['value'] * of_its_unit_s}")


def test_lapor_says_that_nothing_goes_out_when_its_alert_calls() -> None:
    assert ALERTS["LaporOutboxStuck"]["expr"].endswith(f" > {OLDEST_S}")


def test_every_alert_has_its_page() -> None:
    pages = re.findall(r"^### (Lapor\w+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    spec = yaml.safe_load((RULES.parent / "slo.yml").read_text())
    assert sorted([*ALERTS, *(slo["alerting"]["name"] for slo in spec["slos"])]) == sorted(pages)


@pytest.mark.parametrize("file", ["alerts.yml", "slo.yml"])
def test_rules_ask_for_nothing_that_no_service_shows(file: str) -> None:
    asked = named((RULES / file).read_text())
    assert asked
    assert not asked - declared()


@pytest.mark.parametrize(("overdue_h", "severities"), [(3, ["mail"]), (25, ["mail"]), (27, ["mail", "page"])])
def test_a_backup_calls_at_night_once_it_is_a_day_overdue(
    overdue_h: int, severities: list[str], tmp_path: Path
) -> None:
    """Alertmanager writes no mail about an alert that calls."""
    case = Case({_BACKUP: f"{2400 - overdue_h * 3600}x60"}, {})
    expected = _firing("LaporBackupOld", case.fires, case, 1)
    expected["promql_expr_test"][0] |= {
        "expr": 'count by (severity) (ALERTS{alertname="LaporBackupOld", alertstate="firing"})',
        "exp_samples": [{"labels": f'{{severity="{each}"}}', "value": 1} for each in severities],
    }
    assert not complaints_of(tmp_path, needed(GROUPS, "LaporBackupOld"), [expected])


@pytest.mark.parametrize("alert", ["LaporBackupOld", "LaporArchiveBaseOld"])
@pytest.mark.parametrize(("node", "count"), [("1x60", 1), ("0x60", 0)])
def test_a_backup_that_was_never_made_is_too_old_where_somebody_could_know(
    alert: str, node: str, count: int, tmp_path: Path
) -> None:
    case = Case({_NODE: node}, {}, "basis data")
    assert not complaints_of(tmp_path, needed(GROUPS, alert), [_firing(alert, case.fires, case, count)], case.interval)
