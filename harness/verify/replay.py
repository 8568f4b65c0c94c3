"""Replays one record: every configuration asked again, every sum done again, every claim compared.

``replay`` returns findings. What it shares with the runner is the surrogate evaluator, with the draws of trials, and
the leaderboard's data; the rules are written a second time, here and in ``accounting``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.source import Source
from harness.benchmark.space import Categorical, Float, Integer, Parameter, Space
from harness.runs.spaces import derived_space
from harness.runs.spec import RunSpec
from harness.verify import accounting
from harness.verify.claims import Claim
from harness.verify.findings import Finding
from harness.verify.identity import method_problems, version_problems

SHOWN = 5
"""Rows named for one kind of finding in one run; the rest are counted."""
CHUNK = 100_000
"""Rows predicted at a time, which bounds memory."""
MAX_WORKERS = 1024
AXES = {"none": (0,), "one": (0, 1), "all": ()}
"""How many fidelity axes a spec may declare, by the setting's kind; with "all" it declares every one."""

Columns = Mapping[str, NDArray[Any]]


class Replay:
    """One claimed record against a surrogate set. ``name`` is how findings call the record; ``seen`` is given every run
    after its findings.
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
        """Everything that is not as claimed."""
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
            return  # with another set, board or schedule no row can be judged, nor without an order
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
        """Every metric of every row, in the order of the ledger, which is that of the draws."""
        oracle = self.surrogates.oracle(self.board.task, self.board.metrics, self.spec.draws(seed))
        inputs = {**columns, **{k: np.full(len(columns["seed"]), v) for k, v in self.board.space.constants.items()}}
        parts = [slice(first, first + CHUNK) for first in range(0, max(1, len(columns["seed"])), CHUNK)]
        return np.concatenate([oracle.many({name: values[part] for name, values in inputs.items()}) for part in parts])

    def _ledger(self, seed: int, columns: Columns, failed: NDArray[np.bool_]) -> Iterator[Finding]:
        board, terms = self.board, self.terms
        price, start, end, charge = (columns[name] for name in ("price", "start", "end", "charge"))
        truth: NDArray[Any] = np.asarray(accounting.first_seen(_keys(columns, board.space)), dtype=np.int64)
        yield from self._differ(seed, "trial", "the configuration has number", truth, columns)
        yield from self._differ(seed, "price", f"the {board.price} is", columns[board.price], columns)
        if terms.continues is None:
            credit = np.zeros(len(price))
        else:
            still = [name for name in board.fidelities if name != terms.continues]
            groups = list(zip(truth.tolist(), *(columns[name].tolist() for name in still), strict=True))
            depth = columns[terms.continues].tolist()
            found = accounting.checkpoint_credits(groups, depth, price.tolist(), start.tolist(), end.tolist())
            credit = np.asarray(found, dtype=np.float64)
        credit = np.where(failed, 0.0, credit)
        yield from self._differ(seed, "credit", "what was trained before is worth", credit, columns)
        due = np.where(failed, 0.0, price - credit)
        low = ~failed & (due < terms.floor)
        yield from self._differ(seed, "charge", "due is", np.where(low, terms.floor, due), columns)
        yield from self._differ(seed, "repaired", "raised to the floor is", low, columns)
        counted = ~failed & (end <= terms.budget)
        yield from self._differ(seed, "counted", f"ending within {terms.budget!r} s is", counted, columns)
        lists = (start.tolist(), end.tolist(), charge.tolist(), columns["worker"].tolist(), truth.tolist())
        problems = list(accounting.schedule_problems(*lists, terms, failed.tolist()))
        for row, message in problems[:SHOWN]:
            yield Finding(self.name, message, seed, row)
        if len(problems) > SHOWN:
            yield Finding(self.name, f"{len(problems) - SHOWN} more rows are out of the schedule", seed)
        stopped = self.claim.runs[seed]["stopped"]
        ending = accounting.ending_problem(end.tolist(), stopped, terms.budget)
        if ending is not None:
            yield Finding(self.name, ending, seed)

    def _header(self, seed: int, columns: Columns, failed: NDArray[np.bool_]) -> Iterator[Finding]:
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
        wrong = np.flatnonzero(columns[column] != truth)
        for row in wrong[:SHOWN].tolist():
            message = f"{column} is recorded as {columns[column][row].item()!r}, but {what} {truth[row].item()!r}"
            yield Finding(self.name, message, seed, row)
        if len(wrong) > SHOWN:
            yield Finding(self.name, f"{column} differs in {len(wrong) - SHOWN} more rows", seed)

    def _rows(self, seed: int, message: str, wrong: NDArray[np.intp], columns: Columns) -> Iterator[Finding]:
        name = message.partition(" ")[0]
        for row in wrong[:SHOWN].tolist():
            value = columns[name][row]
            shown = value.item() if isinstance(value, np.generic) else value
            yield Finding(self.name, f"{name} = {shown!r:.80} {message.partition(' ')[2]}", seed, row)
        if len(wrong) > SHOWN:
            yield Finding(self.name, f"{name} is wrong in {len(wrong) - SHOWN} more rows", seed)


def spec_problems(spec: RunSpec, board: Leaderboard, surrogates: Source) -> Iterator[str]:
    """What a record says about itself and cannot be."""
    if spec.surrogates_hash != surrogates.hash:
        yield (
            f"it was made with surrogate set {spec.surrogates} of hash {spec.surrogates_hash[:12]!r}, "
            f"but that set has hash {surrogates.hash[:12]!r} here"
        )
    elif spec.constants != board.constants(surrogates):
        yield f"its constants are {spec.constants!r:.200}, those of the set {board.constants(surrogates)!r}"
    allowed = AXES[board.setting.axes]
    known = [axis for axis in spec.axes if axis in board.fidelities]
    if len(known) < len(spec.axes) or len(set(known)) < len(known):
        yield f"its axes {spec.axes!r:.80} are no fidelities"
    elif (allowed and len(known) not in allowed) or (not allowed and tuple(known) != tuple(board.fidelities)):
        yield f"it declares {len(known)} fidelity axes ({', '.join(known)}), which setting {board.setting.name} forbids"
    if spec.continuation and spec.from_scratch:
        yield "it says both that trainings continue and that they start from scratch"
    if not 1 <= spec.workers <= MAX_WORKERS:
        yield f"it has {spec.workers} workers; 1 to {MAX_WORKERS} can be verified"
    if spec.space not in registry.suite(board.suite).spaces:
        yield f"its space {spec.space!r:.40} does not exist"
    yield from method_problems(spec)


def seed_problems(claim: Claim) -> Iterator[str]:
    """Seeds are 0..n-1 with n at least what the leaderboard asks for."""
    seeds, needed = sorted(claim.runs), claim.board.seeds
    if seeds != list(range(len(seeds))):
        listed = ", ".join(map(str, seeds[:20])) + (" ..." if len(seeds) > 20 else "")
        yield f"its seeds are {listed}; an entry has seeds 0, 1, ... n-1 without a gap"
    elif len(seeds) < needed:
        yield f"it has {len(seeds)} seeds; an entry has at least {needed}"


def order_problems(claim: Claim) -> Iterator[str]:
    """Every seed has its rows in one block, in the order of the seeds, and there are no others."""
    if not claim.ordered:
        yield "its rows are not in the order of the seeds"
    stray = sorted(claim.counts.keys() - claim.runs.keys())
    if stray:
        yield f"it has rows of seed {stray[0]}, which has no header"


def value_problems(columns: Columns, board: Leaderboard, space: Space) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """Values that are no numbers, or outside the space; each message starts with the column's name."""
    for name, values in columns.items():
        if values.dtype.kind == "f":
            wrong = np.flatnonzero(~np.isfinite(values))
            if len(wrong):
                yield f"{name} is not a finite number", wrong
    for name, parameter in (*board.space.items(), *board.fidelities.items()):
        wrong = np.flatnonzero(~_inside(parameter, columns[name]))
        if len(wrong):
            yield f"{name} is outside its range {parameter.domain}", wrong
    for name, fixed in space.constants.items():
        if name in board.space:
            wrong = np.flatnonzero(columns[name] != fixed)
            if len(wrong):
                yield f"{name} must be {fixed!r} in this seed's derived space", wrong
    wrong = np.flatnonzero(~(columns["method_seconds"] >= 0))
    if len(wrong):
        yield "method_seconds is no span of time", wrong


def fidelity_problems(columns: Columns, board: Leaderboard, spec: RunSpec) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """Evaluations below full fidelity on an axis that the setting or the declaration does not open."""
    for name, full in board.full.items():
        if name not in spec.axes:
            wrong = np.flatnonzero(columns[name] != full)
            if len(wrong):
                opened = ", ".join(spec.axes) or "no axis"
                yield f"{name} must be {full!r}: setting {board.setting.name} as declared opens {opened}", wrong


def _inside(parameter: Parameter, values: NDArray[Any]) -> NDArray[np.bool_]:
    if isinstance(parameter, Float | Integer):
        return np.asarray((values >= parameter.low) & (values <= parameter.high))
    if isinstance(parameter, Categorical):
        inside = np.zeros(len(values), dtype=bool)
        for choice in parameter.choices:
            inside |= values == choice
        return inside
    raise TypeError(f"a parameter of kind {type(parameter).__name__} cannot be verified")


def _keys(columns: Columns, space: Space) -> list[tuple[Any, ...]]:
    return list(zip(*(columns[name].tolist() for name in space), strict=True))
