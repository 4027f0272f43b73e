"""A stream processor without a database: one complaint in, one out."""

import os

import counting

from chassis.service import run_stateless
from chassis.settings import ServiceSettings, read_settings
from chassis.wire import Emit, Message


def decide(message: Message) -> list[Emit]:
    counting.check(message)
    return [counting.tell(message, os.environ["OUT"], 1)]


run_stateless(os.environ["SERVICE"], read_settings(ServiceSettings), decide, os.environ["SOURCES"].split(","))
