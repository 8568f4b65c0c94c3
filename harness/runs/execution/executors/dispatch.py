"""Batches to an executor and outcomes back, as they come: few at a time, sized to their duration, lost ones again."""

from __future__ import annotations

import queue
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from harness.errors import WorkerError
from harness.runs.execution.executors.base import Executor, Future
from harness.runs.execution.executors.work import Answer, Batch, Outcome, Unfit, opened

SECONDS = 1.0
"""About how long a batch should take: sending it takes milliseconds, and that much is lost with a worker."""
MOST = 128
"""Units of a batch at most: what is in memory at once, some 30 KB a unit."""
TICK = 0.5
"""Seconds between two looks at the executor while nothing comes back."""
LOSSES = 3
"""How often in a row workers may be lost with nothing done in between, and how often a batch may come back unfit."""


@dataclass
class Queue:
    """Units that wait: seeds by batch-to-be, in order; and how long a unit of each has taken, in real seconds."""

    batches: Sequence[Batch]
    seconds: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._waiting = deque((at, deque(batch.seeds)) for at, batch in enumerate(self.batches) if batch.seeds)
        self._left = sum(len(batch.seeds) for batch in self.batches)

    def take(self, workers: int, batched: bool) -> tuple[int, Batch] | None:
        """The next batch and its place: one unit while nothing is known of its duration, fewer towards the end."""
        if not self._waiting:
            return None
        at, seeds = self._waiting[0]
        size = 1
        if batched and at in self.seconds:
            fair = -(-self._left // (2 * max(workers, 1)))
            size = max(1, min(int(SECONDS / max(self.seconds[at], 1e-4)), MOST, fair, len(seeds)))
        taken = tuple(seeds.popleft() for _ in range(size))
        if not seeds:
            self._waiting.popleft()
        self._left -= size
        return at, replace(self.batches[at], seeds=taken)

    def learn(self, at: int, outcomes: Sequence[Outcome]) -> None:
        """How long units of this kind take, the latest batch counting half."""
        mean = sum(outcome.seconds for outcome in outcomes) / len(outcomes)
        self.seconds[at] = (self.seconds.get(at, mean) + mean) / 2


def dispatch(
    batches: Iterable[Batch],
    executor: Executor,
    *,
    on_lost: Callable[[str], None] = lambda _: None,
    on_tick: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[int, Answer]]:
    """Every unit's outcome, batch by batch, with the place of the job in ``batches``, in the order in which they come
    back. Each answer is checked: it has the runs that were asked for.

    At most two batches per worker are out at a time, so that memory does not grow with the number of units. ``on_tick``
    is told how many units are being done. Raises what a run crashed with, WorkerError where the same batches take down
    their workers, or come back damaged or incomplete, again and again, and what the executor raises when it is gone.
    """
    waiting = Queue(list(batches))
    out: dict[int, tuple[int, Batch]] = {}
    futures: dict[int, Future] = {}
    done: queue.SimpleQueue[int] = queue.SimpleQueue()
    unfit: Counter[tuple[int, tuple[int, ...]]] = Counter()
    number, losses = 0, 0

    def send(at: int, batch: Batch) -> None:
        nonlocal number
        number += 1
        out[number] = at, batch
        future = futures[number] = executor.submit(batch)
        future.add_done_callback(partial(_tell, done, number))

    while True:
        workers = executor.workers()
        while len(out) < (2 * workers if executor.batched else 1):
            taken = waiting.take(workers, executor.batched)
            if taken is None:
                break
            send(*taken)
        if not out:
            return
        on_tick(min(len(out), workers))
        try:
            ticket = done.get(timeout=TICK)
        except queue.Empty:
            executor.watch()
            continue
        if ticket not in out:
            continue  # of a batch that was given up for lost
        try:
            answer = opened(futures.pop(ticket).result(), out[ticket][1])
        except Unfit as error:
            at, batch = out.pop(ticket)
            unfit[at, batch.seeds] += 1
            if unfit[at, batch.seeds] >= LOSSES:
                raise WorkerError(f"{batch} came back wrong {LOSSES} times: {error}") from None
            on_lost(f"{batch} came back wrong ({error}); it is done again")
            send(at, batch)
            continue
        except BaseException as error:
            failure = executor.failure(error, out[ticket][1])
            if failure is not None:
                raise failure from (None if failure is not error else error.__cause__)
            losses += 1
            _give_up(losses, out)
            on_lost(f"workers were lost ({_short(error)}); the runs they had are done again")
            executor.renew()
            lost, out, futures = list(out.values()), {}, {}
            for again in lost:
                send(*again)
            continue
        losses = 0
        at, _ = out.pop(ticket)
        waiting.learn(at, answer.outcomes)
        yield at, answer


def _tell(done: queue.SimpleQueue[int], ticket: int, _: object) -> None:
    done.put(ticket)


def _give_up(losses: int, out: Mapping[int, tuple[int, Batch]]) -> None:
    if losses >= LOSSES:
        which = "; ".join(str(batch) for _, batch in out.values())
        raise WorkerError(f"workers died {losses} times in a row, killed or out of memory, while doing {which}")


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:120]}{'…' if len(text) > 120 else ''}"
