"""The checks as pytest tests. Of ``harness.testing``, only this module imports pytest."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest

from harness.benchmark.source import Source
from harness.testing.checks import CHECKS, Check
from harness.testing.sources import SOURCE_CHECKS
from harness.testing.subject import EVALUATIONS, Failed, NotApplicable, Subject, Testable


def conformance(*methods: Testable | Subject, evaluations: int = EVALUATIONS) -> Callable[..., None]:
    """A test function, to be bound to a name that pytest collects; it becomes one test per method and check::

        test_my_method = conformance("my_method.py:MyMethod")

    ``methods``: registered names, ``path/to/file.py:ClassName``, classes, or a ``Subject`` each. ``evaluations``: the
    size of a play in mean full evaluations, fewer for a slow method. Slow checks carry the marker ``slow``. A check
    that says nothing about a method is skipped with the reason.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pytest.PytestUnknownMarkWarning)  # the user's project need not know the marker
        slow = pytest.mark.slow
    subjects = [method if isinstance(method, Subject) else Subject(method, evaluations) for method in methods]
    checks = [pytest.param(check, id=check.name, marks=[slow] if check.slow else []) for check in CHECKS]

    @pytest.mark.parametrize("check", checks)
    @pytest.mark.parametrize("subject", subjects, ids=str)
    def test(subject: Subject, check: Check) -> None:
        try:
            check(subject)
        except NotApplicable as reason:
            pytest.skip(f"{check.name}: {reason}")
        except Failed as failure:
            pytest.fail(f"{check.name}: {failure}\n{failure.detail}".rstrip(), pytrace=False)

    return test


def source_conformance(*sources: Source | Callable[[], Source]) -> Callable[..., None]:
    """A test function, to be bound to a name that pytest collects: one test per source and check of ``SOURCE_CHECKS``.

    A source that needs time or files is given as a function, which is called when the first check needs the source.
    """
    made: dict[int, Source] = {}

    def name_of(at: int) -> str:
        given = sources[at]
        return given.name if isinstance(given, Source) else getattr(given, "__name__", "source")

    @pytest.mark.parametrize("check", SOURCE_CHECKS, ids=lambda check: check.__name__.replace("_", "-"))
    @pytest.mark.parametrize("at", range(len(sources)), ids=name_of)
    def test(at: int, check: Callable[[Source], None]) -> None:
        given = sources[at]
        if at not in made:
            made[at] = given if isinstance(given, Source) else given()
        try:
            check(made[at])
        except NotApplicable as reason:
            pytest.skip(f"{check.__name__}: {reason}")
        except Failed as failure:
            pytest.fail(f"{check.__name__}: {failure}\n{failure.detail}".rstrip(), pytrace=False)

    return test
