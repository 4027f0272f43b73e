"""The people of the desk: their roles, and what each may do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """A person's role at the desk."""

    PETUGAS = "petugas"  # answers for the unit
    PIMPINAN = "pimpinan"  # heads it, and invites its people
    OPERATOR = "operator"  # at the LAPOR! admin: sorts, and invites people of every unit
    PEMANTAU = "pemantau"  # at a unit that looks over all units: reads all, instructs


#: The names of the roles.
CALLED: dict[str, str] = {
    Role.PETUGAS: "Petugas",
    Role.PIMPINAN: "Pimpinan",
    Role.OPERATOR: "Operator",
    Role.PEMANTAU: "Pemantau",
}
#: These roles can do harm to many, so they need a code beside the password.
WITH_CODE = frozenset({Role.PIMPINAN, Role.OPERATOR, Role.PEMANTAU})


def belongs(role: str, unit: str, sorting: str, watching: frozenset[str]) -> bool:
    """Whether ``unit`` has people of ``role``. Nobody of the unit that sorts for all gets in by a password alone."""
    match role:
        case Role.OPERATOR:
            return unit == sorting
        case Role.PETUGAS:
            return unit != sorting
        case Role.PEMANTAU:
            return unit in watching
    return role == Role.PIMPINAN


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody of ``unit``; ``session`` is the hash of their session's token."""

    id: UUID
    email: str
    name: str
    unit: str
    role: str
    session: bytes = b""

    @property
    def sees_all(self) -> bool:
        """Whether they see the complaints of every unit."""
        return self.role in (Role.PEMANTAU, Role.OPERATOR)

    @property
    def watches(self) -> bool:
        """Whether they look over the units, and don't answer complaints."""
        return self.role == Role.PEMANTAU

    @property
    def answers(self) -> bool:
        """Whether they answer for their unit."""
        return self.role != Role.PEMANTAU

    def may_invite(self, unit: str, role: str, sorting: str, watching: frozenset[str]) -> bool:
        """Whether they may invite somebody as ``role`` of ``unit``: only certain units have a role."""
        if not belongs(role, unit, sorting, watching):
            return False
        return self.role == Role.OPERATOR or (
            self.role == Role.PIMPINAN and unit == self.unit and role != Role.PEMANTAU
        )
