"""A suite: tasks, spaces, protocols, leaderboards and a default source under one name.

The suites that ship are made in ``protocols``; users make their own from a table, or in a module of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.base.naming import NAME_RULE, is_name
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.source import Columns, Keys
from harness.errors import SuiteError

Rescore = Callable[[Leaderboard, Columns, Mapping[str, Any], Sequence[float]], Mapping[str, Sequence[float]]]
"""``rescore(board, columns, constants, times)``: the score of one run computed a second time, for verification: name ->
the values at the asked ``times`` (simulated seconds), from the counted evaluations as columns."""

Presets = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Name of a preset -> method -> settings, as ``harness run --set`` takes them."""


@dataclass(frozen=True)
class Protocol:
    """Rules under a name: the leaderboards they make, for each number of simulated workers that they are about.

    ``leaderboards``: by id; ``methods``: setting -> the method run when none is named. A protocol of one number of
    workers lets a run choose another number; that run is then a variant and no entry of the leaderboard.
    """

    name: str
    summary: str
    leaderboards: Mapping[str, Leaderboard]
    methods: Mapping[str, str] = field(default_factory=dict)

    @property
    def workers(self) -> tuple[int, ...]:
        """Numbers of workers, ascending."""
        return tuple(sorted({board.workers for board in self.leaderboards.values()}))


@dataclass(frozen=True)
class Suite:
    """A benchmark suite. SuiteError on construction says which part does not fit.

    ``title``: its name for people; ``description``: one line; ``tasks``: name -> facts, the ``title`` at least, and
    ``source`` where the task has a default source of its own; ``protocols``: by name, the first with the suite's own
    leaderboards; ``spaces``: name of a searched space -> the parameters it fixes at random per seed, the whole space
    first; ``rescore``: see ``Rescore``; ``rules``: version of the rules that entries are made under; ``source``: name
    of the source used when none is named; ``keys(task)``: which entry of a table a configuration is, where the columns
    alone do not say it.

    ``published``, ``studies`` and ``fitting`` name objects that are imported when first needed, as ``module:NAME``: a
    ``harness.suites.publication.Publication``, a dict of studies by name, and a ``Fitting``.

    A suite on which nothing is run has no ``protocols``, and then needs neither spaces nor ``rescore`` nor ``rules``.
    """

    name: str
    title: str
    description: str
    tasks: Mapping[str, Mapping[str, Any]]
    protocols: Mapping[str, Protocol] = field(default_factory=dict)
    spaces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rescore: Rescore | None = None
    rules: str = ""
    source: str = ""
    presets: Presets = field(default_factory=dict)
    keys: Callable[[str], Keys] | None = None
    published: str = ""
    studies: str = ""
    fitting: str = ""

    def __post_init__(self) -> None:
        wrong = next(self._problems(), None)
        if wrong is not None:
            raise SuiteError(f"suite {self.name!r:.80}: {wrong}")

    @property
    def leaderboards(self) -> Mapping[str, Leaderboard]:
        """The suite's own leaderboards by id: those of its first protocol, none if nothing is run on it."""
        return next(iter(self.protocols.values())).leaderboards if self.protocols else {}

    @property
    def settings(self) -> tuple[str, ...]:
        """Names of the settings of its own leaderboards."""
        return tuple(dict.fromkeys(board.setting.name for board in self.leaderboards.values()))

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of the objectives of its own leaderboards."""
        return tuple(dict.fromkeys(board.objective for board in self.leaderboards.values()))

    @property
    def line(self) -> str:
        """Title and description in one line."""
        return f"{self.title}: {self.description}" if self.description else self.title

    @property
    def whole_space(self) -> str:
        """The name of the space in which every parameter is searched."""
        return next(iter(self.spaces))

    def source_of(self, task: str) -> str:
        """The name of the source used on a task when none is named."""
        return str(self.tasks.get(task, {}).get("source", self.source))

    def _problems(self) -> Iterator[str]:
        if not is_name(self.name):
            yield f"this is no name for a suite; {NAME_RULE}"
        if not self.title.strip():
            yield "its title is empty; give the name that people call it by"
        for task, facts in self.tasks.items():
            if "title" not in facts:
                yield f"its task {task!r} has no title; give tasks = {{{task!r}: {{'title': ...}}}}"
        if self.protocols and not (self.spaces and self.rescore and self.rules and self.source):
            yield "it has protocols, so it needs spaces, rescore, rules and a source too"
        for name, protocol in self.protocols.items():
            if name != protocol.name:
                yield f"its protocol {protocol.name!r} stands under the name {name!r}; both must be the same"
            if not protocol.leaderboards:
                yield f"its protocol {name!r} has no leaderboard; it needs one at least"
            for key, board in protocol.leaderboards.items():
                yield from self._board_problems(key, board)

    def _board_problems(self, key: str, board: Leaderboard) -> Iterator[str]:
        if not isinstance(board, Leaderboard):
            yield f"its leaderboard {key!r} is no Leaderboard, but {board!r:.80}"
            return
        if key != board.id:
            yield f"leaderboard {board.id!r} stands under the id {key!r}; both must be the same"
        if board.suite != self.name:
            yield f"leaderboard {board.id!r} is of suite {board.suite!r}; it must be of {self.name!r}"
        if board.task not in self.tasks:
            yield f"leaderboard {board.id!r} has the task {board.task!r}, but the tasks are {', '.join(self.tasks)}"
        for space, fixed in self.spaces.items():
            unknown = [name for name in fixed if name not in board.space]
            if unknown:
                yield f"its space {space!r} fixes {unknown[0]!r}, which is no parameter of {board.id!r}"


@dataclass(frozen=True)
class Fitting:
    """How a suite's embedded source is fitted (``harness fit``).

    ``fit(data, out, report)``: fits from the folder of reference data and writes the folder ``out``, telling ``report``
    line by line how far it is; ``report(path)``: the quality of the set in that folder, as a text.
    """

    fit: Callable[..., Any]
    report: Callable[..., str]
