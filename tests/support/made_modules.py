"""A suite of one's own as a module: pairs of levels whose order does not matter, the pair of zeros invalid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

SUITE = '''
"""Unordered pairs: what is left and what is right does not matter."""

import numpy as np

from harness.benchmark.space import Categorical, Space
from harness.suites import Goal, Plan, Radix, Trainings, leaderboards, table_suite

SPACE = Space((Categorical("left", (0, 1, 2, 3), ordered=True), Categorical("right", (0, 1, 2, 3), ordered=True)))
GOALS = (Goal("valid", maximize=False, report="mean-valid"),)
LEADERBOARDS = leaderboards(
    "pairs", {"sum": {"title": "Sums"}}, SPACE, Space(()), {}, GOALS, ("valid", "mean-valid", "seconds"),
    price="seconds", budget=6, seeds=3, failures={"sum": {"valid": 99.0}},
)
COLUMNS = [{"name": name, "levels": [0, 1, 2, 3]} for name in SPACE]


class Keys:
    radix = Radix(COLUMNS)

    def one(self, row):
        left, right = sorted((row["left"], row["right"]))
        return -1 if right == 0 else self.radix.one({"left": left, "right": right})

    def many(self, rows):
        return np.array([self.one({"left": a, "right": b}) for a, b in zip(rows["left"], rows["right"])], np.int64)


def table_keys(task):
    return Keys()


SUITE = table_suite(
    "pairs", LEADERBOARDS, title="Unordered pairs", description="what is left and what is right does not matter.",
    keys=table_keys,
)


def read_plan(folder):
    offset = float((folder / "offset.txt").read_text())
    pairs = [(a, b) for a in range(4) for b in range(a, 4) if b]
    keys = np.array([Keys().one({"left": a, "right": b}) for a, b in pairs])
    valid = np.array([[[offset + a + b, offset + a + b + 0.5]] for a, b in pairs])
    seconds = np.ones((len(pairs), 1, 2))
    trainings = Trainings(keys, {"valid": valid, "seconds": seconds}, means=("valid",))
    return Plan("pairs", COLUMNS, full={}, price="seconds", goals=GOALS, tasks={"sum": trainings})
'''


def write(folder: Path, change: Callable[[str], str] = lambda text: text) -> Path:
    """The module in a folder, with the file that its table is made from; returns the former."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "offset.txt").write_text("2.0", encoding="utf-8")
    file = folder / "pairs.py"
    file.write_text(change(SUITE), encoding="utf-8")
    return file
