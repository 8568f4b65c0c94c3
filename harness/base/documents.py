"""JSON that somebody else wrote, parsed within a budget.

A parser makes any number of objects, so the text is looked at first. ``harness.base.toml`` does the same for TOML.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.base.budget import LIMITS, Budget
from harness.base.plain import decoded, read_plain

NUMBER, ENTRY, TEXT = 32, 120, 30
"""Bytes of memory: of a number in a list, of an entry of an object, and of one of a text's two quotes."""
CONTAINER = 120


def charge_json(data: bytes, budget: Budget) -> None:
    """Accounts for what parsing JSON makes, at most. OverBudget if that is too much."""
    containers = data.count(b"{") + data.count(b"[")
    entries = data.count(b":")
    budget.charge(len(data) if data.isascii() else 4 * len(data))
    budget.charge(NUMBER * data.count(b",") + ENTRY * entries + TEXT * data.count(b'"') + CONTAINER * containers)
    budget.spend(containers + entries)


def load_json(
    data: bytes,
    budget: Budget | None = None,
    *,
    hook: Callable[[dict[str, Any]], Any] | None = None,
    pairs: Callable[[list[tuple[str, Any]]], Any] | None = None,
    constant: Callable[[str], Any] | None = None,
) -> Any:
    """The value of a JSON text. ValueError if it is none, also for one that is nested too deeply; OverBudget.

    ``hook``, ``pairs`` and ``constant`` make the value of an object, from a dict or from its entries, and of NaN and
    the infinities.
    """
    budget = LIMITS["document"].budget(len(data)) if budget is None else budget
    charge_json(data, budget)
    text = decoded(data)
    try:
        return json.loads(text, object_hook=hook, object_pairs_hook=pairs, parse_constant=constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        if "integer string conversion" in str(error):  # the message advises a change of Python's own limit
            raise ValueError("it has a whole number of thousands of digits") from None
        raise
    finally:
        budget.look()


def read_json(path: Path) -> Any:
    """The value in a JSON file. FileNotFoundError, ValueError or OverBudget says why there is none."""
    return load_json(read_plain(path, LIMITS["document"].largest, follow=True))
