"""The official layouts of folders: the task and metric of each file, and the names of its models.

::

    assembled_surrogates/<task>/<metric>/{params,label_headers,model}.pkl.gz      the benchmark's download
    <folder>/{params,label_headers,model}.pkl.gz                                  an early surrogate, several metrics
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import OverBudget, SurrogateError
from harness.sources.foreign.errors import DamagedFile, MissingPart, UnsupportedModel
from harness.sources.foreign.names import PARTS, TOP, Names
from harness.sources.foreign.pickles import Pickle, read_pickle
from harness.sources.foreign.records import ArrayShell, ObjectArray, Record, describe, plain_list
from harness.sources.foreign.translate import translate
from harness.sources.models.model import Encoder, Model

SUFFIXES = (".pkl.gz", ".pkl", ".pkl.z", ".pkl.bz2", ".pkl.xz", ".pkl.lzma")
_NONSENSE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, MemoryError)
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")


@dataclass(frozen=True)
class Artefact:
    """One folder of three pickles: its models by metric name, and the SHA-256 of each file read."""

    folder: Path
    models: dict[str, Model]
    sources: dict[str, str]


@dataclass(frozen=True)
class Layout:
    """All artefacts under a path. ``sources``: relative name of a file -> its SHA-256."""

    path: Path
    tasks: dict[str, dict[str, Model]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


def read_artefact(folder: Path, metric: str | None = None, metrics: Collection[str] = ()) -> Artefact:
    """Reads one folder; executes nothing. ``metric``: the folder's name, if it holds a single metric; ``metrics``: the
    benchmark's own names of metrics.
    """
    files = {part: find_part(folder, part) for part in PARTS}
    pickles = {part: read_pickle(files[part]) for part in PARTS}
    model = pickles["model"]
    params = pickles["params"].value
    if not isinstance(params, dict):
        raise UnsupportedModel(f"{files['params']} cannot be imported: it holds {describe(params)}, not a dictionary")
    headers = None if params.get("feature_headers") is None else _strings(pickles["params"], params["feature_headers"])
    try:
        names = _labels(pickles["label_headers"])
    except _NONSENSE:
        raise UnsupportedModel(f"{files['label_headers']} cannot be imported: it is no Series of names") from None
    try:
        models = translate(model.value, headers, model.budget)
    except OverBudget as error:
        raise UnsupportedModel(f"{model.path} is no surrogate: {error}; do not trust this file") from None
    except DamagedFile as error:
        raise DamagedFile(f"{model.path} is truncated or damaged: {error}; download or copy it again") from None
    except (UnsupportedModel, SurrogateError) as error:
        raise UnsupportedModel(f"{model.path} cannot be imported: {error}") from None
    except _NONSENSE as error:
        raise UnsupportedModel(
            f"{model.path} cannot be imported: its parts do not fit together ({type(error).__name__}); "
            "download or copy it again"
        ) from None
    if len(names) != len(models):
        raise UnsupportedModel(
            f"{model.path} cannot be imported: it predicts {len(models)} outputs where "
            f"{files['label_headers'].name} names {len(names)}; take all three files from the same surrogate"
        )
    if metric is not None and len(names) == 1 and names[0] != metric:
        if names[0] in metrics:
            raise UnsupportedModel(
                f"{files['label_headers']} says {names[0]!r} in a folder called {metric!r}; put the right files there"
            )
        names = [metric]
    if len(set(names)) != len(names) or not all(_SAFE.fullmatch(name) for name in names):
        raise UnsupportedModel(f"{files['label_headers']} has repeated or unusable metric names")
    sources = {files[part].name: pickles[part].sha256 for part in PARTS}
    return Artefact(folder, dict(zip(names, models, strict=True)), sources)


def read_layout(path: Path, names: Names, task: str | None = None) -> Layout:
    """Reads every surrogate under ``path``: the download's top folder, its parent, one task's or one artefact's folder.

    ``names``: the benchmark's; ``task`` names the task where the layout does not. A metric that some task has must be
    there for every task.
    """
    path = Path(path)
    if not path.is_dir():
        raise MissingPart(f"{path} is not a folder; give the folder that contains {TOP}")
    if any(_has_part(path, part) for part in PARTS):
        artefact = read_artefact(path, metrics=names.metrics)
        return _layout(path, {task or _task_from_name(path, names): [artefact]})
    top = path / TOP if (path / TOP).is_dir() else path
    folders = {d.name: _metric_folders(d, names) for d in _folders(top)}
    folders = {name: found for name, found in folders.items() if found}
    if not folders and _metric_folders(top, names):  # one task's folder
        folders = {task or _task_from_name(top, names): _metric_folders(top, names)}
    if not folders:
        raise MissingPart(f"{path} has no surrogate in it; expected {TOP}/<task>/<metric>/model.pkl.gz")
    metrics = sorted({d.name for found in folders.values() for d in found})
    for name, found in sorted(folders.items()):
        absent = set(metrics) - {d.name for d in found}
        if absent:
            gone = top / name / sorted(absent)[0]
            raise MissingPart(f"{gone} is missing though another task has that metric; unpack the surrogates again")
    for name in names.tasks:
        if (top / name).is_dir() and name not in folders:
            raise MissingPart(f"{top / name} has no metric in it; unpack the surrogates again")
    read = {n: [read_artefact(d, d.name, names.metrics) for d in found] for n, found in sorted(folders.items())}
    return _layout(path, read)


def find_part(folder: Path, part: str) -> Path:
    """The file of ``folder`` that holds ``part``, whatever its compression."""
    for suffix in SUFFIXES:
        if (folder / f"{part}{suffix}").is_file():
            return folder / f"{part}{suffix}"
    raise MissingPart(f"{folder / part}.pkl.gz is missing; unpack the surrogates again")


def _layout(path: Path, artefacts: dict[str, list[Artefact]]) -> Layout:
    tasks: dict[str, dict[str, Model]] = {}
    sources: dict[str, str] = {}
    shared: dict[str, Encoder] = {}  # by repr, which unlike == tells True from 1
    for name, parts in artefacts.items():
        models: dict[str, Model] = {}
        for artefact in parts:
            if set(models) & set(artefact.models):
                raise UnsupportedModel(f"{artefact.folder} holds a metric that another folder of its task holds too")
            for metric, model in artefact.models.items():
                models[metric] = replace(model, encoder=shared.setdefault(repr(model.encoder), model.encoder))
            where = artefact.folder.relative_to(path)
            sources |= {(where / file).as_posix(): digest for file, digest in artefact.sources.items()}
        tasks[name] = models
    return Layout(path, tasks, sources)


def _folders(path: Path) -> list[Path]:
    try:
        return sorted(d for d in path.iterdir() if d.is_dir() and _SAFE.fullmatch(d.name))
    except OSError as error:
        raise MissingPart(f"{path} cannot be listed ({error.strerror}); check its permissions") from None


def _metric_folders(path: Path, names: Names) -> list[Path]:
    return [d for d in _folders(path) if d.name in names.metrics or any(_has_part(d, part) for part in PARTS)]


def _has_part(folder: Path, part: str) -> bool:
    return any((folder / f"{part}{suffix}").is_file() for suffix in SUFFIXES)


def _task_from_name(path: Path, names: Names) -> str:
    name = path.resolve().name.lower()
    found = [task for task in names.tasks if task in name]
    if len(found) != 1:
        raise MissingPart(f"{path} does not say which task it is for; name one of {', '.join(names.tasks)}")
    return found[0]


def _labels(pickle: Pickle) -> list[str]:
    """The metric names: the values of a pickled pandas Series, or an Index."""
    value = pickle.value
    if isinstance(value, Record) and value.is_a("pandas", "Series"):
        manager = value.state.get("_mgr", value.state.get("_data"))
        for state in manager.states if isinstance(manager, Record) else ():
            if isinstance(state, tuple) and len(state) > 1 and isinstance(state[1], list) and len(state[1]) == 1:
                return _strings(pickle, state[1][0])
        if isinstance(manager, Record) and manager.args and isinstance(manager.args[0], Record):
            return _strings(pickle, manager.args[0].args[0])  # pandas 1.4 and later: SingleBlockManager(block, axis)
    return _strings(pickle, value)


def _strings(pickle: Pickle, value: Any) -> list[str]:
    """A list of names from an array, a list or a pandas Index; of a tuple (a multi-level name) the last part counts."""
    if isinstance(value, Record) and value.is_a("pandas", "_new_Index") and len(value.args) == 2:
        value = value.args[1].get("data") if isinstance(value.args[1], dict) else None
    if isinstance(value, Record) and value.cls.name == "__pyx_unpickle_NDArrayBacked":  # text in pandas 3
        parts = [part for state in value.states if isinstance(state, tuple) for part in state]
        value = next((part for part in parts if isinstance(part, (ArrayShell, ObjectArray))), None)
    try:
        names = plain_list(value, "a list of names", pickle.budget)
        found = [v[-1] if isinstance(v, tuple) and v else v for v in names]
    except (UnsupportedModel, OverBudget) as error:
        raise UnsupportedModel(f"{pickle.path} cannot be imported: {error}") from None
    if not found or not all(isinstance(v, str) for v in found):
        raise UnsupportedModel(f"{pickle.path} cannot be imported: it has names that are not text")
    return found
