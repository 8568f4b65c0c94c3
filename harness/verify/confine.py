"""Reads hostile files in processes with bounded memory and time.

A hostile file may make its reader hang, take all memory, or crash. So a separate process reads it and answers in JSON,
item by item. If the process is lost, the item at hand has no answer, and a new process goes on with the next item.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from harness.base.jobs import processes
from harness.sources.models import slow_path

Examination = Callable[..., dict[str, Any]]
"""A function at the top level of a module. It takes the elements of an item as arguments and returns JSON values."""
Item = tuple[Any, ...]
"""The arguments of an examination. The first is the path of a file."""
SHARE = 32 * 2**20
"""The size in bytes of a record of about a million evaluations."""


@dataclass(frozen=True)
class Bounds:
    """The bounds for one item. ``seconds``: real seconds for a file of up to ``SHARE`` bytes, and in proportion more
    for a larger file; ``memory``: bytes that a process may allocate beyond those that it needs to start.
    """

    seconds: float = 100.0
    memory: int = 640 * 2**20

    def allowed(self, path: str) -> float:
        """Seconds for the file at ``path``."""
        try:
            size = os.lstat(path).st_size
        except OSError:
            size = 0
        return self.seconds * max(1.0, size / SHARE)

    def __str__(self) -> str:
        """The bounds for a message: ``100 s or 640 MiB``."""
        return f"{self.seconds:g} s or {self.memory >> 20} MiB"


def confined(
    examination: Examination, items: Sequence[Item], bounds: Bounds, jobs: int = 1
) -> Iterator[dict[str, Any] | None]:
    """The answer for every item in order; None for an item without an answer within the bounds."""
    count = min(processes(jobs), len(items))
    if count < 2:
        yield from _stream(examination, items, bounds)
        return
    shares = [items[k::count] for k in range(count)]
    with ThreadPoolExecutor(count) as pool:
        streams = list(pool.map(lambda share: list(_stream(examination, share, bounds)), shares))
    for k in range(len(items)):
        yield streams[k % count][k // count]


def _stream(examination: Examination, items: Sequence[Item], bounds: Bounds) -> Iterator[dict[str, Any] | None]:
    left = list(items)
    while left:
        with _process(examination, left, bounds.memory) as connection:
            while left:
                answer = _answer(connection, bounds.allowed(left[0][0]))
                del left[0]
                yield answer
                if answer is None:
                    break


def _answer(connection: Connection, seconds: float) -> dict[str, Any] | None:
    with contextlib.suppress(EOFError, OSError, ValueError):
        if connection.poll(seconds):
            found: dict[str, Any] = json.loads(connection.recv_bytes())
            if found["slow"]:
                slow_path.warn()
            answer: dict[str, Any] = found["answer"]
            return answer
    return None


@contextlib.contextmanager
def _process(examination: Examination, items: Sequence[Item], memory: int) -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(send, examination, list(items), memory), daemon=True)
    process.start()
    send.close()
    try:
        yield receive
    finally:
        process.kill()
        process.join()
        receive.close()


def _work(connection: Connection, examination: Examination, items: list[Item], memory: int) -> None:
    _limit(memory)
    slow_path.keep_silent()
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        for item in items:
            answer = examination(*item)
            connection.send_bytes(json.dumps({"answer": answer, "slow": slow_path.taken()}).encode())
    connection.close()


def _limit(memory: int) -> None:
    """Limits the memory that the process may still allocate, on a system that can do so (Linux)."""
    # Arrow's other allocators reserve far more than they use, which the limit would count.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    try:
        import resource

        status = Path("/proc/self/status").read_text(encoding="ascii")
        now = next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmData:"))
    except (ImportError, OSError, StopIteration):
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = now + memory
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
