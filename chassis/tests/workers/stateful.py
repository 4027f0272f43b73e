"""A stream processor with a database. With MUTANT set it acknowledges records that it did not handle."""

import contextlib
import os
from collections.abc import Sequence

import counting

from chassis import service
from chassis.batch import BatchHandler
from chassis.settings import DatabaseSettings, read_settings
from chassis.wire import Record


class Swallowing(BatchHandler[counting.Count]):
    """The mutant: no exception leaves the step, so Faust acknowledges the batch."""

    async def __call__(self, records: Sequence[Record]) -> None:
        with contextlib.suppress(Exception):
            await super().__call__(records)


if os.environ.get("MUTANT"):
    vars(service)["BatchHandler"] = Swallowing
name = os.environ["SERVICE"]
rules = counting.handler(name, os.environ["OUT"])
service.run_processor(name, read_settings(DatabaseSettings), rules, os.environ["SOURCES"].split(","))
