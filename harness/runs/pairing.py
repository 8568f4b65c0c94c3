"""A pairing: a method on a leaderboard with a source, after it was checked that the method may run there.

``pair`` makes it once. It is then handed to the processes that run it, to verification and to reports.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness import registry
from harness.base.seeding import derive_seed
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.method import Problem
from harness.benchmark.methods import MethodEntry
from harness.benchmark.source import Source
from harness.benchmark.space import Categorical
from harness.benchmark.suite import Suite
from harness.errors import UnknownName, UsageError
from harness.runs.calls import MethodFailed, called
from harness.runs.spaces import derived_space
from harness.runs.spec import RunSpec


@dataclass(frozen=True)
class Choices:
    """A user's choices for a run; the defaults are the leaderboard's.

    ``settings``: settings of the method; ``axis``: the fidelity axis declared in setting ``mf``; ``from_scratch``:
    whether checkpoints are not used; ``space``: the name of a derived space; ``workers``: the number of simulated
    workers.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    axis: str | None = None
    from_scratch: bool = False
    space: str | None = None
    workers: int | None = None


@dataclass(frozen=True)
class Pairing:
    """A method on a leaderboard with a source; ``spec`` is the identity of its record."""

    board: Leaderboard
    method: MethodEntry
    source: Source
    spec: RunSpec

    @property
    def full_cost(self) -> float:
        """The mean simulated seconds of an evaluation at full fidelity."""
        return float(self.source.constants(self.board.task)["mean_runtime"])

    @property
    def continues(self) -> str | None:
        """The fidelity axis along which trials continue from checkpoints, None if they do not continue."""
        return self.board.continues if self.spec.continuation else None

    def problem(self, seed: int) -> Problem:
        """The problem that the method is given, besides its own seed, in the run of ``seed``."""
        board, spec, full_cost = self.board, self.spec, self.full_cost
        return Problem(
            derived_space(board, spec.surrogates, spec.space, seed), board.objectives, board.setting.name,
            board.fidelities, dict(board.full), spec.axes, board.budget * full_cost, full_cost, spec.workers,
            self.continues is not None,
        )  # fmt: skip

    def method_seed(self, seed: int) -> int:
        """The method's own seed in the run of ``seed``. It depends neither on the axis nor on checkpoints, so runs that
        differ in these alone start from the same configurations.
        """
        spec = self.spec
        settings = json.dumps({**spec.preset, **spec.settings}, sort_keys=True)
        return derive_seed("method", spec.leaderboard, spec.surrogates, spec.method, settings, seed)

    @property
    def method_settings(self) -> dict[str, Any]:
        """The settings that the method is given."""
        return {**self.method.preset, **self.spec.settings}

    def make_method(self, seed: int, problem: Problem) -> Any:
        """The method, made with its problem, seed and settings. An exception of the method passes through."""
        return self.method.make(problem, self.method_seed(seed), self.method_settings)


def pair(board: Leaderboard, source: Source, method: MethodEntry, choices: Choices | None = None) -> Pairing:
    """The pairing. UsageError says why the method cannot run on this leaderboard with these choices."""
    chosen = choices or Choices()
    method.require()
    space = registry.whole_space(board) if chosen.space is None else chosen.space
    workers = board.workers if chosen.workers is None else chosen.workers
    _check_source(board, source)
    if space not in registry.suite(board.suite).spaces:
        raise UnknownName("space", space, registry.suite(board.suite).spaces)
    wrong = next(_impossible(board, method, workers, chosen.from_scratch), None)
    if wrong is not None:
        raise UsageError(wrong)
    axes = _axes(board, method, chosen.axis)
    _check_levels(board, source, axes)
    can = method.capabilities
    settings = method.check_settings(chosen.settings) if chosen.settings else {}
    method.check_required(settings)
    spec = RunSpec(
        board.id, source.name, source.hash, method.name, method.recorded_path, dict(method.preset), settings, axes,
        chosen.from_scratch, can.continuation and not chosen.from_scratch and board.continues is not None, space,
        workers, method.source, board.constants(source),
    )  # fmt: skip
    found = Pairing(board, method, source, spec)
    if settings:  # a value the method refuses is the caller's mistake, not a failed run
        try:
            method.release(called(method.name, found.make_method, 0, found.problem(0)))
        except MethodFailed as error:
            raise UsageError(str(error)) from error
    return found


