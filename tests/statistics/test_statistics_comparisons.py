"""Comparisons of methods against published examples, hand-made ones and brute force."""

from __future__ import annotations

import math
import sys
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from harness.base.seeding import derive_generator
from harness.errors import TooFewSeeds, UsageError
from harness.statistics import (
    average_ranks,
    blocks_needed,
    critical_difference,
    friedman,
    holm,
    improvement_interval,
    median_ranks,
    midranks,
    performance_profile,
    probability_of_improvement,
    rank_interval,
    ratio_profile,
    wilcoxon,
)

SCORES = st.integers(-20, 20).map(float)
"""Few distinct values, so that ties happen."""


def rng(*names: str | int) -> np.random.Generator:
    return derive_generator("tests", *names)


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

    def test_the_median_rank_of_a_method_is_over_the_problems_that_it_has(self) -> None:
        costs = [[1.0, 2.0, 3.0, 1.0], [2.0, 2.0, 1.0, math.nan], [math.nan, 9.0, 2.0, 0.5], [math.nan] * 4]
        # The ranks: 1 1.5 3 2, 2 1.5 1 -, - 3 2 1, and none.
        found = median_ranks(costs, maximize=False)
        assert found[:3].tolist() == [1.75, 1.5, 2.0]
        assert math.isnan(found[3])
        assert median_ranks(np.negative(costs), maximize=True)[:3].tolist() == [1.75, 1.5, 2.0]

    def test_median_ranks_need_methods_and_problems(self) -> None:
        wrongs: tuple[list[Any], ...] = ([1.0, 2.0], [[]])
        for wrong in wrongs:
            with pytest.raises(UsageError, match=r"shape \(methods, problems\), at least one of each"):
                median_ranks(wrong, maximize=False)

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

    def test_directions_may_differ_between_tasks(self) -> None:
        error, volume = np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([[0.9, 0.9], [0.1, 0.1]])
        assert average_ranks([error, volume], maximize=[False, True]).tolist() == [1.0, 2.0]
        with pytest.raises(UsageError, match="2 tasks but 1 directions"):
            average_ranks([error, volume], maximize=[False])


class TestWilcoxon:
    def test_the_depression_scores_of_hollander_and_wolfe(self) -> None:
        """R documents wilcox.test with them: V = 40, and 0.01953 one-sided."""
        first = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
        second = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
        assert wilcoxon([a - b for a, b in zip(first, second, strict=True)]) == 0.0390625

    @given(st.lists(st.integers(-4, 4).map(float), max_size=9))
    def test_against_all_choices_of_signs(self, differences: list[float]) -> None:
        used = np.array([d for d in differences if d])
        ranks = midranks(np.abs(used), maximize=False) if len(used) else used
        statistic = min(ranks[used > 0].sum(), ranks[used < 0].sum())
        sums = [
            sum(r for r, sign in zip(ranks, signs, strict=True) if sign) for signs in product((0, 1), repeat=len(used))
        ]
        assert wilcoxon(differences) == min(1.0, 2 * np.mean([s <= statistic for s in sums]))

    def test_against_scipy_with_many_seeds(self) -> None:
        differences = rng("wilcoxon").normal(0.2, 1.0, size=90)
        assert wilcoxon(differences.tolist()) == pytest.approx(stats.wilcoxon(differences, method="exact").pvalue)

    def test_holm_as_r_documents_it(self) -> None:
        assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])


# Hollander and Wolfe 1973, p. 140: times of 22 players for three ways of rounding first base, as R documents
# friedman.test with them.
ROUNDING = np.array(
    [
        [5.40, 5.50, 5.55], [5.85, 5.70, 5.75], [5.20, 5.60, 5.50], [5.55, 5.50, 5.40], [5.90, 5.85, 5.70],
        [5.45, 5.55, 5.60], [5.40, 5.40, 5.35], [5.45, 5.50, 5.35], [5.25, 5.15, 5.00], [5.85, 5.80, 5.70],
        [5.25, 5.20, 5.10], [5.65, 5.55, 5.45], [5.60, 5.35, 5.45], [5.05, 5.00, 4.95], [5.50, 5.50, 5.40],
        [5.45, 5.55, 5.50], [5.55, 5.55, 5.35], [5.45, 5.50, 5.55], [5.50, 5.45, 5.25], [5.65, 5.60, 5.40],
        [5.70, 5.65, 5.55], [6.30, 6.30, 6.25],
    ]
).T  # fmt: skip


