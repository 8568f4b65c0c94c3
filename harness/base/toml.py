"""TOML that somebody else wrote, parsed within a budget.

Python's parser of TOML takes time that grows with the square of a key's depth, so the text is looked at first.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from harness.base.budget import LIMITS, Budget
from harness.base.plain import decoded

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEPTH = 16
"""Dots of a key in TOML, and levels of tables and lists within one another."""
LARGEST = 2**63 - 1
"""The largest whole number, as TOML itself has it."""
LONGEST = 1000
"""Digits of a number; the parser refuses some thousands in words of its own."""

_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*'
    r"|(?P<dot>\.)|(?P<end>[,=\n])|(?P<open>[\[{])|(?P<close>[\]}])|[^\"'#.,=\[\]{}\n]+|(?P<quote>[\"'])",
    re.DOTALL,
)


def load_toml(data: bytes) -> dict[str, Any]:
    """The entries of a TOML text. ValueError says in words without control characters what is wrong with it."""
    budget = LIMITS["document"].budget(len(data))
    text = decoded(data)
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
        if len(token[0]) > LONGEST and re.match(rf"\s*[+-]?[0-9_]{{{LONGEST},}}", token[0]):
            line = text.count("\n", 0, token.start()) + 1
            raise ValueError(f"a number in line {line} has more than 64 bits; whole numbers go up to {LARGEST}")
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
