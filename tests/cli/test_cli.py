"""The command line as a user meets it: its two streams and its exit code.

``command`` runs in a process of its own, as a shell would; ``inside`` calls the same entry point in this process, for
the many small cases.
"""

# ruff: noqa: ARG001 - fixtures and methods whose arguments are given, not used

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.sources.models.surrogates import SurrogateSet
from protocols.jahs.leaderboards import METRICS
from support.commands import Answer, harness_command, in_process

Command = Callable[..., Answer]

CONFIG = {
    "LearningRate": 0.1, "WeightDecay": 5e-4, "Activation": "Mish", "TrivialAugment": True,
    "Op1": 0, "Op2": 1, "Op3": 2, "Op4": 3, "Op5": 4, "Op6": 2,
}  # fmt: skip

OPTIONS = [
    "--task", "--setting", "--objective", "--method", "--seeds", "--fidelity", "--from-scratch", "--space",
    "--surrogates", "--workers", "--jobs", "--cluster", "--cluster-config", "--results", "--rerun", "--json",
]  # fmt: skip
"""The contract of ``harness run``."""

KEYS = [
    "leaderboard", "method", "surrogates", "seeds", "mean", "se", "observed_mean", "observed_se", "evaluations",
    "repairs",
]  # fmt: skip
"""The contract of ``harness run --json``."""


@pytest.fixture
def inside(toy_set: SurrogateSet, capsys: pytest.CaptureFixture[str]) -> Command:
    """``inside("run", "--task", ...)`` runs the command line in this process."""
    return in_process(capsys)


def run_toy(command: Command, results: Path, *more: object, setting: str = "mf", seeds: object = 2) -> Answer:
    return command(
        "run", "--task", "cifar10", "--setting", setting, "--surrogates", "toy", "--seeds", seeds, "--results", results,
        *more,
    )  # fmt: skip


def the_error(answer: Answer, code: int = 2) -> str:
    """The one line on standard error of a command that was refused."""
    assert answer.code == code, answer
    assert answer.out == ""
    assert "Traceback" not in answer.err
    lines = answer.err.splitlines()
    assert len(lines) == 1, answer.err
    assert lines[0].startswith("harness: ")
    return lines[0]


def test_help_names_the_commands(inside: Command) -> None:
    answer = inside("--help")
    assert (answer.code, answer.err) == (0, "")
    for name in ("run", "list", "query", "plot", "fit", "data"):
        assert re.search(rf"^  {name} ", answer.out, re.MULTILINE), name


def test_the_options_of_run_are_the_contract(inside: Command) -> None:
    answer = inside("run", "--help")
    assert answer.code == 0
    assert [option for option in OPTIONS if option not in answer.out] == []


def test_run_prints_a_table_with_both_views(command: Command, tmp_path: Path) -> None:
    answer = run_toy(command, tmp_path)
    assert (answer.code, answer.err) == (0, "")
    row = next(line for line in answer.out.splitlines() if "cifar10/single/mf" in line)
    assert "hyperband" in row
    assert len(re.findall(r"\d+\.\d\d ± \d+\.\d\d", row)) == 2
    for word in ("full", "observed", "test error", "repairs", "evaluations"):
        assert word in answer.out
    assert "toy" in answer.out
    assert "incomplete" in answer.out or "2 of 10" in answer.out
    assert "\x1b" not in answer.out


def test_json_has_the_keys_of_the_contract(command: Command, tmp_path: Path) -> None:
    answer = run_toy(command, tmp_path, "--json", seeds=3)
    assert (answer.code, answer.err) == (0, "")
    (row,) = (json.loads(line) for line in answer.out.splitlines())
    assert list(row)[: len(KEYS)] == KEYS
    assert (row["leaderboard"], row["method"], row["surrogates"], row["seeds"]) == (
        "cifar10/single/mf", "hyperband", "toy", 3,
    )  # fmt: skip
    assert 5 < row["observed_mean"] <= row["mean"] < 90
    assert row["se"] > 0
    assert row["observed_se"] >= 0
    assert row["evaluations"] > 300
    assert row["repairs"] == 0


