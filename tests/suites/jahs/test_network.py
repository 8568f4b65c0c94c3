"""The network of a configuration: counted by hand, against the reference rows, and as a graph."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from protocols.jahs.network import (
    ARCHITECTURES,
    alive_paths,
    architecture_index,
    graph_features,
    multiply_adds,
    operation_counts,
    parameters,
)
from support.paths import SHARED

DATA = SHARED / "data" / "jahs"
ALL_CONV3 = np.full((1, 6), 2)
ALL_ZERO = np.full((1, 6), 1)


def ones(value: float, count: int = 1) -> NDArray[np.float64]:
    return np.full(count, float(value))


def test_an_index_reads_the_operations_as_digits() -> None:
    assert ARCHITECTURES.shape == (15625, 6)
    assert (architecture_index(ARCHITECTURES) == np.arange(15625)).all()
    assert (operation_counts(ARCHITECTURES).sum(axis=1) == 6).all()


def test_multiply_adds_of_an_empty_cell_are_those_of_stem_residual_blocks_and_linear_layer() -> None:
    stem = 9 * 3 * 16 * 32 * 32
    blocks = (9 * 16 * 32 + 9 * 32 * 32 + 16 * 32) * 16 * 16 + (9 * 32 * 64 + 9 * 64 * 64 + 32 * 64) * 8 * 8
    found = multiply_adds(ALL_ZERO, ones(5), ones(16), ones(1), 10)
    assert found[0] == pytest.approx((stem + blocks + 640) / 1e6, rel=1e-12)


def test_parameters_of_the_smallest_network_by_hand() -> None:
    stem = 9 * 3 * 4 + 8
    cells = sum(6 * (9 * c * c + 2 * c) for c in (4, 8, 16))
    blocks = sum(9 * c // 2 * c + 9 * c * c + c // 2 * c + 4 * c for c in (8, 16))
    found = parameters(ALL_CONV3, ones(1), ones(4), 8)
    assert found[0] == pytest.approx((stem + cells + blocks + 2 * 16 + 16 * 8 + 8) / 1e6, rel=1e-12)


def test_convolutions_off_every_living_path_count_too() -> None:
    dead = np.array([[2, 1, 1, 1, 1, 1]])
    assert not alive_paths(dead).any()
    assert multiply_adds(dead, ones(5), ones(16), ones(1), 10) > multiply_adds(ALL_ZERO, ones(5), ones(16), ones(1), 10)


def test_a_path_is_alive_until_one_of_its_edges_is_zero() -> None:
    assert alive_paths(np.array([[0, 0, 0, 0, 0, 0]])).tolist() == [[True] * 4]
    assert alive_paths(np.array([[0, 0, 0, 1, 0, 0]])).tolist() == [[True, True, True, False]]
    assert alive_paths(np.array([[1, 0, 0, 0, 0, 0]])).tolist() == [[True, False, True, False]]


def test_graph_features_of_a_known_cell() -> None:
    features = graph_features(np.array([[2, 1, 4, 3, 1, 2]]))[0]
    alive = features[[0, 4, 8, 12]]
    assert alive.tolist() == [1, 0, 0, 1]
    assert features[13:16].tolist() == [2, 1, 0]  # 3x3, 1x1, pooling on the long path


@pytest.mark.parametrize(("task", "metric", "least"), [("cifar10", "FLOPS", 0.998), ("cifar10", "size_MB", 0.996)])
def test_counts_agree_with_the_reference_rows(task: str, metric: str, least: float) -> None:
    file = DATA / f"{task}.parquet"
    if not file.is_file():
        pytest.skip(f"{file} is absent")
    import pandas as pd

    rows = pd.read_parquet(file)
    operations = rows[[f"Op{i}" for i in range(1, 7)]].to_numpy()
    full = (ones(5, len(rows)), ones(16, len(rows)))
    counted = (
        multiply_adds(operations, *full, ones(1, len(rows)), 10)
        if metric == "FLOPS"
        else parameters(operations, *full, 10)
    )
    slope = np.polyfit(counted, rows[metric].to_numpy(), 1)[0]
    assert slope == pytest.approx(1, abs=0.005)
    assert np.corrcoef(counted, rows[metric].to_numpy())[0, 1] ** 2 > least
