"""Checks that a source gives the same answers however it is asked."""

from __future__ import annotations

import numpy as np

from harness.benchmark.source import Source
from harness.testing.sources.asking import columns_of, must_equal, oracle_of, rows_of, sample
from harness.testing.subject import Failed


def one_like_many(source: Source) -> None:
    """Answers row by row what it answers for all rows together, bit for bit, with and without randomness."""
    frame = sample(source)
    for task in source.tasks:
        for oracles in ([source.means(task), source.means(task)], [oracle_of(source, task), oracle_of(source, task)]):
            together = oracles[0].many(columns_of(frame))
            apart = np.array([oracles[1].one(row) for row in rows_of(frame)])
            must_equal(f"{task}: row by row", together, apart)


def order(source: Source) -> None:
    """Answers without randomness do not depend on the order of rows."""
    frame = sample(source)
    turned = frame.iloc[::-1]
    for task in source.tasks:
        must_equal(
            f"{task}: in the opposite order", source.predict(task, frame).to_numpy(),
            source.predict(task, turned).to_numpy()[::-1],
        )  # fmt: skip


def repeats(source: Source) -> None:
    """Answers the same questions with the same generator alike."""
    frame = sample(source)
    rows = columns_of(frame)
    for task in source.tasks:
        must_equal(f"{task}: a second time", oracle_of(source, task).many(rows), oracle_of(source, task).many(rows))


def some_metrics(source: Source) -> None:
    """Answers for one metric alone what it answers for it among all, and names what it answers."""
    frame = sample(source)
    for task in source.tasks:
        whole = source.predict(task, frame)
        if list(whole.columns) != list(source.metrics(task)) or not whole.index.equals(frame.index):
            raise Failed(f"{task}: predict must return the frame's index and the columns {source.metrics(task)!r}")
        for metric in source.metrics(task):
            alone = source.predict(task, frame, [metric])
            must_equal(f"{task}: {metric} alone", whole[[metric]].to_numpy(), alone.to_numpy())
