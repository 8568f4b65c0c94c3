"""``harness study``: runs the measurements of a paper anew and writes them beside the paper's own values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.base.jobs import check_jobs
from harness.cli.common import DEFAULT_RESULTS, note, say
from harness.cli.progress import RunProgress
from harness.errors import UnknownName, UsageError

REFERENCE = Path("../shared/data")


@click.command("study")
@click.argument("name", required=False)
@click.option("--tasks", multiple=True, metavar="NAME",
              help="Tasks, separated by commas; may be repeated.  [default: every task of the set]")  # fmt: skip
@click.option("--seeds", help="A number of seeds, or a range such as 0-9.  [default: the study's, mostly 10]")
@click.option("--method", "methods", multiple=True, metavar="NAME",
              help="Only this method of the study, slow ones included; may be repeated.")  # fmt: skip
@click.option("--surrogates", help="See: harness list surrogates.  [default: those of the study's suite, lite-1]")
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Folder of the reference data that a study reads.  [default: ../shared/data]")  # fmt: skip
@click.option("--results", default=DEFAULT_RESULTS, show_default=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of records; runs that have one there are not run again.")  # fmt: skip
@click.option("--reuse", "reused", multiple=True, metavar="DIRECTORY",
              type=click.Path(path_type=Path, file_okay=False),
              help="Another folder of records: its records are copied, not run again; may be repeated.")  # fmt: skip
@click.option("--out", default=Path("studies"), show_default=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of figures, tables and text: OUT/<source>/<study>.")  # fmt: skip
@click.option("--jobs", default=1, show_default=True, help="Processes to spread the runs over.")
@click.option("--run/--no-run", default=True, help="Run missing seeds, or only use the records that are there.")
@click.option("--width", default="full", show_default=True, help="full (6.75 inches) or column (3.3 inches).")
@click.option("--format", "formats", multiple=True, default=("png", "svg", "pdf"), show_default=True,
              help="png, svg or pdf; may be repeated.")  # fmt: skip
def command(
    name: str | None, tasks: tuple[str, ...], seeds: str | None, methods: tuple[str, ...], surrogates: str | None,
    data: Path | None, results: Path, reused: tuple[Path, ...], out: Path, jobs: int, run: bool, width: str,
    formats: tuple[str, ...],
) -> int:  # fmt: skip
    """Run a study and write its figures, tables and text (without a NAME: list the studies)."""
    from harness import registry
    from harness.registry import load_surrogates
    from harness.reports.plots.saving import check_formats
    from harness.reports.studies import catalogue, conduct, find, write
    from harness.reports.studies.conduct import Progress, check_methods

    if name is None:
        studies = catalogue()
        longest = max(map(len, studies))
        for study in studies.values():
            say(f"{study.name:<{longest}}  {study.title} ({study.source})")
        return 0
    from harness.runs.selection import parse_seeds

    check_jobs(jobs)
    study = find(name)
    check_formats(formats, width)
    chosen = [task for part in tasks for task in part.split(",") if task]
    suite = registry.suite(study.suite)
    for task in chosen:
        if study.of_surrogates and chosen != ["all"] and task not in suite.tasks:
            raise UnknownName(f"task of suite {suite.name}", task, [*suite.tasks, "all"])
    wanted = None if seeds is None else parse_seeds(seeds)
    check_methods(study, methods)
    usual = suite.source if study.of_surrogates else ""
    if usual and chosen:
        usual = registry.default_surrogates(study.suite, chosen[0])
    if surrogates is not None and not usual:
        raise UsageError(f"study {name} uses no surrogate set or table; leave out --surrogates")
    loaded = load_surrogates(surrogates or usual) if usual else None
    every = loaded.tasks if loaded is not None else ()
    failures: list[str] = []

    with RunProgress() as bar:

        def finished(spec: Any, run: Any) -> None:
            if run.status != "complete":
                failures.append(f"{spec.leaderboard} {spec.label} seed {run.seed} failed: {run.reason}")

        evidence = conduct(
            study, loaded, results, data=data or REFERENCE, tasks=every if chosen == ["all"] else chosen,
            seeds=wanted, methods=methods, n_jobs=jobs, run=run, reused=reused,
            progress=Progress(bar.total, finished, bar.tally, note, click.get_current_context().obj or ()),
        )  # fmt: skip
    report = study.report(evidence)
    for path in write(study, evidence, report, out, formats=formats, width=width):
        say(path)
    for reason in dict.fromkeys(evidence.left_out.values()):
        note(f"left out: {reason}")
    for problem in evidence.problems:
        note(problem)
    return 1 if evidence.problems else 0
