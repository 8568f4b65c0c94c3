"""The evaluator: C and NumPy agree to the bit with each other and to rounding with a plain walk of the trees."""

# ruff: noqa: ARG005 - fixtures and methods whose arguments are given, not used

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import SpaceError, SurrogateError
from harness.sources.models import evaluate
from harness.sources.models.evaluate import THREAD_ROWS, Program
from harness.sources.models.model import Column, Encoder, Link, Lookup, Model, OneHot
from harness.sources.models.surrogates import SurrogateSet
from harness.sources.models.trees import MAX_DEPTH, TreeArrays, Trees
from protocols.jahs.space import FIDELITIES, FULL, SPACE
from support.frames import rows_of

needs_native = pytest.mark.skipif(vars(evaluate)["_native"] is None, reason="the C extension is not built")

INPUTS = (Column("x"), Column("k"), Column("letter", ("a", "b", "c")), Column("flag", (True, False)))
"""``x`` is any number, ``k`` a whole number of 1..5."""


@dataclass(frozen=True)
class Branch:
    """A tree as one would draw it: inner nodes have a feature, leaves only a value."""

    value: float
    feature: int = 0
    left: Branch | None = None
    right: Branch | None = None


def grow(rng: np.random.Generator, features: int, depth: int) -> Branch:
    """A random tree of uneven depth; thresholds often coincide with values that occur."""
    if depth == 0 or rng.random() < 0.25:
        return Branch(float(np.float32(rng.normal())))
    threshold = float(np.float32(rng.choice([0.0, 0.5, 1.0, 2.0, 3.0, rng.normal()])))
    left, right = grow(rng, features, depth - 1), grow(rng, features, depth - 1)
    return Branch(threshold, int(rng.integers(features)), left, right)


def flat(tree: Branch) -> TreeArrays:
    """(left, right, feature, value), depth first, as a boosting library might give it."""
    left: list[int] = []
    right: list[int] = []
    feature: list[int] = []
    value: list[float] = []

    def visit(node: Branch) -> int:
        me = len(left)
        left.append(-1)
        right.append(-1)
        feature.append(node.feature)
        value.append(node.value)
        if node.left is not None and node.right is not None:
            left[me], right[me] = visit(node.left), visit(node.right)
        return me

    visit(tree)
    return np.array(left), np.array(right), np.array(feature), np.array(value)


def walk(tree: Branch, x: list[float]) -> float:
    while tree.left is not None and tree.right is not None:
        tree = tree.left if np.float32(x[tree.feature]) < np.float32(tree.value) else tree.right
    return tree.value


@dataclass(frozen=True)
class Case:
    """A random model, its trees as drawn, and rows to predict."""

    model: Model
    trees: tuple[Branch, ...]
    frame: pd.DataFrame

    def by_hand(self, row: dict[str, Any]) -> float:
        """The definition (harness/sources/models/model.py, trees.py), spelled out for one row."""
        levels = [row["x"], row["k"], "abc".index(row["letter"]), [True, False].index(row["flag"])]
        x = [float(np.float32(v)) for v in levels]
        for block in self.model.encoder.blocks:
            if isinstance(block, OneHot):
                x += [float(x[block.source] == code) for code in block.codes]
            else:
                keys = [int(x[s]) - o for s, o in zip(block.sources, block.offsets, strict=True)]
                x += block.values.reshape(*block.sizes, -1)[tuple(keys)].tolist()
        link = self.model.link
        z = link.slope * (self.model.base + math.fsum(walk(tree, x) for tree in self.trees))
        s = 1 / (1 + math.exp(-z)) if link.squash else z
        y = link.lower + (link.upper - link.lower) * s + math.fsum(w * x[j] for j, w in link.weights)
        return math.exp(y) if link.exp else y


