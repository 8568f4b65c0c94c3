"""The verdict on one file, which is read, replayed and scored. The functions here run in the confined process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import registry
from harness.base.escape import printable
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import HarnessError, RecordError
from harness.verify.claims import Claim, read_claim
from harness.verify.findings import REFUSED, REPLAYED, Finding, Verdict
from harness.verify.likeness import fingerprint, leading, trace
from harness.verify.replay import Replay
from harness.verify.sources import source_of

VIEWS = ("full", "observed")
CHECKPOINTS = (10.0, 25.0, 50.0)
"""Mean full evaluations at which a score is reported besides the end of the budget."""


def examine(path: Path, name: str, source: str | None = None) -> Verdict:
    """The verdict on the file at ``path``. ``name``: the file's name in findings; ``source``: the caller's
    ``path/to/file.py:NAME``, for records of that source. The file's content never makes it raise.
    """
    try:
        with read_claim(path) as claim:
            return _examine(path, name, claim, source)
    except RecordError as error:
        return Verdict(path, "", REFUSED, findings=(Finding(name, str(error)),))


def _examine(path: Path, name: str, claim: Claim, source: str | None) -> Verdict:
    spec = claim.spec
    verdict = Verdict(
        path, claim.sha256, REFUSED, spec.leaderboard, printable(spec.label), spec.surrogates, spec.method,
        spec.file_name, claim.rows,
    )  # fmt: skip
    tally, findings = _RunScores(claim), list[Finding]()
    try:
        surrogates = source_of(spec.surrogates, source)
        for finding in Replay(name, claim, surrogates, tally.add).findings():
            findings.append(finding)
            tally.void = True
    except HarnessError as error:
        findings.append(Finding(name, str(error)))
    found = {**vars(verdict), "findings": tuple(findings)}
    if not findings:
        found |= {"state": REPLAYED, "scores": tally.scores()}
        found |= {"fingerprints": tally.fingerprints, "traces": tally.traces}
    return Verdict(**found)


def examine_json(path: str, name: str, source: str | None = None) -> dict[str, Any]:
    """``examine``, with arguments and answer that can be sent between processes."""
    return examine(Path(path), name, source).as_json()


class _RunScores:
    """Scores and fingerprints of the runs seen so far. A record with a finding has no scores and no fingerprints:
    ``void`` is then set, and further runs are ignored.
    """

    def __init__(self, claim: Claim) -> None:
        self.board, self.constants = claim.board, claim.spec.constants
        self.points = (*CHECKPOINTS, self.board.budget)
        self.fingerprints: dict[int, str] = {}
        """Seed -> hash of its proposals that count, empty if two runs may have the same ones by chance."""
        self.traces: dict[int, str] = {}
        self.void = False
        self._scores: dict[str, list[Mapping[str, Any]]] = {view: [] for view in VIEWS}

    def add(self, seed: int, columns: Mapping[str, NDArray[Any]]) -> None:
        """Adds a run."""
        if self.void:
            return
        counted = _view(columns, self.board, "observed")
        self.fingerprints[seed] = fingerprint(counted, self.board)
        self.traces[seed] = f"{trace(counted, self.board)}:{leading(counted, self.board)}"
        times = [point * self.constants["mean_runtime"] for point in self.points]
        rescore = registry.rescore_of(self.board)
        for view, found in self._scores.items():
            found.append(rescore(self.board, _view(columns, self.board, view), self.constants, times))

    def scores(self) -> dict[str, float]:
        """Means over seeds: ``full``, ``full@10`` and so on, ``observed`` likewise, and ``full:test_error`` and so on
        for a leaderboard with a test error.
        """
        found: dict[str, float] = {}
        for view, per_seed in self._scores.items():
            for name in per_seed[0]:
                means = np.mean([values[name] for values in per_seed], axis=0)
                stem = view if name == "value" else f"{view}:{name}"
                found |= {f"{stem}@{point:g}": float(mean) for point, mean in zip(self.points, means, strict=True)}
                found[stem] = float(means[-1])
        return found


def _view(columns: Mapping[str, NDArray[Any]], board: Leaderboard, view: str) -> dict[str, NDArray[Any]]:
    """The counted rows: in the view ``observed`` all of them, in ``full`` only the rows at full fidelity."""
    chosen = columns["counted"].copy()
    if view == "full":
        for name, value in board.full.items():
            chosen &= columns[name] == value
    return {name: values[chosen] for name, values in columns.items()}
