"""The command `backup-key`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from lapor.errors import Refused
from lapor.options import Json, err
from lapor.processes.data_dir import write_private
from lapor.system import backups


def backup_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key goes; the public: FILE.pub.")],
    as_json: Json = False,
) -> None:
    """Make a pair of keys for backups. Do it on a computer that is not the server, and keep FILE off it.

    The server has the public key, which encrypts. Only the private key opens a backup, and nobody can restore anything
    without it: keep two copies of it, on paper too.

    Examples:

        lapor backup-key lapor-backup.key
    """
    public_file = file.with_name(f"{file.name}.pub")
    if there := [path for path in (file, public_file) if path.exists()]:
        raise Refused(f"{there[0]} is there already, and is not overwritten: backups may be encrypted to it.")
    private, public = backups.new_key()
    try:
        write_private(file, private)
        public_file.write_text(public)
    except OSError as error:
        raise Refused(f"{file} can't be written ({error.strerror}).") from error
    if as_json:
        typer.echo(json.dumps({"private": str(file), "public": str(public_file), "key": public.strip()}))
    else:
        err.print(f"{file}: the private key; keep it off the server, and two copies of it", highlight=False)
        err.print(f"{public_file}: the public key, for --public-key or BACKUP_ENCRYPT_TO", highlight=False)
        typer.echo(public.strip())
