"""A benchmark whose surrogates can be imported: the tasks, metrics and inputs that a complete set has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.sources.foreign.names import Names


@dataclass(frozen=True)
class Official:
    """A benchmark whose surrogates can be imported.

    ``names``: the names of tasks and metrics; ``members``: the files to take from its archive; ``about``: facts for the
    manifest of an imported set; ``columns()``: the inputs of a configuration; ``needs``: constant -> the metric that it
    is computed from; ``constants(predict)``: the constants of one task, where ``predict`` maps a frame of
    configurations to columns of metrics.
    """

    names: Names
    members: frozenset[str]
    about: Mapping[str, str]
    columns: Callable[[], list[dict[str, Any]]]
    needs: Mapping[str, str]
    constants: Callable[[Callable[[Any], Mapping[str, Any]]], dict[str, float]]
