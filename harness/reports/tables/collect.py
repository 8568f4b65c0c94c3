"""Collects the entries of a surrogate set: the records of the baselines, and those of the submissions."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from harness.base.parquet import readable
from harness.errors import HarnessError, RecordError
from harness.reports.tables.entries import Entry, entry
from harness.reports.tables.markdown import web_address
from harness.reports.tables.published import FILE as PUBLISHED
from harness.reports.tables.published import Published, read_published
from harness.runs import records, results
from harness.verify.states import file_digest, read_states
from harness.verify.submissions import Submission, read_submission
from harness.verify.submissions.manifest import NONE, NOTHING

SUBMISSIONS = "submissions"
DETERMINISTIC = "deterministic"
MAX_ROWS = 2 * 10**7
"""The most rows a record may claim. Equal values take hardly any space in a file, but all of it in memory."""


@dataclass(frozen=True)
class Collection:
    """Everything that the tables of one surrogate set are made of.

    ``hash``: the hash of the surrogate set in its records, empty without a record. It is not looked up among the sets
    on this machine, so that the same files give the same tables everywhere; ``problems``: sentences about files that
    were left out.
    """

    surrogates: str
    hash: str
    entries: tuple[Entry, ...]
    published: tuple[Published, ...]
    problems: tuple[str, ...]


def set_folders(parent: Path) -> list[str]:
    """The names of the folders of surrogate sets in ``parent``, none if there is no such folder."""
    if not parent.is_dir():
        return []
    return [child.name for child in parent.iterdir() if child.is_dir() and not child.name.startswith((".", "_"))]


def collect(surrogates: str, baselines: Path, leaderboards: Path) -> Collection:
    """The entries of a set, from ``baselines/<set>`` and ``leaderboards/<set>/submissions/*``."""
    home = leaderboards / surrogates
    problems: list[str] = []
    found: list[Entry] = []
    published: list[Published] = []
    if (baselines / surrogates).is_dir():
        found += _entries(baselines, surrogates, home, None, problems)
    submissions = home / SUBMISSIONS
    if submissions.is_dir():
        for folder in sorted(submissions.iterdir()):
            if folder.is_symlink():
                problems.append(f"{folder} is a link; a submission must be a folder of its own")
            elif folder.is_dir() and not folder.name.startswith("."):
                try:
                    submitted = read_submission(folder)
                except HarnessError as error:
                    problems.append(str(error))
                    continue
                found += _entries(folder, surrogates, home, submitted, problems)
    try:
        published = read_published(home / PUBLISHED)
    except RecordError as error:
        problems.append(str(error))
    agreed = _agreed(found)
    for one in found:
        if one.surrogates_hash != agreed:
            problems.append(
                f"{one.label} on {one.board.id} in {one.origin} was made with source {surrogates} of hash "
                f"{one.surrogates_hash[:12]}, most entries with {agreed[:12]}; scores of different sets are not mixed"
            )
    entries = tuple(_told_apart([one for one in found if one.surrogates_hash == agreed]))
    return Collection(surrogates, agreed, entries, tuple(published), tuple(problems))


def _agreed(found: list[Entry]) -> str:
    counts = Counter(one.surrogates_hash for one in found)
    return min(counts, key=lambda digest: (-counts[digest], digest), default="")


def _states(folder: Path, problems: list[str]) -> dict[str, str]:
    """SHA-256 of a record's file -> its state, for records in this folder; none if the file of states is damaged."""
    try:
        return {digest: state.state for digest, state in read_states(folder).items()}
    except RecordError as error:
        problems.append(str(error))
        return {}


def _entries(
    folder: Path,
    surrogates: str,
    home: Path,
    submitted: Submission | None,
    problems: list[str],
) -> Iterator[Entry]:
    """Entries of a results folder. A submission has records of one surrogate set; the baselines may have several."""
    states = _states(folder, problems)
    for path in results.record_paths(folder if submitted else folder / surrogates):
        try:
            record = _read(path, folder, surrogates)
            if submitted is None and record.spec.source is not None:
                raise RecordError(
                    f"{path} is of a method that is not of the harness; a submission declares whose it is"
                )
            state = "" if not path.exists() else states.get(file_digest(path), "")
            name, link = "", _relative(path, home)
            if submitted is not None:
                variant = f"[{record.spec.variant}]" if record.spec.variant else ""
                name, link = submitted.name + variant, web_address(submitted.url) or link
            found = entry(record, name=name, origin=_relative(folder, home), link=link, state=state)
            yield found if submitted is None else replace(found, flags=flags(submitted))
        except RecordError as error:
            problems.append(str(error))


def flags(submitted: Submission) -> tuple[str, ...]:
    """What a submission declares that readers of a table must know."""
    tuning = submitted.tuning
    tuned = f"tuned here with {tuning.evaluations} evaluations"
    said = {DETERMINISTIC: submitted.deterministic, tuned: tuning.what != NOTHING,
            "meta-learning": tuning.meta_learning != NONE}  # fmt: skip
    return tuple(word for word, shown in said.items() if shown)


def _read(path: Path, folder: Path, surrogates: str) -> records.Record:
    if any(each.is_symlink() for each in (path, *path.parents) if folder in each.parents):
        raise RecordError(f"{path} is a link, or lies in one; a record must be a file of its own")
    if _rows(path) > MAX_ROWS:
        raise RecordError(f"{path} says it has more than {MAX_ROWS:,} rows, which no record has")
    try:
        record = results.read_record(path, scores_only=True)
        place = records.record_path(folder, record.spec) if record else path
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise RecordError(
            f"{path} has a header that does not describe a run ({type(error).__name__}: {error})"
        ) from None
    if record is None:
        raise RecordError(f"{path} was removed while it was being read")
    if record.spec.surrogates != surrogates:
        raise RecordError(f"{path} is of source {record.spec.surrogates!r}; it does not belong to {surrogates}")
    if place != path:
        raise RecordError(f"{path} is not where its header says; move it to {place}, or run it again")
    return record


def _rows(path: Path) -> int:
    """The number of rows that a parquet file claims; 0 if that cannot be read, which reading the file will report."""
    with contextlib.suppress(RecordError), readable(RecordError):
        return int(pq.read_metadata(path).num_rows)
    return 0


def _relative(path: Path, home: Path) -> str:
    """The path as seen from the folder of the tables, the same on every machine."""
    return Path(os.path.relpath(path, home)).as_posix()


def _told_apart(found: list[Entry]) -> Iterator[Entry]:
    """The entries; if a submission has several with the same name on a leaderboard, their methods are shown too."""
    counts = Counter((one.board.id, one.origin, one.name) for one in found)
    for one in found:
        several = counts[one.board.id, one.origin, one.name] > 1
        yield replace(one, name=f"{one.name}: {one.label}") if several else one
