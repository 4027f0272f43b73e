"""Joins the classifier's parts: the only place that knows all of them."""

from __future__ import annotations

from functools import partial

from chassis.authentic import verify
from chassis.service import exit_on, run_stateless
from chassis.settings import read_settings
from chassis.wire import Emit, Message
from classifier import handlers, metrics
from classifier.category.linear_model import ModelError
from classifier.classify import classify, load_knowledge
from classifier.handlers import SERVICE
from classifier.settings import Settings
from contracts.events import ComplaintClassified
from contracts.topics import CANARY, ERASED, RECEIVED
from kabupaten import RegionError


def run() -> None:
    """Run the classifier until SIGTERM."""
    settings = read_settings(Settings)
    with exit_on(SERVICE, RegionError, ModelError):
        knowledge = load_knowledge(settings.model_file, settings.region_dir)

    def decide(message: Message) -> list[Emit]:
        emits = handlers.on_message(partial(classify, knowledge), knowledge.model.version, message)
        for emit in emits:
            if isinstance(emit.data, ComplaintClassified):
                metrics.CONFIDENCE.observe(emit.data.confidence)
                metrics.UNDERSTOOD.labels("abstained" if emit.data.abstained else "answered").inc()
        return emits

    # A text that another service made up must not be classified as the complaint's own: the router could not tell.
    run_stateless(SERVICE, settings, decide, [RECEIVED, ERASED, CANARY], partial(verify, settings.event_keys))
