"""The committed tables are what the committed records give."""

from __future__ import annotations

from conftest import ROOT

from harness.tables.render import render


def test_every_table_is_what_the_records_give() -> None:
    """To mend it: ``harness leaderboard render``."""
    rendered = render(ROOT / "results" / "baselines", ROOT / "leaderboards")
    assert rendered.problems == ()
    assert [path.relative_to(ROOT).as_posix() for path in rendered.outdated] == []
