"""``harness run``: runs methods on leaderboards and prints their scores."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import click

from harness.base.jobs import check_jobs
from harness.benchmark.settings import parse_settings
from harness.cli.common import DEFAULT_RESULTS, note, say
from harness.cli.progress import RunProgress
from harness.errors import UsageError

SHOWN = 20
"""The most failed runs whose reasons are printed."""


@click.command("run")
@click.option(
    "--task", default="", help="A task (see: harness list tasks --suite NAME), such as cifar10, or all.  [required]"
)
@click.option("--setting", default="", help="bb, ca, mf or multi-mf (some suites have fewer), or all.  [required]")
@click.option("--objective", default="single", show_default=True, help="single or multi.")
@click.option("--method", "methods", multiple=True, metavar="NAME",
              help="A method (see: harness list methods), path/to/file.py:NAME or package.module:NAME of a class or "
                   "function; may be repeated. Default: the setting's own baseline.")  # fmt: skip
@click.option("--seeds", default="10", show_default=True, help="A number of seeds, or a range such as 0-9.")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="A setting of the method; may be repeated.")
@click.option("--preset", default="", metavar="NAME",
              help="A preset of the suite: published settings of its methods (see: harness list presets).")  # fmt: skip
@click.option(
    "--fidelity", metavar="AXIS", help="The one axis of setting mf, such as epoch (default), N, W or Resolution."
)
@click.option(
    "--from-scratch", is_flag=True, help="No training continues from a checkpoint, so every evaluation pays in full."
)
@click.option("--space", help="The joint space (default) or a derived one of the suite, such as hpo or nas.")
@click.option("--surrogates", help="See: harness list surrogates.  [default: the suite's own]")
@click.option("--suite", default="", help="See: harness list suites.  [default: jahs]")
@click.option("--protocol", default="", help="See: harness list protocols.  [default: the suite's leaderboards]")
@click.option("--workers", type=int, help="Simulated workers.  [default: the leaderboard's own: 1, or the protocol's]")
@click.option("--jobs", default=1, show_default=True, help="Processes to spread the runs over (-1: one for each core).")
@click.option(
    "--cluster",
    metavar="WHERE",
    help="A Dask cluster to spread the runs over: dask://HOST:PORT, local (--jobs processes) or slurm.",
)
@click.option("--cluster-config", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="The SLURM jobs' configuration, TOML or YAML.")  # fmt: skip
@click.option("--results", default=DEFAULT_RESULTS, show_default=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of records.")  # fmt: skip
@click.option(
    "--progress",
    type=click.Choice(["auto", "plain", "none"]),
    default="auto",
    show_default=True,
    help="On standard error: a display on a terminal (auto), a line now and then (plain), or nothing.",
)
@click.option("--isolate", is_flag=True,
              help="Run each seed's method in a process of its own, which knows only the problem.")  # fmt: skip
@click.option("--isolate-seconds", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
              help="Seconds that an isolated method may take for an answer.  [default: 300]")  # fmt: skip
@click.option("--isolate-memory", type=click.IntRange(1), metavar="MIB",
              help="Memory of an isolated method (Linux).  [default: 4096]")  # fmt: skip
@click.option("--rerun", is_flag=True, help="Run seeds again even if they have a record.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per leaderboard and method.")
def command(
    task: str, setting: str, objective: str, methods: tuple[str, ...], seeds: str, pairs: tuple[str, ...],
    preset: str, fidelity: str | None, from_scratch: bool, space: str | None, surrogates: str | None, suite: str,
    protocol: str, workers: int | None, jobs: int, cluster: str | None, cluster_config: Path | None, results: Path,
    progress: str, isolate: bool, isolate_seconds: float | None, isolate_memory: int | None, rerun: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Run methods on leaderboards and print mean and standard error over seeds."""
    from harness.base.frames import last_own_line
    from harness.cli.scores import print_scores
    from harness.runs.api import collect
    from harness.runs.execution.execute import execute
    from harness.runs.execution.executors import check_cluster
    from harness.runs.isolation.entry import MEMORY, SECONDS, Limits
    from harness.runs.selection import Selection

    check_jobs(jobs)
    if not isolate and (isolate_seconds, isolate_memory) != (None, None):
        raise UsageError("--isolate-seconds and --isolate-memory are limits of --isolate; give --isolate too")
    limits = Limits(isolate_seconds or SECONDS, (isolate_memory or MEMORY) << 20) if isolate else None
    check_cluster(cluster, cluster_config)
    selection = Selection(
        task, setting, methods, seeds, objective, parse_settings(pairs), fidelity, from_scratch, space, workers, suite,
        protocol, preset, limits,
    )  # fmt: skip
    work = selection.jobs(selection.load(surrogates))
    if not work:
        raise UsageError(f"none of {', '.join(methods)} runs in any of these settings; see: harness list methods")
    failures: list[tuple[str, str]] = []
    debug = click.get_current_context().find_root().params.get("debug", False)

    with RunProgress(mode=progress) as display:

        def finished(spec: Any, run: Any) -> None:
            if run.status != "complete":
                where = "" if cluster is None else f" on {run.host}"
                line = last_own_line(run.traceback or "")
                reason = f"{run.reason} ({line})" if line else run.reason
                told = f"{spec.leaderboard} {spec.label} seed {run.seed} failed{where}: {reason}"
                failures.append((told, run.traceback or ""))

        errors = execute(
            work, results, n_jobs=jobs, cluster=cluster, cluster_config=cluster_config, rerun=rerun,
            command=click.get_current_context().obj or (), on_total=display.total, on_run=finished,
            on_tally=display.tally, on_note=note,
        )  # fmt: skip
    found = collect(work, results, errors, scores_only=True)
    rows = found.summary()
    if as_json:
        for row in rows:
            say(json.dumps({k: None if _is_nan(v) else v for k, v in row.items()}))
    elif rows:
        print_scores(found, rows, results)
    for error in found.errors:
        note(f"{error}{error.fate}")
    for failure, trace in failures[:SHOWN]:
        note(failure)
        if debug and trace:
            say(trace.rstrip(), err=True)
    if failures and not debug and any(trace for _, trace in failures[:SHOWN]):
        note("see every traceback with: harness run ... --debug --rerun")
    if len(failures) > SHOWN:
        note(f"and {len(failures) - SHOWN} more failed; why: harness status {results} --failed")
    kept = sum(r["failed"] for r in rows)
    if kept > len(failures):
        note(f"{kept - len(failures)} seeds of these entries failed in earlier runs and are not scored")
    return 1 if found.errors or kept else 0


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
