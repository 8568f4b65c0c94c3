"""Runs that are driven from outside: ``harness.objective`` gives a callable with the clock, the ledger and the rules of
a leaderboard to a program with a loop of its own, such as another framework.

The run is recorded like any other. Its record says that it was driven from outside: it can be replayed, which checks
every number in it, but not reproduced, since the harness does not have the program that drove it.
"""

from __future__ import annotations

import json
import os
import re
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from harness import registry
from harness.benchmark.method import Capabilities, Observation, Problem, Proposal
from harness.benchmark.methods import MethodEntry
from harness.benchmark.source import Source
from harness.errors import BudgetExhausted, RecordError, UsageError
from harness.runs.pairing import Choices, Pairing, pair
from harness.runs.records import (
    HEADER,
    Record,
    encode,
    environment,
    files_of,
    heads,
    merge,
    part_of,
    put_part,
    record_path,
    to_table,
)
from harness.runs.results import Results
from harness.runs.run import Run
from harness.runs.runner import run
from harness.runs.spec import DRIVEN, OUTSIDE
from harness.runs.turns import Turns

NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
Asked = Proposal | Mapping[str, Any]
"""An evaluation: a configuration at full fidelity, or a ``Proposal`` with its fidelity."""


@dataclass(frozen=True)
class _Outside(MethodEntry):
    """The program outside, as the run sees it: the method that it is given."""

    turns: Any = None

    def make(self, problem: Problem, seed: int, settings: Mapping[str, Any]) -> Any:  # noqa: ARG002
        return self.turns


