"""The early CIFAR-10 surrogate: how valid-acc and latency depend on N, W, Resolution, epoch and high weight decay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.sources.foreign.official import read_artefact
from harness.sources.models.evaluate import Program
from protocols.jahs.fit.rows import EARLY, INPUTS, FitError, folder


class EarlySurrogate:
    """Predictions of the early surrogate, read without running its pickles (FitError if it is not there)."""

    def __init__(self, data: Path) -> None:
        path = folder(data) / EARLY
        if not path.is_dir():
            raise FitError(f"{path} does not exist; harness fit needs the early surrogate for the lower fidelities")
        models = read_artefact(path).models
        missing = [name for name in ("valid-acc", "latency") if name not in models]
        if missing:
            raise FitError(f"{path} predicts no {' and no '.join(missing)}")
        self._program = Program({name: models[name] for name in ("valid-acc", "latency")})

    def predict(self, frame: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """valid-acc (percent, unbounded) and latency (may be negative) of every row."""
        both = self._program.many(frame[INPUTS].assign(Optimizer="SGD"))
        return both[:, 0], both[:, 1]
