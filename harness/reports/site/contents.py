"""The contents of a site: per surrogate set its leaderboards, their entries, and the methods of the entries."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness import registry
from harness.benchmark.columns import REPEAT
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import RecordError, UnknownName, UsageError
from harness.reports.plots import styles
from harness.reports.site import trajectories
from harness.reports.site.drawings import Look, look
from harness.reports.site.fronts import Front, fronts
from harness.reports.site.names import Key, key_of, shown_names, slugs
from harness.reports.site.trajectories import Trace
from harness.reports.tables.blocks import with_direction
from harness.reports.tables.collect import SUBMISSIONS, Collection, collect, set_folders
from harness.reports.tables.entries import Entry
from harness.reports.tables.markdown import web_address
from harness.reports.tables.published import Published
from harness.reports.tables.standings import Standing, standings
from harness.runs import results
from harness.runs.curves import VIEWS
from harness.runs.records import Record, part_files
from harness.scores.metrics import Floats
from harness.sources.shelf import EMBEDDED
from harness.sources.store import MANIFEST, read_manifest

TIME, EVALUATIONS = "time", "evaluations"
"""The horizontal axes of a trajectory."""


@dataclass(frozen=True)
class Method:
    """A method on all leaderboards of a set. ``slug``: its file name; ``address``: its authors' page, or empty."""

    shown: str
    slug: str
    look: Look
    submitted: bool
    address: str
    summary: str


@dataclass(frozen=True)
class Ledger:
    """A record to download: its path, its size in bytes and its SHA-256."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class Row:
    """An entry as a page shows it.

    ``rank``: 0 without a rank; ``seeds``: the complete seeds, in the order of ``entry.finals``; ``ledger``: None while
    the record is being written; ``traces``: (axis, view) -> trajectory, empty without a complete seed; ``fronts``:
    level -> attainment surface.
    """

    rank: int
    entry: Entry
    method: Method
    seeds: tuple[int, ...]
    ledger: Ledger | None
    traces: Mapping[tuple[str, str], Trace]
    fronts: Mapping[str, Front]


@dataclass(frozen=True)
class Board:
    """A leaderboard with its rows, ranked ones first. ``points``: axis -> the points of its traces."""

    board: Leaderboard
    rows: tuple[Row, ...]
    published: tuple[Published, ...]
    points: Mapping[str, Floats]
    start: float
    """The score before a run's first counted evaluation, NaN without a row."""

    @property
    def ranked(self) -> list[Row]:
        """Rows with a rank, in the order of the table."""
        return [row for row in self.rows if row.rank]

    @property
    def leaders(self) -> list[Row]:
        """Rows that share the first rank."""
        return [row for row in self.rows if row.rank == 1]

    @property
    def slug(self) -> str:
        """The name of its files, without ending."""
        return self.board.id.replace("/", "-")


@dataclass(frozen=True)
class Contents:
    """Everything that the pages of one surrogate set show.

    ``suite``: the title and the first sentence of its suite; ``about``: a description of the set, or empty;
    ``problems``: sentences about records and plots that had to be left out.
    """

    surrogates: str
    suite: tuple[str, str]
    slug: str
    hash: str
    about: str
    boards: tuple[Board, ...]
    methods: tuple[Method, ...]
    problems: tuple[str, ...] = field(default=())

    @property
    def is_table(self) -> bool:
        """Whether it is a table of trainings."""
        return any(REPEAT in board.board.metrics for board in self.boards)

    @property
    def scores(self) -> list[str]:
        """The names of its scores, each with its direction."""
        return list(dict.fromkeys(with_direction(board.board.score) for board in self.boards))

    @property
    def settings(self) -> list[str]:
        """Names of the settings."""
        return list(dict.fromkeys(board.board.setting.name for board in self.boards))

    @property
    def entries(self) -> int:
        """The number of entries."""
        return sum(len(board.rows) for board in self.boards)


def sets(baselines: Path, leaderboards: Path, surrogates: str | None = None) -> list[str]:
    """Names of the surrogate sets with records or a folder of leaderboards (or only the one asked for).

    UsageError if there is no record at all; UnknownName for a set that is not there.
    """
    found = sorted({*set_folders(baselines), *set_folders(leaderboards)})
    chosen = found if surrogates is None else [surrogates]
    if surrogates is not None and surrogates not in found:
        raise UnknownName("source of these folders", surrogates, found)
    folders = [f for name in chosen for f in (baselines / name, leaderboards / name / SUBMISSIONS) if f.is_dir()]
    if not any(results.record_paths(folder) for folder in folders):
        option = f" --surrogates {surrogates}" if surrogates is not None else ""
        raise UsageError(
            f"there are no records in {baselines}{f' of {surrogates}' if surrogates else ''}; "
            f"make some with: harness leaderboard baselines --results {baselines}{option}"
        )
    return chosen