class TestCriticalDifference:
    NAMES = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")

    def test_the_friedman_test_of_hollander_and_wolfe(self) -> None:
        assert friedman(ROUNDING) == pytest.approx((11.143, 0.003805), abs=5e-4)

    def test_the_friedman_test_of_demsar(self) -> None:
        """He gives 9.28 without the correction for ties, here 1 - 78 / 840: ties of two count 6, of four 60."""
        statistic, p_value = friedman(DEMSAR)
        assert statistic * (1 - 78 / 840) == pytest.approx(9.28, abs=5e-3)
        assert p_value < 0.05

    def test_demsars_methods_fall_into_two_groups(self) -> None:
        """Of his Figure 1(a), C4.5 differs from C4.5+m here as there, and C4.5+cf from nothing.

        It differs from C4.5+m+cf there, at 0.10 and by the Nemenyi test; by 0.062 it does not here.
        """
        found = critical_difference(dict(zip(self.NAMES, DEMSAR, strict=True)), maximize=True)
        assert list(found.ranks) == ["C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"]
        assert list(found.ranks.values()) == pytest.approx([1.964, 2.000, 2.893, 3.143], abs=5e-4)
        assert found.cliques == (("C4.5+m+cf", "C4.5+m", "C4.5+cf"), ("C4.5+m+cf", "C4.5+cf", "C4.5"))
        assert found.blocks == 14

    def test_demsars_two_methods_differ(self) -> None:
        """His section 3.1.3: with C4.5+m against C4.5, the smaller sum of ranks is 12 of 14 data sets, at most 21."""
        differences = [round(a - b, 3) for a, b in zip(DEMSAR[1], DEMSAR[0], strict=True)]
        ranks = midranks(np.abs(differences), maximize=False)
        assert ranks[np.array(differences) < 0].sum() + 0.5 * ranks[np.array(differences) == 0].sum() == 12.0
        assert wilcoxon(differences) < 0.05

    def test_cliques_by_hand(self) -> None:
        """a beats all but b, b and c are close, d is last; 12 seeds, so that a pair needs p < 0.05 / 6."""
        noise = rng("cliques").normal(0.0, 1e-3, size=(4, 12))
        back = np.tile([1.0, -1.0], 6)  # b is now before its neighbours, now behind them
        finals = dict(
            zip("abcd", noise + np.array([np.zeros(12), 2.0 * back, np.ones(12), np.full(12, 9.0)]), strict=True)
        )
        found = critical_difference(finals, maximize=False)
        assert found.blocks == 12
        assert found.p_value < 0.05
        assert found.cliques == (("a", "b"), ("b", "c"))
        assert found.pairs["a", "c"] == pytest.approx(6 * 2 / 2**12)

    def test_no_bar_where_all_differ(self) -> None:
        finals = {name: np.arange(10.0) / 100 + value for value, name in enumerate("abc")}
        assert critical_difference(finals, maximize=False).cliques == ()
        assert list(critical_difference(finals, maximize=True).ranks) == ["c", "b", "a"]

    def test_one_bar_where_friedman_does_not_reject(self) -> None:
        found = critical_difference(dict.fromkeys("abc", np.arange(9.0)), maximize=False)
        assert (found.statistic, found.p_value) == (0.0, 1.0)
        assert found.cliques == (("a", "b", "c"),)
        assert set(found.pairs.values()) == {1.0}

    def test_friedman_comes_first(self) -> None:
        """a is far ahead of b on 11 of 16 seeds and a little behind on 5, c between: ranks alone do not tell."""
        ahead = np.array([*np.arange(10.0, 21.0), *-np.arange(1.0, 6.0)])
        found = critical_difference({"a": -ahead, "b": ahead, "c": np.zeros(16)}, maximize=False)
        assert found.p_value > 0.05 > found.pairs["a", "b"]
        assert found.cliques == (("a", "c", "b"),)

    @given(hnp.arrays(float, (4, 9), elements=SCORES), st.permutations(range(4)), st.permutations(range(9)))
    def test_the_order_of_methods_and_blocks_does_not_matter(self, values: Any, methods: Any, order: Any) -> None:
        finals = {f"m{i}": values[i] for i in range(4)}
        one = critical_difference(finals, maximize=False)
        two = critical_difference({f"m{i}": values[i][order] for i in methods}, maximize=False)
        assert list(one.ranks) == list(two.ranks)
        assert one.cliques == two.cliques
        assert one.pairs == two.pairs

    @given(hnp.arrays(float, (5, 10), elements=SCORES))
    def test_a_bar_joins_what_cannot_be_told_apart_and_nothing_else(self, values: Any) -> None:
        found = critical_difference({f"m{i}": values[i] for i in range(5)}, maximize=True)
        for pair, p_value in found.pairs.items():
            together = any(set(pair) <= set(clique) for clique in found.cliques)
            assert together == (p_value > found.alpha or found.p_value > found.alpha)
        for one, two in permutations(found.cliques, 2):
            assert not set(one) <= set(two)

    def test_too_few_seeds_say_how_many_would_do(self) -> None:
        """Three pairs: 3 * 2 / 2^n is 0.09 with 6 seeds and 0.047 with 7."""
        assert [blocks_needed(k) for k in (2, 3, 4, 10, 20)] == [6, 7, 8, 11, 13]
        with pytest.raises(
            TooFewSeeds, match=r"telling 3 methods apart .* at least 7 seeds, but there are 6; run more"
        ):
            critical_difference({name: np.arange(6.0) for name in "abc"}, maximize=False)

    def test_nonsense_is_refused(self) -> None:
        with pytest.raises(UsageError, match="at least three methods, not 2"):
            critical_difference({"a": np.arange(9.0), "b": np.arange(9.0)}, maximize=False)
        with pytest.raises(UsageError, match="same blocks"):
            critical_difference({"a": np.zeros(9), "b": np.zeros(9), "c": np.zeros(8)}, maximize=False)
        with pytest.raises(UsageError, match="finite"):
            critical_difference(dict.fromkeys("abc", np.full(9, math.nan)), maximize=False)
        with pytest.raises(UsageError, match="alpha"):
            blocks_needed(3, alpha=5.0)

    def test_a_missing_library_is_named_with_its_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "scipy.stats", None)
        with pytest.raises(UsageError, match=r"the Friedman test needs scipy; .* 'jahs-harness\[stats\]'"):
            friedman(ROUNDING)


