"""The common part of all sources on disk: name, hash, columns, tasks and metrics, from the manifest of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.benchmark.source import Source
from harness.errors import UnknownName
from harness.sources.store import read_manifest


class StoredSource(Source):
    """A source in a folder. Subclasses add ``oracle``, ``means`` and ``verify``."""

    path: Path

    def __init__(self, path: Path, manifest: dict[str, Any] | None = None) -> None:
        self.path = Path(path)
        self.manifest = read_manifest(self.path) if manifest is None else manifest
        self.name: str = self.manifest["name"]
        self.hash: str = self.manifest["hash"]
        self.columns: list[dict[str, Any]] = self.manifest["columns"]
        self.about: Mapping[str, Any] = self.manifest["about"]

    @property
    def tasks(self) -> list[str]:
        """Names of the tasks, in a fixed order."""
        return sorted(self.manifest["tasks"])

    def metrics(self, task: str) -> list[str]:
        """Names of the metrics of a task, in a fixed order."""
        return sorted(self.task_entry(task)["metrics"])

    def constants(self, task: str) -> dict[str, Any]:
        """The constants of a task, such as ``mean_runtime`` in simulated seconds."""
        constants: dict[str, Any] = self.task_entry(task)["constants"]
        return constants

    def card(self, task: str, metric: str) -> dict[str, Any]:
        """Facts about a metric: how it was made, and its measured error."""
        self.check_names(task, [metric])
        card: dict[str, Any] = self.task_entry(task)["metrics"][metric]["card"]
        return card

    def task_entry(self, task: str) -> dict[str, Any]:
        """The manifest's entry of a task. UnknownName for another task."""
        if task not in self.manifest["tasks"]:
            raise UnknownName(f"task of source {self.name}", task, self.tasks)
        found: dict[str, Any] = self.manifest["tasks"][task]
        return found
