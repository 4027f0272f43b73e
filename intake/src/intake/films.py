"""Makes a new video from another with FFmpeg, a program of the system: one at a time, confined, with a timeout.

As with photos, only a newly made file is stored: picture and sound, without anything else that a camera wrote. Without
``ffmpeg`` videos are refused; nothing else depends on it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TypeAlias

from intake.decoder import Sender
from intake.photo import MAX_VIDEO_S, Refused
from intake.turns import Turns

log = logging.getLogger(__name__)
#: Seconds. A minute of 1080p took 12 s of CPU. The page that sends it hears nothing until then, and waits 90 s.
_WITHIN_S, _CPU_S = 75, 60
#: Bytes: address space while decoding (4K took 205 MB of memory), and of written files.
_MEMORY, _WRITTEN = 3_000_000_000, 40_000_000
#: How many videos may wait behind the one being made; further senders are asked to come again.
_QUEUE = 3
#: Pixels: of one picture (4K), of the longer side of the new video, and of its still.
_MAX_PIXELS, _LONG, _SMALL = 9_000_000, 854, 320
#: Options that let FFmpeg read only files, in the formats of phones. No playlists: they name other files, and URLs.
_READ = ["-protocol_whitelist", "file", "-format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"]
_FIT = "scale={0}:{0}:force_original_aspect_ratio=decrease:force_divisible_by=2"
_BARE = ["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-sn", "-dn"]


@dataclass(frozen=True, kw_only=True)
class Film:
    """The result for a video: H.264 and AAC in MP4, and a JPEG of its first picture."""

    large: bytes
    small: bytes


#: Puts the source file of a video at the given path.
Lay: TypeAlias = Callable[[Path], Awaitable[None]]


def lay_file(came: Path) -> Lay:
    """Return a function that links to the file ``came``."""
    return lambda there: asyncio.to_thread(there.symlink_to, came)


class Films:
    """Makes videos with the programs ``ffmpeg`` and ``ffprobe``."""

    def __init__(self, ffmpeg: str, ffprobe: str) -> None:
        self._ffmpeg, self._ffprobe = ffmpeg, ffprobe
        self._turns = Turns(_QUEUE)

    async def make(self, lay: Lay, sender: Sender = Sender()) -> Film:  # noqa: B008
        """Make a new video of the file that ``lay`` writes; ``lay`` is called when it is this video's turn.

        Raises:
            Refused: not a video, damaged, or longer than ``MAX_VIDEO_S``.
            TooManyWait: try again later.
        """
        async with self._turns.turn(sender.client):
            began = monotonic()
            try:
                with tempfile.TemporaryDirectory(prefix="lapor-video-") as folder:
                    await lay(came := Path(folder, "came"))
                    async with asyncio.timeout(_WITHIN_S):
                        return await self._make(came)
            except TimeoutError:
                log.warning("video_took_too_long")
                raise Refused("video_unreadable") from None
            finally:
                sender.charge(monotonic() - began)

    async def _make(self, came: Path) -> Film:
        if await self._seconds(came) > MAX_VIDEO_S:
            raise Refused("video_long")
        with tempfile.TemporaryDirectory(prefix="lapor-video-") as folder:
            large, small = Path(folder, "large.mp4"), Path(folder, "small.jpg")
            # fmt: off
            await _run(
                self._ffmpeg, "-nostdin", "-v", "error", *_READ, "-max_pixels", str(_MAX_PIXELS), "-threads", "1",
                "-i", f"file:{came}",
                "-map", "0:v:0", "-map", "0:a:0?", *_BARE, "-t", str(MAX_VIDEO_S + 1), "-threads", "1",
                "-vf", f"{_FIT.format(_LONG)},fps=25", "-c:v", "libx264", "-preset", "veryfast", "-crf", "28",
                "-pix_fmt", "yuv420p", "-flags:v", "+bitexact", "-c:a", "aac", "-b:a", "64k", "-ac", "1",
                "-flags:a", "+bitexact", "-movflags", "+faststart", "-f", "mp4", f"file:{large}",
                "-map", "0:v:0", *_BARE, "-frames:v", "1", "-vf", _FIT.format(_SMALL), "-f", "image2", "-update", "1",
                "-c:v", "mjpeg", f"file:{small}",
            )
            # fmt: on
            # A file that names no length, like a browser's own recording, is measured only now.
            if await self._seconds(large) > MAX_VIDEO_S:
                raise Refused("video_long")
            return Film(
                large=await asyncio.to_thread(large.read_bytes), small=await asyncio.to_thread(small.read_bytes)
            )

    async def _seconds(self, file: Path) -> float:
        """Return the length that ``file`` names; 0 if it names none."""
        asked = ["-show_entries", "format=duration", "-of", "default=noprint_wrappers=1:nokey=1"]
        said = await _run(self._ffprobe, "-v", "error", *_READ, *asked, f"file:{file}")
        try:
            return float(said)
        except ValueError:
            return 0


def find_films() -> Films | None:
    """Return the maker of videos; None if FFmpeg is not installed (Debian: ``apt-get install ffmpeg``)."""
    ffmpeg, ffprobe = shutil.which("ffmpeg"), shutil.which("ffprobe")
    return Films(ffmpeg, ffprobe) if ffmpeg and ffprobe and shutil.which("prlimit") else None


async def _run(*command: str) -> bytes:
    """Run ``command`` and return its output. It inherits no settings, and runs at low priority."""
    limits = [f"--cpu={_CPU_S}", f"--as={_MEMORY}", f"--fsize={_WRITTEN}", "--core=0", "--nofile=32"]
    child = await asyncio.create_subprocess_exec(
        *("nice", "-n", "10", "prlimit", *limits, *command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
    )
    try:
        said, errors = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        log.info("video_not_made", extra={"code": child.returncode, "said": errors[-500:].decode(errors="replace")})
        raise Refused("video_unreadable")
    return said
