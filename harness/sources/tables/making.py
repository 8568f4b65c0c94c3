"""Makes a table: checks trainings, computes the constants, and writes both as a source on disk.

Nothing is written unless every check succeeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.columns import REPEAT
from harness.benchmark.goals import MEAN, failure_name
from harness.scores.hypervolume import IDEAL, REFERENCE
from harness.sources.store import TABLE, SetWriter
from harness.sources.tables.errors import BadValue, DuplicateKey, IncompleteEntry, MissingColumn, UnequalMetrics
from harness.sources.tables.plan import Plan, Trainings

MAX_TRIALS = 255
MIN_PRICE, MAX_PRICE = 1e-12, 1e15
"""Seconds: sums of millions of such prices neither vanish nor overflow."""
MAX_VALUE = 1e100
"""Of a metric: squares and products of two are still numbers."""


def write_table(path: Path, name: str, plan: Plan) -> None:
    """Checks and writes a table. Errors of ``tables.errors`` name task, entry and fidelity; nothing is written then."""
    levels = fidelity_levels(plan)
    prepared = {task: arrays_of(task, trainings, plan, levels) for task, trainings in plan.tasks.items()}
    constants = {task: constants_of(*found, plan, levels) for task, found in prepared.items()}
    more = {"kind": TABLE, "suite": plan.suite, "fidelities": list(plan.full), **plan.more}
    with SetWriter(path, name, columns=plan.columns, about=dict(plan.about), more=more) as writer:
        for file, content in plan.files.items():
            writer.write_file(file, content)
        for task, (metrics, arrays) in prepared.items():
            entry = writer.write_arrays(f"{task}/table.bin", arrays)
            cards = plan.tasks[task].cards
            writer.manifest["tasks"][task] = {
                "metrics": {m: {"card": dict(cards.get(m, {}))} for m in (*metrics, REPEAT)},
                "constants": constants[task],
                "table": entry | {"metrics": list(metrics)},
            }


def fidelity_levels(plan: Plan) -> list[dict[str, Any]]:
    """The fidelities in the order of the arrays' second axis. The last column varies fastest."""
    combined: list[dict[str, Any]] = [{}]
    for column in plan.columns:
        if column["name"] in plan.full:
            combined = [{**one, column["name"]: level} for one in combined for level in column["levels"]]
    return combined


def arrays_of(
    task: str, trainings: Trainings, plan: Plan, levels: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, ...], dict[str, NDArray[Any]]]:
    """The metrics, sorted, and the arrays of a task, its entries sorted and its trials moved to the front."""
    _check_shapes(task, trainings, plan, len(levels))
    order = np.argsort(trainings.keys, kind="stable")
    keys = trainings.keys[order].astype(np.int64)
    if not len(keys):
        raise IncompleteEntry(f"{task}: the table has no entry; it needs at least one")
    twice = np.flatnonzero(keys[1:] == keys[:-1])
    if len(twice):
        raise DuplicateKey(
            f"{task}: {plan.name_of(int(keys[twice[0]]))} has two entries; give it one, with several trials"
        )
    names = sorted(trainings.metrics)
    values = np.stack([np.asarray(trainings.metrics[name], np.float64)[order] for name in names], axis=-1)

    def where(row: int, fidelity: int) -> str:
        at = ", ".join(f"{k} {v}" for k, v in levels[fidelity].items())
        return f"{task}: {plan.name_of(int(keys[row]))}" + f" at {at}" * bool(at)

    there = ~np.isnan(values)
    uneven = np.argwhere(there.any(axis=-1) != there.all(axis=-1))
    if len(uneven):
        row, fidelity, trial = uneven[0].tolist()
        lacks = [name for name, is_there in zip(names, there[row, fidelity, trial], strict=True) if not is_there]
        raise UnequalMetrics(
            f"{where(row, fidelity)}: trial {trial} has no {', '.join(lacks)}, but other metrics; give all or none"
            + f" ({len(uneven) - 1:,} more trials are like that)" * (len(uneven) > 1)
        )
    trials = there.all(axis=-1)
    counts = trials.sum(axis=-1)
    if not counts.all():
        row, fidelity = np.argwhere(counts == 0)[0].tolist()
        raise IncompleteEntry(f"{where(row, fidelity)}: there is no training; every entry needs one at every fidelity")
    if counts.max() > MAX_TRIALS:
        raise BadValue(f"{task}: an entry has {counts.max()} trials; at most {MAX_TRIALS} can be kept")
    price = values[..., names.index(plan.price)]
    wrong = np.argwhere(trials & ~((price >= MIN_PRICE) & (price <= MAX_PRICE)))
    if len(wrong):
        row, fidelity, trial = wrong[0].tolist()
        raise BadValue(
            f"{where(row, fidelity)}: trial {trial} has {plan.price} = {price[row, fidelity, trial]:g}; a price is a "
            f"positive number of seconds, from {MIN_PRICE:g} to {MAX_PRICE:g}"
        )
    endless = np.argwhere(np.abs(values) > MAX_VALUE)
    if len(endless):
        row, fidelity, trial, name = endless[0].tolist()
        raise BadValue(
            f"{where(row, fidelity)}: trial {trial} has {names[name]} = {values[row, fidelity, trial, name]:g}; every "
            f"metric is a finite number, of at most {MAX_VALUE:g}"
        )
    front = np.argsort(~trials, axis=-1, kind="stable")  # trials that are there first, in their order
    values = np.take_along_axis(values, front[..., None], axis=2)[:, :, : counts.max()]
    for name in trainings.means:
        column = values[..., names.index(name)]
        mean = np.nansum(column, axis=-1) / counts
        filled = np.where(np.isnan(column), np.nan, mean[..., None])
        values = np.concatenate([values, filled[..., None]], axis=-1)
    every = (*names, *(MEAN.format(name) for name in trainings.means))
    return every, {"keys": keys, "counts": counts.astype(np.uint8), "values": values}


