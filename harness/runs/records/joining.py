"""Joining a record with its parts: in memory (``gather``) or on disk (``merge``).

Finished runs are written as parts, about a second of work in each, so that a killed command loses the runs in flight
alone. ``merge`` writes row groups as they fill. The header, whose digest goes through all rows column by column,
follows from a copy of the rows that is spooled to disk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pyarrow as pa
from filelock import FileLock

from harness.base.files import PATIENCE, remove_stale, scratch_file
from harness.errors import StorageError
from harness.runs.records.digest import Pieces, header, with_header
from harness.runs.records.layout import PART, Record, files_of, part_files, parts_path
from harness.runs.records.reading import Gone, read
from harness.runs.records.rows import Joined
from harness.runs.records.writing import describe, parquet_writer


def gather(path: Path, columns: Collection[str] | None = None) -> Record | None:
    """The record at ``path`` joined with its parts, in seed order; a part replaces an older run of its seed.

    Reads only; ``columns`` as in ``read``. None if there is neither; RecordError if one of the files cannot be read.
    """
    for _ in range(PATIENCE):
        with contextlib.suppress(Gone):  # another command has just merged what was listed here: look again
            return _gather(path, columns)
    return _gather(path, columns)


def _gather(path: Path, columns: Collection[str] | None) -> Record | None:
    files = files_of(path)
    if not files:
        return None
    if len(files) == 1 and files[0].suffix != PART:
        return read(files[0], columns)
    joined = Joined(path, files, None if columns is None else {"seed", *columns})
    table = pa.concat_tables([joined.layout.empty_table(), *joined])
    return Record(path, joined.spec, joined.runs, with_header(table, joined.spec.as_dict(), joined.runs))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other commands from merging, or moving aside, the record at ``path``; parts may still be added.

    The lock lies beside the record, where nothing ever removes it: a lock that can vanish locks nobody out.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.parent / ".lock")
        lock.acquire()
    except OSError as error:
        raise StorageError.of(path, error) from error
    try:
        yield
    finally:
        lock.release()


def merge(path: Path) -> None:
    """Writes what ``gather`` finds into the record at ``path``; removes the parts and what killed commands left."""
    folder = parts_path(path)
    if not folder.is_dir():
        return
    with locked(path):
        remove_stale(path.parent)
        remove_stale(folder)
        if parts := part_files(path):
            _merge(path, [*([path] if path.exists() else []), *parts])
            for part in parts:
                part.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not empty: another command is writing parts
            folder.rmdir()


def _merge(path: Path, files: Sequence[Path]) -> None:
    """Row groups are written, by a thread, while the next is read; what they are, last."""
    joined = Joined(path, files)
    layout, options = joined.layout, pa.ipc.IpcWriteOptions(compression="lz4")
    with parquet_writer(layout, path) as writer, scratch_file(path.parent) as file:
        with (
            pa.ipc.new_file(pa.PythonFile(file, "w"), layout, options=options) as spool,
            ThreadPoolExecutor(1) as beside,
        ):
            writing = None
            for group in joined:
                if writing is not None:
                    writing.result()
                writing = beside.submit(writer.write_table, group, row_group_size=max(group.num_rows, 1))
                spool.write_table(group)
            if writing is not None:
                writing.result()
        columns = _spooled(file, layout.names)
        describe(writer, layout.with_metadata(header(joined.spec.as_dict(), joined.runs, columns)))


def _spooled(file: IO[bytes], names: Iterable[str]) -> Iterator[tuple[str, Pieces]]:
    """Column by column what was written row group by row group."""
    for at, name in enumerate(names):
        options = pa.ipc.IpcReadOptions(included_fields=[at])
        reader = pa.ipc.open_file(pa.PythonFile(file, "r"), options=options)
        yield name, (pa.chunked_array([reader.get_batch(n).column(0)]) for n in range(reader.num_record_batches))
