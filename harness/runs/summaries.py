"""Summaries: the numbers of one record that ``harness run`` prints, and how busy its simulated workers were."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import registry
from harness.base.arrow import values_of
from harness.runs.curves import VIEWS, curves
from harness.runs.records import Record
from harness.scores.metrics import busy_time


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def workers_of(record: Record) -> dict[str, float]:
    """How busy the simulated workers were, as means over complete seeds. ``utilisation``: the share of their time until
    the budget that was spent on evaluations; ``idle``: the rest of their time, in worker-seconds.
    """
    share = busy_share(record)
    board = registry.leaderboard_of(record.spec.leaderboard)
    total = record.spec.workers * board.budget * record.spec.constants["mean_runtime"]
    return {"utilisation": share, "idle": (1.0 - share) * total}


def busy_share(record: Record) -> float:
    """The share of the workers' simulated time until the budget that was spent on evaluations; NaN if no seed is
    complete.
    """
    board = registry.leaderboard_of(record.spec.leaderboard)
    budget = board.budget * record.spec.constants["mean_runtime"]
    columns = {name: values_of(record.table[name]) for name in ("seed", "start", "end")}
    busy = []
    for seed, head in sorted(record.runs.items()):
        if head["status"] == "complete":
            own = columns["seed"] == seed
            busy.append(busy_time(columns["start"][own], columns["end"][own], budget))
    return _mean(np.array(busy)) / (record.spec.workers * budget)


def summarise(record: Record) -> dict[str, Any]:
    """The final numbers of a record, as ``harness run --json`` prints them.

    ``mean`` and ``se`` are over seeds at the end of the budget, in the view ``full``; ``observed_mean`` and
    ``observed_se`` in the view ``observed``. ``failed`` counts seeds, ``evaluations`` and ``repairs`` evaluations;
    ``method_seconds`` are real seconds inside the method per evaluation. Some leaderboards have further keys:
    ``test_error``; ``utilisation`` and ``idle`` (see ``workers_of``) with several workers; the quartiles over seeds
    ``lower``, ``median`` and ``upper``; and ``invalid``, a count of invalid proposals.
    """
    at_end = [registry.leaderboard_of(record.spec.leaderboard).budget]
    full, observed = (curves(record, view, at_end) for view in VIEWS)
    mean, se = full.final
    observed_mean, observed_se = observed.final
    complete = [record.runs[s] for s in full.seeds]
    result = {
        "leaderboard": record.spec.leaderboard, "method": record.spec.label, "surrogates": record.spec.surrogates,
        "seeds": len(full.seeds), "mean": mean, "se": se, "observed_mean": observed_mean, "observed_se": observed_se,
        "evaluations": sum(r["evaluations"] for r in complete), "repairs": sum(r["repairs"] for r in complete),
        "failed": sum(r["status"] != "complete" for r in record.runs.values()),
        "method_seconds": _mean(values_of(record.table["method_seconds"])),
    }  # fmt: skip
    if record.spec.workers > 1:
        result |= workers_of(record)
    if full.board.score.quartiles and len(full.seeds):
        lower, median, upper = np.quantile(full.values[:, -1], (0.25, 0.5, 0.75)).tolist()
        result |= {"median": median, "lower": lower, "upper": upper}
    if full.board.failure:
        at_once = values_of(record.table["start"]) == values_of(
            record.table["end"]
        )  # only an invalid configuration takes no time
        result["invalid"] = int((at_once & np.isin(values_of(record.table["seed"]), full.seeds)).sum())
    for name, values in full.companions.items():
        result[name] = float(values[:, -1].mean()) if len(values) else float("nan")
    return result
