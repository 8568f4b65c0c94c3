"""How long does inference take with good cells? The precomputed tables have latencies on a small device."""

from __future__ import annotations

import numpy as np

from harness.reports.studies import Evidence, Report
from protocols.nasbench360.cells import rank_correlations
from protocols.nasbench360.precompute import LATENCY, OWN, Source, read

CLOSE = 1.0
"""Points below the best score."""


def report(evidence: Evidence) -> Report:
    """A paragraph on score and latency, if the precomputed tables exist."""
    there = [source for source in OWN if source.file in evidence.data]
    if not there:
        return Report(())
    found = "; ".join(_said(source, evidence) for source in there)
    return Report(
        (
            f"**Latency.** The precompute has the median latency of every cell on one small device, which the paper "
            f"does not look at. {found}. The leaderboards `nasbench360/…/multi/bb` search for both objectives.",
        )
    )


def _said(source: Source, evidence: Evidence) -> str:
    scores, latencies = (read(source, evidence.data, column) for column in ("", LATENCY.format(source.column)))
    latencies = latencies / source.scale  # no score
    correlation = rank_correlations([scores, latencies])[0, 1]
    best = latencies.reshape(-1)[int(np.argmax(scores))]
    near = float(latencies[scores >= scores.max() - CLOSE].min())
    return (
        f"{source.title}: Spearman's ρ of score and latency is {correlation:.2f}; the best cell takes {best:.2f} ms, "
        f"the fastest within {CLOSE:g} point of it {near:.2f} ms"
    )
