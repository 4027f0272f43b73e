"""Reads ``lexicon/conduct.yaml``, and the examples from which the words of accusing messages are weighed."""

from __future__ import annotations

import msgspec

from kabupaten.desks import CONDUCT_CATEGORY
from kabupaten.examples import read_everyday, read_examples, read_ordinary
from kabupaten.lexicon import Conduct, read_lists
from kabupaten.source import Source

#: The file of messages that accuse.
ACCUSES = "accuses"
#: Of what is said every day, most of it in Bugis, each so manieth line is learned: all of them would outweigh the few
#: examples in Bugis that accuse, which would be found less often than those in Indonesian.
_EVERYDAY_EVERY = 4


def read_conduct(source: Source) -> Conduct:
    """Read the phrases, and beside them the examples in ``conduct/`` and the ordinary ones in ``messages/``.

    Raises:
        RegionError: something does not fit; all that is wrong is named.
    """
    lists, region = read_lists(Conduct, source), source.path.parents[1]
    examples, others = read_examples(region / "conduct", [ACCUSES]), list(read_ordinary(region))
    examples[ACCUSES] += tuple(each.text for each in others if each.category == CONDUCT_CATEGORY)
    ordinary = tuple(each.text for each in others if each.category != CONDUCT_CATEGORY)
    if ordinary:  # by itself what is said every day would not be enough to weigh against
        ordinary += read_everyday(region)[::_EVERYDAY_EVERY]
    additions = region / "conduct" / "additions"
    added = read_examples(additions, [ACCUSES]) if additions.is_dir() else {}
    return msgspec.structs.replace(lists, examples=examples, ordinary=ordinary, additions=added)
