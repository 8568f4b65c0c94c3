"""Names that look alike, and names that mislead."""

from __future__ import annotations

import pytest

from harness.base.lookalike import skeleton, strange


@pytest.mark.parametrize(
    "name",
    [
        "r\u0430ndom-search",  # a Cyrillic a
        "Random Search",
        "random_search",
        "RANDOM\u2010SEARCH",  # a hyphen of its own
        "random-\u200bsearch",  # a space without width
        "\uff52\uff41\uff4e\uff44\uff4f\uff4d-search",  # wide letters
        "rand\u043em-\u0455earch",
        "rand0m-search",
        "r\u00e4ndom-search",
        "ran\u034fdom-search",
    ],
)
def test_these_look_like_random_search(name: str) -> None:
    assert skeleton(name) == skeleton("random-search")


@pytest.mark.parametrize(
    ("one", "other"),
    [("tpe", "tpe+"), ("foo 1.1", "foo 11"), ("bohb", "hebo"), ("method-a", "method-b"), ("Иванов", "Петров")],
)
def test_these_do_not_look_alike(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("r\u0430ndom", "mixes letters of Cyrillic and Latin"),
        ("\u0441\u043e\u0440\u0430", "all look like Latin ones"),
        ("a\u202eb", "control or invisible"),
        ("a\u3164b", "control or invisible"),
        ("a\x1bb", "control or invisible"),
        ("\ufb01t", "stand for others"),
    ],
)
def test_names_that_mislead(name: str, why: str) -> None:
    assert why in strange(name)


@pytest.mark.parametrize("name", ["hyperband[axis=N,from-scratch]", "Zoë Müller", "李明", "Иванов", "Ivan Иванов", ""])
def test_names_that_do_not(name: str) -> None:
    assert strange(name) == ""


def test_the_methods_of_the_harness_do_not_look_alike() -> None:
    from optimizers import METHODS

    assert len({skeleton(name) for name in METHODS}) == len(METHODS)
