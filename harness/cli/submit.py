"""``harness submit``: a method's records, checked and bundled for a pull request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.common import say
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.verify.submissions.bundle import Bundle

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("submit")
@click.option("--name", required=True, help="The name shown in tables: letters, digits, spaces and . _ + - ( ).")
@click.option("--url", required=True, help="Where the method is described: its code or its paper.")
@click.option("--contact", required=True, help="An e-mail address or a page for questions. It becomes public.")
@click.option("--results", required=True, type=FOLDER, help="Folder of records, as written by: harness run.")
@click.option("--out", required=True, type=FOLDER, help="For example leaderboards/lite-1.")
@click.option("--method", metavar="LABEL", help="The method to submit, if the folder has several.")
@click.option("--leaderboard", "leaderboards", multiple=True, metavar="ID",
              help="Only this leaderboard, such as TASK/single/mf; may be repeated.  [default: all]")  # fmt: skip
@click.option("--method-version", default="1", show_default=True, metavar="V", help="The version of the method.")
@click.option("--author", "authors", multiple=True, metavar="A", help="May be repeated.  [default: the contact]")
@click.option("--licence", default="NOASSERTION", show_default=True, metavar="L",
              help="The licence of the method's code, such as MIT.")  # fmt: skip
@click.option(
    "--tuned", metavar="TEXT", help="The parts of the method that were tuned on this benchmark.  [default: nothing]"
)
@click.option("--tuning-evaluations", type=click.IntRange(0), metavar="N",
              help="The number of evaluations of its surrogates that tuning took.  [default: 0]")  # fmt: skip
@click.option("--meta-learning", default="none", show_default=True, metavar="TEXT",
              help="What the method learned from other tasks or data.")  # fmt: skip
@click.option("--deterministic", is_flag=True, help="The method gives the same ledger for every seed.")
@click.option("--replace", is_flag=True, help="Replace a submission of this name.")
def command(
    name: str, url: str, contact: str, results: Path, out: Path, method: str | None, leaderboards: tuple[str, ...],
    method_version: str, authors: tuple[str, ...], licence: str, tuned: str | None, tuning_evaluations: int | None,
    meta_learning: str, deterministic: bool, replace: bool,
) -> None:  # fmt: skip
    """Check a method's records and bundle them as a submission.

    The records are verified as on a pull request. If anything is wrong, nothing is written.
    """
    from harness.verify.submissions import Tuning
    from harness.verify.submissions.bundle import submit
    from harness.verify.submissions.manifest import NOTHING

    if (tuned not in (None, NOTHING)) and tuning_evaluations is None:
        raise UsageError(
            "--tuned needs --tuning-evaluations: how many evaluations of the surrogates the tuning took, which may be 0"
        )
    bundle = submit(
        results, out, name=name, url=url, contact=contact, method=method, leaderboards=leaderboards,
        version=method_version, authors=authors, licence=licence,
        tuning=Tuning(NOTHING if tuned is None else tuned, tuning_evaluations or 0, meta_learning),
        deterministic=deterministic, replace=replace,
    )  # fmt: skip
    _report(bundle)


def _report(bundle: Bundle) -> None:
    s = bundle.submission
    say(f"{bundle.folder}: {len(bundle.records)} records, replayed without a finding")
    for record in bundle.records:
        evaluations = sum(head["evaluations"] for head in record.runs.values())
        say(f"  {record.spec.leaderboard:<36} {len(record.runs)} seeds, {evaluations:,} evaluations")
    if bundle.left_out:
        say(f"Not part of it: {', '.join(bundle.left_out)}")
    say("\nYou declare, in submission.toml (is it true? If not, run this again with other options and --replace):")
    said = {True: "yes", False: "no"}
    for key, value in (
        ("name, version", f"{s.name}, {s.version}"),
        ("authors", ", ".join(s.authors)),
        ("url", s.url),
        ("contact", s.contact),
        ("licence of the code", s.licence),
        ("fidelity axis", f"{s.axis or 'none'} (from the records)"),
        ("continuation", f"{said[s.continuation]} (from the records)"),
        ("deterministic", said[s.deterministic]),
        ("tuned here", f"{s.tuning.what}, with {s.tuning.evaluations:,} evaluations (--tuned, --tuning-evaluations)"),
        ("meta-learning", f"{s.tuning.meta_learning} (--meta-learning)"),
        ("rules", f"{s.rules} (protocols/README.md)"),
    ):
        say(f"  {key:<20} {value}")
    say(
        "\nThe records are copied unchanged. They hold every evaluation, the method's name and settings, the SHA-256\n"
        "of its file (not the file), the versions of Python and libraries, the kind of platform, and the seconds\n"
        "spent inside the method; no path, user or host name of your machine."
    )
    say(
        f"\nNext, on a branch of your own:\n  harness leaderboard render\n  git add leaderboards\n"
        f"  git commit -m 'Submit {s.name} {s.version}'\nthen push it and open the pull request (CONTRIBUTING.md)."
    )
