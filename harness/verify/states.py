"""The states of verified records, at the top of a folder in ``verification.csv``: one line per record that passed.

A line names the record by the SHA-256 of its file, so a record that is changed or replaced loses its state. It speaks
of records of its own folder only: the baselines have one file, and every submission has one. A line proves nothing:
anyone can run ``harness verify`` again, and continuous integration does.

This module has the only reader of such a file. The reader accepts exactly the text that ``write_states`` writes, so the
file cannot hold anything that a person or another program would read differently.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.base.files import write_text
from harness.base.plain import read_plain
from harness.errors import RecordError

FILE = "verification.csv"
REPLAYED, REPRODUCED = "replayed", "reproduced"
STATES = (REPLAYED, REPRODUCED)
"""Replayed: every number follows from the proposals. Reproduced: the method, run again, made the same proposals too."""
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
    path = folder / FILE
    write_text(path, to_text(states))
    return path


def to_text(states: Iterable[State]) -> str:
    """The text of a ``verification.csv``: the same states give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for state in sorted(states, key=lambda s: s.record):
        seeds = " ".join(map(str, state.reproduced_seeds))
        writer.writerow((state.record, state.sha256, state.state, seeds, state.harness))
    return text.getvalue()


def read_states(folder: Path) -> dict[str, State]:
    """SHA-256 of a record's file -> its state, from ``folder/verification.csv``; none where there is no such file.

    The states are those of records in ``folder``, not of equal files elsewhere. RecordError names a file that is not
    what ``write_states`` writes.
    """
    return {state.sha256: state for state in read_file(folder / FILE)} if (folder / FILE).exists() else {}


def read_file(path: Path) -> list[State]:
    """The lines of one ``verification.csv``. RecordError if the file is not one."""
    try:
        text = read_plain(path, MAX_BYTES).decode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        if not rows or tuple(rows[0]) != COLUMNS:
            raise ValueError(f"its first line must be {','.join(COLUMNS)}")
        states = [_state(row) for row in rows[1:]]
        for what, found in (("record", [s.record for s in states]), ("SHA-256", [s.sha256 for s in states])):
            if len(set(found)) < len(found):
                raise ValueError(f"a {what} stands there twice")
        if to_text(states) != text:
            raise ValueError("its lines must be sorted, and quoted only where a comma needs it")
    except FileNotFoundError:
        raise RecordError(f"there is no {path}; harness verify --save writes one") from None
    except (ValueError, csv.Error) as error:
        raise RecordError(f"{path} is no verification file: {error}; run harness verify --save again") from None
    return states


def _state(row: list[str]) -> State:
    """One line. ValueError says what is wrong with it."""
    if len(row) != len(COLUMNS):
        raise ValueError(f"a line has {len(row)} values, not {len(COLUMNS)}")
    record, sha256, state, seeds, version = row
    path = PurePosixPath(record)
    if path.is_absolute() or ".." in path.parts or str(path) != record or not record.isprintable():
        raise ValueError(f"{record!r:.100} is no path of a record in its folder")
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError(f"{sha256!r:.80} is no SHA-256")
    if state not in STATES:
        raise ValueError(f"a state is one of {', '.join(STATES)}, not {state!r:.40}")
    if not re.fullmatch(r"(0|[1-9][0-9]{0,5})?( (0|[1-9][0-9]{0,5}))*", seeds):
        raise ValueError(f"{seeds!r:.40} are no seeds")
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.+!-]{0,40}", version):
        raise ValueError(f"{version!r:.60} is no version")
    numbers = tuple(map(int, seeds.split()))
    if list(numbers) != sorted(set(numbers)) or (state == REPRODUCED and not numbers):
        raise ValueError(f"reproduced seeds {seeds!r:.40} do not fit state {state}")
    return State(record, sha256, state, numbers, version)
