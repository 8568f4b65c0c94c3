"""Names to things, lazily: leaderboards and methods are looked up here, and a method's code is imported only to run it.

This is the one place where mechanism meets the policy and method packages, and only through the names below.
"""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from harness.base.modules import load_module
from harness.benchmark.leaderboard import Leaderboard, Protocol
from harness.benchmark.method import Capabilities
from harness.errors import UnknownName, UsageError

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


def own_suites() -> list[str]:
    """Names of the suites that ship with the harness, the default one first."""
    return list(importlib.import_module(PROTOCOLS).SUITES)


def suites() -> list[str]:
    """Names of the suites, the default one first, those that the user imported last."""
    from harness.suites.declared import declared_suites

    return [*own_suites(), *declared_suites()]


def suite(name: str = "") -> Any:
    """The module of a suite (see ``protocols``), of the default one if none is named."""
    known: Mapping[str, str] = importlib.import_module(PROTOCOLS).SUITES
    chosen = name or next(iter(known))
    if chosen in known:
        return importlib.import_module(known[chosen])
    from harness.suites.declared import declared_suite

    found = declared_suite(chosen)
    if found is None:
        raise UnknownName("suite", chosen, suites())
    return found


def publications() -> Iterator[tuple[str, Any]]:
    """Every suite with sets that ships with the harness, and its module about what its authors published."""
    for name in filter(lambda one: suite(one).DEFAULT_SURROGATES, own_suites()):
        yield name, importlib.import_module(f"{suite(name).__name__}.published")


def archives() -> dict[str, Any]:
    """Every ``harness.sources.obtain.fetch.Archive`` that can be fetched, by the name of its set."""
    return {name: archive for _, published in publications() for name, archive in published.ARCHIVES.items()}


def default_surrogates(of: str, task: str) -> str:
    """The surrogate set used on a task of the suite ``of`` when none is named."""
    chosen = suite(of)
    protocol(of=of)  # or what is missing would seem to be a set
    return str(chosen.TASKS.get(task, {}).get("surrogates", chosen.DEFAULT_SURROGATES))


def how_to_get(surrogates: str) -> str:
    """The command that gets a surrogate set which is not here, empty if nobody knows it."""
    for _, published in publications():
        if surrogates in published.ARCHIVES:
            return f"harness data fetch {surrogates}"
        if surrogates in published.IMPORTS:
            return f"harness data import {published.IMPORTS[surrogates]} --name {surrogates}"
    return ""


def protocol(name: str = "", of: str = "") -> Protocol:
    """A protocol of the suite ``of``, by default its own leaderboards' (the first)."""
    known: Mapping[str, Protocol] = suite(of).PROTOCOLS
    if not known:
        raise UsageError(
            f"suite {of} has published results and studies, but no leaderboards to run on; see: harness list protocols"
        )
    chosen = name or next(iter(known))
    if chosen not in known:
        raise UnknownName("protocol", chosen, known)
    return known[chosen]


def presets(of: str = "") -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """The presets of the suite ``of``: name -> method -> settings."""
    found: Mapping[str, Mapping[str, Mapping[str, Any]]] = getattr(suite(of), "PRESETS", {})
    return found


def preset(name: str, of: str = "") -> Mapping[str, Mapping[str, Any]]:
    """The settings by method of a preset of the suite ``of``. UnknownName if it has no such preset."""
    known = presets(of)
    if name not in known:
        if not known:
            raise UsageError(f"suite {of or suites()[0]} has no presets; leave out --preset")
        raise UnknownName("preset", name, known)
    return known[name]


