"""Pictures of a results folder: what is in them, where it stands, and that they are the same bytes every time."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text

import harness
from harness import registry
from harness.errors import UnknownName, UsageError
from harness.reports import plots
from harness.reports.plots import styles, trajectories
from harness.reports.plots.choice import grouped
from harness.reports.plots.ends import apart
from harness.reports.plots.figures import compose
from harness.reports.plots.heatmap import heatmap_figure
from harness.reports.plots.options import Options
from harness.reports.plots.panels import Line
from harness.reports.plots.subject import Subject
from harness.runs.curves import Curves
from harness.runs.results import Results
from harness.scores.metrics import mean_and_error
from harness.sources.models.surrogates import SurrogateSet
from support.paths import ROOT

THREE = ("cifar10", "colorectal_histology", "fashion_mnist")


@pytest.fixture(scope="module")
def folder(toy_set: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two lines on three tasks in bb, one of them incomplete, and one line on one task in multi-objective mf."""
    path = tmp_path_factory.mktemp("records")
    for task in THREE:
        harness.run(task, "bb", surrogates=toy_set, results=path)
        harness.run(task, "bb", space="hpo", seeds=3, surrogates=toy_set, results=path)
    harness.run("cifar10", "mf", objective="multi", seeds=2, surrogates=toy_set, results=path)
    return path


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return harness.load_results(folder)


def subject(surrogates: str, setting: str, **options: Any) -> Subject:
    return Subject(surrogates, "single", setting, "full", Options(**options))


def picture(results: Results, linear: bool = False, width: str = "full", note: bool = True) -> Any:
    """The drawn figure of the first (objective, setting) of some results."""
    (name, _, _, setting), entries = next(iter(grouped(results.records).items()))
    with styles.style():
        panels = trajectories.panels_of(entries, "full", linear, pytest.fail)
        fig = trajectories.trajectory_figure(panels, subject(name, setting, linear=linear, width=width, note=note))
        fig.canvas.draw()
    return fig


def synthetic(values: list[list[float]], objective: str = "single", label: str = "mine") -> Line:
    """A line with these values (seeds x times) on the log grid from 1 to 100."""
    board = registry.leaderboard("cifar10", objective, "bb")
    curves = Curves(None, board, "full", tuple(range(len(values))), np.geomspace(1, 100, len(values[0])),  # type: ignore[arg-type]
                    np.array(values), {}, board.score.start(board, {})["value"])  # fmt: skip
    return Line(label, curves, curves.start)


def draw_synthetic(*lines: Line, linear: bool = False) -> Any:
    with styles.style():
        fig = trajectories.trajectory_figure([lines], subject("some-set", "bb", linear=linear))
        fig.canvas.draw()
    return fig


def said(fig: Any) -> str:
    """The small print, in one line."""
    return " ".join(text.get_text() for text in fig.texts).replace("\n", " ")


def legend(fig: Any) -> list[str]:
    return [text.get_text() for text in fig.legends[0].get_texts()]


def svg_texts(path: Path) -> list[str]:
    """An SVG's letters are outlines; matplotlib leaves what they spell in comments."""
    return [text.strip() for text in re.findall(r"<!-- (.*?) -->", path.read_text(), re.DOTALL)]


def test_one_figure_per_objective_and_setting(results: Results, tmp_path: Path) -> None:
    written = plots.draw(results, tmp_path / "new" / "out")
    assert [path.name for path in written] == [
        "toy-single-bb.png", "toy-single-bb.svg", "toy-multi-mf.png", "toy-multi-mf.svg",
    ]  # fmt: skip
    assert sorted(written) == sorted((tmp_path / "new" / "out").iterdir())
    single, multi = svg_texts(written[1]), svg_texts(written[3])
    assert {"CIFAR-10", "Colorectal-Histology", "Fashion-MNIST", "Validation error [%]"} <= set(single)
    assert {"CIFAR-10", "Hypervolume"} <= set(multi)
    assert not {"Colorectal-Histology", "Fashion-MNIST"} & set(multi)
    assert single.count("Approx. full evaluations") == 3
    assert single.count("random-search") == 1
    assert single.count("random-search[space=hpo] (3 seeds, incomplete)") == 1
    assert "hyperband (2 seeds, incomplete)" in multi


