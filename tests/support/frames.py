"""Frames as rows."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Every row as a mapping from column to value; the columns have names."""
    return cast("list[dict[str, Any]]", frame.to_dict("records"))
