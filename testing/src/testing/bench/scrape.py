"""How long a scrape of all services takes with many open complaints, beside bare servers that return as many bytes.

Run as a program, it is such a server: ``/<n>`` returns n bytes.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx

from lapor.processes.data_dir import DataDir
from lapor.processes.ports import HOST, any_free
from lapor.system import addresses
from lapor.system.morning import collect
from testing.bench.stored import fill_all
from testing.waiting import until

#: How many complaints have their whole life first; the stored ones are copies of them.
ALIVE = 12


def scrape(where: DataDir, count: int, turns: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Store ``count`` open complaints in the running system, wait until they are shown, and scrape it ``turns`` times.

    The system must have had a few complaints, which are copied.

    Times are in milliseconds: of all services one after the other, as ``p50_ms`` and ``most_ms``, and the median of
    each. ``baseline`` is the same of bare servers.
    """
    env: dict[str, Any] = addresses.env(where)
    urls = {name: url.removesuffix("/ready") + "/metrics" for name, url in env["ready_urls"].items()}
    # Each twentieth is joined to another, and is not open itself; those that were just sent may end meanwhile.
    stored, before = math.ceil((count + ALIVE) * 20 / 19), _open(urls)
    fill_all(env["databases"], stored, stored, say)
    until(lambda: _open(urls) >= before + count, 60, "they are shown as open")
    shown = _open(urls)
    port = any_free()
    with subprocess.Popen([sys.executable, "-m", "testing.bench.scrape", str(port)]) as bare:  # noqa: S603
        try:
            with httpx.Client(trust_env=False, timeout=60) as http:
                sizes = {name: len(http.get(url).content) for name, url in urls.items()}
                same = {name: f"http://{HOST}:{port}/{size}" for name, size in sizes.items()}
                until(lambda: _answers(http, f"http://{HOST}:{port}/1"), 30, "the bare server answers")
            found, baseline = [_figures(which, turns) for which in (urls, same)]
        finally:
            bare.kill()
    ratio = round(found["p50_ms"] / baseline["p50_ms"], 1)
    return {"open": shown, **found, "bytes": sizes, "baseline": baseline, "ratio": ratio}


def _open(urls: dict[str, str]) -> int:
    samples, _ = collect(urls, within_s=60)
    return round(sum(each.value for each in samples if each.name == "lapor_complaints_open"))


def _answers(http: httpx.Client, url: str) -> bool:
    try:
        return http.get(url).is_success
    except httpx.TransportError:
        return False


def _figures(urls: dict[str, str], turns: int) -> dict[str, Any]:
    each: dict[str, list[float]] = {name: [] for name in urls}
    for _ in range(turns):
        for name, url in urls.items():
            began = time.perf_counter()
            httpx.get(url, trust_env=False, timeout=60).raise_for_status()
            each[name].append((time.perf_counter() - began) * 1000)
    together = [sum(times) for times in zip(*each.values(), strict=True)]
    return {
        "p50_ms": round(statistics.median(together), 1),
        "most_ms": round(max(together), 1),
        "each_ms": {name: round(statistics.median(times), 1) for name, times in each.items()},
    }


def _bare(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = b"#" * int(environ["PATH_INFO"][1:])
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Log nothing."""


if __name__ == "__main__":
    make_server(HOST, int(sys.argv[1]), _bare, handler_class=_Quiet).serve_forever()
