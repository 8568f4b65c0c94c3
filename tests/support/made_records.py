"""Records with chosen scores, through the file format, for tests of what is made of records."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from harness import registry
from harness.base.naming import DISTRIBUTION
from harness.runs import records
from harness.runs.pairing import pair
from harness.runs.run import Run
from harness.sources.models.surrogates import SurrogateSet
from support.handwritten import handwritten


def put(
    folder: Path, made_with: SurrogateSet, board_id: str, method: str, accuracies: Sequence[float | None],
    *, low: float | None = None, versions: Sequence[str] = ("0.1.0",), **spec_changes: Any,
) -> Path:  # fmt: skip
    """A record of one full evaluation per seed, of that accuracy and latency 1, ending after 20 mean full evaluations.

    None is a failed seed. ``low``: accuracy of a further evaluation of half the epochs; ``versions``: of the harness,
    in turn. Returns the path.
    """
    board = registry.leaderboard_of(board_id)
    spec = dataclasses.replace(pair(board, made_with, handwritten(object, method)).spec, **spec_changes)
    path = records.record_path(folder, spec)
    for seed, accuracy in enumerate(accuracies):
        rows = [(accuracy, 200)] if accuracy is not None else []
        rows += [(low, 100)] if low is not None else []
        columns: dict[str, list[Any]] = {}
        for name, parameter in (*board.space.items(), *board.fidelities.items()):
            columns[name] = [board.full.get(name, parameter.at(0.0))] * len(rows)
        columns |= {name: [1.0] * len(rows) for name in board.metrics}
        columns |= {"valid-acc": [a for a, _ in rows], "test-acc": [a - 1.0 for a, _ in rows if a is not None]}
        columns |= {"epoch": [epoch for _, epoch in rows], "trial": list(range(len(rows)))}
        columns |= {name: [1.0] * len(rows) for name in ("price", "credit", "charge", "start", "method_seconds")}
        columns |= {"worker": [0] * len(rows), "repaired": [False] * len(rows), "counted": [True] * len(rows)}
        columns |= {"end": [20.0 * spec.constants["mean_runtime"]] * len(rows)}
        failed = accuracy is None
        run = Run(seed, "failed" if failed else "complete", "budget", "broke" if failed else None, None, columns)
        table = records.to_table(board, spec, run, {"versions": {DISTRIBUTION: versions[seed % len(versions)]}})
        with mock.patch("os.fsync"):  # hundreds of small files: what a power cut would leave of them does not matter
            records.write(table, records.parts_path(path) / f"{seed:06d}.parquet")
    with mock.patch("os.fsync"):
        records.merge(path)
    return path


def around(accuracy: float, seeds: int = 10, spread: float = 0.01) -> list[float]:
    """Accuracies of as many seeds, rising by ``spread``: two of these differ on every seed alike."""
    return [accuracy + spread * seed for seed in range(seeds)]
