"""Syne Tune's adapter: it proposes what the library's scheduler and model lead to, told the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pytest

pytest.importorskip("syne_tune", reason="Syne Tune is not installed")
pytest.importorskip("dill", reason="the extra syne-tune is not installed")

from syne_tune.backend.trial_status import Trial
from syne_tune.optimizer import baselines

from harness.benchmark.method import Proposal
from harness.errors import UsageError
from optimizers import METHODS
from optimizers.coordinates import configuration_of
from optimizers.fence import Fence
from optimizers.syne_tune_methods import ASHA, BORE, CQR, _drawn, _searched
from protocols.jahs.space import SPACE
from support.driving import asked, drive, observation, problem, smooth

EPOCHS = problem("mf", axes=("epoch",))
RUNGS = (2, 7, 22, 66, 200)


def alone(trials: int) -> list[list[int]]:
    """The epochs at which the library's ASHA evaluates each of its random configurations."""
    library: Any = baselines.ASHA(_searched(SPACE), "loss", "level", max_t=81, random_seed=7)
    climbed: list[list[int]] = []
    for number in range(trials):
        trial = Trial(number, library.suggest().config, datetime(2000, 1, 1))
        library.on_trial_add(trial)
        climbed.append([])
        for level, epoch in zip((1, 3, 9, 27, 81), RUNGS, strict=True):
            climbed[-1].append(epoch)
            proposal = Proposal(configuration_of(SPACE, trial.config), {"epoch": epoch})
            if library.on_trial_result(trial, {"loss": smooth(proposal)[0], "level": level}) != "CONTINUE":
                break
    return climbed


def test_trials_go_on_as_in_the_library() -> None:
    with Fence(7).own():
        expected = alone(60)
    method = ASHA(EPOCHS, 7)
    climbed: list[list[int]] = []
    for _ in range(60):
        proposal = asked(method)
        climbed.append([])
        while proposal is not None:
            climbed[-1].append(proposal.fidelity["epoch"])
            told = observation(EPOCHS, proposal, smooth(proposal))
            method.tell(told)
            onward = method.proceed(told)
            proposal = None if onward is None else Proposal(proposal.configuration, onward)
    assert climbed == expected
    assert {1, 5} <= {len(each) for each in climbed}


def test_ordinal_axes_have_their_levels_as_rungs() -> None:
    levels = problem("mf", axes=("W",))
    method = ASHA(levels, 1)
    proposal = asked(method)
    assert proposal is not None
    told = observation(levels, proposal, (1.0,))
    method.tell(told)
    assert (proposal.fidelity, method.proceed(told)) == ({"W": 4}, {"W": 8})


@pytest.mark.parametrize("made", [BORE, pytest.param(CQR, marks=pytest.mark.slow)])
def test_the_model_finds_what_chance_does_not(made: Any) -> None:
    losses = [smooth(p)[0] for p in drive(made(problem(), 3), problem(), 30)]
    assert np.mean(losses[20:]) < np.mean(losses[:6]) - 2


def test_bore_proposes_the_candidate_that_its_classifier_prefers() -> None:
    method = BORE(problem(), 3)
    drive(method, problem(), 20)
    library, before = method._library, method._library.random_state.get_state()
    proposed = asked(method)
    assert proposed is not None
    library.random_state.set_state(before)
    library._train_model(library.inputs, library.targets)
    candidates = _drawn(library.config_space, 500, library.random_state)
    values = [library._loss(library._hp_ranges.to_ndarray(candidate))[0] for candidate in candidates]
    assert proposed.configuration == configuration_of(SPACE, candidates[int(np.argmin(values))])


def test_the_command_that_installs_it_leaves_xgboost_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.base.libraries.version_of", lambda _: None)
    with pytest.raises(UsageError) as caught:
        METHODS["syne-tune-cqr"].require()
    assert str(caught.value) == (
        "syne-tune-cqr needs syne-tune, which is not installed: pip install 'jahs-harness[syne-tune]' && "
        "pip install --no-deps 'syne-tune>=0.16', or in a clone: "
        "pip install '.[syne-tune]' && pip install --no-deps 'syne-tune>=0.16'"
    )


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="eta"):
        ASHA(EPOCHS, 1, eta=1)
