"""What a region decides about time, as the clock asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kabupaten.calendar import Calendar
from kabupaten.sla import Policy, Sla


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All that a region decides about time. ``default`` names the policies of new complaints; the first that holds."""

    policies: Mapping[str, Policy]
    default: tuple[str, ...]
    calendar: Calendar

    def policy_at(self, received_at: datetime) -> Policy:
        """The policy of a complaint that was received then."""
        day = received_at.astimezone(self.calendar.timezone).date()
        return Sla(policies=self.policies, default=self.default).on(day)

    def policy(self, name: str, received_at: datetime) -> Policy:
        """The policy ``name``; if it was taken out of the file meanwhile, the one for then."""
        return self.policies.get(name) or self.policy_at(received_at)
