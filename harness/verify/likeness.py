"""The form of a run in which it is compared with other runs, to find copies: a short hash of each counted evaluation.

A copy may be disguised: rows that do not count are changed, a learning rate is moved by a hair, a row is left out or
moved. So rows that the budget cut off are left out. Real numbers are compared to a hundredth of their range. A second
comparison ignores them, if the other parameters suffice to tell evaluations apart. The result is the share of
evaluations that two runs have in common.
"""

from __future__ import annotations

import base64
import hashlib
import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.space import Categorical, Float, Integer, Parameter

Columns = Mapping[str, NDArray[Any]]
CELLS = 100
"""The number of parts into which the range of a real number is divided."""
KEPT = 2048
"""The most different evaluations of a run that are compared. Of more, those with the smallest hashes are."""
SURE = 40.0
"""Bits of chance against two ledgers being alike by accident: once in 10^12."""
CROWDED = 100
"""A space is small if it has fewer places than this number times a run's evaluations. Any two runs in it share many."""
LEAST, FEWEST = 20, 5
"""The fewest different evaluations of a run for which a share means anything: in a small space, and in any other."""
FEW = 8
"""The most other runs that each run is compared with."""
HOLDERS = 64
"""Runs that are remembered for an evaluation; the first of many copies is always among them."""
FULL = np.uint64(1)
"""The bit of a hash that says whether the evaluation was at full fidelity."""


def fingerprint(counted: Columns, board: Leaderboard) -> str:
    """SHA-256 (hex) of the proposals in order: the same for two ledgers that differ only in names, seeds and uncounted
    rows. Empty if two ledgers can be alike by chance. Of a run that repeats a few evaluations, only the different ones
    enter, real numbers to a hundredth of their range.

    ``counted``: the rows that count.
    """
    rows = len(counted["seed"])
    if rows * bits(board, exactly=True) < SURE:
        return ""
    sha = hashlib.sha256()
    places = np.unique(_hashes(counted, board, True))
    if len(places) < FEWEST <= LEAST <= rows:
        sha.update(places.astype("<u8").tobytes())
        return sha.hexdigest()
    for name in (*board.space, *board.fidelities):
        values = counted[name]
        if values.dtype == object:
            sha.update("\x1f".join(map(str, values)).encode())
        else:
            sha.update(np.ascontiguousarray(values).tobytes())
    return sha.hexdigest()


def trace(counted: Columns, board: Leaderboard) -> str:
    """The different evaluations in the order in which each came first, 64 bits each, in base64; after a colon the same
    without real numbers.
    """
    return ":".join(_written(_hashes(counted, board, reals)) for reals in (True, False))


def leading(counted: Columns, board: Leaderboard) -> str:
    """The evaluations that make the score, as in ``trace``: the first best one at full fidelity, or the front."""
    hashes = _hashes(counted, board, True)
    rows = np.flatnonzero(hashes & FULL)
    losses = [counted[o.metric][rows] * (-1.0 if o.maximize else 1.0) for o in board.objectives]
    order = np.lexsort((rows, *losses[::-1]))[: None if len(losses) > 1 else 1]
    best, least = list[int](), math.inf
    for row, loss in zip(rows[order].tolist(), losses[-1][order].tolist(), strict=True):
        if loss < least:
            best.append(row)
            least = loss
    return _written(hashes[best])


def _hashes(counted: Columns, board: Leaderboard, reals: bool) -> NDArray[np.uint64]:
    """A hash of every row. Its last bit says whether the row is at full fidelity."""
    hashes = _mixed(np.full(len(counted["seed"]), np.uint64(reals)))  # mixed, for places are small numbers too
    for name, parameter in (*board.space.items(), *board.fidelities.items()):
        if reals or not isinstance(parameter, Float):
            hashes = _mixed(hashes ^ _places(parameter, counted[name]))
    full = np.ones(len(hashes), dtype=bool)
    for name, value in board.full.items():
        full &= counted[name] == value
    return np.asarray((hashes & ~FULL) | full.astype(np.uint64))


def _written(hashes: NDArray[np.uint64]) -> str:
    """The different ones in the order in which each came first."""
    _, first = np.unique(hashes, return_index=True)  # sorted by hash: the smallest are kept
    kept: NDArray[np.uint64] = hashes[np.sort(first[:KEPT])]
    return base64.b64encode(kept.astype("<u8").tobytes()).decode()


