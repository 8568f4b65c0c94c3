"""Suites that users imported: what ``protocols`` has as modules, made from the declaration in a set's manifest.

The suite has the name of its set, so that ids of its leaderboards, which begin with it, lead every process and every
later command to it. Manifests are read again when they changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

RULES = "1.0"


_known: dict[Path, tuple[int, SimpleNamespace | None]] = {}


def declared_suites() -> list[str]:
    """Names of the suites among the imported sets."""
    folder = _sets()
    names = [child.name for child in sorted(folder.iterdir())] if folder.is_dir() else []
    return [name for name in names if not name.startswith(".") and declared_suite(name) is not None]


def declared_suite(name: str) -> SimpleNamespace | None:
    """The suite of that name, None if there is no such set, or it declares none, or it is damaged."""
    from harness.errors import SurrogateError
    from harness.surrogates.store import MANIFEST, read_manifest

    path = _sets() / name / MANIFEST
    try:
        changed = path.stat().st_mtime_ns
    except (OSError, ValueError):
        return None
    if path not in _known or _known[path][0] != changed:
        try:
            manifest = read_manifest(path.parent)
            _known[path] = changed, _suite(manifest) if "declaration" in manifest else None
        except SurrogateError:
            return None
    return _known[path][1]


def _sets() -> Path:
    from harness.surrogates.sets import data_directory

    return data_directory() / "sets"


def _suite(manifest: Mapping[str, Any]) -> SimpleNamespace:
    from harness.leaderboard import Protocol
    from harness.method import Objective
    from harness.space import Categorical, Space
    from harness.tabular.boards import leaderboards
    from harness.tabular.rescoring import rescore

    declared, name = manifest["declaration"], manifest["name"]
    space = Space(tuple(_parameter(c["name"], c["levels"]) for c in declared["parameters"]))
    fidelities = Space((Categorical(declared["fidelity"], tuple(declared["levels"]), ordered=True),))
    tasks = {task: {"title": task} for task in declared["tasks"]}
    failures = {task: manifest["tasks"][task]["constants"]["failure"] for task in tasks}
    boards = leaderboards(
        name, tasks, space, fidelities, declared["full"], Objective(declared["objective"], declared["maximize"]),
        tuple(declared["metrics"]), report=declared["report"], price=declared["price"],
        continues=declared["fidelity"] if declared["continues"] else None, budget=declared["budget"],
        seeds=declared["seeds"], failures=None if declared["whole"] else failures,
    )  # fmt: skip
    title = declared["title"] or f"the suite of table {name}"
    summary = f"test regret after {declared['budget']:g} mean full evaluations"
    return SimpleNamespace(
        __name__=name, __doc__=title, LEADERBOARDS=boards, TASKS=tasks, RULES=RULES, STUDIES={}, rescore=rescore,
        PROTOCOLS={"leaderboards": Protocol("leaderboards", summary, boards)},
        DERIVED_SPACES={name: ()}, DEFAULT_SURROGATES=name,
    )  # fmt: skip


def _parameter(name: str, levels: list[Any]) -> Any:
    from harness.space import Categorical

    return Categorical(name, tuple(levels), ordered=not isinstance(levels[0], str | bool))
