"""Turns names into objects: suites, protocols, leaderboards, sources and methods are looked up here.

Only this module reaches the packages ``protocols`` and ``optimizers``, by the two names below. Lower rooms never import
it: they are handed objects. Code is imported when a name is first looked up.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.base.modules import named_object
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.methods import OWN_FORM, MethodEntry, is_own, own_method
from harness.benchmark.source import Keys
from harness.benchmark.suite import Fitting, Presets, Protocol, Rescore, Suite
from harness.errors import UnknownName, UsageError
from harness.sources.obtain.archive import Archive
from harness.sources.open import open_source
from harness.sources.shelf import available_sets
from harness.sources.stored import StoredSource
from harness.suites.declared import declared_suite, declared_suites
from harness.suites.publication import Publication

PROTOCOLS = "protocols"
METHODS = "optimizers"


# Suites


def shipped_suites() -> list[str]:
    """Names of the suites that ship with the harness, the default one first."""
    return list(importlib.import_module(PROTOCOLS).SUITES)


def suites() -> list[str]:
    """Names of the suites: those that ship, the default one first, then those that the user imported."""
    return [*shipped_suites(), *declared_suites()]


def suite(name: str = "") -> Suite:
    """A suite by its name, by default the default suite. UnknownName if there is no such suite."""
    known: Mapping[str, str] = importlib.import_module(PROTOCOLS).SUITES
    chosen = name or next(iter(known))
    if chosen in known:
        shipped: Suite = named_object(known[chosen])
        return shipped
    found = declared_suite(chosen)
    if found is None:
        raise UnknownName("suite", chosen, suites())
    return found


def publication(name: str = "") -> Publication:
    """The publication of a suite; an empty one if the suite names none."""
    published = suite(name).published
    found: Publication = named_object(published) if published else Publication()
    return found


def publications() -> Iterator[Publication]:
    """The publications of the suites that ship, in the order of the suites."""
    yield from map(publication, shipped_suites())


def archives() -> dict[str, Archive]:
    """Every archive that can be fetched, by the name of its source."""
    return {name: archive for published in publications() for name, archive in published.archives.items()}


def fitting(name: str = "") -> Fitting:
    """How the embedded source of a suite is fitted. ImportError if a library of the extra ``fit`` is missing."""
    chosen = suite(name)
    if not chosen.fitting:
        raise UsageError(f"suite {chosen.name} has no source that could be fitted")
    found: Fitting = named_object(chosen.fitting)
    return found


def presets(of: str = "") -> Presets:
    """The presets of the suite ``of``: name -> method -> settings."""
    return suite(of).presets


def preset(name: str, of: str = "") -> Mapping[str, Mapping[str, Any]]:
    """The settings by method of a preset of the suite ``of``. UnknownName if it has no such preset."""
    known = presets(of)
    if name not in known:
        if not known:
            raise UsageError(f"suite {of or suites()[0]} has no presets; leave out --preset")
        raise UnknownName("preset", name, known)
    return known[name]


def taken_names() -> dict[str, str]:
    """Names that no suite of a user's own may have -> why, as part of a sentence."""
    taken: dict[str, str] = {}
    for name in shipped_suites():
        for rules in suite(name).protocols.values():
            taken |= {
                board.partition("/")[0]: "leaderboards whose ids begin with that name" for board in rules.leaderboards
            }
    for name in shipped_suites():
        published = publication(name)
        taken |= dict.fromkeys((*published.archives, *published.imports), f"a source of suite {name} with that name")
    return taken | {name: f"a suite {name}" for name in shipped_suites()}


# Sources


def load_surrogates(name: str | Path) -> StoredSource:
    """The source with that name, or in that folder. UsageError if it is not here, SurrogateError if it is damaged."""
    if isinstance(name, Path):
        return open_source(name, table_keys)
    sets = available_sets()
    if name not in sets:
        hint = next(filter(None, (published.how_to_get(name) for published in publications())), "")
        if hint:
            raise UsageError(f"the source {name} is not here yet; get it with: {hint}")
        raise UnknownName("source", name, sets)
    return open_source(sets[name], table_keys)


def table_keys(suite_name: str, task: str) -> Keys | None:
    """The keys that a suite gives the entries of its table; None if the table's columns alone determine them."""
    keys = suite(suite_name).keys
    return None if keys is None else keys(task)


