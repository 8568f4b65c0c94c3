"""What counts as a whole number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.base.whole import whole


@pytest.mark.parametrize("value", [200, np.int64(200), np.uint8(200), 200.0, np.float32(200.0), np.array(200)])
def test_whole_numbers_are_one_however_they_are_written(value: Any) -> None:
    found = whole(value)
    assert found == 200
    assert type(found) is int


@pytest.mark.parametrize(
    "value",
    [True, np.True_, 0.5, np.float32(0.1), float("nan"), float("inf"), "200", b"2", None, [200], np.array([200])],
)
def test_all_else_is_none(value: Any) -> None:
    assert whole(value) is None
