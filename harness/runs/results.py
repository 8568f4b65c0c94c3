"""Results: records as DataFrames, and their scores over simulated time.

Trajectories are step functions on a grid of simulated time in mean full evaluations, 0..100 ("approx. full
evaluations"). The view ``full`` counts evaluations at full fidelity only, ``observed`` counts all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import RecordError, UnknownName, UsageError
from harness.registry import load_surrogates
from harness.runs import records
from harness.runs.records import Record
from harness.scores.metrics import Floats, busy_time, mean_and_error, step_function
from harness.sources.shelf import available_sets

if TYPE_CHECKING:
    import pandas as pd


VIEWS = ("full", "observed")
SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
GRID_STEPS = 1000
"""Intervals of the default grid: a tenth of a full evaluation each on the 24 leaderboards."""


@dataclass(frozen=True)
class Curves:
    """Scores of one entry (leaderboard, surrogate set, method) in one view. ``values`` has shape (seeds, grid)."""

    record: Record
    board: Leaderboard
    view: str
    seeds: tuple[int, ...]
    grid: Floats
    values: Floats
    companions: dict[str, Floats]
    start: float
    """The score before the first counted evaluation."""

    @property
    def final(self) -> tuple[float, float]:
        """Mean and standard error over seeds at the end of the budget."""
        mean, error = mean_and_error(self.values[:, -1])
        return float(mean), float(error)


@dataclass(frozen=True)
class Results:
    """Records of any number of entries; ``errors`` are the files that could not be read."""

    records: tuple[Record, ...]
    errors: tuple[RecordError, ...] = field(default=())

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def evaluations(self) -> pd.DataFrame:
        """Every evaluation of every run: one row each, with leaderboard, surrogates, method, seed and the ledger.

        Prices and times are simulated seconds, ``method_seconds`` real ones. ``counted`` is False for an evaluation
        that the budget cut off before its end; its outcome was never told and is in no score.
        """
        import pandas as pd

        frames, sets = [], set_labels(self.records)
        for record in self.records:
            frame = record.table.replace_schema_metadata(None).to_pandas()
            frame.insert(0, "method", record.spec.label)
            frame.insert(0, "surrogates", sets[record.spec.surrogates, record.spec.surrogates_hash])
            frame.insert(0, "leaderboard", record.spec.leaderboard)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def trajectory(self, view: str = "full", grid: Iterable[float] | None = None) -> pd.DataFrame:
        """Scores over time, one row per entry, complete seed and grid time: ``time`` (mean full evaluations), ``value``
        (validation error in %, minimised, or hypervolume in [0, 1], maximised), ``maximize`` (whether higher values are
        better) and companions (``test_error``).
        """
        import pandas as pd

        frames, sets = [], set_labels(self.records)
        for record in self.records:
            c = curves(record, view, grid)
            n = len(c.grid)
            frame = {
                "leaderboard": record.spec.leaderboard,
                "surrogates": sets[record.spec.surrogates, record.spec.surrogates_hash],
                "method": record.spec.label, "view": view, "seed": np.repeat(c.seeds, n),
                "time": np.tile(c.grid, len(c.seeds)), "value": c.values.ravel(),
                "maximize": c.board.score.maximize,
                **{name: values.ravel() for name, values in c.companions.items()},
            }  # fmt: skip
            frames.append(pd.DataFrame(frame))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def summary(self) -> list[dict[str, Any]]:
        """One dict per entry: final mean and standard error in both views, evaluations, repairs, failed seeds."""
        return [summarise(record) for record in self.records]


def set_labels(found: Iterable[Record]) -> dict[tuple[str, str], str]:
    """(surrogate set, hash) -> its name, with the hash's first digits where records have several contents of that name.

    So what groups by the label never averages numbers of two contents.
    """
    keys = dict.fromkeys((record.spec.surrogates, record.spec.surrogates_hash) for record in found)
    often = Counter(name for name, _ in keys)
    return {(name, digest): f"{name}-{digest[:8]}" if often[name] > 1 else name for name, digest in keys}


def load_results(folder: Path, surrogates: str | None = None) -> Results:
    """Every record below a folder (of one surrogate set, if named). Unreadable files are listed, the rest is served."""
    folder = Path(folder)
    if not folder.is_dir():
        raise UsageError(f"there is no results folder {folder}; fill one with: harness run --results {folder}")
    found: list[Record] = []
    errors: list[RecordError] = []
    for path in record_paths(folder):
        try:
            record = read_record(path)
        except RecordError as error:
            errors.append(error)
            continue
        if record is not None and surrogates in (None, record.spec.surrogates):
            found.append(record)
    return Results(tuple(found), tuple(errors))


def read_record(path: Path, *, scores_only: bool = False) -> Record | None:
    """The record at ``path`` with its parts, None if there is neither. RecordError if it cannot be read, or was made
    with another content of a surrogate set that is here. ``scores_only``: with ``scored_columns`` alone.
    """
    columns = None
    if scores_only and (files := records.files_of(path)):
        columns = scored_columns(registry.leaderboard_of(records.heads(files[0])[0].leaderboard))
    record = records.gather(path, columns)
    if record is not None:
        _check_set(record)
    return record


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def record_paths(folder: Path) -> list[Path]:
    """Records below a folder, those of an interrupted run (parts only) included."""
    paths = set()
    for path in (*folder.rglob("*.parquet"), *folder.rglob(f"*.parts/*{records.PART}")):
        parent = path.parent
        if parent.name.endswith(".parts"):
            path = parent.with_name(parent.name.removesuffix(".parts") + ".parquet")
        if not path.name.startswith("."):
            paths.add(path)
    return sorted(paths)


def curves(record: Record, view: str = "full", grid: Iterable[float] | None = None) -> Curves:
    """The score of every complete seed of a record over simulated time."""
    if view not in VIEWS:
        raise UnknownName("view", view, VIEWS)
    board = registry.leaderboard_of(record.spec.leaderboard)
    times = np.linspace(0.0, board.budget, GRID_STEPS + 1) if grid is None else np.asarray(list(grid), np.float64)
    constants = record.spec.constants
    seeds = tuple(s for s, head in sorted(record.runs.items()) if head["status"] == "complete")
    columns = _columns(record.table, board)
    counted = columns["counted"].astype(bool)
    if view == "full":
        for name, value in board.full.items():
            counted &= columns[name] == value
    start = board.score.start(board, constants)
    out = {name: np.empty((len(seeds), len(times))) for name in start}
    rows = np.flatnonzero(counted)
    rows = rows[np.argsort(columns["seed"][rows], kind="stable")]
    first, last = (np.searchsorted(columns["seed"][rows], seeds, side) for side in SIDES)
    for row in range(len(seeds)):
        index = rows[first[row] : last[row]]
        index = index[np.argsort(columns["end"][index], kind="stable")]
        running = board.score.function({name: values[index] for name, values in columns.items()}, board, constants)
        for name in start:
            out[name][row] = step_function(
                columns["end"][index], running[name], start[name], times * constants["mean_runtime"]
            )
    return Curves(record, board, view, seeds, times, out.pop("value"), out, start["value"])


def scored_columns(board: Leaderboard) -> tuple[str, ...]:
    """The columns of a record that its scores and ``summarise`` are made from: half of them, where memory counts."""
    return ("seed", *board.fidelities, *board.metrics, "repaired", "start", "end", "counted", records.MEASURED)


def _columns(table: pa.Table, board: Leaderboard) -> dict[str, NDArray[Any]]:
    return {name: table[name].to_numpy() for name in scored_columns(board)}


def _check_set(record: Record) -> None:
    """RecordError if a set of the record's name is here with another content: its numbers are of another time."""
    spec = record.spec
    sets = available_sets()
    here = load_surrogates(sets[spec.surrogates]).hash if spec.surrogates in sets else spec.surrogates_hash
    if here != spec.surrogates_hash:
        raise RecordError(
            f"{record.path} was made with surrogate set {spec.surrogates} of hash {spec.surrogates_hash[:12]}, "
            f"but the set here has {here[:12]}; run it again"
        )


