"""Results: the records of a folder, or of a call of ``harness.run``, as DataFrames and summaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import registry
from harness.errors import RecordError, UsageError
from harness.registry import load_surrogates
from harness.runs import records
from harness.runs.curves import curves, scored_columns
from harness.runs.records import Record
from harness.runs.summaries import summarise
from harness.sources.shelf import available_sets

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Results:
    """Records of any number of entries; ``errors`` has one error for each file that could not be read."""

    records: tuple[Record, ...]
    errors: tuple[RecordError, ...] = field(default=())

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def evaluations(self) -> pd.DataFrame:
        """Every evaluation of every run: one row each, with leaderboard, surrogates, method, seed and the ledger.

        Prices and times are simulated seconds, ``method_seconds`` real ones. ``counted`` is False for an evaluation
        that the budget cut off before its end; the method never learned its metrics, and no score uses them.
        """
        import pandas as pd

        frames, sets = [], set_labels(self.records)
        for record in self.records:
            frame = record.table.replace_schema_metadata(None).to_pandas()
            frame.insert(0, "method", record.spec.label)
            frame.insert(0, "surrogates", sets[record.spec.surrogates, record.spec.surrogates_hash])
            frame.insert(0, "leaderboard", record.spec.leaderboard)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def trajectory(self, view: str = "full", grid: Iterable[float] | None = None) -> pd.DataFrame:
        """Scores over time, one row per entry, complete seed and grid time: ``time`` (mean full evaluations), ``value``
        (validation error in %, minimised, or hypervolume in [0, 1], maximised), ``maximize`` (whether higher values are
        better) and companions (``test_error``). ``grid``: ascending times from 0 on (default: a fine one over the
        budget); UsageError for any other.
        """
        import pandas as pd

        frames, sets = [], set_labels(self.records)
        for record in self.records:
            c = curves(record, view, grid)
            n = len(c.grid)
            frame = {
                "leaderboard": record.spec.leaderboard,
                "surrogates": sets[record.spec.surrogates, record.spec.surrogates_hash],
                "method": record.spec.label, "view": view, "seed": np.repeat(c.seeds, n),
                "time": np.tile(c.grid, len(c.seeds)), "value": c.values.ravel(),
                "maximize": c.board.score.maximize,
                **{name: values.ravel() for name, values in c.companions.items()},
            }  # fmt: skip
            frames.append(pd.DataFrame(frame))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def summary(self) -> list[dict[str, Any]]:
        """One dict per entry: final mean and standard error in both views, evaluations, repairs, failed seeds."""
        return [summarise(record) for record in self.records]


def set_labels(found: Iterable[Record]) -> dict[tuple[str, str], str]:
    """(surrogate set, hash) -> a label: the name, with the hash's first digits if the records have sets of several
    hashes under this name. So nobody who groups by label averages numbers of two different sets.
    """
    keys = dict.fromkeys((record.spec.surrogates, record.spec.surrogates_hash) for record in found)
    often = Counter(name for name, _ in keys)
    return {(name, digest): f"{name}-{digest[:8]}" if often[name] > 1 else name for name, digest in keys}


def load_results(folder: Path, surrogates: str | None = None) -> Results:
    """Every record below a folder, or those of one surrogate set. Files that cannot be read are in ``errors``."""
    folder = Path(folder)
    if not folder.is_dir():
        raise UsageError(f"there is no results folder {folder}; fill one with: harness run --results {folder}")
    found: list[Record] = []
    errors: list[RecordError] = []
    for path in record_paths(folder):
        try:
            record = read_record(path)
        except RecordError as error:
            errors.append(error)
            continue
        if record is not None and surrogates in (None, record.spec.surrogates):
            found.append(record)
    return Results(tuple(found), tuple(errors))


def read_record(path: Path, *, scores_only: bool = False) -> Record | None:
    """The record at ``path`` joined with its parts; None if there is neither. RecordError if it cannot be read, or if
    its surrogate set has another hash here. ``scores_only``: only ``scored_columns`` are kept.
    """
    columns = None
    if scores_only and (files := records.files_of(path)):
        columns = scored_columns(registry.leaderboard_of(records.heads(files[0])[0].leaderboard))
    record = records.gather(path, columns)
    if record is not None:
        _check_set(record)
    return record


def record_paths(folder: Path) -> list[Path]:
    """The paths of the records below a folder, including records of which only parts are there yet."""
    paths = set()
    for path in (*folder.rglob("*.parquet"), *folder.rglob(f"*.parts/*{records.PART}")):
        parent = path.parent
        if parent.name.endswith(".parts"):
            path = parent.with_name(parent.name.removesuffix(".parts") + ".parquet")
        if not path.name.startswith("."):
            paths.add(path)
    return sorted(paths)


def _check_set(record: Record) -> None:
    """RecordError if the surrogate set of the record's name has another hash here than when the record was made."""
    spec = record.spec
    sets = available_sets()
    here = load_surrogates(sets[spec.surrogates]).hash if spec.surrogates in sets else spec.surrogates_hash
    if here != spec.surrogates_hash:
        raise RecordError(
            f"{record.path} was made with source {spec.surrogates} of hash {spec.surrogates_hash[:12]}, "
            f"but the set here has {here[:12]}; run it again"
        )
