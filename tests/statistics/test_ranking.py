"""The paired test, its correction and the ranks: closed forms, brute force, another implementation, and properties."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from harness.statistics.ranking import ALPHA, holm, ranks, wilcoxon

COARSE = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=9)
"""Small whole numbers: many ties and zeros."""


def by_all_signs(differences: list[float]) -> float:
    """The definition: how often signs drawn at random are as uneven as these."""
    kept = [d for d in differences if d != 0]
    rank = scipy.stats.rankdata(np.abs(kept)) if kept else np.zeros(0)
    middle = rank.sum() / 2
    observed = abs(sum(r for r, d in zip(rank, kept, strict=True) if d > 0) - middle)
    sums = [sum(r for r, plus in zip(rank, signs, strict=True) if plus) for signs in
            itertools.product([0, 1], repeat=len(kept))]  # fmt: skip
    return float(sum(abs(s - middle) >= observed - 1e-9 for s in sums) / len(sums))


@given(COARSE)
def test_the_p_value_is_that_of_all_signs(differences: list[float]) -> None:
    assert wilcoxon(differences) == pytest.approx(by_all_signs(differences), abs=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30, unique_by=abs))
def test_without_ties_it_is_scipys_exact_test(differences: list[float]) -> None:
    nonzero = [d for d in differences if d != 0]
    if nonzero:
        assert wilcoxon(differences) == pytest.approx(scipy.stats.wilcoxon(nonzero, method="exact").pvalue, rel=1e-12)


def test_closed_forms() -> None:
    assert wilcoxon([]) == wilcoxon([0.0] * 10) == 1.0
    assert wilcoxon([float(d) for d in range(1, 11)]) == 2 / 1024, "the least that ten seeds can give"
    assert wilcoxon([1.0, 1.0, 1.0]) == 2 / 8
    assert wilcoxon([-1.0, 2.0, 3.0]) == 4 / 8
    assert wilcoxon([2.0**-k for k in range(300)]) == 2 / 2**300
    with pytest.raises(ValueError, match="finite"):
        wilcoxon([1.0, math.nan])


@given(COARSE)
def test_the_direction_does_not_matter(differences: list[float]) -> None:
    assert wilcoxon(differences) == wilcoxon([-d for d in differences]) == wilcoxon(differences[::-1])


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_rejects_as_the_step_down_method_does(p_values: list[float]) -> None:
    rejected = set()
    for step, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        if (len(p_values) - step) * p_values[i] > ALPHA:
            break
        rejected.add(i)
    assert {i for i, p in enumerate(holm(p_values)) if p <= ALPHA} == rejected


def test_a_table_by_hand() -> None:
    """Two that differ by chance share a rank, the rest follow, counted on."""
    steps = [0.01 * k for k in range(10)]
    scores = {
        "good": [1.0 + s for s in steps],
        "as good": [1.0 + s + (0.3 if k % 2 else -0.2) for k, s in enumerate(steps)],
        "bad": [5.0 + s for s in steps],
        "worse": [7.0 + s for s in steps],
    }
    assert ranks(scores, maximize=False) == {"good": 1, "as good": 1, "bad": 3, "worse": 4}
    assert list(ranks(scores, maximize=False)) == ["good", "as good", "bad", "worse"]
    assert ranks(scores, maximize=True) == {"worse": 1, "bad": 2, "as good": 3, "good": 3}


def test_ten_seeds_tell_a_leader_apart_from_25_others_at_most() -> None:
    def board(others: int) -> dict[str, list[float]]:
        return {f"{i:02}": [100.0 * i + s for s in range(10)] for i in range(others + 1)}

    assert list(ranks(board(25), maximize=False).values()) == list(range(1, 27))
    crowded = ranks(board(26), maximize=False)
    assert set(crowded.values()) == {1}, "one more, and no difference is certain enough"


def test_few_seeds_tell_nothing_apart() -> None:
    assert set(ranks({"a": [1.0] * 5, "b": [2.0] * 5}, maximize=False).values()) == {1}


def test_odd_boards() -> None:
    assert ranks({}, maximize=False) == {}
    assert ranks({"alone": [3.0, 1.0]}, maximize=True) == {"alone": 1}
    many, few = [1.0 + 0.01 * i for i in range(12)], [2.0 + 0.02 * i for i in range(10)]
    assert ranks({"many": many, "few": few}, maximize=False) == {"many": 1, "few": 2}


BOARDS = st.integers(1, 10).flatmap(
    lambda seeds: st.dictionaries(
        st.text("abcdef", min_size=1, max_size=3),
        st.lists(st.integers(0, 6).map(float), min_size=seeds, max_size=seeds),
        min_size=1, max_size=6,
    )
)  # fmt: skip


@given(BOARDS, st.randoms(use_true_random=False))
def test_the_order_of_the_entries_does_not_matter(board: dict[str, list[float]], random: object) -> None:
    names = list(board)
    random.shuffle(names)  # type: ignore[attr-defined]
    shuffled = ranks({name: board[name] for name in names}, maximize=False)
    assert list(shuffled.items()) == list(ranks(board, maximize=False).items())


@given(BOARDS)
def test_ranks_count_on(board: dict[str, list[float]]) -> None:
    """Every rank is one more than the number of entries before it, and its first entry is the best not yet ranked."""
    found = list(ranks(board, maximize=False).items())
    for name, rank in found:
        assert rank == 1 + sum(other < rank for _, other in found)
        ahead = next(other for other, r in found if r == rank)
        assert sum(board[ahead]) <= sum(board[name])
        assert all(sum(board[ahead]) <= sum(board[later]) for later, r in found if r > rank)


@given(BOARDS)
def test_the_same_scores_share_a_rank(board: dict[str, list[float]]) -> None:
    """A newcomer cannot stand before or after an entry with exactly its scores."""
    for name in board:
        found = ranks({**board, f"{name} again": board[name]}, maximize=False)
        assert found[name] == found[f"{name} again"]


@given(BOARDS)
def test_direction_is_only_a_sign(board: dict[str, list[float]]) -> None:
    turned = {name: [-value for value in values] for name, values in board.items()}
    assert ranks(board, maximize=False) == ranks(turned, maximize=True)


@given(BOARDS)
def test_the_unit_does_not_matter(board: dict[str, list[float]]) -> None:
    doubled = {name: [2.0 * value for value in values] for name, values in board.items()}
    assert ranks(board, maximize=False) == ranks(doubled, maximize=False)
