"""The generated parts of a page of leaderboards: an overview, and a block per leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from harness.benchmark.leaderboard import Leaderboard, Score
from harness.reports.tables.collect import DETERMINISTIC, Collection
from harness.reports.tables.entries import Entry, Value, checkpoints
from harness.reports.tables.markdown import anchor, code, link, prose, table
from harness.reports.tables.numbers import number, plus_minus
from harness.reports.tables.published import Published
from harness.reports.tables.standings import Standing

OVERVIEW = "overview"
ALWAYS = f"{DETERMINISTIC}: every seed gives the same ledger, so that the standard error is 0 and means nothing."
LEADERS_SHOWN = 3
"""The most entries on rank 1 that the overview names."""


def blocks(collection: Collection, standings: Sequence[Standing]) -> dict[str, str]:
    """Name of a block -> its Markdown: the overview, then a block per leaderboard id, in the order of the suite."""
    return {OVERVIEW: _overview(collection, standings), **{s.board.id: _block(s) for s in standings}}


def _overview(collection: Collection, standings: Sequence[Standing]) -> str:
    parts = [_identity(collection)]
    for _, group in groupby(sorted(standings, key=lambda s: s.board.score.maximize), key=lambda s: s.board.score.label):
        some = list(group)
        header = ["leaderboard", "leader", with_direction(some[0].board.score), "ranked", "not ranked"]
        header += ["published"] * bool(collection.published)
        rows = [_summary(s)[: len(header)] for s in some]
        parts.append(table(header, rows, left=2))
    return "\n\n".join(parts)


def _identity(collection: Collection) -> str:
    if not collection.entries:
        return f"Surrogate set {code(collection.surrogates)}. There are no records of it here yet."
    versions = sorted({one.harness for one in collection.entries})
    return (
        f"Surrogate set {code(collection.surrogates)}, hash {code(collection.hash)}. Entries were run with harness "
        f"{', '.join(map(code, versions))}."
    )


def _summary(standing: Standing) -> list[str]:
    board = standing.board
    first = [entry for rank, entry in standing.ranked if rank == 1]
    leaders = ", ".join(code(entry.name) for entry in first[:LEADERS_SHOWN])
    if len(first) > LEADERS_SHOWN:
        leaders += f" and {len(first) - LEADERS_SHOWN} more"
    return [
        link(board.id, anchor(board.id)), leaders or "-", _shown(first[0].full, board) if first else "-",
        str(len(standing.ranked)), str(len(standing.unranked)), str(len(standing.published)),
    ]  # fmt: skip


def with_direction(score: Score) -> str:
    """The name of a score, and whether higher or lower is better."""
    return f"{score.label}, {'higher' if score.maximize else 'lower'} is better"


def _block(standing: Standing) -> str:
    board = standing.board
    parts = [f"### {board.id}", f"{board.title}. {with_direction(board.score)}."]
    if standing.ranked:
        rows = [[str(rank), *_cells(entry)] for rank, entry in standing.ranked]
        parts.append(table(["rank", *_header(board)], rows, left=2))
    else:
        parts.append("No ranked entry yet.")
    if standing.unranked:
        rows = [[entry.status, *_cells(entry)] for entry in standing.unranked]
        parts += ["Not ranked:", table(["status", *_header(board)], rows, left=2)]
    if any(DETERMINISTIC in entry.flags for entry in [*(e for _, e in standing.ranked), *standing.unranked]):
        parts.append(ALWAYS)
    if standing.published:
        remarks = dict.fromkeys(one.quantity.remark for one in standing.published)
        parts += [
            " ".join(["Published, not replayable, never ranked (view `observed`).", *filter(None, remarks)]),
            table(["method", "observed", "as published", "source"], map(_published, standing.published), left=4),
        ]
    return "\n\n".join(parts)


def _header(board: Leaderboard) -> list[str]:
    return [
        "method", "full", *["median (quartiles)"] * board.score.quartiles, "observed",
        *(name.replace("_", " ") for name in companions(board)),
        *(f"at {time:g}" for time in checkpoints(board)), "seeds", "evaluations", "repairs", "harness", "verified",
    ]  # fmt: skip


def companions(board: Leaderboard) -> list[str]:
    """Names of the numbers shown beside a score, such as ``test_error``."""
    return list(board.score.companions)


def _cells(entry: Entry) -> list[str]:
    board = entry.board
    flags = f" ({prose(', '.join(entry.flags))})" if entry.flags else ""
    return [
        link(code(entry.name), entry.link) + flags, _shown(entry.full, board), *[median(entry)] * board.score.quartiles,
        _shown(entry.observed, board),
        *(_shown(entry.companions[name], board) for name in companions(board)),
        *(number(entry.at[time], board.score.digits) for time in checkpoints(board)),
        seeds(entry), str(entry.evaluations), str(entry.repairs), code(entry.harness), entry.state or "-",
    ]  # fmt: skip


def median(entry: Entry) -> str:
    """The median over seeds with the quartiles, as a table shows them."""
    if not entry.quartiles:
        return "-"
    lower, middle, upper = (number(value, entry.board.score.digits) for value in entry.quartiles)
    return f"{middle} ({lower}–{upper})"


def seeds(entry: Entry) -> str:
    """The number of complete seeds of an entry, with the number needed and the number failed."""
    needed = entry.board.seeds
    shown = f"{entry.seeds}" if entry.seeds >= needed else f"{entry.seeds} of {needed}"
    return shown + (f", {entry.failed} failed" if entry.failed else "")


def _shown(value: Value, board: Leaderboard) -> str:
    return plus_minus(value.mean, value.error, board.score.digits)


def _published(one: Published) -> list[str]:
    figure = f"{prose(one.value)} ± {prose(one.se)} {one.quantity.label}"
    return [code(one.method), one.shown, figure, link(prose(one.source), one.url)]
