"""The tables of gateways: each can be read, and errors in an operator's own table are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from intake.dialect import NAMES, fill, merge, read_dialect

OWN = """
[call]
method = "GET"
body = "query"
fields = {u = "{username}", p = "{password}", msisdn = "{digits}", sms = "{text}"}
[message]
source = "query"
methods = ["GET"]
from = "msisdn"
text = ["sms"]
[answer]
body = "0"
"""


@pytest.mark.parametrize("name", NAMES[:-1])
def test_every_dialect_has_a_table(name: str) -> None:
    assert read_dialect(name).message.text


def test_one_of_the_operators_own_is_read(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN)

    dialect = read_dialect("generic", tmp_path / "own.toml")

    assert ("0", None, "msisdn") == (dialect.answer.body, dialect.report, dialect.message.sender)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('body = "query"', 'body = "xml"', "xml"),
        ("[message]", "[mesage]", "mesage"),
        ('from = "msisdn"', "", "from"),
        ("{digits}", "{number}", "number"),
        (
            "[message]",
            '[report]\nsource = "query"\nmethods = ["GET"]\nstate = "s"\nstates = {1 = "dlvrd"}\n[message]',
            "dlvrd",
        ),
        ('method = "GET"', 'method = "GET"\ntaken = "("', "unterminated"),
        ("[answer]", "[answer", "line"),
    ],
)
def test_error_in_a_dialect_table_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "own.toml").write_text(OWN.replace(old, new, 1))
    with pytest.raises(ValueError, match=said) as caught:
        read_dialect("generic", tmp_path / "own.toml")
    assert str(caught.value).startswith("own.toml: ")


def test_a_table_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"gone\.toml"):
        read_dialect("generic", tmp_path / "gone.toml")


def test_placeholders_inside_filled_in_values_are_left_alone() -> None:
    values = {"text": "{password} 100%", "password": "s3cret"}

    assert {"t": "{password} 100%", "n": [1, {"x": "s3cret!"}]} == fill(
        {"t": "{text}", "n": [1, {"x": "{password}!"}]}, values
    )


def test_more_stands_beside_what_is_there() -> None:
    assert {"m": [{"a": 1, "b": 2}], "c": 3} == merge({"m": [{"a": 1}]}, {"m": [{"b": 2}], "c": 3})
