"""Names to things, lazily: leaderboards and methods are looked up here, and a method's code is imported only to run it.

This is the one place where mechanism meets the policy and method packages, and only through the names below.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from harness.errors import UnknownName, UsageError
from harness.leaderboard import Leaderboard
from harness.method import Capabilities

PROTOCOLS = "protocols"
METHODS = "optimizers"
DISTRIBUTION = "jahs-harness"


@dataclass(frozen=True)
class MethodEntry:
    """A method under its name. ``path``: ``module:Class``; ``libraries``: distributions it needs, whose versions are
    recorded; ``extra``: the extra that installs them; ``preset``: settings that go with the name; ``slow``: a run
    takes many seconds; ``source``: SHA-256 of the file of a user's own method.
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

    def require(self) -> None:
        """UsageError with the line that installs it if a library the method needs is missing."""
        for library in self.libraries:
            try:
                metadata.version(library)
            except metadata.PackageNotFoundError:
                raise UsageError(
                    f"{self.name} needs {library}, which is not installed: pip install 'jahs-harness[{self.extra}]'"
                ) from None

    def load(self) -> Any:
        """The class. UsageError if a user's file cannot be imported."""
        module, _, name = self.path.rpartition(":")
        if self.source is not None:
            return _load_file(Path(module), name)
        return getattr(importlib.import_module(module), name)


def suite(name: str = "jahs") -> Any:
    """The module of a suite (see ``protocols``)."""
    suites: Mapping[str, str] = importlib.import_module(PROTOCOLS).SUITES
    if name not in suites:
        raise UnknownName("suite", name, suites)
    return importlib.import_module(suites[name])


def leaderboard(task: str, objective: str, setting: str) -> Leaderboard:
    """The leaderboard of that task, objective and setting; UnknownName names the part that does not exist."""
    module = suite()
    for kind, value, valid in (
        ("task", task, module.TASKS),
        ("objective", objective, module.OBJECTIVES),
        ("setting", setting, module.SETTINGS),
    ):
        if value not in valid:
            raise UnknownName(kind, value, valid)
    board: Leaderboard = module.LEADERBOARDS[f"{task}/{objective}/{setting}"]
    return board


def leaderboard_of(name: str) -> Leaderboard:
    """The leaderboard with an id such as ``cifar10/single/mf``."""
    boards: Mapping[str, Leaderboard] = suite().LEADERBOARDS
    if name not in boards:
        raise UnknownName("leaderboard", name, boards)
    return boards[name]


def methods() -> dict[str, MethodEntry]:
    """Every method that ships with the harness."""
    found: dict[str, MethodEntry] = importlib.import_module(METHODS).METHODS
    return found


def default_method(setting: str) -> str:
    """The method that runs on a setting when none is named."""
    name: str = importlib.import_module(METHODS).DEFAULTS[setting]
    return name


def method(name: str) -> MethodEntry:
    """A method by its name, or a user's own as ``path/to/file.py:ClassName``."""
    known = methods()
    if name in known:
        return known[name]
    file, colon, class_name = name.rpartition(":")
    if not colon or not file.endswith(".py"):
        raise UnknownName("method", name, [*known, "path/to/file.py:ClassName"])
    path = Path(file).expanduser().resolve()
    if not path.is_file():
        raise UsageError(f"method {name!r}: there is no file {file}; give path/to/file.py:ClassName")
    loaded = _load_file(path, class_name)
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


def _load_file(path: Path, class_name: str) -> Any:
    name = f"harness_user_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look their module up there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UsageError(f"{path} fails when imported: {reason}") from error
    if not isinstance(getattr(module, class_name, None), type):
        classes = [k for k, v in vars(module).items() if isinstance(v, type) and v.__module__ == module.__name__]
        raise UnknownName(f"class of {path.name}", class_name, classes)
    return getattr(module, class_name)
