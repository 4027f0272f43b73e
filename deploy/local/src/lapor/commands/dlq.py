"""``lapor dlq``: messages that could not be handled, kept with their bytes until somebody replays or dismisses them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

import psycopg
import typer
from rich.table import Table

from chassis.letters import DISMISS, dismisses, settles
from chassis.wire import CUT
from contracts.topics import replays
from intake import set_aside
from intake.set_aside import readable
from lapor.errors import Refused
from lapor.kafka.principal import Principal, principal
from lapor.kafka.reader import Found, read_to_end
from lapor.options import Access, Json, err, out, with_access
from lapor.processes.data_dir import DataDir
from lapor.system import addresses

app = typer.Typer(help="Dead letters: see them, have them handled again, or dismiss them.", no_args_is_help=True)


@app.command("list")
@with_access
def list_(
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """List all dead letters, by service.

    Examples:

        lapor dlq list
    """
    operator = principal("operator", *access)
    settled = _settled(operator)
    rows = [{**_row(found), "settled": settled.get(_id(found))} for found in _dead(operator)]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    table = Table(*("id", "error", "from", "at", "settled"), box=None, pad_edge=False)
    for row in rows:
        place = f"{row['topic']} {row['partition']}:{row['offset']}"
        table.add_row(row["id"], row["error"], place, row["at"], row["settled"] or "-")
    out.print(table if rows else "No dead letters.")


@app.command()
@with_access
def show(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """Show one dead letter: its headers and its bytes. Those that an intake set aside are read from its database.

    Examples:

        lapor dlq show router:3
    """
    (found,) = _chosen(principal("operator", *access), [id_])
    row = {
        **_row(found),
        "key": found.headers.get("source-key", readable(found.key or b"")),
        "headers": found.headers,
        "value": readable(found.value),
    }
    if kept := _at_the_intake(found, None if access.bootstrap else access.data):
        row["value"] = kept["content"]
    if as_json:
        typer.echo(json.dumps(row))
    else:
        out.print_json(data=row)


@app.command()
@with_access
def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every one of them.")] = False,
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """Have dead letters handled again, each by the service that put it aside. Those handled since are left alone.

    --all leaves out dead letters that were settled before, that came from no topic or that are not whole.

    Examples:

        lapor dlq replay router:3

        lapor dlq replay --all
    """
    if bool(ids) == all_:
        raise typer.BadParameter("name some ids, or --all")
    operator = principal("operator", *access)
    settled = _settled(operator)
    chosen = _chosen(operator, ids) if ids else [each for each in _dead(operator) if _id(each) not in settled]
    why_not = {_id(found): why for found in chosen if (why := _why_not(found))}
    for why in why_not.values():
        if ids:
            raise Refused(why)
        err.print(why)
    asked = [found for found in chosen if _id(found) not in why_not]
    for found in asked:
        # Only the offset: the service trusts the bytes that it wrote itself, not those that an operator sends.
        operator.write(replays(_service(found)), _id(found).encode(), str(found.offset).encode())
    if as_json:
        typer.echo(json.dumps({"replayed": len(asked)}))
    else:
        err.print(f"{len(asked)} asked for")


@app.command()
@with_access
def dismiss(
    ids: Annotated[list[str], typer.Argument(metavar="ID…")],
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """Mark dead letters as seen and not to be replayed: `lapor status` no longer counts them.

    Their bytes stay where they are, and `replay ID` still puts them back. Those that an intake set aside are settled
    in its database too, which deletes them in time.

    Examples:

        lapor dlq dismiss intake-sms:0
    """
    operator = principal("operator", *access)
    chosen = _chosen(operator, ids)
    for found in chosen:
        _at_the_intake(found, None if access.bootstrap else access.data, settle=True)
        operator.write(replays(_service(found)), _id(found).encode(), DISMISS + str(found.offset).encode())
    if as_json:
        typer.echo(json.dumps({"dismissed": len(chosen)}))
    else:
        err.print(f"{len(chosen)} dismissed")


def waiting(data: DataDir) -> dict[str, int]:
    """Count by service the dead letters that nobody has replayed or dismissed. Raises: Refused, KafkaException."""
    operator = principal("operator", data)
    settled = _settled(operator)
    return dict(Counter(_service(found) for found in _dead(operator) if _id(found) not in settled))


def _settled(operator: Principal) -> dict[str, str]:
    """Return by id how dead letters were settled: ``replayed`` or ``dismissed``, the last that was asked for.

    Raises: Refused, KafkaException.
    """
    asked = read_to_end(operator, [name for name in operator.topics() if name.endswith(".replay")])
    return {
        f"{each.topic.removesuffix('.replay')}:{offset}": "dismissed" if dismisses(each.value) else "replayed"
        for each in asked
        if (offset := settles(each.value)) is not None
    }


def _topics(operator: Principal) -> list[str]:
    return [name for name in operator.topics() if name.endswith(".dlq")]


def _dead(operator: Principal) -> Iterator[Found]:
    """Find all dead letters; a record without an error is the tombstone that an erasure left."""
    return (found for found in read_to_end(operator, _topics(operator)) if "error" in found.headers)


def _chosen(operator: Principal, ids: list[str]) -> list[Found]:
    found = {_id(each): each for each in _dead(operator)}
    for id_ in ids:
        if id_ not in found:
            raise Refused(f"There is no dead letter {id_!r}: `lapor dlq list` shows those there are.")
    return [found[id_] for id_ in ids]


def _service(found: Found) -> str:
    return found.topic.removesuffix(".dlq")


def _id(found: Found) -> str:
    return f"{_service(found)}:{found.offset}"


def _row(found: Found) -> dict[str, Any]:
    return {
        "id": _id(found),
        "service": _service(found),
        "topic": found.headers.get("source-topic"),
        "partition": int(found.headers.get("source-partition", 0)),
        "offset": int(found.headers.get("source-offset", 0)),
        "error": found.headers.get("error"),
        "at": found.headers.get("failed-at") or found.at.isoformat(),
    }


def _came_from_no_topic(found: Found) -> bool:
    """Whether it is a citizen's message and not a record. If a header appears twice, the last is the service's own."""
    return found.headers.get("source-partition") == "-1"


def _why_not(found: Found) -> str | None:
    """Say why it can't be handled again; None if it can."""
    if _came_from_no_topic(found):
        return f"{_id(found)} came from {found.headers.get('source-topic')!r}, which is no topic: it can't be put back."
    if CUT & found.headers.keys():
        return f"{_id(found)} was too large to be kept whole: whoever wrote it must write it again."
    return None


def _at_the_intake(found: Found, data: DataDir | None, *, settle: bool = False) -> dict[str, Any] | None:
    """Return what the intake keeps of ``found``, or None if it is a record. Without ``data``, so on a server, print the
    command that shows it there.

    Raises:
        Refused: the intake's database does not answer, or no longer has it.
    """
    service, number = _service(found), set_aside.number_of(found.value)
    if number is None or not _came_from_no_topic(found):
        return None
    if data is None:
        ask = f"{service} set-aside {number}{' --settle' if settle else ''}"
        err.print(f"{_id(found)} is kept by {service}: `docker-compose exec {service} {ask}`", soft_wrap=True)
        return None
    databases: Any = addresses.env(data)["databases"]
    try:
        kept = set_aside.look(databases[service], number, settle=settle)
    except psycopg.Error as error:
        raise Refused(f"The database of {service} can't be asked for {_id(found)}: {error}") from error
    if kept is None and not settle:
        raise Refused(f"{service} no longer has what {_id(found)} was: settled long ago, or newer than its backup.")
    return kept
