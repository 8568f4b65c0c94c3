"""The conformance suite: every method that ships passes it, and every check finds the fault it is for."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness import registry
from harness.benchmark.methods import MethodEntry
from harness.errors import UnknownName, UsageError
from harness.testing import CHECKS, Subject, conformance
from harness.testing.subject import entry_of
from support import broken_methods
from support.broken_methods import METHODS, Sound
from support.commands import child_environment, harness_command

BROKEN = Path(broken_methods.__file__)
QUICK = [check for check in CHECKS if not check.slow]


def installed(entry: MethodEntry) -> bool:
    try:
        entry.require()
    except UsageError:
        return False
    return True


AVAILABLE = {name: entry for name, entry in registry.methods().items() if installed(entry)}


LONG_STARTS = {"botorch-logei": 26, "botorch-logehvi": 26, "hyperopt-tpe": 24}
"""Libraries that train their models after 20 evaluations or more."""


def size(entry: MethodEntry) -> int:
    """Libraries are slow, and half the default size trains their models too, unless there are rungs to climb first."""
    if entry.name in LONG_STARTS:
        return LONG_STARTS[entry.name]
    return 12 if entry.libraries and entry.capabilities.axis is None else 24


NATIVE = [Subject(name, size(entry)) for name, entry in AVAILABLE.items() if not entry.libraries]
LIBRARY = [Subject(name, size(entry)) for name, entry in AVAILABLE.items() if entry.libraries]

test_every_native_method_conforms = conformance(*NATIVE)
test_every_library_method_conforms = pytest.mark.slow(conformance(*LIBRARY))


def test_the_native_methods_are_among_them() -> None:
    assert {"random-search", "hyperband", "hyperband-diagonal"} <= set(AVAILABLE)


@pytest.mark.filterwarnings("ignore")  # one of the faults is to warn
@pytest.mark.parametrize("method", [method for method in METHODS if method.found_by])
def test_the_right_check_finds_a_fault(method: type[Sound]) -> None:
    (check,) = (check for check in CHECKS if check.name == method.found_by)
    assert check.result(Subject(method, evaluations=12)).status == "failed"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", METHODS)
def test_exactly_the_right_check_finds_a_fault(method: type[Sound]) -> None:
    subject = Subject(method, evaluations=12)
    checks = CHECKS if method.found_by == "beats-random" else QUICK
    results = [check.result(subject) for check in checks]
    failed = {result.check: result.text for result in results if result.status == "failed"}
    assert list(failed) == ([method.found_by] if method.found_by else []), failed


def test_every_check_is_shown_to_find_something() -> None:
    assert {check.name for check in CHECKS} == {method.found_by for method in METHODS} - {None}


def test_a_failure_names_the_case_the_fault_and_the_remedy() -> None:
    results = {check.name: check.result(Subject(broken_methods.GlobalNumPy)) for check in CHECKS[:1] + CHECKS[14:15]}
    assert results["declared"].status == "ok"
    assert results["global-random"].text == (
        "single/bb, space jahs: ask() changes the global random state; use numpy.random.default_rng(seed)"
    )


def test_a_failure_comes_with_the_traceback_of_the_method() -> None:
    result = CHECKS[0].result(Subject(broken_methods.OneObjectiveOnly))
    assert result.text == (
        "multi/bb, space jahs: OneObjectiveOnly raised ValueError: one objective, please; "
        "mend it, or declare Capabilities(objectives=('single',))"
    )
    assert "broken_methods.py" in result.detail


def test_every_space_objective_setting_and_axis_is_played() -> None:
    played = {str(case) for case in Subject(broken_methods.SoundEverywhere).cases}
    pairings = {f"{o}/{s}" for o in ("single", "multi") for s in ("bb", "ca", "mf", "multi-mf")}
    axes = {f"{o}/mf, space jahs, axis {a}" for o in ("single", "multi") for a in ("N", "W", "Resolution", "epoch")}
    assert played == {f"{p}, space {space}" for p in pairings for space in ("jahs", "hpo", "nas")} | axes


def test_nothing_of_a_play_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import random

    import numpy as np

    monkeypatch.chdir(tmp_path)
    before = random.getstate(), np.random.get_state(legacy=False)["state"]["key"].tobytes()  # noqa: NPY002
    for method in (broken_methods.WritesAFile, broken_methods.SeedsGlobalNumPy):
        subject = Subject(method)
        assert subject.played(subject.few[0]).failure is None
    assert (Path.cwd(), list(tmp_path.iterdir())) == (tmp_path, [])
    assert (random.getstate(), np.random.get_state(legacy=False)["state"]["key"].tobytes()) == before  # noqa: NPY002


def test_a_class_that_no_new_process_can_import_is_played_there_all_the_same() -> None:
    class Local(Sound):
        pass

    result = next(check for check in CHECKS if check.name == "processes").result(Subject(Local))
    assert result.status == "ok"


def test_a_subject_is_a_name_a_file_a_class_or_an_entry() -> None:
    for method in ("random-search", f"{BROKEN}:Sound", Sound, registry.method("hyperband")):
        assert entry_of(method).name in {"random-search", "Sound", "hyperband"}
    with pytest.raises(UnknownName, match="unknown method 'random'"):
        entry_of("random")
    with pytest.raises(UsageError, match=r"must be a harness\.Capabilities"):
        entry_of(type("Mine", (Sound,), {"capabilities": "all of them"}))


ONE_LINE = """
from harness.testing import conformance
test_my_method = conformance("{method}")
"""


def pytest_in(folder: Path, method: str) -> subprocess.CompletedProcess[str]:
    """What a user sees who has this file of one line and no pytest configuration."""
    shutil.copy(BROKEN, folder / "my_methods.py")
    (folder / "test_mine.py").write_text(ONE_LINE.format(method=method), "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "-k", "not beats"],
        cwd=folder, env=child_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_users_method_is_tested_with_one_line(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, "my_methods.py:Sound")
    assert done.returncode == 0, done.stdout
    assert re.search(r"^1[67] passed, [12] skipped, 1 deselected", done.stdout.splitlines()[-1]), done.stdout


def test_a_users_broken_method_is_told_in_a_line(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, "my_methods.py:OutsideTheSpace")
    assert done.returncode == 1
    assert "LearningRate = 1.5 is outside its range" in done.stdout
    assert "1 failed" in done.stdout


def test_the_suite_needs_no_pytest_before_it_makes_a_test() -> None:
    code = "import sys, harness.testing, harness.testing.supervise; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=child_environment(), check=False).returncode == 0


def test_check_prints_a_line_per_check() -> None:
    answer = harness_command("check", f"{BROKEN}:Prints", "--evaluations", 12, "--quick")
    *lines, summary = answer.out.splitlines()
    assert answer.code == 1
    assert len(lines) == len(QUICK)
    (failed,) = [line for line in lines if not re.match("ok  |not applicable  ", line)]
    assert failed.startswith("failed          quiet               single/bb, space jahs: it prints 'loss -")
    assert summary == f"{BROKEN}:Prints: 16 ok, 1 failed, 1 not applicable"


def test_check_shows_the_traceback_when_asked() -> None:
    answer = harness_command("check", f"{BROKEN}:OneObjectiveOnly", "--check", "declared", "--verbose")
    assert "one objective, please" in answer.out.splitlines()[0]
    assert "ValueError: one objective, please" in answer.out.splitlines()[-2]


@pytest.mark.slow
def test_a_method_that_hangs_or_dies_fails_that_check_alone() -> None:
    chosen = [f"--check={name}" for name in ("declared", "constant-objective", "inputs")]
    answer = harness_command("check", f"{BROKEN}:HangsOnConstants", "--evaluations", 12, "--limit", 10, *chosen)
    assert answer.code == 1
    assert [line.split()[0] for line in answer.out.splitlines()[:3]] == ["ok", "failed", "ok"]
    assert "did not come to an end within 10 s" in answer.out


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        pytest.param("Hangs", "did not come to an end within 5 s", marks=pytest.mark.slow),
        ("EndsTheProcess", "ended the process"),
    ],
)
def test_a_method_that_is_lost_at_once_is_not_tried_again(method: str, reason: str) -> None:
    answer = harness_command("check", f"{BROKEN}:{method}", "--limit", 5)
    assert answer.code == 1
    assert reason in answer.out.splitlines()[0]
    assert answer.out.splitlines()[-1].endswith(f"1 failed, {len(CHECKS) - 1} not applicable")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing",), "unknown method 'nothing'"),
        ((f"{BROKEN}:Nothing",), "unknown class or function of broken_methods.py 'Nothing'"),
        (("nowhere.py:Mine",), "there is no file nowhere.py"),
        (("hyperband", "--check", "lega"), "unknown check 'lega' (did you mean 'legal'?)"),
        (("hyperband", "--evaluations", "0"), "evaluations"),
    ],
)
def test_wrong_usage_is_told_in_one_line(arguments: tuple[str, ...], message: str) -> None:
    answer = harness_command("check", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err
    assert answer.err.count("\n") == 1
