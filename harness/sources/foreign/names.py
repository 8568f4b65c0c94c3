"""The names of folders and files in the official layouts, for suites to declare and for readers to look up."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = ("params", "label_headers", "model")
"""The three files of a surrogate, without their suffixes."""
TOP = "assembled_surrogates"
"""The folder in which the benchmark's download has the tasks."""


@dataclass(frozen=True)
class Names:
    """The names that a benchmark gives its tasks and metrics, which are names of folders too."""

    tasks: tuple[str, ...]
    metrics: tuple[str, ...]
