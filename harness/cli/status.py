"""``harness status``: how many runs of a results folder are done, while a command fills it or after an interruption."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.common import DEFAULT_RESULTS, note, say
from harness.cli.progress import duration, line

if TYPE_CHECKING:
    from harness.runs.execution.survey import Survey


@click.command("status")
@click.argument("folder", default=DEFAULT_RESULTS, type=click.Path(path_type=Path, file_okay=False), metavar="[DIR]")
@click.option("--failed", is_flag=True, help="Show why seeds failed, with the methods' tracebacks.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(folder: Path, failed: bool, as_json: bool) -> int:
    """Count the done, running, failed and missing runs of a results folder (default: results/local), and print the
    command that continues.
    """
    from harness.runs.execution.survey import survey

    found = survey(folder)
    if as_json:
        say(json.dumps(found.as_dict()))
    else:
        _print(found, failed)
    for error in found.errors:
        note(str(error))
    return 1 if found.errors else 0


def _print(found: Survey, failed: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from harness.cli.console import PlainConsole

    console = PlainConsole(160)
    table = Table("leaderboard", "method", "surrogates", box=SIMPLE_HEAD)
    for name in ("done", "running", "failed", "missing", "last written"):
        table.add_column(name, justify="right")
    for row in found.rows:
        age = "never" if row.age is None else f"{duration(row.age)} ago"
        numbers = [str(number) for number in (len(row.done), row.running, len(row.failed), len(row.missing))]
        table.add_row(row.leaderboard, row.method, row.surrogates, *numbers, age)
    console.print(table)
    for command in found.commands:
        sign = f"started {duration(command.age)} ago, last sign {duration(command.silence)} ago"
        who = f"process {command.plan.pid} on {command.plan.host}"
        if command.alive:
            told = f"running, {who} ({sign}): {line(command.plan.progress)}\n  {command.plan.resume()}"
        else:
            why = "interrupted" if command.plan.state in ("running", "interrupted") else command.plan.state
            told = f"not finished, {who} ({sign}): {why}\n  go on with: {command.plan.resume()}"
        console.print(told, soft_wrap=True)
    _print_lines(console, found, failed)


def _print_lines(console: Any, found: Survey, failed: bool) -> None:
    lines: list[str] = []
    for row in found.rows:
        if row.parts and not row.running:
            lines.append(f"{row.leaderboard} {row.method}: {row.parts} runs are not joined into the record yet; they "
                         "count already, and the next command that runs this method there joins them")  # fmt: skip
    count = sum(len(row.failed) for row in found.rows)
    if count and not failed:
        lines.append(f"{count} runs failed; why: harness status {found.folder} --failed")
    lines += _reasons(found) if failed else ()
    for text in lines:
        console.print(text, soft_wrap=True)


def _reasons(found: Survey) -> Iterable[str]:
    for row in found.rows:
        for seed, head in row.failed.items():
            trace = "" if not head.get("traceback") else "\n" + str(head["traceback"]).rstrip()
            yield f"{row.leaderboard} {row.method} seed {seed}: {head.get('reason')}{trace}"
