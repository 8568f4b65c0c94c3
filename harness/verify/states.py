"""The states of verified records, kept beside the records in ``verification.csv``: one line per record that passed.

A line names the record by the SHA-256 of its file, so a record that is changed or replaced loses its state. A line
proves nothing: anyone can run ``harness verify`` again, and continuous integration does.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.base.files import write_text
from harness.errors import RecordError

FILE = "verification.csv"
STATES = ("replayed", "reproduced")
"""Replayed: every number follows from the proposals. Reproduced: the method was run again and made the same proposals.
"""
COLUMNS = ("record", "sha256", "state", "reproduced_seeds", "harness")
MAX_BYTES = 16 * 2**20


@dataclass(frozen=True)
class State:
    """One line: path relative to the folder, SHA-256 of the file, state, seeds run again, version of the harness."""

    record: str
    sha256: str
    state: str
    reproduced_seeds: tuple[int, ...]
    harness: str


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_states(folder: Path, states: Iterable[State]) -> Path:
    """Writes ``folder/verification.csv`` whole or not at all, in order of the paths."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for state in sorted(states, key=lambda s: s.record):
        seeds = " ".join(map(str, state.reproduced_seeds))
        writer.writerow((state.record, state.sha256, state.state, seeds, state.harness))
    path = folder / FILE
    write_text(path, text.getvalue())
    return path


def read_states(folder: Path) -> dict[str, State]:
    """SHA-256 of a record's file -> its state, from every ``verification.csv`` below ``folder``.

    RecordError names a file that cannot be read as one.
    """
    found: dict[str, State] = {}
    for path in sorted(folder.rglob(FILE)):
        found |= {state.sha256: state for state in read_file(path)}
    return found


def read_file(path: Path) -> list[State]:
    """The lines of one ``verification.csv``. RecordError if the file is not one."""
    if path.stat().st_size > MAX_BYTES:
        raise RecordError(f"{path} is larger than {MAX_BYTES >> 20} MiB, which no verification is")
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        if not rows or tuple(rows[0]) != COLUMNS:
            raise ValueError(f"its first line must be {','.join(COLUMNS)}")
        states = [State(r, d, s, tuple(map(int, seeds.split())), v) for r, d, s, seeds, v in rows[1:]]
        if any(state.state not in STATES for state in states):
            raise ValueError(f"a state is one of {', '.join(STATES)}")
    except (ValueError, UnicodeDecodeError, csv.Error) as error:
        raise RecordError(f"{path} is no verification file: {error}; run harness verify --save again") from None
    return states