def test_one_seed_has_a_null_error_for_json_has_no_nan(inside: Command, tmp_path: Path) -> None:
    answer = run_toy(inside, tmp_path, "--json", seeds=1)
    assert json.loads(answer.out)["se"] is None


def test_the_same_command_again_prints_the_same_and_runs_nothing(inside: Command, tmp_path: Path) -> None:
    first = run_toy(inside, tmp_path, "--json", setting="bb")
    (file,) = tmp_path.rglob("*.parquet")
    written = file.stat().st_mtime_ns
    assert run_toy(inside, tmp_path, "--json", setting="bb") == first
    assert file.stat().st_mtime_ns == written
    run_toy(inside, tmp_path, "--json", "--rerun", setting="bb")
    assert file.stat().st_mtime_ns > written


def test_all_tasks_and_settings_fan_out(inside: Command, tmp_path: Path) -> None:
    answer = inside("run", "--task", "all", "--setting", "all", "--objective", "multi", "--seeds", 1,
                    "--surrogates", "toy", "--results", tmp_path, "--json")  # fmt: skip
    assert (answer.code, answer.err) == (0, "")
    rows = [json.loads(line) for line in answer.out.splitlines()]
    assert [row["leaderboard"] for row in rows] == [
        f"{task}/multi/{setting}"
        for task in ("cifar10", "colorectal_histology", "fashion_mnist")
        for setting in ("bb", "ca", "mf", "multi-mf")
    ]
    assert [row["method"] for row in rows] == 3 * ["random-search", "random-search", "hyperband", "hyperband-diagonal"]
    assert all(0 < row["mean"] <= 1 for row in rows)


def test_a_method_named_twice_runs_once_and_two_methods_both(inside: Command, tmp_path: Path) -> None:
    names = ["--method", "random-search", "--method", "hyperband", "--method", "random-search"]
    answer = run_toy(inside, tmp_path, "--json", *names, seeds=1)
    assert [json.loads(line)["method"] for line in answer.out.splitlines()] == ["random-search", "hyperband"]


@pytest.mark.parametrize(
    ("more", "method"),
    [
        (["--fidelity", "N"], "hyperband[axis=N]"),
        (["--from-scratch"], "hyperband[from-scratch]"),
        (["--space", "nas", "--workers", "4"], "hyperband[space=nas,workers=4]"),
    ],
)
def test_variants_say_what_they_are(inside: Command, tmp_path: Path, more: list[str], method: str) -> None:
    answer = run_toy(inside, tmp_path, "--json", *more, seeds=1)
    assert json.loads(answer.out)["method"] == method


def test_the_table_shows_variants_as_they_are(inside: Command, tmp_path: Path) -> None:
    assert " hyperband[axis=N] " in run_toy(inside, tmp_path, "--fidelity", "N").out


