"""A broker for one reply: prints what is produced, and accepts it; a telephone number is masked."""

import json
from typing import Any


class TopicPartition:
    def __init__(self, topic: str, partition: int) -> None:
        self.offset = 0


class Record:
    def error(self) -> None:
        return None

    def value(self) -> str:
        masked = ["[TELEPON]"] if "0812" in Producer.sent["data"].get("message", "") else []
        return json.dumps({"data": {"reply": {"event_id": Producer.sent["id"], "accepted": True, "masked": masked}}})


class Consumer:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.poll = lambda seconds: Record()

    def get_watermark_offsets(self, partition: TopicPartition, timeout: int) -> tuple[int, int]:
        return 0, 0

    def assign(self, partitions: list[TopicPartition]) -> None: ...

    def close(self) -> None: ...


class Producer:
    sent: dict[str, Any]

    def __init__(self, settings: dict[str, Any]) -> None: ...

    def produce(self, topic: str, value: bytes, key: bytes) -> None:
        Producer.sent = json.loads(value)
        print(value.decode())

    def flush(self, seconds: int) -> int:
        return 0
