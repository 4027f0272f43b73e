"""Generated passwords and keys, kept from one start to the next in a file that only its owner may read."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from chassis.settings import PLACEHOLDER
from lapor.errors import Refused
from lapor.processes.data_dir import write_private

# Secrets that the doors and the vendors' stand-ins share, by their environment variables.
VENDORS = (
    "SMS_MO_TOKEN", "KANNEL_USERNAME", "KANNEL_PASSWORD",
    "X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_ACCESS_TOKEN", "X_ACCESS_SECRET",
    "FACEBOOK_PAGE_TOKEN", "FACEBOOK_APP_SECRET", "FACEBOOK_WEBHOOK_TOKEN",
    "WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_WEBHOOK_TOKEN",
)  # fmt: skip
# Keys that the intakes sign their events with, by the variables of classifier and router.
EVENT_KEYS = ("INTAKE_SMS_EVENT_KEY", "INTAKE_SOCIAL_EVENT_KEY", "INTAKE_WEB_EVENT_KEY")
SHARED = (*VENDORS, *EVENT_KEYS, "CANARY_KEY", "DESK_KEY", "DESK_COUNTER_KEY")


SHORTEST = 16  # letters of a password that people choose; `openssl rand -hex 24` gives 48


def password() -> str:
    """Generate 192 random bits, in letters that need no quoting anywhere."""
    return secrets.token_urlsafe(24)


def faults(passwords: Mapping[str, str]) -> list[str]:
    """Say what is wrong with each password that protects nothing, by its name in ``passwords``; never the password."""
    found = []
    for name, value in passwords.items():
        if not value:
            found.append(f"{name} is not set")
        elif value == PLACEHOLDER:
            found.append(f"{name} is still a placeholder")
        elif len(value) < SHORTEST:
            found.append(f"{name} has fewer than {SHORTEST} letters")
    return found


@dataclass(kw_only=True)
class Credentials:
    """Every secret of one installation, and the code of the kabupaten that it serves."""

    kabupaten: str = ""
    kafka_admin: str = field(default_factory=password)
    postgres_admin: str = field(default_factory=password)
    installation_namespace: str = field(default_factory=lambda: str(uuid.uuid4()))
    shared: dict[str, str] = field(default_factory=dict)
    principals: dict[str, str] = field(default_factory=dict)
    databases: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> Credentials:
    """Read the credentials in ``path``, or generate new ones if there is no such file.

    Raises:
        Refused: the file is damaged.
    """
    if not path.exists():
        return Credentials()
    try:
        return Credentials(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise Refused(f"{path} is damaged: put back a copy of it.") from error


def complete(path: Path, principals: Iterable[str], databases: Iterable[str], kabupaten: str = "") -> Credentials:
    """Read the credentials in ``path``, and write them back with an entry for every name; existing ones stay.

    Raises:
        Refused: the file is damaged, or it is another kabupaten's.
    """
    kept = read(path)
    before = asdict(kept)
    kept.kabupaten = kept.kabupaten or kabupaten
    if kabupaten not in ("", kept.kabupaten):
        raise Refused(
            f"{path} was made for the kabupaten {kept.kabupaten}, and the region is {kabupaten}: one installation "
            "serves one kabupaten. Give another one data of its own (--data), and on a server a cluster of its own."
        )
    for names, where in ((SHARED, kept.shared), (principals, kept.principals), (databases, kept.databases)):
        for name in names:
            where.setdefault(name, password())
    if asdict(kept) != before or not path.exists():
        write_private(path, json.dumps(asdict(kept), indent=2) + "\n")
    return kept
