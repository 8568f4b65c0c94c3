"""The ten tasks (Table 1), the published results (Table 2), and Table 3 computed from Table 2."""

from __future__ import annotations

from dataclasses import replace

from harness.reports.studies import Column, Evidence, Report, Table
from harness.reports.studies.tables import Printed, Value
from harness.reports.studies.words import names
from protocols.nasbench360 import aggregates
from protocols.nasbench360.aggregates import EXCHANGED, GIVEN, OUTSIDE, REACHED, Reached
from protocols.nasbench360.paper import APPROACHES, TABLE_2, TABLE_3
from protocols.nasbench360.tasks import TASKS


def report(evidence: Evidence) -> Report:  # noqa: ARG001 - nothing was run
    """Tables 1 to 3, with an explanation of every published figure that differs from the recomputed figure."""
    found = aggregates.ranks(list(TABLE_3)), aggregates.improvements(list(TABLE_3))
    printed = [{name: row[place] for name, row in TABLE_3.items()} for place in (0, 1)]
    said = [aggregates.verdicts(figures, known) for figures, known in zip(found, printed, strict=True)]
    text = (
        "**Table 3.** Its seven approaches are ranked on each task by the mean errors of Table 2, ties sharing the "
        "mean of their ranks; the figure is the median over the tasks on which an approach was evaluated. The "
        "improvement is the median of the relative differences to the untuned WRN. The paper does not spell this out; "
        "it is what gives the published figures. Least and greatest are what tables that round to the printed entries "
        "can give.",
        _explained("Median rank", found[0], printed[0], said[0]),
        _explained("Improvement", found[1], printed[1], said[1]),
    )
    return Report(text, (_tasks(), _results(), _aggregates(*found, *printed, *said)))


def _explained(what: str, found: dict[str, Reached], printed: dict[str, str], said: dict[str, str]) -> str:
    given = sum(verdict == GIVEN for verdict in said.values())
    parts = [f"**{what}.** {given} of {len(said)} published figures are what the printed entries give."]
    exchanged = [
        f"{name} ({printed[name]} published, {_signed(found[name].value)} from its row)"
        for name, verdict in said.items()
        if verdict == EXCHANGED
    ]
    if exchanged:
        parts.append(
            f"{names(exchanged)} each have exactly the other's figure, and their own is out of reach of any rounding: "
            f"the headings of the two columns are exchanged in Table 3, or those of the two rows in Table 2."
        )
    for name, verdict in said.items():
        one, known = found[name], printed[name]
        if verdict == REACHED:
            parts.append(
                f"{name} is published as {known}, and its entries give {_signed(one.value)}; entries that round to the "
                f"printed ones give anything from {_signed(one.low)} to {_signed(one.high)}."
            )
            if replace(one, value=-one.value).gives(known):
                parts.append("Its size is what the entries give, with the sign lost.")
        elif verdict == OUTSIDE:
            parts.append(f"{name} is published as {known}, which no table that rounds to the printed one gives.")
    return " ".join(parts)


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _tasks() -> Table:
    rows = tuple(
        {
            "task": facts["title"], "size": facts["size"], "dimensions": facts["dimensions"],
            "prediction": facts["prediction"], "domain": facts["domain"], "metric": facts["metric"],
            "new": "yes" if facts["new"] else "no",
        }
        for facts in TASKS.values()
    )  # fmt: skip
    columns = (
        Column("task", "task", "text"), Column("domain", "domain", "text"), Column("prediction", "prediction", "text"),
        Column("metric", "metric, lower is better", "text"), Column("new", "new to NAS", "text"),
        Column("size", "size"), Column("dimensions", "dimensions"),
    )  # fmt: skip
    return Table("table-1", "The ten tasks (Table 1).", columns, rows)


def _results() -> Table:
    rows: list[dict[str, Value]] = []
    for approach in APPROACHES.values():
        row: dict[str, Value] = {"approach": approach.name, "kind": approach.kind}
        for task in TASKS:
            result = TABLE_2.get((approach.name, task))
            row[task] = None if result is None else Printed(result.mean, result.deviation)
        rows.append(row)
    columns = (
        Column("approach", "approach", "text"), Column("kind", "kind", "text"),
        *(Column(task, f"{facts['title']}{' (%)' if facts['unit'] else ''}") for task, facts in TASKS.items()),
    )  # fmt: skip
    return Table(
        "table-2", "Error of every approach on every task, as published (Table 2).", columns, tuple(rows),
        "Mean ± standard deviation over three seeds, digits as printed, lower is better. -: not evaluated.",
    )  # fmt: skip


def _aggregates(
    ranks: dict[str, Reached], improvements: dict[str, Reached], rank: dict[str, str], improvement: dict[str, str],
    rank_said: dict[str, str], improvement_said: dict[str, str],
) -> Table:  # fmt: skip
    rows: list[dict[str, Value]] = [
        {
            "approach": name,
            "rank": ranks[name].value, "rank_low": ranks[name].low, "rank_high": ranks[name].high,
            "paper_rank": float(rank[name]), "rank_verdict": rank_said[name],
            "improvement": improvements[name].value, "improvement_low": improvements[name].low,
            "improvement_high": improvements[name].high, "paper_improvement": float(improvement[name]),
            "improvement_verdict": improvement_said[name],
        }
        for name in TABLE_3
    ]  # fmt: skip
    columns = (
        Column("approach", "approach", "text"), Column("rank", "median rank"), Column("rank_low", "least"),
        Column("rank_high", "greatest"), Column("paper_rank", "paper", digits=1),
        Column("rank_verdict", "verdict", "text"), Column("improvement", "better than WRN (%)"),
        Column("improvement_low", "least"), Column("improvement_high", "greatest"),
        Column("paper_improvement", "paper"), Column("improvement_verdict", "verdict", "text"),
    )  # fmt: skip
    return Table(
        "table-3", "Median rank and improvement over the untuned WRN, from Table 2 beside Table 3.", columns,
        tuple(rows),
    )  # fmt: skip
