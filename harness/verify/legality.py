"""Whether a record can be legal at all: its spec, its seeds and the values of its rows, before anything is replayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.source import Source
from harness.benchmark.space import Categorical, Float, Integer, Parameter, Space
from harness.runs.spec import RunSpec
from harness.verify.claims import Claim
from harness.verify.identity import method_problems

MAX_WORKERS = 1024
AXES = {"none": (0,), "one": (0, 1), "all": ()}
"""Kind of a setting -> the numbers of fidelity axes that a spec may declare. Under "all" a spec declares every axis."""

Columns = Mapping[str, NDArray[Any]]
"""A ledger: the name of a column -> its values."""


def spec_problems(spec: RunSpec, board: Leaderboard, surrogates: Source) -> Iterator[str]:
    """Claims in a record's spec that cannot be true."""
    if spec.surrogates_hash != surrogates.hash:
        yield (
            f"it was made with source {spec.surrogates} of hash {spec.surrogates_hash[:12]!r}, "
            f"but that set has hash {surrogates.hash[:12]!r} here"
        )
    elif spec.constants != board.constants(surrogates):
        yield f"its constants are {spec.constants!r:.200}, those of the set {board.constants(surrogates)!r}"
    allowed = AXES[board.setting.axes]
    known = [axis for axis in spec.axes if axis in board.fidelities]
    if len(known) < len(spec.axes) or len(set(known)) < len(known):
        yield f"its axes {spec.axes!r:.80} are no fidelities"
    elif (allowed and len(known) not in allowed) or (not allowed and tuple(known) != tuple(board.fidelities)):
        yield f"it declares {len(known)} fidelity axes ({', '.join(known)}), which setting {board.setting.name} forbids"
    if spec.continuation and spec.from_scratch:
        yield "it says both that trainings continue and that they start from scratch"
    if not 1 <= spec.workers <= MAX_WORKERS:
        yield f"it has {spec.workers} workers; 1 to {MAX_WORKERS} can be verified"
    if spec.space not in registry.suite(board.suite).spaces:
        yield f"its space {spec.space!r:.40} does not exist"
    yield from method_problems(spec)


def seed_problems(claim: Claim) -> Iterator[str]:
    """Seeds that are not 0..n-1, or fewer than the leaderboard asks for."""
    seeds, needed = sorted(claim.runs), claim.board.seeds
    if seeds != list(range(len(seeds))):
        listed = ", ".join(map(str, seeds[:20])) + (" ..." if len(seeds) > 20 else "")
        yield f"its seeds are {listed}; an entry has seeds 0, 1, ... n-1 without a gap"
    elif len(seeds) < needed:
        yield f"it has {len(seeds)} seeds; an entry has at least {needed}"


def order_problems(claim: Claim) -> Iterator[str]:
    """Rows that are not in the order of the seeds, or have a seed without a header."""
    if not claim.ordered:
        yield "its rows are not in the order of the seeds"
    stray = sorted(claim.counts.keys() - claim.runs.keys())
    if stray:
        yield f"it has rows of seed {stray[0]}, which has no header"


def value_problems(columns: Columns, board: Leaderboard, space: Space) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """Values that are not finite numbers, or outside the space. Each message starts with the column's name."""
    for name, values in columns.items():
        if values.dtype.kind == "f":
            wrong = np.flatnonzero(~np.isfinite(values))
            if len(wrong):
                yield f"{name} is not a finite number", wrong
    for name, parameter in (*board.space.items(), *board.fidelities.items()):
        wrong = np.flatnonzero(~_inside(parameter, columns[name]))
        if len(wrong):
            yield f"{name} is outside its range {parameter.domain}", wrong
    for name, fixed in space.constants.items():
        if name in board.space:
            wrong = np.flatnonzero(columns[name] != fixed)
            if len(wrong):
                yield f"{name} must be {fixed!r} in this seed's derived space", wrong
    wrong = np.flatnonzero(~(columns["method_seconds"] >= 0))
    if len(wrong):
        yield "method_seconds is negative", wrong


def fidelity_problems(columns: Columns, board: Leaderboard, spec: RunSpec) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """Evaluations below full fidelity on an axis that the record does not declare."""
    for name, full in board.full.items():
        if name not in spec.axes:
            wrong = np.flatnonzero(columns[name] != full)
            if len(wrong):
                opened = ", ".join(spec.axes) or "no axis"
                yield f"{name} must be {full!r}: setting {board.setting.name} as declared opens {opened}", wrong


def _inside(parameter: Parameter, values: NDArray[Any]) -> NDArray[np.bool_]:
    if isinstance(parameter, Float | Integer):
        return np.asarray((values >= parameter.low) & (values <= parameter.high))
    if isinstance(parameter, Categorical):
        inside = np.zeros(len(values), dtype=bool)
        for choice in parameter.choices:
            inside |= values == choice
        return inside
    raise TypeError(f"a parameter of kind {type(parameter).__name__} cannot be verified")
