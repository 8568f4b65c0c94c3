"""Studies: what they run, that they go on where they stopped, what is in their files, and the paper's values."""

from __future__ import annotations

import csv
import dataclasses
import math
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import registry
from harness.errors import UnknownName, UsageError
from harness.reports import studies
from harness.reports.studies import Column, Evidence, Factor, Measured, Report, Study, Table
from harness.reports.studies.conduct import Progress
from harness.reports.studies.correlation import clustered
from harness.reports.studies.latex import latex, to_latex
from harness.reports.studies.scores import Comparison, compare, finals, seeds_needed
from harness.reports.studies.speedups import backfilled, speedups
from harness.reports.studies.tables import shown, to_csv, to_markdown
from harness.reports.studies.words import able, names, too_few
from harness.runs import records
from harness.runs.records import record_path
from harness.sources.models.surrogates import SurrogateSet
from protocols.jahs.paper import TABLE_4, TABLE_5, TABLE_8, TABLE_9, TABLE_10
from support.commands import Answer

FAST = {
    "joint": ("random-search",), "fidelities": ("hyperband", "hyperband-diagonal"), "correlations": (),
    "surrogates": (), "runtime": (), "continuation": ("hyperband", "successive-halving"),
}  # fmt: skip
"""Study -> its methods that need no library."""
SEEDS = (0, 1, 2)


def conducted(name: str, toy_set: SurrogateSet, results: Path, **options: Any) -> Evidence:
    """A study of a few seeds."""
    options = {"seeds": SEEDS, "methods": FAST[name], **options}
    return studies.conduct(studies.find(name), toy_set, results, **options)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


LONG = "continuation"
"""The study whose runs take longest."""


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.slow) if name == LONG else name for name in FAST]
)
def done(
    request: pytest.FixtureRequest, toy_set: SurrogateSet, results: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, Evidence, Report, dict[str, Path]]:
    """A study with its evidence, report and files (path below the study's folder -> file)."""
    study = studies.find(request.param)
    evidence = conducted(study.name, toy_set, results)
    report = study.report(evidence)
    out = tmp_path_factory.mktemp("out")
    folder = out / "toy" / study.name
    return (
        study,
        evidence,
        report,
        {p.name: p for p in studies.write(study, evidence, report, out) if folder in p.parents},
    )


def test_a_study_leaves_a_text_and_every_table_and_figure_in_three_forms(
    done: tuple[Study, Evidence, Report, dict[str, Path]],
) -> None:
    _, evidence, report, files = done
    wanted = {"text.md"}
    wanted |= {f"{table.name}.{ending}" for table in report.tables for ending in ("csv", "md", "tex")}
    wanted |= {f"{stem}.{ending}" for stem in report.figures for ending in ("png", "svg", "pdf")}
    assert set(files) == wanted
    assert report.tables
    assert all(path.stat().st_size for path in files.values())
    assert not evidence.problems


def test_the_text_says_set_seeds_source_and_shows_every_table(
    done: tuple[Study, Evidence, Report, dict[str, Path]],
) -> None:
    study, evidence, report, files = done
    text = files["text.md"].read_text("utf-8")
    assert f"`toy` (hash `{evidence.surrogates.hash[:12]}`)" in text
    assert study.source in text
    assert ("Seeds 0 to 2." in text) == bool(evidence.arms)
    for table in report.tables:
        assert files[f"{table.name}.md"].read_text("utf-8").rstrip("\n") in text
    for stem in report.figures:
        assert f"({stem}.svg)" in text


@pytest.mark.slow
def test_the_same_records_give_the_same_bytes(
    done: tuple[Study, Evidence, Report, dict[str, Path]], toy_set: SurrogateSet, results: Path, tmp_path: Path
) -> None:
    study, _, _, files = done
    again = conducted(study.name, toy_set, results, run=False)
    written = {path.name: path for path in studies.write(study, again, study.report(again), tmp_path)}
    assert {name: path.read_bytes() for name, path in written.items()} == {n: p.read_bytes() for n, p in files.items()}


def test_what_has_a_record_is_not_run_again(
    done: tuple[Study, Evidence, Report, dict[str, Path]], toy_set: SurrogateSet, results: Path
) -> None:
    study, evidence, _, _ = done
    totals: list[int] = []
    again = conducted(study.name, toy_set, results, progress=Progress(totals.append))
    assert totals == [0]
    assert again.seconds == evidence.seconds  # measured once, kept since


