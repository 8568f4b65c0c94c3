"""A user's own suite with several fidelities, with none, with two objectives, and as a Python module."""

# ruff: noqa: ARG001 - fixtures that are given, not used

from __future__ import annotations

import itertools
import re
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness import registry
from harness.benchmark.levels import Levels
from harness.errors import HarnessError, SurrogateError, UsageError
from harness.registry import load_surrogates
from harness.runs.curves import curves
from harness.scores.again import rescore
from harness.scores.hypervolume import HYPERVOLUME
from harness.sources import shelf as catalogue
from harness.sources.open import damages
from harness.sources.tables import errors
from harness.suites.declared import declared_suites
from harness.verify.api import verify
from support import made_modules, made_suite
from support.commands import Answer
from support.imports import import_table


def swap(*pairs: tuple[str, str]) -> str:
    """The declaration of the toy networks with other lines."""
    text = made_suite.DECLARATION
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


FIDELITY = 'fidelity = { column = "epochs", continues = true }'
OBJECTIVE = 'objective = { metric = "valid", maximize = true, test = "test" }'
SEVERAL = (FIDELITY, 'fidelities = [{ column = "epochs", continues = true }, { column = "share" }]')
NONE = (FIDELITY, "fidelities = []")
TWO = (
    OBJECTIVE,
    'objectives = [{ metric = "valid", maximize = true, test = "test" }, { metric = "parameters", maximize = false }]',
)
ALSO = ('also = ["parameters"]\n', "")


def with_shares() -> pd.DataFrame:
    """The toy networks, trained on half of the data too: one point worse, at half the price."""
    rows = made_suite.rows().assign(share=1.0)
    half = rows.assign(share=0.5, valid=rows.valid - 1, test=rows.test - 1, seconds=rows.seconds / 2)
    both: pd.DataFrame = pd.concat([rows, half], ignore_index=True)
    return both


FIXED = """
import itertools

class Fixed:
    def __init__(self, problem, seed):
        names, levels = list(problem.space), [p.choices for p in problem.space.values()]
        self.all = itertools.cycle(dict(zip(names, row)) for row in itertools.product(*levels))

    def ask(self):
        return next(self.all)

    def tell(self, observation):
        pass
"""
"""A method that pays no heed to its seed."""