def _places(parameter: Parameter, values: NDArray[Any]) -> NDArray[np.uint64]:
    """The number of each value's place."""
    if isinstance(parameter, Categorical):
        number = {choice: k for k, choice in enumerate(parameter.choices)}
        return np.array([number[value] for value in values.tolist()], dtype=np.uint64)
    if isinstance(parameter, Float):
        low, high, reals = parameter.low, parameter.high, values.astype(np.float64)
        if parameter.log:
            low, high, reals = math.log(low), math.log(high), np.log(reals)
        share = (reals - low) / ((high - low) or 1.0)
        return np.asarray(np.clip(share * CELLS, 0, CELLS - 1).astype(np.uint64))
    return np.asarray((values - parameter.low).astype(np.uint64))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit of the result depends on every bit of the value (the finaliser of SplitMix64)."""
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(values ^ (values >> np.uint64(31)))


def bits(board: Leaderboard, *, exactly: bool = False, reals: bool = True) -> float:
    """The logarithm (base 2) of the number of places of a configuration; ``exactly``: of its values; ``reals``: whether
    real numbers are among them.
    """
    found = 0.0
    for parameter in board.space.values():
        if isinstance(parameter, Float):
            if not reals:
                continue
            found += 52.0 if exactly and parameter.several else math.log2(CELLS if parameter.several else 1)
        elif isinstance(parameter, Integer):
            found += math.log2(parameter.high - parameter.low + 1)
        else:
            found += math.log2(len(parameter.choices))
    return found


@dataclass(frozen=True)
class Trace:
    """The evaluations of a run as ``trace`` wrote them; ``rough``: the same without real numbers; ``best``: those of
    ``leading``.
    """

    hashes: tuple[int, ...]
    rough: tuple[int, ...] = ()
    best: tuple[int, ...] = ()

    @staticmethod
    def of(text: str) -> Trace:
        """The trace that was written."""
        return Trace(*(tuple(np.frombuffer(base64.b64decode(part), dtype="<u8").tolist()) for part in text.split(":")))

    @property
    def all(self) -> tuple[int, ...]:
        """Every hash; no two evaluations have the same one with and without real numbers."""
        return (*self.hashes, *self.rough)


def share(one: Trace, other: Trace, board: Leaderboard, *, rivals: bool = False) -> float:
    """The number of evaluations that two runs have in common, as a share of the longer run. It is computed for all
    counted evaluations and for the evaluations at full fidelity, and the larger share is taken. 0 if there are too few
    evaluations.

    In a small space any two runs have evaluations in common, so only evaluations in the same order count. Evaluations
    that differ in real numbers alone also count only in the same order, because two searches may find the same
    networks; and they count only if the space is large even without its real numbers. Those of two ``rivals`` count in
    any order: no two runs of different committed baselines have more than 20 % of their networks in common.
    """
    exact = _share(one.hashes, other.hashes, bits(board))
    return max(exact, _share(one.rough, other.rough, bits(board, reals=False), rough=True, ordered=not rivals))


def _share(
    one: Sequence[int], other: Sequence[int], size: float, *, rough: bool = False, ordered: bool = False
) -> float:
    most = min(max(hashes) if len(hashes) >= KEPT else 2**64 for hashes in (one, other))
    shares = [0.0]
    for full in (False, True):
        first, second = ([h for h in hashes if h <= most and (not full or h & 1)] for hashes in (one, other))
        longer = max(len(first), len(second))
        small = not longer or size < math.log2(CROWDED * longer)
        if min(len(first), len(second)) < (LEAST if small else FEWEST) or (small and rough):
            continue
        place = {value: at for at, value in enumerate(second)}
        places = [place[value] for value in first if value in place]
        shares.append((_ascending(places) if small or ordered else len(places)) / longer)
    return max(shares)


def _ascending(values: Iterable[int]) -> int:
    """The length of the longest ascending part of a sequence, gaps allowed."""
    ends: list[int] = []
    for value in values:
        at = bisect_left(ends, value)
        ends[at : at + 1] = [value]
    return len(ends)


def alike(traces: Sequence[Trace]) -> list[tuple[int, int]]:
    """Pairs of runs (a later one, an earlier one) that have evaluations in common, most in common first for each run;
    at most ``FEW`` pairs a run.
    """
    met: dict[int, list[int]] = {}
    pairs = []
    for number, one in enumerate(traces):
        counts: dict[int, int] = {}
        for value in one.all:
            holders = met.setdefault(value, [])
            for other in holders:
                counts[other] = counts.get(other, 0) + 1
            if len(holders) < HOLDERS:
                holders.append(number)
        best = sorted(counts, key=lambda other: (-counts[other], other))[:FEW]
        pairs += [(number, other) for other in best if counts[other] >= FEWEST // 2]
    return pairs
