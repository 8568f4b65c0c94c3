"""Records of sources that live in a Python program: replayed with the program, and told plainly without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import harness
from harness.base.modules import load_module
from harness.benchmark.source import Source
from harness.errors import UsageError
from harness.verify.api import verify
from harness.verify.sources import FORM, placed_source
from support.commands import Answer

SCALE = "scale = 0.5"
PROGRAM = f"""
import harness
from harness.sources.live.function import FunctionSource, FunctionTask
from harness.sources.perturbations import Delay, Failure, Noise

{SCALE}
exact = harness.load_surrogates("lite-1")
perturbed = Delay(Noise(exact, {{"valid-acc": scale}}), factor=1.5, spread=0.3)


def answer(row):
    return {{"valid-acc": 90.0 - row["WeightDecay"], "test-acc": 90.0, "latency": 1.0, "runtime": 6000.0 + row["N"]}}


names = tuple(exact.metrics("cifar10"))
function = FunctionSource(
    "mine",
    {{"cifar10": FunctionTask(lambda row: {{**dict.fromkeys(names, 1.0), **answer(row)}}, names,
                              exact.constants("cifar10"))}},
    exact.columns, version="1",
)
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("program") / "sources.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def results(program: Path, name: str, folder: Path) -> Path:
    source: Source = getattr(load_module(program), name)
    harness.run("cifar10", "bb", "random-search", surrogates=source, results=folder)
    return folder


@pytest.mark.parametrize("name", ["perturbed", "function"])
def test_with_the_program_its_records_are_replayed_and_reproduced(program: Path, tmp_path: Path, name: str) -> None:
    found = verify(results(program, name, tmp_path), source_file=f"{program}:{name}")
    assert [str(finding) for finding in found.findings] == []
    assert [verdict.state for verdict in found.verdicts] == ["reproduced"]


@pytest.mark.slow
def test_without_it_or_with_another_one_it_is_told(
    command: Callable[..., Answer], program: Path, tmp_path: Path
) -> None:
    folder = results(program, "perturbed", tmp_path / "results")
    done = command("verify", folder)
    assert done.code == 1
    assert "A source of a Python program, such as a perturbed one or a function, is not found by its name" in done.out
    assert FORM in done.out
    assert "did you mean" not in done.out
    other = tmp_path / "other.py"
    other.write_text(PROGRAM.replace(SCALE, "scale = 0.6"), encoding="utf-8")
    [finding] = verify(folder, source_file=f"{other}:perturbed").findings
    assert "but that set has hash" in str(finding)
    [finding] = verify(folder, source_file=f"{program}:function").findings
    assert "the source in --source is 'mine'" in str(finding)
    [finding] = verify(folder, source_file=f"{program}:names").findings
    assert "sources.py has no source names" in str(finding)


@pytest.mark.parametrize("given", ["nowhere.py:x", "sources:x", "sources.py", "sources.py:", "x.py:a b", ""])
def test_a_program_that_is_none_is_wrong_usage(given: str) -> None:
    with pytest.raises(UsageError, match=r"give path/to/file\.py:NAME"):
        placed_source(given)
