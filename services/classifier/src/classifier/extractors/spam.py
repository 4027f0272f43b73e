"""Tell fraud and advertising from complaints about them."""

from __future__ import annotations

import re

from kabupaten.phrases import Matches

#: A program for telephones: it pretends, asks to be opened, and no complaint has one.
_APK = re.compile(r"\S{0,60}\.apk(?!\w)")
_APK_MARKS = 3
#: Ways to be called, beside those of the lexicon; telephone numbers are masked already.
_CONTACT = re.compile(r"(?<!\w)(?:https?://|www\.|wa\.me|bit\.ly|t\.me|s\.id/|\[(?:nomor )?telepon\])")


def is_spam(said: Matches) -> bool:
    """Tell whether it is fraud or advertising: enough of its marks, and nobody reports anything.

    Words that complaints have too raise what is enough: an advertisement that names a street says more than two marks.
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