@st.composite
def cases(draw: st.DrawFn, rows: int = 20) -> Case:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    blocks: list[OneHot | Lookup] = []
    made = len(INPUTS)
    for kind in draw(st.lists(st.sampled_from(["onehot", "lookup", "lookup2"]), max_size=3)):
        if kind == "onehot":
            blocks.append(OneHot(2, draw(st.sampled_from([(0, 1, 2), (2,), (1, 7)]))))
            made += len(blocks[-1].codes)  # type: ignore[union-attr]
        elif kind == "lookup":
            blocks.append(Lookup((1,), (5,), (1,), rng.normal(size=(5, 2)).astype(np.float32)))
            made += 2
        else:
            blocks.append(Lookup((2, 1, 3), (3, 5, 2), (0, 1, 0), rng.normal(size=(30, 1)).astype(np.float32)))
            made += 1
    depth = draw(st.integers(0, 7))
    trees = tuple(grow(rng, made, depth) for _ in range(draw(st.integers(0, 20))))
    weights = tuple((int(rng.integers(made)), float(rng.normal())) for _ in range(draw(st.integers(0, 3))))
    low, high = sorted(rng.normal(size=2).tolist())
    link = Link(low, high, draw(st.booleans()), float(rng.uniform(0.5, 2.0)), draw(st.booleans()), weights)
    model = Model(Encoder(INPUTS, tuple(blocks)), Trees.build([flat(t) for t in trees]), float(rng.normal()), link)
    frame = pd.DataFrame(
        {
            "x": rng.choice([0.0, 0.5, 1.0, -0.0, float(rng.normal()), 3.0], rows),
            "k": rng.integers(1, 6, rows),
            "letter": rng.choice(["a", "b", "c"], rows),
            "flag": rng.random(rows) < 0.5,
        }
    )
    return Case(model, trees, frame)


def bits(values: np.ndarray) -> list[int]:
    found: list[int] = np.ascontiguousarray(values).view(np.int64).ravel().tolist()
    return found


@needs_native
@given(cases(), cases())
def test_c_and_numpy_give_the_same_bits(first: Case, second: Case) -> None:
    models = {"first": first.model, "second": second.model}
    native, reference = Program(models), Program(models, native=False)
    assert native._native is not None
    assert bits(native.many(first.frame)) == bits(reference.many(first.frame))


@pytest.mark.parametrize("native", [pytest.param(True, marks=needs_native), False], ids=["C", "NumPy"])
@given(case=cases(rows=5))
def test_both_follow_the_definition(case: Case, native: bool) -> None:
    program = Program({"y": case.model}, native=native)
    predicted = program.many(case.frame)[:, 0].tolist()
    expected = [case.by_hand(row) for row in rows_of(case.frame)]
    assert predicted == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("native", [pytest.param(True, marks=needs_native), False], ids=["C", "NumPy"])
@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 63, 64, 65, 200])
def test_a_row_alone_and_in_a_batch_of_any_size_has_the_same_bits(rows: int, native: bool) -> None:
    case = fixed_case(rows)
    program = Program({"y": case.model}, native=native)
    together = program.many(case.frame)
    alone = [program.one(row) for row in rows_of(case.frame)]
    assert together.shape == (rows, 1)
    assert bits(together) == bits(np.array(alone, np.float64))


@needs_native
def test_rows_spread_over_threads_have_the_same_bits() -> None:
    case = fixed_case(3 * THREAD_ROWS + 17)
    program = Program({"y": case.model})
    pieces = [program.many(case.frame.iloc[i : i + 1000]) for i in range(0, len(case.frame), 1000)]
    assert bits(program.many(case.frame)) == bits(np.concatenate(pieces))


def fixed_case(rows: int, seed: int = 5) -> Case:
    """One model with every feature of the form, whatever Hypothesis draws elsewhere."""
    rng = np.random.default_rng(seed)
    blocks = (OneHot(2, (0, 1, 2)), Lookup((1,), (5,), (1,), rng.normal(size=(5, 2)).astype(np.float32)))
    trees = tuple(grow(rng, 9, 9) for _ in range(37))
    link = Link(10.0, 95.0, True, 1.3, False, ((8, 0.5), (0, -0.25)))
    model = Model(Encoder(INPUTS, blocks), Trees.build([flat(t) for t in trees]), 0.1, link)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=rows), "k": rng.integers(1, 6, rows),
            "letter": rng.choice(["a", "b", "c"], rows), "flag": rng.random(rows) < 0.5,
        }
    )  # fmt: skip
    return Case(model, trees, frame)


# Layouts and sweeps: quicker ways to the same bits ------------------------------------------------------------------


def full(rng: np.random.Generator, features: int, depth: int, thresholds: np.ndarray) -> Branch:
    """A tree of ``depth`` full levels but for a few branches that end early, split at some of the ``thresholds``."""
    if depth == 0 or rng.random() < 0.02:
        return Branch(float(np.float32(rng.normal())))
    left, right = (full(rng, features, depth - 1, thresholds) for _ in range(2))
    return Branch(float(rng.choice(thresholds)), int(rng.integers(features)), left, right)


