"""The study of NAS-Bench-360, ``harness study nb360``, with one module per part of the paper."""

from __future__ import annotations

from harness.reports.studies import Evidence, Report, Study
from harness.reports.studies.study import no_arms
from protocols.nasbench360.precompute import DATA
from protocols.nasbench360.studies import importance, latency, profiles, published, searching, transfer

PARTS = (published.report, profiles.report, transfer.report, importance.report, searching.report, latency.report)


def report(evidence: Evidence) -> Report:
    """All parts, in the order of the paper. A part without its reference data adds nothing to the study."""
    parts = [part(evidence) for part in PARTS]
    return Report(
        tuple(paragraph for part in parts for paragraph in part.text),
        tuple(table for part in parts for table in part.tables),
        {stem: draw for part in parts for stem, draw in part.figures.items()},
    )


STUDY = Study(
    "nb360",
    "Published results and precomputed cells of NAS-Bench-360",
    "Tu et al. 2022, Tables 1 to 3, Figures 1 to 4, Section 5.2.2",
    no_arms,
    report,
    suite="nasbench360",
    data=DATA,
    of_surrogates=False,
)

STUDIES: dict[str, Study] = {STUDY.name: STUDY}
"""Name -> study."""
