"""``harness fit``: fits the embedded surrogate set from reference data, or reports its quality."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.common import say
from harness.errors import UsageError


@click.command("fit")
@click.option("--data", default=Path("../shared/data"), show_default=True, type=click.Path(path_type=Path),
              help="Folder of the reference data.")  # fmt: skip
@click.option("--out", default=Path("harness/sources/embedded/lite-1"), show_default=True,
              type=click.Path(path_type=Path),
              help="Directory of the set to write; an existing one is replaced at the end.")  # fmt: skip
@click.option("--report", is_flag=True, help="Fit nothing: print the set's Kendall's tau and R2 beside the paper's.")
def command(data: Path, out: Path, report: bool) -> None:
    """Fit the surrogate models of every task and metric (needs: pip install 'jahs-harness[fit]')."""
    from harness import registry
    from harness.sources.shelf import EMBEDDED

    try:
        fitting = registry.fitting()
    except ImportError as error:
        raise UsageError(f"harness fit needs {error.name}: pip install 'jahs-harness[fit]'") from None
    if not report:
        fitting.fit(data, out, report=say)
    say(fitting.report(out if out.is_dir() else EMBEDDED / out.name))
