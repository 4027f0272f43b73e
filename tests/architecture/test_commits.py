"""A commit's message has a short subject, and a body that says why."""

from __future__ import annotations

import pytest

from testing.suite.commits import problems


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("Add a desk\n\nClerks had nowhere to work.\n", []),
        ("Add a desk\n", ["no body says why"]),
        ("Add a desk; add a chair\n\nwhy", ["the subject names two things"]),
        ("A" * 73 + "\n\nwhy", ["the subject has 73 characters, not at most 72"]),
        ("Add a desk.\n\nwhy", ["the subject does not begin with a capital letter, or ends with a full stop"]),
        ("add a desk\n\nwhy", ["the subject does not begin with a capital letter, or ends with a full stop"]),
    ],
)
def test_each_problem_of_a_message_is_named(message: str, found: list[str]) -> None:
    assert found == problems(message)
