"""A selection: the runs that a command asks for, before they are paired with a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.methods import MethodEntry
from harness.benchmark.source import Source
from harness.errors import UnknownName, UsageError
from harness.runs.execution.execute import Job
from harness.runs.isolation.entry import Limits, apart
from harness.runs.pairing import Choices, pair
from harness.sources.stored import StoredSource

ALL = "all"


@dataclass(frozen=True)
class Selection:
    """What to run: the leaderboards, the methods and the seeds, with the user's choices.

    ``task`` and ``setting`` may be ``all``; no method means the default one of each leaderboard; ``suite`` and
    ``protocol`` are by default the first suite and its own leaderboards (``harness list``); ``settings`` are the
    method's own (``--set``), on top of those of the suite's ``preset``; ``fidelity`` is the axis declared in ``mf``;
    with ``isolate`` every seed's method has a process of its own, within these limits.
    """

    task: str
    setting: str
    methods: tuple[str, ...] = ()
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

    def load(self, surrogates: str | None = None) -> StoredSource:
        """The source to run on, by default the task's own. UnknownName for a task or setting that does not exist: that
        is said first, even where the source is not here.
        """
        self.spelled_out()
        return registry.load_surrogates(surrogates or registry.default_surrogates(self.suite, self.task))

    def spelled_out(self) -> tuple[list[str], list[str]]:
        """The tasks and the settings, ``all`` replaced by their names. UnknownName for one that does not exist."""
        boards = registry.protocol(self.protocol, self.suite).leaderboards.values()
        tasks = list(dict.fromkeys(board.task for board in boards))
        settings = list(dict.fromkeys(board.setting.name for board in boards))
        for kind, value, valid in (("task", self.task, tasks), ("setting", self.setting, settings)):
            if value not in (ALL, *valid):
                raise UnknownName(
                    f"{kind} of protocol {self.protocol}" if self.protocol else kind, value, [*valid, ALL]
                )
        return tasks if self.task == ALL else [self.task], settings if self.setting == ALL else [self.setting]

    def jobs(self, source: Source) -> list[Job]:
        """The jobs on ``source``. UsageError for an impossible pairing, or a preset that has none of the methods."""
        seeds = parse_seeds(self.seeds)
        presets = registry.preset(self.preset, self.suite) if self.preset else {}
        jobs = [
            Job(pair(board, source, entry, self._choices(board, presets.get(entry.name, {}))), seeds)
            for board in self._boards()
            for entry in self._entries(board)
        ]
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
        for name in dict.fromkeys(self.methods or [registry.default_method(board)]):
            entry = registry.method(name) if self.isolate is None else apart(name, self.isolate)
            if self.setting != ALL or board.setting.name in entry.capabilities.settings:
                yield entry  # with all settings, a method runs where it can

    def _choices(self, board: Leaderboard, preset: Mapping[str, Any]) -> Choices:
        axis = self.fidelity if self.setting != ALL or board.setting.axes == "one" else None
        return Choices({**preset, **self.settings}, axis, self.from_scratch, self.space, self.workers)


def parse_seeds(seeds: int | str | Iterable[int]) -> tuple[int, ...]:
    """``10`` is seeds 0..9, ``"3-5"`` is 3, 4, 5, a list is itself. UsageError for anything else."""
    if not isinstance(seeds, int | str):
        chosen = tuple(seeds)
        whole = all(isinstance(s, int) and 0 <= s < 10**6 for s in chosen)
        if not chosen or not whole or len(set(chosen)) < len(chosen):
            raise UsageError(f"seeds {chosen!r} must be different whole numbers from 0 to 999999")
        return chosen
    first, dash, last = str(seeds).partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise UsageError(f"seeds {seeds!r} is neither a number such as 10 nor a range such as 0-9")
    low, high = (int(first), int(last)) if dash else (0, int(first) - 1)
    if not low <= high < 10**6:
        raise UsageError(f"seeds {seeds!r} names no seed; give a number of at least 1 or a range such as 0-9")
    return tuple(range(low, high + 1))
