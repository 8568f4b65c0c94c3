"""Data as scripts: a page that is opened from a disk may load a script beside it, but cannot fetch data."""

from __future__ import annotations

import json
import math
from typing import Any

from harness.scores.metrics import Floats

ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
"""Characters that could end a script element if the text were put into one. JSON escapes all others but ASCII."""


def script(variable: str, value: Any) -> str:
    """A script that sets a global variable. ValueError for a NaN or an infinity, which JSON does not have."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)
    return f"window.{variable} = {text};\n"


def rounded(values: Floats, digits: int) -> list[float | None]:
    """Rounded numbers for a script; None for NaN."""
    return [None if math.isnan(value) else round(value, digits) for value in values.tolist()]


def precise(value: float) -> float | None:
    """Twelve significant digits, as in the tables for machines; None for NaN."""
    return None if math.isnan(value) else float(f"{value:.12g}")
