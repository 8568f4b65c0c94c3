"""Questions to a source under test: random rows, and comparisons of its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.base.seeding import derive_generator
from harness.benchmark.source import Source
from harness.errors import HarnessError
from harness.testing.subject import Failed

if TYPE_CHECKING:
    import pandas as pd

ROWS = 24
"""Rows that a check asks about, at random levels and places."""
NONSENSE = "no such name"


def sample(source: Source, count: int = ROWS) -> pd.DataFrame:
    """Random rows of a source, uniform over levels and ranges (on the logarithm where the range is logarithmic)."""
    import pandas as pd

    rng = derive_generator("conformance of sources", source.name)
    columns: dict[str, list[Any]] = {}
    for spec in source.columns:
        draws = rng.random(count).tolist()
        columns[str(spec["name"])] = [_at(spec, u) for u in draws]
    frame: pd.DataFrame = pd.DataFrame(columns)
    return frame


def columns_of(frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """The rows as an oracle's ``many`` takes them."""
    return {str(name): frame[name].to_numpy() for name in frame}


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as an oracle's ``one`` takes them."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _at(spec: Mapping[str, Any], u: float) -> Any:
    if "levels" in spec:
        return spec["levels"][int(u * len(spec["levels"]))]
    low, high = spec["low"], spec["high"]
    if spec.get("integer"):
        return low + int(u * (high - low + 1))
    return min(low * (high / low) ** u, high) if spec.get("log") else low + u * (high - low)


def oracle_of(source: Source, task: str) -> Any:
    """An oracle for all metrics, which always draws from the same seed."""
    return source.oracle(task, source.metrics(task), derive_generator("conformance of sources", "draws"))


def must_equal(where: str, expected: Any, found: Any) -> None:
    """Failed if two arrays of answers are not the same, bit for bit. ``where``: the second question in words."""
    if expected.shape != found.shape or not np.array_equal(expected, found, equal_nan=True):
        raise Failed(f"{where} it answers otherwise: {found.tolist()!r:.200} instead of {expected.tolist()!r:.200}")


def must_refuse(ask: Callable[[], object], kind: type[HarnessError], naming: str, what: str) -> None:
    """Failed unless ``ask`` raises an error of ``kind`` that mentions ``naming``. ``what``: the question in words."""
    try:
        ask()
    except kind as error:
        if naming not in str(error):
            raise Failed(f"{what} is refused without naming {naming!r}: {error}") from None
    except Exception as error:
        raise Failed(f"{what} raises {type(error).__name__} ({error}), not {kind.__name__}") from None
    else:
        raise Failed(f"{what} is answered; it must be refused with {kind.__name__}")
