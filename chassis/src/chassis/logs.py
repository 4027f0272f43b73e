"""JSON logs on stdout: an event name and fields, never a citizen's text, name or number."""

from __future__ import annotations

import json
import logging
import logging.config
import time
from datetime import UTC, datetime
from typing import Any

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line; newlines inside fields can't forge one."""

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
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class RateLimit(logging.Filter):
    """At most ``per_s`` lines a second: in an outage aiokafka writes a hundred, from every process."""

    def __init__(self, per_s: int = 5) -> None:
        super().__init__()
        self.per_s, self.second, self.seen = per_s, 0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        second = int(time.monotonic())
        if second != self.second:
            self.second, self.seen = second, 0
        self.seen += 1
        return self.seen <= self.per_s


def logging_config(service: str, level: str) -> dict[str, Any]:
    """For ``logging.config.dictConfig``, and for Faust's worker, which sets up logging itself."""
    quiet = {"level": "WARNING", "filters": ["rate"]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"rate": {"()": RateLimit}},
        "formatters": {"json": {"()": JsonFormatter, "service": service}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
        "root": {"level": level, "handlers": ["out"]},
        "loggers": {
            "aiokafka": quiet,
            "faust": quiet,
            "mode": quiet,
            "httpx": quiet,
            "tweepy": quiet,
            "uvicorn.access": quiet,
            "yoyo": quiet,
            "asyncio": quiet,
        },
    }


def set_up_logging(service: str, level: str) -> None:
    """Route every logger through the JSON formatter."""
    logging.config.dictConfig(logging_config(service, level))
