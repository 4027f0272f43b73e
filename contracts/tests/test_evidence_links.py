"""A unit's link to a citizen's photo: it names the unit and its last day, and no part of it can be changed."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from contracts.evidence_links import MARK, UNIT, UNTIL, VALID, is_marked, keeper_of, link_for

KEY = b"the key of intake-web, 16 or more"
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
URL = "https://lapor.example/bukti/q1W2e3R4"


def parts(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query))


def test_a_link_holds_for_its_unit_and_thirty_days() -> None:
    link = link_for(KEY, URL, "PUPR", NOW)
    given = parts(link)

    assert link.startswith(f"{URL}?")
    assert (given[UNIT], int(given[UNTIL])) == ("PUPR", int((NOW + VALID).timestamp()))
    assert is_marked(KEY, "q1W2e3R4", given[UNIT], given[UNTIL], given[MARK])


def test_the_same_event_gives_the_same_link() -> None:
    assert link_for(KEY, URL, "PUPR", NOW) == link_for(KEY, URL, "PUPR", NOW)


@pytest.mark.parametrize("changed", ["key", "name", "unit", "until", "mark"])
def test_nothing_of_a_link_can_be_changed(changed: str) -> None:
    given = parts(link_for(KEY, URL, "PUPR", NOW))
    about = {
        "event_key": KEY,
        "name": "q1W2e3R4",
        "unit": given[UNIT],
        "until": given[UNTIL],
        "mark": given[MARK],
    }
    other = {"key": "event_key"}.get(changed, changed)

    assert not is_marked(**{**about, other: b"another key" if changed == "key" else "1"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "keeper"),
    [
        (URL, "intake-web"),
        ("https://lapor.example/hooks/bukti/q1W2e3R4", "intake-social"),
        ("http://127.0.0.1:17084/hooks/bukti/q1W2e3R4?unit=PUPR", "intake-social"),
        ("https://kabupaten.example/lapor/bukti/q1W2e3R4", "intake-web"),
        ("https://lapor.example/laporan/q1W2e3R4", ""),
    ],
)
def test_the_path_says_who_keeps_it(url: str, keeper: str) -> None:
    assert keeper == keeper_of(url)
