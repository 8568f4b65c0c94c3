"""Entries: what a table says of one record, computed from the record alone.

Everything is over all complete seeds of the record, as in the table of ``harness run``. A rank takes seeds 0..n-1
without a gap, n at least what the leaderboard asks for.
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
from harness.base.naming import DISTRIBUTION
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import RecordError
from harness.runs.records import Record
from harness.runs.results import Curves, curves
from harness.runs.spec import RunSpec
from harness.scores.metrics import Floats

CHECKPOINTS = (10, 25, 50, 100)
"""Per cent of the budget after which tables show the score; on most leaderboards the budget is 100 evaluations."""
RANKED, INCOMPLETE, FAILED, VARIANT = "ranked", "incomplete", "failed", "variant"
"""Ranked; fewer complete seeds than the leaderboard asks for; with a failed seed; not on the leaderboard's protocol."""


@dataclass(frozen=True)
class Value:
    """Mean and standard error over seeds; NaN where there is none."""

    mean: float
    error: float


@dataclass(frozen=True)
class Entry:
    """One record in a table.

    ``name``: what is shown; ``origin``: the folder it is from, which tells namesakes apart; ``link``: an address, or a
    path relative to the table; ``finals``: final score in the view ``full``, one per seed in the order of seeds;
    ``quartiles``: their lower quartile, median and upper one, empty where the score is not shown so; ``companions``:
    other final numbers of that view, such as ``test_error``; ``at``: mean score in that view at each of
    ``checkpoints``; ``seeds``: how many are complete; ``harness``: the version that ran it; ``state``: what a
    verification found, empty if none did; ``path``: the record.
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

    @property
    def key(self) -> str:
        """Unique among the entries of a leaderboard; ties in tables are broken by it."""
        return f"{self.name}\n{self.origin}\n{self.label}"


def entry(record: Record, *, name: str = "", origin: str = "", link: str = "", state: str = "") -> Entry:
    """The entry of a record; without a name that of its method. RecordError if its header lacks what a score needs."""
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
    columns = {n: record.table[n].to_numpy() for n in ("seed", "counted", "repaired")}
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
    """Exact sums, rounded once: the same bytes whatever order a machine adds in."""
    finals = values[:, -1].tolist()
    error = statistics.stdev(finals) / math.sqrt(len(finals)) if len(finals) > 1 else math.nan
    return Value(statistics.mean(finals) if finals else math.nan, error)


def checkpoints(board: Leaderboard) -> tuple[float, ...]:
    """Times at which tables show the score, in mean full evaluations; the last is the budget."""
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
