"""Methods by name: the entries of methods that ship, and the way from a file to a user's own method."""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.base.libraries import require
from harness.base.modules import load_module
from harness.benchmark.method import Capabilities, Problem
from harness.benchmark.settings import check_settings
from harness.errors import UnknownName, UsageError

OWN_FORM = "path/to/file.py:ClassName"
"""How a user names a method of their own."""


@dataclass(frozen=True)
class MethodEntry:
    """A method under its name.

    ``path``: ``module:Class``; ``libraries``: distributions that the method needs and whose versions are recorded;
    ``extra``: the extra that installs them; ``alone``: libraries that are installed after it and without their own
    dependencies, because those would break others here; ``preset``: settings that belong to the name; ``source``:
    SHA-256 of the file of a user's own method, None for a method that ships; ``slow``: whether a run takes seconds.
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
    alone: tuple[str, ...] = ()

    @property
    def strange(self) -> bool:
        """Whether code that is none of the harness's runs in this process."""
        return self.source is not None or bool(self.libraries)

    def require(self) -> None:
        """UsageError if a library that the method needs is missing; the message says how to install it."""
        require(self.libraries, self.name, self.extra, self.alone)

    def load(self) -> Any:
        """The method's class. UsageError if a user's file cannot be imported."""
        module, _, name = self.path.rpartition(":")
        if self.source is not None:
            return _load_class(Path(module), name)
        return getattr(importlib.import_module(module), name)

    def place(self) -> str:
        """Its ``path`` as this machine has it."""
        return self.path

    def check_settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The settings in the types that the class declares. UnknownName or UsageError says what would be right."""
        return check_settings(self.name, self.load(), given)

    def make(self, problem: Problem, seed: int, settings: Mapping[str, Any]) -> Any:
        """The method, told its problem, seed and settings. Raises whatever the method raises."""
        return self.load()(problem, seed, **settings)

    def settle(self, method: Any) -> None:
        """The run is over, but what ``method`` was told last may be on its way. Raises whatever the method raises."""

    def release(self, method: Any) -> None:
        """The run of ``method``, None if it could not be made, is over."""


def is_own(name: str) -> bool:
    """Whether the name has the form of a user's own method, ``path/to/file.py:ClassName``."""
    file, colon, _ = name.rpartition(":")
    return bool(colon) and file.endswith(".py")


def placed(name: str) -> str:
    """A method's name for a process in another folder: a user's own with the absolute path of its file."""
    if not is_own(name):
        return name
    file, _, class_name = name.rpartition(":")
    return f"{Path(file).expanduser().absolute()}:{class_name}"


def own_method(name: str) -> MethodEntry:
    """The entry of a user's own method, ``path/to/file.py:ClassName``; its file is imported.

    UsageError if the file is missing, fails or has no such class.
    """
    file, _, class_name = name.rpartition(":")
    path = Path(file).expanduser().resolve()
    if not path.is_file():
        raise UsageError(f"method {name!r}: there is no file {file}; give {OWN_FORM}")
    loaded = _load_class(path, class_name)
    return MethodEntry(
        own_name(path, class_name),
        f"{path}:{class_name}",
        _capabilities(loaded, name),
        (loaded.__doc__ or "").strip().partition("\n")[0],
        source=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def own_name(file: str | Path, class_name: str) -> str:
    """The name of a user's own method, from the names of its file and class."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", f"{Path(file).stem}.{class_name}")


def _capabilities(loaded: Any, name: str) -> Capabilities:
    declared = getattr(loaded, "capabilities", Capabilities(axis="all"))
    if not isinstance(declared, Capabilities):
        raise UsageError(f"method {name!r}: its 'capabilities' must be a harness.Capabilities, not {declared!r}")
    for needed in ("ask", "tell"):
        if not callable(getattr(loaded, needed, None)):
            raise UsageError(f"method {name!r}: its class has no {needed}(); it needs ask() and tell(observation)")
    return declared


def _load_class(path: Path, class_name: str) -> Any:
    module = load_module(path)
    if not isinstance(getattr(module, class_name, None), type):
        classes = [k for k, v in vars(module).items() if isinstance(v, type) and v.__module__ == module.__name__]
        raise UnknownName(f"class of {path.name}", class_name, classes)
    return getattr(module, class_name)