class TestImprovement:
    def test_by_hand(self) -> None:
        """x wins 3 of 4 pairs on one task; on the other 1 of 2 pairs is a tie and 1 a loss: (0.75 + 0.25) / 2."""
        x, y = [np.array([1.0, 3.0]), np.array([5.0])], [np.array([2.0, 4.0]), np.array([5.0, 4.0])]
        assert probability_of_improvement(x, y, maximize=False) == 0.5
        assert probability_of_improvement(x[:1], y[:1], maximize=False) == 0.75
        assert probability_of_improvement(x[:1], y[:1], maximize=True) == 0.25

    @given(
        st.lists(hnp.arrays(float, st.integers(1, 5), elements=SCORES), min_size=2, max_size=2),
        st.lists(hnp.arrays(float, st.integers(1, 5), elements=SCORES), min_size=2, max_size=2),
    )
    def test_by_counting_pairs(self, x: Any, y: Any) -> None:
        """The definition of section 4.3 of Agarwal et al. 2021, and what follows from it."""
        by_task = [
            np.mean([1.0 if a > b else 0.5 if a == b else 0.0 for a in one for b in other])
            for one, other in zip(x, y, strict=True)
        ]
        found = probability_of_improvement(x, y, maximize=True)
        assert found == pytest.approx(np.mean(by_task))
        assert probability_of_improvement(y, x, maximize=True) == pytest.approx(1.0 - found)
        assert probability_of_improvement([-one for one in x], [-one for one in y], maximize=False) == found

    def test_its_interval(self) -> None:
        """Of two seeds each, all wins: always 1. Equal distributions: around one half."""
        found = improvement_interval([[1.0, 2.0]], [[3.0, 4.0]], rng(), maximize=False)
        assert [float(end) for end in (found.estimate, found.low, found.high)] == [1.0, 1.0, 1.0]
        x, y = rng("equal").normal(size=(2, 3, 30))
        found = improvement_interval(list(x), list(y), rng(), maximize=False, resamples=500)
        assert found.low < 0.5 < found.high
        # the Mann-Whitney statistic of n = m = 30 has a standard deviation of sqrt(61 / (12 * 900)), over sqrt(3) tasks
        assert found.high - found.low == pytest.approx(2 * 1.96 * math.sqrt(61 / 10800 / 3), rel=0.2)

    def test_nonsense_is_refused(self) -> None:
        with pytest.raises(UsageError, match="same tasks, at least one; there are 1 and 2"):
            probability_of_improvement([[1.0]], [[1.0], [2.0]], maximize=False)
        with pytest.raises(UsageError, match="finite scores"):
            probability_of_improvement([[math.nan]], [[1.0]], maximize=False)
        with pytest.raises(TooFewSeeds):
            improvement_interval([[1.0]], [[1.0, 2.0]], rng(), maximize=False)


