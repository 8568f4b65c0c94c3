"""Replays one record: asks the source again for every configuration, does every sum again, compares every claim.

``Replay.findings`` gives the disagreements. Replay and runner share the source, with its draws of trials, and the
leaderboard's data. The rules are written a second time, here and in ``accounting`` and ``legality``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.source import Source
from harness.benchmark.space import Space
from harness.runs.spaces import derived_space
from harness.verify import accounting
from harness.verify.claims import Claim
from harness.verify.findings import Finding
from harness.verify.identity import version_problems
from harness.verify.legality import (
    Columns,
    fidelity_problems,
    order_problems,
    seed_problems,
    spec_problems,
    value_problems,
)

SHOWN = 5
"""The most rows that are named for one kind of finding in one run; the others are counted."""
CHUNK = 100_000
"""Rows that are predicted in one go; this bounds memory."""


class Replay:
    """The replay of one record on a surrogate set. ``name``: the record's name in findings; ``seen``: called with the
    seed and the ledger of every run, after the findings of the run.
    """

    def __init__(
        self, name: str, claim: Claim, surrogates: Source, seen: Callable[[int, Columns], None] = lambda *_: None
    ) -> None:
        self.name, self.claim, self.surrogates, self.seen = name, claim, surrogates, seen
        self.board, self.spec = claim.board, claim.spec
        mean = float(surrogates.constants(self.board.task)["mean_runtime"])
        self.terms = accounting.Terms(
            self.spec.workers, self.board.budget * mean, self.board.floor * mean,
            self.board.continues if self.spec.continuation else None,
        )  # fmt: skip

    def findings(self) -> Iterator[Finding]:
        """A finding for each claim that is not true."""
        blocked = False
        for message in spec_problems(self.spec, self.board, self.surrogates):
            blocked = True
            yield Finding(self.name, message)
        yield from (Finding(self.name, message) for message in seed_problems(self.claim))
        yield from (Finding(self.name, message) for message in version_problems(self.claim.runs, self.spec))
        for message in order_problems(self.claim):
            blocked = True
            yield Finding(self.name, message)
        if blocked:
            return  # no row can be judged without the right set, board, schedule and order
        for seed, columns in self.claim.each_run():
            yield from self._run(seed, columns)
            self.seen(seed, columns)

    def _run(self, seed: int, columns: Columns) -> Iterator[Finding]:
        head = self.claim.runs[seed]
        if head["status"] != "complete":
            yield Finding(self.name, f"it is {head['status']!r:.40}, not complete: {head['reason']!r:.300}", seed)
            return
        blocked = False
        for message, wrong in value_problems(columns, self.board, self._space(seed)):
            blocked = True
            yield from self._rows(seed, message, wrong, columns)
        for message, wrong in fidelity_problems(columns, self.board, self.spec):
            yield from self._rows(seed, message, wrong, columns)
        if blocked:
            return  # values outside the space have no prediction
        predicted = self._predictions(seed, columns)
        failed = np.asarray(np.isnan(predicted).any(axis=1) & bool(self.board.failure))
        for at, metric in enumerate(self.board.metrics):
            truth = np.where(failed, self.board.failure.get(metric, 0.0), predicted[:, at])
            yield from self._differ(seed, metric, "the surrogates predict", truth, columns)
        yield from self._ledger(seed, columns, failed)
        yield from self._header(seed, columns, failed)

    def _space(self, seed: int) -> Space:
        return derived_space(self.board, self.spec.surrogates, self.spec.space, seed)

    def _predictions(self, seed: int, columns: Columns) -> NDArray[np.float64]:
        """Every metric of every row. The draws are used in the order of the ledger."""
        oracle = self.surrogates.oracle(self.board.task, self.board.metrics, self.spec.draws(seed))
        inputs = {**columns, **{k: np.full(len(columns["seed"]), v) for k, v in self.board.space.constants.items()}}
        parts = [slice(first, first + CHUNK) for first in range(0, max(1, len(columns["seed"])), CHUNK)]
        return np.concatenate([oracle.many({name: values[part] for name, values in inputs.items()}) for part in parts])

    def _ledger(self, seed: int, columns: Columns, failed: NDArray[np.bool_]) -> Iterator[Finding]:
        """Findings on the numbers of trials, prices, credits, charges, times, workers and the end of the run."""
        board, terms = self.board, self.terms
        trials: NDArray[Any] = np.asarray(accounting.first_seen(_keys(columns, board.space)), dtype=np.int64)
        yield from self._differ(seed, "trial", "the configuration has number", trials, columns)
        yield from self._differ(seed, "price", f"the {board.price} is", columns[board.price], columns)
        credit = np.where(failed, 0.0, self._credits(trials, columns))
        yield from self._differ(seed, "credit", "what was trained before is worth", credit, columns)
        due = np.where(failed, 0.0, columns["price"] - credit)
        low = ~failed & (due < terms.floor)
        yield from self._differ(seed, "charge", "due is", np.where(low, terms.floor, due), columns)
        yield from self._differ(seed, "repaired", "raised to the floor is", low, columns)
        counted = ~failed & (columns["end"] <= terms.budget)
        yield from self._differ(seed, "counted", f"ending within {terms.budget!r} s is", counted, columns)
        yield from self._schedule(seed, trials, columns, failed)

    def _credits(self, trials: NDArray[Any], columns: Columns) -> NDArray[np.float64]:
        """The credit of every row; the caller sets the credit of failed rows to 0."""
        continues, price = self.terms.continues, columns["price"]
        if continues is None:
            return np.zeros(len(price))
        still = [name for name in self.board.fidelities if name != continues]
        groups = list(zip(trials.tolist(), *(columns[name].tolist() for name in still), strict=True))
        depth, start, end = (columns[name].tolist() for name in (continues, "start", "end"))
        return np.asarray(accounting.checkpoint_credits(groups, depth, price.tolist(), start, end), dtype=np.float64)

    def _schedule(
        self, seed: int, trials: NDArray[Any], columns: Columns, failed: NDArray[np.bool_]
    ) -> Iterator[Finding]:
        """Findings on times and workers, and on the end of the run."""
        terms, end = self.terms, columns["end"].tolist()
        start, charge, worker = (columns[name].tolist() for name in ("start", "charge", "worker"))
        lists = (start, end, charge, worker, trials.tolist())
        problems = list(accounting.schedule_problems(*lists, terms, failed.tolist()))
        for row, message in problems[:SHOWN]:
            yield Finding(self.name, message, seed, row)
        if len(problems) > SHOWN:
            yield Finding(self.name, f"{len(problems) - SHOWN} more rows are out of the schedule", seed)
        stopped = self.claim.runs[seed]["stopped"]
        ending = accounting.ending_problem(end, stopped, terms.budget)
        if ending is not None:
            yield Finding(self.name, ending, seed)

    def _header(self, seed: int, columns: Columns, failed: NDArray[np.bool_]) -> Iterator[Finding]:
        """Findings on the counts in the header of a run."""
        head, counted = self.claim.runs[seed], columns["counted"]
        if failed.all():
            yield Finding(self.name, "it has no evaluation" + " of a valid configuration" * bool(len(failed)), seed)
        for name, truth in (("evaluations", counted), ("repairs", counted & columns["repaired"])):
            if head[name] != int(truth.sum()):
                yield Finding(
                    self.name, f"{name} in its header is {head[name]}, its rows have {int(truth.sum())}", seed
                )
        if head["reason"] is not None or head["traceback"] is not None:
            yield Finding(self.name, "a complete run has no reason to have failed and no traceback", seed)

    def _differ(self, seed: int, column: str, what: str, truth: NDArray[Any], columns: Columns) -> Iterator[Finding]:
        """Findings on the rows whose value in ``column`` is not ``truth``; ``what`` introduces the true value."""
        wrong = np.flatnonzero(columns[column] != truth)
        for row in wrong[:SHOWN].tolist():
            message = f"{column} is recorded as {columns[column][row].item()!r}, but {what} {truth[row].item()!r}"
            yield Finding(self.name, message, seed, row)
        if len(wrong) > SHOWN:
            yield Finding(self.name, f"{column} differs in {len(wrong) - SHOWN} more rows", seed)

    def _rows(self, seed: int, message: str, wrong: NDArray[np.intp], columns: Columns) -> Iterator[Finding]:
        """Findings on the rows ``wrong``. ``message`` begins with the name of the column that is wrong in them."""
        name = message.partition(" ")[0]
        for row in wrong[:SHOWN].tolist():
            value = columns[name][row]
            shown = value.item() if isinstance(value, np.generic) else value
            yield Finding(self.name, f"{name} = {shown!r:.80} {message.partition(' ')[2]}", seed, row)
        if len(wrong) > SHOWN:
            yield Finding(self.name, f"{name} is wrong in {len(wrong) - SHOWN} more rows", seed)


def _keys(columns: Columns, space: Space) -> list[tuple[Any, ...]]:
    return list(zip(*(columns[name].tolist() for name in space), strict=True))
