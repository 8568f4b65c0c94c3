"""Suites that users imported: what ``protocols`` has as modules, made from the declaration in a set's manifest, or from
the module that lies in the set (``own``).

The suite has the name of its set, so that ids of its leaderboards, which begin with it, lead every process and every
later command to it. Manifests are read again when they changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

RULES = "1.0"


_known: dict[Path, tuple[int, SimpleNamespace | None]] = {}


def declared_suites() -> list[str]:
    """Names of the suites among the imported sets, without those that are damaged."""
    from harness.errors import SurrogateError

    def is_suite(name: str) -> bool:
        try:
            return declared_suite(name) is not None
        except SurrogateError:
            return False

    folder = _sets()
    names = [child.name for child in sorted(folder.iterdir())] if folder.is_dir() else []
    return [name for name in names if not name.startswith(".") and is_suite(name)]


def declared_suite(name: str) -> SimpleNamespace | None:
    """The suite of that name, None if there is no such set, or it declares none. SurrogateError if it is damaged."""
    from harness.sources.store import MANIFEST, read_manifest

    path = _sets() / name / MANIFEST
    try:
        changed = path.stat().st_mtime_ns
    except (OSError, ValueError):
        return None
    if path not in _known or _known[path][0] != changed:
        manifest = read_manifest(path.parent)
        _known[path] = changed, _suite(manifest, path.parent)
    return _known[path][1]


def _sets() -> Path:
    from harness.sources.models.surrogates import data_directory

    return data_directory() / "sets"


def _suite(manifest: Mapping[str, Any], path: Path) -> SimpleNamespace | None:
    from harness.errors import SurrogateError, UsageError

    try:
        if "declaration" in manifest:
            return _made(manifest)
        if "files" in manifest:
            from harness.suites.own import load_suite

            return load_suite(manifest, path)
    except (LookupError, TypeError, UsageError) as error:
        reason = str(error) if isinstance(error, UsageError) else "it was made by another version"
        raise SurrogateError(f"the suite in {path} cannot be used ({reason}); import it again") from error
    return None


def _made(manifest: Mapping[str, Any]) -> SimpleNamespace:
    from harness.benchmark.goals import Goal, failure_name
    from harness.benchmark.space import Categorical, Space
    from harness.scores.regret import TEST_REGRET
    from harness.suites.boards import leaderboards

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
    return suite_of(name, declared["title"] or f"the suite of table {name}", boards)


def suite_of(name: str, title: str, boards: Mapping[str, Any], **own: Any) -> SimpleNamespace:
    """What ``protocols`` says that a suite has, by default as tables have it."""
    from harness.benchmark.leaderboard import Protocol
    from harness.scores.again import rescore

    first = next(iter(boards.values()))
    scores = " and ".join(dict.fromkeys(board.score.label.partition(" [")[0].lower() for board in boards.values()))
    summary = f"{scores} after {first.budget:g} mean full evaluations"
    found = {
        "LEADERBOARDS": boards, "TASKS": {board.task: {"title": board.title} for board in boards.values()},
        "RULES": RULES, "STUDIES": {}, "rescore": rescore, "DERIVED_SPACES": {name: ()},
        "PROTOCOLS": {"leaderboards": Protocol("leaderboards", summary, boards)},
    }  # fmt: skip
    return SimpleNamespace(**found | own, __name__=name, __doc__=title, DEFAULT_SURROGATES=name)


def _parameter(name: str, levels: list[Any]) -> Any:
    from harness.benchmark.space import Categorical

    return Categorical(name, tuple(levels), ordered=not isinstance(levels[0], str | bool))
