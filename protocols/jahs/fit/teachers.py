"""Teachers: large ensembles that learn a task's metrics from its logged rows and then teach the small models.

A teacher knows only full N, W, Resolution and weight decay up to ``LOGGED_DECAY``. For a higher weight decay it is
asked at this limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.jahs.fit.boosting import Boosting, Ensemble, train_ensemble
from protocols.jahs.fit.features import teacher_features
from protocols.jahs.fit.links import score
from protocols.jahs.fit.rows import LOGGED_DECAY, density_ratio, held_out, on_linear_scale, uniform_rows

HELD_OUT = 0.1
"""Share of configurations held out from the first fit, which is measured. The second fit, which ships, uses them
all.
"""


@dataclass(frozen=True)
class LoggedRows:
    """The logged rows of a task, with their teacher features, their density ratios, and whether each is held out."""

    frame: pd.DataFrame
    features: NDArray[np.float32]
    ratio: NDArray[np.float64]
    held: NDArray[np.bool_]

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights of the rows in a fit: halfway between the logged and the uniform density."""
        return np.asarray(np.sqrt(self.ratio))


def logged_rows(frame: pd.DataFrame, held: float = HELD_OUT, *, linear: bool = False) -> LoggedRows:
    """Prepares the rows of one task; the share ``held`` of its configurations is held out.

    The density ratio compares with uniform rows of the space, or with ``linear``: with rows ``on_linear_scale``.
    """
    features = teacher_features(frame)
    random = uniform_rows(len(frame), np.random.default_rng(3), decay=LOGGED_DECAY)
    random = on_linear_scale(random) if linear else random
    ratio = density_ratio(frame, features, teacher_features(random))
    return LoggedRows(frame, features, ratio, held_out(frame, held))


def teach(
    rows: LoggedRows, metric: str, seen: list[list[int]], settings: Boosting, offset: NDArray[np.float64]
) -> Ensemble:
    """An ensemble for the score of ``metric`` minus the ``offset``, fitted on the rows that are not held out.

    It has one member for each choice of columns in ``seen``.
    """
    keep = ~rows.held
    target = score(metric, rows.frame[metric].to_numpy(np.float64)) - offset
    return train_ensemble(rows.features[keep], target[keep], settings, rows.weights[keep], seen)


def within_logged(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with their weight decay cut at the limit of the logged rows."""
    limited: pd.DataFrame = frame.assign(WeightDecay=frame["WeightDecay"].clip(upper=LOGGED_DECAY))
    return limited
