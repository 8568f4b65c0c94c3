"""The names that a user's own suite and its tasks may have."""

from __future__ import annotations

from collections.abc import Mapping

from harness.base.naming import NAME_RULE, is_name
from harness.sources.tables.errors import BadDeclaration


def check_name(name: str, taken: Mapping[str, str]) -> str:
    """Returns the name of a user's own suite. BadDeclaration if it is ``taken``, or breaks the rule for names."""
    if name in taken:
        raise BadDeclaration(f"the harness has {taken[name]} already; give another name than {name!r}")
    if not is_name(name):
        raise BadDeclaration(f"{name!r:.80} is no name for a suite; {NAME_RULE}")
    return name


def check_task(name: str) -> str:
    """Returns a task's name. BadDeclaration if it cannot be part of an id and the name of a folder."""
    if not name or len(name) > 64 or name.startswith(".") or not all(c.isalnum() or c in "._-" for c in name):
        raise BadDeclaration(f"{name!r:.80} is no name for a task; it may have letters, digits, '.', '_' and '-'")
    return name
