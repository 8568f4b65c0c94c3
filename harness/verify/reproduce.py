"""Runs a record's method again on some of its seeds. The method must make the same proposals, row by row.

Only methods of the harness are run, or a method from the file that the caller names; a record cannot name code to be
run. The caller's file is a stranger's, so its method runs in a process of its own (``harness.runs.isolation``). This is
the only module of the room that uses the runner, because the run itself is repeated here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import registry
from harness.base.seeding import derive_generator
from harness.benchmark.methods import MethodEntry
from harness.errors import HarnessError, UnknownName
from harness.runs.isolation.entry import Limits, apart
from harness.runs.pairing import Choices, Pairing, pair
from harness.runs.records import MEASURED
from harness.runs.run import Run
from harness.runs.runner import run
from harness.runs.spec import RunSpec
from harness.verify.claims import Claim, read_claim
from harness.verify.findings import Finding
from harness.verify.identity import other_environment
from harness.verify.sources import source_of

LIMITS = Limits(seconds=float("inf"))
"""No limit for a single answer: the process that verifies a record has a limit for all its work."""


def sampled_seeds(sha256: str, seeds: Sequence[int], count: int) -> tuple[int, ...]:
    """The seeds to run again. They follow from the file's hash, so they are the same for everyone who verifies it."""
    drawn = derive_generator("reproduce", sha256).permutation(len(seeds))[:count]
    return tuple(sorted(seeds[i] for i in drawn.tolist()))


def reproduce(path: str, name: str, count: int, method: str | None, source: str | None = None) -> dict[str, Any]:
    """Runs ``count`` seeds of the record again. The answer in JSON has ``seeds`` (which agree), ``findings``, and
    ``notes`` (why seeds were not compared). ``method``: the caller's ``path/to/file.py:ClassName``, which is run if the
    record names the SHA-256 of this file; ``source``: as in ``harness.verify.sources``.
    """
    answer: dict[str, Any] = {"seeds": [], "findings": [], "notes": []}
    with read_claim(Path(path)) as claim:
        return _reproduce(claim, name, count, method, source, answer)


def _reproduce(
    claim: Claim, name: str, count: int, method: str | None, source: str | None, answer: dict[str, Any]
) -> dict[str, Any]:
    if claim.spec.driven:
        answer["notes"].append("it was driven from outside, by a program that the harness does not have: replayed only")
        return answer
    entry = _entry(claim.spec, method)
    if entry is None:
        answer["notes"].append("its method is not of the harness; name its file with --method to run it again")
        return answer
    try:
        entry.require()
        pairing = _pairing(claim, entry, source)
    except HarnessError as error:
        unfit = not isinstance(error, UnknownName) and "not installed" in str(error)
        answer["notes" if unfit else "findings"].append(str(error) if unfit else vars(Finding(name, str(error))))
        return answer
    wrong = _spec_differs(claim.spec, pairing.spec)
    if wrong:
        answer["findings"].append(vars(Finding(name, wrong)))
        return answer
    sampled = sampled_seeds(claim.sha256, sorted(claim.runs), count)
    for seed, recorded in claim.each_run():
        if seed not in sampled:
            continue
        difference = next(_differences(name, recorded, seed, run(pairing, seed)), None)
        if difference is None:
            answer["seeds"].append(seed)
            continue
        other = other_environment(claim.runs[seed], entry)
        if other:
            answer["notes"].append(f"seed {seed} is not reproduced here: its ledger differs, but this is {other}")
        else:
            answer["findings"].append(vars(difference))
    return answer


def _entry(spec: RunSpec, method: str | None) -> MethodEntry | None:
    if spec.source is None:
        return registry.methods().get(spec.method)
    if method is not None:
        entry = apart(method, LIMITS)
        for each in (entry, entry.formerly()):
            if (each.source, each.name, each.recorded_path) == (spec.source, spec.method, spec.method_path):
                return each
    return None


def _pairing(claim: Claim, entry: MethodEntry, source: str | None) -> Pairing:
    """The pairing of a run of the method with the record's choices."""
    spec = claim.spec
    axis = spec.axes[0] if claim.board.setting.axes == "one" and spec.axes else None
    choices = Choices(spec.settings, axis, spec.from_scratch, spec.space, spec.workers)
    return pair(claim.board, source_of(spec.surrogates, source), entry, choices)


def _spec_differs(claimed: RunSpec, true: RunSpec) -> str:
    for field, value in true.as_dict().items():
        if claimed.as_dict()[field] != value:
            return (
                f"{field} in its spec is {claimed.as_dict()[field]!r:.100}, a run of {true.method} has {value!r:.100}"
            )
    return ""


def _differences(name: str, recorded: Mapping[str, NDArray[Any]], seed: int, outcome: Run) -> Iterator[Finding]:
    """Findings on the first row in which the ledger of a run differs from the recorded one, and on their lengths."""
    if outcome.status != "complete":
        yield Finding(name, f"run again it fails: {outcome.reason}", seed)
        return
    count = len(outcome.columns["trial"])
    rows = min(count, len(recorded["trial"]))
    first: tuple[int, str] | None = None
    for column, values in outcome.columns.items():
        if column != MEASURED:
            differs = recorded[column][:rows] != np.array(values[:rows], dtype=recorded[column].dtype)
            if differs.any() and (first is None or int(np.argmax(differs)) < first[0]):
                first = int(np.argmax(differs)), column
    if first is not None:
        row, column = first
        claimed, true = recorded[column][row], outcome.columns[column][row]
        shown, true = (value.item() if isinstance(value, np.generic) else value for value in (claimed, true))
        yield Finding(name, f"{column} is recorded as {shown!r}, but the method run again gives {true!r}", seed, row)
    if count != len(recorded["trial"]):
        message = f"it has {len(recorded['trial'])} evaluations, but the method run again makes {count}"
        yield Finding(name, message, seed)