class DrivenObjective:
    """The objective of one run whose loop is outside: call it to evaluate a configuration.

    ``problem``: what a method is given, with the space, the objectives and the budget; ``pairing``: leaderboard, source
    and specification of the run.

    At the end of a ``with`` block, or with ``finish``, the run is over and recorded. The block ends quietly when the
    budget does. If it ends with another exception, the run is recorded as failed, as a method's would be; after Ctrl-C
    nothing is recorded.
    """

    def __init__(self, pairing: Pairing, seed: int, results: Path | None) -> None:
        self.problem = pairing.problem(seed)
        self._turns = Turns(self.problem)
        entry = replace(cast(_Outside, pairing.method), turns=self._turns)
        self.pairing, self._seed, self._results = replace(pairing, method=entry), seed, results
        self._busy, self._process = threading.Lock(), os.getpid()
        self._record: Record | None = None
        pairing, turns = self.pairing, self._turns  # the thread must not keep this object alive
        thread = threading.Thread(target=turns.play, args=(lambda: run(pairing, seed),), daemon=True)
        thread.name = "harness-driven-run"
        thread.start()
        self._thread = thread
        self._abandon = weakref.finalize(self, turns.abandon)
        turns.begin()

    def __call__(self, configuration: Asked, fidelity: Mapping[str, Any] | None = None) -> Observation:
        """Evaluates a configuration. ``fidelity``: the values of the axes that are not at their full value.

        The observation has ``losses``, which are minimised, whatever the direction of the metric, and ``cost`` in
        simulated seconds, None if the setting tells no costs. An evaluation that raises the fidelity of an earlier one
        of the same configuration continues it, and is charged the difference.

        BudgetExhausted if the budget ends first; it is no ``Exception``. UsageError for an evaluation that the setting
        does not allow: the run has then failed, as a method's has.
        """
        if fidelity is not None:
            plain = configuration.configuration if isinstance(configuration, Proposal) else configuration
            configuration = Proposal(plain, fidelity)
        return self.batch([configuration])[0]

    def batch(self, configurations: Iterable[Asked]) -> list[Observation]:
        """Evaluates several, as many at once as there are workers, and returns the observations in the order given once
        all have ended. Errors as for one; what was evaluated before is recorded.
        """
        wanted = [asked if isinstance(asked, Proposal) else Proposal(asked) for asked in configurations]
        with self._alone():
            self._check_going()
            if not wanted:
                return []
            with _same_folder():
                answers = self._turns.evaluated(wanted)
            if len(answers) < len(wanted):
                self._check_going()
                raise BudgetExhausted("the budget ends before the end of this evaluation; the run is over")
            return answers

    @property
    def over(self) -> bool:
        """Whether the run has ended: its budget is spent, it failed, or it was finished."""
        return self._turns.over

    def finish(self) -> Results:
        """Ends the run, if the budget has not, and records it. Returns its results; again, the same."""
        return self._finished(None)

    def __enter__(self) -> DrivenObjective:
        """The objective itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        """Ends the run and records it, see the class."""
        spent = isinstance(error, BudgetExhausted) and self.over
        if error is None or spent or isinstance(error, Exception):
            self._finished(error if isinstance(error, Exception) else None)
        else:
            self._turns.abandon()
        return spent

    def _finished(self, failure: Exception | None) -> Results:
        with self._alone():
            with _same_folder():
                self._turns.end(failure)
            self._thread.join()
            self._abandon.detach()
            if self._turns.error is not None:
                raise self._turns.error
            if self._record is None:
                self._record = self._recorded(self._turns.outcome)
            return Results((self._record,))

    def __reduce__(self) -> Any:
        raise TypeError("an objective stays in its process, which has its clock; call it there")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if os.getpid() != self._process:
            raise UsageError("the objective was called in another process; its run and clock are in the first")
        if not self._busy.acquire(blocking=False):
            raise UsageError("the objective was called while it was being called; evaluate several with its batch()")
        try:
            yield
        finally:
            self._busy.release()

    def _check_going(self) -> None:
        """Raises why there can be no further evaluation, if there cannot."""
        if self._turns.error is not None:
            raise self._turns.error
        outcome = self._turns.outcome
        if outcome is None:
            return
        if outcome.status == "failed":
            raise UsageError(f"the run has failed: {outcome.reason}")
        raise BudgetExhausted(_ENDS.get(outcome.stopped, "the run was finished; make another objective"))

    def _recorded(self, outcome: Run | None) -> Record:
        if outcome is None:
            raise RecordError("the run has no outcome")
        pairing, env = self.pairing, environment(())
        path = record_path(self._results or Path(), pairing.spec)
        if self._results is not None:
            part = part_of(pairing.board, pairing.spec, [outcome], env)
            put_part(encode(part), path, [outcome.seed])
            merge(path)
        table = to_table(pairing.board, pairing.spec, outcome, env)
        (head,) = json.loads(table.schema.metadata[HEADER])["runs"]
        return Record(path, pairing.spec, {outcome.seed: head}, table)


_ENDS = {
    "budget": "the budget is spent; the run is over",
    "evaluations": "the run has as many evaluations as a run may have; it is over",
}


def objective(
    task: str,
    setting: str,
    *,
    seed: int = 0,
    name: str = "outside",
    objective: str = "single",
    surrogates: str | Source | None = None,
    results: str | os.PathLike[str] | None = None,
    rerun: bool = False,
    fidelity: str | None = None,
    from_scratch: bool = False,
    space: str | None = None,
    workers: int | None = None,
    suite: str = "",
    protocol: str = "",
) -> DrivenObjective:
    """A run that another program drives: a callable that evaluates configurations by the rules of a leaderboard.

    ``name``: the name of the method in records and tables; ``results``: the folder that the run is recorded in when it
    is finished, None to keep it in memory; ``rerun``: whether a seed that has a record there is run again. The other
    arguments are those of ``harness run``. The random numbers are the program's own; ``seed`` numbers the run, and
    draws among repeated trainings where a source has these.

    Raises UsageError for a name of a method of the harness, for a seed that is recorded already, and for choices that
    the leaderboard does not have.
    """
    if not NAME.fullmatch(name) or name in registry.methods():
        raise UsageError(f"name = {name!r} must be of letters, digits, dots, dashes and underscores, and no method's")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"seed = {seed!r} must be a whole number from 0 on")
    board = registry.leaderboard(task, objective, setting, of=suite, under=protocol, workers=workers)
    source = surrogates if isinstance(surrogates, Source) else registry.load_surrogates(
        surrogates or registry.default_surrogates(suite, task)
    )  # fmt: skip
    entry = _Outside(name, DRIVEN, Capabilities(axis="any"), DRIVEN, source=OUTSIDE)
    pairing = pair(board, source, entry, Choices({}, fidelity, from_scratch, space, workers))
    pairing = replace(pairing, spec=replace(pairing.spec, method_path=DRIVEN))
    folder = None if results is None else Path(results)
    if folder is not None and not rerun:
        _check_new(record_path(folder, pairing.spec), seed)
    return DrivenObjective(pairing, seed, folder)


def _check_new(path: Path, seed: int) -> None:
    for file in files_of(path):
        if seed in heads(file)[1]:
            raise UsageError(f"seed {seed} has a record in {path}; choose another seed, or rerun=True to replace it")


@contextmanager
def _same_folder() -> Iterator[None]:
    """The end of a run restores the working folder of its beginning; a program outside may have changed it since."""
    before = None
    with suppress(OSError):
        before = os.getcwd()
    yield
    with suppress(OSError):
        if before is not None and os.getcwd() != before:
            os.chdir(before)
