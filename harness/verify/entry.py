"""The verdict on one file: read, replayed, scored. This is what runs in the confined process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import registry
from harness.errors import HarnessError, RecordError
from harness.leaderboard import Leaderboard
from harness.surrogates import SurrogateSet, load_surrogates
from harness.verify.claims import Claim, read_claim
from harness.verify.findings import REFUSED, REPLAYED, Finding, Verdict, printable
from harness.verify.replay import Replay, fingerprint, rows_of

VIEWS = ("full", "observed")
CHECKPOINTS = (10.0, 25.0, 50.0)
"""Mean full evaluations at which a score is reported besides the end of the budget."""
_sets: dict[str, SurrogateSet] = {}


def examine(path: Path, name: str) -> Verdict:
    """The verdict on the file at ``path``, which findings call ``name``; never raises for what is in the file."""
    try:
        claim = read_claim(path)
    except RecordError as error:
        return Verdict(path, "", REFUSED, findings=(Finding(name, str(error)),))
    spec = claim.spec
    verdict = Verdict(
        path, claim.sha256, REFUSED, spec.leaderboard, printable(spec.label), spec.surrogates, spec.method,
        spec.file_name, len(claim.columns["seed"]),
    )  # fmt: skip
    try:
        surrogates = _load(spec.surrogates)
        findings = tuple(Replay(name, claim, surrogates).findings())
    except HarnessError as error:
        findings = (Finding(name, str(error)),)
    found = {**vars(verdict), "findings": findings}
    if not findings:
        found |= {"state": REPLAYED, "scores": scores(claim), "fingerprints": fingerprints(claim)}
    return Verdict(**found)


def examine_json(path: str, name: str) -> dict[str, Any]:
    """``examine`` for another process."""
    return examine(Path(path), name).as_json()


def _load(name: str) -> SurrogateSet:
    if name not in _sets:
        _sets[name] = load_surrogates(name)
    return _sets[name]


def fingerprints(claim: Claim) -> dict[int, str]:
    """Seed -> hash of its proposals."""
    return {seed: fingerprint(rows_of(claim.columns, seed), claim.board) for seed in claim.runs}


def scores(claim: Claim) -> dict[str, float]:
    """Means over seeds: ``full``, ``full@10`` ..., ``observed`` ..., and those of ``test_error`` where there is one."""
    board, constants = claim.board, claim.spec.constants
    points = (*CHECKPOINTS, board.budget)
    times = [point * constants["mean_runtime"] for point in points]
    found: dict[str, float] = {}
    for view in VIEWS:
        per_seed = [
            registry.suite(board.suite).rescore(
                board, _view(rows_of(claim.columns, seed), board, view), constants, times
            )
            for seed in sorted(claim.runs)
        ]
        for name in per_seed[0]:
            means = np.mean([values[name] for values in per_seed], axis=0)
            stem = view if name == "value" else f"{view}:{name}"
            found |= {f"{stem}@{point:g}": float(mean) for point, mean in zip(points, means, strict=True)}
            found[stem] = float(means[-1])
    return found


def _view(columns: Mapping[str, NDArray[Any]], board: Leaderboard, view: str) -> dict[str, NDArray[Any]]:
    """The counted rows: in the view ``full`` those at full fidelity, in ``observed`` all."""
    chosen = columns["counted"].copy()
    if view == "full":
        for name, value in board.full.items():
            chosen &= columns[name] == value
    return {name: values[chosen] for name, values in columns.items()}
