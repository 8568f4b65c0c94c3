"""``verify``: everything at some paths against the protocol. See the package's other modules for how.

replayed     every number in the record follows from what was proposed: predictions, prices, credits, the clock, the cut
             at the budget, both views and the score.
reproduced   the method, run again on sampled seeds, also made the very same proposals.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from harness.base.naming import DISTRIBUTION
from harness.benchmark.methods import placed
from harness.errors import HarnessError
from harness.runs.records import environment
from harness.verify.claims import read_claim
from harness.verify.confine import Bounds, confined
from harness.verify.entry import examine_json
from harness.verify.findings import REFUSED, REPLAYED, REPRODUCED, Finding, Verdict, Verification
from harness.verify.folders import Target, find, misplaced
from harness.verify.reproduce import reproduce as run_again
from harness.verify.states import FILE, State, read_file, write_states
from harness.verify.submissions import check_against, read_submission


def verify(
    paths: Path | Sequence[Path],
    *,
    reproduce: int = 1,
    method_file: str | None = None,
    jobs: int = 1,
    bounds: Bounds | None = None,
    kept: bool = True,
    on_total: Callable[[int], None] = lambda _: None,
    on_step: Callable[[], None] = lambda: None,
) -> Verification:
    """Verifies results folders, submissions or single records. Nothing in them is run, and nothing is written.

    ``reproduce``: seeds of each record to run again, with the methods of the harness or ``method_file``
    (``path/to/file.py:ClassName``); ``jobs``: processes; ``bounds``: time and memory for one record; ``kept``: whether
    what a ``verification.csv`` says is compared with the records that are there. ``on_total`` is
    told how many steps there are, ``on_step`` each one. UsageError if there is nothing to verify.
    """
    found = [find(path) for path in ([paths] if isinstance(paths, Path) else paths)]
    targets = [target for each in found for target in each.targets]
    limits = bounds or Bounds()
    on_total(len(targets) * (2 if reproduce else 1))
    verdicts = []
    for target, answer in zip(targets, confined(examine_json, _items(targets), limits, jobs), strict=True):
        verdicts.append(_placed(target, _verdict(target, answer, limits)))
        on_step()
    others = [finding for each in found for finding in each.findings]
    deterministic: set[Path] = set()
    for folder in dict.fromkeys([*(s for each in found for s in each.submissions), *_given(targets)]):
        verdicts, more = _check_submission(folder, targets, verdicts, deterministic)
        others += more
    verdicts = _unlike(targets, verdicts, deterministic)
    if reproduce:
        verdicts = list(_run_again(targets, verdicts, reproduce, method_file, limits, jobs, on_step))
    if kept:
        others += [finding for each in found for file in each.states for finding in _stale(file, verdicts)]
    return Verification(tuple(verdicts), tuple(others))


def save(verification: Verification, folder: Path) -> Path:
    """Writes what passed to ``folder/verification.csv``, which tables are rendered with; returns its path."""
    version = environment(())["versions"][DISTRIBUTION]
    states = [
        State(
            v.record.absolute().relative_to(folder.absolute()).as_posix(),
            v.sha256,
            v.state,
            v.reproduced_seeds,
            version,
        )
        for v in verification.verdicts
        if v.state != REFUSED
    ]
    return write_states(folder, states)


def _stale(file: Path, verdicts: Sequence[Verdict]) -> Iterator[Finding]:
    """Lines of a ``verification.csv`` about records that are not there as they were, or do not pass."""
    passed = {v.sha256 for v in verdicts if v.state != REFUSED}
    try:
        states = read_file(file)
    except HarnessError as error:
        yield Finding(str(file), str(error))
        return
    for state in states:
        if state.sha256 not in passed:
            yield Finding(str(file), f"it vouches for {state.record!r:.200}, which is not there, was changed, or fails")


def _items(targets: Sequence[Target]) -> list[tuple[str, str]]:
    return [(os.path.abspath(target.path), target.name) for target in targets]


def _given(targets: Sequence[Target]) -> list[Path]:
    """Submissions above a path that was given, which the search below it did not meet."""
    return [target.submission for target in targets if target.submission is not None]


def _verdict(target: Target, answer: dict[str, object] | None, bounds: Bounds) -> Verdict:
    if answer is not None:
        found = Verdict.from_json(answer)
        # The process that examined it has another folder, and calls it by its absolute path.
        findings = tuple(
            replace(each, message=each.message.replace(str(found.record), str(target.path))) for each in found.findings
        )
        return replace(found, record=target.path, findings=findings)
    finding = Finding(target.name, f"examining it takes more than {bounds}, or ends the process; no record does that")
    return Verdict(target.path, "", REFUSED, findings=(finding,))


def _refuse(verdict: Verdict, *findings: Finding) -> Verdict:
    return replace(verdict, state=REFUSED, findings=(*verdict.findings, *findings)) if findings else verdict


def _placed(target: Target, verdict: Verdict) -> Verdict:
    if not verdict.label:
        return verdict
    message = misplaced(target, verdict.surrogates, verdict.leaderboard, verdict.file_name)
    return _refuse(verdict, Finding(target.name, message)) if message else verdict


def _check_submission(
    folder: Path, targets: Sequence[Target], verdicts: Sequence[Verdict], deterministic: set[Path]
) -> tuple[list[Verdict], list[Finding]]:
    """Its manifest, and whether its records are what the manifest says. Adds it to ``deterministic`` if it is that."""
    name = f"{folder.name}/submission.toml"
    own = [i for i, target in enumerate(targets) if target.submission == folder]
    checked = list(verdicts)
    try:
        submission = read_submission(folder)
    except HarnessError as error:
        return [
            _refuse(v, Finding(targets[i].name, "its submission.toml is not valid")) if i in own else v
            for i, v in enumerate(checked)
        ], [Finding(name, str(error))]
    if submission.deterministic:
        deterministic.add(folder)
    for i in own:
        if checked[i].state != REFUSED:  # what is refused has no spec to compare
            with read_claim(targets[i].path) as claim:
                problems = check_against(submission, claim.spec)
            checked[i] = _refuse(checked[i], *(Finding(targets[i].name, problem) for problem in problems))
    return checked, ([] if own else [Finding(name, "the submission holds no record")])


def _unlike(targets: Sequence[Target], verdicts: Sequence[Verdict], deterministic: set[Path]) -> list[Verdict]:
    """Refuses ledgers that were there before: two seeds of an entry alike, or two entries."""
    known: dict[tuple[str, str, str], tuple[int, int]] = {}
    checked = list(verdicts)
    for i, verdict in enumerate(verdicts):
        if verdict.state == REFUSED:
            continue
        for seed, text in verdict.fingerprints.items():
            key = (verdict.surrogates, verdict.leaderboard, text)
            j, other = known.setdefault(key, (i, seed))
            if (j, other) == (i, seed):
                continue
            if j == i and targets[i].submission not in deterministic:
                message = f"its ledger is that of seed {other}; a deterministic method says so in its submission"
            elif j != i and _rivals(targets[j], verdicts[j], targets[i], verdict):
                message = f"its ledger is that of seed {other} of {targets[j].name}, another entry"
            else:
                continue
            checked[i] = _refuse(checked[i], Finding(targets[i].name, message, seed))
            break
    return checked


def _rivals(one: Target, first: Verdict, two: Target, second: Verdict) -> bool:
    """Whether two records are of different entries: variants of one method may agree, submissions and methods not."""
    return one.submission != two.submission if one.submission and two.submission else first.method != second.method


def _run_again(
    targets: Sequence[Target], verdicts: Sequence[Verdict], count: int, method: str | None, bounds: Bounds, jobs: int,
    on_step: Callable[[], None],
) -> Iterator[Verdict]:  # fmt: skip
    own = None if method is None else placed(method)
    items = [
        (os.path.abspath(t.path), t.name, count, own)
        for t, v in zip(targets, verdicts, strict=True)
        if v.state == REPLAYED
    ]
    answers = confined(run_again, items, bounds, jobs)
    for verdict in verdicts:
        if verdict.state != REPLAYED:
            on_step()
            yield verdict
            continue
        answer = next(answers)
        on_step()
        if answer is None:
            yield replace(verdict, notes=(*verdict.notes, f"running it again takes more than {bounds}"))
            continue
        findings = tuple(Finding(**finding) for finding in answer["findings"])
        seeds = tuple(answer["seeds"])
        state = REFUSED if findings else REPRODUCED if len(seeds) == count else REPLAYED
        yield replace(
            verdict, state=state, reproduced_seeds=seeds, findings=(*verdict.findings, *findings),
            notes=(*verdict.notes, *answer["notes"]),
        )  # fmt: skip


__all__ = ["FILE", "Finding", "Verdict", "Verification", "save", "verify"]
