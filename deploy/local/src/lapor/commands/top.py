"""The command that shows what an operator must know this morning, live."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import typer
from confluent_kafka import KafkaException
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from contracts.topics import unit_of
from lapor.commands import dlq
from lapor.errors import Refused
from lapor.kafka import worklist
from lapor.kafka.principal import Principal, principal
from lapor.kafka.reader import Found, read_to_end
from lapor.kafka.worklist import Item
from lapor.options import DATA, Data, Json, err, out
from lapor.processes.board import duration
from lapor.processes.data_dir import DataDir
from lapor.system import addresses
from lapor.system.attention import OLDEST_S
from lapor.system.morning import Morning, as_json, collect, firing, morning
from lapor.system.signals import SIGNALS

EVERY_S = 5.0
#: Topics are read less often than the services' figures.
READ_S = 30.0
#: How many complaints and alarms are named.
MOST_URGENT, MOST_ALARMS = 10, 6
_TURNS = {
    "disposition": "menunggu dicarikan unit",
    "acknowledgement": "menunggu kata pertama unit",
    "answer": "menunggu jawaban unit",
}


@dataclass(kw_only=True)
class Read:
    """State read from Kafka up to ``after``: how many dead letters wait, and what units were told last."""

    letters: int = 0
    told: dict[worklist.Place, Found] = field(default_factory=dict)
    after: dict[tuple[str, int], int] = field(default_factory=dict)


def top(data: Data = DATA, json_: Json = False) -> None:
    """Pagi ini: what needs somebody, the most urgent complaints, alarms, silent units; every few seconds.

    Ctrl-C ends it. With --json it looks once. Services count channels since they started.

    Examples:

        lapor top

        lapor top --json
    """
    where, read = DataDir(data), Read()
    env = addresses.env(where)
    ready, prometheus, desk = env["ready_urls"], str(env["prometheus_url"]), str(env["desk_url"])
    urls = {name: str(url).removesuffix("/ready") + "/metrics" for name, url in dict(ready).items()}  # type: ignore[call-overload]
    if json_:
        _read(where, read)
        now = morning(*collect(urls), read.letters, firing(prometheus), time.time())
        typer.echo(json.dumps({**as_json(now), "urgent": [_as_object(*each) for each in _urgent(read)]}))
        return
    looked = float("-inf")
    try:
        with Live(console=out, auto_refresh=False, screen=out.is_terminal) as live:
            while True:
                if time.monotonic() - looked > READ_S:
                    _read(where, read)
                    looked = time.monotonic()
                now = morning(*collect(urls), read.letters, firing(prometheus), time.time())
                live.update(shown(now, _urgent(read), desk), refresh=True)
                time.sleep(EVERY_S)
    except KeyboardInterrupt:
        err.print("lapor status: what runs. lapor dlq list: dead letters.", highlight=False)


def _read(where: DataDir, read: Read) -> None:
    """Read what is new; while Kafka is away, keep what is known: the board itself says that Kafka is away."""
    with contextlib.suppress(Refused, KafkaException):
        read.letters = sum(dlq.waiting(where).values())
        read_units(principal("auditor", where), read)


def read_units(auditor: Principal, read: Read) -> None:
    """Read what all units were told since the last time. Raises: Refused, KafkaException."""
    units = [name for name in auditor.topics() if name.endswith(".routed.v1") and unit_of(name)]
    read.told = worklist.newest(read.told, read_to_end(auditor, units, read.after))


def _urgent(read: Read) -> list[tuple[str, Item]]:
    return worklist.most_urgent(read.told.values(), MOST_URGENT)


def _as_object(unit: str, item: Item) -> dict[str, str | None]:
    it = item.complaint
    due = it.deadline_at.isoformat() if it.deadline_at else None
    return {"ticket": it.ticket, "unit": unit, "urgency": str(it.urgency), "status": it.status, "deadline_at": due}


def shown(now: Morning, urgent: Sequence[tuple[str, Item]] = (), desk: str = "") -> RenderableType:
    """Render the board: first what needs somebody, then whose turn it is. Sentences link to lists at ``desk``."""
    return Group(
        Text("Pagi ini", style="bold"),
        *_sentences(now, desk),
        *_system(now),
        *_alarms(now),
        *_most_urgent(urgent, desk),
        "",
        _turns(now),
        "",
        _units(now),
        "",
        _channels(now),
    )


def _sentences(now: Morning, desk: str) -> list[Text]:
    """Say what an operator has to know, at most a sentence for each signal."""
    more = {"silent": f": {', '.join(now.silent)}"}
    if now.emergencies:
        unit, age_s = max(now.emergencies.items(), key=lambda each: each[1])
        more["emergencies"] = f", terlama di {unit or 'meja triase'}: {duration(age_s)}"
    lines = []
    for name, signal in SIGNALS.items():
        count = now.signals[name]
        if count:
            bad = signal.red is not None and count >= signal.red
            look = "bold red" if bad else "yellow" if signal.amber is not None else "green"
            link = f" link {desk}/{signal.to}" if desk else ""
            since = ", sejak layanan mulai" if signal.grows else ""
            lines.append(Text(f"{count} {signal.said}{more.get(name, '')}{since}", style=look + link))
    good = not now.away and not any(now.signals[name] for name, signal in SIGNALS.items() if not signal.grows)
    return [Text("Tidak ada laporan yang terlambat, dan tidak ada unit yang diam.", style="green")] * good + lines


def _system(now: Morning) -> list[Text]:
    """Say what is broken."""
    red = [
        (now.dead_letters, f"{now.dead_letters} catatan tidak terbaca: lapor dlq list"),
        (
            now.outbox_oldest_s > OLDEST_S,
            f"belum terkirim ke Kafka selama {duration(now.outbox_oldest_s)}: lapor status",
        ),
        (now.away, f"tidak menjawab: {', '.join(now.away)}: lapor status"),
    ]
    return [Text(text, style="bold red") for it, text in red if it]


def _alarms(now: Morning) -> list[Text]:
    """Show the sentence of each alarm that calls an operator, and the page of the runbook about it."""
    alarms = now.alerts or []
    if not alarms:
        return []
    lines = [Text(""), Text("Memanggil operator", style="dim")]
    for each in alarms[:MOST_ALARMS]:
        lines.append(Text(each.summary, style="red" if each.severity == "page" else "yellow"))
        lines.append(
            Text(
                f"  {': '.join(filter(None, (each.runbook, each.action)))}",
                style="dim",
                no_wrap=True,
                overflow="ellipsis",
            )
        )
    left = len(alarms) - MOST_ALARMS
    return [*lines, Text(f"dan {left} lagi", style="dim")] if left > 0 else lines


def _most_urgent(urgent: Sequence[tuple[str, Item]], desk: str) -> list[Text]:
    if not urgent:
        return []
    at, wide = datetime.now(UTC), max(len(unit) for unit, _ in urgent)
    lines = [Text(""), Text("Paling mendesak (lapor unit show UNIT TIKET)", style="dim")]
    for unit, item in urgent:
        line = worklist.as_line(item.complaint, at, unit.ljust(wide))
        if desk:
            line.stylize(f"link {desk}/laporan/{item.complaint.ticket}")
        lines.append(line)
    return lines


def _turns(now: Morning) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading, side in (("giliran", "left"), ("laporan", "right"), ("tertua", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left")
    for turn, words in _TURNS.items():
        count = int(now.waiting[turn])
        table.add_row(words, str(count), duration(now.oldest_s[turn]) if count else "")
    return table


def _units(now: Morning) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("Unit", "terbuka", "terlambat", "hampir", "diam sejak"):
        table.add_column(heading, justify="left" if heading == "Unit" else "right")
    for name, unit in now.units.items():
        late = Text(str(unit.late or ""), style="bold red")
        silent = Text(duration(unit.silent_s) if unit.silent_s else "", style="red" if unit.past_rhythm else "")
        table.add_row(
            name or "belum ada unit", str(unit.open), late, Text(str(unit.at_risk or ""), style="yellow"), silent
        )
    return table


def _channels(now: Morning) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("saluran", "diterima", "sepi sejak", "tidak sampai"):
        table.add_column(heading, justify="left" if heading == "saluran" else "right")
    for channel, count in sorted(now.accepted.items()):
        quiet = duration(now.quiet_s[channel]) if channel in now.quiet_s else ""
        table.add_row(channel, str(count), quiet, Text(str(now.untold.get(channel, 0) or ""), style="red"))
    return table
