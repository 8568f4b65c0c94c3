"""``harness plot --kind``: every statistic as a figure; what is in it, what is said where runs are too few."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness import registry
from harness.errors import UnknownName, UsageError
from harness.reports import plots
from harness.reports.plots import styles, trajectories
from harness.reports.plots.attainment import _staircase, attainment
from harness.reports.plots.choice import grouped
from harness.reports.plots.differences import differences
from harness.reports.plots.dots import Dot, dot_figure
from harness.reports.plots.drawing import DRAWERS
from harness.reports.plots.kinds import profile, ranks, runtime
from harness.reports.plots.options import KINDS, TRAJECTORY, Options
from harness.reports.plots.panels import Line
from harness.reports.plots.references import improvement, speedup
from harness.reports.plots.regrets import regret
from harness.reports.plots.styles import Look
from harness.reports.plots.subject import Subject
from harness.runs.curves import Curves
from harness.runs.results import Results
from harness.sources.models.surrogates import SurrogateSet
from harness.statistics import average_ranks, normalized_regret, probability_of_improvement, regret_area
from support.commands import Answer

METHODS = ("random-search", "regularized-evolution", "local-search")
STATISTICS = tuple(kind for kind in KINDS if kind != TRAJECTORY)
SINGLE: dict[str, Callable[..., Any]] = {
    "regret": regret, "ranks": ranks, "differences": differences, "profile": profile, "runtime": runtime,
    "improvement": improvement, "speedup": speedup,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(toy_set: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three methods on two tasks with one objective, and on one task with two."""
    path = tmp_path_factory.mktemp("records")
    for task in ("cifar10", "fashion_mnist"):
        harness.run(task, "bb", METHODS, seeds=6, surrogates=toy_set, results=path)
    harness.run("cifar10", "bb", METHODS[:2], objective="multi", seeds=4, surrogates=toy_set, results=path)
    return path


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return harness.load_results(folder)


def subject(**options: Any) -> Subject:
    return Subject("toy", "single", "bb", "full", Options(**options))


def test_every_kind_has_a_function_that_draws_it() -> None:
    assert tuple(DRAWERS) == KINDS


def lines(results: Results, objective: str = "single", **keep: Any) -> list[list[Line]]:
    """The panels of an objective; ``methods`` and ``seeds`` restrict them."""
    entries = next(v for (_, _, o, _), v in grouped(results.records).items() if o == objective)
    entries = [(b, r) for b, r in entries if r.spec.method in keep.get("methods", METHODS)]
    panels = trajectories.panels_of(entries, "full", False, pytest.fail)
    if seeds := keep.get("seeds"):
        panels = [[dataclasses.replace(line, curves=cut(line.curves, seeds)) for line in panel] for panel in panels]
    return panels


def cut(curves: Curves, seeds: int) -> Curves:
    return dataclasses.replace(curves, seeds=curves.seeds[:seeds], values=curves.values[:seeds])


def drawn(function: Callable[..., Any], panels: list[list[Line]], **options: Any) -> Any:
    with styles.style():
        fig = function(panels, subject(**options))
        fig.canvas.draw()
    return fig


def said(fig: Any) -> str:
    """All text in the figure, in one line."""
    texts = [t.get_text() for t in fig.texts] + [t.get_text() for ax in fig.axes for t in (*ax.texts, ax.title)]
    return " ".join(" ".join(texts).split())


