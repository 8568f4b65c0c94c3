"""The specification of a run: the identity of a record, and the accounting columns of its ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from harness import registry
from harness.base.seeding import derive_generator

if TYPE_CHECKING:
    import numpy as np

LEDGER_COLUMNS = ("price", "credit", "charge", "repaired", "worker", "start", "end", "counted", "method_seconds")
"""The accounting of an evaluation. Times are simulated seconds; ``method_seconds`` are real seconds in the method."""


@dataclass(frozen=True)
class RunSpec:
    """The specification of a run, without its seed: the identity of a record, with every choice that changes numbers.

    ``axes``: the fidelity axes that the method may vary; ``space``: the joint space or a derived one; ``source``: the
    SHA-256 of the file of a user's own method; ``continuation``: whether trials continue from a checkpoint (the method
    can, and the user did not ask for ``from_scratch``); ``constants``: the surrogate set's constants for this task,
    with which a record can be scored without the set.
    """

    leaderboard: str
    surrogates: str
    surrogates_hash: str
    method: str
    method_path: str
    preset: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    axes: tuple[str, ...] = ()
    from_scratch: bool = False
    continuation: bool = True
    space: str = "jahs"
    workers: int = 1
    source: str | None = None
    constants: dict[str, float] = field(default_factory=dict)

    def draws(self, seed: int) -> np.random.Generator:
        """The generator that chooses among repeated trainings. The k-th evaluation of a run has the k-th draw, whatever
        the method.
        """
        return derive_generator("trials", self.leaderboard, self.surrogates, seed)

    @property
    def variant(self) -> str:
        """The choices that differ from the leaderboard's, such as ``axis=N,from-scratch``; empty if none does."""
        board = registry.leaderboard_of(self.leaderboard)
        parts = [f"{k}={v}" for k, v in sorted(self.settings.items())]
        if board.setting.axes == "one" and self.axes not in ((), (board.axis,)):
            parts.append("axis=" + "+".join(self.axes))
        if self.from_scratch:
            parts.append("from-scratch")
        if self.space != registry.whole_space(board):
            parts.append(f"space={self.space}")
        if self.workers != board.workers:
            parts.append(f"workers={self.workers}")
        return ",".join(parts)

    @property
    def label(self) -> str:
        """Method name with the variant, as shown in tables and used for file names."""
        return f"{self.method}[{self.variant}]" if self.variant else self.method

    @property
    def file_name(self) -> str:
        """The label with only characters that every file system takes."""
        return re.sub(r"[^A-Za-z0-9_.=,+\[\]-]", "-", self.label) + ".parquet"

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> RunSpec:
        """The spec in a record's header."""
        return cls(**{**raw, "axes": tuple(raw["axes"])})

    def as_dict(self) -> dict[str, Any]:
        """The spec as JSON values, for the record's header."""
        return {**asdict(self), "axes": list(self.axes)}