def runs_somewhere(method: MethodEntry, suite: Suite) -> bool:
    """Whether a method can run on some leaderboard of a suite, as far as it declares."""
    boards = (board for rules in suite.protocols.values() for board in rules.leaderboards.values())
    return any(next(_impossible(board, method, board.workers, False), None) is None for board in boards)


def serves(source: Source, suite: Suite) -> bool:
    """Whether a source has tasks of a suite: those of its name, with the columns that its leaderboards search."""
    if getattr(source, "suite", suite.name) != suite.name:
        return False
    columns = {column["name"] for column in source.columns}
    boards = [board for rules in suite.protocols.values() for board in rules.leaderboards.values()]
    if not boards:
        return any(task in suite.tasks for task in source.tasks)
    return any(board.task in source.tasks and columns >= {*board.space, *board.fidelities} for board in boards)


def _check_source(board: Leaderboard, source: Source) -> None:
    """UnknownName or UsageError if the source lacks the task or a metric that a run records."""
    source.check_names(board.task)
    missing = [metric for metric in board.metrics if metric not in source.metrics(board.task)]
    if missing:
        raise UsageError(
            f"source {source.name} has no {', '.join(missing)} for {board.task}, which a run records; "
            f"it serves queries only"
        )


def _impossible(board: Leaderboard, method: MethodEntry, workers: int, from_scratch: bool) -> Iterator[str]:
    """The reasons why a method cannot run on a leaderboard, as sentences for its user."""
    can = method.capabilities
    if board.setting.name not in can.settings:
        yield f"{method.name} does not run in setting {board.setting.name}; it supports {', '.join(can.settings)}"
    if board.objective not in can.objectives:
        supported = ", ".join(can.objectives)
        yield f"{method.name} does not optimise {board.objective} objectives; it supports {supported}"
    if workers < 1 or (can.workers is not None and workers > can.workers):
        yield f"{method.name} runs with 1 to {can.workers or 'any number of'} workers, not {workers}"
    if from_scratch and can.proceeds:
        yield (
            f"{method.name} lets running trials go on, so no training could start from scratch; leave out "
            f"--from-scratch"
        )
    if from_scratch and board.continues is None:
        yield f"every fidelity of {board.id} is a training from scratch already; leave out --from-scratch"


def _axes(board: Leaderboard, method: MethodEntry, axis: str | None) -> tuple[str, ...]:
    """The fidelity axes that the method may vary; ``axis``: the axis that the user declared."""
    if axis is not None and axis not in board.fidelities:
        raise UnknownName("fidelity", axis, board.fidelities)
    if axis is not None and board.setting.axes != "one":
        raise UsageError(f"a fidelity axis is declared in setting mf only; setting {board.setting.name} has none")
    if board.setting.axes == "one" and method.capabilities.axis is not None:
        return (axis or board.axis,)
    return tuple(board.fidelities) if board.setting.axes == "all" else ()


def _check_levels(board: Leaderboard, source: Source, axes: tuple[str, ...]) -> None:
    """UsageError if the source lacks a fidelity that a run may ask for. A table may lack low fidelities."""
    columns = {column["name"]: column for column in source.columns}
    for axis, parameter in board.fidelities.items():
        has = columns.get(axis, {}).get("levels")
        if has is None or not isinstance(parameter, Categorical):
            continue
        wanted = parameter.choices if axis in axes else (board.full[axis],)
        if lacking := [level for level in wanted if level not in has]:
            usual = registry.default_surrogates(board.suite, board.task)
            other = f"--surrogates {usual}" if usual != source.name else "another source"
            raise UsageError(
                f"source {source.name} has {axis} {', '.join(map(str, has))} only, and setting "
                f"{board.setting.name} needs {', '.join(map(str, lacking))} too; use {other}, or a setting that stays "
                f"at the full {axis}"
            )
