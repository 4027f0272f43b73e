"""`lapor up`: starts everything, and keeps it running until it is told to stop."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import signal
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from chassis.outbox import KEPT_DAYS
from lapor.errors import Refused
from lapor.options import err
from lapor.processes import credentials, state
from lapor.processes.board import Below, Changed
from lapor.processes.data_dir import DataDir, only_one
from lapor.processes.ports import choose
from lapor.processes.supervisor import Supervisor
from lapor.servers import acls, classifier_model, kafka, kannel, postgres, prometheus, provision
from lapor.system import installation
from lapor.system.wanted import Wanted, wanted


def prepare(
    data: DataDir, region: Path, overrides: Mapping[str, Mapping[str, str]], kafka_wants: Wanted
) -> installation.Installation:
    """Choose ports and generate credentials; both are kept for later starts."""
    names = acls.principals(kafka_wants.topics, kafka_wants.units)
    return installation.Installation(
        data=data,
        region=region.absolute(),
        ports=choose(installation.PORTS, data.ports),
        credentials=credentials.complete(data.credentials, names, installation.databases(), kafka_wants.kabupaten),
        overrides=overrides,
    )


async def up(
    data: DataDir, region: Path, overrides: Mapping[str, Mapping[str, str]], changed: Changed, below: Below
) -> None:
    """Start everything, then keep it running until SIGINT, SIGTERM or SIGHUP; a second signal kills it.

    Raises:
        Refused: it can't start, or a process stopped and restarting it can't help.
    """
    kafka_wants = wanted(region)
    data.create()
    with only_one(data):
        ended = await asyncio.to_thread(state.stop_leftovers, data.state)
        it = prepare(data, region, overrides, kafka_wants)
        supervisor = Supervisor(data, str(it.region), changed)
        supervisor.announce([*installation.NAMES, *_installed()])
        if ended:
            supervisor.publish(f"stopped what an earlier run left behind: {', '.join(ended)}")
        try:
            await _until_told(supervisor, _start(supervisor, it, kafka_wants, below))
        except Refused as error:
            supervisor.state.error = str(error)
            raise
        finally:
            supervisor.state.ready = False
            supervisor.publish("stopped")


async def _until_told(supervisor: Supervisor, start: Coroutine[None, None, None]) -> None:
    """Run ``start``, wait for a signal or a failure, and stop."""
    loop, told, signals = asyncio.get_running_loop(), asyncio.Event(), itertools.count(1)

    def on_signal() -> None:
        told.set()
        if (nth := next(signals)) > 1:
            supervisor.kill()
        if nth > 2:  # a download that hangs must not keep the user waiting
            err.show_cursor()
            os._exit(130)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
    starting = asyncio.create_task(start)
    waiting = asyncio.create_task(told.wait())
    try:
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            either: set[asyncio.Future[Any]] = {waiting, supervisor.failure}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if supervisor.failure.done():
                raise supervisor.failure.result()
    finally:
        starting.cancel()
        waiting.cancel()
        await asyncio.wait({starting, waiting})
        supervisor.state.ready = False
        supervisor.publish("stopping (once more: at once)")
        await supervisor.stop()


async def _start(supervisor: Supervisor, it: installation.Installation, kafka_wants: Wanted, below: Below) -> None:
    supervisor.publish("preparing")
    kept = it.data.postgres.exists()
    try:
        async with asyncio.TaskGroup() as together:
            broker = together.create_task(_start_kafka(supervisor, it, kafka_wants))
            together.create_task(_start_postgres(supervisor, it))
            together.create_task(_build_model(supervisor, it))
            together.create_task(supervisor.start([installation.standins(it)]))
            together.create_task(_start_kannel(supervisor, it))
            together.create_task(_start_prometheus(supervisor, it))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None  # one sentence is enough: the other failures follow from it
    if lost := kept and broker.result():
        owners = [service for service in installation.SERVICES if service.database]
        with supervisor.doing("Kafka has lost all that it held: the services read anew"):
            await asyncio.gather(*(supervisor.run(installation.rewinding(it, service)) for service in owners))
    supervisor.publish("starting the services")
    await supervisor.start([installation.service_process(it, service) for service in installation.SERVICES])
    supervisor.state.ready = True
    supervisor.publish("ready")
    below(what_next(it, lost=lost))


async def _start_kafka(supervisor: Supervisor, it: installation.Installation, kafka_wants: Wanted) -> bool:
    """Start the broker, with all topics and accounts. Return whether its storage is new."""

    def progress(done: int, of: int) -> None:
        loop.call_soon_threadsafe(supervisor.publish, f"downloading Apache Kafka, {done * 100 // of // 10 * 10} %")

    loop = asyncio.get_running_loop()
    new = await asyncio.to_thread(kafka.prepare, it.broker, progress)
    await supervisor.start([kafka.process(it.broker)])
    done = it.data.kafka / "provisioned"
    key = _provision_key(it, kafka_wants)
    if not done.exists() or done.read_text() != key:
        client = kafka.client_settings(it.broker.bootstrap, kafka.ADMIN, it.broker.password)
        await asyncio.to_thread(provision.refuse_removed_units, client, kafka_wants.units)
        what = (client, list(kafka_wants.topics), kafka_wants.units, it.credentials.principals)
        with supervisor.doing("provisioning topics, users and ACLs"):
            await asyncio.to_thread(provision.provision, *what)
        done.write_text(key)
    return new


def _provision_key(it: installation.Installation, kafka_wants: Wanted) -> str:
    """Hash everything that provisioning would do, so that a later start can skip it."""
    rules = sorted(acls.rules(kafka_wants.topics, kafka_wants.units))
    said = repr((kafka.cluster_id(it.broker), kafka_wants, rules, it.credentials.principals))
    return hashlib.sha256(said.encode()).hexdigest()


async def _start_postgres(supervisor: Supervisor, it: installation.Installation) -> None:
    await asyncio.to_thread(postgres.prepare, it.cluster)
    await supervisor.start([postgres.process(it.cluster)])
    await asyncio.to_thread(postgres.provision, it.cluster, it.credentials.databases)
    owners = [service for service in installation.SERVICES if service.database]
    with supervisor.doing("migrating the databases"):
        await asyncio.gather(*(supervisor.run(installation.migration(it, service)) for service in owners))
    await supervisor.run(installation.counter_key(it))


def _installed() -> list[str]:
    """List the optional processes whose Debian packages are installed."""
    return [
        *(["bearerbox", "smsbox"] if kannel.programs() else []),
        *(["prometheus"] if prometheus.program() else []),
    ]


async def _start_kannel(supervisor: Supervisor, it: installation.Installation) -> None:
    if paths := kannel.programs():
        kannel.prepare(it.kannel)
        for process in kannel.processes(it.kannel, paths):
            await supervisor.start([process])


async def _start_prometheus(supervisor: Supervisor, it: installation.Installation) -> None:
    if path := prometheus.program():
        prometheus.prepare(it.prometheus)
        await supervisor.start([prometheus.process(it.prometheus, path)])


async def _build_model(supervisor: Supervisor, it: installation.Installation) -> None:
    key = await asyncio.to_thread(classifier_model.key, it.region)
    if not classifier_model.is_current(it.data, key):
        if not await asyncio.to_thread(classifier_model.from_cache, it.data, key):
            with supervisor.doing("building the classifier's model"):
                await supervisor.run(classifier_model.build_step(it.data, it.region))
            classifier_model.keep(it.data, key)
        classifier_model.install(it.data, key)


def _figures(it: installation.Installation) -> tuple[str, str]:
    return (it.url("prometheus", "/alerts"), "alerts and figures") if prometheus.program() else ("", prometheus.GET_IT)


def what_next(it: installation.Installation, *, lost: bool = False) -> RenderableType:
    """Render the table of addresses and what to try; if Kafka ``lost`` its data, also how to publish it again."""
    shown = Table(box=None, show_header=False, pad_edge=False)
    shown.add_column(no_wrap=True, overflow="ignore")  # so that it can be copied
    command = it.data.command
    for where, what in (
        (it.url("web"), "write a complaint"),
        (it.url("desk"), "answer it, as a unit does"),
        (command("lapor desk"), "who you can be there"),
        (it.url("standins"), "see what citizens were sent; write an SMS, a post"),
        (command("lapor demo"), "watch some travel"),
        (command("lapor trace TICKET"), "read one's story"),
        (command("lapor top"), "read what an operator must know at eight o'clock"),
        _figures(it),
        *([] if kannel.programs() else [("", kannel.GET_IT)]),
        (command("lapor kill router"), "break something"),
        (command("lapor env --json"), "addresses and accounts, for scripts"),
        (str(it.data.credentials), "passwords"),
        (command("lapor down"), "stop (or Ctrl-C)"),
    ):
        shown.add_row(where, what)
    if not lost:
        return shown
    # Half a day is left for doing it: `lapor republish` refuses a time before which rows were already deleted.
    since = datetime.now(UTC) - timedelta(days=KEPT_DAYS, hours=-12)
    again = command(f"lapor republish --since {since:%Y-%m-%dT%H:%MZ}")
    return Group(shown, f"\nKafka was empty. What was published is given to it again by:\n{again}")
