"""Access control in the running system: nobody reaches another's data, and no secret or identifier leaks."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import rights
from confluent_kafka import Consumer, KafkaError, KafkaException
from desk import Desk, Unit, cloud_event, units
from harness import CLEAR, LAPOR, READERS, SERVICES, System

from contracts.ticket import mint
from testing.waiting import until

pytestmark = pytest.mark.connected

Ask = Callable[[str], Unit]
WITH_DATABASE = [name for name in READERS if name != "classifier"]
#: An invented man who writes his identifiers where they don't belong.
NIK, PHONE, MAIL = "7312010203850004", "0812-7788-9911", "warga.soppeng@contoh.co.id"


@pytest.fixture(scope="module")
def unit(system: System) -> Iterator[Ask]:
    """A unit by its code, with nothing but its own credentials."""
    with units(system.env) as ask:
        yield ask


@pytest.fixture(scope="module")
def desk(system: System) -> Iterator[Callable[[str], Desk]]:
    """A Kafka user by its name."""
    there: dict[str, Desk] = {}

    def ask(name: str) -> Desk:
        return there.setdefault(name, Desk(system.env, name))

    yield ask
    for each in there.values():
        each.close()


@contextmanager
def refused(what: str) -> Iterator[None]:
    """Check that the broker refuses, for lack of a right."""
    with pytest.raises(KafkaException) as refusal:
        yield
    assert KafkaError.TOPIC_AUTHORIZATION_FAILED == refusal.value.args[0].code(), what


def must_not_read(env: dict[str, Any], name: str, topic: str) -> None:
    desk = Desk(env, name)
    with refused(f"{name} reads {topic}"):
        desk.open(topic)
        until(desk.look, 10, f"{name} reads {topic}")
    desk.close()


def must_not_write(desk: Desk, topic: str) -> None:
    with refused(f"{desk.name} writes {topic}"):
        desk.write(topic, b"{}")


def test_a_role_opens_no_database_but_its_own_and_rules_over_nothing(system: System) -> None:
    own = {service.replace("-", "_"): system.env["databases"][service] for service in WITH_DATABASE}
    server = psycopg.conninfo.conninfo_to_dict(own["router"])
    admin = {"user": "postgres", "password": _kept(system)["postgres_admin"], "dbname": "postgres"}
    with psycopg.connect(**server | admin) as db:
        # Also where pg_hba.conf already refuses: somebody else's cluster has another one.
        grants = db.execute(
            "SELECT rolname, datname FROM pg_roles, pg_database WHERE rolname <> 'postgres' AND datallowconn"
            " AND rolname !~ '^pg_' AND has_database_privilege(rolname, datname, 'CONNECT, CREATE, TEMPORARY')"
        )
        assert {(name, name) for name in own} == set(grants)
        powers = "rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
        roles = db.execute(f"SELECT rolname, {powers} FROM pg_roles WHERE rolname !~ '^pg_'").fetchall()
        assert {(name, *[False] * 5) for name in own} | {("postgres", *[True] * 5)} == set(roles)
        members = db.execute("SELECT member::regrole::text FROM pg_auth_members WHERE member::regrole::text !~ '^pg_'")
        assert [] == members.fetchall()
        databases = [str(row[0]) for row in db.execute("SELECT datname FROM pg_database")]
    assert {*own, "postgres", "template0", "template1"} == set(databases)
    for role, address in own.items():
        for name in databases:
            if name == role:
                with psycopg.connect(address, connect_timeout=10, autocommit=True) as db:
                    assert db.execute("SELECT count(*) FROM inbox").fetchone()
                    for what in ("ROLE palsu", "DATABASE palsu"):
                        with pytest.raises(psycopg.errors.InsufficientPrivilege):
                            db.execute(f"CREATE {what}")
            else:
                with pytest.raises(psycopg.OperationalError, match=r"permission denied for database|no pg_hba\.conf"):
                    psycopg.connect(address, dbname=name, connect_timeout=10)


def test_no_database_opens_without_the_password(system: System) -> None:
    for service in WITH_DATABASE:
        given = psycopg.conninfo.conninfo_to_dict(system.env["databases"][service])
        for password in ({}, {"password": "salah"}):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(**{name: v for name, v in given.items() if name != "password"} | password)  # type: ignore[arg-type]


def test_a_unit_sees_and_writes_nothing_of_another(system: System, unit: Ask) -> None:
    pupr = unit("PUPR")
    for topic in ("unit.pdam.routed.v1", "unit.pdam.replied.v1", "unit.pupr.replied.v1"):
        must_not_read(system.env, "PUPR", topic)
    for topic in ("complaint.received.v1", "complaint.updated.v1", "complaint.sla-breached.v1", "router.dlq"):
        must_not_read(system.env, "PUPR", topic)
        must_not_write(pupr, topic)
    for topic in ("unit.pdam.replied.v1", "unit.pdam.routed.v1", "unit.pupr.routed.v1"):
        must_not_write(pupr, topic)


def test_the_broker_allows_every_user_what_the_declarations_say_and_nothing_else(system: System) -> None:
    """Asked as each user, for every topic and every operation: an ACL too many or too few is one wrong cell."""
    units_there = rights.codes(system.region)
    names, of_topics = rights.of_topics(units_there, rights.desks(system.region))
    users = {*SERVICES, *units_there, "auditor", "operator"}
    broker = rights.login(system.env, "broker", _kept(system)["kafka_admin"])
    assert users | {"broker"} == rights.with_passwords(broker)
    assert users == set(system.env["principals"]) == set(of_topics)
    there = set(broker.list_topics(timeout=20).topics)
    own = {"__consumer_offsets", "__transaction_state"}  # the broker makes these for itself
    assert names == there - own

    # Rights that no declaration may give away.
    asks = {f"{name}.replay": {"READ", "WRITE", "DESCRIBE"} for name in READERS}
    assert {f"{name}.dlq": {"READ", "DESCRIBE"} for name in READERS} | asks == of_topics["operator"]
    assert {name: {"READ", "DESCRIBE"} for name in names} == of_topics["auditor"]
    for code in units_there:
        topic = f"unit.{code.lower()}.{{}}.v1".format
        assert {topic("routed"): {"READ", "DESCRIBE"}, topic("replied"): {"WRITE", "DESCRIBE"}} == of_topics[code]

    # So that no ACL waits for a topic still to come, or concerns a resource that nobody uses.
    acls = broker.describe_acls(rights.EVERY_ACL).result(30)
    assert {"TOPIC", "GROUP"} == {acl.restype.name for acl in acls}
    literal = {(name, "LITERAL") for name in names}
    assert literal == {(acl.name, acl.resource_pattern_type.name) for acl in acls if acl.restype.name == "TOPIC"}

    groups, of_groups = rights.of_groups(units_there)
    wrong = []
    for user in sorted(users):
        client = rights.login(system.env, user, system.env["principals"][user]["password"])
        for asked, declared, granted in (
            (names | own, of_topics[user], rights.topics_granted(client, names | own)),
            (groups, of_groups[user], rights.groups_granted(client, groups)),
        ):
            for name in sorted(asked):
                if (may := granted.get(name, set())) != (should := declared.get(name, set())):
                    wrong.append(f"{user}, {name}: may {sorted(may)}, should {sorted(should)}")
        wrong += [f"{user} may {what}" for what in rights.not_refused(client, of_topics[user])]
    assert [] == wrong


@pytest.mark.parametrize(
    ("user", "open_to_reading", "closed"),
    [
        ("classifier", "complaint.received.v1", "complaint.updated.v1"),
        ("intake-web", "complaint.updated.v1", "unit.pupr.replied.v1"),
        ("router", "complaint.classified.v1", "intake-sms.dlq"),
    ],
)
def test_the_broker_does_as_it_says(
    system: System, desk: Callable[[str], Desk], user: str, open_to_reading: str, closed: str
) -> None:
    """A few cells of the matrix, by reading and writing."""
    must_not_read(system.env, user, closed)
    must_not_write(desk(user), closed)
    desk(user).open(open_to_reading)
    desk(user).look()


def test_the_auditor_reads_everything_and_writes_nothing(desk: Callable[[str], Desk]) -> None:
    auditor = desk("auditor")
    for topic in ("complaint.received.v1", "unit.pupr.routed.v1", "unit.pupr.replied.v1", "router.dlq"):
        auditor.open(topic)
        auditor.look()
        must_not_write(auditor, topic)


def test_the_operator_asks_for_dead_letters_and_speaks_for_nobody(desk: Callable[[str], Desk]) -> None:
    operator = desk("operator")
    for topic in ("unit.pupr.replied.v1", "complaint.updated.v1", "complaint.received.v1", "router.dlq"):
        must_not_write(operator, topic)
    operator.write("router.replay", b"999999999")  # no such dead letter: the router goes on


def test_an_intake_says_nothing_of_a_complaint_that_is_anothers(system: System, desk: Callable[[str], Desk]) -> None:
    """Tried with the web's account and all its means: its right to write, and its own key."""
    before = {row["id"] for row in system.lapor("dlq", "list")}
    number, by_sms = system.by_sms(f"{CLEAR} (suara)")
    complaint_id = _complaint_id(system, by_sms)
    item = {"id": "palsu", "kind": "cancel", "at": "2026-11-26T00:00:00Z"}
    cancel: dict[str, Any] = {"complaint_id": complaint_id, "ticket": by_sms, "items": [item]}
    made_up = {
        "complaint_id": "palsu",
        "ticket": mint("sms"),
        "channel": "sms",
        "origin": "intake-sms",
        "text": CLEAR,
        "received_at": "2026-11-26T00:00:00Z",
        "reporter_ref": "palsu",
    }
    # As if the reporter accused the unit that has it: then the unit would lose it.
    owner = system.unit_of(by_sms)
    accusing = {**made_up, "complaint_id": complaint_id, "ticket": by_sms, "text": f"Pegawai {owner} minta pungli"}
    received = "complaint.received.v1"
    forged: list[tuple[str, dict[str, Any]]] = [
        ("complaint.followed-up.v1", cancel),
        (received, made_up),
        (received, accusing),
    ]
    for topic, data in forged:
        event = cloud_event(topic, data, source="/intake-sms", subject=str(data["complaint_id"]))
        key, value = str(data["complaint_id"]).encode(), json.dumps(event).encode()
        for headers in ([], [system.signature("intake-web", key, value)]):
            desk("intake-web").write(topic, value, key, headers)

    def all_dead() -> bool:
        new = [row for row in system.lapor("dlq", "list") if row["id"] not in before]
        assert {"NotAuthentic"} >= {row["error"] for row in new}
        return ["classifier"] * 4 + ["router"] * 6 == sorted(row["service"] for row in new)

    until(all_dead, 60, "four dead letters of the classifier and six of the router")
    # The real intake's additions still count for its complaint, and the made-up complaint is nobody's.
    system.send_sms(number, f"{by_sms} di depan masjid raya")
    system.until_told(number, "Tambahan Anda sudah diteruskan")

    # Neither cancelled nor taken from the unit that has it.
    story = system.story(by_sms) or {}
    assert ("routed", owner) == (story["status"], story["unit"])
    assert system.story(str(made_up["ticket"])) is None
    assert system.unit_of(system.by_web(f"{CLEAR} (suara sendiri)"))


