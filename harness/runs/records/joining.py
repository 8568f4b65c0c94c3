"""Joining a record with its parts: in memory (``gather``) or on disk (``merge``).

Finished runs are written in parts, about a second of work in each, so a killed command loses little. ``merge`` writes
each row group of a large record as soon as it is full. The header comes last: its digest goes through all rows column
by column, so these rows are also copied to a temporary file, from which single columns are read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from harness.base.arrow import empty
from harness.base.files import PATIENCE, scratch_file
from harness.base.leftovers import remove_stale
from harness.errors import StorageError
from harness.runs.records.digest import Header, Pieces, header, with_header
from harness.runs.records.layout import Record, files_of, part_files, parts_path
from harness.runs.records.reading import Gone, read
from harness.runs.records.rows import Joined
from harness.runs.records.writing import describe, parquet_writer


def gather(path: Path, columns: Collection[str] | None = None) -> Record | None:
    """The record at ``path`` joined with its parts, in seed order; a part replaces an older run of its seed.

    Writes nothing; ``columns`` as in ``read``. None if there is neither; RecordError if one of the files cannot be
    read.
    """
    for _ in range(PATIENCE):
        with contextlib.suppress(Gone):  # another command has just merged what was listed here: look again
            return _gather(path, columns)
    return _gather(path, columns)


def _gather(path: Path, columns: Collection[str] | None) -> Record | None:
    files = files_of(path)
    if not files:
        return None
    if files == [path]:
        return read(files[0], columns)
    joined = Joined(path, files, None if columns is None else {"seed", *columns})
    table = pa.concat_tables([empty(joined.layout), *joined])
    return Record(path, joined.spec, joined.runs, with_header(table, joined.spec.as_dict(), joined.runs))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other commands from joining or moving aside the record at ``path``; they may still add parts.

    The lock is a file beside the record that is never removed: another command could lock a new file of the same name.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.parent / ".lock")
        lock.acquire()
    except OSError as error:
        raise StorageError.of(path.parent, error) from error
    try:
        yield
    finally:
        lock.release()


def merge(path: Path) -> None:
    """Joins the record at ``path`` with its parts on disk: writes what ``gather`` gives, then removes the parts. Also
    removes temporary files that killed commands have left.
    """
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
    joined = Joined(path, files)
    with parquet_writer(joined.layout, path) as writer:
        made = _write_groups(joined, writer, path.parent) if joined.large else _write_whole(joined, writer)
        describe(writer, joined.layout.with_metadata(made))


def _write_whole(joined: Joined, writer: pq.ParquetWriter) -> Header:
    """Writes all rows as one row group in a thread, and makes the header beside it."""
    table = joined.whole()
    columns = ((name, [table.column(name)]) for name in table.column_names)
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(writer.write_table, table, row_group_size=max(table.num_rows, 1))
        made = header(joined.spec.as_dict(), joined.runs, columns)
        writing.result()
    return made


def _write_groups(joined: Joined, writer: pq.ParquetWriter, folder: Path) -> Header:
    """Writes the row groups, each in a thread while the next is read, then makes the header."""
    layout, options = joined.layout, pa.ipc.IpcWriteOptions(compression="lz4")
    with scratch_file(folder) as file:
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
        return header(joined.spec.as_dict(), joined.runs, _spooled(file, layout.names))


def _spooled(file: IO[bytes], names: Iterable[str]) -> Iterator[tuple[str, Pieces]]:
    """The columns of the temporary file, one by one, each as its piece of every row group."""
    for at, name in enumerate(names):
        options = pa.ipc.IpcReadOptions(included_fields=[at])
        reader = pa.ipc.open_file(pa.PythonFile(file, "r"), options=options)
        yield name, (pa.chunked_array([reader.get_batch(n).column(0)]) for n in range(reader.num_record_batches))
