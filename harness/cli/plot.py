"""``harness plot``: figures of a results folder."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.common import DEFAULT_RESULTS, note, say
from harness.errors import UsageError


@click.command("plot")
@click.option("--results", default=DEFAULT_RESULTS, show_default=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of records.")  # fmt: skip
@click.option("--out", default=Path("plots"), show_default=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of the pictures.")  # fmt: skip
@click.option("--kind", default="trajectory", show_default=True,
              help="trajectory, quartiles (median, over time), regret (normalised), ranks (average, over time), "
                   "differences (critical-difference diagram), profile, runtime (empirical distribution), "
                   "improvement (probability of ending better), speedup, or attainment (two objectives)."
              )  # fmt: skip
@click.option(
    "--reference",
    metavar="METHOD",
    help="The method that improvement and speedup compare with.  [default: the setting's baseline]",
)
@click.option("--method", "methods", multiple=True, metavar="NAME",
              help="Draw this method only (variants: by their label); may be repeated.")  # fmt: skip
@click.option("--view", default="full", show_default=True,
              help="full (evaluations at full fidelity count), observed (all count), or both.")  # fmt: skip
@click.option("--surrogates", metavar="NAME", help="Draw this source only (default: all, in separate figures).")
@click.option("--linear", is_flag=True, help="Linear axes instead of logarithmic ones.")
@click.option("--width", default="full", show_default=True, help="full (6.75 inches) or column (3.3 inches).")
@click.option("--format", "formats", multiple=True, default=("png", "svg"), show_default=True,
              help="png, svg or pdf; may be repeated.")  # fmt: skip
@click.option("--labels", metavar="KIND",
              help="legend (below the panels) or direct (at the ends of the lines, panels below each other).  "
                   "[default: legend; direct for ranks, regret]")  # fmt: skip
@click.option("--note/--no-note", "small_print", default=True, help="The small print below the legend.")
def command(
    results: Path, out: Path, kind: str, reference: str | None, methods: tuple[str, ...], view: str,
    surrogates: str | None, linear: bool, width: str, formats: tuple[str, ...], labels: str | None, small_print: bool,
) -> int:  # fmt: skip
    """Draw a results folder: a figure per surrogate set, objective and setting."""
    from harness.reports.plots import draw
    from harness.runs.results import Results, load_results

    found = load_results(results) if results.is_dir() else Results(())
    problems = [f"{error}{error.fate}" for error in found.errors]
    if found.records:
        for path in draw(
            found, out, view=view, surrogates=surrogates, linear=linear, width=width, formats=formats, note=small_print,
            kind=kind, reference=reference, methods=methods, labels=labels, on_problem=problems.append,
        ):  # fmt: skip
            say(path)
    elif not problems:
        where = "" if results == DEFAULT_RESULTS else f" --results {results}"
        example = f"harness run --task cifar10 --setting mf{where}"
        raise UsageError(f"there are no records in {results}; make some with: {example}")
    for problem in dict.fromkeys(problems):
        note(problem)
    return 1 if problems else 0
