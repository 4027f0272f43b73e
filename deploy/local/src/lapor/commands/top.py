"""The command that shows what an operator must know this morning, live."""

from __future__ import annotations

import json
import time

import typer
from confluent_kafka import KafkaException
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lapor.commands import dlq
from lapor.errors import Refused
from lapor.options import DATA, Data, Json, err, out
from lapor.processes.board import duration
from lapor.processes.data_dir import DataDir
from lapor.system import addresses
from lapor.system.morning import Morning, as_json, collect, firing, morning

EVERY_S = 5.0
#: Dead letters are read from their topics; they are few, and looked at less often.
LETTERS_S = 30.0
#: Older than this nothing should wait to be published (docs/runbook.md).
OUTBOX_S = 120
_TURNS = {
    "disposition": "menunggu dicarikan unit",
    "acknowledgement": "menunggu kata pertama unit",
    "answer": "menunggu jawaban unit",
}


def top(data: Data = DATA, json_: Json = False) -> None:
    """Pagi ini: what waits, what is late or at risk, which units are silent, and what is broken; every few seconds.

    Ctrl-C ends it. With --json it looks once. Services count channels since they started.

    Examples:

        lapor top

        lapor top --json
    """
    where = DataDir(data)
    env = addresses.env(where)
    ready, prometheus = env["ready_urls"], str(env["prometheus_url"])
    urls = {name: str(url).removesuffix("/ready") + "/metrics" for name, url in dict(ready).items()}  # type: ignore[call-overload]
    if json_:
        typer.echo(json.dumps(as_json(morning(*collect(urls), _letters(where), firing(prometheus)))))
        return
    letters, looked = 0, float("-inf")
    try:
        with Live(console=out, auto_refresh=False, screen=out.is_terminal) as live:
            while True:
                if time.monotonic() - looked > LETTERS_S:
                    letters, looked = _letters(where), time.monotonic()
                live.update(shown(morning(*collect(urls), letters, firing(prometheus))), refresh=True)
                time.sleep(EVERY_S)
    except KeyboardInterrupt:
        err.print("lapor status: what runs. lapor dlq list: dead letters.", highlight=False)


def _letters(where: DataDir) -> int:
    """How many dead letters wait; none known while Kafka is away, which the board says by itself."""
    try:
        return sum(dlq.waiting(where).values())
    except (Refused, KafkaException):
        return 0


def shown(now: Morning) -> RenderableType:
    """The board: first what needs somebody, then whose it is."""
    return Group(
        Text("Pagi ini", style="bold"),
        *_needs(now),
        *_alerts(now),
        "",
        _turns(now),
        "",
        _units(now),
        "",
        _channels(now),
    )


def _needs(now: Morning) -> list[Text]:
    emergencies = [
        f"darurat tanpa kata pertama, {unit or 'belum ada unit'}: {duration(age_s)}"
        for unit, age_s in sorted(now.emergencies.items(), key=lambda each: -each[1])
    ]
    red = [
        *((True, said) for said in emergencies),
        (now.late, f"{now.late} laporan terlambat"),
        (now.silent, f"diam lebih lama dari biasanya: {', '.join(now.silent)}"),
        (now.dead_letters, f"{now.dead_letters} catatan tidak terbaca: lapor dlq list"),
        (
            now.outbox_oldest_s > OUTBOX_S,
            f"belum terkirim ke Kafka selama {duration(now.outbox_oldest_s)}: lapor status",
        ),
        (sum(now.untold.values()), f"{sum(now.untold.values())} kabar tidak sampai ke warga: docs/runbook.md"),
        (now.away, f"tidak menjawab: {', '.join(now.away)}: lapor status"),
    ]
    yellow = [(now.at_risk, f"{now.at_risk} laporan hampir terlambat")]
    lines = [Text(text, style="bold red") for it, text in red if it]
    lines += [Text(text, style="yellow") for it, text in yellow if it]
    return lines or [Text("Tidak ada yang terlambat, diam, atau rusak.", style="green")]


def _alerts(now: Morning) -> list[Text]:
    called = [
        Text(f"{each.summary} ({each.name})", style="red" if each.severity == "page" else "yellow")
        for each in now.alerts or []
    ]
    return [Text(""), Text("Memanggil operator (docs/runbook.md)", style="dim"), *called] if called else []


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
    for heading in ("saluran", "diterima", "tidak sampai"):
        table.add_column(heading, justify="left" if heading == "saluran" else "right")
    for channel, count in sorted(now.accepted.items()):
        table.add_row(channel, str(count), Text(str(now.untold.get(channel, 0) or ""), style="red"))
    return table
