"""Roles, and their rights to invite people."""

from __future__ import annotations

from uuid import UUID

import pytest

from unit_desk.people import Person

OVER_ALL = frozenset({"SETDA", "BUPATI"})


@pytest.mark.parametrize(
    ("role", "unit", "invited", "of", "may"),
    [
        ("petugas", "PUPR", "petugas", "PUPR", False),
        ("pimpinan", "PUPR", "petugas", "PUPR", True),
        ("pimpinan", "PUPR", "pimpinan", "PUPR", True),
        ("pimpinan", "PUPR", "petugas", "DLH", False),
        ("pimpinan", "DISKOMINFO", "operator", "DISKOMINFO", True),
        ("pimpinan", "DISKOMINFO", "petugas", "DISKOMINFO", False),
        ("operator", "DISKOMINFO", "petugas", "DISKOMINFO", False),
        ("operator", "DISKOMINFO", "petugas", "PUPR", True),
        ("pimpinan", "SETDA", "pemantau", "SETDA", False),
        ("operator", "DISKOMINFO", "pimpinan", "PUPR", True),
        ("operator", "DISKOMINFO", "operator", "DISKOMINFO", True),
        ("operator", "DISKOMINFO", "operator", "PUPR", False),
        ("operator", "DISKOMINFO", "pemantau", "SETDA", True),
        ("operator", "DISKOMINFO", "pemantau", "PUPR", False),
        ("operator", "DISKOMINFO", "raja", "PUPR", False),
        ("pemantau", "SETDA", "petugas", "SETDA", False),
    ],
)
def test_each_role_is_given_by_who_may_and_belongs_to_its_units(
    role: str, unit: str, invited: str, of: str, may: bool
) -> None:
    person = Person(id=UUID(int=1), email="a@b.id", name="A", unit=unit, role=role)

    assert may == person.may_invite(of, invited, "DISKOMINFO", OVER_ALL)
