"""How correlated are the metrics? (paper, Figure 5)

The paper's figure uses all rows of the CIFAR-10 training data: 20 metrics of configurations uniform over the search
space, at every N, W and Resolution and every epoch from 1 to 200. The surrogates have seven of these metrics. Here they
are asked about a uniform sample of the same configurations and fidelities.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from harness.base.seeding import derive_generator
from harness.errors import UsageError
from harness.reports.plots import mpl
from harness.reports.plots.heatmap import heatmap_figure
from harness.reports.studies import Column, Evidence, Report, Study, Table
from harness.reports.studies.correlation import Clustered, clustered
from harness.reports.studies.study import no_arms
from harness.reports.studies.words import names
from protocols.jahs.leaderboards import METRICS
from protocols.jahs.space import FIDELITIES, SPACE

if TYPE_CHECKING:
    import pandas as pd

SAMPLE = 10_000
CODES = {
    "split": {
        "valid-acc": "valid", "test-acc": "test", "train-acc": "train", "latency": "model", "runtime": "model",
        "size_MB": "model", "FLOPS": "model",
    },
    "type": {
        "valid-acc": "performance", "test-acc": "performance", "train-acc": "performance", "latency": "time",
        "runtime": "time", "size_MB": "size", "FLOPS": "size",
    },
}  # fmt: skip
"""The two colour codes of Figure 5: the data split of a metric (or the model as a whole), and the measured quantity."""


@cache
def _sample() -> pd.DataFrame:
    import pandas as pd

    rng = derive_generator("jahs", "study", "correlations")
    frame: pd.DataFrame = pd.DataFrame([SPACE.sample(rng) | FIDELITIES.sample(rng) for _ in range(SAMPLE)])
    return frame


def report(evidence: Evidence) -> Report:
    """A heat map and a table per task."""
    found = {task: _correlated(evidence, task) for task in evidence.tasks}
    text = [
        f"Kendall's τ between all metrics over {SAMPLE:,} configurations drawn uniformly from the search space "
        f"(learning rate and weight decay log-uniformly), each at a fidelity drawn uniformly from all N, W, Resolution "
        f"and epochs. "
        f"The paper: 20 metrics over all rows of the CIFAR-10 training data, which has configurations drawn alike at "
        f"every fidelity; it finds two groups of highly correlated metrics."
    ]
    text += [_said(evidence.title(task), one) for task, one in found.items()]
    tables = tuple(_table(f"figure-5-{task}", evidence.title(task), one) for task, one in found.items())
    figures = {
        f"figure-5-{task}": partial(_figure, one, evidence.title(task), evidence.surrogates.name)
        for task, one in found.items()
    }
    return Report(tuple(text), tables, figures)


def _correlated(evidence: Evidence, task: str) -> Clustered:
    there = evidence.surrogates.metrics(task)
    metrics = [metric for metric in METRICS if metric in there]
    if len(metrics) < 2:
        raise UsageError(f"{evidence.surrogates.name} has {len(metrics)} metric of {task}; a correlation needs two")
    predicted = evidence.surrogates.predict(task, _sample(), metrics)
    return clustered({name: predicted[name].to_numpy(np.float64) for name in predicted.columns})


def _said(task: str, one: Clustered) -> str:
    parts = []
    for group in one.groups:
        at = [one.names.index(name) for name in group]
        inside = [one.matrix[i, j] for i in at for j in at if i < j]
        said = names([f"`{name}`" for name in group])
        parts.append(f"{said}" + (f" (τ {min(inside):.2f} to {max(inside):.2f} within)" if inside else ""))
    return f"**{task}.** The two main groups: {'; '.join(parts)}."


def _table(name: str, task: str, one: Clustered) -> Table:
    columns = (Column("metric", "metric", "text"), *(Column(metric, metric, digits=3) for metric in one.names))
    rows = tuple(
        {"metric": metric, **dict(zip(one.names, values, strict=True))}
        for metric, values in zip(one.names, one.matrix.tolist(), strict=True)
    )
    return Table(name, f"Kendall's τ between metrics, {task}.", columns, rows)


def _figure(one: Clustered, task: str, surrogates: str, width: str) -> mpl.Figure:  # noqa: ARG001
    return heatmap_figure(
        one.matrix, one.names, one.branches, CODES, title=task, bar_label="Kendall's τ",
        note=f"Surrogates {surrogates}; {SAMPLE:,} configurations, each at a random fidelity.",
    )  # fmt: skip


STUDY = Study(
    "correlations", "How the metrics correlate", "Figure 5", no_arms, report, libraries=("scipy",)
)  # fmt: skip