def test_seeds_may_be_a_range(inside: Command, tmp_path: Path) -> None:
    answer = run_toy(inside, tmp_path, "--json", setting="bb", seeds="3-5")
    assert json.loads(answer.out)["seeds"] == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--task", "cifar100"], ["task 'cifar100'", "did you mean 'cifar10'", "colorectal_histology", "all"]),
        (["--task", "CIFAR10"], ["did you mean 'cifar10'"]),
        (["--setting", "multimf"], ["setting 'multimf'", "did you mean 'multi-mf'", "bb", "ca"]),
        (["--objective", "sinlge"], ["objective 'sinlge'", "did you mean 'single'", "multi"]),
        (["--method", "hyprband"], ["method 'hyprband'", "did you mean 'hyperband'", "random-search", "file.py:"]),
        (["--method", "nowhere.py:Mine"], ["nowhere.py", "file.py:ClassName"]),
        (["--method", "hyperband-diagonal"], ["hyperband-diagonal", "mf", "multi-mf"]),
        (["--surrogates", "lite1"], ["source 'lite1'", "toy"]),
        (["--space", "hp"], ["space 'hp'", "did you mean 'hpo'", "jahs"]),
        (["--fidelity", "epochs"], ["fidelity 'epochs'", "did you mean 'epoch'", "Resolution"]),
        (["--setting", "bb", "--fidelity", "N"], ["mf", "bb"]),
        (["--seeds", "ten"], ["'ten'", "0-9"]),
        (["--seeds", "9-0"], ["'9-0'"]),
        (["--seeds", "0"], ["'0'"]),
        (["--seeds", "-3"], ["'-3'"]),
        (["--workers", "0"], ["workers", "0"]),
        (["--workers", "two"], ["--workers", "two"]),
        (["--jobs", "0"], ["--jobs", "0"]),
        (["--sett", "mf"], ["--sett", "--setting"]),
        (["--nonsense"], ["--nonsense"]),
        (["extra"], ["extra"]),
        (["--task", ""], ["task", "cifar10"]),
        (["--setting", ""], ["setting", "multi-mf"]),
    ],
    ids=lambda v: " ".join(v) if v and v[0].startswith("--") else None,
)
def test_wrong_usage_is_one_line_that_says_what_would_be_right(
    inside: Command, tmp_path: Path, arguments: list[str], words: list[str]
) -> None:
    answer = run_toy(inside, tmp_path, *arguments)
    message = the_error(answer)
    assert [word for word in words if word not in message] == [], message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["run"], ["run", "--task", "cifar10"], ["run", "--setting", "mf"]], ids=" ".join)
def test_a_missing_task_or_setting_is_answered_with_the_valid_ones(inside: Command, arguments: list[str]) -> None:
    message = the_error(inside(*arguments, "--surrogates", "toy"))
    assert "cifar10" in message or "multi-mf" in message


def test_an_unknown_command_is_answered_with_the_nearest() -> None:
    message = the_error(harness_command("rum"))
    assert "did you mean 'run'" in message
    assert "query" in message


def test_an_unknown_list_is_answered_with_the_nearest(inside: Command) -> None:
    assert "did you mean 'methods'" in the_error(inside("list", "method"))


def test_a_traceback_appears_with_debug_only(command: Command) -> None:
    answer = command("run", "--task", "cifar", "--setting", "mf", "--surrogates", "toy", "--debug")
    assert answer.code == 2
    assert "Traceback" in answer.err
    assert answer.err.splitlines()[-1].startswith("harness: unknown task")


def query(command: Command, config: Any, *more: object) -> Answer:
    text = config if isinstance(config, str) else json.dumps(config)
    return command("query", "--task", "cifar10", "--surrogates", "toy", "--config", text, *more)


def test_a_query_prints_every_metric_as_json(inside: Command, toy_set: SurrogateSet) -> None:
    answer = query(inside, CONFIG, "--fidelity", '{"epoch": 7, "N": 1}')
    assert (answer.code, answer.err) == (0, "")
    predicted = json.loads(answer.out)
    assert list(predicted) == list(METRICS)
    row = CONFIG | {"N": 1, "W": 16, "Resolution": 1.0, "epoch": 7}
    assert predicted == toy_set.query("cifar10", row, METRICS)


def test_a_fidelity_left_out_is_full_and_may_stand_in_the_configuration(inside: Command) -> None:
    full = {"N": 5, "W": 16, "Resolution": 1, "epoch": 200, "Optimizer": "SGD"}
    assert query(inside, CONFIG).out == query(inside, CONFIG | full).out
    assert query(inside, CONFIG | {"epoch": 3}).out == query(inside, CONFIG, "--fidelity", '{"epoch": 3}').out


