"""``scores.csv``: the content of the tables for machines, one line per entry."""

from __future__ import annotations

import math
from collections.abc import Iterable

from harness.base.escape import csv_text
from harness.reports.tables.collect import Collection
from harness.reports.tables.entries import CHECKPOINTS, Entry, Value, checkpoints
from harness.reports.tables.markdown import plain
from harness.reports.tables.numbers import exact
from harness.reports.tables.published import Published
from harness.reports.tables.standings import Standing

FILE = "scores.csv"
PUBLISHED = "published"
QUARTILES = ("lower", "median", "upper")
FLAGS = "flags"
"""The column of what submissions declare; it is there if one declares anything."""
NONE = Value(math.nan, math.nan)


def scores(collection: Collection, standings: Iterable[Standing]) -> str:
    """The text of the file.

    Scores are in the unit and direction of the leaderboard. ``at_10`` is the mean in the view ``full`` after 10 % of
    the budget, mostly 10 mean full evaluations. ``published_*`` are numbers as printed in the source.
    """
    boards = list(standings)
    companions = list(dict.fromkeys(name for s in boards for name in s.board.score.companions))
    quartiles = QUARTILES if any(s.board.score.quartiles for s in boards) else ()
    header = [
        "surrogates", "surrogates_hash", "leaderboard", "rank", "status", "name", "method", "origin", "mean", "se",
        *quartiles,
        "observed_mean", "observed_se", *(c for name in companions for c in (name, f"{name}_se")),
        *(f"at_{share}" for share in CHECKPOINTS), "seeds", "failed", "evaluations", "repairs", "harness", "verified",
        "link", "published_value", "published_se", "published_quantity",
    ]  # fmt: skip
    if any(entry.flags for entry in collection.entries):
        header.append(FLAGS)
    rows: list[dict[str, object]] = []
    for standing in boards:
        for rank, entry in [*standing.ranked, *(("", entry) for entry in standing.unranked)]:
            rows.append({**_common(collection, standing), "rank": rank, **_entry(entry, companions)})
        for published in standing.published:
            rows.append({**_common(collection, standing), **_published(published)})
    return csv_text([header, *([row.get(name, "") for name in header] for row in rows)])


def _common(collection: Collection, standing: Standing) -> dict[str, str]:
    return {
        "surrogates": collection.surrogates, "surrogates_hash": collection.hash, "leaderboard": standing.board.id,
    }  # fmt: skip


def _entry(entry: Entry, companions: Iterable[str]) -> dict[str, object]:
    found: dict[str, object] = {
        "status": entry.status, "name": plain(entry.name), "method": plain(entry.label), "origin": entry.origin,
        "mean": exact(entry.full.mean), "se": exact(entry.full.error), "observed_mean": exact(entry.observed.mean),
        "observed_se": exact(entry.observed.error), "seeds": entry.seeds, "failed": entry.failed,
        "evaluations": entry.evaluations, "repairs": entry.repairs, "harness": plain(entry.harness),
        "verified": entry.state, "link": entry.link, FLAGS: ", ".join(entry.flags),
    }  # fmt: skip
    for name in companions:
        value = entry.companions.get(name, NONE)
        found |= {name: exact(value.mean), f"{name}_se": exact(value.error)}
    found |= {name: exact(value) for name, value in zip(QUARTILES, entry.quartiles, strict=False)}
    times = zip(CHECKPOINTS, checkpoints(entry.board), strict=True)
    return found | {f"at_{share}": exact(entry.at[time]) for share, time in times}


def _published(one: Published) -> dict[str, object]:
    return {
        "status": PUBLISHED, "name": plain(one.method), "observed_mean": exact(one.score),
        "observed_se": exact(one.error), "link": one.url, "published_value": one.value, "published_se": one.se,
        "published_quantity": one.quantity.label,
    }  # fmt: skip
