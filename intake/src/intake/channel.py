"""What the messages of an intake can do. Rules ask for a property of the channel, and never for the intake's name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Channel:
    """How the intake ``service`` reaches the reporters of its complaints."""

    service: str
    #: The section of texts.yaml that is read beside `answers`.
    section: str
    #: Every letter costs: units go by their short names, and a text is one SMS where that is possible.
    one_sms: bool = False
    #: Everybody reads its answers, so those about a confidential complaint name the status alone.
    public: bool = False
    #: Its messages have a subject.
    subjects: bool = False
    #: It shows the story of every complaint of every channel to whoever has the number.
    pages: bool = False


SMS = Channel(service="intake-sms", section="sms", one_sms=True)
WEB = Channel(service="intake-web", section="news", subjects=True, pages=True)
SOCIAL = Channel(service="intake-social", section="social", public=True)
CHANNELS = {each.service: each for each in (SMS, WEB, SOCIAL)}
