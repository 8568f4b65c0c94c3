"""Fitting: a tiny fit from start to end, what it promises everywhere, and data it cannot learn from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.paths import ROOT, SHARED

pytest.importorskip("xgboost", reason="harness fit needs the extra [fit]")
pytest.importorskip("scipy", reason="harness fit needs the extra [fit]")

from harness.sources.models.evaluate import Program
from harness.sources.models.model import Model
from harness.sources.models.surrogates import SurrogateSet
from protocols.jahs.fit import Effort, FitError, fit, report, table
from protocols.jahs.fit.boosting import Boosting, pack, train
from protocols.jahs.fit.direct import by_pairs, fit_direct
from protocols.jahs.fit.encoder import COLUMNS, build, encode, price_grid
from protocols.jahs.fit.links import link, score, value
from protocols.jahs.fit.rows import (
    EARLY,
    FIDELITY_FILE,
    INPUTS,
    LOGGED,
    METRICS,
    at_full,
    density_ratio,
    held_out,
    on_linear_scale,
    read_rows,
    uniform_rows,
)
from protocols.jahs.fit.simulate import Ladder, brackets, hyperband, random_search
from protocols.jahs.fit.students import Lesson
from protocols.jahs.network import CLASSES, multiply_adds, parameters

DATA = SHARED / "data" / "jahs"
TINY = Effort(
    pools=tuple((task, (300, 100, 100, 200)) for task in ("cifar10", "colorectal_histology", "fashion_mnist")),
    members=(("cifar10", (2, 1, 1)), ("fashion_mnist", (2, 1, 1))),
    teacher=Boosting(trees=6, depth=4, rate=0.4),
    rough=Boosting(trees=6, depth=4, rate=0.4), early_rows=1500, probes=2, trees=0.02, calibration=(400, 3),
)  # fmt: skip


@pytest.fixture(scope="module")
def few_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is absent")
    folder = tmp_path_factory.mktemp("data") / "jahs"
    folder.mkdir()
    for name in (*LOGGED.values(), FIDELITY_FILE):
        pd.read_parquet(DATA / name).sample(900, random_state=1).to_parquet(folder / name)
    (folder / EARLY).symlink_to(DATA / EARLY)
    return folder.parent


@pytest.fixture(scope="module")
def tiny(few_rows: Path, tmp_path_factory: pytest.TempPathFactory) -> SurrogateSet:
    out = tmp_path_factory.mktemp("set") / "lite-1"
    fit(few_rows, out, effort=TINY)
    return SurrogateSet(out)


def digest(folder: Path) -> dict[str, str]:
    files = sorted(f for f in folder.rglob("*") if f.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


@pytest.mark.slow
def test_the_same_data_give_the_same_bytes(few_rows: Path, tiny: SurrogateSet, tmp_path: Path) -> None:
    fit(few_rows, tmp_path / "lite-1", effort=TINY)
    assert digest(tmp_path / "lite-1") == digest(tiny.path)


@pytest.mark.slow
def test_every_metric_of_every_task_is_there_and_says_how_it_was_made(tiny: SurrogateSet) -> None:
    assert tiny.tasks == ["cifar10", "colorectal_histology", "fashion_mnist"]
    for task in tiny.tasks:
        assert len(tiny.metrics(task)) == 7
        for metric in tiny.metrics(task):
            card = tiny.card(task, metric)
            assert card["kind"] in {"fitted", "transferred", "calibrated", "computed"}
            assert card["note"]
    assert tiny.constants("colorectal_histology")["mean_runtime"] == pytest.approx(18_336, rel=1e-6)


@pytest.mark.slow
def test_more_depth_width_resolution_or_epochs_always_cost_more(tiny: SurrogateSet) -> None:
    check_increasing(tiny)


def test_the_embedded_set_keeps_what_fits_promise() -> None:
    path = ROOT / "harness" / "sources" / "embedded" / "lite-1"
    if not path.is_dir():
        pytest.skip(f"{path} is absent")
    check_increasing(SurrogateSet(path))
    check_sane(SurrogateSet(path))


def check_increasing(loaded: SurrogateSet) -> None:
    rows = uniform_rows(400, np.random.default_rng(0), vary=True)
    axes: dict[str, tuple[list[float], list[str]]] = {
        "N": ([1, 3, 5], ["latency", "runtime"]),
        "W": ([4, 8, 16], ["latency", "runtime"]),
        "Resolution": ([0.25, 0.5, 1.0], ["latency", "runtime"]),
        "epoch": (list(range(1, 201)), ["runtime"]),
    }
    for task in loaded.tasks:
        for axis, (values, metrics) in axes.items():
            chosen = rows[: 4000 // len(values)]
            along = pd.concat([chosen.assign(**{axis: v}) for v in values], ignore_index=True)
            found = loaded.predict(task, along, metrics).to_numpy().reshape(len(values), len(chosen), len(metrics))
            assert (np.diff(found, axis=0) > 0).all(), (task, axis)


@pytest.mark.slow
def test_all_metrics_are_sane_everywhere(tiny: SurrogateSet) -> None:
    check_sane(tiny)


def check_sane(loaded: SurrogateSet) -> None:
    rows = uniform_rows(2000, np.random.default_rng(1), vary=True)
    for task in loaded.tasks:
        found = loaded.predict(task, rows)
        accuracies = found[["valid-acc", "test-acc", "train-acc"]].to_numpy()
        assert (accuracies > 0).all()
        assert (accuracies < 100).all()
        assert (found[["latency", "runtime", "size_MB", "FLOPS"]].to_numpy() > 0).all()
        operations = rows[[f"Op{i}" for i in range(1, 7)]].to_numpy()
        n, w, r = (rows[c].to_numpy(float) for c in ("N", "W", "Resolution"))
        np.testing.assert_allclose(found["FLOPS"], multiply_adds(operations, n, w, r, CLASSES[task]), rtol=1e-6)
        np.testing.assert_allclose(found["size_MB"], parameters(operations, n, w, CLASSES[task]), rtol=1e-6)


@pytest.mark.slow
def test_the_report_stands_beside_the_papers_table(tiny: SurrogateSet) -> None:
    text = report(tiny.path)
    assert "0.890" in text  # Table 4, CIFAR-10 valid-acc
    assert len(text.splitlines()) == 1 + 21 + 3
    found = tiny.card("fashion_mnist", "latency")["linear"]
    assert f"latency tau {found['tau']:.3f}, R2 {found['r2']:.3f}" in text.splitlines()[-2]
    assert f"tau {found['tau']:.3f}" in tiny.card("fashion_mnist", "latency")["note"]
    assert "held out" in text.splitlines()[-1]
    cards = {task: {m: tiny.card(task, m) for m in tiny.metrics(task)} for task in tiny.tasks}
    assert text.startswith(table(cards))


def test_exported_trees_predict_what_the_booster_does() -> None:
    rng = np.random.default_rng(0)
    grid = price_grid()
    made = build("cifar10", rng.normal(size=(15625, 3)), np.zeros(len(grid)), np.zeros(len(grid)))
    rows = uniform_rows(3000, rng, vary=True)
    features = encode(made.encoder, rows)
    target = np.log(rows["LearningRate"].to_numpy(np.float64)) * features[:, made.embedding[0]].astype(np.float64)
    booster = train(features, target, Boosting(trees=20, depth=5, rate=0.3), columns=made.tree_columns(fidelity=True))
    model = Model(made.encoder, *pack([booster]), link("valid-acc"))
    predicted = score("valid-acc", Program({"valid-acc": model}).many(rows)[:, 0])
    expected = score("valid-acc", value("valid-acc", booster.predict(features)))
    np.testing.assert_allclose(predicted, expected, atol=1e-5)


def test_a_direct_model_is_its_rows_at_full_fidelity_and_moved_elsewhere() -> None:
    rng = np.random.default_rng(0)
    grid = price_grid()
    made = build("fashion_mnist", rng.normal(size=(15625, 3)), np.zeros(len(grid)), np.log(np.arange(1, len(grid) + 1)))
    rows, pool = uniform_rows(500, rng), uniform_rows(500, rng, vary=True)
    lesson = Lesson(rows, np.log10(rows["LearningRate"].to_numpy(np.float64)) + 2, np.ones(len(rows)))

    def accuracy(moves: np.ndarray, frame: pd.DataFrame) -> np.ndarray:
        models = fit_direct(made, lambda _: lesson, pool, moves, lambda _: 95.0, 0.1)
        assert set(models) == {"valid-acc", "latency", "runtime"}
        return score("valid-acc", Program({"valid-acc": models["valid-acc"]}).many(frame)[:, 0])

    small = (pool["N"] == 1).to_numpy()
    still, moved_down = (accuracy(moves, pool) for moves in (np.zeros(len(pool)), -1.0 * small))
    np.testing.assert_allclose(still, accuracy(np.zeros(len(pool)), at_full(pool)), atol=1e-6)
    np.testing.assert_allclose((moved_down - still)[~small], 0, atol=0.05)  # ten trees are not all of it
    assert (moved_down - still)[small].mean() == pytest.approx(-1, abs=0.15)


def test_a_linear_scale_keeps_the_order_and_the_limits_of_uniform_rows() -> None:
    rows = uniform_rows(20_000, np.random.default_rng(0), decay=1e-3)
    linear = on_linear_scale(rows)
    for name, low, high in (("LearningRate", 1e-3, 1.0), ("WeightDecay", 1e-5, 1e-3)):
        counts, _ = np.histogram(linear[name], 10, (low, high))
        assert counts.sum() == len(rows)
        assert counts == pytest.approx(len(rows) / 10, rel=0.1)
        assert (linear[name].rank() == rows[name].rank()).all()
    rest = [c for c in rows if c not in {"LearningRate", "WeightDecay"}]
    assert linear[rest].equals(rows[rest])


def test_rows_count_for_more_where_the_scores_of_random_rows_crowd() -> None:
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.uniform(0, 1, 6000), rng.uniform(1, 10, 6000), rng.uniform(10, 11, 6000)])
    rare = np.repeat([1.0, 1.0, 0.5], 6000)  # the last third is crowded among the rows given, not among random ones
    lesson = Lesson(uniform_rows(len(scores), rng), scores, rare)
    gain = by_pairs(lesson).weights / rare
    crowded, sparse, common = (gain[(scores > a) & (scores < b)].mean() for a, b in ((0.4, 0.6), (4, 7), (10.4, 10.6)))
    assert crowded / sparse == pytest.approx(9, rel=0.1)
    assert common / sparse == pytest.approx(9 / 4, rel=0.1)
    assert by_pairs(lesson).weights.mean() == pytest.approx(rare.mean())
    floored = by_pairs(lesson, least=0.5).weights / rare
    assert floored.min() / floored.max() == pytest.approx(0.5)


def test_features_are_encoded_as_the_evaluator_does() -> None:
    rng = np.random.default_rng(0)
    grid = price_grid()
    made = build("fashion_mnist", rng.normal(size=(15625, 2)), rng.normal(size=len(grid)), rng.normal(size=len(grid)))
    rows = uniform_rows(500, rng, vary=True)
    features = encode(made.encoder, rows)
    for feature in range(len(COLUMNS), made.encoder.size, 7):
        from harness.sources.models.model import Link
        from harness.sources.models.trees import Trees

        one = Model(made.encoder, Trees.none(), 0.0, Link(0.0, 0.0, weights=((feature, 1.0),)))
        np.testing.assert_array_equal(Program({"x": one}).many(rows)[:, 0], features[:, feature])


def test_a_configuration_is_held_out_with_all_its_epochs() -> None:
    rows = uniform_rows(200, np.random.default_rng(0))
    both = pd.concat([rows, rows.assign(epoch=200)], ignore_index=True)
    held = held_out(both, 0.3)
    assert (held[:200] == held[200:]).all()
    assert 30 < held[:200].sum() < 90


def test_the_density_ratio_is_higher_where_logged_rows_are_rare() -> None:
    rng = np.random.default_rng(0)
    rows = uniform_rows(4000, rng)
    logged = np.r_[rng.random(3600) ** 3, rng.random(400)][:, None].astype(np.float32)
    ratio = density_ratio(rows, logged, rng.random((4000, 1)).astype(np.float32))
    assert ratio[logged[:, 0] > 0.8].mean() > 2 * ratio[logged[:, 0] < 0.1].mean()


def test_random_search_ends_at_the_evaluation_that_still_fits() -> None:
    accuracy, price = np.arange(50.0), np.full(50, 10.0)
    best = random_search(accuracy, price, 10.0, [0.5, 1.0, 50.0], 3)
    assert np.isnan(best[:, 0]).all()
    assert (best[:, 1] == [accuracy[np.random.default_rng(s).permutation(50)[0]] for s in range(3)]).all()
    assert (best[:, 2] == 49).all()


def test_hyperband_brackets_are_those_of_the_paper() -> None:
    assert brackets(5, 3) == [(0, 81), (1, 34), (2, 15), (3, 8), (4, 5)]
    accuracy = np.tile(np.linspace(0, 90, 100), (5, 1))
    price = np.repeat(np.array([[1.0], [3], [9], [27], [81]]), 100, axis=1)
    assert 85 < hyperband(Ladder(accuracy, price, 3, True), 81 * 20, 4) <= 90


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(FitError, match=r"cifar10\.parquet does not exist"):
        read_rows(tmp_path, "cifar10.parquet")
    pd.DataFrame({"LearningRate": [0.1] * 200}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(FitError, match="lacks the columns WeightDecay, Activation"):
        read_rows(tmp_path, "x.parquet")
    (tmp_path / "y.parquet").write_bytes(b"no parquet")
    with pytest.raises(FitError, match="no readable parquet"):
        read_rows(tmp_path, "y.parquet")
    rows = {name: pa.array([0] * 100_000) for name in (*INPUTS, *METRICS)}
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table({**rows, "Activation": texts}), tmp_path / "z.parquet", store_schema=False)
    with pytest.raises(FitError, match="bytes to read"):  # it would be 100 GB
        read_rows(tmp_path, "z.parquet")
    with pytest.raises(FitError, match="early_surrogate_cifar10 does not exist"):
        fit(tmp_path, tmp_path / "out", effort=TINY)
    assert not (tmp_path / "out").exists()