def leaderboard(
    task: str, objective: str, setting: str, *, of: str = "", under: str = "", workers: int | None = None
) -> Leaderboard:
    """The leaderboard of that task, objective and setting in the suite ``of``, under a protocol, with so many workers.

    UnknownName names the part that does not exist. A protocol of one number of workers serves any; of several it is the
    least unless ``workers`` says which.
    """
    rules = protocol(under, of)
    if len(rules.workers) == 1 or workers is None:
        workers = rules.workers[0]
    elif workers not in rules.workers:
        listed = ", ".join(map(str, rules.workers))
        raise UsageError(f"protocol {rules.name} is about {listed} workers, not {workers}; choose one with --workers")
    found = [board for board in rules.leaderboards.values() if board.workers == workers]
    for kind, value, attribute in (("task", task, "task"), ("objective", objective, "objective"),
                                   ("setting", setting, "setting")):  # fmt: skip
        valid = list(dict.fromkeys(_named(getattr(board, attribute)) for board in found))
        if value not in valid:
            where = f" of protocol {rules.name}" if under else ""
            raise UnknownName(kind + where, value, valid)
        found = [board for board in found if _named(getattr(board, attribute)) == value]
    return found[0]


def _named(part: Any) -> str:
    return part if isinstance(part, str) else str(part.name)


def leaderboard_of(name: str) -> Leaderboard:
    """The leaderboard with an id such as ``cifar10/single/mf``, of whatever suite and protocol."""
    for board_suite in _suites_of(name):
        for rules in suite(board_suite).PROTOCOLS.values():
            if name in rules.leaderboards:
                found: Leaderboard = rules.leaderboards[name]
                return found
    raise UnknownName("leaderboard", name, protocol().leaderboards)


def leaderboards_on(surrogates: str, of: str = "") -> dict[str, Leaderboard]:
    """The own leaderboards of the suite ``of`` that are played on a set: where tasks have sets of their own, these."""
    chosen = suite(of)
    own = {task: facts.get("surrogates", "") for task, facts in chosen.TASKS.items()}
    wanted = surrogates if surrogates in own.values() else ""
    return {name: board for name, board in chosen.LEADERBOARDS.items() if own.get(board.task, "") == wanted}


def title_of(name: str) -> str:
    """What a suite is called: its description up to the first colon."""
    return (suite(name).__doc__ or name).strip().partition("\n")[0].partition(":")[0]


def _suites_of(leaderboard_name: str) -> Iterator[str]:
    """Suites that can have a leaderboard of that id: all but the default one begin theirs with their own name."""
    from harness.suites.declared import declared_suite

    default, *others = own_suites()
    first, slash, _ = leaderboard_name.partition("/")
    if first in others or (slash and declared_suite(first) is not None):
        yield first
    else:
        yield default


def whole_space(board: Leaderboard) -> str:
    """The name of the joint space of a leaderboard's suite, which the other spaces are derived from."""
    return str(next(iter(suite(board.suite).DERIVED_SPACES)))


def order_of(name: str) -> tuple[int, int, int]:
    """A sort key of leaderboard ids: by suite, by protocol, then in the order of the protocol's leaderboards."""
    board = leaderboard_of(name)
    for number, rules in enumerate(suite(board.suite).PROTOCOLS.values()):
        if name in rules.leaderboards:
            return suites().index(board.suite), number, list(rules.leaderboards).index(name)
    raise UnknownName("leaderboard", name, ())


def methods() -> dict[str, MethodEntry]:
    """Every method that ships with the harness."""
    found: dict[str, MethodEntry] = importlib.import_module(METHODS).METHODS
    return found


def default_method(board: Leaderboard) -> str:
    """The method that runs on a leaderboard when none is named."""
    for rules in suite(board.suite).PROTOCOLS.values():
        if board.id in rules.leaderboards and board.setting.name in rules.methods:
            return str(rules.methods[board.setting.name])
    name: str = importlib.import_module(METHODS).DEFAULTS[board.setting.name]
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
    module = load_module(path)
    if not isinstance(getattr(module, class_name, None), type):
        classes = [k for k, v in vars(module).items() if isinstance(v, type) and v.__module__ == module.__name__]
        raise UnknownName(f"class of {path.name}", class_name, classes)
    return getattr(module, class_name)
