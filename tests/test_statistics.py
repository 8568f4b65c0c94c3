"""Means, intervals, step functions, speedups and ranks against closed forms and published values."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.errors import TooFewSeeds, UsageError
from harness.seeding import derive_generator
from harness.statistics import (
    area_under_curve,
    average_ranks,
    bootstrap,
    mean_interval,
    mean_speedup,
    midranks,
    rank_interval,
    speedup,
    time_to_reach,
)

SCORES = st.integers(-20, 20).map(float)
"""Few distinct values, so that ties happen."""


def rng(*names: str | int) -> np.random.Generator:
    return derive_generator("tests", *names)


class TestBootstrap:
    def test_the_mean_of_two_values_resamples_to_three_values(self) -> None:
        found = mean_interval([0.0, 1.0], rng(), level=0.95)
        assert (found.estimate, found.low, found.high) == (0.5, 0.0, 1.0)  # each end has probability 1/4

    def test_it_is_about_as_wide_as_the_normal_interval(self) -> None:
        values = rng("normal").normal(size=400)
        found = mean_interval(values, rng())
        half = 1.96 * values.std() / 20.0
        assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
        assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)

    @pytest.mark.parametrize(("seeds", "least"), [(10, 0.85), (40, 0.91)])
    def test_it_covers_the_mean_as_often_as_it_says(self, seeds: int, least: float) -> None:
        """300 normal samples: the standard error of an observed coverage of 0.95 is 0.013."""
        samples = rng("coverage").normal(size=(seeds, 300))
        found = mean_interval(samples, rng(), resamples=500)
        assert least <= ((found.low <= 0.0) & (found.high >= 0.0)).mean() <= 0.98

    def test_every_stratum_keeps_its_number_of_seeds(self) -> None:
        seen = set()

        def statistic(strata: Any) -> float:
            seen.add(tuple(map(len, strata)))
            return float(strata[0].mean() - strata[1].mean())

        found = bootstrap(statistic, [np.zeros(3), np.arange(5.0)], rng())
        assert seen == {(3, 5)}
        assert found.estimate == -2.0

    def test_seeds_are_drawn_whole(self) -> None:
        pairs = np.array([[1.0, -1.0], [2.0, -2.0], [5.0, -5.0]])
        found = bootstrap(lambda strata: strata[0].sum(), [pairs], rng())
        assert (found.low, found.high) == (0.0, 0.0)

    def test_the_same_generator_gives_the_same_interval(self) -> None:
        values = rng("values").normal(size=(12, 4))
        one, two = (mean_interval(values, rng("same")) for _ in range(2))
        assert one.low.tobytes() == two.low.tobytes()
        assert one.high.tobytes() == two.high.tobytes()

    @given(hnp.arrays(float, (6, 2), elements=SCORES), st.floats(0.1, 10.0), st.floats(-5.0, 5.0))
    @settings(max_examples=20)
    def test_it_moves_and_scales_with_the_data(self, values: Any, scale: float, shift: float) -> None:
        one = mean_interval(values, rng("scale"), resamples=50)
        two = mean_interval(scale * values + shift, rng("scale"), resamples=50)
        assert two.low == pytest.approx(scale * one.low + shift)
        assert two.high == pytest.approx(scale * one.high + shift)

    def test_one_seed_has_no_interval(self) -> None:
        with pytest.raises(TooFewSeeds, match="at least 2 seeds, but there are 1; run more with --seeds 2") as caught:
            bootstrap(lambda _: 0.0, [np.zeros(5), np.zeros(1)], rng())
        assert (caught.value.have, caught.value.need) == (1, 2)

    def test_nonsense_is_refused(self) -> None:
        with pytest.raises(UsageError, match="between 0 and 1"):
            mean_interval([0.0, 1.0], rng(), level=95.0)
        with pytest.raises(UsageError, match="at least one task"):
            bootstrap(lambda _: 0.0, [], rng())
        with pytest.raises(UsageError, match="NaN"):
            mean_interval([0.0, math.nan], rng())


class TestStepFunctions:
    def test_an_area_by_hand(self) -> None:
        # 5 for 2, then 3 for 1, then 2 for 7: the last value has no width
        assert area_under_curve([5.0, 3.0, 2.0, 0.0], [0.0, 2.0, 3.0, 10.0]) == 27.0

    @given(hnp.arrays(float, (3, 5), elements=SCORES), st.integers(1, 8))
    def test_a_finer_grid_does_not_change_the_area(self, values: Any, parts: int) -> None:
        grid = np.array([0.0, 1.0, 3.0, 4.0, 9.0])
        fine = np.unique(np.concatenate([np.linspace(a, b, parts + 1) for a, b in pairwise(grid)]))
        finer = values[:, np.searchsorted(grid, fine, side="right") - 1]
        assert area_under_curve(finer, fine) == pytest.approx(area_under_curve(values, grid))

    def test_the_first_time_counts_and_equal_is_reached(self) -> None:
        grid = [0.0, 1.0, 2.5, 4.0]
        assert time_to_reach([9.0, 5.0, 3.0, 3.0], grid, 3.0, maximize=False) == 2.5
        assert time_to_reach([9.0, 5.0, 3.0, 3.0], grid, 2.9, maximize=False) == math.inf
        assert time_to_reach([0.1, 0.2, 0.9, 0.9], grid, 0.15, maximize=True) == 1.0

    def test_many_runs_and_targets_at_once(self) -> None:
        found = time_to_reach([[3.0, 2.0], [3.0, 3.0]], [0.0, 7.0], [3.0, 2.0], maximize=False)
        assert found.tolist() == [0.0, math.inf]

    @pytest.mark.parametrize("grid", [[0.0], [0.0, 0.0], [1.0, 0.0], [0.0, math.inf], []])
    def test_grids_are_checked(self, grid: list[float]) -> None:
        with pytest.raises(UsageError):
            area_under_curve([1.0, 2.0], grid)


GRID = np.array([0.0, 1.0, 5.0, 20.0, 100.0])


def runs(*mean: float) -> Any:
    """Three seeds around a mean trajectory."""
    return np.array(mean) + np.array([[-0.125], [0.0], [0.125]])


class TestSpeedup:
    def test_by_hand(self) -> None:
        """The baseline ends at 4, the method is at 3.5 after 5 of 100: a factor of 20."""
        found = speedup(runs(10, 9, 8, 6, 4), runs(10, 9, 3.5, 3.5, 2), GRID, maximize=False, rng=rng())
        assert found.targets == (4.0,)
        assert found.times == (5.0,)
        assert found.reached
        assert (found.factor.estimate, found.factor.low, found.factor.high, found.missed) == (20.0, 20.0, 20.0, 0.0)

    def test_not_reached_is_said(self) -> None:
        found = speedup(runs(10, 9, 8, 6, 4), runs(10, 9, 9, 9, 9), GRID, maximize=False, rng=rng())
        assert found.times == (math.inf,)
        assert not found.reached
        assert (found.factor.estimate, found.factor.high, found.missed) == (0.0, 0.0, 1.0)

    def test_reached_in_some_resamples_only(self) -> None:
        baseline = np.array([[9.0, 3.0, 3.0, 3.0, 3.0], [9.0, 5.0, 5.0, 5.0, 5.0]])
        found = speedup(baseline, np.full((2, 5), 4.0), GRID, maximize=False, rng=rng())
        assert found.reached  # at 4, the baseline's mean
        assert found.factor.low == 0.0
        assert found.factor.high == math.inf  # the method begins there
        assert found.missed == pytest.approx(0.25, abs=0.03)  # both seeds drawn are the one at 3

    def test_hypervolume_goes_up(self) -> None:
        found = speedup(runs(0, 0.25, 0.5, 0.5, 0.5), runs(0, 0.5, 0.75, 0.75, 1), GRID, maximize=True, rng=rng())
        assert found.times == (1.0,)

    def test_over_tasks_it_is_the_geometric_mean(self) -> None:
        """Table 9 of JAHS-Bench-201: 54.7, 75.2 and 8.5 have the mean 32.7."""
        grid = [0.0, 100 / 75.2, 100 / 54.7, 100 / 8.5, 100.0]
        slow = runs(10, 9, 8, 6, 4)
        tasks = [(slow, runs(9, 9, 3, 3, 3)), (slow, runs(9, 3, 3, 3, 3)), (slow, runs(9, 9, 9, 3, 3))]
        found = mean_speedup(tasks, grid, maximize=False, rng=rng())
        assert found.factor.estimate == pytest.approx(32.7, abs=0.05)
        assert found.times == (grid[2], grid[1], grid[3])
        assert found.factor.low == found.factor.high == found.factor.estimate  # far apart whatever the seeds

    def test_a_task_missed_is_not_hidden_by_the_mean(self) -> None:
        slow = runs(10, 9, 8, 6, 4)
        found = mean_speedup([(slow, runs(9, 4, 4, 4, 4)), (slow, slow + 1)], GRID, maximize=False, rng=rng())
        assert found.factor.estimate == 0.0
        assert not found.reached

    def test_a_method_reaches_its_own_end(self) -> None:
        found = speedup(runs(9, 8, 7, 7, 7), runs(9, 8, 7, 7, 7), GRID, maximize=False, rng=rng())
        assert found.times == (5.0,)

    def test_shapes_are_checked(self) -> None:
        with pytest.raises(UsageError, match="seeds, grid"):
            speedup([1.0, 2.0], [1.0, 2.0], [0.0, 1.0], maximize=False, rng=rng())
        with pytest.raises(TooFewSeeds):
            speedup([[1.0, 2.0]], [[1.0, 2.0]], [0.0, 1.0], maximize=False, rng=rng())
        with pytest.raises(UsageError, match="one task"):
            mean_speedup([], GRID, maximize=False, rng=rng())


# Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", Table 6: AUC of C4.5, C4.5+m, C4.5+cf
# and C4.5+m+cf on 14 data sets. The two 0.975 of the 13th are printed alike and ranked 2 and 3.
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975], [0.957, 0.978, 0.946, 0.970],
    ]
).T  # fmt: skip


class TestRanks:
    def test_ties_share_the_mean_of_their_ranks(self) -> None:
        assert midranks([3.0, 1.0, 1.0, 7.0], maximize=False).tolist() == [3.0, 1.5, 1.5, 4.0]
        assert midranks([3.0, 1.0, 1.0, 7.0], maximize=True).tolist() == [2.0, 3.5, 3.5, 1.0]

    def test_along_another_axis(self) -> None:
        assert midranks([[1.0, 2.0], [4.0, 3.0]], maximize=False, axis=1).tolist() == [[1.0, 2.0], [2.0, 1.0]]

    def test_the_average_ranks_of_demsar(self) -> None:
        assert average_ranks([DEMSAR], maximize=True) == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)

    def test_tasks_weigh_the_same_whatever_their_seeds(self) -> None:
        first, second = np.array([[1.0], [2.0]]), np.array([[2.0] * 9, [1.0] * 9])
        assert average_ranks([first, second], maximize=False).tolist() == [1.5, 1.5]

    def test_over_time(self) -> None:
        over_time = np.array([[[9.0, 1.0], [9.0, 3.0]], [[9.0, 2.0], [9.0, 2.0]]])
        assert average_ranks([over_time], maximize=False).tolist() == [[1.5, 1.5], [1.5, 1.5]]

    @given(hnp.arrays(float, (4, 5, 3), elements=SCORES), st.permutations(range(4)), st.permutations(range(5)))
    def test_the_order_of_methods_and_seeds_does_not_matter(self, values: Any, methods: Any, seeds: Any) -> None:
        ranks = average_ranks([values], maximize=False)
        assert average_ranks([values[methods][:, seeds]], maximize=False) == pytest.approx(ranks[methods])
        assert ranks.sum(axis=0) == pytest.approx(10.0)

    @given(hnp.arrays(float, (4, 5), elements=SCORES))
    def test_only_the_order_of_scores_matters(self, values: Any) -> None:
        ranks = midranks(values, maximize=False)
        assert (midranks(np.exp(values / 5.0), maximize=False) == ranks).all()
        assert (midranks(-values, maximize=True) == ranks).all()
        assert (midranks(values, maximize=True) == 5.0 - ranks).all()

    def test_the_interval_of_the_clear_winner_is_a_point(self) -> None:
        values = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0, 4.0, 7.0]])
        found = rank_interval([values], rng(), maximize=False)
        assert (found.low[0], found.high[0]) == (1.0, 1.0)
        assert found.low[1] == 2.0
        assert found.high[1] == 3.0

    def test_nonsense_is_refused(self) -> None:
        with pytest.raises(UsageError, match="same methods"):
            average_ranks([np.zeros((2, 3)), np.zeros((3, 3))], maximize=False)
        with pytest.raises(UsageError, match="same methods"):
            average_ranks([], maximize=False)
        with pytest.raises(UsageError, match="NaN"):
            midranks([1.0, math.nan], maximize=False)