def test_only_the_missing_seeds_are_run(toy_set: SurrogateSet, tmp_path: Path) -> None:
    totals: list[int] = []
    conducted("joint", toy_set, tmp_path, tasks=["cifar10"], seeds=[0, 1])
    evidence = conducted(
        "joint", toy_set, tmp_path, tasks=["cifar10"], seeds=range(4), progress=Progress(totals.append)
    )
    assert totals == [3 * 2]
    curves = [evidence.curves("cifar10", arm) for arm in evidence.arms]
    assert all(one is not None and one.seeds == (0, 1, 2, 3) for one in curves)


def test_what_another_folder_has_is_copied_and_not_run_again(toy_set: SurrogateSet, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    first = conducted("joint", toy_set, old, tasks=["cifar10"], seeds=[0, 1])
    totals: list[int] = []
    again = conducted(
        "joint", toy_set, new, tasks=["cifar10"], seeds=range(3), reused=[old], progress=Progress(totals.append)
    )
    assert totals == [3]  # the third seed of the three arms
    for key, record in first.records.items():
        assert {seed: again.records[key].runs[seed] for seed in (0, 1)} == record.runs
    untouched = {path: path.read_bytes() for path in old.rglob("*.parquet")}
    shutil.rmtree(new)
    only_used = conducted("joint", toy_set, new, tasks=["cifar10"], seeds=[0, 1], reused=[old], run=False)
    assert not only_used.problems
    assert {path: path.read_bytes() for path in old.rglob("*.parquet")} == untouched
    assert sorted(path.read_bytes() for path in new.rglob("*.parquet")) == sorted(untouched.values())


def test_what_would_be_other_runs_here_is_not_used(toy_set: SurrogateSet, tmp_path: Path) -> None:
    old, told = tmp_path / "old", list[str]()
    evidence = conducted("joint", toy_set, old, tasks=["cifar10"], seeds=[0])
    one, two, three = (evidence.records["cifar10", arm] for arm in evidence.arms)
    one.path.write_bytes(b"PAR1 no record")
    runs = {0: {**two.runs[0], "versions": {**two.runs[0]["versions"], "jahs-harness": "99.0.0"}}}
    records.write(records.with_header(two.table, two.spec.as_dict(), runs), two.path)
    options: dict[str, Any] = {"tasks": ["cifar10"], "seeds": [0], "reused": [old]}
    new = tmp_path / "new"
    totals: list[int] = []
    conducted("joint", toy_set, new, **options, progress=Progress(totals.append, note=told.append))
    assert totals == [2]
    assert len(told) == 2
    assert f"{one.path} is not a readable record" in told[0]
    assert told[0].endswith("it is not used")
    assert told[1] == f"{two.path} was made with another source, method or version; it is not used"
    assert record_path(new, three.spec).read_bytes() == three.path.read_bytes()
    with pytest.raises(UsageError, match=r"there is no results folder .*none to use the runs of"):
        conducted("joint", toy_set, new, reused=[tmp_path / "none"])


def test_further_seeds_of_a_record_do_not_count(toy_set: SurrogateSet, results: Path) -> None:
    arm = studies.find("joint").arms()[0]
    conducted("joint", toy_set, results)
    one = conducted("joint", toy_set, results, seeds=[1])
    curves = one.curves("cifar10", arm)
    assert curves is not None
    assert curves.seeds == (1,)
    assert math.isnan(finals(one, "cifar10", arm, "full").error)


PAPER: dict[str, Callable[[], list[float]]] = {
    "table-9-random-search": lambda: [v for row in TABLE_9.values() for v in row.values()],
    "table-4": lambda: [v for task in TABLE_4.values() for pair in task.values() for v in pair],
    "table-5": lambda: [v for pair in TABLE_5.values() for v in pair],
    "table-8": lambda: list(TABLE_8.values()),
}


def test_the_papers_values_stand_beside_ours(done: tuple[Study, Evidence, Report, dict[str, Path]]) -> None:
    _, _, report, files = done
    for table in report.tables:
        if table.name in PAPER:
            rows = list(csv.DictReader(files[f"{table.name}.csv"].read_text("utf-8").splitlines()))
            found = [float(row[c]) for row in rows for c in row if c.startswith("paper") and row[c]]
            assert sorted(found) == sorted(PAPER[table.name]())


def test_the_papers_tables_are_as_printed() -> None:
    """Spot checks against the paper, and that its geometric means are those of its rows."""
    assert TABLE_4["cifar10"]["latency"] == (0.944, 0.690)
    assert TABLE_5["fashion_mnist"] == (2.7, 2.5)
    for table in (TABLE_9, TABLE_10):
        for space in ("hpo", "nas"):
            rows = [values[space] for task, values in table.items() if task]
            assert math.prod(rows) ** (1 / 3) == pytest.approx(table[""][space], abs=0.06)


def test_a_missing_library_is_said_and_the_rest_is_done(
    toy_set: SurrogateSet, tmp_path: Path, monkeypatch: Any
) -> None:
    from importlib import metadata

    def version(name: str) -> str:
        if name == "smac":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    real = metadata.version
    monkeypatch.setattr(metadata, "version", version)
    evidence = conducted("joint", toy_set, tmp_path, tasks=["cifar10"], methods=())
    study = studies.find("joint")
    report = study.report(evidence)
    assert [table.name for table in report.tables] == ["table-9-random-search", "final-errors"]
    text = studies.write(study, evidence, report, tmp_path / "out", formats=["svg"])[0].read_text("utf-8")
    assert "**SMAC-BO** was not run: smac-bo needs smac, which is not installed" in text
    with pytest.raises(UsageError, match="nothing to run: smac-bo needs smac"):
        conducted("joint", toy_set, tmp_path, methods=["smac-bo"])


def test_too_few_seeds_for_a_test_are_said_and_the_figure_is_drawn(toy_set: SurrogateSet, results: Path) -> None:
    report = studies.find("joint").report(conducted("joint", toy_set, results))
    assert "was not tested: there are 3 seeds" in " ".join(report.text)
    assert "`--seeds 7`" in " ".join(report.text)
    assert list(report.figures) == ["figure-1-random-search"]


def test_the_seeds_needed_are_the_fewest_with_which_the_corrected_test_can_find_anything() -> None:
    for comparisons in (1, 2, 4, 10):
        seeds = seeds_needed(comparisons)
        assert comparisons * 2 / 2**seeds <= 0.05 < comparisons * 2 / 2 ** (seeds - 1)


def test_enough_seeds_are_tested(toy_set: SurrogateSet, tmp_path: Path) -> None:
    evidence = conducted("joint", toy_set, tmp_path, tasks=["cifar10"], seeds=range(7))
    text = " ".join(studies.find("joint").report(evidence).text)
    assert re.search(r"ends lower in \d of 2 comparisons", text)
    joint, *others = evidence.arms
    assert [c.seeds for c in compare(evidence, joint, others)] == [7, 7]


def test_words() -> None:
    arm = studies.find("joint").arms()[1]
    assert names([]) == ""
    assert names(["a"]) == "a"
    assert names(["a", "b", "c"]) == "a, b and c"
    assert "there is 1 seed" in too_few([Comparison("cifar10", arm, 1.0, 1.0, 1)], "It")
    assert too_few([Comparison("cifar10", arm, 1.0, 1.0, 6)], "It") == ""


def test_what_has_enough_seeds_is_tested_and_the_rest_is_named(toy_set: SurrogateSet, results: Path) -> None:
    evidence = conducted("joint", toy_set, results)
    _, hpo, nas = evidence.arms
    long, short = Comparison("cifar10", hpo, 1.0, 0.01, 10), Comparison("cifar10", nas, 1.0, 0.5, 4)
    assert too_few([long, short], "It") == ""
    assert able([long, short], evidence) == ([long], " Too few seeds for a test: NAS only on CIFAR-10 (4 of 7).")
    assert able([long], evidence) == ([long], "")
    assert able([short], evidence) == ([], "")
    assert "there are 4 seeds, and a paired test can find a difference with at least 6" in too_few([short], "It")


# Bad input


def test_an_unknown_study_names_the_nearest() -> None:
    with pytest.raises(
        UnknownName, match="unknown study 'jiont' \\(did you mean 'joint'\\?\\); valid: joint, fidelities"
    ):
        studies.find("jiont")


def test_unknown_methods_tasks_and_formats_are_refused(toy_set: SurrogateSet, results: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="unknown method of study joint 'bohb'"):
        conducted("joint", toy_set, results, methods=["bohb"])
    with pytest.raises(UnknownName, match="did you mean 'cifar10'"):
        conducted("joint", toy_set, results, tasks=["cifar"])
    study, evidence = studies.find("surrogates"), conducted("surrogates", toy_set, results)
    with pytest.raises(UnknownName, match="unknown format 'gif'"):
        studies.write(study, evidence, study.report(evidence), tmp_path, formats=["gif"])


def test_an_empty_folder_names_the_command_that_fills_it(toy_set: SurrogateSet, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"fill it with: harness study joint --surrogates toy --results {tmp_path}"):
        conducted("joint", toy_set, tmp_path, run=False)


def test_records_of_another_set_or_schema_never_take_part(toy_set: SurrogateSet, tmp_path: Path) -> None:
    """A record of another content of the set, and one that is no record, are named and left out."""
    evidence = conducted("joint", toy_set, tmp_path, tasks=["cifar10"], seeds=[0])
    first, second, _ = evidence.arms
    paths = [record_path(tmp_path, evidence.records["cifar10", arm].spec) for arm in (first, second)]
    paths[0].write_bytes(b"PAR1 no record")
    told: list[str] = []
    again = conducted(
        "joint", toy_set, tmp_path, tasks=["cifar10"], seeds=[0], run=False, progress=Progress(note=told.append)
    )
    assert ("cifar10", first) not in again.records
    assert ("cifar10", second) in again.records
    assert again.problems == ("cifar10/single/bb random-search: its record cannot be read",)
    assert str(paths[0]) in told[0]
    study = studies.find("joint")
    report = study.report(again)
    text = studies.write(study, again, report, tmp_path / "out")[0].read_text("utf-8")
    assert "its record cannot be read" in text
    assert "No run on the joint space is complete, so nothing can be compared with it." in text
    assert [table.name for table in report.tables] == ["final-errors"]  # no speedup of another space in its place
    assert str(tmp_path) not in text
    paths[0].unlink()
    other = dataclasses.replace(evidence.records["cifar10", second].spec, surrogates_hash="0" * 64)
    assert record_path(tmp_path, other) == paths[1]  # the same name: only the hash tells them apart


def test_missing_seeds_are_said(toy_set: SurrogateSet, results: Path) -> None:
    conducted("joint", toy_set, results)
    more = conducted("joint", toy_set, results, tasks=["cifar10"], seeds=range(5), run=False)
    assert more.problems[0] == "cifar10/single/bb random-search: 2 of 5 seeds have not been run"


# Parts


def test_a_speedup_is_the_budget_over_the_time_of_the_crossing(toy_set: SurrogateSet, results: Path) -> None:
    evidence = conducted("joint", toy_set, results)
    joint, hpo, _ = evidence.arms
    by_task, overall = speedups(evidence, joint, hpo)
    for task, sooner in by_task.items():
        target = finals(evidence, task, hpo, "full").mean
        factor = sooner.factor
        assert factor.low <= factor.value <= factor.high
        if factor.value:
            at = 100.0 / factor.value
            curves = evidence.curves(task, joint, "full", [at * 0.999, at])
            assert curves is not None
            before, then = curves.values.mean(axis=0)
            assert then <= target < before
            assert sooner.backfilled.value >= factor.value
    if all(sooner.factor.value for sooner in by_task.values()):
        values = [sooner.factor.value for sooner in by_task.values()]
        assert overall.factor.value == pytest.approx(math.prod(values) ** (1 / 3))


def test_one_seed_has_a_speedup_without_an_interval(toy_set: SurrogateSet, results: Path) -> None:
    evidence = conducted("joint", toy_set, results, seeds=[0])
    joint, hpo, _ = evidence.arms
    by_task, _ = speedups(evidence, joint, hpo)
    assert all(math.isnan(sooner.factor.low) for sooner in by_task.values())


def test_back_filled_runs_have_their_first_score_from_the_start() -> None:
    values = np.array([[90.0, 90.0, 7.0, 5.0], [90.0, 8.0, 8.0, 6.0], [90.0, 90.0, 90.0, 90.0]])
    filled, first = backfilled(values, 90.0)
    assert filled.tolist() == [[7.0, 7.0, 7.0, 5.0], [8.0, 8.0, 8.0, 6.0], [90.0] * 4]
    assert first == 1
    assert values[0, 0] == 90.0


def test_correlated_columns_come_to_lie_together() -> None:
    base, other = np.arange(20.0), np.array([3.0, 1, 4, 15, 9, 2, 6, 5, 35, 8, 97, 93, 23, 84, 62, 64, 33, 83, 27, 95])
    found = clustered({"a": base, "x": -other, "b": base**3, "y": -2 * other + 1})
    assert {frozenset(group) for group in found.groups} == {frozenset("ab"), frozenset("xy")}
    at = {name: i for i, name in enumerate(found.names)}
    assert found.matrix[at["a"], at["b"]] == 1.0
    assert found.matrix[at["a"], at["x"]] == found.matrix[at["y"], at["b"]] < 0
    assert len(found.branches) == 3


def test_a_constant_metric_does_not_break_the_clustering() -> None:
    found = clustered({"a": np.arange(9.0), "b": np.arange(9.0) ** 2, "c": np.ones(9)})
    assert np.isnan(found.matrix[found.names.index("c"), found.names.index("a")])


TRICKY = Table(
    "tricky", "50 % of a_b & c, \\ {x} ~ y^2 # $1 ±",
    (Column("name", "na|me", "text"), Column("x", "x", digits=1, unit="×"), Column("y", "y")),
    (
        {"name": "random_search|[x]*`", "x": Factor(33.666, 20.1, math.inf), "y": Measured(9.3, 0.071)},
        {"name": 'quo"te, comma', "x": Factor(0.0, 0.0, 2.0), "y": Measured(1.0)},
        {"name": "-", "x": 3, "y": math.nan},
        {"name": "none", "x": None},
    ),
)  # fmt: skip


def test_cells_as_people_read_them() -> None:
    x, y = TRICKY.columns[1:]
    assert [shown(row.get("x"), x) for row in TRICKY.rows] == ["33.7× (20.1–∞)", "not reached", "3×", "-"]
    assert [shown(row.get("y"), y) for row in TRICKY.rows] == ["9.30 ± 0.07", "1.00", "-", "-"]


def test_csv_has_a_column_for_every_number_and_reads_back() -> None:
    rows = list(csv.DictReader(to_csv(TRICKY).splitlines()))
    assert list(rows[0]) == ["name", "x", "x_low", "x_high", "y", "y_se"]
    assert rows[0] == {
        "name": "random_search|[x]*`", "x": "33.666", "x_low": "20.1", "x_high": "inf", "y": "9.3", "y_se": "0.071",
    }  # fmt: skip
    assert rows[1]["name"] == 'quo"te, comma'
    assert rows[2]["y"] == rows[3]["y"] == rows[3]["x"] == ""


def test_markdown_shows_text_as_it_is() -> None:
    lines = to_markdown(TRICKY).splitlines()
    assert lines[2] == r"| na\|me | x | y |"
    assert lines[3] == "| --- | ---: | ---: |"
    assert lines[4] == r"| random\_search\|\[x\]\*\` | 33.7× (20.1–∞) | 9.30 ± 0.07 |"


def test_latex_escapes_what_it_would_take_for_a_command() -> None:
    assert latex("50 % of a_b & c") == r"50 \% of a\_b \& c"
    assert latex(r"\ {x} ~ ^ # $") == r"\textbackslash{} \{x\} \textasciitilde{} \textasciicircum{} \# \$"
    text = to_latex(TRICKY)
    assert (
        r"\caption{50 \% of a\_b \& c, \textbackslash{} \{x\} \textasciitilde{} y\textasciicircum{}2 \# \$1 $\pm$}"
        in text
    )
    assert r"random\_search\textbar{}[x]*` & 33.7$\times$ (20.1--$\infty$) & 9.30 $\pm$ 0.07 \\" in text
    assert r"\begin{tabular}{@{}lrr@{}}" in text
    body = re.sub(r"\\[\\&%$#_{}]|\\[a-z]+|\$", "", text.partition("\n")[2].replace("{!}{%\n", ""))
    assert not re.search(r"[^\x00-\x7f]|[%#_~^]", body)


def test_every_latex_table_of_a_study_is_plain_ascii(done: tuple[Study, Evidence, Report, dict[str, Path]]) -> None:
    for table in done[2].tables:
        text = to_latex(table)
        assert text.isascii(), table.name
        rows = [line for line in text.splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(table.columns) - 1}


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX: apt-get install texlive-latex-recommended")
def test_every_latex_table_compiles_and_is_no_wider_than_a_line(
    done: tuple[Study, Evidence, Report, dict[str, Path]], tmp_path: Path
) -> None:
    """Also the one with everything that LaTeX would take for a command, once narrow and once far too wide."""
    study, _, _, files = done
    for columns in (1, 12):
        wide = tuple(dataclasses.replace(TRICKY.columns[0], title=f"{k}: 50 % of a_b & {{x}}") for k in range(columns))
        table = dataclasses.replace(TRICKY, name=f"tricky_{columns}", columns=wide)
        (tmp_path / f"tricky-{columns}.tex").write_text(to_latex(table, study.name), "utf-8")
    tables = [path for path in files.values() if path.suffix == ".tex"]
    for path in tables:
        shutil.copy(path, tmp_path)
    inputs = "".join(f"\\input{{{path.name}}}\n" for path in sorted(tmp_path.glob("*.tex")))
    packages = "\\usepackage{booktabs,graphicx}"
    document = f"\\documentclass{{article}}\n{packages}\n\\begin{{document}}\n{inputs}\\end{{document}}\n"
    (tmp_path / "document.tex").write_text(document)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    log = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False).stdout
    assert (tmp_path / "document.pdf").is_file(), log[-2000:]
    assert inputs.count("input") == len(tables) + 2
    assert not re.search("Overfull|multiply defined|Missing character|undefined", log)


