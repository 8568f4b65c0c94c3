"""The fixtures of all tests: where data lives, two small surrogate sets, the command line, a server.

Everything else that tests share is in ``support``: ``from support.X import Y``, as pytest puts this folder on the path.
"""

# ruff: noqa: ARG001 - fixtures that are given, not used

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.sources.models.surrogates import SurrogateSet
from harness.sources.obtain import download as downloading
from protocols.jahs.leaderboards import TASKS, set_constants
from protocols.jahs.space import SPACE
from support.commands import Answer, harness_command
from support.made_sets import clockwork_models, toy_models, write_set
from support.serving import Site, served

try:
    from hypothesis import HealthCheck, settings
except ImportError:  # the tests that need it say so themselves
    pass
else:
    settings.register_profile("harness", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("harness")


def pytest_collection_finish() -> None:
    """What is there before the first test stays to the end. Looking through it again in each collection takes long."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def data_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where this session's surrogate sets live, in this process and in the processes it starts."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_DATA", str(folder))
        yield folder


@pytest.fixture(scope="session")
def toy_set(data_directory: Path) -> SurrogateSet:
    """The set ``toy``, which ``load_surrogates("toy")`` and ``--surrogates toy`` find."""
    path = data_directory / "sets" / "toy"
    models = {task: toy_models(seed) for seed, task in enumerate(TASKS)}
    write_set(path, models, {task: {"mean_runtime": 1.0, "latency_p99": 1.0} for task in TASKS})
    draft = SurrogateSet(path)
    rng = np.random.default_rng(2022)
    sample = pd.DataFrame([SPACE.sample(rng) for _ in range(1000)])
    constants = {}
    for task in TASKS:
        predicted = draft.predict(task, sample, ["latency", "runtime"])
        constants[task] = set_constants(predicted["latency"].to_numpy(), predicted["runtime"].to_numpy())
    write_set(path, models, constants)
    return SurrogateSet(path)


@pytest.fixture(scope="session")
def clockwork(data_directory: Path) -> SurrogateSet:
    """The set ``clockwork``: a full evaluation takes exactly 200 s, so a budget is 20,000 s."""
    path = data_directory / "sets" / "clockwork"
    constants = {task: {"mean_runtime": 200.0, "latency_p99": 10.0} for task in TASKS}
    write_set(path, {task: clockwork_models() for task in TASKS}, constants)
    return SurrogateSet(path)


@pytest.fixture
def command(toy_set: SurrogateSet) -> Callable[..., Answer]:
    """``command("run", "--task", ...)`` runs the command line in a process of its own."""
    return harness_command


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A file on a server in this process; downloads from it wait for nothing."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloading, "WAIT", 0.0)
    with served() as made:
        yield made
