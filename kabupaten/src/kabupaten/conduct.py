"""Reads ``lexicon/conduct.yaml``, and the examples that teach the weights of words in accusing messages."""

from __future__ import annotations

import msgspec

from kabupaten.desks import CONDUCT_CATEGORY
from kabupaten.examples import read_everyday, read_examples, read_ordinary
from kabupaten.lexicon import Conduct, read_lists
from kabupaten.source import Source

#: The kind of messages that accuse, and the name of their file.
ACCUSES = "accuses"
#: Only each n-th everyday message is learned. Most of them are in Bugis: all together would outweigh the few accusing
#: examples in Bugis, which would then be found less often than Indonesian ones.
_EVERYDAY_EVERY = 5


def read_conduct(source: Source) -> Conduct:
    """Read the phrases, and beside them the examples in ``conduct/`` and the ordinary ones in ``messages/``.

    Raises:
        RegionError: something does not fit; every mistake is named.
    """
    lists, region = read_lists(Conduct, source), source.path.parents[1]
    examples, others = read_examples(region / "conduct", [ACCUSES]), list(read_ordinary(region))
    examples[ACCUSES] += tuple(each.text for each in others if each.category == CONDUCT_CATEGORY)
    ordinary = tuple(each.text for each in others if each.category != CONDUCT_CATEGORY)
    if ordinary:  # everyday messages alone would not be enough to weigh against
        ordinary += read_everyday(region)[::_EVERYDAY_EVERY]
    additions = region / "conduct" / "additions"
    added = read_examples(additions, [ACCUSES]) if additions.is_dir() else {}
    return msgspec.structs.replace(lists, examples=examples, ordinary=ordinary, additions=added)
