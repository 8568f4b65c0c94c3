"""Errors of damaged parquet files become errors of the harness."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from harness.base.parquet import LONGEST, readable
from harness.errors import HarnessError, RecordError, UsageError


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
