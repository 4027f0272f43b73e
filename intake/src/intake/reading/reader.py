"""Reads a message once, where it comes in: the danger that it tells of, and whether it is only a courtesy. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from contracts.events import Place
from contracts.vocabulary import DangerKind
from intake.reading.talk import Talk
from kabupaten import Part, Region
from kabupaten.accusing import AccusingWords
from kabupaten.danger import DangerWords
from kabupaten.place import find_answer
from kabupaten.routing import guardians

#: The parts of a region that a reader needs.
PARTS: tuple[Part, ...] = ("danger", "talk", "territory", "conduct", "units", "abbreviations", "routing")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the words of a message say.

    ``danger`` are the kinds of danger that they tell of, ``certain`` those that they surely tell of. ``alarms``: it is
    sure enough to wake somebody; with less, only the sender is told whom to call. ``is_courtesy``: every single word
    belongs to a greeting, to thanks, praise or abuse.
    """

    danger: Sequence[DangerKind] = ()
    certain: Sequence[DangerKind] = ()
    alarms: bool = False
    is_courtesy: bool = False

    @property
    def only_certain(self) -> Reading:
        """The same without the danger that is only likely, as a message with a ticket is read: it leaves out much."""
        return replace(self, danger=self.certain)


#: The reading of a message that says nothing.
NOTHING = Reading()


class Reader:
    """Understands the messages of citizens, with the words of a region that has all ``PARTS``.

    ``talk`` reads what a message asks for, ``guardians`` are the units that may read about victims.
    """

    def __init__(self, region: Region) -> None:
        self.talk = Talk(region.talk, region.territory)
        self.guardians = guardians(region.routing.rules)
        self._danger = DangerWords(region.danger)
        self._accusing = AccusingWords(region.conduct, region.units, region.abbreviations)

    def learn(self) -> None:
        """Train the word models now, not with the first message: it takes a second or two."""
        self._danger.learn()
        self._accusing.learn()

    def read(self, text: str) -> Reading:
        """Read ``text``, which is without what only addresses us, such as the keyword of an SMS.

        A courtesy tells of no danger: "mati saja kalian" is abuse.
        """
        if self.talk.is_courtesy(text, wholly=True):
            return Reading(is_courtesy=True)
        heard, certain = self._danger.hear(text), tuple(self._danger.certain(text))
        return Reading(danger=tuple(heard.kinds), certain=certain, alarms=bool(certain) or heard.alarm)

    def is_no_report(self, text: str) -> bool:
        """Whether ``text`` reports nothing: a courtesy, and in danger only if every word belongs to it."""
        return self.talk.is_courtesy(text, wholly=bool(self.read(text).danger))

    def same_danger(self, text: str) -> Callable[[str], bool]:
        """Return a check whether an earlier text tells for certain of the same danger as ``text``, or only cries."""
        return self._danger.same_as(text)

    def is_cry(self, text: str) -> bool:
        """Whether ``text`` calls for help, and tells of no certain danger: "tolong"."""
        return self._danger.is_cry(text)

    def may_accuse(self, text: str) -> bool:
        """Whether ``text`` may accuse people who work for the government."""
        return self._accusing.may_accuse(text)

    def offices_in(self, text: str) -> set[str]:
        """Return the units whose offices or people ``text`` names."""
        return set(self._accusing.named(text))

    def place_in(self, text: str) -> Place:
        """Return the place that ``text`` names, which may answer a question."""
        return find_answer(self.talk.gazetteer, text)
