"""From DataFrames of scores over time to the arrays that every other module of this package takes.

A frame has one row per run and time, with the columns ``leaderboard`` (or ``task``), ``method``, ``seed``, ``time`` and
``value``, and optionally ``surrogates``, ``view`` and ``maximize`` (whether higher values are better), as
``Results.trajectory()`` gives them. Scores of different surrogate sets or views never get into one array.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from harness.base.whole import whole
from harness.errors import MixedScores, TooFewSeeds, UnknownName, UsageError
from harness.scores.grid import grid_of
from harness.scores.metrics import Floats, step_function

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("leaderboard", "method", "seed", "time", "value")
LABELS = {"surrogates": "source", "view": "view"}
"""Columns that tell apart scores which must not mix -> the word for their values."""
DIRECTION = "maximize"
"""The column that says whether higher values are better."""


@dataclass(frozen=True)
class Scores:
    """Scores over time of the methods of one leaderboard.

    ``values[method]`` has shape (seeds, grid); its rows are in the order of ``seeds[method]``, which ascend. ``grid``:
    times in the frame's unit (mean full evaluations); ``maximize``: whether higher values are better; ``surrogates``
    and ``view``: empty if the frame does not name them.
    """

    leaderboard: str
    surrogates: str
    view: str
    maximize: bool
    grid: Floats
    seeds: Mapping[str, tuple[int, ...]]
    values: Mapping[str, Floats]

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods in the order of the frame."""
        return tuple(self.values)

    def of(self, method: str) -> Floats:
        """The scores of one method: shape (seeds, grid). UnknownName for a method without scores."""
        if method not in self.values:
            raise UnknownName(f"method on {self.leaderboard}", method, self.values)
        return self.values[method]

    def shared_seeds(self, methods: Iterable[str] | None = None) -> tuple[int, ...]:
        """The seeds that all of ``methods`` (default: every method) have, ascending."""
        chosen = self.methods if methods is None else tuple(methods)
        for method in chosen:
            self.of(method)
        return tuple(sorted(set.intersection(*(set(self.seeds[method]) for method in chosen)))) if chosen else ()

    def paired(self, methods: Iterable[str] | None = None) -> Floats:
        """Scores of ``methods`` (default: every method) on their shared seeds: shape (methods, seeds, grid).

        TooFewSeeds if the methods share no seed.
        """
        chosen = self.methods if methods is None else tuple(methods)
        shared = self.shared_seeds(chosen)
        if not shared:
            raise TooFewSeeds(f"pairing methods by seed on {self.leaderboard}", have=0, need=1)
        rows = ([self.seeds[method].index(seed) for seed in shared] for method in chosen)
        return np.stack([self.values[method][index] for method, index in zip(chosen, rows, strict=True)])


def scores(frame: pd.DataFrame, *, maximize: bool | None = None, grid: ArrayLike | None = None) -> dict[str, Scores]:
    """Leaderboard -> its scores, in the order of the frame, which must be of one surrogate set and one view.

    ``maximize``: whether higher values are better (default: the frame's column ``maximize``); ``grid``: the times
    wanted (default: all times that a leaderboard's runs have). A run is a step function: its value holds until its next
    time, and the last one for ever.

    Raises MixedScores for several surrogate sets (see ``separated``) or views. Raises UsageError for a frame without
    rows, missing columns, no direction, seeds that are not whole numbers, values that are not finite, two values of a
    run at one time, or a run that begins after the grid does.
    """
    if frame.empty:
        raise UsageError(
            "there are no scores in this frame; fill a results folder with: harness run --task cifar10 --setting mf"
        )
    table = _checked(frame)
    for column, kind in LABELS.items():
        found = [str(name) for name in table[column].unique()]
        if len(found) > 1:
            raise MixedScores(kind, found)
    return {
        str(name): _scores(str(name), rows, maximize, grid)
        for name, rows in table.groupby("leaderboard", sort=False, observed=True)
    }


def separated(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Surrogate set -> its rows of the frame, sets by name: splits the frame of a folder with several sets."""
    if "surrogates" not in frame.columns:
        return {"": frame}
    return {str(name): rows for name, rows in frame.groupby("surrogates", observed=True)}


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the columns used, after checking them."""
    table = frame.rename(columns={"task": "leaderboard"}) if "leaderboard" not in frame.columns else frame
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise UsageError(f"scores over time need columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}")
    empty = {name: "" for name in LABELS if name not in table.columns}
    given = [DIRECTION] if DIRECTION in table.columns else []
    table = table.assign(**empty)[[*COLUMNS, *LABELS, *given]]
    if table.isna().any(axis=None) or not np.isfinite(table["value"].to_numpy(np.float64)).all():
        raise UsageError("scores over time must be complete and finite; leave out runs without a score")
    return table


def _scores(name: str, rows: pd.DataFrame, maximize: bool | None, grid: ArrayLike | None) -> Scores:
    times = grid_of(np.unique(rows["time"].to_numpy(np.float64)) if grid is None else grid)
    seeds: dict[str, tuple[int, ...]] = {}
    values: dict[str, Floats] = {}
    for method, of_method in rows.groupby("method", sort=False, observed=True):
        columns = [of_method[column].to_numpy() for column in ("seed", "time", "value")]
        runs: dict[int, Floats] = {}
        for seed in np.unique(columns[0]).tolist():
            at, run = (column[columns[0] == seed].astype(np.float64) for column in columns[1:])
            order = np.argsort(at)
            at, run = at[order], run[order]
            if ((np.diff(at) == 0.0) & (np.diff(run) != 0.0)).any():
                raise UsageError(
                    f"{method} has two values at one time for seed {seed} on {name}; give one folder's records"
                )
            runs[_seed(seed, str(method), name)] = step_function(at, run, np.nan, times)
        late = [seed for seed, run in runs.items() if np.isnan(run[0])]
        if late:
            raise UsageError(
                f"{method} on {name} has no score at time {times[0]:g} for seed {late[0]}; give it one, say the score "
                "of guessing, or a grid that begins later"
            )
        seeds[str(method)], values[str(method)] = tuple(runs), np.stack(list(runs.values()))
    first = rows.iloc[0]
    direction = _declared(name, rows) if maximize is None else maximize
    return Scores(name, str(first["surrogates"]), str(first["view"]), direction, times, seeds, values)


def _seed(given: object, method: str, name: str) -> int:
    seed = whole(given)
    if seed is None:
        raise UsageError(f"{method} has seed {given!r:.40} on {name}; seeds must be whole numbers, such as 0, 1 and 2")
    return seed


def _declared(name: str, rows: pd.DataFrame) -> bool:
    """The direction that the frame declares for a leaderboard."""
    found = rows[DIRECTION].unique().tolist() if DIRECTION in rows.columns else []
    if len(found) != 1:
        raise UsageError(
            f"the frame has no single value of column {DIRECTION} for {name!r}, so say which direction is better with "
            f"{DIRECTION}="
        )
    return bool(found[0])
