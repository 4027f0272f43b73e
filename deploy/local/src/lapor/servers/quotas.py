"""Limits each unit's use of the broker. No client library here can set quotas, so this speaks the protocol:

AlterClientQuotas, version 0: https://kafka.apache.org/protocol#The_Messages_AlterClientQuotas
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Float64, Int16, Int32, Schema, String

#: Per unit and broker. 128 kB/s are some 300 replies; requests beyond are delayed, never refused. A quarter of a
#: thread, because unpacking a compressed record costs the broker's time, not bandwidth.
OF_A_UNIT: Mapping[str, float] = {
    "producer_byte_rate": 131_072,
    "consumer_byte_rate": 1_048_576,
    "request_percentage": 25,
}


class _Answer(Response):  # type: ignore[misc]  # aiokafka ships no types
    API_KEY, API_VERSION = 49, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "entries",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("entity", Array(("entity_type", String("utf-8")), ("entity_name", String("utf-8")))),
            ),
        ),
    )


class _Question(RequestStruct):  # type: ignore[misc]
    API_KEY, API_VERSION, RESPONSE_TYPE = 49, 0, _Answer
    SCHEMA = Schema(
        (
            "entries",
            Array(
                ("entity", Array(("entity_type", String("utf-8")), ("entity_name", String("utf-8")))),
                ("ops", Array(("key", String("utf-8")), ("value", Float64), ("remove", Boolean))),
            ),
        ),
        ("validate_only", Boolean),
    )


class _AlterClientQuotas(Request[_Question]):  # type: ignore[misc]
    API_KEY = 49

    def __init__(self, users: Iterable[str], quota: Mapping[str, float]) -> None:
        changes = [(key, float(value), False) for key, value in quota.items()]
        self._entries = [([("user", user)], changes) for user in users]

    def build(self, request_struct_class: type[_Question]) -> _Question:
        return request_struct_class(self._entries, False)


def set_quotas(client: Mapping[str, Any], users: Iterable[str], quota: Mapping[str, float] = OF_A_UNIT) -> None:
    """Give each of ``users`` the ``quota``; ``client`` has the settings of a super user's librdkafka client.

    Raises:
        KafkaError: the cluster does not answer, or refuses.
    """
    with ThreadPoolExecutor(1) as thread:  # the caller may be in an event loop itself
        thread.submit(asyncio.run, _set(client, list(users), quota)).result()


async def _set(client: Mapping[str, Any], users: list[str], quota: Mapping[str, float]) -> None:
    ca_file = client.get("ssl.ca.location")
    admin = AIOKafkaAdminClient(
        bootstrap_servers=client["bootstrap.servers"],
        security_protocol=client["security.protocol"],
        ssl_context=ssl.create_default_context(cafile=ca_file) if ca_file else None,
        sasl_mechanism=client["sasl.mechanism"],
        sasl_plain_username=client["sasl.username"],
        sasl_plain_password=client["sasl.password"],
    )
    await admin.start()
    try:
        answer = await admin._send_request(_AlterClientQuotas(users, quota))
    finally:
        await admin.close()
    if refused := [f"{entity[0][1]}: {why or code}" for code, why, entity in answer.entries if code]:
        raise KafkaError("quotas refused: " + ", ".join(refused))
