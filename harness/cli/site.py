"""``harness site``: a static site of a results folder."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.common import BASELINES, LEADERBOARDS, note, say


@click.command("site")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR",
              help="Folder of the site; a site that is there already is replaced.")  # fmt: skip
@click.option("--results", default=BASELINES, show_default=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of records.")  # fmt: skip
@click.option("--leaderboards", default=LEADERBOARDS, show_default=True,
              type=click.Path(path_type=Path, file_okay=False),
              help="Folder with submissions and published entries.")  # fmt: skip
@click.option("--surrogates", metavar="NAME", help="This source only.  [default: all, each in a folder of its own]")
@click.option("--without-ledgers", is_flag=True, help="Leave out the copies of the records that pages link to.")
def command(out: Path, results: Path, leaderboards: Path, surrogates: str | None, without_ledgers: bool) -> int:
    """Write a static site: tables, interactive plots and a compare view, for any browser, without a server or network.

    Open DIR/index.html, or put DIR anywhere that serves files.
    """
    from harness.reports.site.build import build

    built = build(
        out, results, leaderboards, surrogates, not without_ledgers,
        on_set=lambda name: say(f"reading the records of {name}", err=True),
    )  # fmt: skip
    for name, entries in built.entries.items():
        say(f"{name}: {entries} entries")
    if built.pages:
        say(f"{out / 'index.html'}  ({built.pages} pages, {built.size / 2**20:.1f} MiB)")
    for problem in built.problems:
        note(f"{problem}; it was left out")
    if not built.pages:
        note("no record could be used, so no site was written")
    return 1 if built.problems else 0