class TestProfiles:
    def test_scores_by_hand(self) -> None:
        tasks = [np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 2.0])]
        assert performance_profile(tasks, [0.5, 1.0, 2.0, 4.0], maximize=False).tolist() == [0.0, 0.125, 0.75, 1.0]
        assert performance_profile(tasks, [1.0, 2.0, 4.0], maximize=True).tolist() == [1.0, 0.875, 0.125]

    @given(hnp.arrays(float, (3, 6), elements=SCORES), hnp.arrays(float, 8, elements=SCORES))
    def test_scores_by_counting(self, tasks: Any, taus: Any) -> None:
        expected = [np.mean([np.mean([score <= tau for score in one]) for one in tasks]) for tau in taus]
        assert performance_profile(list(tasks), taus, maximize=False) == pytest.approx(expected)
        assert performance_profile(list(-tasks), -taus, maximize=True) == pytest.approx(expected)

    def test_ratios_by_hand(self) -> None:
        """Three problems: a is first, then takes twice as long as b, then fails; nobody solves a fourth."""
        costs = np.array([[1.0, 4.0, math.inf, math.inf], [3.0, 2.0, 7.0, math.inf]])
        assert ratio_profile(costs, [1.0, 2.0, 2.9, 3.0, 1e9]).tolist() == [
            [0.25, 0.5, 0.5, 0.5, 0.5],
            [0.5, 0.5, 0.5, 0.75, 0.75],
        ]

    @given(
        hnp.arrays(float, (3, 5), elements=st.integers(1, 20).map(float)),
        hnp.arrays(float, 5, elements=st.floats(0.1, 9)),
    )
    def test_ratios_know_no_unit(self, costs: Any, units: Any) -> None:
        taus = [1.0, 1.51, 3.03, 19.7]  # no quotients of two whole numbers up to 20
        assert (ratio_profile(costs * np.exp2(np.round(units)), taus) == ratio_profile(costs, taus)).all()
        assert ratio_profile(costs, [1.0]).sum() >= 1.0  # somebody is the best on every problem

    def test_nonsense_is_refused(self) -> None:
        with pytest.raises(UsageError, match="at least one and none of them NaN"):
            performance_profile([np.array([math.nan])], [1.0], maximize=False)
        with pytest.raises(UsageError, match="above 0"):
            ratio_profile([[0.0, 1.0]], [1.0])
        with pytest.raises(UsageError, match="at least 1"):
            ratio_profile([[2.0, 1.0]], [0.5])
