"""Sends batches to an executor and gives back their answers in the order of arrival.

Only a few batches are out at a time. Their size follows the duration of their runs. A batch that is lost with its
workers is sent again, and so are the runs whose answer makes no sense.
"""

from __future__ import annotations

import queue
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from harness.errors import WorkerError
from harness.runs.execution.executors.answers import Answer, Outcome, Unfit, unpack
from harness.runs.execution.executors.base import Executor, Future
from harness.runs.execution.executors.work import Batch, Ended, lost

SECONDS = 1.0
"""Seconds that a batch should take, about. Sending one takes milliseconds; with a worker at most this much work is
lost.
"""
MOST = 128
"""The most units of a batch. The answer is in memory as a whole, some 20 KB a unit."""
TICK = 0.5
"""Seconds between two looks at the executor while nothing comes back."""
LOSSES = 3
"""Losses of workers in a row, without an answer in between, after which the runs are given up; the times that one run
may end its process; and the times that the answer to one run may make no sense.
"""
MOST_REFUSED = 20
"""Answers in a row that may make no sense. More of them are no matter of single runs."""


@dataclass
class Waiting:
    """Units that wait to be sent, in order. ``batches``: the units as given, not yet cut to size; ``seconds``: index of
    such a batch -> the real seconds that one of its units takes.
    """

    batches: Sequence[Batch]
    seconds: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._waiting = deque((at, deque(batch.seeds)) for at, batch in enumerate(self.batches) if batch.seeds)
        self._left = sum(len(batch.seeds) for batch in self.batches)

    def take(self, workers: int, batched: bool) -> tuple[int, Batch] | None:
        """The next batch to send, with the index of the batch it is cut from; None if no unit waits.

        It has one unit until the duration of such units is known. Towards the end batches get smaller, so that all
        workers finish at about the same time.
        """
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
        """Updates ``seconds``: the mean of the latest batch and the estimate so far count half each."""
        mean = sum(outcome.seconds for outcome in outcomes) / len(outcomes)
        self.seconds[at] = (self.seconds.get(at, mean) + mean) / 2


