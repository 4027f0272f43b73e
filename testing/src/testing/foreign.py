"""Records that the wire allows but no library of ours writes, from a producer that follows no rules."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from aiokafka import AIOKafkaProducer
from aiokafka.producer import message_accumulator, producer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from testing.servers import Stack


class _Bytes(str):
    """A header's name that is not UTF-8."""

    __slots__ = ()

    def encode(self, *_args: Any) -> bytes:
        return b"\xff\xfe"


async def send_nameless_header(stack: Stack, who: tuple[str, str], topic: str, value: bytes) -> None:
    """Write to ``topic``, as ``who`` (name, password), a record with a header whose name is not UTF-8."""
    with ExitStack() as patched:
        for module in (message_accumulator, producer):  # aiokafka's faster builder accepts only its own names
            patched.enter_context(patch.object(module, "DefaultRecordBatchBuilder", _DefaultRecordBatchBuilderPy))
        foreign = AIOKafkaProducer(
            bootstrap_servers=stack.bootstrap,
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="SCRAM-SHA-512",
            sasl_plain_username=who[0],
            sasl_plain_password=who[1],
        )
        await foreign.start()
        try:
            await foreign.send_and_wait(topic, value, headers=[(_Bytes("h"), b"1")])
        finally:
            await foreign.stop()
