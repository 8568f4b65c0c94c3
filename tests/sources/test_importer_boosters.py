"""XGBoost's serialised buffers: damaged or dishonest ones are refused without being believed."""

from __future__ import annotations

import random
import struct
import time
import tracemalloc

import numpy as np
import pytest

from harness.sources.foreign.booster import Booster, RawTree, check_tree
from harness.sources.foreign.errors import DamagedFile, UnsupportedModel
from harness.sources.foreign.estimator import read_buffer
from harness.sources.foreign.pickles import read_pickle
from support.paths import TESTS

HERE = TESTS / "data" / "importer"
NONSENSE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)


def buffer(name: str) -> bytes:
    """The serialised booster inside an artefact."""
    value = read_pickle(HERE / name / "model.pkl.gz").value
    estimator = value.state["steps"][1][1].state["regressor_"].state["regressor_"]
    handle = estimator.state["_Booster"].state["handle"]
    assert isinstance(handle, bytes)
    return handle


FORMS = {"JSON": "protocol0", "binary": "binary", "UBJSON": "ubjson"}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_told_from_its_first_bytes(form: str) -> None:
    booster = read_buffer(buffer(FORMS[form]))
    assert booster.form == form
    assert booster.base_score == 0.5
    assert (len(booster.trees), booster.features) == (3, 41)


def test_the_forms_hold_the_same_trees() -> None:
    def shape(booster: Booster) -> list[list[int]]:
        return [[*tree.left.tolist(), *tree.feature[tree.left >= 0].tolist()] for tree in booster.trees]

    text, packed = (read_buffer(buffer(FORMS[form])) for form in ("JSON", "UBJSON"))
    assert shape(text) == shape(packed)
    for a, b in zip(text.trees, packed.trees, strict=True):
        np.testing.assert_allclose(a.value, b.value, rtol=1e-5)
        np.testing.assert_array_equal(a.default_left[a.left >= 0], b.default_left[b.left >= 0])


def test_the_binary_form_is_read_with_and_without_its_headers() -> None:
    whole = buffer("binary")
    assert whole.startswith(b"CONFIG-offset:")
    model = whole[14 + 8 :]
    assert model.startswith(b"binf")
    bare = model[4:]
    for data in (whole, model, bare):
        assert len(read_buffer(data).trees) == 3
    with pytest.raises(UnsupportedModel, match="base64"):
        read_buffer(b"bs64\t" + bare)


def test_only_the_rounds_up_to_the_best_one_count() -> None:
    for name in FORMS.values():
        assert len(read_buffer(buffer(name), rounds=2).trees) == 2
    assert len(read_buffer(buffer("binary"), rounds=1, per_round=2).trees) == 2


@pytest.mark.parametrize("form", FORMS)
def test_truncated_buffers_are_refused(form: str) -> None:
    data = buffer(FORMS[form])
    for share in (0.01, 0.1, 0.4, 0.6):
        with pytest.raises((DamagedFile, UnsupportedModel)):
            read_buffer(data[: int(len(data) * share)])


@pytest.mark.parametrize("form", FORMS)
def test_changed_bytes_are_refused_or_read_as_changed(form: str) -> None:
    data = bytearray(buffer(FORMS[form]))
    rng = random.Random(1)
    for _ in range(300):
        place = rng.randrange(min(len(data), 3000))
        before = data[place]
        data[place] = rng.randrange(256)
        try:
            read_buffer(bytes(data))
        except (DamagedFile, UnsupportedModel, *NONSENSE):
            pass  # whatever is raised here becomes a refusal that names the file
        data[place] = before


def long(count: int) -> bytes:
    return b"L" + struct.pack(">q", count)


@pytest.mark.parametrize(
    "data",
    [
        b"{" + long(5) + b"Model[$Z#" + long(10**9),
        b"{" + long(5) + b"Model[$d#" + long(10**9),
        b"{" + long(5) + b"Model[#" + long(10**9),
        b"{" + long(10**12),
        b"{" + long(-1),
        b"{" + long(1) + b"a" + b"[" * 100_000,
        b"{" + long(1) + b"a[" + (b"[$Z#" + long(1000)) * 1000,
        b"{" + long(1) + b"a[" + b"[#i\0" * 200_000,
        b'{"a":' + b"[" * 1_000_000,
        b'{"a":[' + b"[]," * 200_000 + b"[]]}",
        b"\0\0\0\0" * 34 + struct.pack("<Q", 1 << 60),
        b"\0\0\0\0" * 34 + (struct.pack("<Q", 1) + b"a") * 2 + b"\xff" * 400,
    ],
)
def test_dishonest_sizes_cost_nothing(data: bytes) -> None:
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises((DamagedFile, UnsupportedModel)):
        read_buffer(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 600 << 20
    assert time.process_time() - started < 30


def raw_tree(left: list[int], value: list[float], feature: list[int]) -> RawTree:
    children = np.array(left)
    right = np.where(children >= 0, children + 1, -1)
    return RawTree(children, right, np.array(feature), np.array(value, np.float32), np.zeros(len(left), bool))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (raw_tree([1, -1, -1], [np.nan, 0, 0], [0, 0, 0]), "NaN"),
        (raw_tree([1, -1, -1], [0, np.nan, 0], [0, 0, 0]), "leaf that is not a finite number"),
        (raw_tree([5, -1, -1], [0, 0, 0], [0, 0, 0]), "a node that does not exist"),
        (raw_tree([0, -1, -1], [0, 0, 0], [0, 0, 0]), "a node that does not exist"),
        (raw_tree([1, -1, -1], [0, 0, 0], [7, 0, 0]), "a feature beyond its 7"),
        (raw_tree([], [], []), "empty"),
    ],
)
def test_impossible_trees_are_named(tree: RawTree, message: str) -> None:
    with pytest.raises(DamagedFile, match=rf"tree 4 of its booster .*{message}|tree 4 of its booster is {message}"):
        check_tree(tree, 4, 7)