# The command


def test_without_a_name_the_command_lists_the_studies(command: Callable[..., Answer]) -> None:
    answer = command("study")
    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.splitlines()] == list(studies.catalogue())
    assert "Figures 1 and 2, Tables 9 and 10" in answer.out


@pytest.mark.slow
def test_the_command_runs_and_writes(command: Callable[..., Answer], tmp_path: Path) -> None:
    arguments = (
        "study", "joint", "--tasks", "cifar10,fashion_mnist", "--seeds", 2, "--method", "random-search", "--surrogates",
        "toy", "--results", tmp_path / "r", "--out", tmp_path / "o", "--jobs", 2, "--format", "svg", "--width",
        "column",
    )  # fmt: skip
    answer = command(*arguments)
    assert answer.code == 0, answer.err
    printed = [Path(line) for line in answer.out.splitlines()]
    assert printed[0] == tmp_path / "o" / "toy" / "joint" / "text.md"
    assert {p.suffix for p in printed} == {".md", ".csv", ".tex", ".svg"}
    before = {path: path.read_bytes() for path in printed}
    again = command(*arguments, "--no-run")
    assert (again.code, again.out) == (0, answer.out)
    assert {path: path.read_bytes() for path in printed} == before


def test_the_command_says_what_is_wrong_in_one_line(command: Callable[..., Answer], tmp_path: Path) -> None:
    assert command("study", "joints").err.startswith("harness: unknown study 'joints' (did you mean 'joint'?)")
    answer = command("study", "joint", "--surrogates", "toy", "--no-run", "--results", tmp_path)
    assert answer.code == 2
    assert "fill it with: harness study joint --surrogates toy" in answer.err
    assert command("study", "joint", "--jobs", 0).code == 2


