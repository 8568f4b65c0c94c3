"""One run: one method on one leaderboard with one seed, on the simulated clock.

``run`` is the loop; everything it decides follows from (leaderboard, surrogate set, method, seed). It enforces what the
setting allows, so a method can neither see nor spend more than its leaderboard permits.

An *invalid* configuration (of which the set predicts NaN, on a leaderboard that says what such a failure is) takes no
simulated time and no worker: the method is told at once, its ledger row is not counted.
"""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from harness import registry
from harness.base.seeding import derive_seed
from harness.base.timing import Stopwatch
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.settings import check_settings
from harness.benchmark.space import Categorical, Configuration
from harness.errors import SpaceError, SurrogateError, UnknownName, UsageError
from harness.registry import MethodEntry
from harness.runs.clock import Clock, Slot
from harness.runs.ledger import Bill, Ledger
from harness.runs.run import Run
from harness.runs.spaces import derived_space
from harness.runs.spec import LEDGER_COLUMNS, RunSpec
from harness.sources import SurrogateSet

COUNTED, SECONDS = -2, -1
"""Where they stand in a row."""
FREE = Bill(0.0, 0.0, 0.0, False)
MAX_FAILURES = 10_000
"""Invalid proposals in a row after which a method has stalled."""


def make_spec(
    board: Leaderboard,
    surrogates: SurrogateSet,
    entry: MethodEntry,
    *,
    settings: Mapping[str, Any] | None = None,
    axis: str | None = None,
    from_scratch: bool = False,
    space: str | None = None,
    workers: int | None = None,
) -> RunSpec:
    """The spec of a pairing, or UsageError saying why the method cannot run on this leaderboard.

    ``space`` and ``workers`` are by default the leaderboard's own.
    """
    can = entry.capabilities
    space = registry.whole_space(board) if space is None else space
    workers = board.workers if workers is None else workers
    entry.require()
    if board.task not in surrogates.tasks:
        raise UnknownName(f"task of surrogate set {surrogates.name}", board.task, surrogates.tasks)
    missing = [metric for metric in board.metrics if metric not in surrogates.metrics(board.task)]
    if missing:
        raise UsageError(
            f"surrogate set {surrogates.name} has no {', '.join(missing)} for {board.task}, which a run records; "
            f"it serves queries only"
        )
    derived = registry.suite(board.suite).DERIVED_SPACES
    if space not in derived:
        raise UnknownName("space", space, derived)
    if board.setting.name not in can.settings:
        supported = ", ".join(can.settings)
        raise UsageError(f"{entry.name} does not run in setting {board.setting.name}; it supports {supported}")
    if board.objective not in can.objectives:
        supported = ", ".join(can.objectives)
        raise UsageError(f"{entry.name} does not optimise {board.objective} objectives; it supports {supported}")
    if workers < 1 or (can.workers is not None and workers > can.workers):
        raise UsageError(f"{entry.name} runs with 1 to {can.workers or 'any number of'} workers, not {workers}")
    if from_scratch and can.proceeds:
        raise UsageError(
            f"{entry.name} lets its trials run on, so nothing is there that could start from scratch; leave out "
            f"--from-scratch"
        )
    if from_scratch and board.continues is None:
        raise UsageError(f"every fidelity of {board.id} is a training from scratch already; leave out --from-scratch")
    axes: tuple[str, ...] = ()
    if axis is not None and axis not in board.fidelities:
        raise UnknownName("fidelity", axis, board.fidelities)
    if axis is not None and board.setting.axes != "one":
        raise UsageError(f"a fidelity axis is declared in setting mf only; setting {board.setting.name} has none")
    if board.setting.axes == "one" and can.axis is not None:
        axes = (axis or board.axis,)
    elif board.setting.axes == "all":
        axes = tuple(board.fidelities)
    _check_levels(board, surrogates, axes)
    chosen = check_settings(entry.name, entry.load(), settings) if settings else {}
    spec = RunSpec(
        board.id, surrogates.name, surrogates.hash, entry.name, entry.path if entry.source is None else entry.name,
        dict(entry.preset), chosen, axes, from_scratch,
        can.continuation and not from_scratch and board.continues is not None, space, workers, entry.source,
        board.constants(surrogates),
    )  # fmt: skip
    if chosen:  # a value the method refuses is the caller's mistake, not a failed run
        try:
            _Simulation(spec, entry, surrogates, 0).make_method()
        except _MethodFailed as error:
            raise UsageError(str(error)) from error
    return spec


