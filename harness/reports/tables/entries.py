"""Entries: the numbers that a table shows of one record, computed from the record alone.

Numbers are over all complete seeds of the record, as in the table of ``harness run``. An entry is ranked if its seeds
are 0 to n-1 without a gap, and n is at least the leaderboard's number of seeds.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness import registry
from harness.base.arrow import values_of
from harness.base.naming import DISTRIBUTION
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import RecordError
from harness.runs.curves import Curves, curves
from harness.runs.records import Record
from harness.runs.spec import RunSpec
from harness.scores.metrics import Floats

CHECKPOINTS = (10, 25, 50, 100)
"""The times at which tables show the score, in per cent of the budget (on most leaderboards 100 evaluations)."""
RANKED, INCOMPLETE, FAILED, VARIANT = "ranked", "incomplete", "failed", "variant"
"""Status: ranked; fewer complete seeds than the leaderboard needs; with a failed seed; not on its protocol."""


@dataclass(frozen=True)
class Value:
    """Mean and standard error over seeds. Either is NaN if there are too few seeds for it."""

    mean: float
    error: float


@dataclass(frozen=True)
class Entry:
    """One record in a table.

    ``name``: the name shown; ``label``: the method's label; ``origin``: its folder, which tells entries of the same
    name apart; ``link``: an address, or a path relative to the table; ``finals``: final score in the view ``full``, one
    per seed in the order of seeds; ``quartiles``: their lower quartile, median and upper quartile, empty if the
    leaderboard does not show them; ``companions``: other final numbers of that view, such as ``test_error``; ``at``:
    mean score in that view at each of ``checkpoints``; ``seeds``: how many are complete; ``failed``: how many failed;
    ``harness``: the version that ran it; ``state``: the result of a verification, empty without one; ``path``: the
    record; ``flags``: what a submission declares and readers must know, such as ``deterministic``.
    """

    board: Leaderboard
    name: str
    label: str
    origin: str
    link: str
    surrogates_hash: str
    status: str
    finals: tuple[float, ...]
    full: Value
    quartiles: tuple[float, ...]
    observed: Value
    companions: Mapping[str, Value]
    at: Mapping[float, float]
    seeds: int
    failed: int
    evaluations: int
    repairs: int
    harness: str
    state: str
    path: Path = Path()
    flags: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A text that is unique among the entries of a leaderboard. It breaks ties in tables."""
        return f"{self.name}\n{self.origin}\n{self.label}"


def entry(record: Record, *, name: str = "", origin: str = "", link: str = "", state: str = "") -> Entry:
    """The entry of a record, named after its method if ``name`` is empty. RecordError if it cannot be scored."""
    try:
        return _entry(record, name, origin, link, state)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise RecordError(f"{record.path} cannot be scored ({reason}); check it with: harness verify") from error


def _entry(record: Record, name: str, origin: str, link: str, state: str) -> Entry:
    spec, board = record.spec, registry.leaderboard_of(record.spec.leaderboard)
    grid = checkpoints(board)
    full, observed = curves(record, "full", grid), curves(record, "observed", grid)
    failed = sum(head["status"] != "complete" for head in record.runs.values())
    columns = {n: values_of(record.table[n]) for n in ("seed", "counted", "repaired")}
    counted = columns["counted"] & np.isin(columns["seed"], np.array(full.seeds, np.int64))
    if not (np.isfinite(full.values).all() and np.isfinite(observed.values).all()):
        raise ValueError("its scores are not finite")
    return Entry(
        board=board,
        name=name or spec.label,
        label=spec.label,
        origin=origin,
        link=link,
        surrogates_hash=str(spec.surrogates_hash),
        status=_status(spec, board, failed, full.seeds),
        finals=tuple(full.values[:, -1].tolist()),
        full=_final(full.values),
        quartiles=_quartiles(full.values[:, -1]) if board.score.quartiles else (),
        observed=_final(observed.values),
        companions={name: _final(values) for name, values in full.companions.items()},
        at=_at(full),
        seeds=len(full.seeds),
        failed=failed,
        evaluations=int(counted.sum()),
        repairs=int((counted & columns["repaired"]).sum()),
        harness=_versions(record.runs.values()),
        state=state,
        path=record.path,
    )


def _status(spec: RunSpec, board: Leaderboard, failed: int, seeds: Sequence[int]) -> str:
    if spec.space != registry.whole_space(board) or spec.workers != board.workers:
        return VARIANT
    if failed:
        return FAILED
    return RANKED if len(seeds) >= board.seeds and list(seeds) == list(range(len(seeds))) else INCOMPLETE


def _final(values: Floats) -> Value:
    """Mean and error of the final scores. Sums are exact and rounded once, so their order does not matter."""
    finals = values[:, -1].tolist()
    error = statistics.stdev(finals) / math.sqrt(len(finals)) if len(finals) > 1 else math.nan
    return Value(statistics.mean(finals) if finals else math.nan, error)


def checkpoints(board: Leaderboard) -> tuple[float, ...]:
    """The times at which tables show the score, in mean full evaluations; the last is the budget."""
    return tuple(share * board.budget / 100 for share in CHECKPOINTS)


def _quartiles(finals: Floats) -> tuple[float, ...]:
    return tuple(np.quantile(finals, (0.25, 0.5, 0.75)).tolist()) if len(finals) else ()


def _at(full: Curves) -> dict[float, float]:
    values = full.values
    means = [statistics.mean(column) for column in values.T.tolist()] if len(values) else [math.nan] * len(full.grid)
    return dict(zip(full.grid.tolist(), means, strict=True))


def _versions(heads: Iterable[Mapping[str, Any]]) -> str:
    found = sorted({str(head.get("versions", {}).get(DISTRIBUTION, "unknown")) for head in heads})
    return found[0] if len(found) == 1 else f"mixed: {', '.join(found)}"