def test_lines_are_means_and_bands_standard_errors(results: Results) -> None:
    fig = picture(results)
    for ax, task in zip(fig.axes, THREE, strict=True):
        for line in ax.lines:
            grid = line.get_xdata()
            assert line.get_drawstyle() == "steps-post"
            frame = Results(results.records).trajectory("full", grid)
            rows = frame[(frame.leaderboard == f"{task}/single/bb") & (frame.method == line.get_label())]
            values = rows.pivot(index="seed", columns="time", values="value").to_numpy()
            mean, error = mean_and_error(values)
            np.testing.assert_array_equal(line.get_ydata(), mean)
            band = next(c for c in ax.collections if c.get_facecolor()[0, :3] == pytest.approx(rgb(line.get_color())))
            y = band.get_paths()[0].vertices[:, 1]
            assert any(abs(y - (mean + error)[-1]) < 1e-12)
            assert any(abs(y - (mean - error)[-1]) < 1e-12)


def rgb(color: str) -> list[float]:
    return [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def test_the_time_axis_ends_at_the_budget_and_counts_what_ends_there() -> None:
    board = registry.leaderboard("cifar10", "single", "bb")
    for linear in (False, True):
        grid = trajectories.time_grid(board, linear)
        assert grid[0] == (0.0 if linear else 1.0)
        assert grid[-1] == 100.0
        assert (np.diff(grid) > 0).all()


@pytest.mark.parametrize("width", ["full", "column"])
@pytest.mark.parametrize("note", [True, False])
def test_the_legend_covers_no_data_and_everything_fits(results: Results, width: str, note: bool) -> None:
    fig = picture(results, width=width, note=note)
    assert fig.get_figwidth() == styles.WIDTHS[width]
    below = [fig.legends[0].get_window_extent(), *(text.get_window_extent() for text in fig.texts)]
    assert len(below) == 1 + note
    for box in below:
        assert fig.bbox.x0 <= box.x0
        assert box.x1 <= fig.bbox.x1
        assert fig.bbox.y0 <= box.y0
        for ax in fig.axes:
            assert not box.overlaps(ax.get_tightbbox())
    for ax in fig.axes:
        assert ax.get_tightbbox().x1 <= fig.bbox.x1 + 1
        assert ax.get_tightbbox().y1 <= fig.bbox.y1 + 1
        assert ax.get_window_extent().height > 0.9 * fig.dpi


def test_letters_can_be_read_in_print(results: Results) -> None:
    for width in styles.WIDTHS:
        fig = picture(results, width=width)
        texts = [t for t in fig.findobj(lambda a: hasattr(a, "get_fontsize")) if t.get_text()]
        assert len(texts) > 20
        assert min(t.get_fontsize() for t in texts) >= 7.0


def test_a_long_legend_stays_outside_and_shows_names_as_they_are() -> None:
    names = ["_hidden.Foo", "a$x$b", "w" * 90, *(f"method-{k}[alpha=0.1,from-scratch]" for k in range(9))]
    fig = draw_synthetic(*(synthetic([[90.0, 20.0, 9.0]] * 10, label=name) for name in names))
    assert sorted(text.replace("\n", "") for text in legend(fig)) == sorted(names)
    box = fig.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= fig.bbox.x1
    assert not box.overlaps(fig.axes[0].get_tightbbox())


def test_words_of_a_suite_are_no_formulas() -> None:
    """Titles of tasks and names of metrics: "$x^$" is no formula that can be drawn."""
    strange = "a $x^$ b"
    look = styles.Look({"m": 0}, {"m": strange}, linear=True, width="full")
    panels = compose([strange, f"2 {strange}"], lambda *_: None, look, str, x_label=strange, y_label=strange)
    kinds = {strange: {strange: "c$^", "b": "d"}}
    heat = heatmap_figure(np.eye(2), [strange, "b"], [], kinds, title=strange, bar_label=strange)
    for fig, shown in ((panels, 5), (heat, 4)):
        fig.draw_without_rendering()
        assert len([text for text in fig.findobj(Text) if text.get_text() == strange]) >= shown


def test_guessing_is_cut_off_and_said() -> None:
    fig = draw_synthetic(synthetic([[90.0, 90.0, 30.0, 12.0], [90.0, 20.0, 20.0, 10.0]]))
    low, high = fig.axes[0].get_ylim()
    assert 9 < low < 10
    assert 30 < high < 33  # from where both seeds have an evaluation: 25 with a standard error of 5
    assert "Above the axis is how runs begin: seeds without an evaluation enter the mean with 90." in said(fig)


def test_nothing_is_said_where_nothing_is_cut_off() -> None:
    fig = draw_synthetic(synthetic([[12.0, 12.0], [10.0, 10.0]]))
    assert "axis" not in said(fig)


def test_the_first_draws_do_not_squeeze_the_rest() -> None:
    """On a grid of 1, 10 and 100 full evaluations, the first is before 4 % of the budget."""
    fig = draw_synthetic(synthetic([[60.0, 12.0, 9.0], [50.0, 11.0, 8.0]]))
    assert 12 < fig.axes[0].get_ylim()[1] < 13
    assert "Above the axis is how runs begin" in said(fig)


def test_hypervolume_is_cut_off_below() -> None:
    fig = draw_synthetic(synthetic([[0.0, 0.5, 0.7], [0.0, 0.6, 0.7]], "multi"))
    assert 0.45 < fig.axes[0].get_ylim()[0] < 0.55
    assert "Below the axis is how runs begin: seeds without an evaluation enter the mean with 0." in said(fig)
    assert fig.axes[0].get_yscale() == "linear"


def test_a_method_that_never_gets_anywhere_stays_in_view() -> None:
    fig = draw_synthetic(synthetic([[90.0, 90.0]] * 10, label="stuck"), synthetic([[90.0, 9.0]] * 10))
    low, high = fig.axes[0].get_ylim()
    assert low < 9
    assert high > 90


def test_one_seed_has_a_line_and_no_band() -> None:
    fig = draw_synthetic(synthetic([[90.0, 20.0, 9.0]]))
    assert legend(fig) == ["mine (1 seed, incomplete)"]
    assert fig.axes[0].get_ylim()[0] < 9


@pytest.mark.parametrize(
    ("low", "high", "some"),
    [(8.1, 25, {10, 20}), (51.2, 52.4, {51.4, 52.0}), (0.4, 90, {1, 10}), (4.6, 5.4, {5.0}), (9, 9.02, set())],
)  # fmt: skip
def test_a_logarithmic_axis_has_round_ticks(low: float, high: float, some: set[float]) -> None:
    from harness.reports.plots.ticks import log_ticks

    ticks = log_ticks(low, high)
    assert 2 <= len(ticks) <= 8
    assert all(low <= tick <= high for tick in ticks)
    assert some <= {round(tick, 9) for tick in ticks}


def test_linear_axes(results: Results) -> None:
    for ax in picture(results, linear=True).axes:
        assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "linear")
        assert ax.get_xlim() == (0.0, 100.0)


