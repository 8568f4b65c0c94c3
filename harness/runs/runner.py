"""One run: one method on one leaderboard with one seed, on the simulated clock.

``run`` is the loop; everything it decides follows from (leaderboard, surrogate set, method, seed). It enforces what the
setting allows, so a method can neither see nor spend more than its leaderboard permits.

An *invalid* configuration is one for which the source answers NaN, on a leaderboard that states the metrics of such a
failure. It takes no simulated time and no worker: the method is told at once, and its ledger row is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from harness.base.timing import Stopwatch
from harness.benchmark.columns import LEDGER_COLUMNS
from harness.benchmark.method import Observation, Proposal
from harness.benchmark.space import Configuration
from harness.errors import SpaceError, SurrogateError
from harness.runs.calls import MethodFailed, called, held_back
from harness.runs.clock import Clock, Slot
from harness.runs.ledger import Bill, Ledger
from harness.runs.pairing import Pairing
from harness.runs.run import Run

COUNTED, SECONDS = -2, -1
"""Where they stand in a row."""
FREE = Bill(0.0, 0.0, 0.0, False)
MAX_FAILURES = 10_000
"""Invalid proposals in a row after which a method has stalled."""


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
        with held_back():
            stopped = simulation.play()
    except MethodFailed as error:
        simulation.cut_off()
        reason = " ".join(str(error).split())  # one line, whatever was raised; the traceback has the rest
        return Run(seed, "failed", "error", reason, error.trace, simulation.columns())
    return Run(seed, "complete", stopped, None, None, simulation.columns())


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
        self.full = {axis: board.full[axis] for axis in board.fidelities}
        self.price = board.metrics.index(board.price)
        self.objectives = [(board.metrics.index(objective.metric), objective.loss) for objective in board.objectives]
        self.axes = frozenset(self.problem.axes)
        self.tells_cost, self.check = board.setting.tells_cost, self.problem.space.check
        useless = [board.failure[metric] for metric in board.metrics] if board.failure else []
        self.useless = useless, self._losses(useless) if useless else ()
        self.clock: Clock[_Evaluation] = Clock(spec.workers)
        self.ledger = Ledger(board.floor * self.problem.full_cost, pairing.continues, self.full)
        self.watch = Stopwatch()
        self._call: Callable[..., Any] = partial(self.watch.call, called, self.name)
        self.trials: dict[tuple[Any, ...], int] = {}
        self.rows: list[list[Any]] = []
        self.started = False
        self.method: Any = None

    def play(self) -> str:
        """Returns why the run stopped: ``budget`` or ``method`` (it had nothing more to ask)."""
        clock, ledger, budget, call, start = self.clock, self.ledger, self.budget, self._call, self._start
        method = self.method = call(self.pairing.make_method, self.seed, self.problem)
        while True:
            while clock.free and clock.now < budget:
                answer = call(method.ask)
                if answer is None:
                    break
                start(answer)
            if not clock.pending:
                if not self.started:
                    raise MethodFailed(f"{self.name} stalled: it proposed nothing valid, with nothing pending")
                return "budget" if clock.now >= budget else "method"
            for slot, evaluation in clock.advance():
                if slot.end > budget:
                    return "budget"
                ledger.finish(evaluation.observation.trial, evaluation.fidelity, evaluation.bill.price)
                call(method.tell, evaluation.observation)
                further = self._further(method, evaluation) if self.proceeds else None
                self.rows[evaluation.row][SECONDS] += self.watch.take()
                if further is not None:
                    self._start(further, slot.worker)

    def _further(self, method: Any, evaluation: _Evaluation) -> Proposal | None:
        """What a stopping rule lets the trial go on with, on its worker."""
        seen = evaluation.observation
        answer = self._call(method.proceed, seen) if self.clock.now < self.budget else None
        if answer is None:
            return None
        try:
            fidelity = self.board.fidelities.check({**seen.fidelity, **answer})
        except (SpaceError, TypeError, ValueError) as error:
            raise MethodFailed(f"{self.name} lets a trial go on to an illegal fidelity: {error}") from error
        if not self.board.rises(evaluation.fidelity, fidelity):
            raise MethodFailed(
                f"{self.name} lets a trial go on from {evaluation.fidelity} to {fidelity}, which is not higher"
            )
        return Proposal(seen.configuration, fidelity)

    def _start(self, answer: Proposal | Mapping[str, Any], worker: int | None = None) -> None:
        configuration, fidelity = self._legal(answer)
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
        """An invalid configuration: told at once, at no cost."""
        self.failures += 1
        if self.failures > MAX_FAILURES:
            raise MethodFailed(f"{self.name} stalled: it made {MAX_FAILURES:,} invalid proposals in a row")
        metrics, losses = self.useless
        cost = 0.0 if self.board.setting.tells_cost else None
        observation = Observation(trial, configuration, fidelity, losses, cost, failed=True)
        self._record(values, observation, metrics, FREE, self.clock.instant())
        self._call(self.method.tell, observation)
        self.rows[-1][SECONDS] += self.watch.take()

    def _losses(self, metrics: Sequence[float]) -> tuple[float, ...]:
        return tuple([loss(metrics[at]) for at, loss in self.objectives])

    def _record(
        self, values: tuple[Any, ...], observation: Observation, metrics: Sequence[float], bill: Bill, slot: Slot
    ) -> None:
        counted = slot.end <= self.budget and not observation.failed
        fidelity = tuple(observation.fidelity.values())
        self.rows.append([observation.trial, values, fidelity, metrics, bill, slot, counted, self.watch.take()])

    def columns(self) -> dict[str, list[Any]]:
        """The ledger so far, column by column."""
        board, space = self.board, self.problem.space
        names = ("trial", *board.space, *board.fidelities, *board.metrics, *LEDGER_COLUMNS)
        if not self.rows:
            return {name: [] for name in names}
        trials, values, fidelities, metrics, bills, slots, counted, seconds = zip(*self.rows, strict=True)
        found = {"trial": trials, "counted": counted, "method_seconds": seconds}
        for fields, rows in (
            ((*space, *space.constants), values), (board.fidelities, fidelities), (board.metrics, metrics),
            (Bill._fields, bills), (Slot._fields, slots),
        ):  # fmt: skip
            found |= zip(fields, zip(*rows, strict=True), strict=True)
        return {name: list(found[name]) for name in names}

    def cut_off(self) -> None:
        """What was running when a method failed is not counted: nobody was told its outcome."""
        while self.clock.pending:
            for _, evaluation in self.clock.advance():
                self.rows[evaluation.row][COUNTED] = False

    def _legal(self, answer: Proposal | Mapping[str, Any]) -> tuple[Configuration, dict[str, Any]]:
        asked, wanted = (answer.configuration, answer.fidelity) if isinstance(answer, Proposal) else (answer, None)
        fidelity = self.full.copy()
        try:
            configuration = self.check(asked)
            if wanted:
                fidelity = self.board.fidelities.check({**fidelity, **wanted})
        except (SpaceError, TypeError, ValueError) as error:
            raise MethodFailed(f"{self.name} proposed an illegal evaluation: {error}") from error
        if wanted and not self.axes.issuperset(wanted):
            self._check_axes(fidelity)
        return configuration, fidelity

    def _check_axes(self, fidelity: Mapping[str, Any]) -> None:
        """Only declared axes may leave their full value."""
        for axis, value in fidelity.items():
            if axis not in self.problem.axes and value != self.board.full[axis]:
                allowed = ", ".join(self.problem.axes) or "no fidelity"
                raise MethodFailed(
                    f"{self.name} proposed {axis} = {value}, but may vary {allowed} in setting "
                    f"{self.board.setting.name} as declared"
                )
