"""Copies: whole or nearly whole, among seeds, entries and trees; and honest runs that have much in common."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import harness
from harness import registry
from harness.benchmark.method import Observation, Problem
from harness.runs import pairing
from harness.sources.models.surrogates import SurrogateSet
from harness.verify.api import verify
from harness.verify.copies import COPY, NOTED
from harness.verify.entry import examine
from harness.verify.likeness import KEPT, Trace, alike, fingerprint, share, trace
from harness.verify.submissions import Submission, write_submission
from support.forging import Columns, Header, forge, keep, read, recount
from support.paths import ROOT

BOARD = "cifar10/single/bb"
PLACE = Path("toy") / BOARD
MINE = hashlib.sha256(b"mine").hexdigest()
JAHS = registry.leaderboard_of(BOARD)


@pytest.fixture(scope="module")
def results(toy_set: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seeds of random search, and of another method."""
    folder = tmp_path_factory.mktemp("honest")
    harness.run("cifar10", "bb", ["random-search", "local-search"], surrogates=toy_set, results=folder)
    return folder


@pytest.fixture
def record(results: Path) -> Path:
    return results / PLACE / "random-search.parquet"


def told(*paths: Path) -> list[str]:
    return [str(finding) for finding in verify(list(paths), reproduce=0).findings]


def rows_of(columns: Columns, seed: int) -> Columns:
    return keep(columns, columns["seed"] == seed)


def with_seed(columns: Columns, header: Header, seed: int, rows: Columns) -> Columns:
    """The ledger with other rows for a seed, scheduled anew as the budget allows."""
    rows = {name: values.copy() for name, values in rows.items()}
    rows["seed"][:] = seed
    budget = JAHS.budget * header["spec"]["constants"]["mean_runtime"]
    ends = np.cumsum(rows["charge"])
    rows = keep(rows, np.concatenate([[0.0], ends[:-1]]) < budget)
    now = 0.0
    for k in range(len(rows["seed"])):
        rows["start"][k], now = now, now + rows["charge"][k]
        rows["end"][k] = now
    rows["counted"] = rows["end"] <= budget
    rows["trial"] = np.arange(len(rows["seed"]))
    parts = [rows if s == seed else rows_of(columns, s) for s in range(10)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in columns}
    recount(joined, header)
    return joined


def mixed(one: Columns, other: Columns, others: int) -> Columns:
    """The rows of a seed, of which the first ones are another seed's."""
    return {name: np.concatenate([other[name][:others], one[name][others:], other[name][-30:]]) for name in one}


def last_row_changed(columns: Columns, header: Header) -> Columns:
    """The row that the budget cuts off does not count, and is another one."""
    for other in (1, 2, 3, 5):
        rows, spare = rows_of(columns, 4), rows_of(columns, other)
        rows = {name: np.append(values[:-1], spare[name][:1]) for name, values in rows.items()}
        changed = with_seed(columns, header, 9, rows)
        if not rows_of(changed, 9)["counted"].all():
            return changed
    raise AssertionError


def test_a_copy_that_differs_where_nothing_counts(record: Path, tmp_path: Path) -> None:
    forged = forge(record, tmp_path / "forged.parquet", last_row_changed)
    assert told(forged) == [
        "forged.parquet seed 9: its ledger equals the ledger of seed 4; if the method is "
        "deterministic, declare so in the submission"
    ]


def reversed_copy(columns: Columns, header: Header) -> Columns:
    return with_seed(columns, header, 9, {name: values[::-1] for name, values in rows_of(columns, 4).items()})


def nearly(others: int) -> Any:
    def change(columns: Columns, header: Header) -> Columns:
        return with_seed(columns, header, 9, mixed(rows_of(columns, 4), rows_of(columns, 9), others))

    return change


@pytest.mark.parametrize("change", [reversed_copy, nearly(3)])
def test_a_near_copy_is_refused_with_its_share(record: Path, tmp_path: Path, change: Any) -> None:
    [finding] = told(forge(record, tmp_path / "forged.parquet", change))
    assert "% of its evaluations are also in seed 4, far more than chance allows" in finding


