"""JSON logs on stdout: an event name and fields, never a citizen's text, name or number."""

from __future__ import annotations

import json
import logging
import logging.config
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
#: Loggers of libraries: warnings and worse, and not too many of them.
LIBRARIES = ("aiokafka", "faust", "mode", "httpx", "tweepy", "uvicorn", "yoyo", "asyncio")


class JsonFormatter(logging.Formatter):
    """One JSON object a line; newlines inside fields can't forge a line."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self.service,
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {
            key: value for key, value in record.__dict__.items() if key not in _STANDARD and not key.startswith("_")
        }
        if record.exc_info:
            line["traceback"] = _traceback(record.exc_info[1])
        return json.dumps(line, default=str)


def _traceback(error: BaseException | None) -> str:
    """Format where the error happened and its class; not its message, which may quote a citizen."""
    if error is None:
        return ""
    cause = _traceback(error.__cause__ or error.__context__)
    return cause + "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__ + "\n"


class RateLimit(logging.Filter):
    """Lets through at most ``per_s`` lines a second of ``libraries``: in an outage aiokafka alone writes a hundred.

    It belongs on the handler: a logger's filter does not see what its children log.
    """

    def __init__(self, libraries: Sequence[str] = LIBRARIES, per_s: int = 5) -> None:
        super().__init__()
        self.libraries = frozenset(libraries)
        self.per_s, self.second, self.seen = per_s, 0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.split(".")[0] not in self.libraries:
            return True
        second = int(time.monotonic())
        if second != self.second:
            self.second, self.seen = second, 0
        self.seen += 1
        return self.seen <= self.per_s


def logging_config(service: str, level: str) -> dict[str, Any]:
    """Build the argument of ``logging.config.dictConfig``; Faust's worker, which sets up logging, takes it too."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"rate": {"()": RateLimit}},
        "formatters": {"json": {"()": JsonFormatter, "service": service}},
        "handlers": {
            "out": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stdout",
                "filters": ["rate"],
            }
        },
        "root": {"level": level, "handlers": ["out"]},
        "loggers": {name: {"level": "WARNING"} for name in LIBRARIES},
    }


def set_up_logging(service: str, level: str) -> None:
    """Route every logger through the JSON formatter."""
    logging.config.dictConfig(logging_config(service, level))
