"""Tell fraud and advertising from complaints about them."""

from __future__ import annotations

from classifier import lexicon


def is_spam(text: str) -> bool:
    """Fraud or advertising: enough of its marks, and nobody reports anything. Complaints about fraud are complaints.

    Words that complaints have too raise what is enough: an advertisement that names a street says more than two marks.
    """
    marks = sum(len(set(pattern.findall(text))) for pattern in (lexicon.OFFERS, lexicon.SALES, lexicon.PRETENCES))
    marks += 2 * len(set(lexicon.CERTAIN.findall(text)))
    if not marks or lexicon.REPORTS.search(text):
        return False
    civic = sum(len(set(pattern.findall(text))) for pattern in (lexicon.COMPLAINS, lexicon.CIVIC, lexicon.VOICE))
    if not civic and "?" not in text and not lexicon.TELLS.search(text):
        return True
    return marks + bool(lexicon.CALLS.search(text)) >= 2 + min(civic, 3)
