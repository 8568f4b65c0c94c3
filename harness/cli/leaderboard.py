"""``harness leaderboard``: the committed baselines and the rendered tables."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.base.escape import printable
from harness.base.files import write_text
from harness.base.jobs import check_jobs
from harness.cli.common import BASELINES, LEADERBOARDS, note, say
from harness.cli.progress import RunProgress
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.runs.execution.baselines import BaselinePlan


@click.group("leaderboard")
def command() -> None:
    """Run the baselines and render the tables of the leaderboards."""


@command.command("baselines")
@click.option("--jobs", default=1, show_default=True, help="Processes to spread the runs over.")
@click.option("--results", default=BASELINES, show_default=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of records.")  # fmt: skip
@click.option("--surrogates", default="lite-1", show_default=True, help="See: harness list surrogates.")
@click.option("--seeds", default="10", show_default=True, help="A number of seeds, or a range such as 0-9.")
@click.option("--method", "methods", multiple=True, metavar="NAME", help="Only this method; may be repeated.")
@click.option("--leave-out", multiple=True, metavar="NAME", help="Not this method; may be repeated.")
@click.option("--task", "tasks", multiple=True, metavar="NAME", help="Only this task; may be repeated.")
@click.option("--objective", "objectives", multiple=True, metavar="NAME", help="single or multi.")
@click.option("--setting", "settings", multiple=True, metavar="NAME", help="bb, ca, mf or multi-mf; may be repeated.")
def baselines(
    jobs: int, results: Path, surrogates: str, seeds: str, methods: tuple[str, ...], leave_out: tuple[str, ...],
    tasks: tuple[str, ...], objectives: tuple[str, ...], settings: tuple[str, ...],
) -> int:  # fmt: skip
    """Run every method on every leaderboard it supports, cheap methods first.

    Seeds that have a record are not run again, so the same command continues after an interruption. A method whose
    library is not installed is left out and named.
    """
    from harness.registry import load_surrogates
    from harness.runs.execution.baselines import plan
    from harness.runs.execution.execute import execute
    from harness.runs.selection import parse_seeds

    check_jobs(jobs)
    loaded = load_surrogates(surrogates)
    work = plan(
        loaded, parse_seeds(seeds), methods=methods, leave_out=leave_out, tasks=tasks, objectives=objectives,
        settings=settings,
    )  # fmt: skip
    if not work.jobs:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in work.left_out.items())
        raise UsageError(f"nothing is left to run ({reasons})")
    ran: dict[str, list[float]] = {}
    failures: list[str] = []

    with RunProgress() as progress:

        def finished(spec: Any, run: Any) -> None:
            ran.setdefault(spec.method, []).append(run.method_seconds)
            if run.status != "complete":
                failures.append(f"{spec.leaderboard} {spec.label} seed {run.seed} failed: {run.reason}")

        errors = execute(
            work.jobs, results, n_jobs=jobs, command=click.get_current_context().obj or (),
            on_total=progress.total, on_run=finished, on_tally=progress.tally, on_note=note,
        )  # fmt: skip
    _report(work, ran)
    for error in errors:
        note(f"{error}{error.fate}")
    for failure in failures:
        note(failure)
    elsewhere = [] if results == BASELINES else ["--results", str(results)]
    verify = shlex.join(["harness", "verify", str(results), "--save"])
    say(f"Next: {verify}, then: {shlex.join(['harness', 'leaderboard', 'render', *elsewhere])}")
    return 1 if errors or failures else 0


def _report(work: BaselinePlan, ran: dict[str, list[float]]) -> None:
    """Prints a line per method that was run or left out."""
    boards: dict[str, int] = {}
    wanted: dict[str, int] = {}
    for job in work.jobs:
        name = job.spec.method
        boards[name] = boards.get(name, 0) + 1
        wanted[name] = wanted.get(name, 0) + len(job.seeds)
    width = max(map(len, [*boards, *work.left_out]))
    for name, count in boards.items():
        seconds = ran.get(name, [])
        there = wanted[name] - len(seconds)
        parts = [
            f"{count} leaderboard{'' if count == 1 else 's'}",
            *([f"{len(seconds)} runs, {sum(seconds):.0f} s inside the method"] if seconds else []),
            *([f"{there} there already"] if there else []),
        ]
        say(f"{name:<{width}}  {', '.join(parts)}")
    for name, reason in work.left_out.items():
        say(f"{name:<{width}}  left out: {reason}")


@command.command("check")
@click.argument("tree", type=click.Path(path_type=Path), metavar="PULL-REQUEST-TREE")
@click.argument("base", type=click.Path(path_type=Path), metavar="BASE-TREE")
def check(tree: Path, base: Path) -> int:
    """Check what a pull request adds and changes: one submission and the rendered tables, nothing else.

    PULL-REQUEST-TREE is a checkout of the repository with the pull request, BASE-TREE a checkout without it. Nothing in
    them is run. Prints one line for each finding. Exit code 0 without findings, 1 with findings, 2 for wrong usage.
    Records and tables are judged by: harness verify, harness leaderboard render --check.
    """
    from harness.reports.tables.pull_request import check, deeds

    found, problems = check(tree, base)
    for deed in deeds(found, tree, base):
        note(printable(f"note: it {deed}"))
    for problem in problems:
        say(printable(problem))
    count = len(found.all)
    say(f"{'not ' if problems else ''}in order: {count} file{'' if count == 1 else 's'} added, changed or removed")
    return 1 if problems else 0


@command.command("render")
@click.option("--results", default=BASELINES, show_default=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of the baselines' records.")  # fmt: skip
@click.option("--leaderboards", default=LEADERBOARDS, show_default=True,
              type=click.Path(path_type=Path, file_okay=False), help="Folder of tables and submissions.")  # fmt: skip
@click.option("--surrogates", metavar="NAME", help="This source only.  [default: all]")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is not what the records give.")
def render(results: Path, leaderboards: Path, surrogates: str | None, check: bool) -> int:
    """Render the tables of every surrogate set from its records: README.md and scores.csv."""
    from harness.reports.tables.render import render

    # Tables without their baselines would replace those that are there.
    if not results.is_dir() and any(leaderboards.glob("*/scores.csv")):
        raise UsageError(
            f"there are no records in {results}; make some with: harness leaderboard baselines --results {results}"
        )
    rendered = render(results, leaderboards, surrogates)
    outdated = rendered.outdated
    for path, text in rendered.files.items():
        if not check:
            if path in outdated:
                write_text(path, text)
            say(f"{path}{'' if path in outdated else ' (unchanged)'}")
    for problem in rendered.problems:
        note(f"{problem}; it was left out")
    if check:
        again = ["harness", "leaderboard", "render"]
        again += ["--results", str(results)] * (results != BASELINES)
        again += ["--leaderboards", str(leaderboards)] * (leaderboards != LEADERBOARDS)
        for path in outdated:
            note(f"{path} is not what the records give; run: {shlex.join(again)}")
    return 1 if rendered.problems or (check and outdated) else 0
