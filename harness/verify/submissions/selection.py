"""Chooses the records of a results folder that make a submission, and says why some cannot."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from harness import registry
from harness.benchmark.own import former_name, is_own
from harness.errors import SubmissionError, UsageError
from harness.runs import records
from harness.runs.records import Record
from harness.runs.records.digest import digest
from harness.runs.results import Results
from harness.runs.spec import RunSpec
from harness.verify.submissions.consistency import declared_axis, foreign, method_label

IDENTITY = ("surrogates_hash", "method_path", "preset", "settings", "source", "from_scratch", "continuation")
"""The fields of the spec in which all records of a submission agree, besides the name of the method."""
ABSOLUTE = re.compile(r"(?:^|[\s=:,;'\"(])(?:/[^/\s]|~/|[A-Za-z]:[\\/]|\\\\)|file://")
"""The beginning of an absolute path, which belongs to somebody's machine."""


def choose(results: Results, method: str | None = None, leaderboards: Sequence[str] = ()) -> list[Record]:
    """The records of one method, one for each leaderboard, in the order of the leaderboards.

    ``method`` is a label as in tables, the same without its axis, or ``path/to/file.py:ClassName``. UsageError says
    which of ``--method``, ``--leaderboard`` and ``--results`` would make the choice clear.
    """
    boards = {name: registry.leaderboard_of(name) for name in leaderboards}
    found = [r for r in results if not boards or r.spec.leaderboard in boards]
    if not found:
        raise UsageError("there are no records of these leaderboards in the results folder")
    if method is not None and is_own(method):
        of_class = [r for r in found if _is_of(r.spec, *method.rsplit(":", 1))]
        labels = sorted({method_label(r.spec) for r in of_class})
        method = labels[0] if len(labels) == 1 else method
        found = of_class or found
    labels = sorted({method_label(r.spec) for r in found})
    if method is None and len(labels) > 1:
        raise UsageError(f"the records are of several methods, choose one with --method: {', '.join(labels)}")
    if method is not None:
        found = [r for r in found if method in (r.spec.label, method_label(r.spec))]
        if not found:
            raise UsageError(f"there are no records of method {method!r}; there are: {', '.join(labels)}")
        exact = {r.spec.leaderboard for r in found if r.spec.label == method}
        found = [r for r in found if r.spec.label == method or r.spec.leaderboard not in exact]
    sets = sorted({r.spec.surrogates for r in found})
    if len(sets) > 1:
        raise UsageError(
            f"the records are of surrogate sets {', '.join(sets)}; submit one at a time: --results …/{sets[0]}"
        )
    missing = [name for name in boards if name not in {r.spec.leaderboard for r in found}]
    if missing:
        raise UsageError(f"there are no records of {found[0].spec.label} on {', '.join(missing)}")
    found.sort(key=lambda r: registry.order_of(r.spec.leaderboard))
    for one, other in pairwise(found):
        if one.spec.leaderboard == other.spec.leaderboard:
            raise UsageError(
                f"{one.path} and {other.path} are both of {one.spec.leaderboard}; choose by label with --method, "
                f"or move one away"
            )
    return found


def refuse_unfit(found: Sequence[Record], results: Path, deterministic: bool) -> None:
    """SubmissionError with a sentence for each record that is incomplete or does not fit its leaderboard, and for each
    difference that shows that the records are not of one method.
    """
    problems = [f"{r.spec.leaderboard} {r.spec.label}: {p}" for r in found for p in _unfit(r, results, deterministic)]
    problems += _differences(found)
    if problems:
        raise SubmissionError("these records cannot be submitted; nothing was written\n  " + "\n  ".join(problems))


def axis_of(found: Sequence[Record]) -> str:
    """The axis that the records declare, "" for none. SubmissionError if they declare several."""
    axes = {r.spec.leaderboard: axis for r in found if (axis := declared_axis(r.spec)) is not None}
    if len(set(axes.values())) > 1:
        declared = ", ".join(f"{axis or 'none'} on {board}" for board, axis in axes.items())
        raise SubmissionError(f"a submission declares one fidelity axis before its runs; these have {declared}")
    return next(iter(axes.values()), "")


