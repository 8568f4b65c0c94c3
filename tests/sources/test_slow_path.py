"""On the slow path every command that predicts says so once, on standard error, and no other command does."""

# ruff: noqa: ARG001 - the fixture toy_set, which writes the set that the commands name

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.errors import SlowPathWarning
from harness.sources.models import evaluate, slow_path
from harness.sources.models.surrogates import SurrogateSet
from protocols.jahs.space import SPACE
from support.commands import child_environment, harness_command
from support.paths import ROOT

SLOW = {slow_path.FORCE: "1"}
FAST = {slow_path.FORCE: ""}
LINE = f"harness: {slow_path.FORCE} is set, so {slow_path.COST}; unset it for the fast path\n"
BUILT = vars(evaluate)["_native"] is not None
RUN = ("run", "--task", "cifar10", "--setting", "bb", "--surrogates", "toy", "--seeds", "10")


def configuration() -> str:
    """A configuration, as ``harness query`` takes it."""
    return json.dumps(SPACE.sample(np.random.default_rng(0)))


@pytest.fixture(scope="module")
def results(toy_set: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of ten seeds, made on the slow path by two processes."""
    folder = tmp_path_factory.mktemp("slow") / "results"
    answer = harness_command(*RUN, "--jobs", 2, "--results", folder, env=SLOW)
    assert (answer.code, answer.err.count(LINE)) == (0, 1)
    assert slow_path.COST not in answer.out
    return folder


def test_a_run_in_one_process_says_it_once(toy_set: SurrogateSet, tmp_path: Path) -> None:
    answer = harness_command(*RUN, "--json", "--results", tmp_path, env=SLOW)
    assert (answer.code, answer.err) == (0, LINE)
    assert json.loads(answer.out)["seeds"] == 10


def test_a_run_with_nothing_left_to_do_predicts_nothing(results: Path) -> None:
    assert harness_command(*RUN, "--results", results, env=SLOW).err == ""


@pytest.mark.parametrize("jobs", [1, 2])
def test_verifying_says_it_once_for_all_its_processes(results: Path, jobs: int) -> None:
    answer = harness_command("verify", results, "--json", "--jobs", jobs, "--reproduce", 2, env=SLOW)
    verdict, *_ = map(json.loads, answer.out.splitlines())
    assert (answer.code, verdict["state"], answer.err.count(LINE)) == (0, "reproduced", 1)


def test_a_query_says_it_and_prints_the_same_numbers(toy_set: SurrogateSet) -> None:
    query = ("query", "--task", "cifar10", "--surrogates", "toy", "--config", configuration())
    slow, fast = harness_command(*query, env=SLOW), harness_command(*query, env=FAST)
    assert (slow.code, slow.out, slow.err) == (0, fast.out, LINE)
    if BUILT:
        assert fast.err == ""


@pytest.mark.parametrize(
    "words", [("list", "tasks"), ("status", "{results}"), ("data", "status"), ("plot", "--help")], ids=" ".join
)
def test_a_command_that_predicts_nothing_is_silent(results: Path, words: tuple[str, ...]) -> None:
    answer = harness_command(*(word.format(results=results) for word in words), env=SLOW)
    assert (answer.code, answer.err) == (0, "")


def test_checking_a_method_predicts_nothing() -> None:
    answer = harness_command("check", "random-search", "--check", "legal", "--evaluations", 2, env=SLOW)
    assert (answer.code, answer.err) == (0, "")


def python(code: str, *arguments: object, env: dict[str, str] = FAST) -> subprocess.CompletedProcess[str]:
    """A child process that runs ``code`` with every warning shown each time it is given."""
    return subprocess.run(
        [sys.executable, "-W", "always", "-c", code, *map(str, arguments)],
        cwd=ROOT, env=child_environment(env), capture_output=True, text=True, check=True,
    )  # fmt: skip


HIDDEN = "import sys; sys.modules['harness.sources.models._native'] = None\n"
QUERIES = (
    "import json, harness\n"
    "surrogates = harness.load_surrogates('toy')\n"
    "for task in surrogates.tasks:\n"
    "    surrogates.query(task, {**json.loads(sys.argv[1]), 'epoch': 200, 'Resolution': 1.0, 'N': 5, 'W': 16})\n"
)


def test_where_the_core_is_missing_python_gives_one_warning(toy_set: SurrogateSet) -> None:
    done = python(HIDDEN + QUERIES, configuration())
    assert done.stdout == ""
    assert done.stderr.count(f"{SlowPathWarning.__name__}: the compiled core of the harness is missing, so") == 1
    assert done.stderr.count(slow_path.COST) == 1


def test_where_the_core_is_missing_the_command_line_says_how_to_get_it(toy_set: SurrogateSet) -> None:
    code = HIDDEN + "from harness.cli import main; main()"
    done = python(code, "query", "--task", "cifar10", "--surrogates", "toy", "--config", configuration())
    assert done.stderr.startswith(f"harness: the compiled core of the harness is missing, so {slow_path.COST}; for ")
    assert done.stderr.count("\n") == 1
    assert "install a C compiler" in done.stderr
    assert set(json.loads(done.stdout)) >= {"valid-acc", "runtime"}


@pytest.mark.skipif(not BUILT, reason="the C extension is not built")
def test_with_the_core_python_gives_no_warning(toy_set: SurrogateSet) -> None:
    assert python("import sys\n" + QUERIES, configuration()).stderr == ""


@pytest.mark.skipif(not BUILT, reason="the C extension is not built")
def test_asking_for_the_reference_is_no_reason_to_warn(toy_set: SurrogateSet) -> None:
    models = {"valid-acc": toy_set.model("cifar10", "valid-acc")}
    assert evaluate.Program(models, native=False)._native is None
