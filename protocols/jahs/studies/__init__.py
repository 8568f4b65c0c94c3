"""The studies of the paper (Section 4) and of its tables, each reached with ``harness study NAME``."""

from __future__ import annotations

from harness.reports.studies import Study
from protocols.jahs.studies import (
    asynchronous,
    continuation,
    correlations,
    cost,
    fidelities,
    joint,
    runtime,
    surrogates,
)

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        joint.STUDY,
        fidelities.STUDY,
        correlations.STUDY,
        surrogates.STUDY,
        runtime.STUDY,
        continuation.STUDY,
        asynchronous.STUDY,
        cost.STUDY,
    )
}
"""Name -> study, in the order of the paper."""
