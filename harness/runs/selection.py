"""A selection: the runs that a command asks for, before they are paired with a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from harness import registry
from harness.base.escape import shown
from harness.base.whole import whole
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.methods import MethodEntry
from harness.benchmark.source import Source
from harness.errors import UnknownName, UsageError
from harness.runs.execution.job import Job
from harness.runs.isolation.entry import Limits, apart
from harness.runs.pairing import Choices, pair
from harness.sources.stored import StoredSource

ALL = "all"
MOST = 10**6
"""Seeds are below this number, and simulated workers at most this number."""
LONGEST = 40
"""Characters of a range of seeds."""


@dataclass(frozen=True)
class Selection:
    """The leaderboards, methods and seeds that a command asks for, with the user's choices.

    ``task`` and ``setting`` may be ``all``. ``methods`` are names, classes or functions (``registry.method``); without
    them, each leaderboard has its default method. Without ``suite`` and ``protocol``, the first suite and its own
    leaderboards are meant (``harness list``). ``settings`` are settings of the method (``--set``); they take precedence
    over the settings of the suite's ``preset``. ``fidelity`` is the axis declared in setting ``mf``. With ``isolate``,
    the method of every seed has a process of its own, within these limits.
    """

    task: str
    setting: str
    methods: tuple[Any, ...] = ()
    seeds: int | str | Iterable[int] = 10
    objective: str = "single"
    settings: Mapping[str, Any] = field(default_factory=dict)
    fidelity: str | None = None
    from_scratch: bool = False
    space: str | None = None
    workers: int | None = None
    suite: str = ""
    protocol: str = ""
    preset: str = ""
    isolate: Limits | None = None

    def __post_init__(self) -> None:
        self._check_kinds()
        if isinstance(self.seeds, Iterator):  # it would give them once only
            object.__setattr__(self, "seeds", tuple(islice(self.seeds, MOST + 1)))

    def _check_kinds(self) -> None:
        """UsageError names an argument of another type; unknown names are found later."""
        if not isinstance(self.settings, Mapping) or not all(isinstance(name, str) for name in self.settings):
            raise UsageError(f"settings {shown(self.settings)} must be a mapping of names to values")
        if not isinstance(self.from_scratch, bool | np.bool_):
            raise UsageError(f"from_scratch {shown(self.from_scratch)} must be True or False")
        for name in ("suite", "protocol", "preset", "fidelity", "space"):
            given = getattr(self, name)
            if not isinstance(given, str | None):
                raise UsageError(f"{name} {shown(given)} must be a name")
        if self.workers is not None:
            workers = whole(self.workers)
            if workers is None or not 1 <= workers <= MOST:
                raise UsageError(f"workers {shown(self.workers)} must be a whole number from 1 to {MOST:,}")
            object.__setattr__(self, "workers", workers)

    def load(self, surrogates: str | None = None) -> StoredSource:
        """The source to run on, by default the task's default source. UnknownName for a name that does not exist, and
        UsageError for wrong seeds; both are checked first, even if the source is not installed either.
        """
        self._check_names()
        return registry.load_surrogates(surrogates or registry.default_surrogates(self.suite, self.task))

    def spelled_out(self) -> tuple[list[str], list[str]]:
        """The tasks and the settings, with ``all`` replaced by the names. UnknownName if one does not exist."""
        boards = registry.protocol(self.protocol, self.suite).leaderboards.values()
        tasks = list(dict.fromkeys(board.task for board in boards))
        settings = list(dict.fromkeys(board.setting.name for board in boards))
        for kind, value, valid in (("task", self.task, tasks), ("setting", self.setting, settings)):
            if value not in (ALL, *valid):
                raise UnknownName(
                    f"{kind} of protocol {self.protocol}" if self.protocol else kind, value, [*valid, ALL]
                )
        return tasks if self.task == ALL else [self.task], settings if self.setting == ALL else [self.setting]

    def _check_names(self) -> None:
        boards = list(self._boards())
        for board in boards:
            for _ in self._entries(board):
                pass
            if self.fidelity is not None and self.fidelity not in board.fidelities:
                raise UnknownName("fidelity", self.fidelity, board.fidelities)
        spaces = registry.suite(self.suite).spaces
        if self.space is not None and self.space not in spaces:
            raise UnknownName("space", self.space, spaces)
        if self.preset:
            registry.preset(self.preset, self.suite)
        parse_seeds(self.seeds)

    def jobs(self, source: Source) -> list[Job]:
        """The jobs on ``source``. UsageError for an impossible pairing, or a preset without settings for them."""
        seeds = parse_seeds(self.seeds)
        presets = registry.preset(self.preset, self.suite) if self.preset else {}
        jobs = [
            Job(pair(board, source, entry, self._choices(board, presets.get(entry.name, {}))), seeds)
            for board in self._boards()
            for entry in self._entries(board)
        ]
        _refuse_namesakes(jobs)
        if self.preset and not any(job.entry.name in presets for job in jobs):
            chosen = ", ".join(dict.fromkeys(job.entry.name for job in jobs))
            raise UsageError(f"preset {self.preset} has no settings of {chosen}; it has some of {', '.join(presets)}")
        return jobs

    def _boards(self) -> Iterator[Leaderboard]:
        tasks, settings = self.spelled_out()
        for task in tasks:
            for setting in settings:
                yield registry.leaderboard(
                    task, self.objective, setting, of=self.suite, under=self.protocol, workers=self.workers
                )

    def _entries(self, board: Leaderboard) -> Iterator[MethodEntry]:
        for given in _distinct(self.methods or (registry.default_method(board),)):
            entry = registry.method(given) if self.isolate is None else apart(given, self.isolate)
            if self.setting != ALL or board.setting.name in entry.capabilities.settings:
                yield entry  # with --setting all, a method runs in the settings it supports

    def _choices(self, board: Leaderboard, preset: Mapping[str, Any]) -> Choices:
        axis = self.fidelity if self.setting != ALL or board.setting.axes == "one" else None
        return Choices({**preset, **self.settings}, axis, self.from_scratch, self.space, self.workers)


def _distinct(methods: Iterable[Any]) -> list[Any]:
    """The methods, each once. An object is the same as itself alone."""
    found: list[Any] = []
    for each in methods:
        if not any(each is other or (isinstance(each, str) and each == other) for other in found):
            found.append(each)
    return found


def _refuse_namesakes(jobs: Iterable[Job]) -> None:
    """UsageError if two jobs of different methods have one label, under which they would share a record."""
    seen: dict[tuple[str, str], Job] = {}
    for job in jobs:
        other = seen.setdefault((job.spec.leaderboard, job.spec.label.casefold()), job)
        if other.spec != job.spec:
            raise UsageError(
                f"two different methods are called {job.spec.label} here; give one of them another name, as in: "
                f'name = "another"'
            )


def parse_seeds(seeds: int | str | Iterable[int]) -> tuple[int, ...]:
    """``10`` is seeds 0..9, ``"3-5"`` is 3, 4, 5; a list, range, array or generator of integers is itself.

    UsageError for anything else, truth values among it.
    """
    if isinstance(seeds, str):
        return _range_of(seeds)
    count = _integer(seeds)
    if count is not None:
        return _counted(0, count - 1, seeds)
    try:
        if isinstance(seeds, bytes | bytearray):
            raise TypeError
        given = list(islice(iter(seeds), MOST + 1))  # type: ignore[arg-type]
    except TypeError:
        raise UsageError(
            f"seeds {shown(seeds, 80)} is neither a number such as 10 nor a list such as [0, 1, 2]"
        ) from None
    chosen = [_integer(seed) for seed in given]
    if not chosen or None in chosen or len(set(chosen)) < len(chosen):
        raise _not_seeds(given)
    found = tuple(seed for seed in chosen if seed is not None and 0 <= seed < MOST)
    if len(found) < len(chosen):
        raise _not_seeds(given)
    return found


def _integer(given: object) -> int | None:
    """An integer of Python or NumPy. A real number is no seed, though it may be whole."""
    real = isinstance(given, float | np.floating) or (isinstance(given, np.ndarray) and given.dtype.kind == "f")
    return None if real else whole(given)


def _not_seeds(given: Sequence[object]) -> UsageError:
    listed = ", ".join(shown(seed, 40) for seed in given[:10]) + (", ..." if len(given) > 10 else "")
    return UsageError(f"seeds ({listed}) must be different whole numbers from 0 to {MOST - 1}")


def _range_of(text: str) -> tuple[int, ...]:
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise UsageError(f"seeds {shown(text)} is neither a number such as 10 nor a range such as 0-9")
    if len(text) > LONGEST:
        raise UsageError(f"seeds {shown(text, 80)} has too many digits; seeds are below {MOST:,}")
    return _counted(*((int(first), int(last)) if dash else (0, int(first) - 1)), text)


def _counted(low: int, high: int, given: object) -> tuple[int, ...]:
    if not low <= high:
        raise UsageError(f"seeds {shown(given)} names no seed; give a number of at least 1 or a range such as 0-9")
    if high >= MOST:
        raise UsageError(f"seeds {shown(given)} goes beyond {MOST - 1}, the largest seed")
    return tuple(range(low, high + 1))
