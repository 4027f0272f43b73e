"""Videos for tests, made on the spot with FFmpeg, with all that a phone writes beside the picture."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from testing.programs import program

#: Words that no new video may contain.
TOLD = (b"Kamera Uji", b"catatan rahasia", b"+119.8850", b"Ruang Tamu")


@cache
def clip(seconds: float = 2, ending: str = "mp4", width: int = 640, height: int = 360) -> bytes:
    """Make a moving test picture with a tone; its tags name a camera, a place and a note, its chapter a room."""
    fast = ["-preset", "ultrafast"]
    codecs = {"mp4": "libx264", "mov": "libx264", "webm": "libvpx", "3gp": "h263", "avi": "mpeg4"}
    with tempfile.TemporaryDirectory() as folder:
        tags, out = Path(folder, "tags"), Path(folder, f"clip.{ending}")
        tags.write_text(
            ";FFMETADATA1\nmake=Kamera Uji\ncomment=catatan rahasia\nlocation=-04.3450+119.8850/\n"
            "[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle=Ruang Tamu\n"
        )
        audio = {"webm": ["-c:a", "libopus"], "3gp": ["-an"]}.get(ending, ["-c:a", "aac"])
        speed = {"mp4": fast, "mov": fast, "webm": ["-deadline", "realtime"]}.get(ending, [])
        # fmt: off
        subprocess.run(  # noqa: S603 - our own words
            [program("ffmpeg", debian="ffmpeg"), "-nostdin", "-v", "error",
             "-f", "lavfi", "-i", f"testsrc2=size={width}x{height}:rate=15:duration={seconds}",
             "-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}", "-i", str(tags),
             "-map", "0", "-map", "1", "-map_metadata", "2", "-map_chapters", "2",
             "-c:v", codecs[ending], *speed, *audio, "-strict", "-2", "-movflags", "use_metadata_tags", str(out)],
            check=True, timeout=60,
        )
        # fmt: on
        return out.read_bytes()
