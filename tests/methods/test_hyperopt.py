"""Hyperopt's adapter: it proposes what ``fmin`` proposes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("hyperopt", reason="Hyperopt is not installed")

from hyperopt import Trials, fmin, hp, tpe

from harness.benchmark.method import Proposal
from harness.benchmark.space import Categorical
from optimizers.hyperopt_methods import TPE
from protocols.jahs.space import SPACE
from support.driving import drive, problem, smooth


def test_it_proposes_what_fmin_proposes() -> None:
    searched = {
        name: hp.choice(name, list(p.choices)) if isinstance(p, Categorical) else hp.uniform(name, 0.0, 1.0)
        for name, p in SPACE.items()
    }
    seen: list[dict[str, Any]] = []

    def value(point: dict[str, Any]) -> float:
        found = {name: point[name] if isinstance(p, Categorical) else p.at(point[name]) for name, p in SPACE.items()}
        seen.append(found)
        return smooth(Proposal(found))[0]

    rng = np.random.default_rng(7)
    fmin(
        value,
        searched,
        algo=tpe.suggest,
        max_evals=35,
        trials=Trials(),
        rstate=rng,
        show_progressbar=False,
        verbose=False,
    )
    proposals = drive(TPE(problem(), 7), problem(), 35)
    assert [{name: p.configuration[name] for name in SPACE} for p in proposals] == seen


@pytest.mark.parametrize("bad", [{"n_startup_jobs": 0}, {"n_EI_candidates": 0}, {"gamma": 0.0}, {"prior_weight": 0.0}])
def test_bad_settings_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        TPE(problem(), 1, **bad)
