"""Errors of damaged parquet files become errors of the harness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.base.parquet import LONGEST, check_record, read_table, readable
from harness.errors import HarnessError, OverBudget, RecordError, UsageError


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (pa.ArrowInvalid("broken.\nand more"), "ArrowInvalid: broken"),
        (pa.ArrowNotImplementedError("odd  type"), "ArrowNotImplementedError: odd type"),
        (OSError("gone"), "OSError: gone"),
        (ValueError("\n first\nsecond"), "ValueError: first"),
        (ValueError("x" * 1000), "ValueError: " + "x" * LONGEST),
    ],
)
def test_the_reason_is_one_short_line(error: Exception, reason: str) -> None:
    with pytest.raises(RecordError) as caught, readable(RecordError):
        raise error
    assert str(caught.value) == reason
    assert caught.value.__cause__ is error


def test_other_errors_are_a_damaged_files_only_if_it_may_be_hostile() -> None:
    with pytest.raises(KeyError), readable(RecordError):
        raise KeyError("x")
    with pytest.raises(RecordError, match="KeyError: 'x'"), readable(RecordError, hostile=True):
        raise KeyError("x")


def test_errors_of_the_harness_pass_unless_others_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="mine"), readable(RecordError, hostile=True):
        raise UsageError("mine")
    with pytest.raises(RecordError, match="UsageError: mine"), readable(RecordError, passing=RecordError, hostile=True):
        raise UsageError("mine")
    with pytest.raises(HarnessError, match="none"), readable(RecordError, missing=HarnessError("none")):
        (tmp_path / "none").read_bytes()
    with pytest.raises(RecordError, match="FileNotFoundError"), readable(RecordError):
        (tmp_path / "none").read_bytes()


def test_a_record_of_a_long_text_in_every_row_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    """A kilobyte of a file would take 100 GB."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table({"a": texts}), tmp_path / "a.parquet", store_schema=False)
    with pytest.raises(OverBudget, match="bytes to read"):
        check_record(pq.ParquetFile(tmp_path / "a.parquet"), tmp_path / "a.parquet")
    with pytest.raises(OverBudget, match="bytes to read"):
        read_table(tmp_path / "a.parquet", ["a"])


def test_rows_that_take_no_bytes_are_counted_before_they_are_decoded(tmp_path: Path) -> None:
    count = 20_000_000
    table = pa.table({name: np.zeros(count, np.int8) for name in "abcd"})
    pq.write_table(table, tmp_path / "a.parquet", compression="zstd")
    assert (tmp_path / "a.parquet").stat().st_size < 1 << 20
    with pytest.raises(OverBudget, match="bytes to read"):
        read_table(tmp_path / "a.parquet", list("abcd"))


def test_a_table_comes_back_as_it_was(tmp_path: Path) -> None:
    table = pa.table({"text": ["a", "b", "a", None], "number": [1, 2, 3, 4], "other": [[1], [], [2], [3]]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=3)
    found = read_table(tmp_path / "a.parquet", ["number", "text"])
    assert found.to_pylist() == table.select(["number", "text"]).to_pylist()
    with pytest.raises(ValueError, match="column 'other' holds list"):
        read_table(tmp_path / "a.parquet", ["other"])
