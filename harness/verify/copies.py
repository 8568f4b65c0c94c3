"""Finds copied ledgers: a seed that copies another seed, and an entry that copies another entry.

Two runs are alike if they have the same counted evaluations. A copy with a few changed rows still shares most of them.
If two runs share at least ``COPY`` of their evaluations, the later record is refused. If they share at least ``NOTED``,
the share is reported for people to judge: honest runs may have half of their evaluations in common, for example with a
method that has a fixed initial design. ``harness.verify.pooled`` finds what is taken from many runs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import HarnessError
from harness.verify import pooled
from harness.verify.findings import REFUSED, Finding, Verdict
from harness.verify.folders import Target
from harness.verify.likeness import Trace, alike, share
from harness.verify.pooled import Common, Entry, common

COPY, NOTED = 0.8, 0.5
"""Shares of equal evaluations: from the first on, a record is refused; from the second on, a note names the share."""


@dataclass(frozen=True)
class Seen:
    """A run that was compared already: the number of its record, and its seed."""

    at: int
    seed: int


def without_copies(targets: Sequence[Target], verdicts: Sequence[Verdict], deterministic: set[str]) -> list[Verdict]:
    """The verdicts, in which records that are copies are refused. Baselines come first: if a submission and a baseline
    are alike, the submission is the copy. ``deterministic``: the submissions whose seeds may be alike.
    """
    order = sorted(range(len(targets)), key=lambda i: targets[i].submission is not None)
    order = [i for i in order if verdicts[i].state != REFUSED]
    checked = list(verdicts)
    for i in order:
        if _declared(targets[i], deterministic) and len(set(verdicts[i].fingerprints.values())) > 1:
            message = "its seeds have different ledgers, but its submission declares deterministic = true"
            checked[i] = _refused(checked[i], Finding(targets[i].name, message))
    for i, message, seed in _whole(order, targets, verdicts, deterministic):
        checked[i] = _refused(checked[i], Finding(targets[i].name, message, seed))
    for i, message, seed, equal in _partly(order, targets, checked, deterministic):
        if equal >= COPY:
            checked[i] = _refused(checked[i], Finding(targets[i].name, message, seed))
        else:
            checked[i] = _noted(checked[i], message, seed)
    for i, found, refused in _together(order, targets, checked):
        if refused:
            checked[i] = _refused(checked[i], Finding(targets[i].name, found.message, found.seed))
        else:
            checked[i] = _noted(checked[i], found.message, found.seed)
    return checked


def _refused(verdict: Verdict, finding: Finding) -> Verdict:
    return replace(verdict, state=REFUSED, findings=(*verdict.findings, finding))


def _noted(verdict: Verdict, message: str, seed: int) -> Verdict:
    return replace(verdict, notes=(*verdict.notes, f"seed {seed}: {message}"))


def _whole(
    order: Sequence[int], targets: Sequence[Target], verdicts: Sequence[Verdict], deterministic: set[str]
) -> Iterator[tuple[int, str, int]]:
    """Records with a ledger that an earlier seed of the record, or another entry on this task, has too."""
    known: dict[tuple[str, ...], list[Seen]] = {}
    for i in order:
        for seed, text in verdicts[i].fingerprints.items():
            if not text:
                continue
            before = known.setdefault((verdicts[i].surrogates, _task(verdicts[i]), text), [])
            message = ""
            for seen in before:
                if seen.at == i:
                    if not _declared(targets[i], deterministic):
                        message = f"its ledger equals the ledger of seed {seen.seed}; if the method is deterministic, "
                        message += "declare so in the submission"
                elif _elsewhere(verdicts[seen.at], verdicts[i]) and not _declared(targets[i], deterministic):
                    where = f"{targets[seen.at].name}, on another leaderboard"
                    message = f"its ledger equals the ledger of seed {seen.seed} of {where}"
                elif rivals(targets[seen.at], verdicts[seen.at], targets[i], verdicts[i]):
                    where = f"{targets[seen.at].name}, another entry"
                    message = f"its ledger equals the ledger of seed {seen.seed} of {where}"
                if message:
                    break
            if message:
                yield i, message, seed
                break
            if not any(_same_owner(targets[seen.at], verdicts[seen.at], targets[i], verdicts[i]) for seen in before):
                before.append(Seen(i, seed))


def _partly(
    order: Sequence[int], targets: Sequence[Target], verdicts: Sequence[Verdict], deterministic: set[str]
) -> Iterator[tuple[int, str, int, float]]:
    """For each record, the pair of runs with the largest share of equal evaluations, if it is at least ``NOTED``. All
    leaderboards of a task are compared with each other.
    """
    boards: dict[tuple[str, str], list[int]] = {}
    for i in order:
        if verdicts[i].state != REFUSED and _board(verdicts[i]) is not None:
            boards.setdefault((verdicts[i].surrogates, _task(verdicts[i])), []).append(i)
    for chosen in boards.values():
        board = registry.leaderboard_of(verdicts[chosen[0]].leaderboard)
        runs = [(Seen(i, seed), Trace.of(text)) for i in chosen for seed, text in verdicts[i].traces.items()]
        worst: dict[int, tuple[float, Seen, Seen]] = {}
        for late, early in alike([found for _, found in runs]):
            (two, second), (one, first) = runs[late], runs[early]
            other = rivals(targets[one.at], verdicts[one.at], targets[two.at], verdicts[two.at])
            own = one.at == two.at or _elsewhere(verdicts[one.at], verdicts[two.at])
            if not other and (not own or _declared(targets[two.at], deterministic)):
                continue
            equal = share(first, second, board, rivals=other)
            if equal >= NOTED and equal > worst.get(two.at, (0.0,))[0]:
                worst[two.at] = equal, one, two
        for i, (equal, one, two) in worst.items():
            where = "on another leaderboard" if owner(targets[i]) == owner(targets[one.at]) else "another entry"
            whose = f"seed {one.seed}" + ("" if one.at == i else f" of {targets[one.at].name}, {where}")
            message = f"{equal:.0%} of its evaluations are also in {whose}, far more than chance allows"
            yield i, message, two.seed, equal


def _together(
    order: Sequence[int], targets: Sequence[Target], verdicts: Sequence[Verdict]
) -> Iterator[tuple[int, Common, bool]]:
    """What records have in common with all entries before them in the same space, of other tasks too, and whether it is
    enough to refuse them. Versions of one method may share more: they are given the same random numbers.
    """
    spaces: dict[tuple[str, str], list[int]] = {}
    for i in order:
        board = _board(verdicts[i])
        if verdicts[i].state != REFUSED and board is not None:
            spaces.setdefault((verdicts[i].surrogates, repr(board.space)), []).append(i)
    for chosen in spaces.values():
        refused = set()
        for methods in (True, False):
            entries = [_entry(targets[i], verdicts[i], methods) for i in chosen]
            for found in common(entries):
                if methods and found.share >= pooled.REFUSED and found.at not in refused:
                    refused.add(found.at)
                    yield chosen[found.at], found, True
                elif not methods and found.at not in refused:
                    yield chosen[found.at], found, False


def _entry(target: Target, verdict: Verdict, methods: bool) -> Entry:
    runs = {seed: Trace.of(text) for seed, text in verdict.traces.items()}
    party = verdict.method if methods else owner(target) or f":{verdict.method}"
    return Entry(target.name, registry.leaderboard_of(verdict.leaderboard), party, runs)


def _board(verdict: Verdict) -> Leaderboard | None:
    with contextlib.suppress(HarnessError):
        return registry.leaderboard_of(verdict.leaderboard)
    return None


def rivals(one: Target, first: Verdict, two: Target, second: Verdict) -> bool:
    """Whether two records are of different entries, which may not be alike: of different submissions, of a submission
    and a baseline, or of different methods of the baselines. Variants of one method may agree.
    """
    if one.submission is None and two.submission is None:
        return first.method != second.method
    return owner(one) != owner(two)


def _elsewhere(first: Verdict, second: Verdict) -> bool:
    """Whether two records are of one method on different leaderboards, on which it has different random numbers."""
    return first.method == second.method and first.leaderboard != second.leaderboard


def _task(verdict: Verdict) -> str:
    """A leaderboard's id without objective and setting."""
    return verdict.leaderboard.rpartition("/")[0].rpartition("/")[0]


def owner(target: Target) -> str:
    """The submission a record belongs to, however its path was given; empty for a baseline."""
    return "" if target.submission is None else str(target.submission.absolute())


def _same_owner(one: Target, first: Verdict, two: Target, second: Verdict) -> bool:
    return owner(one) == owner(two) and first.method == second.method and first.leaderboard == second.leaderboard


def _declared(target: Target, deterministic: set[str]) -> bool:
    return owner(target) in deterministic
