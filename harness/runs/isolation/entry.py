"""An entry whose method lives in a process of its own: it is described, checked and made there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from harness import registry
from harness.base.byvalue import by_value
from harness.base.children import Child, Lost
from harness.base.naming import is_name
from harness.base.path import ROOT
from harness.base.usersource import sources_of
from harness.benchmark.method import Capabilities, Problem
from harness.benchmark.methods import MethodEntry, is_file
from harness.benchmark.own import Given, formerly, is_own, located
from harness.benchmark.plugins import plugin
from harness.errors import UsageError
from harness.runs.calls import one_line
from harness.runs.isolation import wire
from harness.runs.isolation.remote import Remote
from harness.sources.shelf import EMBEDDED, sets_directory

SERVE = "harness.runs.isolation.serving:serve"
SECONDS = 300.0
MEMORY = 4096
"""MiB."""

PLACES = ("PWD", "OLDPWD", "_")
JOBS = ("HARNESS_", "SLURM_", "PBS_", "SGE_", "LSB_", "DASK_", "PYTEST_", "GITHUB_")
"""Environment variables that a method's process is not given: folders, and what begins like these."""
RECORDED = ("results", "leaderboards")
"""Folders of records beside the package, in a checkout of its repository."""


@dataclass(frozen=True)
class Limits:
    """Real ``seconds`` for one answer of a method, and bytes of ``memory`` beyond what its process needs to start."""

    seconds: float = SECONDS
    memory: int = MEMORY << 20


@dataclass(frozen=True)
class Apart(MethodEntry):
    """The entry ``inner``, its method in a process of its own, which is new for every run."""

    inner: MethodEntry = field(kw_only=True)
    limits: Limits = field(kw_only=True)

    @property
    def strange(self) -> bool:
        """Its code runs elsewhere."""
        return False

    def load(self) -> Any:
        """Nothing: the class is never imported here."""
        raise UsageError(f"{self.name} runs in a process of its own")

    def check_settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """As its class says, in another process."""
        answer = _asked(self.name, self.limits, {**self._placed(), "do": "settings", "settings": dict(given)})
        settings = answer[2] if answer[1:2] == ["settings"] else None
        if not isinstance(settings, dict) or not set(settings) <= set(given):
            raise UsageError(f"{self.name} gave no valid answer about its settings from its own process")
        wire.scalars(list(settings.values()), len(settings))
        return settings

    def make(self, problem: Problem, seed: int, settings: Mapping[str, Any]) -> Remote:
        """The stand-in of a method in a new process."""
        request = {
            **self._placed(), "do": "play", "problem": wire.problem_out(problem), "seed": seed,
            "settings": dict(settings),
        }  # fmt: skip
        return Remote(self.name, problem, self.limits.seconds, _started(self.limits, request), self._is_function)

    def settle(self, method: Any) -> None:
        """Waits until the method was told everything."""
        if isinstance(method, Remote):
            method.settle()

    def release(self, method: Any) -> None:
        """Ends its process."""
        if isinstance(method, Remote):
            method.close()

    def formerly(self) -> Apart:
        """As records of earlier versions have it (``own.formerly``)."""
        inner = formerly(self.inner)
        return replace(self, name=inner.name, named=inner.named, source=inner.source, inner=inner)

    @property
    def _is_function(self) -> bool:
        return self.named.startswith("function")

    def _placed(self) -> dict[str, Any]:
        """Where the other process finds the class."""
        inner = self.inner.in_file or self.inner if isinstance(self.inner, Given) else self.inner
        path = inner.place()
        made = by_value(inner.made) if isinstance(inner, Given) else None
        shown = _shown(path, self.source)
        return {"name": self.name, "path": path, "source": self.source, "made": made, "shown": shown}


def apart(method: Any, limits: Limits | None = None) -> Apart:
    """The entry of what ``registry.method`` takes, or of an entry. A file or module of a user's own is not imported in
    this process. UsageError as from ``registry.method``.
    """
    limits = limits or Limits()
    if isinstance(method, Apart):
        return method
    declared = plugin(method) if isinstance(method, str) and method not in registry.methods() else None
    if declared is not None:
        method = registry.admitted(declared.named(_own(declared.value, limits)))
    elif isinstance(method, str) and method not in registry.methods() and is_own(method):
        method = registry.admitted(_own(method, limits))
    elif not isinstance(method, MethodEntry):
        method = registry.method(method)
    given = {each.name: getattr(method, each.name) for each in fields(MethodEntry)}
    return Apart(**given, inner=method, limits=limits)


def _own(name: str, limits: Limits) -> MethodEntry:
    path, sources = located(name)
    source = sources.sha256()
    short = name.rpartition(":")[2]
    request = {"do": "describe", "name": short, "method": path, "shown": _shown(path, source)}
    answer = _asked(short, limits, request)
    try:
        _, kind, declared, texts, preset, required = answer
        capabilities = Capabilities(**{**declared, **{k: tuple(declared[k]) for k in ("settings", "objectives")}})
        called, named, summary = (wire.text(each) for each in texts)
        needed = tuple(wire.text(each) for each in required)
        good = kind == "entry" and _plain(capabilities) and is_name(called) and wire.named(preset) is preset
        good = good and all(map(str.isidentifier, needed))
    except (TypeError, ValueError, KeyError):
        good = False
    if not good:
        raise UsageError(f"method {name!r} gave no valid description of itself from its own process")
    return MethodEntry(
        called, path, capabilities, summary, preset=preset, source=source, named=one_line(named, 200), required=needed
    )


def _plain(can: Capabilities) -> bool:
    return (
        all(isinstance(text, str) for text in (*can.settings, *can.objectives))
        and can.axis in (None, "any", "all")
        and (can.workers is None or type(can.workers) is int)
        and isinstance(can.continuation, bool)
        and isinstance(can.proceeds, bool)
    )


def _shown(path: str, source: str | None) -> list[str]:
    """The folder of a user's own method, which it may read."""
    if source is None or not path:
        return []
    file = Path(path.rpartition(":")[0]) if is_file(path.rpartition(":")[0]) else located(path)[1].file
    found = sources_of(file)
    return [str(found.root or file.parent)]


def _telling(variable: str) -> bool:
    """Whether an environment variable may say where sets and records lie, or the name of the job, which may name a
    task: no business of a method's.
    """
    return variable in PLACES or variable.startswith(JOBS)


def _started(limits: Limits, request: Mapping[str, Any]) -> Child:
    child = Child(SERVE, quiet=True, private=True, without=[name for name in os.environ if _telling(name)])
    hidden = [str(EMBEDDED), str(sets_directory().absolute()), *(str(Path(ROOT, name)) for name in RECORDED)]
    try:
        words = wire.packed({**request, "memory": limits.memory, "hidden": hidden})
    except (TypeError, ValueError) as error:
        child.close()
        raise UsageError(f"{request['name']}: its problem or settings cannot be sent to its process: {error}") from None
    child.send(words)
    return child


def _asked(name: str, limits: Limits, request: Mapping[str, Any]) -> list[Any]:
    """The one answer of a new process. UsageError if it refuses or there is none."""
    with _started(limits, request) as child:
        try:
            answer = wire.unpacked(child.receive(limits.seconds, wire.LARGEST))
        except (Lost, wire.NotSaid) as error:
            raise UsageError(f"{name}: its process {error}") from None
    if answer[0] != wire.ANSWER or answer[1:2] == ["refused"]:
        reason = answer[2] if answer[0] == wire.ANSWER else answer[1]
        raise UsageError(one_line(str(reason)))
    return answer
