"""The contents of an imported surrogate set: its input columns, its constants, and the metrics that it lacks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from harness.sources.foreign.errors import UnsupportedModel
from harness.sources.models.evaluate import Program
from harness.sources.models.model import Encoder, Model
from harness.sources.obtain.official import Official

Models = Mapping[str, Mapping[str, Model]]
"""Task -> metric -> model."""


def lacking(models: Models, official: Official, where: object) -> dict[str, list[str]]:
    """Task -> the benchmark's metrics that the task lacks. Complete tasks are left out."""
    for task in models:
        if task not in official.names.tasks:
            raise UnsupportedModel(f"{where} has a task {task!r}; the tasks are {', '.join(official.names.tasks)}")
    missing = {task: [m for m in official.names.metrics if m not in metrics] for task, metrics in models.items()}
    return {task: metrics for task, metrics in missing.items() if metrics}


def shared_columns(models: Models, official: Official, partial: bool = False) -> list[dict[str, Any]]:
    """The benchmark's input columns, each with the levels that all models know.

    UnsupportedModel if a model takes an input that no configuration has or (unless ``partial``) was not trained on a
    level of the design space.
    """
    described: dict[str, dict[str, Any]] = {spec["name"]: dict(spec) for spec in official.columns()}
    known: dict[str, list[tuple[Any, ...]]] = {}
    for owner, encoder in _encoders(models).values():
        for column in encoder.columns:
            if column.name not in described:
                raise UnsupportedModel(f"{owner} takes an input {column.name!r} that no configuration has")
            if column.levels is None:
                continue
            wanted = described[column.name].get("levels")
            if wanted is None:
                raise UnsupportedModel(f"{owner} was trained with {column.name!r} as a choice, not as a number")
            unknown = [level for level in wanted if level not in column.levels]
            if unknown and (not partial or len(unknown) == len(wanted)):
                raise UnsupportedModel(
                    f"{owner} was never trained on {column.name} = {unknown[0]!r}; --partial imports it for queries "
                    "elsewhere"
                )
            known.setdefault(column.name, []).append(column.levels)
    for name, lists in known.items():
        wanted = described[name]["levels"]
        more = [level for level in lists[0] if level not in wanted]
        described[name]["levels"] = [level for level in (*wanted, *more) if all(level in some for some in lists)]
    return list(described.values())


def frozen_constants(
    task: str, metrics: Mapping[str, Model], columns: list[dict[str, Any]], official: Official
) -> dict[str, float]:
    """The benchmark's constants of one task, as far as its metrics allow. UnsupportedModel if one is not positive."""
    needed = {metric: metrics[metric] for metric in official.needs.values() if metric in metrics}
    levels = {spec["name"]: spec["levels"] for spec in columns if "levels" in spec}
    everywhere = all(set(spec.get("levels", ())) <= set(levels.get(spec["name"], ())) for spec in official.columns())
    if not needed or not everywhere:
        return {}
    program = Program(needed)
    found: dict[str, float] = official.constants(lambda frame: dict(zip(needed, program.many(frame).T, strict=True)))
    for name, value in found.items():
        if not (math.isfinite(value) and value > 0):
            raise UnsupportedModel(
                f"{task}/{official.needs[name]} gives the set a {name} of {value:g}, which must be positive; it is no "
                "surrogate of this benchmark"
            )
    return found


def _encoders(models: Models) -> dict[int, tuple[str, Encoder]]:
    """Each encoder once, with the name of a model that uses it."""
    return {
        id(model.encoder): (f"{task}/{metric}", model.encoder)
        for task, metrics in models.items()
        for metric, model in metrics.items()
    }
