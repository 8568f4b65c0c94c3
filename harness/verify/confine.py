"""Reads hostile files in processes with bounded memory and time.

A hostile file may make its reader hang, take all memory, or crash. So a separate process reads it and answers in JSON,
item by item. If the process is lost, its current item has no answer, and a new process goes on with the next item. A
process starts as ``harness.base.children`` says: no folder that is verified is searched for modules.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from harness.base.channel import Channel
from harness.base.children import Child, Lost
from harness.base.jobs import processes
from harness.base.memory import limit_memory
from harness.base.modules import named_object
from harness.sources.models import slow_path

Examination = Callable[..., dict[str, Any]]
"""A function at the top level of a module. It takes the elements of an item as arguments and returns JSON values."""
Item = tuple[Any, ...]
"""The arguments of an examination, all of them JSON. The first is the absolute path of a file."""
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
        with Child(f"{__name__}:serve") as child:
            named = f"{examination.__module__}:{examination.__qualname__}"
            child.send(json.dumps({"examination": named, "items": left, "memory": bounds.memory}).encode())
            while left:
                answer = _answer(child, bounds.allowed(left[0][0]))
                del left[0]
                yield answer
                if answer is None:
                    break


def _answer(child: Child, seconds: float) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(child.receive(seconds))
    except (Lost, ValueError):
        return None
    if found["slow"]:
        slow_path.warn()
    answer: dict[str, Any] = found["answer"]
    return answer


def serve(channel: Channel) -> None:
    """The work of the process."""
    request = json.loads(channel.receive())
    examination: Examination = named_object(request["examination"])
    # Arrow's other allocators reserve far more than they use, which the limit would count.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    limit_memory(request["memory"])
    slow_path.keep_silent()
    for item in request["items"]:
        channel.send(json.dumps({"answer": examination(*item), "slow": slow_path.taken()}).encode())
