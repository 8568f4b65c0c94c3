"""The results of a verification: findings, a verdict for each record, and all verdicts together."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.base.escape import printable

REFUSED, REPLAYED, REPRODUCED = "refused", "replayed", "reproduced"


@dataclass(frozen=True)
class Finding:
    """One claim that is not true. ``row``: the evaluation, counted from 0 in its seed; None if about no row."""

    record: str
    message: str
    seed: int | None = None
    row: int | None = None

    def __str__(self) -> str:
        """One sentence naming the record, the run and the row."""
        where = "" if self.seed is None else f" seed {self.seed}"
        where += "" if self.row is None else f" row {self.row}"
        return printable(f"{self.record}{where}: {self.message}")


@dataclass(frozen=True)
class Verdict:
    """The verdict on one record. ``label`` and ``leaderboard`` are its claims, empty if it could not be read.

    ``scores``: means over seeds computed from the replayed ledger, such as ``full``, ``full@10``, ``observed``;
    ``fingerprints``: seed -> hash of the proposals that count, equal for equal ledgers, missing if none counts;
    ``traces``: seed -> a short hash of each of these proposals, see ``harness.verify.likeness``; ``notes``: sentences
    about checks that were not done, and about things that a person should look at.
    """

    record: Path
    sha256: str
    state: str
    leaderboard: str = ""
    label: str = ""
    surrogates: str = ""
    method: str = ""
    file_name: str = ""
    evaluations: int = 0
    reproduced_seeds: tuple[int, ...] = ()
    scores: dict[str, float] = field(default_factory=dict)
    fingerprints: dict[int, str] = field(default_factory=dict)
    traces: dict[int, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The verdict as JSON values, for a pipe between processes."""
        pairs = {"fingerprints": [*self.fingerprints.items()], "traces": [*self.traces.items()]}
        return {**asdict(self), "record": str(self.record), **pairs}

    @staticmethod
    def from_json(found: dict[str, Any]) -> Verdict:
        """The verdict from the values of ``as_json``."""
        changed = {
            "record": Path(found["record"]), "findings": tuple(Finding(**f) for f in found["findings"]),
            "notes": tuple(found["notes"]), "reproduced_seeds": tuple(found["reproduced_seeds"]),
            **{name: {int(seed): text for seed, text in found[name]} for name in ("fingerprints", "traces")},
        }  # fmt: skip
        return Verdict(**{**found, **changed})


@dataclass(frozen=True)
class Verification:
    """All verdicts, in the order of the paths. ``others``: the findings that belong to no single record."""

    verdicts: tuple[Verdict, ...]
    others: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings."""
        return (*(f for v in self.verdicts for f in v.findings), *self.others)

    @property
    def ok(self) -> bool:
        """Whether every claim is true."""
        return not self.findings