def test_both_views(results: Results, tmp_path: Path) -> None:
    written = plots.draw(results, tmp_path, view="both", formats=["svg"])
    assert [path.stem for path in written] == [
        "toy-single-bb", "toy-multi-mf", "toy-single-bb-observed", "toy-multi-mf-observed",
    ]  # fmt: skip
    full, observed = (" ".join(svg_texts(path)) for path in (written[1], written[3]))
    assert "evaluations at full fidelity count" in full.replace("\n", " ")
    assert "evaluations at every fidelity count" in observed.replace("\n", " ")


def test_surrogate_sets_are_never_in_one_figure(
    results: Results, toy_set: SurrogateSet, clockwork: SurrogateSet, tmp_path: Path
) -> None:
    other = harness.run("cifar10", "bb", seeds=2, surrogates=clockwork)
    mixed = Results((*other.records, *results.records))
    written = plots.draw(mixed, tmp_path, formats=["svg"])
    assert [path.stem for path in written] == ["clockwork-single-bb", "toy-single-bb", "toy-multi-mf"]
    assert "Colorectal-Histology" not in svg_texts(written[0])
    alone = plots.draw(mixed, tmp_path / "alone", surrogates=toy_set.name, formats=["svg"])
    assert [path.read_bytes() for path in alone] == [path.read_bytes() for path in written[1:]]
    with pytest.raises(UnknownName, match="clockwork, toy"):
        plots.draw(mixed, tmp_path, surrogates="toyy")


def test_an_entry_found_in_two_folders_is_two_lines(folder: Path, tmp_path: Path) -> None:
    kept = [Path(f"toy/{task}/single/bb/random-search.parquet") for task in THREE]
    for name, records in (("local", kept), ("old/baselines", kept[:1])):
        for record in records:
            (tmp_path / name / record).parent.mkdir(parents=True)
            shutil.copy(folder / record, tmp_path / name / record)
    labels = legend(picture(harness.load_results(tmp_path)))
    assert sorted(labels) == ["random-search (local)", "random-search (old/baselines)"]


def test_an_entry_twice_in_memory_is_two_lines(toy_set: SurrogateSet) -> None:
    once, again = (harness.run("cifar10", "bb", seeds=seeds, surrogates=toy_set) for seeds in ("0-9", "10-19"))
    assert sorted(legend(picture(Results((*once, *again))))) == ["random-search", "random-search #2"]


