"""A page of leaderboards: text written by people, with generated blocks between markers.

The markers ``<!-- BEGIN name -->`` and ``<!-- END name -->`` stand on lines of their own. The text between them is
replaced, all other text is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness import registry
from harness.errors import RecordError
from harness.reports.tables.blocks import OVERVIEW
from harness.reports.tables.entries import checkpoints
from harness.reports.tables.markdown import code
from harness.statistics.ranking import ALPHA

FILE = "README.md"
MARKER = re.compile(r"^<!-- (BEGIN|END) (\S+) -->$", re.MULTILINE)


def begin(name: str) -> str:
    """The line before a block."""
    return f"<!-- BEGIN {name} -->"


def end(name: str) -> str:
    """The line after a block."""
    return f"<!-- END {name} -->"


def fill(text: str, blocks: Mapping[str, str], path: Path) -> str:
    """``text`` with its blocks replaced. RecordError names a marker that is missing, doubled or out of order."""
    found = [(m[1], m[2]) for m in MARKER.finditer(text) if m[2] in blocks]
    wanted = [(kind, name) for _, name in found[::2] for kind in ("BEGIN", "END")]
    missing = [name for name in blocks if found.count(("BEGIN", name)) != 1 or found.count(("END", name)) != 1]
    if missing or found != wanted:
        where = missing[0] if missing else next(a[1] for a, b in zip(found, wanted, strict=True) if a != b)
        raise RecordError(
            f"{path} must have the lines {begin(where)} and {end(where)} once each, in this order and with no other "
            f"marker between them; put them back, or move the file away for a new one"
        )
    for name, block in blocks.items():
        whole = re.compile(f"^{re.escape(begin(name))}$.*^{re.escape(end(name))}$", re.MULTILINE | re.DOTALL)
        start, stop = next(whole.finditer(text)).span()
        text = f"{text[:start]}{begin(name)}\n\n{block}\n\n{end(name)}{text[stop:]}"
    return text


def outside(text: str, known: str, path: Path) -> str:
    """``text`` without the blocks between the markers of ``known``, an older version of the page. RecordError names a
    marker that is missing, doubled or out of order.
    """
    return fill(text, {match[2]: "" for match in MARKER.finditer(known)}, path)


def template(surrogates: str, boards: Iterable[str]) -> str:
    """A new page, its blocks still empty."""
    known = [registry.leaderboard_of(name) for name in boards]
    seeds = max(board.seeds for board in known)
    sections = []
    for title in dict.fromkeys(board.title for board in known):
        sections.append(f"## {title}")
        sections += [f"{begin(board.id)}\n{end(board.id)}" for board in known if board.title == title]
    scores = [board.score for board in known]
    extra = "".join(text for text, shown in (
        (TEST_ERROR, any("test_error" in score.companions for score in scores)),
        (MEDIAN, any(score.quartiles for score in scores)),
    ) if shown)  # fmt: skip
    times = ", ".join(f"{time:g}" for time in checkpoints(max(known, key=lambda board: board.budget)))
    few = FEW.format(seeds=seeds, ways=2**seeds, most=int(ALPHA * 2**seeds / 2)) if seeds <= FEW_SEEDS else ""
    return TEXT.format(
        set=code(surrogates), alpha=ALPHA, seeds=seeds, few=few, extra=extra, times=times,
        overview=f"{begin(OVERVIEW)}\n{end(OVERVIEW)}", sections="\n\n".join(sections),
    )  # fmt: skip


FEW_SEEDS = 20
"""With at most so many seeds, their number limits how many entries a test can tell apart, and the page says so."""
FEW = """ With {seeds} seeds the smallest p-value is 2/{ways}, so
that a leader can be told apart from at most {most} others."""
TEST_ERROR = "- **test error**: of the incumbent at the end in the view `full`. No method is ever shown it.\n"
MEDIAN = "- **median (quartiles)**: of the final score over seeds, in the view `full`.\n"
TEXT = """\
# Leaderboards on surrogate set {set}

Every entry is a recording: the whole ledger of its runs is in this repository, and `harness verify` replays it in
seconds. The tables are rendered from the records by `harness leaderboard render`; do not edit them.
[scores.csv](scores.csv) has the same for machines. See the [rules](../../protocols/README.md) and
[how to submit](../../CONTRIBUTING.md).

{overview}

## How to read the tables

- **full**: the final score, mean ± standard error over seeds, counting evaluations at full fidelity only. Ranks use it.
- **observed**: the same, counting every evaluation at whatever fidelity, as the benchmark's published baselines did.
{extra}- **at {times}**: the mean score in the view `full` after so many mean full evaluations of simulated time.
- **seeds**: runs behind the numbers, at least {seeds}.
- **evaluations**: counted evaluations of these runs. **repairs**: how many of them had their charge raised to the
  floor.
- **harness**: the version that ran it.
- **verified**: what a verification found, `-` if there was none. `replayed`: every number in the record follows from
  the configurations proposed, which were evaluated again. `reproduced`: besides, the method was run again on sampled
  seeds and proposed the same. Replay alone cannot tell that an evaluation was left out and everything after it moved
  forward.
- A name links to its record, that of a submission to the page it gives. In brackets stands what differs from the
  method's defaults, such as `[axis=N]` or `[from-scratch]`.

**Ranks.** The entry with the best mean leads rank 1. It is compared with every other entry by an exact two-sided
Wilcoxon signed-rank test, paired over the seeds that both have, with Holm's correction for the number of comparisons.
Entries that it cannot be told apart from (corrected p > {alpha}) share its rank. The best of the rest leads the next
rank, which counts on from the number of entries already ranked.{few}

**Not ranked.** `incomplete`: fewer than {seeds} complete seeds from 0, or a gap. `failed`: the method
raised or broke the rules on a seed. `variant`: a derived space or several simulated workers, which are not this
leaderboard's protocol.

{sections}
"""