@pytest.mark.parametrize(
    "kind",
    [kind if kind in ("ranks", "attainment") else pytest.param(kind, marks=pytest.mark.slow) for kind in STATISTICS],
)
def test_every_kind_is_written_under_its_name(results: Results, kind: str, tmp_path: Path) -> None:
    told: list[str] = []
    written = plots.draw(results, tmp_path, kind=kind, formats=["png", "svg", "pdf"], on_problem=told.append)
    names = {path.name for path in written}
    objective = "multi" if kind == "attainment" else "single"
    assert {f"toy-{objective}-bb-{kind}.{form}" for form in ("png", "svg", "pdf")} <= names
    if kind == "attainment":
        assert told == []  # that the other records have one objective is no problem
        alone = Results(tuple(r for r in results if "/single/" in r.spec.leaderboard))
        assert plots.draw(alone, tmp_path, kind=kind, on_problem=told.append) == []
        assert told == ["toy single bb: an attainment surface needs two objectives; run some with --objective multi"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", STATISTICS)
def test_the_same_records_give_the_same_bytes(results: Results, kind: str, tmp_path: Path) -> None:
    once, again = (
        plots.draw(results, tmp_path / name, kind=kind, formats=styles.FORMATS, on_problem=lambda _: None)
        for name in "ab"
    )
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]


@pytest.mark.parametrize("kind", SINGLE)
@pytest.mark.parametrize("width", styles.WIDTHS)
def test_nothing_leaves_the_figure_or_covers_the_axes(results: Results, kind: str, width: str) -> None:
    fig = drawn(SINGLE[kind], lines(results), width=width)
    renderer = fig.canvas.get_renderer()
    page = fig.bbox
    artists = [
        *fig.texts,
        *fig.legends,
        *(t for ax in fig.axes for t in (*ax.texts, ax.title, ax.xaxis.label) if t.get_text()),
    ]
    for artist in artists:
        box = artist.get_window_extent(renderer)
        assert page.x0 - 1 <= box.x0, artist
        assert box.x1 <= page.x1 + 1, artist
        assert page.y0 - 1 <= box.y0, artist
        assert box.y1 <= page.y1 + 1, artist
    for legend in fig.legends:
        for ax in fig.axes:
            assert legend.get_window_extent(renderer).y1 <= ax.get_window_extent(renderer).y0


def test_ranks_are_those_of_the_statistics(results: Results) -> None:
    panels = lines(results)
    fig = drawn(ranks, panels)
    values = [np.stack([line.curves.values for line in panel]) for panel in panels]
    mean = average_ranks(values, maximize=False)
    ends = sorted(float(line.get_ydata()[-1]) for line in fig.axes[0].get_lines())
    assert ends == pytest.approx(sorted(mean[:, -1].tolist()))
    assert fig.axes[0].get_ylim()[0] > fig.axes[0].get_ylim()[1]  # 1 is on top
    assert "Ranks of 3 methods over 2 tasks and 6 seeds each, 1 is best." in said(fig)
    assert "95 % bootstrap intervals" in said(fig)


def test_one_seed_gives_ranks_without_bands_and_says_so(results: Results) -> None:
    assert "No bands: a bootstrap interval needs at least 2 seeds." in said(drawn(ranks, lines(results, seeds=1)))


def test_differences_names_every_method_with_its_rank(results: Results) -> None:
    fig = drawn(differences, lines(results))
    text = said(fig)
    for method in METHODS:
        assert re.search(rf"{method} \d\.\d\d|\d\.\d\d {method}", text)
    assert "Friedman p =" in text
    assert "2 tasks and 6 seeds each" in text


def test_too_few_seeds_for_the_test_are_said_and_the_ranks_drawn(results: Results) -> None:
    told: list[str] = []
    text = said(drawn(differences, lines(results, seeds=1), on_problem=told.append))
    assert "Not tested: telling 3 methods apart in pairs at 0.05 needs 7 runs of each, and there are 2." in text
    assert "random-search" in text
    assert "needs at least 7 seeds, but there are 2; run more with --seeds 7" in told[0]


def test_a_profile_falls_to_the_share_of_the_best_run(results: Results) -> None:
    fig = drawn(profile, lines(results))
    for ax in fig.axes:
        shares = [np.asarray(line.get_ydata()) for line in ax.get_lines()]
        assert all((np.diff(share) >= 0).all() and share[-1] == 1.0 for share in shares)
        assert sum(share[0] for share in shares) >= 1 / 6 - 1e-12  # the best run of all is at least as good as itself
    assert "final score ≤ τ" in said(fig)


