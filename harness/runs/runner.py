"""One run: one method on one leaderboard with one seed, on the simulated clock.

``run`` is the loop. Everything it decides follows from (leaderboard, source, method, seed). It enforces the limits of
the setting, so a method can neither see nor spend more than its leaderboard permits.

A configuration is *invalid* if the source answers NaN for it, on a leaderboard that states the metrics of such a
failure. It takes no simulated time and no worker. The method is told at once, and the row in the ledger is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from harness.base.timing import Stopwatch
from harness.benchmark.columns import LEDGER_COLUMNS
from harness.benchmark.leaderboard import MAX_EVALUATIONS, Leaderboard
from harness.benchmark.method import Observation, Proposal
from harness.benchmark.space import Configuration
from harness.errors import SurrogateError
from harness.runs.calls import MethodFailed, at_home, called, one_line
from harness.runs.clock import Clock, Slot
from harness.runs.ledger import Bill, Ledger
from harness.runs.limits import Limits
from harness.runs.pairing import Pairing
from harness.runs.rows import Rows
from harness.runs.run import Run

FREE = Bill(0.0, 0.0, 0.0, False)
"""The bill of an invalid configuration."""
MAX_FAILURES = 10_000
"""Invalid proposals in a row, after which a method counts as stalled."""


class _Evaluation(NamedTuple):
    row: int
    observation: Observation
    fidelity: dict[str, Any]
    bill: Bill


def run(pairing: Pairing, seed: int) -> Run:
    """Runs one seed to the end of its budget. A method that raises or breaks the rules gives a run of status
    ``failed`` with the reason and traceback; only errors of the harness or the source are raised.
    """
    simulation = Simulation(pairing, seed)
    try:
        with at_home(simulation.name, strange=pairing.method.strange):
            stopped = simulation.play()
            called(simulation.name, pairing.method.settle, simulation.method)
    except MethodFailed as error:
        simulation.cut_off()
        reason = one_line(str(error))  # the traceback has the rest
        return Run(seed, "failed", "error", reason, error.trace, simulation.columns())
    finally:
        pairing.method.release(simulation.method)
    return Run(seed, "complete", stopped, None, None, simulation.columns())


def record_columns(board: Leaderboard) -> tuple[str, ...]:
    """The columns of a run on a leaderboard, in their order."""
    return ("trial", *board.space, *board.fidelities, *board.metrics, *LEDGER_COLUMNS)


class Simulation:
    """One run in progress: clock, ledger and method, and the rows so far."""

    def __init__(self, pairing: Pairing, seed: int) -> None:
        board, spec = pairing.board, pairing.spec
        self.pairing, self.seed, self.board = pairing, seed, board
        self.name, self.proceeds = pairing.method.name, pairing.method.capabilities.proceeds
        self.problem = pairing.problem(seed)
        self.budget = self.problem.budget
        self.predict = pairing.source.oracle(board.task, board.metrics, spec.draws(seed)).one
        self.failures = 0
        self.limits = Limits(self.name, board, self.problem)
        self.price = board.metrics.index(board.price)
        self.objectives = [(board.metrics.index(objective.metric), objective.loss) for objective in board.objectives]
        self.tells_cost = board.setting.tells_cost
        useless = [board.failure[metric] for metric in board.metrics] if board.failure else []
        self.useless = useless, self._losses(useless) if useless else ()
        self.clock: Clock[_Evaluation] = Clock(spec.workers)
        continues = pairing.continues if spec.axes else None  # at full fidelity there is nothing to continue to
        self.ledger = Ledger(board.floor * self.problem.full_cost, continues, tuple(board.fidelities))
        self.watch = Stopwatch()
        self._call: Callable[..., Any] = partial(self.watch.call, called, self.name)
        self.trials: dict[tuple[Any, ...], int] = {}
        self.rows = Rows(self._columns_of)
        self.started = False
        self.method: Any = None

    def play(self) -> str:
        """Runs the method and returns why the run stopped: ``budget``, ``evaluations`` (it made as many as a run may
        have), or ``method`` if it proposed nothing more.
        """
        seed, settings = self.pairing.method_seed(self.seed), self.pairing.method_settings
        clock, ledger, rows, budget, call = self.clock, self.ledger, self.rows, self.budget, self._call
        made = rows.counted
        method = self.method = call(self.pairing.method.make, self.problem, seed, settings)
        while True:
            while clock.free and clock.now < budget and len(made) < MAX_EVALUATIONS:
                answer = call(method.ask)
                if answer is None:
                    break
                self._start(answer)
            if not clock.pending:
                if not self.started:
                    raise MethodFailed(f"{self.name} stalled: it proposed nothing valid, with nothing pending")
                if clock.now >= budget:
                    return "budget"
                return "method" if len(made) < MAX_EVALUATIONS else "evaluations"
            for slot, evaluation in clock.advance():
                if slot.end > budget:
                    return "budget"
                ledger.finish(evaluation.observation.trial, evaluation.fidelity, evaluation.bill.price)
                call(method.tell, evaluation.observation)
                further = self._further(method, evaluation) if self.proceeds else None
                rows.seconds[evaluation.row] += self.watch.take()
                if further is not None:
                    self._start(further, slot.worker)

    def _further(self, method: Any, evaluation: _Evaluation) -> Proposal | None:
        """The next evaluation of a trial that goes on after this one, on the same worker; None if the trial stops."""
        seen = evaluation.observation
        may = self.clock.now < self.budget and len(self.rows) < MAX_EVALUATIONS
        answer = self._call(method.proceed, seen) if may else None
        return None if answer is None else self.limits.further(seen, evaluation.fidelity, answer)

    def _start(self, answer: Proposal | Mapping[str, Any], worker: int | None = None) -> None:
        configuration, fidelity = self.limits.legal(answer)
        values = tuple(configuration.values())
        trial = self.trials.setdefault(values, len(self.trials))
        metrics = self.predict({**configuration, **fidelity})
        if not math.isfinite(sum(metrics)):
            if not self.board.failure:
                found = dict(zip(self.board.metrics, metrics, strict=True))
                raise SurrogateError(
                    f"the surrogates predict {found} for {configuration} at {fidelity}; verify the set"
                )
            self._fail(trial, values, configuration, fidelity)
            return
        self.started, self.failures = True, 0
        bill = self.ledger.bill(trial, fidelity, metrics[self.price])
        cost = bill.charge if self.tells_cost else None
        observation = Observation(trial, configuration, fidelity, self._losses(metrics), cost)
        slot = self.clock.start(_Evaluation(len(self.rows), observation, fidelity, bill), bill.charge, worker)
        self._record(values, observation, metrics, bill, slot)

    def _fail(
        self, trial: int, values: tuple[Any, ...], configuration: Configuration, fidelity: dict[str, Any]
    ) -> None:
        """Records an invalid configuration and tells the method at once, at no cost."""
        self.failures += 1
        if self.failures > MAX_FAILURES:
            raise MethodFailed(f"{self.name} stalled: it made {MAX_FAILURES:,} invalid proposals in a row")
        metrics, losses = self.useless
        cost = 0.0 if self.board.setting.tells_cost else None
        observation = Observation(trial, configuration, fidelity, losses, cost, failed=True)
        self._record(values, observation, metrics, FREE, self.clock.instant())
        self._call(self.method.tell, observation)
        self.rows.seconds[-1] += self.watch.take()

    def _losses(self, metrics: Sequence[float]) -> tuple[float, ...]:
        return tuple([loss(metrics[at]) for at, loss in self.objectives])

    def _record(
        self, values: tuple[Any, ...], observation: Observation, metrics: Sequence[float], bill: Bill, slot: Slot
    ) -> None:
        counted = slot.end <= self.budget and not observation.failed
        fidelity = tuple(observation.fidelity.values())
        self.rows.add((observation.trial, values, fidelity, metrics, bill, slot), counted, self.watch.take())

    def columns(self) -> dict[str, Any]:
        """The ledger so far, column by column."""
        found = self.rows.columns()
        return {name: found.get(name, []) for name in record_columns(self.board)}

    def _columns_of(self, rows: Sequence[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
        """The columns of rows as ``_record`` makes them."""
        board, space = self.board, self.problem.space
        trials, values, fidelities, metrics, bills, slots = zip(*rows, strict=True)
        found: dict[str, Sequence[Any]] = {"trial": trials}
        for fields, parts in (
            ((*space, *space.constants), values), (board.fidelities, fidelities), (board.metrics, metrics),
            (Bill._fields, bills), (Slot._fields, slots),
        ):  # fmt: skip
            found |= zip(fields, zip(*parts, strict=True), strict=True)
        return found

    def cut_off(self) -> None:
        """Marks the evaluations that were running when the method failed as not counted: the method never learned of
        them.
        """
        while self.clock.pending:
            for _, evaluation in self.clock.advance():
                self.rows.counted[evaluation.row] = False
