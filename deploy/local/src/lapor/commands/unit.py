"""``lapor unit``: what a unit does, with nothing but the unit's own credentials."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import UNSET

from contracts import ticket as tickets
from contracts.events import Evidence, UnitReplied
from contracts.topics import unit_routed
from lapor.errors import Refused
from lapor.kafka import worklist
from lapor.kafka.principal import principal
from lapor.kafka.reader import follow, read_to_end
from lapor.kafka.replies import send_reply
from lapor.options import Access, Json, err, out, with_access

app = typer.Typer(help="Be a unit: read its topic, answer its complaints.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(metavar="CODE", help="The unit, e.g. PUPR.")]
_ASK = "To reach the citizen use --action ask: the question goes out on the citizen's own channel."


@app.command()
@with_access
def tail(
    code: Code,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="From the first record to where the topic ends now, then stop.")
    ] = False,
    max_: Annotated[int, typer.Option("--max", min=0, help="Stop after so many, if there are; 0: no limit.")] = 0,
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """Show what comes to a unit from now on, a CloudEvent a line, until Ctrl-C.

    Examples:

        lapor unit tail PUPR

        lapor unit tail PDAM --from-start --max 5
    """
    unit = principal(code.upper(), *access)
    topics = [unit_routed(code)]
    records = read_to_end(unit, topics) if from_start else follow(unit, topics)
    for n, found in enumerate(records, 1):
        typer.echo(found.value.decode(errors="replace"))
        if n == max_:
            break


@app.command("open")
@with_access
def open_(
    code: Code,
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """List what a unit has to work on: the largest priority first, then the nearest deadline, then the oldest.

    Examples:

        lapor unit open PUPR

        lapor unit open PUPR --json | head -1
    """
    unit = principal(code.upper(), *access)
    items = worklist.open_items(unit.name, read_to_end(unit, [unit_routed(code)]))
    if as_json:
        for item in items:
            typer.echo(worklist.as_json(item))
        return
    if items:
        out.print(worklist.as_cards(items, datetime.now(UTC)))
    err.print(f"{unit.name}: {len(items)} terbuka", highlight=False)


@app.command()
@with_access
def show(
    code: Code,
    ticket: Annotated[str, typer.Argument(metavar="TICKET")],
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """Show one complaint as its unit was last told about it, and the links that open its photos.

    Examples:

        lapor unit show PUPR SPG-W0AB-12CDS
    """
    unit = principal(code.upper(), *access)
    complaint = worklist.latest(tickets.parse(ticket) or ticket, read_to_end(unit, [unit_routed(code)]))
    if complaint is None:
        raise Refused(f"{unit.name} was never told of {ticket}: `lapor unit open {unit.name}` lists what it has.")
    if as_json:
        typer.echo(msgspec.json.encode(complaint).decode())
        return
    out.print(f"{complaint.ticket}  {worklist.as_status(complaint)}", style="bold", highlight=False)
    for name, value in (
        ("kategori", (complaint.category or "").replace("_", " ")),
        ("prioritas", str(complaint.priority)),
        ("batas", worklist.as_due(complaint, datetime.now(UTC))),
        ("tempat", worklist.as_place(complaint)),
        ("titik", worklist.as_point(complaint)),
        ("kapan", complaint.occurred),
        ("dibuka kembali", f"{complaint.reopened} kali" if complaint.reopened else ""),
        ("ditanyakan", worklist.as_question(complaint)),
    ):
        if value:
            out.print(f"{name}: {value}", markup=False, highlight=False, soft_wrap=True)
    out.print(complaint.text, markup=False, highlight=False, soft_wrap=True)
    for item in complaint.follow_ups:
        out.print(f"+ {worklist.as_follow_up(item)}", markup=False, highlight=False, soft_wrap=True)
    for n, link in enumerate(worklist.links(complaint), 1):
        out.print(f"foto {n}: {link}", markup=False, highlight=False, soft_wrap=True)


@app.command()
@with_access
def reply(
    code: Code,
    ticket: Annotated[str, typer.Argument(metavar="TICKET")],
    action: Annotated[
        str,
        typer.Option(
            help="acknowledge, progress, ask, ask-help, resolve, return, hand-over, prioritize, undo; in the triage "
            "lane also dispose, correct, reject, merge, unmerge; who was appealed to also uphold, dismiss; who is "
            "above the unit also reassign, instruct; the LAPOR admin also reassign, rights-done (what was asked under "
            "UU PDP is granted), rights-decline, erase"
        ),
    ],
    message: Annotated[str | None, typer.Option("--message", "-m", help="For the citizen.")] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", "-r", help="Why it is returned, handed over, …; what is asked of who helps."),
    ] = None,
    to: Annotated[str | None, typer.Option(help="To whom it is handed over.")] = None,
    unit: Annotated[
        str | None, typer.Option(help="dispose, reassign, uphold: the unit that gets it; ask-help: who is asked.")
    ] = None,
    category: Annotated[str | None, typer.Option(help="correct: the right category.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="correct: the right type.")] = None,
    urgency: Annotated[str | None, typer.Option(help="prioritize: rendah, sedang, tinggi or darurat.")] = None,
    into: Annotated[str | None, typer.Option(help="merge: the ticket of the same complaint.")] = None,
    support: Annotated[
        list[str] | None, typer.Option(metavar="UNIT", help="dispose, reassign: a unit that helps; repeatable.")
    ] = None,
    proof: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE=URL",
            help="resolve: a file that shows it, and where it can be seen; repeatable. Only its address, size and "
            "checksum are sent.",
        ),
    ] = None,
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """Answer a complaint as its unit, and wait until the router accepts or refuses it.

    Examples:

        lapor unit reply PUPR SPG-S0AB-12CDW --action acknowledge

        lapor unit reply PUPR SPG-S0AB-12CDW --action resolve -m "Lubang sudah ditambal, difoto 24 November"

        lapor unit reply PUPR SPG-S0AB-12CDW --action resolve -m "Lubang sudah ditambal" \\
            --proof tambalan.jpg=https://pupr.soppengkab.go.id/tambalan.jpg

        lapor unit reply DISKOMINFO SPG-S0AB-12CDW --action dispose --unit PDAM --support PUPR
    """
    given = UnitReplied(
        ticket=ticket,
        action=action,
        message=message or UNSET,
        reason=reason or UNSET,
        to=to or UNSET,
        unit=unit or UNSET,
        category=category or UNSET,
        type=kind or UNSET,
        urgency=urgency or UNSET,
        into=into or UNSET,
        support=[each.upper() for each in support or []],
        evidence=[evidence_of(each) for each in proof or []],
    )
    answer = send_reply(principal(code.upper(), *access), given)
    if as_json:
        typer.echo(json.dumps(answer))
    elif answer["accepted"]:
        err.print(f"{code.upper()}: {action} accepted")
    if masked := answer["masked"]:
        err.print(f"The public reads {' '.join(masked)} in its place. {_ASK}", markup=False, soft_wrap=True)
    if not answer["accepted"]:
        raise Refused(f"{code.upper()} can't {action} {ticket}: {answer['reason']} ({answer['code']}).")


def evidence_of(given: str) -> Evidence:
    """Turn ``FILE=URL`` into evidence. Raises Refused when it has another form, or the file can't be read."""
    name, _, url = given.partition("=")
    try:
        content = Path(name).read_bytes()
    except OSError as error:
        raise Refused(f"--proof {given}: can't read {name!r}; give FILE=URL, such as foto.jpg=https://….") from error
    if not url.startswith("https://"):
        raise Refused(f"--proof {given}: after = comes the address at which it can be seen, such as https://….")
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Evidence(url=url, media_type=media_type, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
