"""The batches of jobs: the runs of each job, with the source and the method as their workers get them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from harness.benchmark.source import Source
from harness.runs.execution.executors import Batch, Executor
from harness.runs.execution.executors.handshake import describe
from harness.runs.execution.executors.shipping import elsewhere, shipped
from harness.runs.execution.job import Job
from harness.sources.shelf import available_sets


def batches_of(jobs: Sequence[Job], todo: Sequence[tuple[int, ...]], executor: Executor) -> list[Batch]:
    """One batch per job, which ``dispatch`` cuts into smaller ones. WorkersRefused if workers on other machines would
    not give the same bytes.
    """
    if not executor.remote:
        return [
            Batch(
                job.spec,
                elsewhere(job.entry) if executor.batched else job.entry,
                seeds,
                job.pairing.source.path or job.pairing.source,
            )
            for job, seeds in zip(jobs, todo, strict=True)
        ]
    libraries = tuple(dict.fromkeys(name for job in jobs for name in job.entry.libraries))
    references = [reference(job.pairing.source) for job in jobs]
    expected: dict[str | Path | Source, Mapping[str, str]] = {}
    for source, where in {job.pairing.source: where for job, where in zip(jobs, references, strict=True)}.items():
        ask = partial(describe, where, source.hash, libraries)
        expected[where] = ask()
        executor.check(expected[where], ask)
    return [
        Batch(job.spec, shipped(job.entry), seeds, where, expected[where])
        for job, seeds, where in zip(jobs, todo, references, strict=True)
    ]


def reference(source: Source) -> str | Path | Source:
    """How a worker on another machine gets a source: by its name, where this name leads to the same folder here, else
    by its folder. A source that is in no folder is sent as an object.
    """
    if source.path is None:
        return source
    return source.name if available_sets().get(source.name) == source.path else source.path