def contents(surrogates: str, slug: str, baselines: Path, leaderboards: Path) -> Contents:
    """Everything of one surrogate set."""
    collection = collect(surrogates, baselines, leaderboards)
    problems = list(collection.problems)
    methods = _methods(collection)
    boards = tuple(_board(standing, methods, problems) for standing in standings(collection))
    return Contents(
        surrogates, _suite(boards), slug, collection.hash, _about(surrogates, collection.hash), boards,
        tuple(methods.values()), tuple(problems),
    )  # fmt: skip


def _suite(boards: Sequence[Board]) -> tuple[str, str]:
    name = boards[0].board.suite if boards else ""
    suite = registry.suite(name)
    return suite.title, suite.line.rstrip(".")


def _about(surrogates: str, digest: str) -> str:
    """The description of a surrogate set that is embedded, or published by its suite's authors. Other sets on this
    machine are not read, so that the same records give the same site everywhere.
    """
    published = registry.publication()
    if surrogates in published.archives and published.official is not None:
        return published.official.about["what"]
    if surrogates not in {child.name for child in EMBEDDED.iterdir() if (child / MANIFEST).is_file()}:
        return ""
    manifest = read_manifest(EMBEDDED / surrogates)
    return str(manifest["about"].get("description", "")) if digest in ("", manifest["hash"]) else ""


def _methods(collection: Collection) -> dict[Key, Method]:
    known = registry.methods()
    origins = {one.origin for one in collection.entries if not _submitted(one)}
    shown = shown_names(collection.entries, min(origins, default=""))
    files = slugs(shown.values())
    slots = styles.slots(shown.values(), list(known))
    first = {key_of(one): one for one in reversed(collection.entries)}
    found = {}
    for key, name in shown.items():
        entry = first[key]
        summary = known[entry.label].summary if not _submitted(entry) and entry.label in known else ""
        address = web_address(entry.link) if _submitted(entry) else ""
        found[key] = Method(name, files[name], look(slots[name]), _submitted(entry), address, summary)
    return found


def _submitted(entry: Entry) -> bool:
    return entry.origin.startswith(f"{SUBMISSIONS}/")


def _board(standing: Standing, methods: Mapping[Key, Method], problems: list[str]) -> Board:
    board = standing.board
    found: list[tuple[int, Entry, Record]] = []
    for rank, entry in [*standing.ranked, *((0, entry) for entry in standing.unranked)]:
        try:
            record = results.read_record(entry.path)
        except RecordError as error:
            problems.append(str(error))
            continue
        if record is not None:
            found.append((rank, entry, record))
    counts = [trajectories.longest(record) for _, _, record in found]
    points = {TIME: trajectories.time_points(board), EVALUATIONS: trajectories.evaluation_points(counts)}
    rows = tuple(
        Row(
            rank, entry, methods[key_of(entry)],
            tuple(seed for seed, head in sorted(record.runs.items()) if head["status"] == "complete"),
            _ledger(entry.path), _traces(record, board, points), _fronts(record, board, problems),
        )
        for rank, entry, record in found
    )  # fmt: skip
    start = board.score.start(board, found[0][2].spec.constants)["value"] if found else math.nan
    return Board(board, rows, standing.published, points, start)


def _fronts(record: Record, board: Leaderboard, problems: list[str]) -> dict[str, Front]:
    """The fronts of a record; none, and one sentence in ``problems``, if the library for them is not installed."""
    try:
        return fronts(record, board)
    except UsageError as error:
        if str(error) not in problems:
            problems.append(str(error))
        return {}


def _traces(record: Record, board: Leaderboard, points: Mapping[str, Floats]) -> dict[tuple[str, str], Trace]:
    """(axis, view) -> trajectory. Both views are the same in a setting with full fidelity only, which has just one."""
    found = {}
    for view in VIEWS if board.setting.axes != "none" else VIEWS[:1]:
        for axis, trace in (
            (TIME, trajectories.by_time(record, view, points[TIME])),
            (EVALUATIONS, trajectories.by_evaluations(record, board, view, points[EVALUATIONS])),
        ):
            if trace is not None:
                found[axis, view] = trace
    return found


def _ledger(path: Path) -> Ledger | None:
    """The record to download. None while the record is being written: it then differs from the numbers shown."""
    if not path.is_file() or part_files(path):
        return None
    data = path.read_bytes()
    return Ledger(path, len(data), hashlib.sha256(data).hexdigest())