def run_command(spec: RunSpec, results: Path, seeds: int) -> str:
    """The command line that makes or completes the record of a spec, with seeds 0 to ``seeds`` - 1."""
    board = registry.leaderboard_of(spec.leaderboard)
    method = spec.method
    if spec.source is not None and not spec.method_path.endswith("entry point"):
        file, _, attribute = spec.method.rpartition(".")  # as records of earlier versions have it
        if spec.method_path != spec.method:
            file, attribute = "file", _class_of(spec)
        method = f"path/to/{file}.py:{attribute}"
    words = ["harness", "run", "--task", board.task, "--objective", board.objective, "--setting", board.setting.name]
    words += ["--method", method, "--seeds", str(seeds), "--surrogates", spec.surrogates, "--results", str(results)]
    words += [word for name, value in sorted(spec.settings.items()) for word in ("--set", f"{name}={value}")]
    if declared_axis(spec) not in (None, "", board.continues):
        words += ["--fidelity", spec.axes[0]]
    if spec.from_scratch:
        words.append("--from-scratch")
    return shlex.join(words)


def _class_of(spec: RunSpec) -> str:
    """The class or function of a user's own method: ``class Mine, name declared`` is ``Mine``."""
    return spec.method_path.partition(",")[0].rpartition(" ")[2]


def _is_of(spec: RunSpec, file: str, attribute: str) -> bool:
    return spec.source is not None and (_class_of(spec) == attribute or spec.method == former_name(file, attribute))


def _unfit(record: Record, results: Path, deterministic: bool) -> Iterator[str]:
    spec, runs = record.spec, record.runs
    needed = registry.leaderboard_of(spec.leaderboard).seeds
    count = max(needed, max(runs, default=0) + 1)
    command = run_command(spec, results, count)
    strange = foreign(spec)
    if strange:
        yield from (f"{sentence}; run: {command}" for sentence in strange)
        return
    failed = {seed: head for seed, head in runs.items() if head["status"] != "complete"}
    if failed:
        seed, head = next(iter(failed.items()))
        yield f"{len(failed)} of its runs failed (seed {seed}: {head['reason']}); mend the method and run: {command}"
        return
    missing = [seed for seed in range(count) if seed not in runs]
    if missing:
        named = ", ".join(map(str, missing[:10])) + (f", … ({len(missing):,} in all)" if len(missing) > 10 else "")
        yield f"it lacks seeds {named} of 0 to {count - 1}; run: {command}"
        return
    if records.part_files(record.path) or record.path.parent.name.endswith(".parts"):
        yield f"its runs were interrupted before they were joined; run: {command}"
        return
    leaks = sorted({text for text in _texts([spec.as_dict(), *runs.values()]) if ABSOLUTE.search(text)})
    if leaks:
        yield f"its header names a path of your machine ({leaks[0]!r}); leave paths out of the method's settings"
    yield from _repetitions(record, deterministic)


def _repetitions(record: Record, deterministic: bool) -> Iterator[str]:
    """Sentences about seeds with the same ledger: such a record has fewer independent runs than seeds."""
    first: dict[str, int] = {}
    for seed in sorted(record.runs):
        rows = record.table.filter(pc.equal(record.table["seed"], seed)).drop_columns(["seed"])
        first.setdefault(digest(rows.combine_chunks(), {}), seed)
    if deterministic and len(first) > 1:
        yield "its seeds have different ledgers; leave --deterministic out"
    if not deterministic and len(first) == 1:
        yield "all its seeds have the same ledger; if the method is deterministic, add --deterministic"
    if not deterministic and 1 < len(first) < len(record.runs):
        yield "some of its seeds have the same ledger, so it has fewer independent runs than seeds"


def _differences(found: Sequence[Record]) -> Iterator[str]:
    """Sentences about the fields and versions that are not the same in all records."""
    first = found[0].spec
    for name in IDENTITY:
        for record in found[1:]:
            one, other = getattr(first, name), getattr(record.spec, name)
            if one != other:
                yield (
                    f"{name} is {_short(one)} on {first.leaderboard} but {_short(other)} on {record.spec.leaderboard}; "
                    f"a submission is one method: run one of them again, or submit a part with --leaderboard"
                )
                break
    seen: dict[str, str] = {}
    told: set[str] = set()
    for record in found:
        for head in record.runs.values():
            for library, version in _versions(head):
                if seen.setdefault(library, version) != version and library not in told:
                    told.add(library)
                    yield (
                        f"they were run with {library} {seen[library]} and {version}; run them with one version: "
                        f"{run_command(record.spec, Path('RESULTS'), len(record.runs))} --rerun"
                    )


def _versions(head: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for library, version in dict(head.get("versions", {})).items():
        if library not in ("python", "numpy"):
            yield str(library), str(version)


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else text[:12] + "…"


def _texts(value: Any) -> Iterator[str]:
    """Every text in a header, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
