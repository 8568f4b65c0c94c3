"""From DataFrames of evaluations to the two objectives of every run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import MixedScores, UsageError
from harness.scores.metrics import Floats
from harness.statistics.frames import Scores

if TYPE_CHECKING:
    import pandas as pd


def outcomes(
    evaluations: pd.DataFrame,
    objectives: tuple[str, str],
    *,
    board: Scores | None = None,
    at: Mapping[str, Any] | None = None,
) -> dict[str, list[Floats]]:
    """Method -> per seed the values of two objectives, shape (evaluations, 2), as ``attainment_surfaces`` takes them.

    ``evaluations``: rows with ``leaderboard``, ``method``, ``seed`` and the columns ``objectives``, as
    ``Results.evaluations()`` gives them. A row is left out if its ``counted`` is false, if its values are not finite,
    or if another column differs from its value in ``at`` (such as a leaderboard's ``full``). ``board`` chooses the
    leaderboard, its surrogate set and the complete seeds; without it, all seeds of the frame's one leaderboard are
    taken. A seed without evaluations has an empty array. Raises UsageError for missing columns or several leaderboards,
    MixedScores for several surrogate sets.
    """
    missing = [n for n in ("leaderboard", "method", "seed", *objectives, *(at or {})) if n not in evaluations.columns]
    if missing:
        raise UsageError(f"the evaluations have no columns {', '.join(missing)}")
    rows = evaluations
    if board is not None:
        rows = rows[rows["leaderboard"] == board.leaderboard]
        rows = rows[rows["surrogates"] == board.surrogates] if "surrogates" in rows.columns else rows
    if rows["leaderboard"].nunique() > 1:
        raise UsageError("the evaluations are of more than one leaderboard; choose one with board=")
    if "surrogates" in rows.columns and rows["surrogates"].nunique() > 1:
        raise MixedScores("source", map(str, rows["surrogates"].unique()))
    values = rows[list(objectives)].to_numpy(np.float64)
    used = np.isfinite(values).all(axis=1)
    for name, value in {**({"counted": True} if "counted" in rows.columns else {}), **(at or {})}.items():
        used &= (rows[name] == value).to_numpy(bool)
    methods, seeds = rows["method"].to_numpy(), rows["seed"].to_numpy()
    wanted: Mapping[str, Iterable[int]] = (
        {str(m): np.unique(seeds[methods == m]).tolist() for m in rows["method"].unique()}
        if board is None
        else board.seeds
    )
    return {m: [values[used & (methods == m) & (seeds == s)] for s in of_method] for m, of_method in wanted.items()}
