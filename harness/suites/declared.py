"""Suites that users imported, from the declaration in a source's manifest or the module in a source's folder (``own``).

A suite has the name of its source. Every id of its leaderboards starts with that name, so any process can find the
suite from the id. A manifest is read again when it has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.benchmark.goals import Goal, failure_name
from harness.benchmark.space import Categorical, Space
from harness.benchmark.suite import Suite
from harness.errors import SurrogateError, UsageError
from harness.scores.regret import TEST_REGRET
from harness.sources.shelf import sets_directory
from harness.sources.store import MANIFEST, read_manifest
from harness.suites.boards import leaderboards, table_suite
from harness.suites.own import load_suite

_known: dict[Path, tuple[int, Suite | None]] = {}


def declared_suites() -> list[str]:
    """Names of the suites that imported sources declare. Damaged sources are left out."""

    def is_suite(name: str) -> bool:
        try:
            return declared_suite(name) is not None
        except SurrogateError:
            return False

    folder = sets_directory()
    names = [child.name for child in sorted(folder.iterdir())] if folder.is_dir() else []
    return [name for name in names if not name.startswith(".") and is_suite(name)]


def declared_suite(name: str) -> Suite | None:
    """The suite with that name; None if no source declares it. SurrogateError if the source is damaged."""
    path = sets_directory() / name / MANIFEST
    try:
        changed = path.stat().st_mtime_ns
    except (OSError, ValueError):
        return None
    if path not in _known or _known[path][0] != changed:
        manifest = read_manifest(path.parent)
        _known[path] = changed, _suite(manifest, path.parent)
    return _known[path][1]


def _suite(manifest: Mapping[str, Any], path: Path) -> Suite | None:
    try:
        if "declaration" in manifest:
            return _made(manifest)
        if "files" in manifest:
            return load_suite(manifest, path)
    except (LookupError, TypeError, UsageError) as error:
        reason = str(error) if isinstance(error, UsageError) else "it was made by another version"
        raise SurrogateError(f"the suite in {path} cannot be used ({reason}); import it again") from error
    return None


def _made(manifest: Mapping[str, Any]) -> Suite:
    declared, name = manifest["declaration"], manifest["name"]
    space = Space(tuple(_parameter(c["name"], c["levels"]) for c in declared["parameters"]))
    fidelities = Space(tuple(Categorical(c["name"], tuple(c["levels"]), ordered=True) for c in declared["fidelities"]))
    tasks = {task: {"title": task} for task in declared["tasks"]}
    goals = tuple(Goal(**goal) for goal in declared["goals"])
    constants = {task: manifest["tasks"][task]["constants"] for task in tasks}
    failures = {
        task: {goal.told: own[failure_name(goals, at)] for at, goal in enumerate(goals)}
        for task, own in constants.items()
    }
    boards = leaderboards(
        name, tasks, space, fidelities, declared["full"], goals, tuple(declared["metrics"]), price=declared["price"],
        continues=declared["continues"], budget=declared["budget"], seeds=declared["seeds"],
        score=replace(TEST_REGRET, label=declared["score"]), failures=None if declared["whole"] else failures,
    )  # fmt: skip
    title, _, description = (declared["title"] or f"the suite of table {name}").partition(":")
    return table_suite(name, boards, title=title.strip(), description=description.strip())


def _parameter(name: str, levels: list[Any]) -> Categorical:
    return Categorical(name, tuple(levels), ordered=not isinstance(levels[0], str | bool))
