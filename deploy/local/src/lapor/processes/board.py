"""The display of the running system: a live board on a terminal, plain lines elsewhere, and the table of processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lapor.processes import state

COLOURS = {"ready": "green", "starting": "yellow", "restarting": "red", "unready": "red", "failed": "bold red"}


def table(now: state.State) -> Table:
    """Render the processes: name, state, pid, restarts, time in that state."""
    shown = Table(box=None, pad_edge=False, header_style="dim")
    for heading, side in (("process", "left"), ("state", "left"), ("pid", "right"), ("restarts", "right")):
        shown.add_column(heading, justify="right" if side == "right" else "left")
    shown.add_column("for", justify="right")
    for entry in now.processes:
        word = Text(entry.state, style=COLOURS.get(entry.state, "dim"))
        restarts = Text(str(entry.restarts), style="red" if entry.restarts else "dim")
        age = duration(time.time() - entry.since) if entry.since else ""
        shown.add_row(entry.name, word, str(entry.pid or ""), restarts, age)
    return shown


def duration(seconds: float) -> str:
    """Format seconds: ``42s``, ``3m10s``, ``2h05m``, ``3d04h``."""
    minutes, second = divmod(max(0, int(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days}d{hour:02}h"
    if hours:
        return f"{hours}h{minute:02}m"
    return f"{minutes}m{second:02}s" if minutes else f"{second}s"


class _Board:
    """Renders itself again at every refresh, so that the times go on."""

    def __init__(self) -> None:
        self.now: state.State | None = None
        self.below: RenderableType = ""

    def __rich__(self) -> RenderableType:
        if self.now is None:
            return ""
        head = Text(f"LAPOR! Soppeng: {self.now.phase}", style="bold")
        return Group(head, table(self.now), *(("", self.below) if self.now.ready else ()))


Changed = Callable[[state.State], None]
Below = Callable[[RenderableType], None]


@contextmanager
def live(console: Console) -> Iterator[tuple[Changed, Below]]:
    """Show a board that stays in its place. Yield one function to call at every change, one to put a table below it."""
    board = _Board()
    with Live(board, console=console, refresh_per_second=4):

        def changed(now: state.State) -> None:
            board.now = now

        def below(what: RenderableType) -> None:
            board.below = what

        yield changed, below


@contextmanager
def plain(console: Console) -> Iterator[tuple[Changed, Below]]:
    """Print a line at every change, for logs and for people who asked for it."""
    seen: dict[str, str] = {}
    began = time.monotonic()

    def say(name: str, word: str) -> None:
        if seen.get(name) != word:
            seen[name] = word
            console.print(f"{time.monotonic() - began:6.1f}s {name:<14} {word}", highlight=False, markup=False)

    def changed(now: state.State) -> None:
        say("lapor", now.phase)
        for entry in now.processes:
            if entry.state != "waiting":
                say(entry.name, entry.state)

    yield changed, console.print
