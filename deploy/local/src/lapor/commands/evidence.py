"""The command `evidence`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lapor.errors import Refused
from lapor.options import err
from lapor.system import backups, kept_files


def evidence(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The backup.")],
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="The private key, if it is encrypted.")] = None,
) -> None:
    """Write the photos and videos of a backup to stdout as a tar. `lapor restore` does not need this step.

    Examples:

        lapor evidence /media/disk/2026-11-27 --key lapor-backup.key | tar -x -C /evidence
    """
    copies = kept_files.beside(directory)
    if copies is None:
        raise Refused(f"Neither in {directory} nor beside it is a folder {kept_files.FOLDER}: name a backup.")
    if sys.stdout.isatty():
        raise Refused("This is no text: write it to a file, or into `tar -x`.")
    count = kept_files.write_tar(copies, sys.stdout.buffer, backups.private_keys(key) if key else [])
    err.print(f"{count} files", highlight=False)