def forest(seed: int, depth: int, trees: int, thresholds: int, boosters: int = 1) -> Model:
    """A model of nearly complete trees, as boosting on histograms makes them; each booster has its own thresholds."""
    rng = np.random.default_rng(seed)
    encoder = Encoder(INPUTS, (OneHot(2, (0, 1, 2)), Lookup((1,), (5,), (1,), rng.normal(size=(5, 2)).astype("f4"))))
    drawn = []
    for _ in range(boosters):
        values = np.r_[0.0, -0.0, rng.normal(size=thresholds - 2)].astype(np.float32)
        drawn += [flat(full(rng, encoder.size, depth, values)) for _ in range(trees)]
    return Model(encoder, Trees.build(drawn), 0.1, Link())


def any_numbers(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Rows whose ``x`` may be infinite, no number, or a zero of either sign."""
    x = rng.choice([np.nan, np.inf, -np.inf, 0.0, -0.0, *rng.normal(size=20)], rows)
    letters, flags = rng.choice(["a", "b", "c"], rows), rng.random(rows) < 0.5
    frame: pd.DataFrame = pd.DataFrame({"x": x, "k": rng.integers(1, 6, rows), "letter": letters, "flag": flags})
    return frame


@needs_native
@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.integers(16, 70), st.integers(2, 60), st.integers(0, 150))
def test_the_compact_layout_gives_the_bits_of_the_nodes(
    seed: int, depth: int, trees: int, thresholds: int, rows: int
) -> None:
    same_bits_in_every_layout(forest(seed, depth, trees, thresholds), any_numbers(np.random.default_rng(seed), rows))


@needs_native
@pytest.mark.parametrize("rows", [0, 1, 15, 64, 150])
def test_trees_of_several_boosters_give_the_bits_of_the_nodes(rows: int) -> None:
    model = forest(3, 7, 70, 250, boosters=3)
    same_bits_in_every_layout(model, any_numbers(np.random.default_rng(rows), rows))
    curve = any_numbers(np.random.default_rng(1), 1).iloc[np.zeros(rows, int)].assign(x=np.linspace(-2, 2, rows))
    assert bits(Program({"y": model}).many(curve)) == bits(Program({"y": model}, native=False).many(curve))


def same_bits_in_every_layout(model: Model, frame: pd.DataFrame) -> None:
    program, reference = Program({"y": model}), Program({"y": model}, native=False)
    codes = np.stack([evaluate.column_codes(c, frame[c.name].to_numpy()) for c in program.inputs], axis=1)
    wanted = bits(reference.many(frame))
    for compact in (True, False):
        native, out = evaluate._compile(program, compact), np.empty((len(frame), 1))
        native.many(codes, out)
        assert bits(out) == wanted
        assert bits(np.array([native.one(row) for row in codes.tolist()])) == wanted


@needs_native
@pytest.mark.parametrize(
    ("depth", "trees", "thresholds", "boosters", "expected"),
    [
        (6, 32, 200, 1, True),
        (8, 16, 255, 1, True),
        (6, 3, 200, 1, False),
        (10, 16, 9000, 1, False),
        (8, 70, 250, 3, True),
        (8, 30, 250, 3, False),
        (10, 70, 9000, 2, False),
    ],
    ids=[
        "histogram trees",
        "as many thresholds as fit",
        "too few trees",
        "too many thresholds",
        "three boosters",
        "small boosters",
        "too many thresholds of two boosters",
    ],
)
def test_only_trees_that_fit_it_have_the_compact_layout(
    depth: int, trees: int, thresholds: int, boosters: int, expected: bool
) -> None:
    program = Program({"y": forest(1, depth, trees, thresholds, boosters)})
    assert program._native is not None
    assert program._native.compact() == [expected]
    assert Program({"y": fixed_case(1).model})._native.compact() == [False]  # type: ignore[union-attr]


@pytest.mark.slow
@needs_native
@given(st.integers(0, 2**32 - 1), st.sampled_from(["x", "k"]), st.integers(0, 600), st.integers(0, 20), st.booleans())
def test_rows_that_differ_in_one_input_have_the_bits_they_have_alone(
    seed: int, varying: str, rows: int, before: int, falling: bool
) -> None:
    """Such rows are swept through every tree together if the input never falls; other rows may surround them."""
    rng = np.random.default_rng(seed)
    first = any_numbers(rng, 1).assign(x=float(rng.normal()))
    sweep = first.iloc[np.zeros(rows, int)].reset_index(drop=True)
    drawn = rng.integers(1, 6, rows) if varying == "k" else rng.normal(size=rows).round(1)
    sweep[varying] = np.sort(drawn)[:: -1 if falling else 1]
    frame = pd.concat([any_numbers(rng, before), sweep, any_numbers(rng, 3)], ignore_index=True)
    models = {"full": forest(seed, 4, 20, 30), "uneven": fixed_case(1, seed).model}
    reference = Program(models, native=False).many(frame)
    np.testing.assert_array_equal(Program(models).many(frame), reference)


@needs_native
@pytest.mark.parametrize("derived", [1, 15, 16, 40])
def test_a_sweep_may_move_any_number_of_derived_features(derived: int) -> None:
    """Those of an input that rises, such as prices read from a table, rise with it."""
    rng = np.random.default_rng(derived)
    rising = np.sort(rng.normal(size=(5, derived)), axis=0).astype(np.float32)
    encoder = Encoder(INPUTS, (Lookup((1,), (5,), (1,), rising),))
    trees = [flat(full(rng, encoder.size, 5, rng.normal(size=40).astype(np.float32))) for _ in range(24)]
    model = Model(encoder, Trees.build(trees), 0.1, Link())
    frame = pd.DataFrame({"x": 0.3, "k": np.sort(rng.integers(1, 6, 100)), "letter": "b", "flag": True})
    program = Program({"y": model})
    assert program._native is not None
    assert program._native.compact() == [True]
    assert bits(program.many(frame)) == bits(Program({"y": model}, native=False).many(frame))


@given(cases(rows=1), st.randoms(use_true_random=False))
def test_the_order_of_the_trees_does_not_matter(case: Case, random: Any) -> None:
    """Leaves add exactly, so no order of summation rounds differently."""
    shuffled = list(case.trees)
    random.shuffle(shuffled)
    other = Model(case.model.encoder, Trees.build([flat(t) for t in shuffled]), case.model.base, case.model.link)
    first, second = (Program({"y": m}).many(case.frame) for m in (case.model, other))
    assert bits(first) == bits(second)


@given(cases(rows=1))
def test_packing_keeps_every_leaf_to_float_precision(case: Case) -> None:
    leaves = [v for t in case.trees for left, _, _, v in [flat(t)] for v, at in zip(v, left, strict=True) if at < 0]
    packed = case.model.trees.nodes
    kept = packed["value"][packed["link"] >> 10 == 0]
    assert sorted(kept.tolist()) == pytest.approx(sorted(leaves), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("native", [pytest.param(True, marks=needs_native), False], ids=["C", "NumPy"])
def test_extreme_sums_saturate_instead_of_overflowing(native: bool) -> None:
    model = Model(Encoder(INPUTS), Trees.none(), 1e6, Link(0.0, 1.0, exp=True))
    squashed = Model(Encoder(INPUTS), Trees.none(), -1e6, Link(10.0, 95.0, squash=True))
    program = Program({"exp": model, "squash": squashed}, native=native)
    large, small = program.one({"x": 0.0, "k": 1, "letter": "a", "flag": True})
    assert large == pytest.approx(math.exp(700))
    assert small == 10.0


@pytest.mark.parametrize("native", [pytest.param(True, marks=needs_native), False], ids=["C", "NumPy"])
def test_a_lookup_key_outside_its_table_is_an_error_not_a_wild_read(native: bool) -> None:
    encoder = Encoder(INPUTS, (Lookup((1,), (5,), (1,), np.zeros((5, 1), np.float32)),))
    program = Program({"y": Model(encoder, Trees.none(), 0.0, Link())}, native=native)
    for k in (0, 6, -3, 10**6):
        row = {"x": 0.0, "k": k, "letter": "a", "flag": True}
        with pytest.raises(ValueError, match="out of range"):
            program.one(row)
        with pytest.raises(ValueError, match="out of range"):
            program.many(pd.DataFrame([row] * 3))


def test_a_value_that_is_no_level_is_named_with_the_levels() -> None:
    program = Program({"y": fixed_case(1).model})
    row = {"x": 0.0, "k": 1, "letter": "z", "flag": True}
    with pytest.raises(SpaceError, match=r"letter = 'z'.*a, b, c"):
        program.one(row)
    with pytest.raises(SpaceError, match=r"letter = 'z'.*a, b, c"):
        program.many(pd.DataFrame([row]))


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (([1, -1, -1], [2, -1, -1], [0, 0, 0], [np.nan, 1.0, 2.0]), "finite"),
        (([1, -1, -1], [2, -1, -1], [0, 0, 0], [0.0, np.inf, 2.0]), "finite"),
        (([1, -1], [2, -1], [0, 0], [0.0, 1.0]), "leads nowhere"),
        (([1, 0, -1], [2, 2, -1], [0, 0, 0], [0.0, 1.0, 2.0]), "leads nowhere|two ways"),
        (([1, -1, -1], [1, -1, -1], [0, 0, 0], [0.0, 1.0, 2.0]), "two ways"),
        (([1, -1, -1], [2, -1, -1], [1024, 0, 0], [0.0, 1.0, 2.0]), "feature"),
        (([1, -1, -1], [2, -1, -1], [-1, 0, 0], [0.0, 1.0, 2.0]), "feature"),
        (([], [], [], []), "empty"),
        (([-1], [-1], [0], [0.0, 1.0]), "differ in length"),
    ],
)
def test_a_malformed_tree_is_refused(tree: tuple[list[Any], ...], words: str) -> None:
    with pytest.raises(SurrogateError, match=words):
        Trees.build([tuple(np.array(part) for part in tree)])  # type: ignore[list-item]


def chain(depth: int) -> TreeArrays:
    """A tree in which every right child splits again."""
    n = 2 * depth + 1
    left, right = np.full(n, -1), np.full(n, -1)
    inner = np.arange(0, 2 * depth, 2)
    left[inner], right[inner] = inner + 1, inner + 2
    return left, right, np.zeros(n, int), np.arange(n, dtype=float)


def test_a_tree_may_be_deep_but_not_without_end() -> None:
    encoder = Encoder(INPUTS)
    deep = Model(encoder, Trees.build([chain(MAX_DEPTH)]), 0.0, Link())
    row = {"x": 1e9, "k": 1, "letter": "a", "flag": True}
    assert Program({"y": deep}).one(row) == Program({"y": deep}, native=False).one(row) == [2 * MAX_DEPTH]
    with pytest.raises(SurrogateError, match="deeper"):
        Trees.build([chain(MAX_DEPTH + 10)])


@pytest.mark.parametrize(
    "broken",
    [
        lambda m: Model(m.encoder, Trees(np.array([99], np.int32), m.trees.nodes[:3]), 0.0, Link()),
        lambda m: Model(m.encoder, Trees(np.array([-1], np.int32), m.trees.nodes[:3]), 0.0, Link()),
        lambda m: Model(Encoder(INPUTS[:1]), m.trees, 0.0, Link()),
        lambda m: Model(m.encoder, m.trees, 0.0, Link(weights=((99, 1.0),))),
        lambda m: Model(m.encoder, m.trees, 0.0, Link(weights=((-1, 1.0),))),
        lambda m: Encoder(INPUTS, (OneHot(9, (0, 1)),)),
        lambda m: Encoder(INPUTS, (Lookup((1,), (5,), (1,), np.zeros((4, 1), np.float32)),)),
        lambda m: Encoder(INPUTS, (OneHot(2, tuple(range(2000))),)),
    ],
    ids=["root beyond", "root before", "feature", "weight", "negative weight", "source", "table", "too many"],
)
def test_a_model_whose_parts_do_not_fit_is_refused(broken: Any) -> None:
    with pytest.raises(SurrogateError):
        broken(fixed_case(1).model)


# A whole set ------------------------------------------------------------------------------------------------------


def rows(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame: pd.DataFrame = pd.DataFrame([SPACE.sample(rng) | FIDELITIES.sample(rng) for _ in range(n)])
    return frame


@pytest.mark.parametrize("task", ["cifar10", "colorectal_histology", "fashion_mnist"])
def test_a_frame_is_predicted_row_by_row(toy_set: SurrogateSet, task: str) -> None:
    frame = rows(50)
    predicted = toy_set.predict(task, frame)
    assert list(predicted.columns) == toy_set.metrics(task)
    for i, row in enumerate(rows_of(frame)):
        assert predicted.iloc[i].to_dict() == toy_set.query(task, row)


@pytest.mark.parametrize("index", [range(100, 105), list("edcba"), [7] * 5, pd.date_range("2020", periods=5)], ids=str)
def test_the_index_of_the_frame_is_kept(toy_set: SurrogateSet, index: Any) -> None:
    frame = rows(5)
    plain = toy_set.predict("cifar10", frame)
    labelled = toy_set.predict("cifar10", frame.set_axis(pd.Index(index)))
    assert labelled.index.equals(pd.Index(index))
    np.testing.assert_array_equal(labelled.to_numpy(), plain.to_numpy())


def test_only_the_metrics_asked_for_in_the_order_asked(toy_set: SurrogateSet) -> None:
    wanted = ["latency", "valid-acc"]
    predicted = toy_set.predict("cifar10", rows(3), metrics=wanted)
    assert list(predicted.columns) == wanted
    pd.testing.assert_frame_equal(predicted, toy_set.predict("cifar10", rows(3))[wanted])


def test_fidelities_left_out_are_full_and_other_columns_do_not_matter(toy_set: SurrogateSet) -> None:
    frame = rows(10).drop(columns=list(FIDELITIES))
    bare = toy_set.predict("cifar10", frame)
    spelled = toy_set.predict("cifar10", frame.assign(**FULL, note="hello").iloc[:, ::-1])
    pd.testing.assert_frame_equal(bare, spelled)
    pd.testing.assert_frame_equal(toy_set.predict("cifar10", frame.drop(columns="Optimizer")), bare)


def test_an_empty_frame_has_empty_predictions(toy_set: SurrogateSet) -> None:
    predicted = toy_set.predict("cifar10", rows(3).iloc[:0])
    assert predicted.shape == (0, 7)


def test_kinds_of_columns_do_not_matter(toy_set: SurrogateSet) -> None:
    frame = rows(20)
    kinds = frame.astype({"Op1": "int8", "N": float, "epoch": float, "Activation": "category", "Resolution": "float32"})
    objects = frame.astype(object)
    pd.testing.assert_frame_equal(toy_set.predict("cifar10", kinds), toy_set.predict("cifar10", frame))
    pd.testing.assert_frame_equal(toy_set.predict("cifar10", objects), toy_set.predict("cifar10", frame))


def test_the_argument_is_left_alone(toy_set: SurrogateSet) -> None:
    frame = rows(5).drop(columns="epoch")
    before = frame.copy(deep=True)
    toy_set.predict("cifar10", frame)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("LearningRate", 2.0, ["row 1", "LearningRate", "2.0", "[0.001, 1]"]),
        ("LearningRate", np.nan, ["row 1", "LearningRate", "nan"]),
        ("epoch", 201, ["row 1", "epoch", "201", "[1, 200]"]),
        ("epoch", 1.5, ["row 1", "epoch", "1.5"]),
        ("N", 2, ["row 1", "N", "2", "{1, 3, 5}"]),
        ("Op3", 5, ["row 1", "Op3", "5", "{0, 1, 2, 3, 4}"]),
        ("Activation", "Swish", ["row 1", "Activation", "'Swish'", "ReLU"]),
        ("TrivialAugment", 1, ["row 1", "TrivialAugment", "1", "True"]),
        ("TrivialAugment", "True", ["row 1", "TrivialAugment", "'True'"]),
        ("TrivialAugment", None, ["row 1", "TrivialAugment", "None"]),
        ("Optimizer", "Adam", ["row 1", "Optimizer", "'Adam'", "SGD"]),
    ],
)
def test_a_value_out_of_range_is_named_with_its_row(
    toy_set: SurrogateSet, column: str, value: Any, words: list[str]
) -> None:
    frame = rows(3).astype({column: object})
    frame.loc[1, column] = value
    with pytest.raises(SpaceError) as caught:
        toy_set.predict("cifar10", frame)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "np." not in message


def test_a_missing_column_is_named(toy_set: SurrogateSet) -> None:
    with pytest.raises(SpaceError, match="'Op4' is missing"):
        toy_set.predict("cifar10", rows(2).drop(columns="Op4"))


def test_unknown_tasks_and_metrics_are_named_with_the_valid_ones(toy_set: SurrogateSet) -> None:
    with pytest.raises(Exception, match=r"did you mean 'cifar10'.*fashion_mnist"):
        toy_set.predict("cifar", rows(1))
    with pytest.raises(Exception, match=r"did you mean 'valid-acc'.*latency"):
        toy_set.predict("cifar10", rows(1), metrics=["valid_acc"])


def test_the_reference_predicts_the_whole_set_to_the_bit(toy_set: SurrogateSet) -> None:
    models = {m: toy_set.model("fashion_mnist", m) for m in toy_set.metrics("fashion_mnist")}
    frame = rows(300)
    assert bits(Program(models, native=False).many(frame)) == bits(toy_set.predict("fashion_mnist", frame).to_numpy())
