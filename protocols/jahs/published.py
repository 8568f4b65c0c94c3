"""The publications of the authors of JAHS-Bench-201: the archive of surrogates, and the leaderboards' quantities."""

from __future__ import annotations

from harness.sources.foreign.names import PARTS, TOP, Names
from harness.sources.obtain.archive import Archive
from harness.sources.obtain.official import Official
from harness.suites.publication import Publication, Quantity
from protocols.jahs.constants import NEEDS, constants
from protocols.jahs.leaderboards import BEST_ACCURACY, METRICS, TASKS
from protocols.jahs.space import columns

MEMBERS = frozenset(f"{TOP}/{task}/{metric}/{part}.pkl.gz" for task in TASKS for metric in METRICS for part in PARTS)
"""The files of the official archive that are extracted."""

ARCHIVES = {
    "jahs-1.1.0": Archive(
        name="jahs-1.1.0",
        # The address in jahs_bench/download.py of the package jahs-bench 1.1.0.
        url="https://ml.informatik.uni-freiburg.de/research-artifacts/jahs_bench_201/v1.1.0/assembled_surrogates.tar",
        variable="HARNESS_JAHS_URL",
        members=MEMBERS,
    )
}
"""Surrogate set -> the archive it is imported from."""

ABOUT = {
    "what": "surrogates imported from the official artefact format of JAHS-Bench-201, predictions unchanged",
    "licence": "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/) for the surrogates of JAHS-Bench-201",
    "attribution": "Bansal, Stoll, Janowski, Zela, Hutter: JAHS-Bench-201, NeurIPS 2022 Datasets and Benchmarks, "
    "https://github.com/automl/jahs_bench_201",
}
"""Facts that the manifest of every imported set has."""


def _error(accuracy: float) -> float:
    return BEST_ACCURACY - accuracy


QUANTITIES = {
    "validation accuracy": Quantity(
        "validation accuracy [%]",
        objective="single",
        score=_error,
        remark="The publication reports the mean validation accuracy; the error here is 100 minus it.",
    ),
    "hypervolume": Quantity(
        "hypervolume (own reference point)",
        objective="multi",
        score=None,  # it cannot be converted to this leaderboard's scale
        remark="Every hypervolume was computed with a reference point taken from the observed minimum of that method's "
        "own runs, so they are comparable neither with one another nor with replayed entries.",
    ),
}
"""The quantities that the paper and the benchmark's public leaderboards report (``leaderboards/*/published.csv``)."""

PUBLISHED = Publication(
    archives=ARCHIVES,
    official=Official(
        names=Names(tuple(TASKS), METRICS), members=MEMBERS, about=ABOUT, columns=columns, needs=NEEDS,
        constants=constants,
    ),
    quantities=QUANTITIES,
)  # fmt: skip
