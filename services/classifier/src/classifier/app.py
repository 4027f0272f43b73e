"""Joins the classifier's parts: the only place that knows all of them."""

from __future__ import annotations

import sys
from functools import partial

from prometheus_client import Histogram

from chassis.authentic import verify
from chassis.crash import EXIT_SETTINGS
from chassis.region import RegionError
from chassis.service import run_stateless
from chassis.settings import read_settings
from chassis.wire import Emit, Message
from classifier import handlers
from classifier.category.linear_model import ModelError
from classifier.classify import classify, load_knowledge
from classifier.settings import Settings
from contracts.events import ComplaintClassified
from contracts.topics import ERASED, RECEIVED

SERVICE = "classifier"
CONFIDENCE = Histogram("lapor_classifier_confidence", "How sure the model is", buckets=[n / 10 for n in range(1, 11)])


def run() -> None:
    """Run the classifier until SIGTERM."""
    settings = read_settings(Settings)
    try:
        knowledge = load_knowledge(settings.model_file, settings.region_dir)
    except (RegionError, ModelError) as error:
        sys.stderr.write(f"classifier can't start: {error}\n")
        sys.exit(EXIT_SETTINGS)

    def decide(message: Message) -> list[Emit]:
        emits = handlers.on_message(partial(classify, knowledge), knowledge.model.version, message)
        for emit in emits:
            if isinstance(emit.data, ComplaintClassified):
                CONFIDENCE.observe(emit.data.confidence)
        return emits

    # What another made up of a complaint must not be understood as its own: the router could not tell.
    run_stateless(SERVICE, settings, decide, [RECEIVED, ERASED], partial(verify, settings.event_keys))
