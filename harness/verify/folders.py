"""Finds the records and submissions below a path, and says where a record should lie by its header."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.base.leftovers import is_temporary
from harness.errors import UsageError
from harness.verify.findings import Finding
from harness.verify.states import FILE

MANIFEST = "submission.toml"
MAX_FILES = 20_000
DEPTH = 5
"""Folders from a record upwards to its submission: setting, objective, task, surrogate set, submission."""


@dataclass(frozen=True)
class Target:
    """A file to examine. ``name``: its name in findings; ``submission``: the folder of its manifest; ``placed``:
    whether its place must fit its header, as in a results folder (a file that is given by its own path may lie
    anywhere).
    """

    path: Path
    name: str
    submission: Path | None
    placed: bool


@dataclass(frozen=True)
class Found:
    """The files below a path. ``targets``: in the order of their paths; ``submissions``: folders with a manifest;
    ``states``: the ``verification.csv`` files; ``findings``: files that do not belong there.
    """

    targets: tuple[Target, ...]
    submissions: tuple[Path, ...] = ()
    states: tuple[Path, ...] = ()
    findings: tuple[Finding, ...] = ()


def find(path: Path) -> Found:
    """Finds the files at ``path`` without following links. UsageError if there is nothing to verify."""
    if not os.path.lexists(path):
        raise UsageError(f"there is no {path}; give a results folder, a submission or a record")
    if not path.is_dir() or path.is_symlink():
        return Found((Target(path, path.name, submission_of(path.parent), False),))
    targets: list[Target] = []
    submissions: list[Path] = []
    states: list[Path] = []
    findings: list[Finding] = []
    for count, file in enumerate(_walk(path)):
        if count >= MAX_FILES:
            findings.append(Finding(str(path), f"it holds more than {MAX_FILES} files; the rest was not looked at"))
            break
        name = str(file.relative_to(path))
        if not name.isprintable():  # a line of verification.csv could not hold it
            findings.append(Finding(name, "its path has control or invisible characters; give it another name"))
            continue
        submission = submission_of(file.parent, path)
        if file.name == MANIFEST and submission == file.parent:
            submissions.append(file.parent)
        elif file.name == FILE and submission in (file.parent, None):
            states.append(file)
        elif file.parent.name.endswith(".parts") and is_temporary(file):
            continue  # nothing reads what a killed command has half written; the next command removes it
        elif file.is_symlink() and not file.is_file():
            findings.append(Finding(name, "it is a link, which is not followed; records lie in folders of their own"))
        elif file.parent.name.endswith(".parts"):
            findings.append(Finding(name, "it is part of an unfinished run; the command that made it finishes it"))
        elif file.suffix == ".parquet" and not file.name.startswith("."):
            targets.append(Target(file, name, submission, True))
        elif submission is not None:
            one = f"; one {file.name} stands at its top" if file.name in (MANIFEST, FILE) else ""
            findings.append(Finding(name, f"a submission holds records, its manifest and nothing else{one}"))
    if not targets and not submissions and not findings:
        raise UsageError(f"there are no records in {path}; make some with: harness run --results {path}")
    return Found(tuple(targets), tuple(submissions), tuple(states), tuple(findings))


def misplaced(target: Target, surrogates: str, leaderboard: str, file_name: str) -> str | None:
    """A sentence that says where a record should lie, None if it lies there. Surrogate set, task, objective and setting
    are folders.
    """
    expected = (surrogates, *leaderboard.split("/"), file_name)
    if not target.placed or target.path.absolute().parts[-len(expected) :] == expected:
        return None
    return f"by its header it should lie at {'/'.join(expected)[:200]}"


def _walk(folder: Path) -> Iterator[Path]:
    """Every file, and every link to a folder."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        yield from (Path(parent) / name for name in sorted([*files, *links]))


def submission_of(folder: Path, top: Path | None = None) -> Path | None:
    """The outermost folder with a manifest, from ``folder`` upwards: at most up to ``top``, or ``DEPTH`` folders. So a
    manifest further inside a submission makes no submission of its own.
    """
    found = None
    for candidate in (folder, *folder.parents)[: None if top is not None else DEPTH]:
        if (candidate / MANIFEST).is_file():
            found = candidate
        if candidate == top:
            break
    return found
