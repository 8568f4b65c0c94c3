"""The layout of records: their paths, their columns, and the versions that their headers name.

Below a results folder::

    <surrogate set>/<task>/<objective>/<setting>/<method label>.parquet
    <surrogate set>/<task>/<objective>/<setting>/<method label>.parts/<seeds>.arrow       while running
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from harness.base.libraries import version_of
from harness.base.naming import DISTRIBUTION
from harness.benchmark.columns import LEDGER_COLUMNS
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.space import Categorical, Integer, Parameter
from harness.runs.spec import RunSpec

SCHEMA = 1
MEASURED = "method_seconds"
"""The one column of real time: it differs from run to run and is in no digest."""
HEADER = b"harness"
"""The key of the header in a parquet file's metadata."""
PART = ".arrow"
"""The suffix of a part; a part of an earlier version has the suffix of a record."""
MAX_BYTES = 2**30
"""The largest record; a larger file is refused unread. Five hundred runs of tens of thousands of evaluations take half
of this.
"""


@dataclass(frozen=True)
class Record:
    """The content of a record's file: the spec, the header of each seed in ``runs``, and the ledgers of all seeds."""

    path: Path
    spec: RunSpec
    runs: dict[int, dict[str, Any]]
    table: pa.Table


def schema(board: Leaderboard) -> pa.Schema:
    """The columns of a record and their types."""
    kinds = {"repaired": pa.bool_(), "counted": pa.bool_(), "worker": pa.int32()}
    fields = [("seed", pa.int64()), ("trial", pa.int64())]
    fields += [(name, _kind(p)) for name, p in (*board.space.items(), *board.fidelities.items())]
    fields += [(name, pa.float64()) for name in board.metrics]
    fields += [(name, kinds.get(name, pa.float64())) for name in LEDGER_COLUMNS]
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in fields])


def _kind(parameter: Parameter) -> pa.DataType:
    if isinstance(parameter, Integer):
        return pa.int64()
    if isinstance(parameter, Categorical):
        return {bool: pa.bool_(), int: pa.int64(), str: pa.string()}.get(type(parameter.choices[0]), pa.float64())
    return pa.float64()


def record_path(results: Path, spec: RunSpec) -> Path:
    """The path of the record of a spec."""
    return Path(results) / spec.surrogates / spec.leaderboard / spec.file_name


def parts_path(path: Path) -> Path:
    """The folder in which the parts of a record are collected while its runs are done."""
    return path.with_name(path.name.removesuffix(".parquet") + ".parts")


def files_of(path: Path) -> list[Path]:
    """The record at ``path``, if it is there, and its parts, the newest last. Of several runs of a seed, the run in the
    last file counts.
    """
    return [*([path] if path.exists() else []), *part_files(path)]


def part_files(path: Path) -> list[Path]:
    """The parts of the record at ``path``, the newest last, without files that are still being written."""
    found = [file for file in parts_path(path).glob("*") if file.suffix in (PART, ".parquet")]
    return sorted((file for file in found if not file.name.startswith(".")), key=lambda file: (_written(file), file))


def _written(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0  # another command has just joined it into the record; reading it raises Gone


def environment(libraries: Iterable[str]) -> dict[str, Any]:
    """Versions and platform for a header. Results do not depend on the platform; it is there for readers."""
    names = (DISTRIBUTION, "numpy", *libraries)
    return {
        "versions": {name: version_of(name) or "unknown" for name in names} | {"python": platform.python_version()},
        "platform": f"{sys.platform}-{platform.machine()}",
    }