@pytest.mark.parametrize(
    ("config", "fidelity", "words"),
    [
        (CONFIG | {"LearningRate": 2.5}, "{}", ["LearningRate", "2.5", "[0.001, 1]"]),
        (CONFIG | {"Op3": 7}, "{}", ["Op3", "7", "{0, 1, 2, 3, 4}"]),
        (CONFIG | {"Activation": "relu"}, "{}", ["Activation", "'relu'", "ReLU"]),
        (CONFIG | {"Momentum": 1}, "{}", ["Momentum", "LearningRate"]),
        ({k: v for k, v in CONFIG.items() if k != "Op1"}, "{}", ["Op1", "missing"]),
        (CONFIG | {"epoch": 500}, "{}", ["epoch", "500", "{1..200}"]),
        (CONFIG, '{"N": 2}', ["N", "2", "{1, 3, 5}"]),
        (CONFIG, '{"depth": 2}', ["depth", "epoch"]),
        (CONFIG, "[1]", ["--fidelity", "[1]"]),
        ("not json", "{}", ["--config", "JSON"]),
        ("[1, 2]", "{}", ["--config", "[1, 2]"]),
        ('{"LearningRate": NaN}', "{}", ["LearningRate", "nan"]),
    ],
    ids=range(12),
)
def test_a_configuration_outside_the_space_is_named_with_value_and_range(
    inside: Command, config: Any, fidelity: str, words: list[str]
) -> None:
    message = the_error(query(inside, config, "--fidelity", fidelity))
    assert [word for word in words if word not in message] == [], message


def test_a_query_needs_a_task_that_exists(inside: Command) -> None:
    answer = inside("query", "--task", "mnist", "--config", json.dumps(CONFIG), "--surrogates", "toy")
    assert "did you mean 'fashion_mnist'" in the_error(answer)


@pytest.mark.parametrize("kind", ["tasks", "leaderboards", "methods", "surrogates"])
def test_list_prints_one_line_each(inside: Command, kind: str) -> None:
    answer = inside("list", kind)
    assert (answer.code, answer.err) == (0, "")
    names = {line.split()[0] for line in answer.out.splitlines()}
    expected = {
        "tasks": {"cifar10", "colorectal_histology", "fashion_mnist"},
        "leaderboards": {"cifar10/single/bb", "fashion_mnist/multi/multi-mf"},
        "methods": {"random-search", "hyperband", "hyperband-diagonal"},
        "surrogates": {"toy"},
    }
    assert expected[kind] <= names


def test_list_prints_everything(inside: Command) -> None:
    answer = inside("list")
    assert answer.code == 0
    assert all(word in answer.out for word in ("tasks", "cifar10/single/mf", "random-search", "toy"))


def test_a_damaged_surrogate_set_is_named(inside: Command, data_directory: Path, toy_set: SurrogateSet) -> None:
    damaged = data_directory / "sets" / "damaged"
    damaged.mkdir()
    (damaged / "manifest.json").write_text("{}")
    try:
        answer = inside("run", "--task", "cifar10", "--setting", "bb", "--surrogates", "damaged")
        assert "damaged" in the_error(answer, code=1)
        for arguments in (("list", "surrogates"), ("list",)):
            listed = inside(*arguments)
            assert toy_set.hash[:12] in listed.out  # the rest is still served
            assert str(damaged) in listed.out
            assert listed.code == 1
            assert listed.err.splitlines() == [
                "harness: damaged: damaged; import again or delete with: harness data remove"
            ]
        assert inside("list", "methods").code == 0
    finally:
        (damaged / "manifest.json").unlink()
        damaged.rmdir()


# One's own method -------------------------------------------------------------------------------------------------

MINE = '''
"""A method with a dataclass and a module beside it."""
from __future__ import annotations

import dataclasses

import numpy


@dataclasses.dataclass
class State:
    asked: int = 0
    best: float | None = None


class Mine:
    """My own search."""

    def __init__(self, problem, seed):
        self.problem, self.rng, self.state = problem, numpy.random.default_rng(seed), State()

    def ask(self):
        self.state.asked += 1
        {trouble}
        return self.problem.space.sample(self.rng)

    def tell(self, observation):
        pass
'''


def mine(folder: Path, trouble: str = "pass") -> str:
    file = folder / "my method.py"
    file.write_text(MINE.replace("{trouble}", trouble))
    return f"{file}:Mine"