def workers_of(record: Record) -> dict[str, float]:
    """How busy the simulated workers were, means over complete seeds: ``utilisation``, the share of their time until
    the budget that was spent on evaluations, and ``idle``, the rest in worker-seconds.
    """
    share = busy_share(record)
    board = registry.leaderboard_of(record.spec.leaderboard)
    total = record.spec.workers * board.budget * record.spec.constants["mean_runtime"]
    return {"utilisation": share, "idle": (1.0 - share) * total}


def busy_share(record: Record) -> float:
    """The share of the workers' simulated time until the budget that was spent on evaluations, NaN without a seed."""
    board = registry.leaderboard_of(record.spec.leaderboard)
    budget = board.budget * record.spec.constants["mean_runtime"]
    columns = {name: record.table[name].to_numpy() for name in ("seed", "start", "end")}
    busy = []
    for seed, head in sorted(record.runs.items()):
        if head["status"] == "complete":
            own = columns["seed"] == seed
            busy.append(busy_time(columns["start"][own], columns["end"][own], budget))
    return _mean(np.array(busy)) / (record.spec.workers * budget)


def summarise(record: Record) -> dict[str, Any]:
    """The contract of ``harness run --json``, plus ``failed`` (a count of seeds), ``method_seconds`` (real seconds
    inside the method per evaluation), ``test_error`` where there is one, of several workers what ``workers_of`` says,
    ``median``, ``lower`` and ``upper`` (quartiles over seeds) where the score is shown so, and ``invalid`` (a count of
    proposals) where some can be.
    """
    at_end = [registry.leaderboard_of(record.spec.leaderboard).budget]
    full, observed = (curves(record, view, at_end) for view in VIEWS)
    mean, se = full.final
    observed_mean, observed_se = observed.final
    complete = [record.runs[s] for s in full.seeds]
    result = {
        "leaderboard": record.spec.leaderboard, "method": record.spec.label, "surrogates": record.spec.surrogates,
        "seeds": len(full.seeds), "mean": mean, "se": se, "observed_mean": observed_mean, "observed_se": observed_se,
        "evaluations": sum(r["evaluations"] for r in complete), "repairs": sum(r["repairs"] for r in complete),
        "failed": sum(r["status"] != "complete" for r in record.runs.values()),
        "method_seconds": _mean(record.table["method_seconds"].to_numpy()),
    }  # fmt: skip
    if record.spec.workers > 1:
        result |= workers_of(record)
    if full.board.score.quartiles and len(full.seeds):
        lower, median, upper = np.quantile(full.values[:, -1], (0.25, 0.5, 0.75)).tolist()
        result |= {"median": median, "lower": lower, "upper": upper}
    if full.board.failure:
        at_once = record.table["start"].to_numpy() == record.table["end"].to_numpy()  # nothing else takes no time
        result["invalid"] = int((at_once & np.isin(record.table["seed"].to_numpy(), full.seeds)).sum())
    for name, values in full.companions.items():
        result[name] = float(values[:, -1].mean()) if len(values) else float("nan")
    return result
