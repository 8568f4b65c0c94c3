"""Methods by name: the entries of methods that ship, and of a user's own."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.base.libraries import require, version_of
from harness.base.modules import attribute_of
from harness.base.neighbours import load_file
from harness.base.usersource import file_hash, sources_of
from harness.benchmark.callables import maker
from harness.benchmark.handover import FunctionMethod
from harness.benchmark.method import Capabilities, Problem
from harness.benchmark.settings import check_settings
from harness.errors import UsageError


@dataclass(frozen=True)
class MethodEntry:
    """A method under its name.

    ``path``: ``module:Class``, or of a user's file ``path/to/file.py:Class``; ``libraries``: distributions that the
    method needs and whose versions are recorded; ``extra``: the extra that installs them; ``alone``: libraries that are
    installed after it and without their own dependencies, because those would break others here; ``preset``: settings
    that belong to the name; ``source``: SHA-256 of the sources of a user's own method, None for a method that ships;
    ``slow``: whether a run takes many seconds; ``named``: how the name of a user's own came, as its records say it;
    ``required``: the settings of a user's own that have no default.
    """

    name: str
    path: str
    capabilities: Capabilities
    summary: str = ""
    libraries: tuple[str, ...] = ()
    extra: str = ""
    preset: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None
    slow: bool = False
    named: str = ""
    alone: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def recorded_path(self) -> str:
        """The method's path as a record has it: of a user's own, which lies on somebody's machine, how it is named."""
        return self.path if self.source is None else self.named or self.name

    @property
    def missing(self) -> str:
        """The first library that the method needs and that is not installed; "" if it can run."""
        return next((library for library in self.libraries if version_of(library) is None), "")

    @property
    def strange(self) -> bool:
        """Whether code that is none of the harness's runs in this process."""
        return self.source is not None or bool(self.libraries)

    def require(self) -> None:
        """UsageError if a library that the method needs is missing; the message says how to install it."""
        require(self.libraries, self.name, self.extra, self.alone)

    def load(self) -> Any:
        """What makes a run from ``problem``, ``seed`` and settings: the method's class, or what stands for its
        function. UsageError if a user's file cannot be imported, or has changed since the entry was made.
        """
        module, _, name = self.path.rpartition(":")
        if not is_file(module):
            return maker(attribute_of(importlib.import_module(module), name))
        sources = sources_of(Path(module))
        if self.source not in (None, sources.sha256(), file_hash(sources.file)):
            raise UsageError(f"{module} has changed since it was loaded; run the command again")
        return maker(attribute_of(load_file(sources), name))

    def place(self) -> str:
        """Its ``path`` as this machine has it."""
        return self.path

    def check_settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The settings in the types that the class declares. UnknownName or UsageError says what would be right."""
        return check_settings(self.name, self.load(), given)

    def check_required(self, given: Mapping[str, Any]) -> None:
        """UsageError if a setting without a default is neither given nor fixed by the method's name."""
        missing = [name for name in self.required if name not in {**self.preset, **given}]
        if missing:
            name, plural = missing[0], "s" if len(missing) > 1 else ""
            raise UsageError(
                f"{self.name} needs the setting{plural} {', '.join(missing)}: --set {name}=VALUE, "
                f"settings={{{name!r}: VALUE}} from Python, or a functools.partial that fixes it"
            )

    def make(self, problem: Problem, seed: int, settings: Mapping[str, Any]) -> Any:
        """The method, told its problem, seed and settings. Raises whatever the method raises."""
        return self.load()(problem, seed, **settings)

    def settle(self, method: Any) -> None:
        """The run is over, but what ``method`` was told last may be on its way, and a function is still to end. Raises
        whatever the method raises.
        """
        if isinstance(method, FunctionMethod):
            method.finish()

    def release(self, method: Any) -> None:
        """The run of ``method``, None if it could not be made, is over."""
        if isinstance(method, FunctionMethod):
            method.abandon()


def is_file(module: str) -> bool:
    """Whether the part of a method's name before its colon is a file, not a module."""
    return module.endswith(".py")