def _check_levels(board: Leaderboard, surrogates: SurrogateSet, axes: tuple[str, ...]) -> None:
    """UsageError if the set lacks fidelities that a run may ask for, as a table of full trainings does for ``mf``."""
    columns = {column["name"]: column for column in surrogates.columns}
    for axis, parameter in board.fidelities.items():
        has = columns.get(axis, {}).get("levels")
        if has is None or not isinstance(parameter, Categorical):
            continue
        wanted = parameter.choices if axis in axes else (board.full[axis],)
        if lacking := [level for level in wanted if level not in has]:
            usual = registry.default_surrogates(board.suite, board.task)
            other = f"--surrogates {usual}" if usual != surrogates.name else "another surrogate set"
            raise UsageError(
                f"surrogate set {surrogates.name} has {axis} {', '.join(map(str, has))} only, and setting "
                f"{board.setting.name} needs {', '.join(map(str, lacking))} too; use {other}, or a setting that stays "
                f"at the full {axis}"
            )


class _Evaluation(NamedTuple):
    row: int
    observation: Observation
    fidelity: dict[str, Any]
    bill: Bill


class _MethodFailed(Exception):
    """A method raised or broke the rules."""

    def __init__(self, reason: str, trace: str | None = None) -> None:
        super().__init__(reason)
        self.trace = trace


def run(spec: RunSpec, entry: MethodEntry, surrogates: SurrogateSet, seed: int) -> Run:
    """Runs one seed to the end of its budget. A method that raises or breaks the rules gives a run of status
    ``failed`` with the reason and traceback; only errors of the harness or the surrogate set are raised.
    """
    simulation = _Simulation(spec, entry, surrogates, seed)
    try:
        stopped = simulation.play()
    except _MethodFailed as error:
        simulation.cut_off()
        reason = " ".join(str(error).split())  # one line, whatever was raised; the traceback has the rest
        return Run(seed, "failed", "error", reason, error.trace, simulation.columns())
    return Run(seed, "complete", stopped, None, None, simulation.columns())


