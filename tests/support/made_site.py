"""A small world of records for tests of the site: two surrogate sets, baselines, a submission, hostile names."""

from __future__ import annotations

from pathlib import Path

import harness
from harness.reports.tables.published import COLUMNS
from harness.sources.models.surrogates import SurrogateSet
from harness.verify.states import State, file_digest, write_states
from harness.verify.submissions import Submission, write_submission
from support.made_records import around, put

HOSTILE = "</script><script>window.hacked=1</script>\"'><img src=x onerror=window.hacked=1>&amp;\u2028\u202e{{7*7}}"
"""What a page must show as text, whatever place it stands in."""
SINGLE, FIDELITY, MULTI = "cifar10/single/bb", "cifar10/single/mf", "cifar10/multi/mf"


def hand_made(folder: Path, clockwork: SurrogateSet) -> tuple[Path, Path]:
    """Records of chosen scores; the folders of results and of leaderboards."""
    results, leaderboards = folder / "results", folder / "leaderboards"
    put(results, clockwork, SINGLE, "random-search", around(90.0))
    put(results, clockwork, SINGLE, "better", around(91.0))
    put(results, clockwork, SINGLE, HOSTILE, around(92.0), settings={"x": HOSTILE})
    put(results, clockwork, SINGLE, "short", around(95.0, 3))
    put(results, clockwork, SINGLE, "broken", [*around(90.0, 9), None])
    put(results, clockwork, SINGLE, "long", around(90.5, 12))
    put(results, clockwork, FIDELITY, "random-search", around(90.0), low=94.0)
    put(results, clockwork, FIDELITY, "better", around(91.0), low=92.0)
    put(results, clockwork, MULTI, "better", around(91.0))
    put(results, clockwork, MULTI, "random-search", around(90.0))
    home = submission(leaderboards, "theirs", "better", "https://example.org/x?a=1&b=2")
    put(home, clockwork, SINGLE, "mine", around(90.0, spread=0.3))
    published = [
        ",".join(COLUMNS),
        f"{SINGLE},<b>Paper</b>,validation accuracy,90.5,0.1,<i>Journal</i>,https://example.org",
    ]
    (leaderboards / "clockwork" / "published.csv").write_text("\n".join(published) + "\n", encoding="utf-8")
    return results, leaderboards


def submission(leaderboards: Path, slug: str, name: str, url: str) -> Path:
    """The folder of a submission, which is a results folder."""
    home = leaderboards / "clockwork" / "submissions" / slug
    home.mkdir(parents=True)
    declared = Submission(
        rules="1.0", name=name, version="1", authors=("A",), url=url, contact=url, licence="MIT",
        surrogates="clockwork", surrogates_hash="0" * 64, method="mine", axis="", continuation=True,
    )  # fmt: skip
    write_submission(home, declared)
    return home


def played(folder: Path, toy: SurrogateSet, clockwork: SurrogateSet) -> tuple[Path, Path]:
    """The same, and runs of real methods on the set ``toy``, one of them with a verification."""
    results, leaderboards = hand_made(folder, clockwork)
    for setting, methods in {"bb": ("random-search", "local-search"), "mf": ("random-search", "hyperband")}.items():
        for objective in ("single", "multi"):
            for method in methods:
                harness.run(
                    "cifar10", setting, method, objective=objective, seeds=10, surrogates=toy.name, results=results
                )
    record = results / toy.name / "cifar10" / "single" / "mf" / "hyperband.parquet"
    states = [State(record.relative_to(results).as_posix(), file_digest(record), "reproduced", (0,), "0.1.0")]
    write_states(results, states)
    return results, leaderboards
