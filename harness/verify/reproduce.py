"""Runs a record's method again on some of its seeds: the same proposals must come out, row by row.

Only methods that ship with the harness are run, or the one file the caller names; a record cannot name code to be run.
The caller's file is a stranger's: it is run in a process of its own (``harness.runs.isolation``). The methods that ship
are as much part of the harness as this module is.
This is the one module of the verifier that uses the runner: here it is the claim that is run, not the check.
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
from harness.registry import load_surrogates
from harness.runs.isolation.entry import Limits, apart
from harness.runs.pairing import Choices, Pairing, pair
from harness.runs.records import MEASURED, environment
from harness.runs.run import Run
from harness.runs.runner import run
from harness.runs.spec import RunSpec
from harness.verify.claims import Claim, read_claim
from harness.verify.findings import Finding

LIMITS = Limits(seconds=float("inf"))
"""This very process has a limit of time for everything."""


def sampled_seeds(sha256: str, seeds: Sequence[int], count: int) -> tuple[int, ...]:
    """Which seeds are run again: a fixed function of the file, the same for everyone who verifies it."""
    drawn = derive_generator("reproduce", sha256).permutation(len(seeds))[:count]
    return tuple(sorted(seeds[i] for i in drawn.tolist()))


def reproduce(path: str, name: str, count: int, method: str | None) -> dict[str, Any]:
    """Runs ``count`` seeds of the record again. JSON: ``seeds`` that agree, ``findings``, ``notes`` (why it was not
    done). ``method``: the caller's ``path/to/file.py:ClassName``, run where the record names that file's SHA-256.
    """
    answer: dict[str, Any] = {"seeds": [], "findings": [], "notes": []}
    with read_claim(Path(path)) as claim:
        return _reproduce(claim, name, count, method, answer)


def _reproduce(claim: Claim, name: str, count: int, method: str | None, answer: dict[str, Any]) -> dict[str, Any]:
    entry = _entry(claim.spec, method)
    if entry is None:
        answer["notes"].append("its method is not of the harness; name its file with --method to run it again")
        return answer
    try:
        entry.require()
        pairing = _pairing(claim, entry)
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
        other = _other_environment(claim.runs[seed], entry)
        if other:
            answer["notes"].append(f"run again with {other} its ledger differs, which may be why")
        else:
            answer["findings"].append(vars(difference))
    return answer


def _entry(spec: RunSpec, method: str | None) -> MethodEntry | None:
    if spec.source is None:
        return registry.methods().get(spec.method)
    if method is not None:
        entry = apart(method, LIMITS)
        if entry.source == spec.source and entry.name == spec.method:
            return entry
    return None


def _pairing(claim: Claim, entry: MethodEntry) -> Pairing:
    """The pairing that a run of the method under the record's choices would have."""
    spec = claim.spec
    axis = spec.axes[0] if claim.board.setting.axes == "one" and spec.axes else None
    choices = Choices(spec.settings, axis, spec.from_scratch, spec.space, spec.workers)
    return pair(claim.board, load_surrogates(spec.surrogates), entry, choices)


def _spec_differs(claimed: RunSpec, true: RunSpec) -> str:
    for field, value in true.as_dict().items():
        if claimed.as_dict()[field] != value:
            return (
                f"{field} in its spec is {claimed.as_dict()[field]!r:.100}, a run of {true.method} has {value!r:.100}"
            )
    return ""


def _differences(name: str, recorded: Mapping[str, NDArray[Any]], seed: int, outcome: Run) -> Iterator[Finding]:
    """Where the ledger of a run differs from the recorded one, first row first."""
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
        shown = claimed.item() if isinstance(claimed, np.generic) else claimed
        yield Finding(name, f"{column} is recorded as {shown!r}, but the method run again gives {true!r}", seed, row)
    if count != len(recorded["trial"]):
        message = f"it has {len(recorded['trial'])} evaluations, but the method run again makes {count}"
        yield Finding(name, message, seed)


def _other_environment(head: Mapping[str, Any], entry: MethodEntry) -> str:
    """In which versions this environment differs from the run's, where that can change what a library proposes."""
    if not entry.libraries:
        return ""  # our own methods give the same ledger everywhere
    here = environment(entry.libraries)
    then: Mapping[str, Any] = head["versions"] if isinstance(head["versions"], dict) else {}
    others = [f"{k} {v} (then {then.get(k)})"[:80] for k, v in here["versions"].items() if then.get(k) != v]
    return ", ".join(others + [here["platform"]] * (here["platform"] != head["platform"]))