def test_a_profile_of_what_is_maximised_falls(results: Results) -> None:
    fig = drawn(profile, lines(results, "multi"))
    assert all((np.diff(np.asarray(line.get_ydata())) <= 0).all() for line in fig.axes[0].get_lines())
    assert "final score ≥ τ" in said(fig)


def test_a_runtime_distribution_never_falls(results: Results) -> None:
    fig = drawn(runtime, lines(results))
    for ax in fig.axes:
        for line in ax.get_lines():
            shares = np.asarray(line.get_ydata())
            assert (np.diff(shares) >= 0).all()
            assert 0 <= shares[0] <= shares[-1] <= 1
    assert "51 targets" in said(fig)


def test_improvement_is_over_the_settings_own_method_or_the_one_asked_for(results: Results) -> None:
    panels = lines(results)
    fig = drawn(improvement, panels)
    assert (
        fig.axes[0].get_title()
        == f"Better than {registry.default_method(registry.leaderboard('cifar10', 'single', 'bb'))}"
    )
    fig = drawn(improvement, panels, reference="local-search")
    rows = [label.get_text() for label in fig.axes[0].get_yticklabels() if label.get_text()]
    assert sorted(rows) == ["random-search", "regularized-evolution"]
    finals = {line.label: [p[i].curves.values[:, -1] for p in panels] for i, line in enumerate(panels[0])}
    expected = [probability_of_improvement(finals[r], finals["local-search"], maximize=False) for r in rows]
    dots = [float(line.get_xdata()[0]) for line in fig.axes[0].get_lines() if len(line.get_xdata()) == 1]
    assert dots == pytest.approx(sorted(expected, reverse=True))
    with pytest.raises(UnknownName, match="reference among these methods"):
        improvement(panels, subject(reference="hyperband"))


def test_regret_is_between_the_best_run_and_guessing(results: Results) -> None:
    panels = lines(results)
    fig = drawn(regret, panels, labels="direct")
    best = [min(float(line.curves.values[:, -1].min()) for line in panel) for panel in panels]
    for index, name in enumerate(line.label for line in panels[0]):
        runs = [
            normalized_regret(panel[index].curves.values, best=low, reference=panel[index].start, maximize=False)
            for panel, low in zip(panels, best, strict=True)
        ]
        mean = np.mean([one.mean(axis=0) for one in runs], axis=0)
        [line] = [one for one in fig.axes[0].get_lines() if one.get_label() == name]
        assert np.asarray(line.get_ydata()) == pytest.approx(mean)
        area = regret_area(mean, panels[0][0].curves.grid, best=0.0, reference=1.0, maximize=False)
        assert f"{name} ({float(area):.4f})" in said(fig)
    assert "95 % bootstrap intervals over seeds" in said(fig)
    assert "No bands: a bootstrap interval needs at least 2 seeds." in said(drawn(regret, lines(results, seeds=1)))


def test_speedup_is_the_budget_over_the_time_to_the_references_end(results: Results) -> None:
    panels = lines(results)
    fig = drawn(speedup, panels, reference="local-search")
    assert [ax.get_title() for ax in fig.axes if ax.get_title()] == ["CIFAR-10", "Fashion-MNIST", "Geometric mean"]
    factors = []
    for panel in panels:
        mean = {line.label: line.curves.values.mean(axis=0) for line in panel}
        reached = mean["random-search"] <= mean["local-search"][-1]
        grid = panel[0].curves.grid
        factors.append(float(grid[-1] / grid[reached.argmax()]) if reached.any() else None)
    rows = [text.get_text() for text in fig.axes[0].get_yticklabels() if text.get_text()]
    for ax, factor in zip(fig.axes, factors, strict=False):
        dots = {round(float(one.get_ydata()[0])): float(one.get_xdata()[0]) for one in ax.get_lines()
                if len(one.get_xdata()) == 1}  # fmt: skip
        drawn_at = dots.get(rows.index("random-search"))
        assert drawn_at == (None if factor is None else pytest.approx(factor))
    alone = [drawn(speedup, lines(results, seeds=1), reference=name) for name in METHODS]
    assert all("No bars: they need 2 seeds." in said(fig) for fig in alone)
    drawn_lines = [line for fig in alone for ax in fig.axes for line in ax.get_lines()]
    assert any(len(line.get_xdata()) == 1 for line in drawn_lines)  # some method is where another ends


