"""Does work on files in processes of their own with bounded memory and time, for what reads a hostile file may be made
to hang, to swell or to crash. A process answers in JSON, item by item; if it is lost, so is that item's answer, and a
new process goes on with the next. It starts as ``harness.base.children`` says: no folder that is verified is searched
for modules.
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

Task = Callable[..., dict[str, Any]]
"""A function of a module, whose arguments are an item's and whose answer is JSON."""
Item = tuple[Any, ...]
"""The first of them is the path of a file, absolute; all of them are JSON."""
SHARE = 32 * 2**20
"""Bytes that about a million evaluations take."""


@dataclass(frozen=True)
class Bounds:
    """Real ``seconds`` for one item whose file has up to ``SHARE`` bytes, in proportion for a larger one, and bytes of
    ``memory`` a process may allocate beyond what it needs to start.
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
        """For a message."""
        return f"{self.seconds:g} s or {self.memory >> 20} MiB"


def confined(task: Task, items: Sequence[Item], bounds: Bounds, jobs: int = 1) -> Iterator[dict[str, Any] | None]:
    """The answer to every item in order, None where there was none within the bounds."""
    count = min(processes(jobs), len(items))
    if count < 2:
        yield from _stream(task, items, bounds)
        return
    shares = [items[k::count] for k in range(count)]
    with ThreadPoolExecutor(count) as pool:
        streams = list(pool.map(lambda share: list(_stream(task, share, bounds)), shares))
    for k in range(len(items)):
        yield streams[k % count][k // count]


def _stream(task: Task, items: Sequence[Item], bounds: Bounds) -> Iterator[dict[str, Any] | None]:
    left = list(items)
    while left:
        with Child(f"{__name__}:serve") as child:
            named = f"{task.__module__}:{task.__qualname__}"
            child.send(json.dumps({"task": named, "items": left, "memory": bounds.memory}).encode())
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
    """What the process does."""
    request = json.loads(channel.receive())
    task: Task = named_object(request["task"])
    # Arrow's other allocators reserve far more than they use, which the limit would count.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    limit_memory(request["memory"])
    slow_path.keep_silent()
    for item in request["items"]:
        channel.send(json.dumps({"answer": task(*item), "slow": slow_path.taken()}).encode())
