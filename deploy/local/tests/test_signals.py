"""The few figures that an operator has to know in the morning, each added up from the services' metrics."""

from __future__ import annotations

from prometheus_client.samples import Sample

from lapor.system.signals import SIGNALS, figures


def test_a_morning_has_eight_sentences_at_most_each_of_a_figure_of_its_own() -> None:
    assert 0 < len(SIGNALS) <= 8
    assert len(SIGNALS) == len({signal.metric for signal in SIGNALS.values()})


def test_a_figure_is_added_up_over_units_places_and_processes() -> None:
    shown = [
        Sample("lapor_complaints_late", {"unit": "PUPR", "kecamatan": "Ganra"}, 2),
        Sample("lapor_complaints_late", {"unit": "PUPR", "kecamatan": ""}, 1),
        Sample("lapor_complaints_late_total", {"unit": "PUPR"}, 99),
    ]

    assert {"late": 3} == {name: count for name, count in figures(shown).items() if count}


def test_only_the_relevant_series_of_a_metric_are_counted() -> None:
    shown = [Sample("lapor_ratings_total", {"stars": stars}, 10 ** int(stars)) for stars in "1345"]

    assert 110_000 == figures(shown)["confirmed"]


def test_a_sentence_and_what_a_board_says_go_on_from_the_number() -> None:
    for signal in SIGNALS.values():
        assert signal.said[0].islower()
        assert not signal.said.endswith(".")
        assert signal.about.endswith(".")
        assert signal.amber is None or signal.red is None or signal.amber < signal.red