def test_attainment_needs_two_objectives(results: Results) -> None:
    fig = drawn(attainment, lines(results, "multi"))
    assert (fig.axes[0].get_xlabel(), fig.axes[0].get_ylabel()) == ("latency", "valid-acc")
    with pytest.raises(UsageError, match="needs two objectives"):
        attainment(lines(results), subject())


def test_a_staircase_holds_the_best_value_so_far() -> None:
    corners = np.array([[1.0, 5.0], [3.0, 9.0]])
    assert _staircase(corners, np.array([0.0, 1.0, 2.0, 3.0, 4.0]), (False, True)).tolist()[1:] == [5.0, 5.0, 9.0, 9.0]
    assert np.isnan(_staircase(corners, np.array([0.0]), (False, True))).all()


def test_methods_that_miss_a_task_are_left_out_and_named(results: Results) -> None:
    panels = lines(results)
    panels[1] = panels[1][:2]
    told: list[str] = []
    missing = panels[0][2].label
    assert "Ranks of 2 methods" in said(drawn(ranks, panels, on_problem=told.append))
    assert told == [f"{missing} has no complete seed on fashion_mnist/single/bb and is left out where tasks are pooled"]


def test_comparing_one_method_is_refused_with_what_would_do(results: Results) -> None:
    with pytest.raises(UsageError, match="and there is 1; run more with --method"):
        ranks(lines(results, methods=METHODS[:1]), subject())


def test_contents_of_one_sets_name_are_told_apart(results: Results, tmp_path: Path) -> None:
    """A surrogate set that was made again under its old name: two figures, labelled, never one average."""
    old = [dataclasses.replace(r, spec=dataclasses.replace(r.spec, surrogates_hash="ab" * 32)) for r in results]
    written = plots.draw(Results((*results.records, *old)), tmp_path, formats=["svg"])
    stems = {path.stem for path in written}
    assert "toy-abababab-single-bb" in stems
    assert len(stems) == 4
    assert all(re.match(r"toy-[0-9a-f]{8}-", stem) for stem in stems)


def test_dots_without_a_value_are_left_out() -> None:
    panels = {"t": {"a": {"x": Dot(1.0), "y": Dot(float("nan"))}, "b": {"x": Dot(2.0, 1.5, 2.5)}}}
    look = Look({"x": 0, "y": 1}, {"x": "x", "y": "y"}, True, "column", bands=False, lines=False)
    with styles.style():
        fig = dot_figure(panels, look, x_label="n")
    lines = [np.asarray(line.get_xdata()) for line in fig.axes[0].get_lines()]
    assert sorted(float(x[0]) for x in lines if len(x) == 1) == [1.0, 2.0]


def test_an_unknown_kind_names_the_nearest(results: Results, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="unknown kind of plot 'rank' \\(did you mean 'ranks'\\?\\)"):
        plots.draw(results, tmp_path, kind="rank")


def test_the_command_draws_a_kind(command: Callable[..., Answer], folder: Path, tmp_path: Path) -> None:
    answer = command("plot", "--results", folder, "--out", tmp_path, "--kind", "differences", "--format", "svg")
    assert answer.code == 1  # two methods with two objectives are too few for a test, which is said
    assert "toy-single-bb-differences.svg" in answer.out
    assert "a critical-difference diagram compares at least three methods, not 2" in answer.err
    empty = command("plot", "--results", tmp_path / "none", "--kind", "ranks")
    assert empty.code == 2
    assert "make some with: harness run --task cifar10 --setting mf" in empty.err