class Sent:
    """The batches that are out: sent to the executor and not back yet. Each is known by a number of its own."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._batches: dict[int, tuple[int, Batch]] = {}
        self._futures: dict[int, Future] = {}
        self._done: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._count = 0

    def __len__(self) -> int:
        return len(self._batches)

    def send(self, at: int, batch: Batch) -> int:
        """Sends a batch and returns its number. ``at``: the index of the batch it is cut from."""
        self._count += 1
        self._batches[self._count] = at, batch
        future = self._futures[self._count] = self._executor.submit(batch)
        future.add_done_callback(partial(_note_done, self._done, self._count))
        return self._count

    def back(self) -> int | None:
        """The number of a batch that has come back, None if none does within ``TICK`` seconds."""
        try:
            number = self._done.get(timeout=TICK)
        except queue.Empty:
            self._executor.watch()
            return None
        return number if number in self._batches else None  # else its loss was noticed before

    def answer(self, number: int) -> tuple[int, Answer]:
        """The index and the answer of a batch that has come back. Raises the batch's error, or Unfit; the batch counts
        as out then.
        """
        came = self._futures.pop(number).result()
        at, batch = self._batches[number]
        answer = unpack(came, batch.spec, batch.seeds)
        del self._batches[number]
        return at, answer

    def batch(self, number: int) -> Batch:
        """The batch of this number."""
        return self._batches[number][1]

    def take_back(self, number: int) -> tuple[int, Batch]:
        """A batch without an answer, with the index of the batch it is cut from. It counts as back."""
        return self._batches.pop(number)

    def send_one_by_one(self, at: int, batch: Batch) -> None:
        """Sends every unit of a batch again, in a batch of its own."""
        for seed in batch.seeds:
            self.send(at, replace(batch, seeds=(seed,)))

    def send_again(self) -> None:
        """Sends every batch that is out once more, to new workers."""
        self._executor.renew()
        lost = list(self._batches.values())
        self._batches, self._futures = {}, {}
        for at, batch in lost:
            self.send(at, batch)

    def __str__(self) -> str:
        return "; ".join(str(batch) for _, batch in self._batches.values())


class Ends:
    """Counts how often a process has ended while it did one run alone."""

    def __init__(self) -> None:
        self._times: Counter[tuple[int, int]] = Counter()

    def answer(self, error: Ended, at: int, batch: Batch) -> Answer | None:
        """The failed run of a method that has ended its process with an exit code, or ``LOSSES`` times in another way;
        None for runs to be done again, one by one.
        """
        if len(batch.seeds) > 1:
            return None
        self._times[at, batch.seeds[0]] += error.times
        left_by_itself = error.code is not None and error.code >= 0
        if self._times[at, batch.seeds[0]] < LOSSES and not left_by_itself:
            return None
        return lost(batch, f"{batch.spec.method} took its process down: {error}")


class Suspects:
    """Units of batches that were given up because their workers ended one after the other. Dask counts every batch that
    was at a worker when it ended, so each of these units is tried once more, alone, when all others are done.
    """

    def __init__(self) -> None:
        self._units: deque[tuple[int, Batch]] = deque()
        self._alone: int | None = None

    def add(self, number: int, at: int, batch: Batch) -> bool:
        """Keeps the units of a batch for later. False for one that was tried alone already."""
        if number == self._alone:
            return False
        self._units.extend((at, replace(batch, seeds=(seed,))) for seed in batch.seeds)
        return True

    def try_next(self, sent: Sent) -> bool:
        """Sends the next unit, if there is one."""
        if self._units:
            self._alone = sent.send(*self._units.popleft())
            return True
        return False


class Refusals:
    """Counts the answers that made no sense."""

    def __init__(self) -> None:
        self._times: Counter[tuple[int, int]] = Counter()
        self._in_a_row = 0
        self._given_up: list[str] = []

    def add(self, error: Unfit, at: int, batch: Batch) -> bool:
        """Notes one more, and returns whether to ask again: not for one run that was refused ``LOSSES`` times.
        WorkerError after ``MOST_REFUSED`` in a row.
        """
        self._in_a_row += 1
        if self._in_a_row >= MOST_REFUSED:
            raise WorkerError(f"{_senseless(error, batch)}, like the {self._in_a_row - 1} answers before it")
        if len(batch.seeds) > 1:
            return True
        self._times[at, batch.seeds[0]] += 1
        if self._times[at, batch.seeds[0]] < LOSSES:
            return True
        self._given_up.append(_senseless(error, batch))
        return False

    def end_row(self) -> None:
        """Notes an answer that makes sense."""
        self._in_a_row = 0

    def check(self) -> None:
        """WorkerError if a run was given up."""
        if self._given_up:
            more = len(self._given_up) - 1
            others = f"; neither do those of {more} more runs" if more else ""
            raise WorkerError(f"{self._given_up[0]}, {LOSSES} times{others}")


def _senseless(error: Unfit, batch: Batch) -> str:
    return f"the answer of a worker that did {batch} makes no sense ({error})"


def dispatch(
    batches: Iterable[Batch],
    executor: Executor,
    *,
    on_lost: Callable[[str], None] = lambda _: None,
    on_tick: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[int, Answer]]:
    """The answers to all units, each with the index of its batch in ``batches``, in the order of arrival.

    At most two batches per worker are out at a time, so that memory does not grow with the number of units. ``on_tick``
    is called with the number of units in progress. Raises the error of a run that crashed, WorkerError where the same
    batches take down their workers again and again, and the executor's error when its workers are gone for good. If
    single runs have no answer that makes sense, all others are done first, and then WorkerError is raised.
    """
    waiting, sent, losses, ended, refused = Waiting(list(batches)), Sent(executor), 0, Ends(), Refusals()
    suspects = Suspects()
    while True:
        workers = executor.workers()
        while len(sent) < (2 * workers if executor.batched else 1):
            taken = waiting.take(workers, executor.batched)
            if taken is None:
                break
            sent.send(*taken)
        if not len(sent) and not suspects.try_next(sent):
            refused.check()
            return
        on_tick(min(len(sent), workers))
        number = sent.back()
        if number is None:
            continue
        try:
            at, answer = sent.answer(number)
        except Unfit as error:
            at, batch = sent.take_back(number)
            if refused.add(error, at, batch):
                on_lost(f"{_senseless(error, batch)}; it is asked again")
                sent.send_one_by_one(at, batch)
            continue
        except BaseException as error:
            failure = executor.failure(error, sent.batch(number))
            if isinstance(failure, Ended):
                at, batch = sent.take_back(number)
                if failure.times > 1 and suspects.add(number, at, batch):
                    on_lost(f"{failure}; its runs of {batch} are done again at the end, one by one")
                    continue
                failed = ended.answer(failure, at, batch)
                if failed is not None:
                    yield at, failed
                    continue
                on_lost(f"{failure}; its runs of {batch} are done again")
                sent.send_one_by_one(at, batch)
                continue
            if failure is not None:
                raise failure from (None if failure is not error else error.__cause__)
            losses += 1
            if losses >= LOSSES:
                raise WorkerError(
                    f"workers died {losses} times in a row, killed or out of memory, while doing {sent}"
                ) from error
            on_lost(f"workers were lost ({_short(error)}); the runs they had are done again")
            sent.send_again()
            continue
        losses = 0
        refused.end_row()
        waiting.learn(at, answer.outcomes)
        yield at, answer


def _note_done(done: queue.SimpleQueue[int], number: int, _: object) -> None:
    done.put(number)


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:120]}{'…' if len(text) > 120 else ''}"