def test_an_entry_without_a_complete_seed_is_reported(results: Results, tmp_path: Path) -> None:
    def failed(record: Any) -> Any:
        return dataclasses.replace(record, runs={s: {**run, "status": "failed"} for s, run in record.runs.items()})

    told: list[str] = []
    first, *rest = results.records
    assert plots.draw(Results((failed(first), *rest)), tmp_path, on_problem=told.append)
    assert told == [f"{first.spec.leaderboard} {first.spec.label} has no complete seed and is not drawn"]
    with pytest.warns(UserWarning, match="no complete seed"):
        assert plots.draw(Results((failed(first),)), tmp_path / "none") == []
    assert not (tmp_path / "none").exists()


def test_known_methods_keep_their_look() -> None:
    known = list(registry.methods())
    for labels in ([known[1]], [known[1], "other", "another"], [f"{known[1]}[axis=N]", *known]):
        assert styles.slots(labels, known)[known[1]] == 1


def test_other_labels_take_stable_and_different_looks() -> None:
    labels = [f"m{k}" for k in range(25)]
    chosen = styles.slots(labels, ["random-search"])
    assert chosen == styles.slots(reversed(labels), ["random-search"])
    looks = {label: styles.line_style(slot) for label, slot in chosen.items()}
    assert len({(look.color, look.dashes, look.marker) for look in looks.values()}) == 25
    assert len({look.color for look in list(looks.values())[:7]}) == 7
    variants = styles.slots(["a", "a[x=1]", "a[x=2]", "a[x=3]", "b", "c", "d"], ["a", "b"])
    assert len({styles.line_style(slot).color for slot in variants.values()}) == 7
    assert styles.slots(["sole"], ["a"]) == {"sole": 2}, "SHA-256 of the label, the same on every machine"


@pytest.mark.slow
def test_the_same_records_give_the_same_bytes(
    command: Callable[..., Any], results: Results, folder: Path, tmp_path: Path
) -> None:
    rc = tmp_path / "matplotlibrc"
    rc.write_text("axes.facecolor: red\nfont.size: 20\nfigure.dpi: 50\nsvg.fonttype: none\n")
    arguments = ["plot", "--results", folder, "--format", "png", "--format", "svg", "--format", "pdf", "--out"]
    one = command(*arguments, tmp_path / "1", env={"PYTHONHASHSEED": "1"})
    two = command(*arguments, tmp_path / "2", env={"PYTHONHASHSEED": "2", "MATPLOTLIBRC": str(rc)})
    assert (one.code, two.code, one.err, two.err) == (0, 0, "", "")
    assert one.out.splitlines() == [str(path) for path in map(Path, one.out.splitlines()) if path.is_file()]
    here = plots.draw(results, tmp_path / "3", formats=["png", "svg", "pdf"])
    assert len(here) == 6
    for path in here:
        data = path.read_bytes()
        assert data == (tmp_path / "1" / path.name).read_bytes()
        assert data == (tmp_path / "2" / path.name).read_bytes()
        assert not re.search(rb"[Mm]atplotlib v|20\d\d-\d\d-\d\d|CreationDate", data)


def test_nothing_global_is_changed(results: Results, tmp_path: Path) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    plots.draw(results, tmp_path)
    assert dict(mpl.rcParams) == before
    code = "import sys, harness.reports.plots; assert not any(m.startswith('matplotlib') for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_a_picture_is_whole_or_absent(results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(UsageError, match=r"toy-single-bb\.png: No space left on device"):
        plots.draw(results, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(results: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot write .*toy-single-bb\.png"):
        plots.draw(results, tmp_path / "file" / "out")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("view", "ful", "mean 'full'"), ("width", "colum", "mean 'column'"), ("formats", ["jpg"], "png, svg, pdf")],
)
def test_wrong_options_name_the_right_ones(
    results: Results, tmp_path: Path, option: str, value: Any, message: str
) -> None:
    with pytest.raises(UnknownName, match=message):
        plots.draw(results, tmp_path, **{option: value})