def default_surrogates(of: str, task: str) -> str:
    """The name of the default source of a task of the suite ``of``."""
    protocol(of=of)  # a suite without leaderboards has no source; say that instead
    return suite(of).source_of(task)


# Protocols and leaderboards


def protocol(name: str = "", of: str = "") -> Protocol:
    """A protocol of the suite ``of``, by default the first. UnknownName if there is no such protocol."""
    known = suite(of).protocols
    if not known:
        raise UsageError(
            f"suite {of} has published results and studies, but no leaderboards to run on; see: harness list protocols"
        )
    chosen = name or next(iter(known))
    if chosen not in known:
        raise UnknownName("protocol", chosen, known)
    return known[chosen]


def leaderboard(
    task: str, objective: str, setting: str, *, of: str = "", under: str = "", workers: int | None = None
) -> Leaderboard:
    """The leaderboard of a task, objective and setting in the suite ``of``, under the protocol ``under``.

    ``workers``: the number of simulated workers. It chooses among the leaderboards of a protocol that has several
    numbers, and by default the least. A protocol with one number has the same leaderboard for every ``workers``.
    UnknownName names the part that does not exist.
    """
    rules = protocol(under, of)
    if len(rules.workers) == 1 or workers is None:
        workers = rules.workers[0]
    elif workers not in rules.workers:
        listed = ", ".join(map(str, rules.workers))
        raise UsageError(
            f"protocol {rules.name} has leaderboards for {listed} workers, not {workers}; choose one with --workers"
        )
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
    """The leaderboard with an id such as ``cifar10/single/mf``, of any suite and protocol."""
    for rules in suite(_suite_of(name)).protocols.values():
        if name in rules.leaderboards:
            return rules.leaderboards[name]
    raise UnknownName("leaderboard", name, protocol().leaderboards)


def leaderboards_on(surrogates: str, of: str = "") -> dict[str, Leaderboard]:
    """The leaderboards of the first protocol of the suite ``of`` that are played on the source named ``surrogates``.

    A task may have a default source of its own. On such a source only the leaderboards of these tasks are played, on
    any other source only the leaderboards of the other tasks.
    """
    chosen = suite(of)
    own = {task: str(facts.get("source", "")) for task, facts in chosen.tasks.items()}
    wanted = surrogates if surrogates in own.values() else ""
    return {name: board for name, board in chosen.leaderboards.items() if own.get(board.task, "") == wanted}


def _suite_of(leaderboard_name: str) -> str:
    """The suite of a leaderboard: the id starts with its name, except for leaderboards of the default suite."""
    default, *others = shipped_suites()
    first, slash, _ = leaderboard_name.partition("/")
    return first if first in others or (slash and declared_suite(first) is not None) else default


def rescore_of(board: Leaderboard) -> Rescore:
    """The second implementation of a leaderboard's score, for verification."""
    found = suite(board.suite).rescore
    if found is None:
        raise UsageError(f"suite {board.suite} cannot compute its score a second time; give it a rescore(...)")
    return found


def whole_space(board: Leaderboard) -> str:
    """The name of the space of a leaderboard's suite in which every parameter is searched."""
    return suite(board.suite).whole_space


def order_of(name: str) -> tuple[int, int, int]:
    """A sort key of leaderboard ids: by suite, by protocol, then in the order of the protocol's leaderboards."""
    board = leaderboard_of(name)
    for number, rules in enumerate(suite(board.suite).protocols.values()):
        if name in rules.leaderboards:
            return suites().index(board.suite), number, list(rules.leaderboards).index(name)
    raise UnknownName("leaderboard", name, ())


# Methods


def methods() -> dict[str, MethodEntry]:
    """Every method that ships with the harness."""
    found: dict[str, MethodEntry] = importlib.import_module(METHODS).METHODS
    return found


def default_method(board: Leaderboard) -> str:
    """The name of the method that runs on a leaderboard if the user names none."""
    for rules in suite(board.suite).protocols.values():
        if board.id in rules.leaderboards and board.setting.name in rules.methods:
            return rules.methods[board.setting.name]
    name: str = importlib.import_module(METHODS).DEFAULTS[board.setting.name]
    return name


def method(name: str) -> MethodEntry:
    """A method by its name, or a user's own as ``path/to/file.py:ClassName``."""
    known = methods()
    if name in known:
        return known[name]
    if not is_own(name):
        raise UnknownName("method", name, [*known, OWN_FORM])
    return own_method(name)
