"""CatCMA's adapter: it proposes what the library proposes by itself, told the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("cmaes", reason="cmaes is not installed")

import cmaes

from harness.benchmark.method import Proposal
from optimizers.cmaes_methods import CatCMA
from protocols.jahs.space import SPACE
from support.driving import asked, drive, observation, problem, smooth

CHOICES = [name for name in SPACE if name not in ("LearningRate", "WeightDecay")]


def configuration(reals: Any, choices: Any) -> dict[str, Any]:
    """The library's point, the way a user of it would read it."""
    found: dict[str, Any] = {
        name: getattr(SPACE[name], "high") if u == 1 else SPACE[name].at(float(u))  # noqa: B009
        for name, u in zip(SPACE, reals, strict=False)
    }
    for name, row in zip(CHOICES, choices, strict=True):
        found[name] = getattr(SPACE[name], "choices")[int(row.argmax())]  # noqa: B009
    return found


@pytest.mark.parametrize("margin", [False, True])
def test_it_proposes_what_the_library_proposes(margin: bool) -> None:
    sizes = [len(getattr(SPACE[name], "choices")) for name in CHOICES]  # noqa: B009
    alone: Any = (
        cmaes.CatCMAwM(x_space=[[0.0, 1.0]] * 2, c_space=sizes, seed=7) if margin
        else cmaes.CatCMA(np.full(2, 0.5), 1 / 6, np.array(sizes), bounds=np.array([[0.0, 1.0]] * 2), seed=7)
    )  # fmt: skip
    expected = []
    for _ in range(5):
        results = []
        for _ in range(alone.population_size):
            drawn = alone.ask()
            expected.append(configuration(*(drawn if isinstance(drawn, tuple) else (drawn.x, drawn.c))))
            results.append((drawn, smooth(Proposal(expected[-1]))[0]))
        alone.tell(results)
    proposals = drive(CatCMA(problem(), 7, margin=margin), problem(), len(expected))
    assert [{name: p.configuration[name] for name in SPACE} for p in proposals] == expected


def test_a_generation_is_told_when_it_is_complete() -> None:
    posed = problem()
    method = CatCMA(posed, 1, population_size=6)
    first = [asked(method) for _ in range(6)]
    for proposal in reversed(first):
        assert method.ask() is None
        assert proposal is not None
        method.tell(observation(posed, proposal, smooth(proposal)))
    assert method.ask() is not None


def test_it_improves() -> None:
    values = [smooth(p)[0] for p in drive(CatCMA(problem(), 1), problem(), 200)]
    assert min(values) < min(values[:20]) - 1


def test_a_bad_setting_is_named() -> None:
    with pytest.raises(ValueError, match=r"^population_size = 3 must be at least 4$"):
        CatCMA(problem(), 0, population_size=3)
