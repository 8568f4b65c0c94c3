"""A suite: tasks, spaces, protocols, leaderboards and a default source under one name.

The suites that ship are made in ``protocols``. Users make suites from a table, or in a Python module.
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
"""``rescore(board, columns, constants, times)``: computes the score of one run a second time, for verification.

``columns``: the counted evaluations; ``times``: simulated seconds. Returns name -> its values at these times."""

Presets = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Name of a preset -> method -> settings, in the form of ``harness run --set``."""


@dataclass(frozen=True)
class Protocol:
    """Rules under a name, and the leaderboards that follow these rules.

    ``leaderboards``: by id; ``methods``: setting -> the method that runs if the user names none. If all leaderboards
    have the same number of simulated workers, a run may still choose another number. Such a run is a variant, and no
    entry of the leaderboard.
    """

    name: str
    summary: str
    leaderboards: Mapping[str, Leaderboard]
    methods: Mapping[str, str] = field(default_factory=dict)

    @property
    def workers(self) -> tuple[int, ...]:
        """The numbers of simulated workers that the leaderboards have, ascending."""
        return tuple(sorted({board.workers for board in self.leaderboards.values()}))


@dataclass(frozen=True)
class Suite:
    """A benchmark suite. SuiteError on construction says which part does not fit.

    ``title``: its name for people; ``description``: one line; ``tasks``: name -> facts, with a ``title``, and with a
    ``source`` if the task has a default source of its own; ``protocols``: by name, the suite's main protocol first;
    ``spaces``: name of a space -> the parameters that each seed fixes at random, the whole space first; ``rescore``:
    see ``Rescore``; ``rules``: version of the rules for entries; ``source``: name of the default source;
    ``keys(task)``: the keys of a table's entries, for a table whose columns alone do not determine them.

    ``published``, ``studies`` and ``fitting`` name objects that are imported when first needed, as ``module:NAME``: a
    ``harness.suites.publication.Publication``, a dict of studies by name, and a ``Fitting``.

    ``packages``: name of another package whose place the harness can take -> its ``harness.suites.stand_in.StandIn``,
    named in the same way.

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
    packages: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wrong = next(self._problems(), None)
        if wrong is not None:
            raise SuiteError(f"suite {self.name!r:.80}: {wrong}")

    @property
    def leaderboards(self) -> Mapping[str, Leaderboard]:
        """The leaderboards of the first protocol by id; empty if nothing is run on the suite."""
        return next(iter(self.protocols.values())).leaderboards if self.protocols else {}

    @property
    def settings(self) -> tuple[str, ...]:
        """Names of the settings of ``leaderboards``."""
        return tuple(dict.fromkeys(board.setting.name for board in self.leaderboards.values()))

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of the objectives of ``leaderboards``."""
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
        """The name of a task's default source."""
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

    ``fit(data, out, report)``: fits models to the reference data in the folder ``data`` and writes the source to the
    folder ``out``; it calls ``report`` with lines about its progress. ``report(path)``: the quality of the source in
    that folder, as a text.
    """

    fit: Callable[..., Any]
    report: Callable[..., str]
