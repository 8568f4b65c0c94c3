"""Imports foreign surrogates as a surrogate set: everything is read and checked before anything is written.

The reader of foreign files gives the models; the benchmark (``Official``) says which tasks and metrics there are and
computes the constants. A set may hold fewer tasks than the benchmark. In an assembled layout a task must have every
metric, and a model must know every level of the design space. A caller may accept a *partial* set, which lacks metrics
or levels: it answers queries, but a run needs every metric and level. A single artefact (an early surrogate) is always
partial.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from harness.base.files import scratch_folder, write_text
from harness.base.libraries import version_of
from harness.base.naming import DISTRIBUTION
from harness.errors import ImportRefused, UnknownName
from harness.sources.foreign.errors import MissingPart
from harness.sources.foreign.names import TOP, Names
from harness.sources.foreign.official import Layout, find_part, read_layout
from harness.sources.models.files import ModelWriter
from harness.sources.models.surrogates import SurrogateSet
from harness.sources.obtain.contents import frozen_constants, lacking, shared_columns
from harness.sources.obtain.official import Official
from harness.sources.obtain.unpack import about_archive, unpack
from harness.sources.shelf import ORIGIN, new_path, sets_directory


def default_name(path: Path) -> str:
    """The name that a set imported from ``path`` gets unless another is given."""
    path = path.resolve()
    stem = path.parent.name if path.name == TOP else path.name
    if path.is_file():
        stem = re.sub(r"\.(tar|tgz|tar\.gz)$", "", stem)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).lstrip("._-")


def is_artefact(path: Path) -> bool:
    """Whether ``path`` is the folder of a single artefact instead of an assembled layout."""
    try:
        return path.is_dir() and find_part(path, "model").is_file()
    except MissingPart:
        return False


def import_surrogates(
    path: Path,
    name: str,
    official: Official,
    *,
    task: str | None = None,
    partial: bool = False,
    replacing: bool = False,
    origin: str | None = None,
    on_note: Callable[[str], None] = lambda _: None,
) -> SurrogateSet:
    """Imports the surrogates under ``path`` (a folder of the official layout, or a tar archive of one) as set ``name``.

    ``official``: the benchmark; ``task``: the name of the task, for a layout that does not name it; ``origin``: where
    ``path`` came from. ImportRefused (or a subclass) if the files cannot be imported, UsageError if the name cannot be
    used.
    """
    target = new_path(name, replacing=replacing)
    if task is not None and task not in official.names.tasks:
        raise UnknownName("task", task, official.names.tasks)
    partial = partial or is_artefact(path)
    layout = (
        _read_archive(path, official, partial, on_note)
        if path.is_file()
        else _read(path, task, partial, official.names)
    )
    for one, missing in lacking(layout.tasks, official, path).items():
        if not partial:
            raise MissingPart(
                f"{path} lacks {', '.join(missing)} of task {one}; complete it, or import what there is with --partial "
                "(for queries; runs need every metric)"
            )
        on_note(f"task {one} lacks {', '.join(missing)}: the set answers queries, but runs need every metric")
    models = layout.tasks
    columns = shared_columns(models, official, partial)
    constants = {one: frozen_constants(one, metrics, columns, official) for one, metrics in models.items()}
    sources = {file.rpartition(f"{TOP}/")[2]: digest for file, digest in layout.sources.items()}
    about = {**official.about, "sources": sources}
    with ModelWriter(target, name, columns=columns, about=about) as writer:
        for one, metrics in models.items():
            for metric, model in metrics.items():
                writer.add_model(one, metric, model)
            writer.set_constants(one, constants[one])
    write_text(target / ORIGIN, note_of(origin or str(path.resolve())))
    return SurrogateSet(target)


def note_of(origin: str) -> str:
    """The text of the file ``ORIGIN``: where a source came from, when, and by which version of the harness."""
    date = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return json.dumps({"from": origin, "date": date, "harness": version_of(DISTRIBUTION) or "unknown"}, indent=1) + "\n"


def _read(path: Path, task: str | None, partial: bool, names: Names) -> Layout:
    if not path.is_dir():
        raise MissingPart(f"{path} is neither a folder nor an archive; give the folder that contains {TOP}")
    if not (path / TOP).is_dir():
        inside = [child for child in path.iterdir() if (child / TOP).is_dir()]
        path = inside[0] if len(inside) == 1 else path
    top = path / TOP if (path / TOP).is_dir() else path
    tasks = [top / name for name in names.tasks if (top / name).is_dir()]
    if not partial or not tasks:
        return read_layout(path, names, task)
    # Task by task, because a complete layout has the same metrics everywhere and the importer insists on it.
    parts = {folder.name: read_layout(folder, names, folder.name) for folder in tasks}
    return Layout(
        path,
        {name: part.tasks[name] for name, part in parts.items()},
        {f"{name}/{file}": digest for name, part in parts.items() for file, digest in part.sources.items()},
    )


def _read_archive(path: Path, official: Official, partial: bool, on_note: Callable[[str], None]) -> Layout:
    with scratch_folder(sets_directory()) as folder:
        others = unpack(path, folder, official.members)
        if others:
            on_note(f"left in the archive, not expected: {', '.join(map(repr, others[:5]))}")
        try:
            return _read(folder, None, partial, official.names)
        except ImportRefused as error:
            raise about_archive(error, folder, path) from None
