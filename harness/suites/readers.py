"""Imports tables of trainings as sources: the published tables of suites, and the tables of users' own suites."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from harness.base.files import write_text
from harness.errors import UsageError
from harness.sources.obtain.importing import note_of
from harness.sources.shelf import ORIGIN, new_path
from harness.sources.tables.making import write_table
from harness.sources.tables.parquet import SUFFIX, column_names
from harness.sources.tables.plan import Plan
from harness.suites.declaration import read_declaration
from harness.suites.own import read_module
from harness.suites.publication import Publication
from harness.suites.trainings import read_plan

DECLARED, MODULE = ".toml", ".py"


def is_table(path: Path, publications: Iterable[Publication]) -> bool:
    """Whether ``path`` is a declaration, a module, or a table, even a table that no suite knows."""
    return path.is_file() and (path.suffix in (DECLARED, MODULE, SUFFIX) or reader_of(path, publications) is not None)


def reader_of(path: Path, publications: Iterable[Publication]) -> tuple[str, Callable[[Path], Plan]] | None:
    """The name of the source in a published table, and the function that reads it; None for another file."""
    for published in publications:
        name = published.recognise(path)
        if name and published.read_plan is not None:
            return name, published.read_plan
    return None


def import_table(
    path: Path,
    publications: Iterable[Publication],
    taken: Mapping[str, str],
    name: str | None = None,
    *,
    replacing: bool = False,
    origin: str | None = None,
) -> Path:
    """Imports a declaration with its table, a module, or a published table; returns the folder of the new source.

    ``publications``: the publications of the suites that ship; ``taken``: names that a user's suite may not have -> the
    reason; ``origin``: where the file came from. ImportRefused or UsageError if anything is wrong; nothing is written
    then. If a published table lacks entries, the card of the source says so, because such a table is another benchmark.

    A module is executed, now and wherever its suite is used later. No other file is executed.
    """
    if path.suffix in (DECLARED, MODULE):
        plan = read_plan(read_declaration(path, taken)) if path.suffix == DECLARED else read_module(path, taken)
        if name not in (None, plan.suite):
            raise UsageError(
                f"{path} gives its suite the name {plan.suite}; change the name there and leave out --name"
            )
        target = new_path(plan.suite, replacing=replacing)
    else:
        known = reader_of(path, publications)
        if known is None:
            has = ", ".join(column_names(path))
            raise UsageError(
                f"{path} is no table that a suite of the harness knows (its columns are {has}); "
                "declare a suite of your own for it and import the declaration"
            )
        target = new_path(name or known[0], replacing=replacing)
        plan = known[1](path)
        plan = replace(plan, about={**plan.about, **({"partial": plan.lacks} if plan.lacks else {})})
    write_table(target, target.name, plan)
    write_text(target / ORIGIN, note_of(origin or str(path.resolve())))
    return target
