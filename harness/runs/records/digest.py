"""The header of a record, and the digest of header and values, which shows damage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from harness.base.arrow import array_of, joined, values_of
from harness.benchmark.leaderboard import Leaderboard
from harness.runs.records.layout import HEADER, MEASURED, SCHEMA, schema
from harness.runs.run import Run
from harness.runs.spec import RunSpec

SEPARATOR = b"\x1f"
SLICE = 1 << 16
"""The most texts that are hashed in one go."""
Pieces = Iterable[pa.ChunkedArray]
"""A column, piece by piece."""
Header = dict[bytes, bytes]
"""A file's metadata."""


def to_table(board: Leaderboard, spec: RunSpec, run: Run, env: Mapping[str, Any]) -> pa.Table:
    """One run as a table with its header."""
    return with_header(rows_of(board, [run]), spec.as_dict(), {run.seed: head_of(run, env)})


def head_of(run: Run, env: Mapping[str, Any]) -> dict[str, Any]:
    """The header's entry for one run."""
    return {
        "seed": run.seed, "status": run.status, "stopped": run.stopped, "reason": run.reason,
        "traceback": run.traceback, "evaluations": int(sum(run.columns["counted"])), "repairs": run.repairs, **env,
    }  # fmt: skip


def rows_of(board: Leaderboard, runs: Sequence[Run]) -> pa.Table:
    """The rows of runs, one run after the other, as one table."""
    kinds = schema(board)
    counts = [len(run.columns["trial"]) for run in runs]
    seeds = np.repeat(np.array([run.seed for run in runs], np.int64), counts)
    columns = [_values([run.columns[kind.name] for run in runs], kind.type) for kind in [*kinds][1:]]
    return pa.Table.from_arrays([array_of(seeds, pa.int64()), *columns], schema=kinds)


def _values(pieces: Sequence[Any], kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """A column of several runs: of short ones, which have lists, in one go."""
    if all(isinstance(piece, list) for piece in pieces):
        return array_of(list(chain.from_iterable(pieces)), kind)
    return pa.chunked_array([array_of(piece, kind) for piece in pieces], kind)


def with_header(table: pa.Table, spec: Mapping[str, Any], runs: Mapping[int, Mapping[str, Any]]) -> pa.Table:
    """The table with a header for these runs as its metadata."""
    return table.replace_schema_metadata(header(spec, runs, ((n, [table.column(n)]) for n in table.column_names)))


def header(
    spec: Mapping[str, Any], runs: Mapping[int, Mapping[str, Any]], columns: Iterable[tuple[str, Pieces]]
) -> Header:
    """A file's metadata: the header, which has the digest of header and columns in it."""
    content = {"schema": SCHEMA, "spec": spec, "runs": [runs[seed] for seed in sorted(runs)]}
    content["sha256"] = digest_of(columns, content)
    return {HEADER: json.dumps(content, sort_keys=True).encode()}


def digest(table: pa.Table, header: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the header and of every value except the measured ones. Parquet itself does not notice a changed
    bit.
    """
    return digest_of(((name, [table.column(name)]) for name in table.column_names), header)


def digest_of(columns: Iterable[tuple[str, Pieces]], header: Mapping[str, Any]) -> str:
    """As ``digest``, of columns given in pieces, in the order of the schema."""
    sha = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name, pieces in columns:
        first = True
        for values in pieces:
            if name == MEASURED:
                continue
            if not pa.types.is_string(values.type):
                for chunk in values.chunks:
                    sha.update(np.ascontiguousarray(values_of(chunk)).data)
                continue
            for start in range(0, len(values), SLICE):  # the same bytes as joining the whole column, with less memory
                sha.update(b"" if first else SEPARATOR)
                sha.update(joined(values.slice(start, SLICE), SEPARATOR).data)
                first = False
    return sha.hexdigest()
