"""Columns of Arrow and arrays of NumPy: the conversions without Pandas are Arrow's own conversions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from harness.base.arrow import array_of, joined, values_of

COLUMNS: dict[str, tuple[list[Any], pa.DataType]] = {
    "reals": ([0.0, -0.0, 1.5, float("nan"), float("inf"), 5e-324], pa.float64()),
    "whole": ([0, -1, 2**31 - 1, -(2**31)], pa.int64()),
    "large": ([2**63 - 1, -(2**63), 3], pa.int64()),
    "narrow": ([3, -4, 0], pa.int32()),
    "truths": ([True, False, True, True, False, False, True, False, True], pa.bool_()),
    "texts": (["", "a", "\N{SNOWMAN}", "a\0b", "\N{GRINNING FACE}"], pa.string()),
    "whole as reals": ([1, 2, 3], pa.float64()),
    "NumPy's own": ([np.float64(0.5), np.float64(2.0)], pa.float64()),
    "with none": ([1.0, None], pa.float64()),
    "nothing": ([], pa.string()),
    "no numbers": ([], pa.int32()),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_an_array_is_the_one_that_arrow_makes(name: str) -> None:
    values, kind = COLUMNS[name]
    made, expected = array_of(values, kind), pa.array(values, kind)
    made.validate(full=True)
    assert made.type == expected.type
    assert [repr(value) for value in made.to_pylist()] == [repr(value) for value in expected.to_pylist()]


@pytest.mark.parametrize(("values", "kind"), [([2**31], pa.int32()), ([True, 1], pa.int64()), (["1"], pa.int64())])
def test_what_arrow_refuses_is_refused(values: list[Any], kind: pa.DataType) -> None:
    with pytest.raises((pa.ArrowException, TypeError)):
        array_of(values, kind)


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("cut", [slice(None), slice(1, None), slice(2, 3), slice(0, 0)])
def test_values_are_those_of_arrow(name: str, cut: slice) -> None:
    values, kind = COLUMNS[name]
    one = pa.array(values, kind)
    start, stop, _ = cut.indices(len(one))
    pieces = [one.slice(start, stop - start), one.slice(len(one))]
    for column in (
        pieces[0],
        pa.chunked_array(pieces, kind),
        pa.chunked_array([one, *pieces], kind),
        pa.chunked_array([], kind),
    ):
        whole = isinstance(column, pa.ChunkedArray)
        found, expected = values_of(column), column.to_numpy() if whole else column.to_numpy(zero_copy_only=False)
        assert found.dtype == expected.dtype
        assert list(map(repr, found.tolist())) == list(map(repr, expected.tolist()))


@pytest.mark.parametrize("texts", [["a"], ["", ""], ["ReLU", "", "\N{SNOWMAN}", "Mish", "ReLU"]])
@pytest.mark.parametrize("start", [0, 1])
def test_joined_texts_are_those_that_python_joins(texts: list[str], start: int) -> None:
    column = pa.chunked_array([pa.array(["before", *texts]), pa.array(["after"])]).slice(start)
    expected = "|".join(["before", *texts, "after"][start:]).encode()
    assert joined(column, b"|").tobytes() == expected
