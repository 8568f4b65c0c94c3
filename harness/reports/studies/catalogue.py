"""The studies of all suites. No two have the same name."""

from __future__ import annotations

from collections.abc import Mapping

from harness import registry
from harness.base.modules import named_object
from harness.errors import UnknownName
from harness.reports.studies.study import Study


def catalogue() -> dict[str, Study]:
    """Name -> study, in the order of the suites."""
    return {name: study for suite in registry.suites() for name, study in studies_of(suite).items()}


def studies_of(suite: str) -> Mapping[str, Study]:
    """Name -> study, of one suite."""
    place = registry.suite(suite).studies
    found: Mapping[str, Study] = named_object(place) if place else {}
    return found


def find(name: str) -> Study:
    """The study of that name. UnknownName, which says the nearest name, if there is none."""
    studies = catalogue()
    if name not in studies:
        raise UnknownName("study", name, studies)
    return studies[name]