def _complaint_id(system: System, ticket: str) -> str:
    with psycopg.connect(system.env["databases"]["intake-sms"], connect_timeout=10) as db:
        found = db.execute("SELECT complaint_id FROM complaints WHERE ticket = %s", (ticket,)).fetchone()
    assert found
    return str(found[0])


def test_nobody_enters_kafka_without_the_password(system: System) -> None:
    errors: list[KafkaError] = []
    desk = Desk(system.env, "auditor")
    stranger = Consumer(desk.client | {"sasl.password": "salah", "group.id": "auditor.x", "error_cb": errors.append})
    until(lambda: stranger.poll(0.1) or errors, 30, "the broker says no")
    assert KafkaError._AUTHENTICATION == errors[0].code()
    stranger.close()
    desk.close()


def _kept(system: System) -> Any:
    return json.loads((system.data / "credentials.json").read_text())


def secrets_of(system: System) -> dict[str, str]:
    """Return every generated password and key, by its place in the credentials file."""

    def leaves(value: Any, name: str) -> Iterable[tuple[str, str]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from leaves(inner, f"{name}.{key}")
        else:
            yield name, str(value)

    found = dict(leaves(_kept(system), "credentials"))
    return {name: secret for name, secret in found.items() if not name.endswith("USERNAME")}


def test_no_password_is_in_any_command_line_log_or_open_file(system: System) -> None:
    known = secrets_of(system)
    assert len(known) > 50
    commands = [_command(process) for process in Path("/proc").iterdir() if process.name.isdigit()]
    assert any(str(system.data) in command for command in commands)
    logs = {path.name: path.read_text(errors="replace") for path in (system.data / "logs").iterdir()}
    assert {f"{name}.log" for name in (*SERVICES, "kafka", "postgres", "standins")} <= logs.keys()
    for name, secret in known.items():
        assert not any(secret in command for command in commands), f"{name} is in a command line"
        assert [] == [log for log, text in logs.items() if secret in text], f"{name} is in a log"


def test_the_files_that_hold_passwords_are_their_owners_alone(system: System) -> None:
    known = set(secrets_of(system).values())
    assert 0o600 == stat.S_IMODE((system.data / "credentials.json").stat().st_mode)
    for path in system.data.rglob("*"):
        if path.is_file() and path.stat().st_size < 1_000_000 and path.suffix in (".json", ".properties", ".conf"):
            text = path.read_text(errors="replace")
            if any(secret in text for secret in known):
                assert not stat.S_IMODE(path.stat().st_mode) & 0o077, f"{path} can be read by others"


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace")
    except OSError:  # it has just ended
        return ""


def test_no_identifier_of_a_citizen_is_in_any_topic_or_log(system: System, unit: Ask) -> None:
    planted = f"{CLEAR}. NIK saya {NIK}, HP {PHONE}, surel {MAIL}"
    number, by_sms = system.by_sms(planted)
    handle, by_x = system.by_x(f"{planted} (kicauan)")
    by_web = system.by_web(f"{planted} (formulir)")
    for ticket in (by_sms, by_x, by_web):
        at_unit = unit(system.unit_of(ticket))
        text = at_unit.get(ticket, "routed")["complaint"]["text"]
        assert all(token in text for token in ("[NIK]", "[TELEPON]", "[EMAIL]"))
        at_unit.must(ticket, "acknowledge")
    system.send_sms(number, f"{by_sms} hubungi saya di {PHONE}")
    system.until_told(number, "Tambahan Anda sudah diteruskan")

    # An SMS that can't be read is not masked, so nothing of it may leave the intake.
    unread = {"from": number, "raw": planted, "charset": "zlib", "token": system.env["sms_mo_token"]}
    assert 200 == httpx.get(system.env["sms_mo_url"], params=unread | {"id": "mo-unread"}, timeout=10).status_code
    until(lambda: [row for row in system.lapor("dlq", "list") if row["error"] == "Unreadable"], 60, "a dead letter")

    auditor = Desk(system.env, "auditor")
    names = auditor.consumer.list_topics(timeout=20).topics
    records = auditor.read_all(*(name for name in names if not name.startswith("__")))
    auditor.close()
    for ticket in (by_sms, by_x, by_web):
        assert any(ticket.encode() in seen.value for seen in records)
    assert any(seen.topic == "intake-sms.dlq" for seen in records)
    telephone, mobile = PHONE.replace("-", ""), number.removeprefix("+62")
    logs = {path.name: path.read_text(errors="replace") for path in (system.data / "logs").iterdir()}
    for secret in (NIK, PHONE, telephone, MAIL, mobile, handle):
        assert [] == [seen.topic for seen in records if secret.encode() in seen.value], secret
        assert [] == [name for name, text in logs.items() if secret in text], secret


#: Another invented person, whom officers write about, and a stranger's address.
THEIRS = ("7312014507900003", "0813-5566-7788", "budi.warga@contoh.co.id", "bantuan.example")
ABOUT = "Warga NIK {}, WA {}, surel {}, isi data di https://{}/klaim".format(*THEIRS)
#: A unit's replies, in this order, with words that the citizen must hear.
SAID: list[tuple[str, dict[str, str], str]] = [
    ("progress", {"message": f"Petugas di lokasi. {ABOUT}"}, "Petugas di lokasi. Warga NIK [NIK]"),
    ("ask", {"message": f"Rumah nomor berapa? {ABOUT}"}, "Rumah nomor berapa? Warga NIK [NIK]"),
    ("resolve", {"message": f"Pipa sudah diganti. {ABOUT}"}, "Pipa sudah diganti. Warga NIK [NIK]"),
    ("hand-over", {"to": "PLN", "reason": f"tiang milik PLN. {ABOUT}"}, "tiang milik PLN. Warga NIK [NIK]"),
    ("return", {"reason": f"bukan pipa kami. {ABOUT}"}, ""),
]


@pytest.mark.parametrize(("action", "fields", "heard"), SAID, ids=[action for action, *_ in SAID])
def test_no_identifier_and_no_strangers_link_that_a_unit_writes_reaches_anybody(
    system: System, unit: Ask, action: str, fields: dict[str, str], heard: str
) -> None:
    number, by_sms = system.by_sms(f"{CLEAR} ({action})")
    by_web = system.by_web(f"{CLEAR} ({action}, formulir)")
    for ticket in (by_sms, by_web):
        answer = unit(system.unit_of(ticket)).reply(ticket, action, **fields)
        assert (True, ["[NIK]", "[TELEPON]", "[EMAIL]", "[TAUTAN]"]) == (answer["accepted"], answer["masked"])
    if heard:
        system.until_told(number, heard)
        until(lambda: heard in json.dumps(system.story(by_web)), 30, "the web tells it")
    page = httpx.get(f"{system.env['web_url']}/laporan/{by_web}", timeout=10).text
    assert heard in page

    auditor = Desk(system.env, "auditor")
    topics = [name for name in auditor.consumer.list_topics(timeout=20).topics if not name.startswith("_")]
    # A unit's own replies are read only by the router.
    written = auditor.read_all(*(name for name in topics if not name.endswith(".replied.v1")))
    auditor.close()
    assert any(b"[NIK]" in seen.value for seen in written if by_sms.encode() in seen.value)
    logs = {path.name: path.read_text(errors="replace") for path in (system.data / "logs").iterdir()}
    for secret in THEIRS:
        assert secret not in page + json.dumps(system.story(by_web)) + "".join(system.told(number)), secret
        assert [] == [seen.topic for seen in written if secret.encode() in seen.value], secret
        assert [] == [name for name, text in logs.items() if secret in text], secret


def test_command_line_reply_reports_masked_text_and_how_to_ask(system: System) -> None:
    _, ticket = system.by_sms(f"{CLEAR} (perintah)")
    owner = system.unit_of(ticket)
    progress = ("unit", "reply", owner, ticket, "--action", "progress", "-m", "Hubungi 0813-5566-7788")
    said = system.lapor(*progress)
    assert (True, None, None, ["[TELEPON]"]) == tuple(said[name] for name in ("accepted", "reason", "code", "masked"))
    done = subprocess.run([LAPOR, *progress, "--data", system.data], capture_output=True, text=True, timeout=60)
    assert "The public reads [TELEPON] in its place. To reach the citizen use --action ask" in done.stderr
    refused = system.lapor("unit", "reply", owner, ticket, "--action", "acknowledge", check=False)
    assert (False, "already_done") == (refused["accepted"], refused["code"])


def test_the_page_links_to_no_strangers_site_and_says_where_a_proof_lies(system: System, unit: Ask) -> None:
    ticket = system.by_web(f"{CLEAR} (bukti)")
    owner = unit(system.unit_of(ticket))
    proof = {"media_type": "image/jpeg", "sha256": "ab" * 32, "bytes": 81_234}
    for url in (
        "https://x@evil.example:99/",
        "http://evil.example/\u202egnp.exe",
        "https://soppengkab.go.id.evil.example/",
    ):
        evidence: Any = [{**proof, "url": url}]
        answer = owner.reply(ticket, "resolve", message="Pipa sudah diganti", evidence=evidence)
        assert (False, "bad_evidence") == (answer["accepted"], answer["code"])
        assert answer["reason"].startswith("bukti ke-1: ")
    evidence = [{**proof, "url": "https://pdam.soppengkab.go.id/foto/1.jpg"}]
    owner.must(ticket, "resolve", message="Pipa sudah diganti", evidence=evidence)
    system.until_status(ticket, "resolved")
    page = httpx.get(f"{system.env['web_url']}/laporan/{ticket}", timeout=10).text
    assert ("pdam.soppengkab.go.id, foto" in page, "evil" in page) == (True, False)
