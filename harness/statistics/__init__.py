"""Statistics of runs, on any results folder or DataFrame: pure functions on NumPy arrays.

``scores(Results.trajectory())`` gives the arrays, per method of shape (seeds, grid); ``separated`` tells the surrogate
sets of a mixed folder apart first. Directions are declared (``maximize``), never guessed; random numbers come from the
generator that is passed in, e.g. ``harness.seeding.derive_generator("what it is for")``. Too few seeds for a statistic
raise TooFewSeeds, which says how many would do.
"""

from harness.errors import MixedScores, TooFewSeeds
from harness.metrics import mean_and_error
from harness.statistics.frames import Scores, finals, scores, separated
from harness.statistics.intervals import Interval, bootstrap, mean_interval
from harness.statistics.ranks import average_ranks, midranks, rank_interval
from harness.statistics.speedup import Speedup, mean_speedup, speedup
from harness.statistics.steps import area_under_curve, time_to_reach

__all__ = [
    "Interval",
    "MixedScores",
    "Scores",
    "Speedup",
    "TooFewSeeds",
    "area_under_curve",
    "average_ranks",
    "bootstrap",
    "finals",
    "mean_and_error",
    "mean_interval",
    "mean_speedup",
    "midranks",
    "rank_interval",
    "scores",
    "separated",
    "speedup",
    "time_to_reach",
]