def moved(columns: Columns, header: Header) -> Columns:
    """A twentieth is added to every weight decay, which moves most of them into another hundredth of the range."""
    rows = {name: values.copy() for name, values in rows_of(columns, 4).items()}
    rows["WeightDecay"] = np.clip(rows["WeightDecay"] * 1.05, 1e-5, 1e-2)
    return with_seed(columns, header, 9, rows)


def few_and_shuffled(columns: Columns, header: Header) -> Columns:
    """Every seed makes the same few evaluations, each in an order of its own, and then stops."""
    first, rng = {name: values[:15] for name, values in rows_of(columns, 0).items()}, np.random.default_rng(0)
    for seed in range(10):
        order = rng.permutation(15)
        columns = with_seed(columns, header, seed, {name: values[order] for name, values in first.items()})
    for run in header["runs"]:
        run["stopped"] = "method"
    return columns


@pytest.mark.parametrize("change", [moved, few_and_shuffled])
def test_a_copy_is_known_by_its_networks_and_by_few_evaluations(record: Path, change: Any) -> None:
    columns, header = read(record)
    changed = change(columns, header)
    traces = [
        Trace.of(trace(keep(rows_of(changed, seed), rows_of(changed, seed)["counted"]), JAHS)) for seed in range(10)
    ]
    assert max(share(traces[late], traces[early], JAHS) for late, early in alike(traces)) > COPY


def test_a_ledger_of_ones_own_on_another_leaderboard(record: Path, tmp_path: Path, toy_set: SurrogateSet) -> None:
    home = submission(tmp_path, "Mine", toy_set)
    for setting in ("bb", "ca"):

        def change(columns: Columns, header: Header, setting: str = setting) -> None:
            renamed("mine.Search")(columns, header)
            header["spec"]["leaderboard"] = f"cifar10/single/{setting}"

        forge(record, home / "toy" / "cifar10" / "single" / setting / "mine.Search.parquet", change)
    [finding] = told(tmp_path)
    assert "its ledger equals the ledger of seed 0 of" in finding
    assert finding.endswith("on another leaderboard")


def test_a_copy_of_anothers_ledger_on_another_leaderboard(
    record: Path, results: Path, tmp_path: Path, toy_set: SurrogateSet
) -> None:
    def change(columns: Columns, header: Header) -> Columns:
        renamed("mine.Search")(columns, header)
        header["spec"]["leaderboard"] = "cifar10/single/ca"
        for seed in range(10):
            columns = with_seed(columns, header, seed, {n: v[::-1] for n, v in rows_of(columns, seed).items()})
        return columns

    home = submission(tmp_path, "Mine", toy_set)
    forge(record, home / "toy/cifar10/single/ca/mine.Search.parquet", change)
    [finding] = told(tmp_path, results)
    assert f"of {PLACE}/random-search.parquet, another entry, far more than chance allows" in finding


def test_every_copy_of_ten_is_one_finding_of_its_record(record: Path, tmp_path: Path) -> None:
    def change(columns: Columns, header: Header) -> Columns:
        for seed in range(1, 10):
            columns = with_seed(columns, header, seed, rows_of(columns, 0))
        return columns

    assert len(told(forge(record, tmp_path / "forged.parquet", change))) == 1


