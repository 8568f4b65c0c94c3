"""JSON and TOML that somebody else wrote, parsed within a budget.

Parsers make objects of any number, and Python's parser of TOML takes time that grows with the square of a key's depth.
So the text is looked at first.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.base.budget import LIMITS, Budget
from harness.base.plain import read_plain

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEPTH = 16
"""Dots of a key in TOML, and levels of tables and lists within one another."""
LARGEST = 2**63 - 1
"""The largest whole number, as TOML itself has it."""
NUMBER, ENTRY, TEXT = 32, 120, 30
"""Bytes of memory: of a number in a list, of an entry of an object, and of one of a text's two quotes."""
CONTAINER = 120

_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*'
    r"|(?P<dot>\.)|(?P<end>[,=\n])|(?P<open>[\[{])|(?P<close>[\]}])|[^\"'#.,=\[\]{}\n]+|(?P<quote>[\"'])",
    re.DOTALL,
)


def charge_json(data: bytes, budget: Budget) -> None:
    """Accounts for what parsing JSON makes, at most. OverBudget if that is too much."""
    containers = data.count(b"{") + data.count(b"[")
    entries = data.count(b":")
    budget.charge(len(data) if data.isascii() else 4 * len(data))
    budget.charge(NUMBER * data.count(b",") + ENTRY * entries + TEXT * data.count(b'"') + CONTAINER * containers)
    budget.spend(containers + entries)


def load_json(data: bytes, budget: Budget | None = None, *, hook: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """The value of a JSON text. ValueError if it is none, also for one that is nested too deeply; OverBudget."""
    budget = LIMITS["document"].budget(len(data)) if budget is None else budget
    charge_json(data, budget)
    try:
        return json.loads(data.decode("utf-8"), object_hook=hook)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    finally:
        budget.look()


def read_json(path: Path) -> Any:
    """The value in a JSON file. FileNotFoundError, ValueError or OverBudget says why there is none."""
    return load_json(read_plain(path, LIMITS["document"].largest, follow=True))


def load_toml(data: bytes) -> dict[str, Any]:
    """The entries of a TOML text. ValueError says in words without control characters what is wrong with it."""
    budget = LIMITS["document"].budget(len(data))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text (byte {error.start})") from None
    if "\0" in text:
        raise ValueError("it holds NUL characters; it must be text")
    _check_toml(text, budget)
    try:
        found: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"it is not TOML: {reason if reason.isprintable() else ascii(reason)}") from None
    check_numbers(found)
    return found


def _check_toml(text: str, budget: Budget) -> None:
    """Bounds keys and nesting, which are what the parser's time depends on."""
    dots = level = 0
    for token in _TOKEN.finditer(text):
        budget.spend()
        kind = token.lastgroup
        if kind == "dot":
            dots += 1
        elif kind is not None:
            dots = 0
            level += (kind == "open") - (kind == "close")
        if dots > DEPTH or level > DEPTH:
            line = text.count("\n", 0, token.start()) + 1
            raise ValueError(f"it is nested more than {DEPTH} levels deep in line {line}")
        if kind == "quote":
            line = text.count("\n", 0, token.start()) + 1
            raise ValueError(f"it is not TOML: a text that begins in line {line} has no end")


def check_numbers(value: Any, name: str = "") -> None:
    """ValueError names the first whole number of more than 64 bits within tables and lists."""
    if isinstance(value, int) and not -LARGEST - 1 <= value <= LARGEST:
        raise ValueError(f"{name or 'a number'} has more than 64 bits; whole numbers go up to {LARGEST}")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            shown = key[:80] if key.isprintable() else ascii(key)[:80]
            check_numbers(inner, f"{name}.{shown}" if name else shown)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for inner in value:
            check_numbers(inner, name)
