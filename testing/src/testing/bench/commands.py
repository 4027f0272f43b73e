"""`lapor bench`: measures one part at a time, beside a bare loop that does the same writes. A scenario is a command."""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from lapor.errors import Refused
from lapor.options import DATA, REGION, Data, Json, err
from lapor.processes import credentials
from lapor.processes.data_dir import DataDir
from lapor.processes.ports import choose
from lapor.system import addresses
from testing.bench import load
from testing.bench import scrape as scraping
from testing.bench.on_servers import run_command, run_service, scratch, show, watched, website_alone
from testing.bench.stored import OPEN, fill_all, vacuum
from testing.servers import start_postgres
from testing.standins import X_SECRETS

#: Transactions in one complaint's life: received, registered, classified and routed, two replies, told.
STEPS = 6
Rate = Annotated[float, typer.Option("--rate", min=0.1, help="Complaints a second.")]
Max = Annotated[bool, typer.Option("--max", help="As fast as it goes.")]
Seconds = Annotated[float, typer.Option("--seconds", min=1, help="For how long.")]

app = typer.Typer(help="Measure a part of the system, on servers of its own.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """Measure a part of the system, on servers of its own."""


@app.command()
def sla(
    stored: Annotated[int, typer.Option(min=0, help="Clocks that are stored already.")] = 1_000_000,
    count: Annotated[int, typer.Option(min=1_000, help="Clocks to start.")] = 30_000,
    at_once: Annotated[int, typer.Option(min=1, help="Deadlines of the same moment.")] = 50_000,
    rate: Annotated[int, typer.Option("--rate", min=1, help="Then deadlines a second, to see how late each is.")] = 50,
    seconds: Annotated[int, typer.Option("--seconds", min=1, help="For how long.")] = 60,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Clocks: starting them, a tick's cost, a restart, many deadlines at once, and how late one is announced.

    Examples:

        lapor bench sla --stored 100000
    """
    sizes = {"--stored": stored, "--count": count, "--at-once": at_once, "--rate": rate, "--seconds": seconds}
    show(run_service("sla-monitor", region, sizes), as_json=as_json)


@app.command()
def router(
    count: Annotated[int, typer.Option(min=100, help="Complaints: four events each.")] = 5_000,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Complaints routed and replies answered a second: from topic to topic, through PostgreSQL.

    Examples:

        lapor bench router
    """
    keys = {name: credentials.password() for name in credentials.EVENT_KEYS}
    show(run_service("router", region, {"--count": count}, **keys), as_json=as_json)


@app.command()
def classify(
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, help="For each of three measurements.")] = 5,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Texts understood a second on one core, with a model built for it. Without Kafka.

    Examples:

        lapor bench classify --json
    """
    with tempfile.TemporaryDirectory(prefix="lapor-bench-") as folder:
        model = str(Path(folder) / "model")
        with err.status("building the model"):
            run_command(["classifier", "build", "--region", str(region), "--out", model])
        arguments = ["--model", model, "--region", str(region), "--seconds", str(seconds)]
        show(watched([sys.executable, "-m", "testing.bench.classifier", *arguments]), as_json=as_json)


@app.command()
def intake(rate: Rate = 50, max_: Max = False, seconds: Seconds = 10, data: Data = DATA, as_json: Json = False) -> None:
    """Complaints through the running system's website, until each has its ticket; beside bare inserts.

    The website takes 20 a second in the long run; for more: lapor up --set intake-web:WEB_TAKES_PER_S=1000

    Examples:

        lapor bench intake --rate 100 --seconds 30

        lapor bench intake --max
    """
    found = asyncio.run(load.intake(DataDir(data), None if max_ else rate, seconds, _phase))
    show(_beside(found, _bare_inserts(seconds)), as_json=as_json)


@app.command()
def door(
    seconds: Annotated[int, typer.Option("--seconds", min=1, help="For each turn.")] = 5,
    turns: Annotated[int, typer.Option("--turns", min=1, help="Of the website and of a bare server, in turn.")] = 3,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Complaints by the API, until each is durable and has its ticket; beside the same server with one bare insert.

    The load is made on the same machine. The ratio is the middle one of the pairs of turns.

    Examples:

        lapor bench door --turns 5
    """
    with website_alone() as own:
        sizes = {"--seconds": seconds, "--turns": turns, "--bare-port": int(own.pop("BARE_PORT"))}
        show(run_service("intake-web", region, sizes, **own), as_json=as_json)


@app.command()
def readers(
    most: Annotated[int, typer.Option("--most", min=1_000, help="Complaints that are stored in the end.")] = 1_000_000,
    count: Annotated[int, typer.Option("--readers", min=1, max=250, help="Who follow one complaint.")] = 200,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Reading the website: lists and figures with ever more stored, and the memory of event streams.

    Examples:

        lapor bench readers --most 100000
    """
    with website_alone() as own:
        del own["BARE_PORT"]
        sizes = {"--most": most, "--readers": count}
        show(run_service("intake-web", region, sizes, "readers", **own), as_json=as_json)


@app.command()
def attack(
    seconds: Annotated[int, typer.Option("--seconds", min=5, help="Alone, and beside each attack.")] = 20,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Attacks of one client on the website: what a citizen waits beside them for pages and a photo, and alone.

    Examples:

        lapor bench attack --seconds 30
    """
    with website_alone() as own:
        del own["BARE_PORT"]
        show(run_service("intake-web", region, {"--seconds": seconds}, "attack", **own), as_json=as_json)


@app.command()
def desk(
    stored: Annotated[int, typer.Option("--stored", min=1_000, help="Complaints that are stored.")] = 100_000,
    of_one: Annotated[int, typer.Option("--of-one", min=1, help="So many more of one unit, at the end.")] = 100_000,
    officers: Annotated[int, typer.Option("--officers", min=1, max=300, help="Who have a list open.")] = 200,
    count: Annotated[int, typer.Option("--count", min=1, help="Complaints that come then.")] = 60,
    rate: Annotated[int, typer.Option("--rate", min=1, help="So many a second.")] = 1,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Lists of the desk: how soon a complaint is on the open ones, their cost, and how long one takes.
    And how soon the officer on duty is told of a danger, and how long each list and search of a large unit takes.

    Officers and complaints are spread over all units that have a desk. The load is made on the same machine.

    Examples:

        lapor bench desk --officers 200
    """
    with tempfile.TemporaryDirectory(prefix="lapor-bench-") as folder:
        ports = choose({"desk": 0, "mail": 0}, Path(folder) / "ports.json")
        own = {
            "DESK_PORT": str(ports["desk"]),
            "DESK_KEY": credentials.password(),
            "SMTP_URL": f"smtp://127.0.0.1:{ports['mail']}",
            "MAIL_FROM": "LAPOR! <lapor@bench.example>",
            "EVIDENCE_URL": f"file://{folder}/proofs",
            "DESK_TRUSTED_PROXIES": "127.0.0.1/32",
        }
        sizes = {
            "--stored": stored, "--of-one": of_one, "--officers": officers, "--count": count, "--rate": rate,
        }  # fmt: skip
        show(run_service("unit-desk", region, sizes, "desk", **own), as_json=as_json)


@app.command()
def mentions(
    count: Annotated[int, typer.Option(min=1, help="Mentions in one window; X lists 800 of them.")] = 1_000,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Mentions on X, until all of a window are stored; the next look, and one after a restart; beside bare inserts.

    Examples:

        lapor bench mentions
    """
    with scratch(start_postgres) as stack:
        nobody = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "KAFKA_USERNAME": "-", "KAFKA_PASSWORD": "-"}
        variables = {
            **nobody,
            **{f"X_{name.upper()}": str(value) for name, value in X_SECRETS.items()},
            "DATABASE_URL": stack.database("intake_social"),
            "REGION_DIR": str(region.absolute()),
            "INSTALLATION_NAMESPACE": str(uuid.uuid4()),
            "EVENT_KEY": credentials.password(),
            "HTTP_PORT": str(choose({"http": 0}, stack.logs / "http.json")["http"]),
            "LOG_LEVEL": "ERROR",
        }
        run_command(["intake-social", "migrate"], **variables)
        found = watched([sys.executable, "-m", "testing.bench.mentions", "--count", str(count)], **variables)
    show(found, as_json=as_json)


@app.command()
def sms(
    count: Annotated[int, typer.Option("--count", min=10, help="Messages that wait.")] = 1_000,
    answer_ms: Annotated[int, typer.Option("--answer-ms", min=0, help="What the gateway takes for each.")] = 300,
    per_s: Annotated[float, typer.Option("--per-s", min=1, help="SMS_SENDS_PER_S.")] = 1_000,
    at_once: Annotated[int, typer.Option("--at-once", min=1, max=256, help="SMS_SENDS_AT_ONCE.")] = 32,
    into: Annotated[
        bool, typer.Option("--in", help="Citizens' SMS instead, by Kannel: --count of them in each turn.")
    ] = False,
    turns: Annotated[int, typer.Option("--turns", min=1, help="With --in: of the door and of a bare server.")] = 3,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="With --in: the region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Messages to citizens by a slow SMS gateway, each stored as sent; beside the same calls with nothing stored.

    With --in the other way: a real Kannel brings citizens' SMS to the door of intake-sms, until each is stored; beside
    a second Kannel before a server that does one bare insert for each.

    Examples:

        lapor bench sms --answer-ms 300

        lapor bench sms --in --count 1000 --turns 5
    """
    if into:
        show(_sms_in(region, count, turns), as_json=as_json)
        return
    sizes = {"--count": count, "--answer-ms": answer_ms, "--per-s": per_s, "--at-once": at_once}
    words = [str(word) for pair in sizes.items() for word in pair]
    with scratch(start_postgres) as stack:
        dsn = stack.database("intake_sms")
        found = watched([sys.executable, "-m", "testing.bench.sms", *words], DATABASE_URL=dsn)
    show({**found, "ratio": round(found["rate"] / found["baseline_rate"], 3)}, as_json=as_json)


@app.command()
def lifecycle(
    rate: Rate = 20,
    max_: Max = False,
    seconds: Seconds = 10,
    warm_up: Annotated[int, typer.Option("--warm-up", min=1, help="Lives before those that are measured.")] = 60,
    stored: Annotated[int, typer.Option(min=0, help="Then again with so many more stored; they stay.")] = 0,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Whole lives on the running system: sent, routed, acknowledged, resolved, told; beside bare writes.

    Each is timed from the moment when it was to be sent, p50_ms and so on from the ticket to the unit's topic. A
    program of its own makes the load, on the same machine; with --max it keeps 32 on their way to the doors.
    With --stored its databases are filled after a first measurement, which is shown beside the second.

    Its doors take 20 (web) and 50 (SMS) a second; for more: lapor up --set intake-web:WEB_TAKES_PER_S=1000
    --set intake-sms:SMS_TAKES_PER_S=1000 --set intake-sms:SMS_SENDS_PER_S=1000

    Examples:

        lapor bench lifecycle --rate 20

        lapor bench lifecycle --stored 300000 --data /tmp/measured
    """
    where, count, pace = DataDir(data), round(rate * seconds), math.inf if max_ else rate
    found = _lives(where, count, pace, warm_up)
    if stored:
        env: dict[str, Any] = addresses.env(where)
        before = {name: found[name] for name in ("rate", "errors", "p50_ms", "p95_ms")}
        fill_all(env["databases"], stored, OPEN, _phase)
        for dsn in env["databases"].values():  # as the server would have done in the course of time
            vacuum(dsn)
        found = {**_lives(where, count, pace, warm_up), "stored": stored, "before": before}
    show(_beside(found, _bare_inserts(seconds) / STEPS), as_json=as_json)


def _lives(where: DataDir, count: int, rate: float, warm_up: int) -> dict[str, Any]:
    sizes = {"--data": str(where.root), "--count": count, "--rate": rate, "--warm-up": warm_up}
    words = [str(word) for pair in sizes.items() for word in pair]
    return watched([sys.executable, "-m", "testing.bench.lives", *words])


@app.command()
def scrape(
    count: Annotated[
        int, typer.Option("--open", min=20, help="Open complaints that are stored first; they stay.")
    ] = 1_000,
    turns: Annotated[int, typer.Option("--turns", min=1, help="Of all services, and then of bare servers.")] = 20,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Metrics of the running system: a scrape with many open complaints; beside bare servers of the same bytes.

    Examples:

        lapor bench scrape --data /tmp/measured
    """
    where = DataDir(data)
    _lives(where, scraping.ALIVE, scraping.ALIVE, 1)
    show(scraping.scrape(where, count, turns, _phase), as_json=as_json)


def _phase(text: str) -> None:
    err.print(text, highlight=False)


def _beside(found: dict[str, Any], bare: float) -> dict[str, Any]:
    return {**found, "baseline_rate": round(bare, 1), "ratio": round(found["rate"] / bare, 3)}


def _sms_in(region: Path, count: int, turns: int) -> dict[str, Any]:
    where = f"{os.environ.get('PATH', '')}:/usr/sbin"
    boxes = [shutil.which(name, path=where) for name in ("bearerbox", "smsbox")]
    if not all(boxes):
        raise Refused("Kannel is not installed (Debian: apt-get install --no-install-recommends kannel kannel-extras)")
    with tempfile.TemporaryDirectory(prefix="lapor-bench-") as folder:
        ports = choose({"door": 0, "bare": 0}, Path(folder) / "ports.json")
    sizes = {"--bare-port": ports["bare"], "--count": count, "--turns": turns}
    return run_service(
        "intake-sms",
        region,
        {**sizes, "--boxes": ",".join(map(str, boxes))},
        "sms_in",
        SMS_LISTEN_PORT=str(ports["door"]),
        SMS_MO_TOKEN=credentials.password(),
        SMS_TAKES_PER_S="100000",
        KANNEL_SEND_URL="http://127.0.0.1:9/cgi-bin/sendsms",
        KANNEL_USERNAME="-",
        KANNEL_PASSWORD="-",  # noqa: S106
        RECEIPT_WAIT_S="86400",  # no receipt goes out: only the endpoint is measured
        INSTALLATION_NAMESPACE=str(uuid.uuid4()),
        EVENT_KEY=credentials.password(),
    )


def _bare_inserts(seconds: float) -> float:
    with scratch(start_postgres) as stack:
        return asyncio.run(load.bare_inserts(stack.database("bare"), min(seconds, 5)))
