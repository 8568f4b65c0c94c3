"""``harness verify``: replays records with a second implementation of the rules."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.base.escape import printable
from harness.base.jobs import check_jobs
from harness.cli.common import say
from harness.cli.progress import RunProgress
from harness.errors import UsageError
from harness.verify.confine import Bounds
from harness.verify.findings import REFUSED


@click.command("verify")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--reproduce", default=1, show_default=True, metavar="N",
              help="Seeds of each record to run again with its method; 0: replay only.")  # fmt: skip
@click.option("--method", metavar="FILE.py:CLASS", help="A method in a file of yours, to run its records' seeds again.")
@click.option(
    "--source",
    metavar="FILE.py:NAME",
    help="A source made in a Python file of yours, to replay the records made with it.",
)
@click.option("--limit", default=100.0, show_default=True, help="Real seconds that a record may take per 32 MiB.")
@click.option("--jobs", default=1, show_default=True, help="Processes (-1: every core).")
@click.option(
    "--save",
    "keep",
    is_flag=True,
    help="List the records that passed in PATH/verification.csv, which the tables read (submissions have their own).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per record, then one per other finding.")
def command(
    paths: tuple[Path, ...], reproduce: int, method: str | None, source: str | None, limit: float, jobs: int,
    keep: bool, as_json: bool,
) -> int:  # fmt: skip
    """Verify results folders, submissions or records: every number is computed again by a second implementation.

    Prints "verified", or for each finding the run, the row, the claim and the truth. Exit code 1 if there is a finding.
    """
    from harness.verify.api import save, verify

    check_jobs(jobs)
    if reproduce < 0 or not limit > 0:
        raise UsageError("--reproduce must be at least 0 and --limit above 0")
    if keep and (len(paths) != 1 or not paths[0].is_dir()):
        raise UsageError("--save writes into the folder that is verified; give one folder")
    with RunProgress("records") as progress:
        found = verify(
            list(paths), reproduce=reproduce, method_file=method, source_file=source, jobs=jobs, bounds=Bounds(limit),
            kept=not keep, on_total=progress.total, on_step=progress.step,
        )  # fmt: skip
    if as_json:
        for verdict in found.verdicts:
            say(json.dumps({k: v for k, v in verdict.as_json().items() if k not in ("fingerprints", "traces")}))
        for finding in found.others:
            say(json.dumps(vars(finding)))
    else:
        for finding in found.findings:
            say(str(finding))
        for verdict in found.verdicts:
            for note in verdict.notes:
                say(printable(f"note: {verdict.leaderboard} {verdict.label}: {note}"))
    note = f"; written to {', '.join(map(str, save(found, paths[0])))}" if keep else ""
    passed = [v for v in found.verdicts if v.state != REFUSED]
    again = sum(len(v.reproduced_seeds) for v in passed)
    rows = sum(v.evaluations for v in passed)
    words = f"{len(passed)} of {len(found.verdicts)} records, {rows:,} evaluations replayed, {again} runs reproduced"
    outcome = f"{'verified' if found.ok else 'not verified'}: {words}{note}"
    say(outcome, err=as_json)
    return 0 if found.ok else 1