def test_a_method_that_always_fails_is_named_and_draws_nothing(toy_set: SurrogateSet, tmp_path: Path) -> None:
    evidence = conducted("continuation", toy_set, tmp_path, tasks=["cifar10"], seeds=[0, 1], methods=["hyperband"])
    broken = {
        key: dataclasses.replace(record, runs={s: {**run, "status": "failed"} for s, run in record.runs.items()})
        for key, record in evidence.records.items()
    }
    study, nothing = studies.find("continuation"), dataclasses.replace(evidence, records=broken)
    report = study.report(nothing)
    assert nothing.groups() == {}
    assert list(report.figures) == []
    assert studies.write(study, nothing, report, tmp_path / "out")


def test_continuation_saves_exactly_the_credits(toy_set: SurrogateSet, results: Path) -> None:
    from protocols.jahs.studies.continuation import CONTINUED, saved

    evidence = conducted("continuation", toy_set, results, methods=["hyperband"])
    for arm in evidence.arms:
        table = evidence.records["cifar10", arm].table.to_pandas()
        counted = table[table["counted"] & table["seed"].isin(SEEDS)]
        share = saved(evidence, "cifar10", arm)
        assert share == pytest.approx(counted["credit"].sum() / counted["price"].sum())
        assert (share > 0) == (arm.label == CONTINUED)


def test_the_arms_of_the_studies_can_all_run_where_they_say() -> None:
    for study in studies.catalogue().values():
        for arm in study.arms():
            can = registry.method(arm.method).capabilities
            assert arm.setting in can.settings, (study.name, arm)
            assert arm.objective in can.objectives, (study.name, arm)
            assert arm.axis is None or can.axis == "any", (study.name, arm)
        labels = [(arm.group, arm.label, arm.tasks) for arm in study.arms()]
        assert len(set(labels)) == len(labels)