def test_unreadable_records_are_named_and_the_rest_is_drawn(
    command: Callable[..., Any], folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "records"
    shutil.copytree(folder, copy)
    damaged = copy / "toy/cifar10/single/bb/random-search.parquet"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    answer = command("plot", "--results", copy, "--out", tmp_path / "out")
    assert answer.code == 1
    assert len(answer.out.splitlines()) == 4
    assert answer.err.count("\n") == 1
    assert str(damaged) in answer.err
    assert damaged.stat().st_size == 1000


def test_an_empty_folder_says_how_to_fill_it(command: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing"):
        answer = command("plot", "--results", tmp_path / name)
        assert (answer.code, answer.out) == (2, "")
        assert f"harness run --task cifar10 --setting mf --results {tmp_path / name}\n" in answer.err
    with pytest.raises(UsageError, match="no records"):
        plots.draw(Results(()), tmp_path)


def ends(fig: Any) -> list[Any]:
    return [text for ax in fig.axes for text in ax.texts]


def box_of(name: Any) -> Any:
    """Of the name alone, its leader left aside."""
    return Text.get_window_extent(name)


@pytest.mark.parametrize("width", ["full", "column"])
def test_direct_labels_stand_beside_the_panels_in_the_order_of_the_ends(results: Results, width: str) -> None:
    (name, _, _, setting), entries = next(iter(grouped(results.records).items()))
    with styles.style():
        panels = trajectories.panels_of(entries, "full", False, pytest.fail)
        fig = trajectories.trajectory_figure(panels, subject(name, setting, width=width, labels="direct"))
        fig.canvas.draw()
    assert fig.legends == []
    assert fig.get_figwidth() == styles.WIDTHS[width]
    assert len({round(ax.get_position().x0, 6) for ax in fig.axes}) == 1, "panels stand below each other"
    for ax, lines in zip(fig.axes, panels, strict=True):
        named = {text.get_text(): box_of(text) for text in ax.texts}
        assert len(named) == len(lines)
        for box in named.values():
            assert ax.get_window_extent().x1 < box.x0
            assert box.x1 <= fig.bbox.x1
        by_end = sorted(lines, key=lambda line: float(line.curves.values[:, -1].mean()))
        heights = [next(box.y0 for text, box in named.items() if text.startswith(line.label)) for line in by_end]
        assert heights == sorted(heights)
    assert any("(3 seeds, incomplete)" in text.get_text() for text in ends(fig))


def test_names_of_lines_that_end_together_do_not_touch() -> None:
    lines = [synthetic([[20.0, 9.0 + k / 1000]] * 10, label=f"method-{k:02d}") for k in range(30)]
    with styles.style():
        fig = trajectories.trajectory_figure([lines], subject("some-set", "bb", width="column", labels="direct"))
        fig.canvas.draw()
    boxes = sorted(map(box_of, ends(fig)), key=lambda box: box.y0)
    assert len(boxes) == 30
    assert all(below.y1 <= above.y0 + 1 for below, above in itertools.pairwise(boxes))
    assert boxes[0].y0 >= fig.bbox.y0
    assert boxes[-1].y1 <= fig.bbox.y1


@given(
    wanted=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20).map(sorted),
    gap=st.floats(0.001, 0.04),
)
def test_places_apart_move_no_further_than_they_must(wanted: list[float], gap: float) -> None:
    places = apart(wanted, gap)
    assert all(b - a >= gap - 1e-12 for a, b in itertools.pairwise(places))
    assert places[0] >= -1e-12
    assert places[-1] <= 1 + 1e-12
    if all(b - a >= gap for a, b in itertools.pairwise(wanted)):
        assert places == pytest.approx(wanted)


def test_two_names_that_want_one_place_part_evenly() -> None:
    assert apart([0.5, 0.5, 0.9], 0.1) == pytest.approx([0.45, 0.55, 0.9])
    assert apart([1.0, 1.0, 1.0], 0.1) == pytest.approx([0.8, 0.9, 1.0])


def test_chosen_methods_alone_are_drawn(folder: Path, command: Callable[..., Any], tmp_path: Path) -> None:
    arguments = ("plot", "--results", folder, "--format", "svg", "--out", tmp_path)
    answer = command(*arguments, "--method", "random-search[space=hpo]", "--labels", "direct")
    assert (answer.code, answer.err) == (0, "")
    [path] = map(Path, answer.out.splitlines())
    assert path.name == "toy-single-bb.svg"
    texts = svg_texts(path)
    assert texts.count("random-search[space=hpo] (3 seeds, incomplete)") == 3, "once beside each panel"
    assert "random-search" not in texts
    unknown = command(*arguments, "--method", "random-serch")
    assert (unknown.code, unknown.out) == (2, "")
    assert "did you mean 'random-search'" in unknown.err


def test_labels_that_cannot_be_are_refused(results: Results, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="legend, direct"):
        plots.draw(results, tmp_path, labels="inside")
    with pytest.raises(UsageError, match="kind profile has lines that all end at one point; draw it with labels"):
        plots.draw(results, tmp_path, labels="direct", kind="profile")
