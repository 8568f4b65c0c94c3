"""``verify`` checks every record and submission at some paths against the protocol. A record that passes is:

replayed     every number in the record follows from what was proposed: predictions, prices, credits, the clock, the cut
             at the budget, both views and the score.
reproduced   the method, run again on sampled seeds, also made the very same proposals.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from harness.base.naming import DISTRIBUTION
from harness.benchmark.own import placed
from harness.errors import HarnessError
from harness.runs.records import environment
from harness.verify.claims import Claim, read_claim
from harness.verify.confine import Bounds, confined
from harness.verify.copies import without_copies
from harness.verify.entry import examine_json
from harness.verify.findings import REFUSED, REPLAYED, REPRODUCED, Finding, Verdict, Verification
from harness.verify.folders import Found, Target, find, misplaced, submission_of
from harness.verify.reproduce import reproduce as run_again
from harness.verify.sources import placed_source
from harness.verify.states import FILE, State, read_file, write_states
from harness.verify.submissions import Submission, check_against, names, read_submission


def verify(
    paths: Path | Sequence[Path],
    *,
    reproduce: int = 1,
    method_file: str | None = None,
    source_file: str | None = None,
    jobs: int = 1,
    bounds: Bounds | None = None,
    kept: bool = True,
    on_total: Callable[[int], None] = lambda _: None,
    on_step: Callable[[], None] = lambda: None,
) -> Verification:
    """Verifies results folders, submissions or single records. Nothing in them is run, and nothing is written.

    ``reproduce``: the number of seeds of each record to run again, with the methods of the harness or ``method_file``
    (``path/to/file.py:ClassName``); ``source_file``: a source of the caller's (``path/to/file.py:NAME``), for its
    records; ``jobs``: the number of processes; ``bounds``: time and memory for one record;
    ``kept``: whether the lines of each ``verification.csv`` are compared with the records. ``on_total`` is called with
    the number of steps, ``on_step`` after each step. UsageError if there is nothing to verify.
    """
    found = [find(path) for path in ([paths] if isinstance(paths, Path) else paths)]
    targets = [target for each in found for target in each.targets]
    limits = bounds or Bounds()
    source = None if source_file is None else placed_source(source_file)
    on_total(len(targets) * (2 if reproduce else 1))
    verdicts = []
    for target, answer in zip(targets, confined(examine_json, _items(targets, source), limits, jobs), strict=True):
        verdicts.append(_placed(target, _verdict(target, answer, limits)))
        on_step()
    others = [finding for each in found for finding in each.findings]
    deterministic: set[Path] = set()
    for folder in dict.fromkeys([*(s for each in found for s in each.submissions), *_given(targets)]):
        verdicts, more = _check_submission(folder, targets, verdicts, deterministic)
        others += more
    others += _same_names(found)
    verdicts = without_copies(targets, verdicts, {str(folder.absolute()) for folder in deterministic})
    if reproduce:
        verdicts = list(_run_again(targets, verdicts, reproduce, method_file, source, limits, jobs, on_step))
    if kept:
        others += [finding for each in found for file in each.states for finding in _stale(file, verdicts)]
    return Verification(tuple(verdicts), tuple(others))


def save(verification: Verification, folder: Path) -> tuple[Path, ...]:
    """Writes a line for each record that passed to ``verification.csv``, for the tables: records of submissions to the
    top of each submission, all others to the top of ``folder``. Returns the paths of the files.
    """
    version = environment(())["versions"][DISTRIBUTION]
    homes: dict[Path, list[State]] = {}
    for verdict in verification.verdicts:
        home = submission_of(verdict.record.parent, folder) or folder
        states = homes.setdefault(home, [])
        if verdict.state != REFUSED:
            record = verdict.record.absolute().relative_to(home.absolute()).as_posix()
            states.append(State(record, verdict.sha256, verdict.state, verdict.reproduced_seeds, version))
    return tuple(write_states(home, states) for home, states in sorted(homes.items()))


def _stale(file: Path, verdicts: Sequence[Verdict]) -> Iterator[Finding]:
    """A finding for each line of a ``verification.csv`` whose record is not there, was changed, or does not pass."""
    home = file.parent.absolute()
    passed = {v.sha256 for v in verdicts if v.state != REFUSED and home in v.record.absolute().parents}
    try:
        states = read_file(file)
    except HarnessError as error:
        yield Finding(str(file), str(error))
        return
    for state in states:
        if state.sha256 not in passed:
            yield Finding(str(file), f"it vouches for {state.record!r:.200}, which is not there, was changed, or fails")


def _items(targets: Sequence[Target], source: str | None) -> list[tuple[str, str, str | None]]:
    return [(os.path.abspath(target.path), target.name, source) for target in targets]


def _given(targets: Sequence[Target]) -> list[Path]:
    """The submissions to which records belong. A submission's folder may lie above the given path."""
    return [target.submission for target in targets if target.submission is not None]


def _verdict(target: Target, answer: dict[str, object] | None, bounds: Bounds) -> Verdict:
    if answer is not None:
        found = Verdict.from_json(answer)
        # The process that examined the record has another working folder, and names the record by its absolute path.
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
    """Checks a submission's manifest, and its records against the manifest. Adds the folder to ``deterministic`` if the
    manifest says so.
    """
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
    versions: dict[str, str] = {}
    for i in own:
        if checked[i].state != REFUSED:  # a refused record has no spec that could be compared
            with read_claim(targets[i].path) as claim:
                problems = [*check_against(submission, claim.spec), *_versions_differ(claim, versions)]
            checked[i] = _refuse(checked[i], *(Finding(targets[i].name, problem) for problem in problems))
    return checked, ([] if own else [Finding(name, "the submission holds no record")])


def _versions_differ(claim: Claim, seen: dict[str, str]) -> Iterator[str]:
    """A sentence if a record has another version of the harness than earlier records of the submission."""
    version = next((str(head["versions"].get(DISTRIBUTION)) for head in claim.runs.values()), "")
    first = seen.setdefault(DISTRIBUTION, version)
    if version != first:
        yield f"it was run with harness {version:.40}, another record of the submission with {first:.40}; run one again"


def _same_names(found: Sequence[Found]) -> Iterator[Finding]:
    """A finding for each submission whose name equals, or looks like, the name of another submission."""
    read: list[tuple[str, Submission]] = []
    for folder in dict.fromkeys(folder.absolute() for each in found for folder in each.submissions):
        with contextlib.suppress(HarnessError):  # named where the manifest is checked
            read.append((f"{folder.name}/submission.toml", read_submission(folder)))
    yield from (Finding(where, sentence) for where, sentence in names.alike(read))


def _run_again(
    targets: Sequence[Target], verdicts: Sequence[Verdict], count: int, method: str | None, source: str | None,
    bounds: Bounds, jobs: int, on_step: Callable[[], None],
) -> Iterator[Verdict]:  # fmt: skip
    own = None if method is None else placed(method)
    items = [
        (os.path.abspath(t.path), t.name, count, own, source)
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
