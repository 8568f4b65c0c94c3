"""The committed tables are what the committed records give."""

from __future__ import annotations

import csv

from harness import registry
from harness.reports.tables.render import render
from protocols.jahs.leaderboards import OBJECTIVES
from support.paths import ROOT


def test_every_table_is_what_the_records_give() -> None:
    """To mend it: ``harness leaderboard render``."""
    rendered = render(ROOT / "results" / "baselines", ROOT / "leaderboards")
    assert rendered.problems == ()
    assert [path.relative_to(ROOT).as_posix() for path in rendered.outdated] == []


def test_the_page_about_leaderboards_summarises_the_scores() -> None:
    """Every cell is the first entry of a leaderboard, with how many share its rank and how many there are."""
    with open(ROOT / "leaderboards" / "lite-1" / "scores.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["rank"]]
    page = (ROOT / "docs" / "leaderboards.md").read_text(encoding="utf-8")
    suite = registry.suite()
    for objective, (_, score) in OBJECTIVES.items():
        for setting in suite.settings:
            cells = []
            for task in suite.tasks:
                here = [row for row in rows if row["leaderboard"] == f"{task}/{objective}/{setting}"]
                first, sharing = here[0], sum(row["rank"] == "1" for row in here) - 1
                value = f"{float(first['mean']):.{score.digits}f} ± {float(first['se']):.{score.digits}f}"
                cells.append(f"`{first['name']}` {value}{f' and {sharing} more' if sharing else ''}, of {len(here)}")
            assert f"| {objective}/{setting} ({score.name}) | {' | '.join(cells)} |" in page
