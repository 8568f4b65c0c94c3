"""``harness leaderboard``: the baselines, from nothing to records, and the tables, from records to Markdown and CSV."""

# ruff: noqa: ARG001, ARG002 - fixtures and methods whose arguments are given, not used

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import registry
from harness.benchmark.methods import MethodEntry
from harness.errors import UnknownName
from harness.runs.execution import baselines
from harness.runs.results import load_results
from harness.sources.models.surrogates import SurrogateSet
from optimizers import METHODS
from support.commands import Answer, in_process
from support.handwritten import handwritten
from support.made_records import around, put

Inside = Callable[..., Answer]


@pytest.fixture
def inside(clockwork: SurrogateSet, capsys: pytest.CaptureFixture[str]) -> Inside:
    """``inside("leaderboard", ...)`` runs the command line in this process."""
    return in_process(capsys)


class Thrice:
    """Three random configurations, then nothing more to ask."""

    def __init__(self, problem: Any, seed: int) -> None:
        import numpy as np

        self.space, self.rng, self.left = problem.space, np.random.default_rng(seed), 3

    def ask(self) -> Any:
        self.left -= 1
        return self.space.sample(self.rng) if self.left >= 0 else None

    def tell(self, observation: Any) -> None:
        pass


class Broken(Thrice):
    """Raises on the second configuration."""

    def tell(self, observation: Any) -> None:
        raise ValueError("no more")


@pytest.fixture
def three_methods(monkeypatch: pytest.MonkeyPatch) -> dict[str, MethodEntry]:
    """A registry of a method for one setting, one whose library does not exist and one for two objectives."""
    entries = [
        MethodEntry(
            "elsewhere", "elsewhere:Method", handwritten(Thrice).capabilities, libraries=("no-such",), extra="x"
        ),
        handwritten(Thrice, "thrice", settings=("bb",), axis=None),
        handwritten(Broken, "broken", settings=("ca",), objectives=("multi",), axis=None),
    ]
    known = {entry.name: entry for entry in entries}
    monkeypatch.setattr(registry, "methods", lambda: known)
    return known


def run_baselines(inside: Inside, results: Path, *more: object) -> Answer:
    return inside("leaderboard", "baselines", "--surrogates", "clockwork", "--seeds", 2, "--results", results, *more)


def test_every_method_is_planned_wherever_it_can_run(clockwork: SurrogateSet) -> None:
    plan = baselines.plan(clockwork, range(10))
    planned = {(job.spec.method, job.spec.leaderboard) for job in plan.jobs}
    possible = {
        (entry.name, board.id) for entry in METHODS.values() for board in registry.suite().leaderboards.values()
        if board.setting.name in entry.capabilities.settings and board.objective in entry.capabilities.objectives
        and entry.name not in plan.left_out
    }  # fmt: skip
    assert planned == possible
    assert {job.seeds for job in plan.jobs} == {tuple(range(10))}
    assert all(not job.spec.variant for job in plan.jobs)
    assert {name for name, entry in METHODS.items() if not entry.libraries}.isdisjoint(plan.left_out)


def test_cheap_methods_come_first(clockwork: SurrogateSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MethodEntry, "require", lambda _: None)
    order = [METHODS[job.spec.method] for job in baselines.plan(clockwork, [0]).jobs]
    costs = [(entry.slow, bool(entry.libraries)) for entry in order]
    assert costs == sorted(costs)
    assert {entry.name for entry in order} == set(METHODS)


def test_choices_narrow_the_plan(clockwork: SurrogateSet) -> None:
    plan = baselines.plan(
        clockwork, [0], leave_out=["hyperband"], tasks=["cifar10"], objectives=["single"], settings=["mf"]
    )
    assert {job.spec.leaderboard for job in plan.jobs} == {"cifar10/single/mf"}
    assert plan.left_out["hyperband"] == "as asked"
    assert "hyperband-diagonal" not in plan.left_out, "it was not asked for on this leaderboard"
    asked = baselines.plan(clockwork, [0], methods=["hyperband-diagonal"], settings=["mf"])
    assert asked.left_out == {"hyperband-diagonal": "supports none of these leaderboards"}
    with pytest.raises(UnknownName, match="did you mean 'hyperband'"):
        baselines.plan(clockwork, [0], leave_out=["hyperbnd"])
    with pytest.raises(UnknownName, match="unknown setting 'xy'"):
        baselines.plan(clockwork, [0], settings=["xy"])


