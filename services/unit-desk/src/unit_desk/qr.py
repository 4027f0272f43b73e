"""Draws QR codes."""

from __future__ import annotations

from io import BytesIO

import segno


def draw(text: str, border: int) -> str:
    """Draw ``text`` as a QR code, in SVG that fills its container; ``border`` in modules."""
    picture = BytesIO()
    segno.make(text, micro=False, error="m").save(
        picture, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=border, svgclass="qr-code", lineclass=None
    )
    return picture.getvalue().decode()