def _check_shapes(task: str, trainings: Trainings, plan: Plan, fidelities: int) -> None:
    """MissingColumn for a missing metric, UnequalMetrics for metrics of different shapes."""
    every = {*trainings.metrics, *map(MEAN.format, trainings.means)}
    wanted = [*trainings.means, plan.price, *(name for goal in plan.goals for name in (goal.told, goal.report))]
    if missing := [name for name in wanted if name not in every]:
        raise MissingColumn(f"{task}: there is no metric {missing[0]!r}, but {', '.join(sorted(every))}")
    entries = (len(trainings.keys), fidelities)
    shapes = {name: np.shape(values) for name, values in trainings.metrics.items()}
    like = next((shape for shape in shapes.values() if len(shape) == 3), (*entries, 1))
    for name, shape in shapes.items():
        if shape[:2] != entries or shape != like:
            raise UnequalMetrics(
                f"{task}: {name} has the shape {shape}, but {entries[0]:,} entries at {fidelities} fidelities with "
                f"{like[2]} trials need {(*entries, like[2])}, the same for every metric"
            )


def constants_of(
    metrics: Sequence[str], arrays: Mapping[str, NDArray[Any]], plan: Plan, levels: Sequence[Mapping[str, Any]]
) -> dict[str, float]:
    """The constants of a task.

    ``mean_runtime``: the mean price of a training at full fidelity (seconds, the unit of budgets); ``best`` and
    ``worst``: the best and worst report of the first goal over all entries at full fidelity; ``failure``: the worst
    told value of the first goal in the whole table. With two goals there is a second failure constant, and for each
    report its value at the ideal and at the reference point of the hypervolume. BadValue if an entry cannot be better
    than the reference point.
    """
    full = levels.index(dict(plan.full))
    at_full = arrays["values"][:, full]
    ends = [_ends(at_full[:, 0, list(metrics).index(goal.report)], goal.maximize) for goal in plan.goals]
    found = {
        "mean_runtime": float(np.nanmean(at_full[..., list(metrics).index(plan.price)])),
        "best": ends[0][0], "worst": ends[0][1],
    }  # fmt: skip
    for at, goal in enumerate(plan.goals):
        told = arrays["values"][..., list(metrics).index(goal.told)]
        found[failure_name(plan.goals, at)] = _ends(told[~np.isnan(told)], goal.maximize)[1]
    for goal, (best, worst) in zip(plan.goals, ends, strict=True) if len(plan.goals) > 1 else ():
        reference = worst if goal.reference is None else goal.reference
        if not (reference < best if goal.maximize else reference > best):
            raise BadValue(
                f"{goal.told}: the best of {goal.report} is {best:g}, no better than the reference {reference:g}; two "
                "objectives need entries that differ, and references worse than the best"
            )
        found |= {IDEAL.format(goal.report): best, REFERENCE.format(goal.report): reference}
    return found


def _ends(values: NDArray[np.float64], maximize: bool) -> tuple[float, float]:
    """The best and the worst of the values."""
    low, high = float(np.min(values)), float(np.max(values))
    return (high, low) if maximize else (low, high)
