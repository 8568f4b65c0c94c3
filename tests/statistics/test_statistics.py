"""Intervals, step functions, regrets, runtimes and speedups against closed forms and published values."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.base.seeding import derive_generator
from harness.errors import TooFewSeeds, UsageError
from harness.statistics import (
    area_under_curve,
    bootstrap,
    mean_interval,
    mean_speedup,
    normalized_regret,
    regret_area,
    runtime_distribution,
    runtimes,
    scores_at,
    speedup,
    time_to_reach,
)
from support.commands import child_environment
from support.paths import ROOT

SCORES = st.integers(-20, 20).map(float)
"""Few distinct values, so that ties happen."""


def rng(*names: str | int) -> np.random.Generator:
    return derive_generator("tests", *names)


class TestBootstrap:
    def test_the_mean_of_two_values_resamples_to_three_values(self) -> None:
        found = mean_interval([0.0, 1.0], rng(), level=0.95)
        ends = [float(found.low), float(found.high)]
        assert (float(found.estimate), ends) == (0.5, [0.0, 1.0])  # each end has probability 1/4

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
        assert [float(end) for end in (found.low, found.high)] == [0.0, 0.0]

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

    def test_the_bounds_are_order_statistics_of_the_resamples(self) -> None:
        """Of 40 resamples at 90 %, the third least and the third greatest."""
        values = rng("order").normal(size=7)
        drawn = sorted(values[generator.integers(7, size=7)].mean() for generator in [rng("draws")] for _ in range(40))
        found = mean_interval(values, rng("draws"), level=0.9, resamples=40)
        assert (found.low, found.high) == (drawn[2], drawn[37])

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


class TestRegret:
    def test_by_hand_in_both_directions(self) -> None:
        down = normalized_regret([90.0, 50.0, 10.0, 6.0], best=10.0, reference=90.0, maximize=False)
        assert down.tolist() == [1.0, 0.5, 0.0, -0.05]  # better than the stated best is not hidden
        up = normalized_regret([0.0, 0.6, 0.8], best=0.8, reference=0.0, maximize=True)
        assert up == pytest.approx([1.0, 0.25, 0.0])

    def test_its_area_by_hand(self) -> None:
        # regrets 1 for 2, 0.5 for 3, 0.25 for 5 of 10: (2 + 1.5 + 1.25) / 10
        area = regret_area([[8.0, 4.0, 2.0, 0.0]], [1.0, 3.0, 6.0, 11.0], best=0.0, reference=8.0, maximize=False)
        assert area == pytest.approx([0.475])

    @given(hnp.arrays(float, 6, elements=SCORES), st.floats(0.5, 50.0), st.floats(-9.0, 9.0))
    def test_it_knows_neither_unit_nor_direction(self, values: Any, scale: float, shift: float) -> None:
        grid = np.arange(6.0)
        area = regret_area(values, grid, best=-30.0, reference=30.0, maximize=False)
        best, reference = 30.0 * scale + shift, -30.0 * scale + shift
        assert regret_area(-values * scale + shift, grid, best=best, reference=reference, maximize=True) == (
            pytest.approx(area)
        )

    @given(st.floats(0.0, 1.0))
    def test_scores_at_a_regret_have_that_regret(self, regret: float) -> None:
        score = scores_at([regret], best=0.9, reference=0.1, maximize=True)
        assert normalized_regret(score, best=0.9, reference=0.1, maximize=True) == pytest.approx([regret])

    def test_a_best_that_is_not_better_is_refused(self) -> None:
        with pytest.raises(UsageError, match="must be below the reference, but they are 9 and 3"):
            normalized_regret([1.0], best=9.0, reference=3.0, maximize=False)
        with pytest.raises(UsageError, match="above"):
            normalized_regret([1.0], best=1.0, reference=1.0, maximize=True)
        with pytest.raises(UsageError, match="two times"):
            regret_area([1.0], [0.0], best=0.0, reference=1.0, maximize=False)


class TestRuntimes:
    VALUES = np.array([[9.0, 5.0, 2.0, 2.0], [9.0, 9.0, 5.0, 4.0]])
    CLOCK = (0.0, 1.0, 3.0, 10.0)

    def test_by_hand(self) -> None:
        """Two seeds, targets 5 and 2: reached after 1, 3 and 3, and never."""
        found = runtimes(self.VALUES, self.CLOCK, [5.0, 2.0], maximize=False)
        assert found.tolist() == [[1.0, 3.0], [3.0, math.inf]]
        assert runtime_distribution([found], [0.0, 0.9, 1.0, 2.0, 3.0, 99.0]).tolist() == [0, 0, 0.25, 0.25, 0.75, 0.75]

    def test_tasks_weigh_the_same(self) -> None:
        easy, hard = np.zeros((8, 2)), np.full((2, 2), math.inf)
        assert runtime_distribution([easy, hard], [5.0]).tolist() == [0.5]

    @given(hnp.arrays(float, (4, 6), elements=SCORES), st.lists(SCORES, min_size=1, max_size=4))
    def test_it_is_the_fraction_of_pairs_whose_best_score_is_good_enough(
        self, values: Any, targets: list[float]
    ) -> None:
        found = runtime_distribution([runtimes(values, np.arange(6.0), targets, maximize=True)], np.arange(6.0))
        best = np.maximum.accumulate(values, axis=1)
        assert found == pytest.approx([np.mean([best[:, t] >= goal for goal in targets]) for t in range(6)])

    def test_its_interval(self) -> None:
        """Of two seeds, one reaches the target: drawn twice or not at all, each with probability 1/4."""
        found = bootstrap(lambda tasks: runtime_distribution(tasks, [1.0, 9.0]), [[[1.0], [math.inf]]], rng())
        assert (found.estimate.tolist(), found.low.tolist(), found.high.tolist()) == ([0.5] * 2, [0.0] * 2, [1.0] * 2)

    def test_shapes_are_checked(self) -> None:
        with pytest.raises(UsageError):
            runtimes(self.VALUES[0], self.CLOCK, [5.0], maximize=False)
        with pytest.raises(UsageError):
            runtime_distribution([], [1.0])


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
        factor = found.factor
        assert [float(end) for end in (factor.estimate, factor.low, factor.high)] == [20.0, 20.0, 20.0]
        assert found.missed == 0.0

    def test_not_reached_is_said(self) -> None:
        found = speedup(runs(10, 9, 8, 6, 4), runs(10, 9, 9, 9, 9), GRID, maximize=False, rng=rng())
        assert found.times == (math.inf,)
        assert not found.reached
        assert [float(end) for end in (found.factor.estimate, found.factor.high)] == [0.0, 0.0]
        assert found.missed == 1.0

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
        at_once = mean_speedup([(slow, slow - 9), (slow, slow + 1)], GRID, maximize=False, rng=rng())
        assert at_once.times == (0.0, math.inf)
        assert at_once.factor.estimate == 0.0

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


def test_the_extra_is_imported_only_where_it_is_needed() -> None:
    code = "import sys, harness.statistics; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=child_environment(), capture_output=True, text=True, check=True
    )
    assert not {"scipy", "moocore", "pandas", "matplotlib"} & {name.split(".")[0] for name in done.stdout.split()}
