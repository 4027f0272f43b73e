"""A region's decisions about time, as the clock asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kabupaten.calendar import Calendar
from kabupaten.sla import Policy, Sla


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All that a region decides about time. ``default`` names policies for new complaints: the first valid one."""

    policies: Mapping[str, Policy]
    default: tuple[str, ...]
    calendar: Calendar

    def policy_at(self, received_at: datetime) -> Policy:
        """Return the policy of a complaint received at ``received_at``."""
        day = received_at.astimezone(self.calendar.timezone).date()
        return Sla(policies=self.policies, default=self.default).on(day)

    def policy(self, name: str, received_at: datetime) -> Policy:
        """Return the policy ``name`` or, if it is no longer in the file, the one for ``received_at``."""
        return self.policies.get(name) or self.policy_at(received_at)