def test_a_method_of_ones_own_runs_from_its_file(command: Command, tmp_path: Path) -> None:
    answer = run_toy(command, tmp_path / "r", "--json", "--method", mine(tmp_path), seeds=2)
    assert (answer.code, answer.err) == (0, "")
    row = json.loads(answer.out)
    assert (row["method"], row["seeds"]) == ("Mine", 2)


@pytest.mark.slow
def test_a_method_of_ones_own_runs_in_several_processes(command: Command, tmp_path: Path) -> None:
    answer = run_toy(command, tmp_path / "r", "--json", "--jobs", 2, "--method", mine(tmp_path), seeds=4)
    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out)["seeds"] == 4


def test_a_failing_method_is_recorded_and_the_others_finish(command: Command, tmp_path: Path) -> None:
    broken = mine(tmp_path, "assert self.state.asked < 5, 'out of\\nideas'")
    answer = run_toy(command, tmp_path / "r", "--json", "--method", broken, "--method", "random-search", seeds=2)
    assert answer.code == 1
    failed, finished = (json.loads(line) for line in answer.out.splitlines())
    assert (failed["method"], failed["seeds"], failed["mean"], failed["failed"]) == ("Mine", 0, None, 2)
    assert (finished["method"], finished["seeds"]) == ("random-search", 2)
    assert "Traceback" not in answer.err
    *lines, hint = answer.err.splitlines()
    assert len(lines) == 2
    assert all("failed" in line and "AssertionError: out of ideas" in line for line in lines)
    assert "--debug" in hint


def test_a_method_that_breaks_the_rules_says_which_and_where(inside: Command, tmp_path: Path) -> None:
    broken = mine(tmp_path, "return dict(self.problem.space.sample(self.rng), LearningRate=7.0)")
    answer = run_toy(inside, tmp_path / "r", "--json", "--method", broken, seeds=1)
    assert answer.code == 1
    assert "LearningRate = 7.0 is outside its range [0.001, 1]" in answer.err


def test_failures_of_earlier_commands_are_not_forgotten(inside: Command, tmp_path: Path) -> None:
    broken = mine(tmp_path, "assert self.state.asked < 5")
    run_toy(inside, tmp_path / "r", "--json", "--method", broken, seeds=1)
    again = run_toy(inside, tmp_path / "r", "--json", "--method", broken, seeds="1-1")
    assert again.code == 1
    assert json.loads(again.out)["failed"] == 2


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("class Other: pass", "Mine", ["class", "Mine", "Other"]),
        ("import nonexistent_library", "Mine", ["nonexistent_library"]),
        ("class Mine:\n  def ask(self): pass", "Mine", ["tell"]),
        ("class Mine(:", "Mine", ["SyntaxError"]),
        ("Mine = 3", "Mine", ["class", "Mine"]),
        ("raise SystemExit(0)", "Mine", ["SystemExit"]),
    ],
)
def test_a_file_without_a_method_is_wrong_usage(
    inside: Command, tmp_path: Path, text: str, name: str, words: list[str]
) -> None:
    (tmp_path / "m.py").write_text(text)
    message = the_error(run_toy(inside, tmp_path / "r", "--method", f"{tmp_path / 'm.py'}:{name}"))
    assert [word for word in words if word not in message] == [], message


# Damage -----------------------------------------------------------------------------------------------------------


def test_a_damaged_record_is_named_left_alone_and_the_rest_served(command: Command, tmp_path: Path) -> None:
    results = tmp_path / "my results"
    both = ["--method", "hyperband", "--method", "random-search", "--json"]
    run_toy(command, results, *both, seeds=1)
    file = next(results.rglob("hyperband.parquet"))
    file.write_bytes(b"not a record")
    answer = run_toy(command, results, *both, seeds=1)
    assert answer.code == 1
    assert [json.loads(line)["method"] for line in answer.out.splitlines()] == ["random-search"]
    (line,) = answer.err.splitlines()
    assert str(file) in line
    assert "untouched" in line
    assert file.read_bytes() == b"not a record"


def test_a_results_folder_that_is_a_file_is_wrong_usage(inside: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "file" in the_error(run_toy(inside, tmp_path / "file"))
