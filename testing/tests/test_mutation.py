"""Mutated inputs: the same for the same seed, and mostly different from the originals."""

from __future__ import annotations

import json

from testing.mutation import DEEP, Mutator

GIVEN = {"text": "jalan rusak", "place": {"kecamatan": "Lalabata"}, "anonim": False}


def test_each_door_gets_the_same_inputs_every_time_and_others_than_another_door() -> None:
    one, again, other = (Mutator(door).fields(GIVEN) for door in ("web", "web", "sms"))

    assert repr(one) == repr(again) != repr(other)


def test_given_input_is_left_unchanged() -> None:
    before, mutate = json.dumps(GIVEN), Mutator("web")

    for _ in range(500):
        mutate.fields(GIVEN)

    assert before == json.dumps(GIVEN)


def test_most_mutations_change_something_and_they_differ() -> None:
    mutate = Mutator("web")

    made = [repr(mutate.fields(GIVEN)) for _ in range(500)]

    assert len({*made}) > 250
    assert made.count(repr(GIVEN)) < 50


def test_inner_objects_are_mutated_too() -> None:
    mutate = Mutator("web")

    inner = [made["place"] for _ in range(300) if isinstance((made := mutate.fields(GIVEN)).get("place"), dict)]

    assert any(place != GIVEN["place"] and "kecamatan" in place for place in inner)


def test_brackets_are_written_deeper_than_the_encoder_goes() -> None:
    mutate = Mutator("web")

    made = [mutate.json({"text": DEEP}) for _ in range(100)]

    assert [] == [raw for raw in made if DEEP.encode() in raw]
    assert max(map(len, made)) > 5_000


def test_most_of_the_json_can_be_read_and_some_of_it_cannot() -> None:
    mutate, readable = Mutator("web"), 0

    for _ in range(300):
        try:
            readable += json.loads(mutate.json(GIVEN)) == GIVEN
        except ValueError:
            continue

    assert 150 < readable < 290


def test_damaged_bytes_differ_also_where_there_were_none() -> None:
    mutate = Mutator("sms")

    assert len({mutate.raw(b"lapor jalan rusak") for _ in range(500)}) > 400
    assert len({mutate.raw(b"") for _ in range(100)}) > 5
