"""Nevergrad's adapter: it proposes what the library proposes by itself, told the same."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

pytest.importorskip("nevergrad", reason="Nevergrad is not installed")

import nevergrad

from harness.benchmark.method import Proposal
from optimizers.nevergrad_methods import DiscreteLengler, NGOpt
from protocols.jahs.space import SPACE
from support.driving import drive, problem, smooth


@pytest.mark.parametrize(("made", "name"), [(NGOpt, "NGOpt"), (DiscreteLengler, "DiscreteLenglerOnePlusOne")])
@pytest.mark.filterwarnings("ignore")  # of the library, used here as it comes
def test_it_proposes_what_the_library_proposes(made: Any, name: str) -> None:
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    searched = SPACE.to_nevergrad()
    searched.random_state = np.random.RandomState(7)
    alone = nevergrad.optimizers.registry[name](searched, budget=100, num_workers=1)
    expected = []
    for _ in range(40):
        candidate = alone.ask()
        expected.append(SPACE.from_nevergrad(candidate.value))
        alone.tell(candidate, smooth(Proposal(expected[-1]))[0])
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002
    proposals = drive(made(problem(), 7), problem(), 40)  # a budget of 100 mean full evaluations
    assert [dict(p.configuration) for p in proposals] == expected
