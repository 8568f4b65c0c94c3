"""DEHB's adapter: it proposes what the library proposes by itself, and leaves no file and no other logger behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("dehb", reason="DEHB is not installed")

import dehb
from loguru import logger

from harness.benchmark.method import Proposal
from harness.errors import UsageError
from optimizers import METHODS, dehb_methods
from optimizers.dehb_methods import DEHB
from protocols.jahs.space import SPACE
from support.driving import drive, problem, smooth

EPOCHS = problem("mf", axes=("epoch",))
RUNGS = (2, 7, 22, 66, 200)


def test_it_proposes_what_the_library_proposes(tmp_path: Path) -> None:
    alone: Any = dehb.DEHB(
        dimensions=len(SPACE), min_fidelity=0.9, max_fidelity=81, eta=3, n_workers=1, seed=7, save_freq="end",
        output_path=tmp_path, log_level="CRITICAL",
    )  # fmt: skip
    logger.remove()
    expected = []
    for _ in range(150):
        job = alone.ask()
        configuration = {name: SPACE[name].at(float(u)) for name, u in zip(SPACE, job["config"], strict=True)}
        epoch = RUNGS[int(np.argmin(np.abs(alone.fidelities - job["fidelity"])))]
        expected.append(Proposal(configuration, {"epoch": epoch}))
        alone.tell(job, {"fitness": smooth(expected[-1])[0], "cost": 1.0})
    proposals = drive(DEHB(EPOCHS, 7), EPOCHS, 150)
    assert [(p.fidelity, {name: p.configuration[name] for name in SPACE}) for p in proposals] == [
        (p.fidelity, p.configuration) for p in expected
    ]


def test_ordinal_axes_have_three_rungs() -> None:
    levels = problem("mf", axes=("W",))
    assert [p.fidelity["W"] for p in drive(DEHB(levels, 1), levels, 7)] == [4, 4, 4, 4, 8, 8, 16]


def test_no_file_and_no_handler_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    heard: list[str] = []
    handler = logger.add(heard.append, format="{message}")
    drive(DEHB(EPOCHS, 1), EPOCHS, 50)
    logger.info("still here")
    logger.remove(handler)
    assert [message.strip() for message in heard] == ["still here"]
    assert list(tmp_path.iterdir()) == []


def test_a_numpy_that_pyarrow_cannot_load_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(f"{name} requires NumPy 2.0 or newer, found 1.26.4")

    monkeypatch.setattr("importlib.import_module", absent)
    dehb_methods._check_numpy("2.4.6")
    with pytest.raises(UsageError, match=r"NumPy 1\.26\.4.*pip install --upgrade numpy && pip install --no-deps DEHB"):
        dehb_methods._check_numpy("1.26.4")


def test_the_command_that_installs_it_leaves_numpy_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.base.libraries.version_of", lambda _: None)
    with pytest.raises(UsageError) as caught:
        METHODS["dehb"].require()
    assert str(caught.value) == (
        "dehb needs dehb, which is not installed: pip install 'jahs-harness[dehb]' && pip install --no-deps dehb, "
        "or in a clone: pip install '.[dehb]' && pip install --no-deps dehb"
    )


@pytest.mark.parametrize("bad", [{"eta": 1}, {"mutation_factor": 0.0}, {"crossover_prob": 1.5}])
def test_bad_settings_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        DEHB(EPOCHS, 1, **bad)