@pytest.fixture
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with nothing in it."""
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_several_fidelities_give_the_settings_of_one_and_of_all(own_data: Path, tmp_path: Path) -> None:
    import_table(made_suite.write(tmp_path, with_shares(), swap(SEVERAL)))
    assert harness.leaderboards("toynets") == [f"toynets/toy/single/{s}" for s in ("bb", "mf", "multi-mf")]
    board = registry.leaderboard_of("toynets/toy/single/mf")
    assert (board.axis, board.continues, dict(board.full)) == ("epochs", "epochs", {"epochs": 9, "share": 1.0})
    harness.run("toy", "mf", "hyperband", seeds=3, suite="toynets", results=tmp_path / "r")
    harness.run("toy", "mf", "hyperband", seeds=3, suite="toynets", fidelity="share", results=tmp_path / "r")
    harness.run("toy", "multi-mf", "hyperband-diagonal", seeds=3, suite="toynets", results=tmp_path / "r")
    varied = {}
    for record in harness.load_results(tmp_path / "r"):
        frame = record.table.to_pandas()
        varied[record.spec.label] = {name for name in board.fidelities if frame[name].nunique() > 1}
        assert (frame.credit > 0).any() == (record.spec.label == "hyperband")  # elsewhere the share changes, too
    assert varied == {
        "hyperband": {"epochs"}, "hyperband[axis=share]": {"share"}, "hyperband-diagonal": {"epochs", "share"},
    }  # fmt: skip
    found = verify(tmp_path / "r")
    assert found.ok, [str(finding) for finding in found.findings]
    assert {v.state for v in found.verdicts} == {"reproduced"}


def test_an_answer_is_of_the_very_fidelities_that_were_asked_for(own_data: Path, tmp_path: Path) -> None:
    made = import_table(made_suite.write(tmp_path, with_shares(), swap(SEVERAL)))
    frame = with_shares()
    means = frame.groupby(["width", "depth", "act", "epochs", "share"]).valid.mean()
    for epochs, share in itertools.product(made_suite.EPOCHS, (0.5, 1.0)):
        row: dict[str, Any] = {"width": 16, "depth": 2, "act": "tanh", "epochs": epochs, "share": share}
        assert made.query("toy", row)["valid"] == pytest.approx(means.loc[tuple(row.values())])
    assert made.constants("toy")["mean_runtime"] == frame[(frame.epochs == 9) & (frame.share == 1)].seconds.mean()


def test_without_a_fidelity_there_is_the_black_box_alone(own_data: Path, tmp_path: Path) -> None:
    frame = made_suite.rows()
    import_table(made_suite.write(tmp_path, frame[frame.epochs == 9].drop(columns="epochs"), swap(NONE)))
    assert harness.leaderboards("toynets") == ["toynets/toy/single/bb"]
    harness.run(
        "toy", "bb", ["random-search", "regularized-evolution"], seeds=3, suite="toynets", results=tmp_path / "r"
    )
    found = verify(tmp_path / "r")
    assert found.ok, [str(finding) for finding in found.findings]
    with pytest.raises(UsageError, match="unknown setting 'mf'; valid: bb"):
        harness.run("toy", "mf", suite="toynets")


def test_two_objectives_are_scored_by_the_volume_of_means_between_frozen_points(own_data: Path, tmp_path: Path) -> None:
    import_table(made_suite.write(tmp_path, declaration=swap(TWO, ALSO)))
    assert [name for name in harness.leaderboards("toynets") if "/multi/" in name] == [
        "toynets/toy/multi/bb", "toynets/toy/multi/mf",
    ]  # fmt: skip
    rows = made_suite.rows()
    full = rows[rows.epochs == 9].groupby(["width", "depth", "act"])[["test", "parameters"]].mean()
    constants = load_surrogates("toynets").constants("toy")
    assert constants["ideal:mean-test"] == constants["best"] == pytest.approx(full.test.max())
    assert constants["reference:mean-test"] == constants["worst"] == pytest.approx(full.test.min())
    assert (constants["ideal:mean-parameters"], constants["reference:mean-parameters"]) == (8, 128)
    assert constants["failure:parameters"] == 128
    done = harness.run("toy", "all", seeds=3, objective="multi", suite="toynets", results=tmp_path / "r")
    for record in done:
        drawn = record.table.to_pandas()
        final = curves(record, "full").values[:, -1]
        for seed, value in enumerate(final):
            seen = drawn[(drawn.seed == seed) & drawn.counted & (drawn.epochs == 9)]
            assert value == pytest.approx(area(seen[["mean-test", "mean-parameters"]].to_numpy(), constants), abs=1e-12)
        assert (final > 0).all()
    assert harness.run("toy", "bb", seeds=1, objective="multi", suite="toynets").summary()[0]["mean"] <= 1
    found = verify(tmp_path / "r")
    assert found.ok, [str(finding) for finding in found.findings]


def area(points: np.ndarray, constants: dict[str, float]) -> float:
    """The dominated share, by inclusion and exclusion of nothing: cut into cells by all coordinates."""
    low = (constants["reference:mean-test"], constants["reference:mean-parameters"])
    high = (constants["ideal:mean-test"], constants["ideal:mean-parameters"])
    gains = np.clip((points - low) / np.subtract(high, low), 0, 1)
    xs, ys = (np.unique([0, *gains[:, axis]]) for axis in (0, 1))
    found: float = sum(
        (x1 - x0) * (y1 - y0)
        for x0, x1 in itertools.pairwise(xs)
        for y0, y1 in itertools.pairwise(ys)
        if ((gains[:, 0] >= x1) & (gains[:, 1] >= y1)).any()
    )
    return found


@given(
    points=st.lists(st.tuples(st.integers(-2, 12), st.integers(-2, 12), st.integers(1, 9)), max_size=12),
    times=st.lists(st.integers(0, 10), min_size=1, max_size=4),
)  # fmt: skip
def test_both_volumes_agree(points: list[tuple[int, int, int]], times: list[int]) -> None:
    points = sorted(points, key=lambda point: point[2])
    first, second, end = (np.array([float(point[k]) for point in points]) for k in range(3))
    board = registry.leaderboard("cifar10", "multi", "bb")
    own = board.__class__(**{**vars(board), "facts": {"reports": ("a", "b")}})  # accuracy upwards, latency downwards
    constants = {"ideal:a": 10.0, "reference:a": 0.0, "ideal:b": 0.0, "reference:b": 10.0}
    columns = {"a": first, "b": second, "end": end}
    running = HYPERVOLUME.function(columns, own, constants)["value"]
    told = [0.0 if not (end <= t).any() else float(running[np.flatnonzero(end <= t)[-1]]) for t in times]
    assert rescore(own, columns, constants, times)["value"] == pytest.approx(told, abs=1e-12)


def test_a_declared_reference_is_the_one(own_data: Path, tmp_path: Path) -> None:
    near = TWO[1].replace("maximize = false", "maximize = false, reference = 64")
    made = import_table(made_suite.write(tmp_path, declaration=swap((OBJECTIVE, near), ALSO)))
    assert made.constants("toy")["reference:mean-parameters"] == 64


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ([(FIDELITY, "")], errors.NoFidelity, r"declares no fidelity.*or fidelities = \[\] if every"),
        ([(FIDELITY, f"{FIDELITY}\nfidelities = []")], errors.BadDeclaration, "both fidelity and fidelities"),
        ([(FIDELITY, 'fidelities = ["epochs"]')], errors.BadDeclaration, "must be a list of tables"),
        (
            [(FIDELITY, 'fidelities = [{ column = "share" }, { column = "epochs", continues = true }]')],
            errors.BadDeclaration, "only the first fidelity may continue",
        ),
        ([(FIDELITY, 'fidelities = [{ column = "resolution" }]')], errors.MissingColumn, "no column 'resolution'"),
        ([(FIDELITY, 'fidelities = [{ column = "grade" }]')], errors.BadValue, "fidelity 'grade' must be numbers"),
        ([NONE], errors.DuplicateKey, "two rows of width = .* at repeat 0; give each once"),
        ([(OBJECTIVE, "objectives = []")], errors.BadDeclaration, "objectives must be one or two"),
        ([(OBJECTIVE, TWO[1].replace('"parameters"', '"valid"'))], errors.BadDeclaration, "of different metrics"),
        (
            [(OBJECTIVE, TWO[1].replace("maximize = false", "maximise = false"))],
            errors.BadDeclaration, r"no entry objectives\[1\]\.maximize",
        ),
        (
            [(OBJECTIVE, TWO[1].replace("maximize = false", "maximize = false, reference = 8")), ALSO],
            errors.BadValue, "parameters: the best of mean-parameters is 8, no better than the reference 8",
        ),
        (
            [(OBJECTIVE, OBJECTIVE.replace("maximize", "reference = 1.0, maximize"))],
            errors.BadDeclaration, "objective.reference that no declaration has",
        ),
        ([('also = ["parameters"]', "also = [3]")], errors.BadDeclaration, "also = .* must be a list of texts"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused(
    changes: list[tuple[str, str]], kind: type[HarnessError], words: str, own_data: Path, tmp_path: Path
) -> None:
    frame = with_shares()
    file = made_suite.write(tmp_path, frame[frame.share == 1].assign(grade="high"), swap(*changes))
    with pytest.raises(kind, match=words):
        import_table(file)
    assert not (own_data / "sets").exists()


def holes(frame: pd.DataFrame) -> pd.DataFrame:
    lost = (frame.width == 8) & (frame.depth == 1) & (frame.act == "relu") & (frame.share == 0.5)
    kept: pd.DataFrame = frame[~lost]
    return kept


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (holes, errors.IncompleteEntry, "act = relu at epochs 1, share 0.5: there is no training"),
        (lambda f: f.assign(share=f.share.where(f.index != 4)), errors.BadValue, "'share' has 1 empty cells"),
        (lambda f: f.assign(epochs=f.epochs - 1), errors.BadValue, "'epochs' continues, so it must be above 0"),
        (lambda f: f.assign(valid=f.valid.where(f.index != 4)), errors.UnequalMetrics, "has no valid, but other"),
        (lambda f: f.assign(valid=f.valid.where(f.index != 4, np.inf)), errors.BadValue, "has valid = inf; every"),
    ],
)
def test_a_wrong_table_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], kind: type[HarnessError], words: str, own_data: Path, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=words):
        import_table(made_suite.write(tmp_path, change(with_shares()), swap(SEVERAL)))
    assert not (own_data / "sets").exists()


@pytest.mark.slow
def test_a_module_is_a_suite_for_every_command(own_data: Path, tmp_path: Path, command: Callable[..., Answer]) -> None:
    file = made_modules.write(tmp_path / "own")
    made = command("data", "import", file)
    assert (made.code, made.out.splitlines()[-1]) == (0, "Use it with: --suite pairs"), made
    file.unlink()  # the set has its own
    assert "pairs        Unordered pairs: what is left" in command("list", "suites").out
    methods = ("--method", "random-search", "--method", "local-search")
    run = ("run", "--suite", "pairs", "--task", "sum", "--setting", "bb", "--results", tmp_path / "r", "--jobs", 2)
    assert command(*run, *methods).code == 0
    assert command("verify", tmp_path / "r").out.startswith("verified: 2 of 2 records"), "verified by the other rules"
    drawn = command("plot", "--results", tmp_path / "r", "--out", tmp_path / "p", "--format", "svg")
    assert (drawn.code, [p.name for p in (tmp_path / "p").iterdir()]) == (0, ["pairs-pairs-single-bb.svg"])
    assert command("data", "verify", "pairs").out == "pairs: intact\n"


def test_its_keys_make_several_configurations_one_entry(own_data: Path, tmp_path: Path) -> None:
    made = import_table(made_modules.write(tmp_path))
    assert made.query("sum", {"left": 1, "right": 3}) == made.query("sum", {"left": 3, "right": 1})
    assert made.query("sum", {"left": 0, "right": 2})["valid"] == 4.25  # offset 2, sum 2, mean of 0 and 0.5
    assert (made.constants("sum")["best"], made.constants("sum")["failure"]) == (3.25, 8.5)
    with pytest.raises(HarnessError, match="the configuration is invalid"):
        made.query("sum", {"left": 0, "right": 0})
    (row,) = harness.run("sum", "bb", seeds=5, suite="pairs").summary()
    assert row["invalid"] > 0


def test_records_are_of_the_very_code_of_a_module(own_data: Path, tmp_path: Path) -> None:
    first = import_table(made_modules.write(tmp_path))
    changed = import_table(made_modules.write(tmp_path, lambda text: text + "# other\n"), replacing=True)
    assert first.hash != changed.hash
    assert "pairs" in declared_suites()
    file = changed.path / "suite.py"
    file.write_text(file.read_text() + "# forged\n")
    (changed.path / "manifest.json").touch()  # as if it were new to this process
    assert "pairs" not in declared_suites()
    with pytest.raises(SurrogateError, match=r"suite\.py does not match the hash in its manifest"):
        registry.suite("pairs")
    assert len(list(damages(catalogue.entry("pairs")))) == 1


def put(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (put("def read_plan", "def other"), errors.BadModule, r"has no function read_plan\(folder\)"),
        (put("SUITE =", "SUIT ="), errors.BadModule, "has no SUITE, a harness.suites.Suite"),
        (put("import numpy", "import numpie"), UsageError, "fails when imported: ModuleNotFoundError"),
        (put('folder / "offset.txt"', 'folder / "no.txt"'), errors.BadModule, "failed with FileNotFoundError"),
        (put("    return Plan(", "    return dict("), errors.BadModule, "failed with TypeError"),
        (put('    return Plan("pairs"', '    return Plan("pears"'), errors.BadModule, "name 'pairs', its plan 'pears'"),
        (put('"pairs"', '"nasbench201"'), errors.BadDeclaration, "has a suite nasbench201 already"),
        (put('tasks={"sum"', 'tasks={"product"'), errors.BadModule, "the plan has no task 'sum', but product"),
        (put('"mean-valid", "seconds")', '"mean-valid", "size")'), errors.BadModule, "has no metric 'size', but mean"),
        (put("keys=table_keys", "keys=None"), None, ""),
        (lambda text: text.replace('"seconds"', '"charge"'), errors.BadModule, "has a column 'charge' of its own"),
        (
            lambda text: put("keys=table_keys", "keys=None")(
                put('{"title": "Sums"}}, SPACE', '{"title": "Sums"}}, Space((Categorical("l", (0, 1)),))')(text)
            ),
            errors.BadModule, "has no column 'l'; without keys",
        ),
        (put('budget=6', 'score=Score("mine", "Mine", False, max, min), budget=6'), UsageError, "NameError"),
        (
            lambda text: "from harness.benchmark.leaderboard import Score\n"
            + put("budget=6", 'score=Score("mine", "Mine", False, max, min), budget=6')(text),
            errors.BadModule, "its score 'mine' is its own, so the suite needs a rescore",
        ),
        (put("full={},", 'full={"epoch": 3},'), errors.BadModule, "full fidelity is {}, but the plan's is {'epoch'"),
        (
            put("np.ones((len(pairs), 1, 2))", "np.ones((len(pairs), 1, 3))"),
            errors.UnequalMetrics, r"sum: seconds has the shape \(9, 1, 3\), but 9 entries at 1 fid.* with 2 trials",
        ),
        (put("np.ones((len(pairs), 1, 2))", "np.ones((len(pairs), 2))"), errors.UnequalMetrics, r"shape \(9, 2\), but"),
        (put("full={}, price=", 'full={}, price="hours" or '), errors.MissingColumn, "sum: there is no metric 'hours'"),
        (put("keys = np.array([Keys", "keys = np.array([3 * 0 + 0 * Keys"), errors.DuplicateKey, "has two entries"),
    ],
)  # fmt: skip
def test_a_wrong_module_is_refused(
    change: Callable[[str], str], kind: type[HarnessError] | None, words: str, own_data: Path, tmp_path: Path
) -> None:
    file = made_modules.write(tmp_path, change)
    if kind is None:
        import_table(file)
        return
    with pytest.raises(kind, match=words):
        import_table(file)
    assert not (own_data / "sets").exists()


def test_a_suite_of_another_version_says_so(own_data: Path, tmp_path: Path) -> None:
    import json

    from harness.sources.store import content_hash

    made = import_table(made_suite.write(tmp_path))
    manifest = json.loads((made.path / "manifest.json").read_text())
    manifest["declaration"]["fidelity"] = manifest["declaration"].pop("fidelities")
    manifest["hash"] = content_hash(manifest)
    (made.path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SurrogateError, match=r"made by another version.*import it again"):
        registry.suite("toynets")


@pytest.mark.parametrize(
    ("swapped", "named"),
    [
        (("maximize = true", "maximise = true"), "no entry objective.maximize, but 'maximise'"),
        (('test = "test"', 'tests = "test"'), r"an entry objective.tests .* \(did you mean 'test'\?\)"),
        (("fidelity =", "fidelty ="), "no fidelity, but 'fidelty'"),
        (("price = {", "prise = {"), "no entry price, but 'prise'"),
        (('title = "Toy networks"', 'titel = "Toy networks"'), r"an entry titel .* \(did you mean 'title'\?\)"),
        (("seeds = 3", "seed = 3"), r"an entry budget.seed .* \(did you mean 'seeds'\?\)"),
        (("continues = true", "zzz = true"), "an entry fidelity.zzz that no declaration has; remove"),
    ],
)
def test_an_entry_that_is_unknown_is_named(
    swapped: tuple[str, str], named: str, own_data: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=named):
        import_table(made_suite.write(tmp_path, declaration=swap(swapped)))


@pytest.mark.parametrize("method", ["random-search", "regularized-evolution"])
@pytest.mark.parametrize("widths", [[8], [8, 16]])
def test_a_table_of_an_entry_or_two_is_verified(method: str, widths: list[int], own_data: Path, tmp_path: Path) -> None:
    """Runs on it agree by chance, which is no copying."""
    frame = made_suite.rows()
    few = frame[frame.width.isin(widths) & (frame.depth == 1) & (frame.act == "relu")]
    import_table(made_suite.write(tmp_path, few, swap(("[8, 16, 32]", str(widths)), (', "tanh"', ""))))
    harness.run("toy", "bb", method, seeds=30, suite="toynets", results=tmp_path / "r")
    found = verify(tmp_path / "r")
    assert found.ok, [str(finding) for finding in found.findings]


def test_copied_seeds_on_a_table_of_many_entries_are_named(own_data: Path, tmp_path: Path) -> None:
    import_table(made_suite.write(tmp_path))
    (tmp_path / "fixed.py").write_text(FIXED)
    harness.run("toy", "bb", f"{tmp_path / 'fixed.py'}:Fixed", seeds=3, suite="toynets", results=tmp_path / "r")
    found = verify(tmp_path / "r", reproduce=0)
    assert [re.sub(r".*: ", "", str(finding)) for finding in found.findings] == [
        "its ledger equals the ledger of seed 0; if the method is deterministic, declare so in the submission"
    ]


# What cannot be ----------------------------------------------------------------------------------------------------

BUDGET, WIDTH, ACT = "evaluations = 12, seeds = 3", "parameters.width = [8, 16, 32]", '["relu", "tanh"]'
TITLE, QUOTED = '"Toy networks"', ".".join(['"a,b"'] * 40)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (BUDGET, "evaluations = inf, seeds = 3", "budget has inf evaluations"),
        (BUDGET, "evaluations = nan, seeds = 3", "budget needs evaluations of at least 0.001"),
        (BUDGET, "evaluations = 5e-324, seeds = 3", "budget needs evaluations of at least 0.001"),
        (BUDGET, "evaluations = 1e300, seeds = 3", r"budget has 1e\+300 evaluations .* at most 1,000,000"),
        (BUDGET, "evaluations = 12, seeds = 1000000000", "1,000,000,000 seeds; at most .* 1,000 seeds"),
        (BUDGET, f"evaluations = 12, seeds = {2**70}", r"budget\.seeds has more than 64 bits"),
        (BUDGET, f"evaluations = 0x{'f' * 9000}, seeds = 3", r"budget\.evaluations has more than 64 bits"),
        (WIDTH, f"parameters.width = [8, {2**64}]", r"parameters\.width has more than 64 bits"),
        (WIDTH, "parameters.width = [nan, 8.0]", r"parameters\.width has a level nan that must be a finite number"),
        (WIDTH, "parameters.width = [8.0, inf]", r"parameters\.width has a level inf"),
        (WIDTH, f"parameters.width = [{2**60}, {2**60 + 1}]", "the same as floating-point numbers"),
        (WIDTH, "parameters.width = [[8], [16]]", r"parameters\.width must be a list of different values of one kind"),
        (WIDTH, "parameters.width = [{ a = 8 }]", r"parameters\.width must be a list of different values of one kind"),
        (WIDTH, "parameters.width = [8, 'sixteen']", r"parameters\.width must be a list of different values of one"),
        (WIDTH, "parameters.width = [1979-05-27]", r"parameters\.width must be a list of different values of one kind"),
        (WIDTH, "parameters.width = [8, 16, 16]", r"parameters\.width has level 16 twice"),
        (BUDGET, f"evaluations = {'9' * 5000}, seeds = 3", "a number in line 14 has more than 64 bits"),
        ('column = "repeat"', 'column = ""', "column '' is empty"),
        ('task = { name = "toy" }', 'task = { column = "" }', "column '' is empty"),
        (ACT, r'["relu", "ta\u001b[2Jnh"]', r"parameters\.act has a level .* control characters"),
        (ACT, f'["relu", "{"x" * 300}"]', "300 characters; at most 200"),
        ("parameters.width", r'parameters."wi\u0007dth"', "column .* control characters"),
        ("parameters.width", f"parameters.{'w' * 300}", "300 characters; at most 200"),
        ("parameters.width", 'parameters.""', "column '' is empty"),
        (TITLE, r'"Toy\u001b]0;x\u0007"', "title = .* control characters"),
        (TITLE, f'"{"x" * 300}"', "title = .* 300 characters"),
        ("also =", f"{'.'.join('a' * 40)} = 1\nalso =", "nested more than 16 levels deep in line 5"),
        ("also =", f"{QUOTED} = 1\nalso =", "nested more than 16 levels deep in line 5"),
        ("also =", f"x = {'[' * 300}\nalso =", "nested more than 16 levels deep"),
        ("also =", '"\\u001b[2J" = 1\nalso =', r"an entry \\x1b\[2J that no declaration"),
        (OBJECTIVE, TWO[1].replace("maximize = false", "maximize = false, reference = 1e300"), "is beyond 1e"),
        (OBJECTIVE, TWO[1].replace("maximize = false", "maximize = false, reference = nan"), "a finite number"),
    ],
)  # fmt: skip
def test_a_declaration_of_what_cannot_be_is_refused_by_name(
    old: str, new: str, words: str, own_data: Path, tmp_path: Path
) -> None:
    with pytest.raises(errors.BadDeclaration, match=words) as caught:
        import_table(made_suite.write(tmp_path, None, swap((old, new))))
    assert str(caught.value).isprintable()
    assert not (own_data / "sets").exists()


def test_a_level_beyond_32_bits_is_a_level_and_no_infinity() -> None:
    levels, values = Levels([8.0, 0.1, 1e300]), np.array([1e300, np.inf, 32.0, np.float32(0.1)])
    assert levels.codes(values).tolist() == [2, -1, -1, 1]
    assert levels.codes(values.astype(object)).tolist() == [2, -1, -1, 1]


def test_a_long_key_is_refused_at_once(own_data: Path, tmp_path: Path) -> None:
    began = time.process_time()
    for text in (".".join("a" * 200_000), "[" + ".".join("a" * 20_000) + "]\n" + "b = 1\n" * 50_000):
        with pytest.raises(errors.BadDeclaration, match="nested more than 16 levels deep"):
            import_table(made_suite.write(tmp_path, None, text + " = 1\n"))
    assert time.process_time() - began < 5


@pytest.mark.parametrize("price", [1e308, 5e-324, -1.0, 1e16, 0.0])
def test_a_price_that_sums_cannot_hold_is_refused(price: float, own_data: Path, tmp_path: Path) -> None:
    frame = made_suite.rows()
    frame.loc[4, "seconds"] = price
    with pytest.raises(errors.BadValue, match="a price is a positive number of seconds, from 1e-12 to 1e"):
        import_table(made_suite.write(tmp_path, frame))


def test_a_metric_that_cannot_be_squared_is_refused(own_data: Path, tmp_path: Path) -> None:
    frame = made_suite.rows()
    frame.loc[4, "valid"] = -1e200
    with pytest.raises(errors.BadValue, match=r"valid = -1e\+200; every metric is a finite number, of at most"):
        import_table(made_suite.write(tmp_path, frame))


def test_levels_of_the_table_are_checked_as_declared_ones(own_data: Path, tmp_path: Path) -> None:
    frame = made_suite.rows()
    for values, words in (
        (frame.depth.where(frame.depth != 4, 2**60) + 2**60, "same as floating-point numbers"),
        (frame.depth.map(lambda depth: "x\x1b" * int(depth)), "control characters"),
    ):
        with pytest.raises(errors.BadValue, match=f"column 'depth' .*{words}"):
            import_table(made_suite.write(tmp_path, frame.assign(depth=values)))


def test_trials_may_have_any_numbers(own_data: Path, tmp_path: Path) -> None:
    frame = made_suite.rows()
    plain = import_table(made_suite.write(tmp_path / "plain", frame))
    numbered = import_table(made_suite.write(tmp_path / "numbered", frame.assign(repeat=range(len(frame)))),
                            replacing=True)  # fmt: skip
    assert plain.hash == numbered.hash


def test_a_trial_number_for_each_row_takes_no_more_memory(own_data: Path, tmp_path: Path) -> None:
    """Each of 20,000 rows is an entry of its own, with a trial number of its own."""
    rows = 20_000
    frame = pd.DataFrame({"width": range(rows), "depth": 1, "act": "relu", "epochs": 1, "repeat": range(rows)})
    frame = frame.assign(valid=1.0 + frame.width, test=1.0, seconds=1.0, parameters=1.0)
    tracemalloc.start()
    import_table(made_suite.write(tmp_path, frame, swap((WIDTH, "parameters.width = []"))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 << 20


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.assign(width=8, depth=1, act="relu", repeat=range(len(f))), "trials of width = 8"),
        (lambda f: f.assign(epochs=range(1, len(f) + 1)), "fidelities: there is no training at the others"),
    ],
    ids=["trials", "fidelities"],
)
def test_a_table_with_more_places_than_rows_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], words: str, own_data: Path, tmp_path: Path
) -> None:
    frame = pd.concat([made_suite.rows()] * 10, ignore_index=True)
    with pytest.raises(HarnessError, match=words):
        import_table(made_suite.write(tmp_path, change(frame)))


def test_a_text_repeated_in_every_row_is_refused_unread(own_data: Path, tmp_path: Path) -> None:
    file = made_suite.write(tmp_path)
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000), pa.array(["x" * 1_000_000]))
    table = pa.table({name: np.ones(100_000) for name in made_suite.rows().columns if name != "act"} | {"act": text})
    pq.write_table(table, file.with_suffix(".parquet"), compression="zstd")
    assert file.with_suffix(".parquet").stat().st_size < 1 << 20
    began = time.process_time()
    with pytest.raises(HarnessError, match="bytes to read"):
        import_table(file)
    assert time.process_time() - began < 20
