"""The cost of a run on surrogates, and of the same run with training (paper, Tables 5 and 8)."""

from __future__ import annotations

import math
import statistics
from functools import partial

from harness.reports.plots import mpl
from harness.reports.plots.dots import Dot, dot_figure
from harness.reports.plots.styles import Look
from harness.reports.studies import Arm, Column, Evidence, Measured, Report, Study, Table
from harness.reports.studies.tables import Value
from protocols.jahs.paper import TABLE_5, TABLE_8

DAY = 86_400.0
ARM = Arm("random search", "joint space", "random-search", "bb", 0)
OURS, PAPER = "this harness", "paper, Table 5"


def report(evidence: Evidence) -> Report:
    """Measured CPU seconds per run beside Table 5, mean runtimes beside Table 8."""
    measured = {task: _seconds(evidence, task) for task in evidence.tasks}
    known = {task: value for task, value in measured.items() if not math.isnan(value.mean)}
    text = []
    if known:
        factors = [TABLE_5[task][0] / value.mean for task, value in known.items()]
        low, high = min(v.mean for v in known.values()), max(v.mean for v in known.values())
        text.append(
            f"A run of random search to the end of the budget, clock and ledger included, took {1e3 * low:.1f} to "
            f"{1e3 * high:.1f} ms of CPU time; the paper reports 2.7 to 2.9 CPU seconds (Table 5), {min(factors):.0f} "
            f"to {max(factors):.0f} times as much, on other machines. Loading the models is not part of the figure."
        )
    else:
        text.append("No run was measured here.")
    if set(evidence.surrogates.about) & {"description"}:
        text.append(
            "Time depends on the models: those of an embedded stand-in are smaller than the official ones, which the "
            "paper timed."
        )
    tables = (_table_5(evidence, measured), _table_8(evidence))
    figures = {"table-5": partial(_figure, evidence, measured)} if known else {}
    return Report(tuple(text), tables, figures)


def _seconds(evidence: Evidence, task: str) -> Measured:
    values = list(evidence.seconds.get((task, ARM), {}).values())
    if not values:
        return Measured(math.nan)
    error = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return Measured(statistics.fmean(values), error)


def _simulated(evidence: Evidence, task: str) -> Value:
    """Mean simulated time of a run in days: when its last counted evaluation ended."""
    record = evidence.records.get((task, ARM))
    if record is None:
        return None
    frame = record.table.select(["seed", "end", "counted"]).to_pandas()
    ends = frame[frame["counted"] & frame["seed"].isin(evidence.seeds)].groupby("seed")["end"].max()
    return float(ends.mean()) / DAY


def _table_5(evidence: Evidence, measured: dict[str, Measured]) -> Table:
    rows = tuple(
        {
            "task": evidence.title(task), "ours": measured[task], "paper": TABLE_5[task][0],
            "runs": len(evidence.seconds.get((task, ARM), {})), "simulated": _simulated(evidence, task),
            "paper_gpu": TABLE_5[task][1],
        }
        for task in evidence.tasks
    )  # fmt: skip
    columns = (
        Column("task", "task", "text"), Column("ours", "CPU-s per run", digits=5), Column("paper", "paper", digits=1),
        Column("runs", "runs"), Column("simulated", "simulated, CPU days", digits=1),
        Column("paper_gpu", "paper, GPU days with training", digits=1),
    )  # fmt: skip
    return Table(
        "table-5", "A run of random search on surrogates and with training.", columns, rows,
        "CPU-s: mean ± standard error over runs on this machine. Simulated: what the run's trainings take by the "
        "surrogates, on the CPU core they were recorded on. Paper: Table 5.",
    )  # fmt: skip


def _table_8(evidence: Evidence) -> Table:
    rows = tuple(
        {
            "task": evidence.title(task), "paper": TABLE_8[task],
            "ours": evidence.surrogates.constants(task)["mean_runtime"] / DAY,
        }
        for task in evidence.tasks
    )  # fmt: skip
    columns = (
        Column("task", "task", "text"), Column("ours", "this set, CPU days", digits=2),
        Column("paper", "paper, CPU days", digits=1),
    )  # fmt: skip
    return Table(
        "table-8", "Mean predicted runtime of a full evaluation over 10,000 random configurations.", columns, rows,
        "This set: the constant frozen with it, the unit of the budget. Paper: Table 8.",
    )  # fmt: skip


def _figure(evidence: Evidence, measured: dict[str, Measured], width: str) -> mpl.Figure:  # noqa: ARG001
    rows = {
        evidence.title(task): {OURS: Dot(measured[task].mean), PAPER: Dot(TABLE_5[task][0])} for task in evidence.tasks
    }
    look = Look({OURS: 0, PAPER: 2}, {OURS: OURS, PAPER: PAPER}, linear=False, width="column", bands=False, lines=False)
    return dot_figure({"A run of random search": rows}, look, x_label="CPU seconds")


def _arms() -> tuple[Arm, ...]:
    return (ARM,)


STUDY = Study("runtime", "What a run costs", "Tables 5 and 8", _arms, report, timed=True)
