"""What the processes of the running system use, by service."""

from __future__ import annotations

import psutil

from lapor.commands import status
from lapor.processes.data_dir import DataDir


def cpu_s(where: DataDir) -> dict[str, float]:
    """Return the CPU time of each service so far, in seconds."""
    return {name: sum(map(_cpu_s, each)) for name, each in _processes(where)}


def rss_mb(where: DataDir) -> dict[str, int]:
    """Return the resident memory of each service, in megabytes; shared pages count for each process."""
    return {name: round(sum(p.memory_info().rss for p in each) / 2**20) for name, each in _processes(where)}


def _processes(where: DataDir) -> list[tuple[str, list[psutil.Process]]]:
    found = []
    for service in status.report(where)["services"]:
        if service["pid"]:
            process = psutil.Process(service["pid"])
            found.append((service["name"], [process, *process.children(recursive=True)]))
    return found


def _cpu_s(process: psutil.Process) -> float:
    """Return the CPU time of ``process`` so far; 0 if it has ended since it was listed, as PostgreSQL's backends do."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
