"""No intake speaks for another: an event about a complaint must be signed by the intake that took it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr

from chassis.settings import ServiceSettings
from chassis.wire import Message, Tombstone
from contracts import ticket
from contracts.events import ComplaintFollowedUp, ComplaintReceived
from contracts.signature import NotAuthentic, is_signed
from contracts.topics import FOLLOWED_UP, RECEIVED


class EventKeySettings(ServiceSettings):
    """For a service that reads complaints of the intakes: the ``EVENT_KEY`` of each."""

    intake_sms_event_key: SecretStr = Field(min_length=16, description="EVENT_KEY of intake-sms")
    intake_social_event_key: SecretStr = Field(min_length=16, description="EVENT_KEY of intake-social")
    intake_web_event_key: SecretStr = Field(min_length=16, description="EVENT_KEY of intake-web")

    @property
    def event_keys(self) -> dict[str, bytes]:
        """The signing key of each intake, by its name."""
        keys = {
            "intake-sms": self.intake_sms_event_key,
            "intake-social": self.intake_social_event_key,
            "intake-web": self.intake_web_event_key,
        }
        return {intake: key.get_secret_value().encode() for intake, key in keys.items()}


def verify(event_keys: Mapping[str, bytes], message: Message) -> None:
    """Check that an event on an intake's topic comes from the intake that took the complaint.

    Any other intake could cancel it, or make one up in its name. Nothing else is accepted on these topics: not an order
    to erase, say, which is the router's.

    Raises:
        NotAuthentic: that intake did not sign it, or it names another channel or origin.
    """
    data: Any = message.data
    record = message.record
    if record.topic not in (RECEIVED, FOLLOWED_UP):
        return
    if not isinstance(data, ComplaintReceived | ComplaintFollowedUp | Tombstone):
        raise NotAuthentic(f"{message.event.type} is not what intakes say")
    door = ticket.door(data.ticket)
    intake = ticket.INTAKES.get(door)
    if isinstance(data, ComplaintReceived) and (data.origin, ticket.DOORS.get(data.channel)) != (intake, door):
        raise NotAuthentic(f"{data.origin} does not give tickets of the door {door}")
    secret = event_keys.get(intake or "")
    if not secret or not is_signed(secret, record.key, record.value, record.headers):
        raise NotAuthentic(f"not signed by {intake}")
