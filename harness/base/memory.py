"""A bound on the memory that a process may allocate, where the system has one (Linux)."""

from __future__ import annotations

from pathlib import Path


def limit_memory(more: int) -> None:
    """Lets this process allocate ``more`` bytes beyond its present data, and its children as much."""
    try:
        import resource

        status = Path("/proc/self/status").read_text(encoding="ascii")
        now = next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmData:"))
    except (ImportError, OSError, StopIteration):
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = now + more
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
