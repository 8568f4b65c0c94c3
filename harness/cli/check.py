"""``harness check``: the conformance suite for methods."""

from __future__ import annotations

from collections import Counter

import click

from harness.cli.common import say
from harness.errors import UnknownName


@click.command("check")
@click.argument("method")
@click.option("--check", "chosen", multiple=True, metavar="NAME", help="Only this check; may be repeated.")
@click.option("--quick", is_flag=True, help="Leave the slow checks out.")
@click.option("--evaluations", default=24, show_default=True, type=click.IntRange(1),
              help="Size of a test run in mean full evaluations; fewer for a slow method.")  # fmt: skip
@click.option("--limit", default=300.0, show_default=True, type=click.FloatRange(0, min_open=True),
              help="Seconds after which a check has failed.")  # fmt: skip
@click.option("--verbose", "-v", is_flag=True, help="Show the method's traceback or output below a failed check.")
def command(method: str, chosen: tuple[str, ...], quick: bool, evaluations: int, limit: float, verbose: bool) -> int:
    """Check METHOD, a name (see: harness list methods), path/to/file.py:NAME or package.module:NAME of a class or
    function, against the conformance suite.

    Prints a line per check and exits with 1 if one failed. Needs no surrogate set: the problems are synthetic.
    """
    from harness.testing import CHECKS
    from harness.testing.supervise import supervised

    valid = [check.name for check in CHECKS]
    for name in chosen:
        if name not in valid:
            raise UnknownName("check", name, valid)
    names = [c.name for c in CHECKS if (c.name in chosen if chosen else not (quick and c.slow))]
    width = max(map(len, names))
    counts: Counter[str] = Counter()
    colours = {"ok": "green", "failed": "red", "not applicable": "bright_black"}
    for result in supervised(method, names, evaluations, limit):
        counts[result.status] += 1
        status = click.style(f"{result.status:<14}", fg=colours[result.status])
        say(f"  {result.check:<{width}}  {' '.join(result.text.split())}", lead=status)
        if verbose and result.status == "failed" and result.detail:
            say("    " + result.detail.rstrip().replace("\n", "\n    "))
    summary = ", ".join(f"{counts[status]} {status}" for status in colours if counts[status])
    say(f"{method}: {summary}")
    return 1 if counts["failed"] else 0
