"""Which values a declared suite may have: what computing with them, printing them and telling them apart allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

MIN_BUDGET, MAX_BUDGET, MAX_SEEDS = 1e-3, 1e6, 1000
"""Evaluations of a run, in prices of a mean one, and seeds of an entry: less is no evaluation, more never ends."""
MAX_REFERENCE = 1e100
"""Products of two differences of it are still numbers."""
MAX_TEXT, MAX_PATH = 200, 4096
MAX_COLUMNS = 200
MAX_LEVELS = 100_000


def text_problem(text: str, longest: int = MAX_TEXT) -> str:
    """Why a name, a title or a level cannot be this text; empty if it can."""
    if len(text) > longest:
        return f"has {len(text):,} characters; at most {longest:,} are allowed"
    if not text.isprintable():
        return "has control characters; use printable ones"
    return ""


def levels_problem(levels: Sequence[Any]) -> str:
    """Why these cannot be the levels of a parameter or a fidelity; empty if they can."""
    if len(levels) > MAX_LEVELS:
        return f"has {len(levels):,} levels; at most {MAX_LEVELS:,} are allowed"
    for level in levels:
        problem = ""
        if isinstance(level, str):
            problem = text_problem(level)
        elif isinstance(level, float) and not math.isfinite(level):
            problem = "must be a finite number"
        elif isinstance(level, int) and not -(2**63) <= level < 2**63:
            problem = "has more than 64 bits"
        if problem:
            return f"has a level {shown(level)} that {problem}"
    if levels and not isinstance(levels[0], str | bool):
        seen: dict[float, Any] = {}
        for level in levels:
            other = seen.setdefault(float(level), level)
            if other is not level and other != level:
                return f"has levels {other} and {level} that are the same as floating-point numbers; use smaller ones"
    return ""


def shown(value: Any) -> str:
    """A value for a message, short and without control characters."""
    if isinstance(value, int) and value.bit_length() > 64:
        return f"of {value.bit_length():,} bits"
    return ascii(value) if len(ascii(value)) <= 60 else f"{ascii(value)[:57]}..."
