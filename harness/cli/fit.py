"""``harness fit``: the embedded surrogate set, fitted anew from reference data."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("fit")
@click.option("--data", default=Path("../shared/data"), show_default=True, type=click.Path(path_type=Path),
              help="Folder of the reference data.")  # fmt: skip
@click.option("--out", default=Path("lite-1"), show_default=True, type=click.Path(path_type=Path),
              help="Directory of the set to write; its name is the set's name.")  # fmt: skip
@click.option("--report", is_flag=True, help="Print Kendall's tau and R2 beside the paper's Table 4.")
def command(data: Path, out: Path, report: bool) -> None:
    """Fit the surrogate models of every task and metric (needs the extra: pip install 'jahs-harness[fit]')."""
    from harness import registry

    registry.suite().fit(data, out, report=report, echo=click.echo)
