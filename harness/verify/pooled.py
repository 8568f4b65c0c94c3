"""Compares an entry with all earlier entries together. A forger may take a few evaluations from each of many runs, so
that no single run looks copied, or only the best evaluation of each run.

Honest entries have next to nothing in common: of the committed baselines' runs none has more than 3 % of its
evaluations from another method, and no record has the best of more than one of its seeds from one. Evaluations that at
least half of an entry's seeds made are its fixed design, which another entry may have too; they are not counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.leaderboard import Leaderboard
from harness.verify.likeness import CROWDED, FEWEST, FULL, Trace, bits

REFUSED, NAMED = 0.5, 0.1
"""Shares from which a record is refused, and from which the share is told: of a run's evaluations, and of its seeds
whose best evaluation is another entry's.
"""
LEAST_SEEDS = 2

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.intp]


@dataclass(frozen=True)
class Entry:
    """A record in a comparison. ``party``: equal for records that may have anything in common; ``runs``: by seed."""

    name: str
    board: Leaderboard
    party: str
    runs: Mapping[int, Trace]


@dataclass(frozen=True)
class Common:
    """What the entry ``at`` a place in the sequence has in common: the share, and a sentence about it."""

    at: int
    seed: int
    share: float
    message: str


def common(entries: Sequence[Entry]) -> Iterator[Common]:
    """For each entry, two findings if their share is at least ``NAMED``: the run with the most evaluations that earlier
    entries of other parties made, and the seeds whose best evaluations such entries made. Nothing is found in a space
    that is so small that entries share evaluations by chance.
    """
    held = _held(entries)
    if not entries or bits(entries[0].board) < math.log2(CROWDED * max(1, len(held.hashes))):
        return
    parties = {party: k for k, party in enumerate(dict.fromkeys(entry.party for entry in entries))}
    pool = _Pool(held, np.array([parties[entry.party] for entry in entries]))
    for at, entry in enumerate(entries):
        worst, copied = Common(at, 0, 0.0, ""), dict[int, int]()
        for seed, run in entry.runs.items():
            every = np.array(run.hashes, dtype=np.uint64)
            makers = pool.makers(every, at, parties[entry.party])
            for chosen in (makers, makers[(every & FULL) > 0]):
                took = chosen[chosen >= 0]
                equal = len(took) / max(1, len(chosen))
                if len(took) >= FEWEST and equal > worst.share:
                    whose = entries[int(np.bincount(took).argmax())].name
                    message = f"{equal:.0%} of its evaluations were made by other entries before, most by {whose}"
                    worst = Common(at, seed, equal, message)
            best = pool.makers(np.array(run.best, dtype=np.uint64), at, parties[entry.party])
            if len(best) and 2 * (best >= 0).sum() >= len(best):
                copied[seed] = int(best.max())
        if worst.share >= NAMED:
            yield worst
        if len(copied) >= max(LEAST_SEEDS, NAMED * len(entry.runs)):
            seed, maker = next(iter(copied.items()))
            message = f"the best evaluations of {len(copied)} of its seeds are of other entries, here of "
            yield Common(at, seed, len(copied) / len(entry.runs), f"{message}{entries[maker].name}")


@dataclass(frozen=True)
class _Held:
    """Evaluations and the entries that made them, by evaluation, then by entry; fixed designs are left out."""

    hashes: Hashes
    makers: Numbers


def _held(entries: Sequence[Entry]) -> _Held:
    hashes: list[Hashes] = [np.empty(0, dtype=np.uint64)]
    makers: list[Numbers] = [np.empty(0, dtype=np.intp)]
    for at, entry in enumerate(entries):
        made = np.array([value for run in entry.runs.values() for value in run.hashes], dtype=np.uint64)
        different, counts = np.unique(made, return_counts=True)
        own = different[(counts < 2) | (2 * counts < len(entry.runs))]
        hashes.append(own)
        makers.append(np.full(len(own), at, dtype=np.intp))
    joined, by = np.concatenate(hashes), np.concatenate(makers)
    order = np.argsort(joined, kind="stable")
    return _Held(joined[order], by[order])


class _Pool:
    """Finds who made an evaluation first, and which other party did so first after that."""

    def __init__(self, held: _Held, parties: Numbers) -> None:
        self._hashes, start = np.unique(held.hashes, return_index=True)
        self._first = held.makers[start]
        self._parties = parties
        begin = np.repeat(parties[self._first], np.diff(np.append(start, len(held.hashes))))
        other = parties[held.makers] != begin
        self._more, at = np.unique(held.hashes[other], return_index=True)
        self._second = held.makers[other][at]

    def makers(self, hashes: Hashes, at: int, party: int) -> Numbers:
        """For each evaluation of the entry ``at``, an earlier entry of another party that made it; -1 for none."""
        first = _found(self._hashes, self._first, hashes)
        second = _found(self._more, self._second, hashes)
        of_others = np.where((first >= 0) & (self._parties[first] == party), second, first)
        return np.where(of_others < at, of_others, -1)


def _found(known: Hashes, values: Numbers, hashes: Hashes) -> Numbers:
    """The value that belongs to each hash, -1 where it is not known."""
    if not len(known):
        return np.full(len(hashes), -1, dtype=np.intp)
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    return np.where(known[places] == hashes, values[places], -1)
