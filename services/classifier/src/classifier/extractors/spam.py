"""Tell fraud and advertising from complaints about them."""

from __future__ import annotations

import re

from kabupaten.phrases import Matches

#: A program for telephones: no complaint has one, so it counts as several marks.
_APK = re.compile(r"\S{0,60}\.apk(?!\w)")
_APK_MARKS = 3
#: Ways to contact the sender, beside those of the lexicon; telephone numbers are already masked.
_CONTACT = re.compile(r"(?<!\w)(?:https?://|www\.|wa\.me|bit\.ly|t\.me|s\.id/|\[(?:nomor )?telepon\])")


def is_spam(said: Matches) -> bool:
    """Whether a text is fraud or advertising: it has enough marks of it, and reports nothing.

    Words that complaints have too raise the number of marks needed: an advertisement that names a street has more than
    two.
    """
    text = said.tokens.text
    marks = said.count("offers") + said.count("sales") + said.count("pretences") + 2 * said.count("certain")
    marks += _APK_MARKS * len(set(_APK.findall(text)))
    if not marks or "reports" in said:
        return False
    civic = said.count("complains") + said.count("civic") + said.count("voice")
    if not civic and "?" not in text and "tells" not in said:
        return True
    calls = "calls" in said or _CONTACT.search(text) is not None
    return marks + calls >= 2 + min(civic, 3)