def test_the_command_runs_what_it_can_and_names_the_rest(
    inside: Inside, three_methods: dict[str, MethodEntry], tmp_path: Path
) -> None:
    answer = run_baselines(inside, tmp_path)
    assert answer.code == 1
    lines = {line.split()[0]: line for line in answer.out.splitlines()}
    assert "6 leaderboards, 12 runs" in lines["thrice"]
    assert "needs no-such, which is not installed: pip install 'jahs-harness[x]'" in lines["elsewhere"]
    assert f"harness verify {tmp_path} --save" in lines["Next:"]
    assert len(answer.err.splitlines()) == 6, "three leaderboards, two seeds each"
    assert "broken seed 0 failed: broken raised ValueError: no more" in answer.err
    assert len(load_results(tmp_path).records) == 6 + 3


def test_the_command_goes_on_where_it_stopped(
    inside: Inside, three_methods: dict[str, MethodEntry], tmp_path: Path
) -> None:
    assert run_baselines(inside, tmp_path, "--method", "thrice").code == 0
    again = run_baselines(inside, tmp_path, "--method", "thrice", "--seeds", 3)
    assert again.code == 0
    assert "6 leaderboards, 6 runs, 0 s inside the method, 12 there already" in again.out


def test_a_record_is_merged_as_soon_as_its_last_seed_is_done(
    clockwork: SurrogateSet, three_methods: dict[str, MethodEntry], tmp_path: Path
) -> None:
    from harness.runs.execution.execute import execute

    seen: list[int] = []
    jobs = baselines.plan(clockwork, [0, 1], methods=["thrice"]).jobs
    execute(jobs, tmp_path, on_run=lambda *_: seen.append(len(list(tmp_path.rglob("thrice.parquet")))))
    assert seen == [n // 2 for n in range(12)]
    assert not list(tmp_path.rglob("*.parts"))


def test_nothing_to_run_is_wrong_usage(inside: Inside, three_methods: dict[str, MethodEntry], tmp_path: Path) -> None:
    answer = run_baselines(inside, tmp_path, "--method", "elsewhere")
    assert answer.code == 2
    assert "nothing is left to run (elsewhere: needs no-such" in answer.err
    assert run_baselines(inside, tmp_path, "--jobs", 0).code == 2


# Rendering.


@pytest.fixture
def folder(clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two records of the set ``clockwork`` and one of a set that is not here."""
    monkeypatch.chdir(tmp_path)
    results = tmp_path / "results" / "baselines"
    put(results, clockwork, "cifar10/single/bb", "mine", around(90.0, spread=0.02))
    put(results, clockwork, "cifar10/multi/bb", "mine", around(90.0))
    put(results, clockwork, "cifar10/single/bb", "mine", around(90.0), surrogates="away", surrogates_hash="1" * 64)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_render_writes_a_page_and_scores_for_every_set(inside: Inside, folder: Path) -> None:
    answer = inside("leaderboard", "render")
    assert (answer.code, answer.err) == (0, "")
    names = [f"leaderboards/{name}/{file}" for name in ("away", "clockwork") for file in ("scores.csv", "README.md")]
    assert answer.out.splitlines() == names
    assert sorted(contents(folder / "leaderboards")) == sorted(name.removeprefix("leaderboards/") for name in names)
    text = (folder / "leaderboards/clockwork/README.md").read_text(encoding="utf-8")
    assert text.count("<!-- BEGIN ") == text.count("<!-- END ") == 25
    assert "| 1 | [`mine`](../../results/baselines/clockwork/cifar10/single/bb/mine.parquet) | 9.91 ± 0.02 |" in text
    assert "1" * 64 in (folder / "leaderboards/away/README.md").read_text(encoding="utf-8")


def test_render_gives_the_same_bytes_from_anywhere(
    inside: Inside, folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inside("leaderboard", "render").code == 0
    here = contents(folder / "leaderboards")
    assert [line.endswith("(unchanged)") for line in inside("leaderboard", "render").out.splitlines()] == [True] * 4
    assert contents(folder / "leaderboards") == here
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(folder, elsewhere)
    shutil.rmtree(elsewhere / "leaderboards")
    monkeypatch.chdir(elsewhere.parent)
    places = "--results", elsewhere / "results/baselines", "--leaderboards", "copy/leaderboards"
    assert inside("leaderboard", "render", *places).code == 0
    assert contents(elsewhere / "leaderboards") == here


def test_check_names_what_differs_and_writes_nothing(inside: Inside, folder: Path, clockwork: SurrogateSet) -> None:
    answer = inside("leaderboard", "render", "--check")
    assert (answer.code, len(answer.err.splitlines()), (folder / "leaderboards").exists()) == (1, 4, False)
    assert inside("leaderboard", "render").code == 0
    assert inside("leaderboard", "render", "--check").code == 0
    put(folder / "results/baselines", clockwork, "cifar10/single/bb", "mine", around(91.0))
    before = contents(folder)
    answer = inside("leaderboard", "render", "--check")
    assert answer.code == 1
    assert answer.err.splitlines() == [
        f"harness: leaderboards/clockwork/{file} is not what the records give; run: harness leaderboard render"
        for file in ("scores.csv", "README.md")
    ]
    assert contents(folder) == before
    answer = inside("leaderboard", "render", "--check", "--surrogates", "away")
    assert (answer.code, answer.err) == (0, "")


@pytest.mark.parametrize("file", ["scores.csv", "README.md"])
def test_check_sees_an_edited_table(inside: Inside, folder: Path, file: str) -> None:
    assert inside("leaderboard", "render").code == 0
    path = folder / "leaderboards/clockwork" / file
    path.write_bytes(path.read_bytes().replace(b"9.91", b"8.91"))
    answer = inside("leaderboard", "render", "--check")
    assert answer.code == 1
    assert f"clockwork/{file} is not what the records give" in answer.err
    assert inside("leaderboard", "render").code == 0
    assert inside("leaderboard", "render", "--check").code == 0


def test_a_damaged_record_is_named_and_the_rest_rendered(inside: Inside, folder: Path) -> None:
    path = folder / "results/baselines/clockwork/cifar10/single/bb/mine.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    answer = inside("leaderboard", "render")
    assert answer.code == 1
    [line] = answer.err.splitlines()
    assert "cifar10/single/bb/mine.parquet is not a readable record" in line
    assert line.endswith("; it was left out")
    text = (folder / "leaderboards/clockwork/README.md").read_text(encoding="utf-8")
    assert "### cifar10/single/bb\n\nCIFAR-10. Validation error [%], lower is better.\n\nNo ranked entry yet." in text
    assert "cifar10/multi/bb/mine.parquet" in text
    assert inside("leaderboard", "render", "--check").code == 1, "as long as the record is damaged"


def test_a_page_without_markers_is_left_alone_and_the_rest_rendered(inside: Inside, folder: Path) -> None:
    home = folder / "leaderboards/clockwork"
    home.mkdir(parents=True)
    (home / "README.md").write_text("Our own page.\n")
    answer = inside("leaderboard", "render")
    assert answer.code == 1
    assert "README.md must have the lines <!-- BEGIN overview --> and <!-- END overview -->" in answer.err
    assert (home / "README.md").read_text() == "Our own page.\n"
    assert {"away/README.md", "away/scores.csv", "clockwork/scores.csv"} < set(contents(home.parent))


def test_a_set_whose_records_are_gone_is_rendered_empty(inside: Inside, folder: Path) -> None:
    assert inside("leaderboard", "render").code == 0
    shutil.rmtree(folder / "results/baselines/away")
    assert inside("leaderboard", "render", "--check").code == 1
    assert inside("leaderboard", "render").code == 0
    text = (folder / "leaderboards/away/README.md").read_text(encoding="utf-8")
    assert "There are no records of it here yet." in text
    assert text.count("No ranked entry yet.") == 24


def test_render_refuses_what_is_not_there(inside: Inside, folder: Path, tmp_path: Path) -> None:
    answer = inside("leaderboard", "render", "--surrogates", "clockwrk")
    assert answer.code == 2
    assert "did you mean 'clockwork'" in answer.err
    answer = inside("leaderboard", "render", "--results", tmp_path / "none", "--leaderboards", tmp_path / "none")
    assert answer.code == 2
    assert "make some with: harness leaderboard baselines" in answer.err


def test_baselines_end_up_in_the_tables(
    inside: Inside, three_methods: dict[str, MethodEntry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    choice = "--method", "thrice", "--surrogates", "clockwork", "--task", "cifar10", "--seeds", 10
    assert inside("leaderboard", "baselines", *choice).code == 0
    assert inside("leaderboard", "render").code == 0
    text = (tmp_path / "leaderboards/clockwork/README.md").read_text(encoding="utf-8")
    assert text.count("| 1 | [`thrice`]") == 2
