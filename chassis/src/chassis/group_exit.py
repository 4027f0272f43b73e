"""Makes a process that is told to stop leave its group, so that another one reads its partitions immediately.

aiokafka keeps a static member's place when it closes. That is right for a member that crashes and comes back in a
moment; but one that was told to stop may stay away, and for all of ``SESSION_TIMEOUT_S`` nobody would read its
partitions. Imported for its effect, before a consumer is made.
"""

from __future__ import annotations

from aiokafka.consumer import consumer, group_coordinator


class _Coordinator(group_coordinator.GroupCoordinator):  # type: ignore[misc]
    """Leaves the group when it is closed, like any other member."""

    async def _maybe_leave_group(self) -> None:
        if self._closing.done():
            self._group_instance_id = None  # Kafka knows a static member by its member id as well
        await super()._maybe_leave_group()


consumer.GroupCoordinator = _Coordinator
