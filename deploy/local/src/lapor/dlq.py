"""``lapor dlq``: what could not be handled, with its bytes; and putting it back where it came from."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from lapor.errors import Refused
from lapor.files import DataDir
from lapor.options import DATA, Accounts, Bootstrap, CaFile, Data, Json, err, out
from lapor.reading import Found, Principal, principal, read_to_end

app = typer.Typer(help="Dead letters: see them, put them back.", no_args_is_help=True)
_OURS = ("error", "source-topic", "source-partition", "source-offset", "failed-at")


@app.command("list")
def list_(
    data: Data = DATA,
    bootstrap: Bootstrap = None,
    accounts: Accounts = None,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """All dead letters, by service.

    Examples:

        lapor dlq list
    """
    rows = [_row(found) for found in _dead(principal("operator", DataDir(data), bootstrap, accounts, ca_file))]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    table = Table(*("id", "error", "from", "at"), box=None, pad_edge=False)
    for row in rows:
        table.add_row(row["id"], row["error"], f"{row['topic']} {row['partition']}:{row['offset']}", row["at"])
    out.print(table if rows else "No dead letters.")


@app.command()
def show(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    data: Data = DATA,
    bootstrap: Bootstrap = None,
    accounts: Accounts = None,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """One dead letter: its headers and its bytes.

    Examples:

        lapor dlq show router:3
    """
    (found,) = _chosen(principal("operator", DataDir(data), bootstrap, accounts, ca_file), [id_])
    row = {**_row(found), "key": _text(found.key or b""), "headers": found.headers, "value": _text(found.value)}
    if as_json:
        typer.echo(json.dumps(row))
    else:
        out.print_json(data=row)


@app.command()
def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every one of them.")] = False,
    data: Data = DATA,
    bootstrap: Bootstrap = None,
    accounts: Accounts = None,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """Put dead letters back: same key, same bytes, to the topic they came from. What was handled since is left alone.

    With --all those that were put back before stay where they are, and so do those that came from no topic.

    Examples:

        lapor dlq replay router:3

        lapor dlq replay --all
    """
    if bool(ids) == all_:
        raise typer.BadParameter("name some ids, or --all")
    operator = principal("operator", DataDir(data), bootstrap, accounts, ca_file)
    known, done = (
        set(operator.topics()),
        Replayed(DataDir(accounts.parent if accounts else data).replayed, operator.cluster()),
    )
    chosen = _chosen(operator, ids or []) if ids else [each for each in _dead(operator) if _id(each) not in done.ids]
    homeless = [found for found in chosen if found.headers.get("source-topic") not in known]
    for found in homeless:
        sentence = (
            f"{_id(found)} came from {found.headers.get('source-topic')!r}, which is no topic: it can't be put back."
        )
        if ids:
            raise Refused(sentence)
        err.print(sentence)
    records = by_record(found for found in chosen if found not in homeless)
    for first, *others in records:
        headers = {name: value for name, value in first.headers.items() if name not in _OURS}
        operator.write(first.headers["source-topic"], first.key, first.value, headers)
        for found in (first, *others):
            done.add(_id(found))
    if as_json:
        typer.echo(json.dumps({"replayed": len(records)}))
    else:
        err.print(f"{len(records)} put back")


def by_record(letters: Iterable[Found]) -> list[list[Found]]:
    """Dead letters by what they were: put aside by several services, a record goes back once, and all read it again."""
    records: dict[tuple[object, ...], list[Found]] = {}
    for found in letters:
        place = tuple(found.headers.get(name) for name in ("source-topic", "source-partition", "source-offset"))
        records.setdefault((*place, found.value), []).append(found)
    return list(records.values())


class Replayed:
    """Which dead letters of a cluster were put back from here: they stay in their topic for 30 days."""

    def __init__(self, path: Path, cluster: str) -> None:
        self.path, self.cluster = path, cluster
        rows = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        self.ids = {row[1] for row in rows if row[0] == cluster}

    def add(self, id_: str) -> None:
        """Remember one more."""
        with self.path.open("a") as file:
            file.write(f"{self.cluster} {id_}\n")


def _dead(operator: Principal) -> Iterator[Found]:
    return read_to_end(operator, [name for name in operator.topics() if name.endswith(".dlq")])


def _chosen(operator: Principal, ids: list[str]) -> list[Found]:
    found = {_id(each): each for each in _dead(operator)}
    for id_ in ids:
        if id_ not in found:
            raise Refused(f"There is no dead letter {id_!r}: `lapor dlq list` shows those there are.")
    return [found[id_] for id_ in ids]


def _id(found: Found) -> str:
    return f"{found.topic.removesuffix('.dlq')}:{found.offset}"


def _row(found: Found) -> dict[str, Any]:
    return {
        "id": _id(found),
        "service": found.topic.removesuffix(".dlq"),
        "topic": found.headers.get("source-topic"),
        "partition": int(found.headers.get("source-partition", 0)),
        "offset": int(found.headers.get("source-offset", 0)),
        "error": found.headers.get("error"),
        "at": found.headers.get("failed-at") or found.at.isoformat(),
    }


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value).decode()
