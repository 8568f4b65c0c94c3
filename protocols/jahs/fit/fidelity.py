"""CIFAR-10 valid-acc away from the logged rows: at other N, W, Resolution and at higher weight decay.

Two predictions are averaged on the score scale: the early surrogate's own, and the teacher's at full N, W, Resolution
plus the early surrogate's difference. A small booster fits the residuals on the official fidelity rows (of
configurations not held out). These rows are at epoch 200; the booster's correction is added at every epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.jahs.fit.boosting import Booster, Boosting, Ensemble, train
from protocols.jahs.fit.early import EarlySurrogate
from protocols.jahs.fit.features import teacher_features
from protocols.jahs.fit.links import score
from protocols.jahs.fit.rows import LOGGED_DECAY, at_full
from protocols.jahs.fit.teachers import within_logged
from protocols.jahs.space import FULL

METRIC = "valid-acc"
SETTINGS = Boosting(trees=800, depth=5, rate=0.03, rows=0.7)
LEAST, MOST = 5.0, 97.0
"""The bounds at which the early surrogate's accuracies are cut before the logit. They are unbounded otherwise."""


@dataclass(frozen=True)
class AcrossFidelities:
    """The score of CIFAR-10 valid-acc anywhere in the space."""

    teacher: Ensemble
    early: EarlySurrogate
    rest: Booster

    def predict(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Scores of the rows. Inside the range of the logged rows they are the teacher's own."""
        features, known = _features(self.teacher, self.early, frame)
        late = frame["epoch"].to_numpy() != FULL["epoch"]
        last = features.copy()
        if late.any():
            last[late] = _features(self.teacher, self.early, frame[late].assign(epoch=FULL["epoch"]))[0]
        names = ["N", "W", "Resolution"]
        full = (frame[names].to_numpy(np.float64) == [FULL[name] for name in names]).all(axis=1)
        full &= frame["WeightDecay"].to_numpy() <= LOGGED_DECAY
        own = features[:, -5].astype(np.float64)
        return np.asarray(np.where(full, own, known + self.rest.predict(last)))


def fit_across(
    teacher: Ensemble, early: EarlySurrogate, rows: pd.DataFrame, keep: NDArray[np.bool_]
) -> AcrossFidelities:
    """Fits the residuals on the fidelity ``rows`` chosen by ``keep``."""
    chosen = rows[keep]
    features, known = _features(teacher, early, chosen)
    target = score(METRIC, chosen[METRIC].to_numpy(np.float64)) - known
    return AcrossFidelities(teacher, early, train(features, target, SETTINGS))


def _features(
    teacher: Ensemble, early: EarlySurrogate, frame: pd.DataFrame
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Features of the residuals' booster (the last five columns are scores, the teacher's first), and the averaged
    prediction.
    """
    limited = within_logged(frame)
    own = teacher.predict(teacher_features(limited))
    here, full, decayed = (_early_score(early, f) for f in (frame, at_full(limited), at_full(frame)))
    scores = np.column_stack([own, here, full, here - full, decayed - full]).astype(np.float32)
    features = np.concatenate([teacher_features(frame, fidelity=True), scores], axis=1)
    return features, 0.5 * here + 0.5 * (own + here - full)


def _early_score(early: EarlySurrogate, frame: pd.DataFrame) -> NDArray[np.float64]:
    return score(METRIC, np.clip(early.predict(frame)[0], LEAST, MOST))
