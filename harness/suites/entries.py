"""The entries of a declaration. The kind of an entry is checked when it is taken."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from harness.sources.tables.errors import BadDeclaration
from harness.suites.values import MAX_TEXT, shown, text_problem

_NEEDED = object()
"""In place of a default: the entry must be there."""
_KINDS = {
    str: "a text", bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "a table",
}  # fmt: skip


class Entries:
    """The entries of a TOML table. Each is taken once; ``end`` refuses the entries that nobody took."""

    def __init__(self, entries: Mapping[str, Any], name: str = "") -> None:
        self.entries, self.name = dict(entries), name
        self.known: list[str] = []

    def get(self, key: str, kind: type, default: Any = _NEEDED, *, longest: int = MAX_TEXT) -> Any:
        """Takes an entry. BadDeclaration if it is missing and has no default, is of another kind, or is a text that is
        longer than ``longest`` or not printable.
        """
        full = f"{self.name}.{key}" if self.name else key
        self.known.append(key)
        if key not in self.entries:
            if default is _NEEDED:
                raise BadDeclaration(f"it has no entry {full}{self.near(key)}; it needs one")
            return default
        value = self.entries.pop(key)
        if not (type(value) is kind or (kind is float and type(value) is int)):
            raise BadDeclaration(f"{full} = {value!r:.80} must be {_KINDS[kind]}")
        if isinstance(value, str) and (problem := text_problem(value, longest)):
            raise BadDeclaration(f"{full} = {shown(value)} {problem}")
        return value

    def table(self, key: str, default: Any = _NEEDED) -> Entries:
        """Takes an entry that is a table itself."""
        return Entries(self.get(key, dict, default), key)

    def several(self, one: str, many: str) -> list[Entries]:
        """Takes the entry ``one``, which is a table, or the entry ``many``, which is a list of tables."""
        if one in self.entries and many in self.entries:
            raise BadDeclaration(f"it has both {one} and {many}; give one of them")
        if many not in self.entries:
            return [self.table(one)]
        found = self.get(many, list)
        if not all(isinstance(part, dict) for part in found):
            raise BadDeclaration(f"{many} = {found!r:.80} must be a list of tables")
        return [Entries(part, f"{many}[{at}]") for at, part in enumerate(found)]

    def texts(self, key: str) -> tuple[str, ...]:
        """Takes an entry that is a list of texts; empty if it is missing."""
        found = self.get(key, list, [])
        if not all(isinstance(part, str) for part in found):
            raise BadDeclaration(f"{key} = {found!r:.80} must be a list of texts")
        return tuple(found)

    def near(self, key: str) -> str:
        """An entry that may have been meant for ``key``, as a part of a sentence; empty without one."""
        found = difflib.get_close_matches(key, self.entries, n=1)
        return f", but {found[0]!r:.40}, which no declaration has" if found else ""

    def end(self) -> None:
        """BadDeclaration for an entry that nobody took."""
        if self.entries:
            key = next(iter(self.entries))
            full = shown(f"{self.name}.{key}" if self.name else key)[1:-1]
            near = difflib.get_close_matches(key, self.known, n=1)
            meant = f" (did you mean {near[0]!r}?)" if near else ""
            raise BadDeclaration(f"it has an entry {full} that no declaration has{meant}; remove it or rename it")
