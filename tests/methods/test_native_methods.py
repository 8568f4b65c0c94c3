"""The methods written here: each does what its paper says, told step by step."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest

from harness.benchmark.method import Proposal
from harness.benchmark.space import Categorical, Float, Integer, Space
from optimizers.hyperband import Hyperband
from optimizers.local_search import LocalSearch
from optimizers.moves import mutate, mutate_several, neighbours, position
from optimizers.pareto import best_first
from optimizers.regularized_evolution import RegularizedEvolution
from optimizers.reinforce import Reinforce
from optimizers.successive_halving import SuccessiveHalving
from protocols.jahs.space import SPACE
from support.driving import asked, differing, drive, observation, odd, problem, smooth, two

MIXED = Space((Float("rate", 1e-3, 1.0, log=True), Float("size", -1.0, 3.0), Integer("depth", 2, 9),
               Categorical("op", ("a", "b", "c")), Categorical("fixed", (True,))), {"constant": 1})  # fmt: skip
EVERYWHERE = (RegularizedEvolution, LocalSearch, Reinforce)


def epochs(proposals: list[Proposal]) -> dict[int, int]:
    return dict(Counter(p.fidelity["epoch"] for p in proposals))


def one_apart(a: Proposal | None, b: Proposal | None) -> bool:
    return a is not None and b is not None and len(differing(a, b)) == 1


def best(proposals: list[Proposal]) -> float:
    return min(smooth(p)[0] for p in proposals)


def test_successive_halving_repeats_the_most_exploratory_bracket() -> None:
    posed = problem("mf", axes=("epoch",))
    made = drive(SuccessiveHalving(posed, 1), posed, 2 * 121)
    assert made[:121] == drive(Hyperband(posed, 1), posed, 121)
    for bracket in (made[:121], made[121:]):
        assert epochs(bracket) == {2: 81, 7: 27, 22: 9, 66: 3, 200: 1}
        started = sorted(bracket[:81], key=smooth)
        assert sorted(bracket[81:108], key=smooth) == [Proposal(p.configuration, {"epoch": 7}) for p in started[:27]]


def test_successive_halving_promotes_by_its_factor_on_an_ordinal_axis() -> None:
    posed = problem("mf", "multi", axes=("N",))
    made = drive(SuccessiveHalving(posed, 1, eta=3), posed, 9 + 3 + 1 + 9, two)
    assert [p.fidelity["N"] for p in made] == [1] * 9 + [3] * 3 + [5] + [1] * 9


def test_evolution_starts_at_random_then_mutates_one_parameter_of_the_latest() -> None:
    posed = problem()
    made = drive(RegularizedEvolution(posed, 1, population=8, sample=4), posed, 120)
    for a in range(8):
        assert all(len(differing(made[a], made[b])) > 3 for b in range(a))
    for i in range(8, 120):
        assert 1 in [len(differing(made[i], parent)) for parent in made[i - 8 : i]]
    assert best(made[60:]) < best(made[:60])


def test_evolution_forgets_the_old_however_good() -> None:
    posed = problem()
    method = RegularizedEvolution(posed, 1, population=1, sample=1)
    last = asked(method)
    assert last is not None
    for loss in range(50):
        method.tell(observation(posed, last, [float(loss)]))
        child = asked(method)
        assert child is not None
        assert len(differing(last, child)) == 1
        last = child


def test_evolution_breeds_the_best_of_a_sample() -> None:
    posed = problem()
    method = RegularizedEvolution(posed, 1, population=5, sample=5)
    first = [asked(method) for _ in range(5)]
    for loss, proposal in enumerate(first):
        assert proposal is not None
        method.tell(observation(posed, proposal, [float(loss)]))
    children = [asked(method) for _ in range(300)]
    parents = Counter(i for child in children for i in range(len(first)) if one_apart(child, first[i]))
    assert parents.total() == 300
    # The best of five draws with replacement from five is the i-th with probability ((5-i)^5 - (4-i)^5) / 5^5.
    for i in range(5):
        assert parents[i] / 300 == pytest.approx(((5 - i) ** 5 - (4 - i) ** 5) / 5**5, abs=0.08)


def test_evolution_with_two_objectives_breeds_from_the_front() -> None:
    posed = problem(objective="multi")
    method = RegularizedEvolution(posed, 1, population=4, sample=4)
    first = [asked(method) for _ in range(4)]
    for losses, proposal in zip([(0.0, 3.0), (2.0, 2.0), (3.0, 0.0), (4.0, 4.0)], first, strict=True):
        assert proposal is not None
        method.tell(observation(posed, proposal, losses))
    children = [asked(method) for _ in range(200)]
    parents = Counter(i for child in children for i in range(len(first)) if one_apart(child, first[i]))
    assert parents[3] <= 4  # only where all four draws are of the dominated one
    assert min(parents[0], parents[2]) > 30


def test_climbing_moves_at_the_first_improvement() -> None:
    posed = problem()
    method = LocalSearch(posed, 1)
    here = asked(method)
    assert here is not None
    method.tell(observation(posed, here, [0.0]))
    for loss in (1.0, 1.0, -1.0, -0.5, -2.0, 0.0, 0.0, -3.0):
        tried = asked(method)
        assert tried is not None
        assert len(differing(here, tried)) == 1
        method.tell(observation(posed, tried, [loss]))
        if loss in (-1.0, -2.0, -3.0):
            here = tried


def test_climbing_looks_at_all_neighbours_and_moves_to_the_best_if_asked_to() -> None:
    posed = problem()
    method = LocalSearch(posed, 1, improvement="best")
    made = drive(method, posed, 1 + 31 + 20, lambda p: (smooth(p)[0] - 50 * (p.configuration["Op4"] == 3),))
    assert all(len(differing(made[0], p)) == 1 for p in made[1:32])
    moved = min(made[1:32], key=lambda p: (p.configuration["Op4"] != 3, smooth(p)))
    assert all(len(differing(moved, p)) == 1 for p in made[32:])


@pytest.mark.parametrize("improvement", ["first", "best"])
def test_climbing_begins_anew_in_a_local_optimum_and_not_twice_at_one_place(improvement: str) -> None:
    posed = problem()
    made = drive(LocalSearch(posed, 1, improvement=improvement), posed, 64, lambda _: (1.0,))
    around = len(neighbours(SPACE, made[0].configuration, 0.1))
    assert around in (30, 31)
    assert all(len(differing(made[0], p)) == 1 for p in made[1 : around + 1])
    assert len(differing(made[0], made[around + 1])) > 3
    made = drive(LocalSearch(posed, 2, improvement=improvement), posed, 400)
    assert len({repr(p.configuration) for p in made}) == 400


def test_climbing_finds_the_bottom_of_a_bowl() -> None:
    posed = problem()
    assert best(drive(LocalSearch(posed, 3), posed, 200)) < 0.12 - 2
    assert best(drive(LocalSearch(posed, 3), posed, 200, pending=4, shuffled=1)) < 0.12 - 2


def test_climbing_with_two_objectives_ends_at_different_compromises() -> None:
    posed = problem(objective="multi")
    made = drive(LocalSearch(posed, 1), posed, 600, two)
    front = [made[i] for i in best_first([two(p) for p in made])[:20]]
    operations = {sum(p.configuration[f"Op{i}"] for i in range(1, 7)) for p in front}
    assert min(operations) <= 1
    assert max(operations) >= 17


def test_the_policy_learns_which_choice_pays() -> None:
    posed = problem()

    def bandit(p: Proposal) -> tuple[float]:
        return (float(p.configuration["Activation"] != "Mish") + float(p.configuration["LearningRate"] > 1e-2),)

    for seed in range(3):
        late = drive(Reinforce(posed, seed), posed, 300, bandit)[-40:]
        assert sum(bandit(p)[0] == 0 for p in late) >= 30
        assert len({p.configuration["Op1"] for p in late}) > 1


def test_the_policy_does_not_depend_on_the_unit_of_the_loss() -> None:
    posed = problem()
    made = drive(Reinforce(posed, 1), posed, 100)
    assert made == drive(Reinforce(posed, 1), posed, 100, lambda p: (smooth(p)[0] * 1024,))
    indifferent = drive(Reinforce(posed, 1), posed, 100, lambda _: (5.0,))
    assert made != indifferent == drive(Reinforce(posed, 1), posed, 100, lambda _: (float("inf"),))


def test_an_infinite_loss_counts_as_the_worst_so_far() -> None:
    posed = problem()

    def diverging(p: Proposal, worst: float = float("inf")) -> tuple[float]:
        return (worst if p.configuration["Op1"] < 3 else 1.0,)

    # The only finite loss is the worst, too, so that there is nothing to learn; had there been a worse one, there was.
    assert drive(Reinforce(posed, 1), posed, 60, diverging) == drive(Reinforce(posed, 1), posed, 60, lambda _: (1.0,))
    assert drive(Reinforce(posed, 1), posed, 60, lambda p: diverging(p, 2.0)) != drive(
        Reinforce(posed, 1), posed, 60, diverging
    )
    late = drive(Reinforce(posed, 1), posed, 300, lambda p: (diverging(p)[0] + p.configuration["Op2"],))[-40:]
    assert sum(p.configuration["Op1"] >= 3 for p in late) >= 30


@pytest.mark.parametrize("made", EVERYWHERE)
@pytest.mark.parametrize("objective", ["single", "multi"])
def test_odd_losses_are_survived(made: Any, objective: str) -> None:
    posed = problem(objective=objective)
    proposals = drive(made(posed, 1), posed, 200, lambda p: odd(p, len(posed.objectives)), pending=3, shuffled=1)
    assert len(proposals) == 200


@pytest.mark.parametrize("made", EVERYWHERE)
def test_every_kind_of_parameter_is_searched(made: Any) -> None:
    posed = problem(space=MIXED)
    proposals = drive(made(posed, 1), posed, 400, lambda p: (p.configuration["depth"] + p.configuration["rate"],))
    for name in ("rate", "size", "depth", "op"):
        assert len({p.configuration[name] for p in proposals}) > 2
    assert {p.configuration["fixed"] for p in proposals} == {True}
    assert proposals[-1].configuration["constant"] == 1


@pytest.mark.parametrize("made", EVERYWHERE)
def test_a_space_without_a_choice_is_no_trap(made: Any) -> None:
    posed = problem(space=Space((Categorical("only", ("this",)), Float("point", 0.5, 0.5), Integer("one", 1, 1))))
    assert len(drive(made(posed, 1), posed, 20, lambda _: (1.0,))) == 20


@pytest.mark.parametrize("u", np.linspace(0.0, 1.0, 11).tolist())
def test_a_position_is_the_inverse_of_at(u: float) -> None:
    for parameter in (Float("rate", 1e-5, 1e-2, log=True), Float("size", -1.0, 3.0)):
        assert position(parameter, parameter.at(u)) == pytest.approx(u, abs=1e-12)


def test_a_mutation_changes_one_parameter_by_a_small_step() -> None:
    rng = np.random.default_rng(1)
    start = {"rate": 0.9, "size": 0.0, "depth": 9, "op": "b", "fixed": True, "constant": 1}
    before = dict(start)
    changed: dict[str, list[Any]] = {name: [] for name in start}
    for _ in range(800):
        mutant = MIXED.check(mutate(MIXED, start, 0.1, rng))
        (name,) = [name for name in start if mutant[name] != start[name]]
        changed[name].append(mutant[name])
    assert start == before
    assert {name: len(values) for name, values in changed.items()} == {
        "rate": pytest.approx(200, abs=50), "size": pytest.approx(200, abs=50), "depth": pytest.approx(200, abs=50),
        "op": pytest.approx(200, abs=50), "fixed": 0, "constant": 0,
    }  # fmt: skip
    assert np.std(changed["size"]) == pytest.approx(0.1 * 4, rel=0.2)
    assert set(changed["op"]) == {"a", "c"}
    assert set(changed["depth"]) == {8, 7}  # reflected at the top of its range


@pytest.mark.parametrize("rate", [1e-6, 0.5, 2.0, 4.0])
def test_a_mutation_rate_is_the_number_of_changes_of_which_there_is_one(rate: float) -> None:
    """Of 4 parameters each changes with probability rate/4, and one if none does: rate + (1 - rate/4)^4 on average."""
    rng = np.random.default_rng(1)
    start = {"rate": 0.9, "size": 0.0, "depth": 5, "op": "b", "fixed": True, "constant": 1}
    counts = []
    for _ in range(3000):
        mutant = MIXED.check(mutate_several(MIXED, start, rate, 0.1, rng))
        counts.append(sum(mutant[name] != start[name] for name in start))
    assert min(counts) == 1 if rate < 4 else counts == [4] * 3000
    assert np.mean(counts) == pytest.approx(rate + (1 - rate / 4) ** 4, abs=0.05)


def test_evolution_has_a_mutation_rate() -> None:
    posed = problem()
    made = drive(RegularizedEvolution(posed, 1, population=1, sample=1, mutation=5.0), posed, 200)
    changes = [len(differing(one, other)) for one, other in itertools.pairwise(made)]
    assert np.mean(changes) == pytest.approx(5.0, abs=0.5)


def test_neighbours_are_one_move_away() -> None:
    start = MIXED.check({"rate": 0.1, "size": 3.0, "depth": 2, "op": "b", "fixed": True})
    found = [[(k, v) for k, v in n.items() if v != start[k]] for n in neighbours(MIXED, start, 0.1)]
    assert found == [
        [("rate", pytest.approx(10**-1.3))], [("rate", pytest.approx(10**-0.7))], [("size", pytest.approx(2.6))],
        [("depth", 3)], [("op", "a")], [("op", "c")],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (RegularizedEvolution, {"population": 0}),
        (RegularizedEvolution, {"sample": 0}),
        (RegularizedEvolution, {"population": 5, "sample": 6}),
        (RegularizedEvolution, {"sigma": 0.0}),
        (RegularizedEvolution, {"mutation": 0.0}),
        (RegularizedEvolution, {"mutation": 11.0}),
        (LocalSearch, {"improvement": "worst"}),
        (LocalSearch, {"step": float("nan")}),
        (Reinforce, {"learning_rate": float("inf")}),
        (Reinforce, {"momentum": 1.0}),
        (Reinforce, {"bins": 1}),
        (SuccessiveHalving, {"eta": 1}),
    ],
)
def test_a_bad_setting_is_named(made: Any, settings: dict[str, Any]) -> None:
    name = list(settings)[-1]
    with pytest.raises(ValueError, match=f"^{name} = .* must be"):
        made(problem("mf", axes=("epoch",)), 0, **settings)
