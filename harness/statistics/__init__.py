"""Statistics that compare methods: pure functions on NumPy arrays, from any results folder or DataFrame.

``scores(Results.trajectory())`` gives the arrays, shape (seeds, grid) per method; ``separated`` first splits the frame
of a folder with several surrogate sets. Directions are declared (``maximize``), never guessed. Random numbers come from
the generator that is passed in, such as ``harness.base.seeding.derive_generator("confidence band")``. A statistic that
needs more seeds raises TooFewSeeds, which says how many; arguments that do not fit together raise UsageError.

The Friedman test and attainment surfaces need the extra ``stats``; everything else needs NumPy alone.
"""

from harness.errors import MixedScores, TooFewSeeds
from harness.scores.metrics import mean_and_error
from harness.statistics.attainment import attainment_surfaces
from harness.statistics.differences import CriticalDifference, blocks_needed, critical_difference, friedman
from harness.statistics.frames import Scores, scores, separated
from harness.statistics.improvement import improvement_interval, probability_of_improvement
from harness.statistics.intervals import Interval, bootstrap, mean_interval
from harness.statistics.outcomes import outcomes
from harness.statistics.pooling import blocks, finals, shared_methods
from harness.statistics.profiles import performance_profile, ratio_profile
from harness.statistics.ranking import holm, wilcoxon
from harness.statistics.ranks import average_ranks, median_ranks, midranks, rank_interval
from harness.statistics.regret import normalized_regret, regret_area, scores_at
from harness.statistics.runtimes import runtime_distribution, runtimes
from harness.statistics.speedup import Speedup, mean_speedup, speedup
from harness.statistics.steps import area_under_curve, time_to_reach

__all__ = [
    "CriticalDifference",
    "Interval",
    "MixedScores",
    "Scores",
    "Speedup",
    "TooFewSeeds",
    "area_under_curve",
    "attainment_surfaces",
    "average_ranks",
    "blocks",
    "blocks_needed",
    "bootstrap",
    "critical_difference",
    "finals",
    "friedman",
    "holm",
    "improvement_interval",
    "mean_and_error",
    "mean_interval",
    "mean_speedup",
    "median_ranks",
    "midranks",
    "normalized_regret",
    "outcomes",
    "performance_profile",
    "probability_of_improvement",
    "rank_interval",
    "ratio_profile",
    "regret_area",
    "runtime_distribution",
    "runtimes",
    "scores",
    "scores_at",
    "separated",
    "shared_methods",
    "speedup",
    "time_to_reach",
    "wilcoxon",
]