def test_half_in_common_is_told_and_left_to_people(record: Path, tmp_path: Path) -> None:
    """As of a method with a fixed initial design of two thirds of its evaluations."""
    rows = len(rows_of(read(record)[0], 4)["seed"])
    found = verify(forge(record, tmp_path / "forged.parquet", nearly(rows // 3)), reproduce=0)
    assert found.ok
    [note] = found.verdicts[0].notes
    assert "of its evaluations are also in seed 4" in note
    assert NOTED <= float(note.split(": ")[1].split("%")[0]) / 100 < COPY


def test_a_quarter_in_common_is_not_worth_a_word(record: Path, tmp_path: Path) -> None:
    rows = len(rows_of(read(record)[0], 4)["seed"])
    found = verify(forge(record, tmp_path / "forged.parquet", nearly(3 * rows // 4)), reproduce=0)
    assert (found.ok, found.verdicts[0].notes) == (True, ())


def submission(folder: Path, name: str, toy: SurrogateSet, method: str = "mine.Search", **changes: Any) -> Path:
    declared = Submission(
        rules="1.0", name=name, version="1", authors=("A",), url="https://example.org", contact="https://example.org",
        licence="MIT", surrogates="toy", surrogates_hash=toy.hash, method=method, axis="", continuation=True, **changes,
    )  # fmt: skip
    home = folder / declared.slug
    home.mkdir(parents=True)
    write_submission(home, declared)
    return home


def renamed(name: str) -> Any:
    def change(columns: Columns, header: Header) -> None:
        header["spec"] |= {"method": name, "method_path": name, "source": MINE}
        del columns

    return change


def test_a_baseline_copied_under_a_new_name(record: Path, results: Path, tmp_path: Path, toy_set: SurrogateSet) -> None:
    """The very file: it replays, its method reproduces it, and it is no entry. The copy is named, not the baseline."""
    home = submission(tmp_path, "My Method", toy_set, "random-search")
    (home / PLACE).mkdir(parents=True)
    shutil.copy(record, home / PLACE)
    [finding] = told(tmp_path, results)
    assert finding == (
        f"my-method/{PLACE}/random-search.parquet seed 0: its ledger equals the ledger of seed 0 of "
        f"{PLACE}/random-search.parquet, another entry"
    )


def test_a_copy_of_another_submission_with_a_hair_moved(record: Path, tmp_path: Path, toy_set: SurrogateSet) -> None:
    def moved(columns: Columns, header: Header) -> None:
        renamed("their.Search")(columns, header)
        columns["WeightDecay"][:] = np.nextafter(columns["WeightDecay"], 1.0)

    for name, method, change in (("One", "mine.Search", renamed("mine.Search")), ("Two", "their.Search", moved)):
        home = submission(tmp_path, name, toy_set, method)
        forge(record, home / PLACE / f"{method}.parquet", change)
    found = told(tmp_path)
    assert len(found) == 1
    assert "two/" in found[0]
    assert f"of one/{PLACE}/mine.Search.parquet, another entry, far more than chance allows" in found[0]


def test_a_deterministic_method_says_so_and_is_left_in_peace(
    record: Path, tmp_path: Path, toy_set: SurrogateSet
) -> None:
    def change(columns: Columns, header: Header) -> Columns:
        renamed("mine.Search")(columns, header)
        for seed in range(1, 10):
            columns = with_seed(columns, header, seed, rows_of(columns, 0))
        return columns

    home = submission(tmp_path, "Always", toy_set, deterministic=True)
    forge(record, home / PLACE / "mine.Search.parquet", change)
    found = verify(tmp_path, reproduce=0)
    assert (found.ok, found.verdicts[0].notes) == (True, ())


@pytest.mark.slow
def test_methods_that_begin_alike_are_not_accused(
    toy_set: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hyperband and successive halving with the very same random numbers: they share a bracket and many candidates."""

    def same(*parts: object) -> int:
        return int.from_bytes(hashlib.sha256(str(parts[-1]).encode()).digest()[:4], "big")

    monkeypatch.setattr(pairing, "derive_seed", same)
    harness.run("cifar10", "mf", ["hyperband", "successive-halving"], surrogates=toy_set, results=tmp_path)
    found = verify(tmp_path, reproduce=0)
    assert len(found.verdicts) == 2
    assert found.ok, [str(f) for f in found.findings]
    board = registry.leaderboard_of("cifar10/single/mf")
    one, other = ([Trace.of(text) for text in verdict.traces.values()] for verdict in found.verdicts)
    shares = [share(first, second, board) for first, second in zip(one, other, strict=True)]
    assert 0 < max(shares) < NOTED, "they do begin alike, and are not even named"
    assert not [note for verdict in found.verdicts for note in verdict.notes if "chance" in note]


def evaluations(count: int, seed: int = 0) -> Columns:
    """Random evaluations that all count."""
    rng = np.random.default_rng(seed)
    rows = [JAHS.space.sample(rng) for _ in range(count)]
    found = {name: np.array([row[name] for row in rows]) for name in JAHS.space}
    found["Activation"] = found["Activation"].astype(object)
    full = {name: np.full(count, value) for name, value in JAHS.full.items()}
    return {**found, **full, "seed": np.zeros(count, np.int64)}


def test_runs_that_have_nothing_in_common_have_a_share_of_nothing() -> None:
    one, other = (Trace.of(trace(evaluations(100, seed), JAHS)) for seed in (1, 2))
    assert share(one, other, JAHS) == 0.0
    assert share(one, one, JAHS) == 1.0
    assert alike([one, other]) == []
    assert alike([one, other, one]) == [(2, 0)]


def test_few_evaluations_say_nothing() -> None:
    one = Trace.of(trace(evaluations(4), JAHS))
    assert share(one, one, JAHS) == 0.0
    assert fingerprint(evaluations(0), JAHS) == ""


def test_a_long_run_is_compared_by_a_part_of_it() -> None:
    columns = evaluations(3 * KEPT)
    one = Trace.of(trace(columns, JAHS))
    assert len(one.hashes) == KEPT
    half = {name: values[: len(values) // 2] for name, values in columns.items()}
    assert 0.4 < share(one, Trace.of(trace(half, JAHS)), JAHS) < 0.6
    assert share(one, Trace.of(trace(evaluations(3 * KEPT, 1), JAHS)), JAHS) == 0.0


def test_the_committed_baselines_accuse_nobody() -> None:
    """Two of their runs have three evaluations of a hundred in common at most; of networks, two local searches more."""
    folder = ROOT / "results" / "baselines" / "lite-1" / "fashion_mnist" / "single" / "mf"
    runs = []
    for path in sorted(folder.glob("*.parquet")):
        runs += [Trace.of(text) for text in examine(path, path.name).traces.values()]
    board = registry.leaderboard_of("fashion_mnist/single/mf")
    shares = [share(runs[late], runs[early], board) for late, early in alike(runs)]
    assert len(runs) >= 180
    assert max(shares, default=0.0) < NOTED / 2


@pytest.fixture(scope="module")
def spare(toy_set: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Columns:
    """The rows of ten seeds that no entry has."""
    folder = tmp_path_factory.mktemp("spare")
    harness.run("cifar10", "bb", "regularized-evolution", surrogates=toy_set, results=folder)
    return read(folder / PLACE / "regularized-evolution.parquet")[0]


@dataclass(frozen=True)
class Pieces:
    """What a seed of a forged entry can be made of: rows of one's own, and all rows of two entries."""

    seed: int
    mine: Columns
    one: Columns
    two: Columns


def joined(*parts: Columns) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def some(rows: Columns, count: int, first: int = 0) -> Columns:
    return {name: values[first : first + count] for name, values in rows.items()}


def best(rows: Columns, count: int) -> Columns:
    chosen = np.sort(np.argsort(-rows["valid-acc"], kind="stable")[:count])
    return {name: values[chosen] for name, values in rows.items()}


def poor(rows: Columns) -> Columns:
    return keep(rows, rows["valid-acc"] < np.median(rows["valid-acc"]))


def two_halves(of: Pieces) -> Columns:
    return joined(some(rows_of(of.two, of.seed), 60), some(rows_of(of.one, of.seed), 60))


def spread(of: Pieces) -> Columns:
    """Of every seed of an entry a few rows."""
    return joined(*(some(rows_of(of.one, s), 9, 9 * ((s + of.seed) % 10)) for s in range(10)))


def less_than_half(of: Pieces) -> Columns:
    return joined(poor(of.mine), best(rows_of(of.one, of.seed), 35))


def a_few_good_ones(of: Pieces) -> Columns:
    mine = poor(of.mine)
    return joined(some(mine, 20), best(rows_of(of.one, of.seed), 3), some(mine, 80, 20))


def the_best_again_and_again(of: Pieces) -> Columns:
    return joined(*[best(rows_of(of.one, of.seed), 1)] * 120)


class Playing:
    """Proposes the configurations of a list, as whoever forges a ledger may do. ``lists``: one for each run to come."""

    lists: ClassVar[list[list[dict[str, Any]]]] = []

    def __init__(self, problem: Problem, seed: int) -> None:
        del problem, seed
        self.left = self.lists.pop(0)

    def ask(self) -> dict[str, Any] | None:
        return self.left.pop(0) if self.left else None

    def tell(self, observation: Observation) -> None:
        pass


def forged_entry(
    folder: Path, record: Path, toy: SurrogateSet, spare: Columns, take: Callable[[Pieces], Columns],
    setting: str = "bb", name: str = "Mine", **changes: Any,
) -> Path:  # fmt: skip
    """A submission that its author made of other entries' rows."""
    one, two = (read(record.with_name(f"{other}.parquet"))[0] for other in ("random-search", "local-search"))
    for seed in range(10):
        rows = take(Pieces(seed, rows_of(spare, seed), one, two))
        values = [rows[parameter].tolist() for parameter in JAHS.space]
        Playing.lists.append([dict(zip(JAHS.space, row, strict=True)) for row in zip(*values, strict=True)])
    played = folder.with_name(f"{folder.name}-{name}")
    harness.run("cifar10", setting, Playing, surrogates=toy, results=played)
    method = f"{name.lower()}.Search"
    home = submission(folder, name, toy, method, **changes)
    place = Path("toy/cifar10/single", setting)
    return forge(played / place / "Playing.parquet", home / place / f"{method}.parquet", renamed(method))


@pytest.mark.parametrize(
    ("take", "setting", "why"),
    [
        (two_halves, "bb", "of its evaluations were made by other entries before, most by "),
        (spread, "multi-mf", "of its evaluations were made by other entries before, most by "),
        (less_than_half, "bb", "the best evaluations of "),
        (a_few_good_ones, "ca", " of its seeds are of other entries, here of "),
        (the_best_again_and_again, "bb", "the best evaluations of 10 of its seeds are of other entries, here of "),
    ],
)
def test_an_entry_made_of_pieces_of_others(
    record: Path, results: Path, tmp_path: Path, toy_set: SurrogateSet, spare: Columns,
    take: Callable[[Pieces], Columns], setting: str, why: str,
) -> None:  # fmt: skip
    forged_entry(tmp_path, record, toy_set, spare, take, setting)
    [finding] = told(tmp_path, results)
    assert why in finding


def test_an_entry_of_ones_own_is_not_accused(
    record: Path, results: Path, tmp_path: Path, toy_set: SurrogateSet, spare: Columns
) -> None:
    forged_entry(tmp_path, record, toy_set, spare, lambda of: of.mine)
    found = verify([tmp_path, results], reproduce=0)
    assert [str(finding) for finding in found.findings] == []
    assert [verdict.notes for verdict in found.verdicts] == [(), (), ()]


def test_a_design_that_two_methods_have_in_common(
    record: Path, tmp_path: Path, toy_set: SurrogateSet, spare: Columns
) -> None:
    """Four tenths of every seed are the same textbook design, and so is its best evaluation."""
    design = best(rows_of(spare, 0), 40)
    for name, rows in (("One", "one"), ("Two", "two")):

        def take(of: Pieces, rows: str = rows) -> Columns:
            return joined(design, some(rows_of(getattr(of, rows), of.seed), 60))

        forged_entry(tmp_path, record, toy_set, spare, take, name=name)
    assert told(tmp_path) == []


def test_a_few_evaluations_again_and_again_are_one_ledger(
    record: Path, tmp_path: Path, toy_set: SurrogateSet, spare: Columns
) -> None:
    """However often and in whatever order each seed makes them."""

    def take(of: Pieces) -> Columns:
        two = some(rows_of(spare, 0), 2)
        return joined(*[two] * (20 + of.seed), some(two, 1, of.seed % 2))

    forged_entry(tmp_path, record, toy_set, spare, take)
    [finding] = told(tmp_path)
    assert "seed 1: its ledger equals the ledger of seed 0; if the method is deterministic" in finding


def test_a_method_that_is_not_deterministic_does_not_say_so(
    record: Path, tmp_path: Path, toy_set: SurrogateSet, spare: Columns
) -> None:
    forged_entry(tmp_path, record, toy_set, spare, lambda of: of.mine, deterministic=True)
    [finding] = told(tmp_path)
    assert finding.endswith("its seeds have different ledgers, but its submission declares deterministic = true")