class _Simulation:
    def __init__(self, spec: RunSpec, entry: MethodEntry, surrogates: SurrogateSet, seed: int) -> None:
        board = registry.leaderboard_of(spec.leaderboard)
        full_cost = surrogates.constants(board.task)["mean_runtime"]
        continues = board.continues if spec.continuation else None
        self.board = board
        self.budget = board.budget * full_cost
        self.problem = Problem(
            derived_space(board, spec.surrogates, spec.space, seed), board.objectives, board.setting.name,
            board.fidelities, dict(board.full), spec.axes, self.budget, full_cost, spec.workers, continues is not None,
        )  # fmt: skip
        self.entry = entry
        # Neither the axis nor checkpointing is in the name: the same seed starts from the same configurations.
        self.settings = spec.settings
        settings = json.dumps({**spec.preset, **spec.settings}, sort_keys=True)
        self.method_seed = derive_seed("method", spec.leaderboard, spec.surrogates, spec.method, settings, seed)
        self.predict = surrogates.oracle(board.task, board.metrics, spec.draws(seed)).one
        self.failures = 0
        self.full = {axis: board.full[axis] for axis in board.fidelities}
        self.price = board.metrics.index(board.price)
        self.objectives = [(objective, board.metrics.index(objective.metric)) for objective in board.objectives]
        useless = [board.failure[metric] for metric in board.metrics] if board.failure else []
        self.useless = useless, self._losses(useless) if useless else ()
        self.clock: Clock[_Evaluation] = Clock(spec.workers)
        self.ledger = Ledger(board.floor * full_cost, continues)
        self.watch = Stopwatch()
        self.trials: dict[tuple[Any, ...], int] = {}
        self.rows: list[list[Any]] = []
        self.started = False
        self.method: Any = None

    def make_method(self) -> Any:
        """The method, told its problem, seed and settings."""
        settings = {**self.entry.preset, **self.settings}
        return self._call(lambda: self.entry.load()(self.problem, self.method_seed, **settings))

    def play(self) -> str:
        """Returns why the run stopped: ``budget`` or ``method`` (it had nothing more to ask)."""
        method = self.method = self.make_method()
        while True:
            while self.clock.free and self.clock.now < self.budget:
                answer = self._call(method.ask)
                if answer is None:
                    break
                self._start(answer)
            if not self.clock.pending:
                if not self.started:
                    raise _MethodFailed(f"{self.entry.name} stalled: it proposed nothing valid, with nothing pending")
                return "budget" if self.clock.now >= self.budget else "method"
            for slot, evaluation in self.clock.advance():
                if slot.end > self.budget:
                    return "budget"
                self.ledger.finish(evaluation.observation.trial, evaluation.fidelity, evaluation.bill.price)
                self._call(method.tell, evaluation.observation)
                further = self._further(method, evaluation) if self.entry.capabilities.proceeds else None
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
            raise _MethodFailed(f"{self.entry.name} lets a trial go on to an illegal fidelity: {error}") from error
        if not self.board.rises(evaluation.fidelity, fidelity):
            raise _MethodFailed(
                f"{self.entry.name} lets a trial go on from {evaluation.fidelity} to {fidelity}, which is not higher"
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
        cost = bill.charge if self.board.setting.tells_cost else None
        observation = Observation(trial, configuration, fidelity, self._losses(metrics), cost)
        slot = self.clock.start(_Evaluation(len(self.rows), observation, fidelity, bill), bill.charge, worker)
        self._record(values, observation, metrics, bill, slot)

    def _fail(
        self, trial: int, values: tuple[Any, ...], configuration: Configuration, fidelity: dict[str, Any]
    ) -> None:
        """An invalid configuration: told at once, at no cost."""
        self.failures += 1
        if self.failures > MAX_FAILURES:
            raise _MethodFailed(f"{self.entry.name} stalled: it made {MAX_FAILURES:,} invalid proposals in a row")
        metrics, losses = self.useless
        cost = 0.0 if self.board.setting.tells_cost else None
        observation = Observation(trial, configuration, fidelity, losses, cost, failed=True)
        self._record(values, observation, metrics, FREE, self.clock.instant())
        self._call(self.method.tell, observation)
        self.rows[-1][SECONDS] += self.watch.take()

    def _losses(self, metrics: Sequence[float]) -> tuple[float, ...]:
        return tuple([objective.loss(metrics[at]) for objective, at in self.objectives])

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

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            with self.watch:
                return function(*arguments)
        except (Exception, SystemExit) as error:
            reason = f"{self.entry.name} raised {type(error).__name__}: {error}"
            raise _MethodFailed(reason, traceback.format_exc()) from error

    def _legal(self, answer: Proposal | Mapping[str, Any]) -> tuple[Configuration, dict[str, Any]]:
        asked, wanted = (answer.configuration, answer.fidelity) if isinstance(answer, Proposal) else (answer, None)
        fidelity = self.full.copy()
        try:
            configuration = self.problem.space.check(asked)
            if wanted:
                fidelity = self.board.fidelities.check({**fidelity, **wanted})
        except (SpaceError, TypeError, ValueError) as error:
            raise _MethodFailed(f"{self.entry.name} proposed an illegal evaluation: {error}") from error
        if wanted:
            self._check_axes(fidelity)
        return configuration, fidelity

    def _check_axes(self, fidelity: Mapping[str, Any]) -> None:
        """Only declared axes may leave their full value."""
        for axis, value in fidelity.items():
            if axis not in self.problem.axes and value != self.board.full[axis]:
                allowed = ", ".join(self.problem.axes) or "no fidelity"
                raise _MethodFailed(
                    f"{self.entry.name} proposed {axis} = {value}, but may vary {allowed} in setting "
                    f"{self.board.setting.name} as declared"
                )
