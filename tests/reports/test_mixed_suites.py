"""A results folder with records of several suites: tables, site and figures keep them apart and name each."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest

import harness
from harness import registry
from harness.reports import plots
from harness.reports.site.build import build
from harness.reports.tables.render import render
from harness.runs.results import load_results
from harness.sources.models.surrogates import SurrogateSet
from harness.statistics import ranking
from support import made_modules, made_suite
from support.imports import import_table

TWO = made_suite.DECLARATION.replace(
    'objective = { metric = "valid", maximize = true, test = "test" }',
    'objectives = [{ metric = "valid", maximize = true, test = "test" }, { metric = "parameters", maximize = false }]',
).replace('also = ["parameters"]\n', "")
METHODS = ["random-search", "local-search", "regularized-evolution"]


@pytest.fixture(scope="module")
def mixed(toy_set: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """JAHS records, those of a declared suite with two objectives and those of a module, in one folder."""
    folder = tmp_path_factory.mktemp("mixed")
    declared = TWO.replace('"toynets"', '"mixednets"').replace("Toy networks", "Toy networks: of two objectives")
    import_table(made_suite.write(folder / "declared", declaration=declared))
    import_table(made_modules.write(folder / "module"))
    results = folder / "results"
    harness.run("cifar10", "bb", METHODS, seeds=10, surrogates=toy_set, results=results)
    harness.run("cifar10", "bb", METHODS[0], seeds=3, surrogates=toy_set, results=results, protocol="async", workers=4)
    for objective in ("single", "multi"):
        harness.run("toy", "bb", METHODS, objective=objective, seeds=3, suite="mixednets", results=results)
    harness.run("toy", "mf", "hyperband", seeds=3, suite="mixednets", results=results)
    harness.run("sum", "bb", METHODS, seeds=3, suite="pairs", results=results)
    return results


def test_every_set_has_a_page_of_tables_of_its_own_suite(mixed: Path, tmp_path: Path) -> None:
    rendered = render(mixed, tmp_path)
    assert rendered.problems == ()
    pages = {path.parent.name: text for path, text in rendered.files.items() if path.name == "README.md"}
    assert sorted(pages) == ["mixednets", "pairs", "toy"]
    blocks = {name: re.findall(r"^<!-- BEGIN (\S+) -->$", text, re.MULTILINE)[1:] for name, text in pages.items()}
    assert blocks["mixednets"] == harness.leaderboards("mixednets")
    assert blocks["pairs"] == ["pairs/sum/single/bb"]
    assert {*blocks["toy"]} == {*harness.leaderboards(), "async-w4/cifar10/single/bb"}, "and the one that has records"
    assert "Test regret, lower is better" in pages["mixednets"]
    assert "Hypervolume, higher is better" in pages["mixednets"]
    assert "| median (quartiles) |" in pages["mixednets"]
    assert "Test regret [% points], lower is better" in pages["pairs"]
    assert "- **at 1.2, 3, 6, 12**:" in pages["mixednets"], "shares of a budget of 12"
    assert "test error" not in pages["mixednets"] + pages["pairs"]
    assert "quartiles" not in pages["toy"]


def test_entries_of_any_suite_are_ranked_and_summarised(mixed: Path, tmp_path: Path) -> None:
    rendered = render(mixed, tmp_path, "mixednets")
    text = next(text for path, text in rendered.files.items() if path.name == "scores.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 7
    assert {row["status"] for row in rows} == {"ranked"}
    finals = {}
    for row in harness.load_results(mixed, "mixednets").summary():
        finals[row["leaderboard"], row["method"]] = row
    for row in rows:
        own = finals[row["leaderboard"], row["method"]]
        assert float(row["mean"]) == pytest.approx(own["mean"])
        assert [float(row[k]) for k in ("lower", "median", "upper")] == pytest.approx(
            [own[k] for k in ("lower", "median", "upper")]
        )
        assert float(row["at_100"]) == pytest.approx(own["mean"])


def test_a_set_has_the_leaderboards_that_are_played_on_it() -> None:
    small = registry.leaderboards_on("nasbench101-small", "nasbench101")
    assert {board.task for board in small.values()} == {"small4", "tiny4"}
    for name in ("nasbench101", "nasbench101-only108"):
        assert {board.task for board in registry.leaderboards_on(name, "nasbench101").values()} == {"cifar10", "mini"}
    assert list(registry.leaderboards_on("lite-1")) == harness.leaderboards()


def text_of(page: Path) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")).split())


def test_the_site_names_the_suite_of_every_page_and_links_them_all(mixed: Path, tmp_path: Path) -> None:
    built = build(tmp_path / "site", mixed, tmp_path / "none")
    assert built.problems == ()
    assert built.entries == {"mixednets": 7, "toy": 4, "pairs": 3}
    front = tmp_path / "site" / "index.html"
    links = set(re.findall(r'href="(sets/[^"]*index\.html|index\.html)"', front.read_text(encoding="utf-8")))
    assert {"index.html", "sets/toy/index.html", "sets/pairs/index.html"} <= links
    for name, title, other in (
        ("mixednets", "Toy networks", "JAHS-Bench-201"), ("pairs", "Unordered pairs", "JAHS-Bench-201"),
        ("toy", "JAHS-Bench-201", "Unordered pairs"),
    ):  # fmt: skip
        home = front if name == "mixednets" else tmp_path / "site" / "sets" / name / "index.html"
        assert f"{title} leaderboards" in text_of(home)
        for page in (tmp_path / "site" / "sets" / name / "boards").iterdir():
            assert f"{title} leaderboards" in text_of(page)
            assert f"{other} leaderboards" not in text_of(page)
    assert "Table mixednets" in text_of(front)
    assert "Surrogate set toy" in text_of(tmp_path / "site" / "sets" / "toy" / "index.html")
    board = text_of(tmp_path / "site" / "sets" / "mixednets" / "boards" / "mixednets-toy-single-bb.html")
    assert "Test regret, lower is better." in board
    assert "Median (quartiles)" in board
    assert "At 1.2" in board
    own = registry.leaderboard_of("mixednets/toy/single/bb")
    start = own.score.start(own, next(iter(load_results(mixed, "mixednets"))).spec.constants)
    assert f"enter the mean with {start['value']:.4g}" in board
    other_protocol = text_of(tmp_path / "site" / "sets" / "toy" / "boards" / "async-w4-cifar10-single-bb.html")
    assert "CIFAR-10 single, bb, async-w4" in other_protocol
    assert "on 4 workers" in other_protocol


def test_figures_are_apart_and_say_whose_they_are(mixed: Path, tmp_path: Path) -> None:
    written = plots.draw(load_results(mixed), tmp_path, formats=["svg"])
    assert [path.stem for path in written] == [
        "mixednets-mixednets-single-bb", "mixednets-mixednets-single-mf", "mixednets-mixednets-multi-bb",
        "pairs-pairs-single-bb", "toy-single-bb", "toy-async-w4-single-bb",
    ]  # fmt: skip
    notes = {path.stem: " ".join(re.findall(r"<!-- (.*?) -->", path.read_text(encoding="utf-8"))) for path in written}
    assert "surrogates mixednets (Toy networks)" in notes["mixednets-mixednets-single-bb"]
    assert "Test regret" in notes["mixednets-mixednets-single-bb"]
    assert "Setting bb, surrogates toy." in notes["toy-single-bb"]
    assert "Setting bb (async-w4), surrogates toy." in notes["toy-async-w4-single-bb"]


def test_lines_that_end_at_the_best_there_is_do_not_stretch_an_axis(mixed: Path) -> None:
    """Regrets of 0 have no place on a logarithmic axis; it ends below the least of the others."""
    from harness.reports.plots.options import Options
    from harness.reports.plots.subject import Subject
    from harness.reports.plots.trajectories import panels_of, trajectory_figure

    records = [r for r in load_results(mixed, "pairs") if r.spec.method in METHODS]
    board = registry.leaderboard_of("pairs/sum/single/bb")
    panels = panels_of([(board, record) for record in records], "full", False, lambda _: None)
    figure = trajectory_figure(panels, Subject("pairs", "single", "bb", "full", Options(width="column")))
    means = np.concatenate([line.curves.values.mean(axis=0) for line in panels[0]])
    assert (means == 0).any()
    bottom, top = figure.axes[0].get_ylim()
    assert 0 < bottom <= means[means > 0].min()
    assert bottom >= top * 1e-4


@pytest.mark.parametrize("seed", range(5))
def test_many_differences_are_tested_as_few_are(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    differences = (rng.integers(-9, 10, 40) + seed * 0.7).round(1).tolist()
    exact = ranking.wilcoxon(differences)
    monkeypatch.setattr(ranking, "MANY", 5)
    assert ranking.wilcoxon(differences) == pytest.approx(exact, rel=1e-12)
    assert ranking.wilcoxon([0.0] * 500) == 1.0
    assert ranking.wilcoxon([1.0] * 500) < 1e-100
