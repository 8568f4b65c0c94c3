"""Stories of one run on the set ``clockwork``: a method that answers from a list, and the event log it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness import registry
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.source import Source
from harness.runs.pairing import Choices, pair
from harness.runs.run import Run
from harness.runs.runner import run
from support.handwritten import handwritten

CONSTANTS = {"mean_runtime": 200.0, "latency_p99": 10.0}
BASE = {
    "LearningRate": 0.5, "WeightDecay": 0.001, "Activation": "ReLU", "TrivialAugment": False,
    **{f"Op{edge}": 0 for edge in range(1, 7)},
}  # fmt: skip


def config(rate: float = 0.5, **changes: Any) -> dict[str, Any]:
    """A configuration of validation accuracy 100 * rate."""
    return BASE | {"LearningRate": rate} | changes


def at(epoch: int, rate: float = 0.5, **fidelity: Any) -> Proposal:
    """A proposal at some epoch."""
    return Proposal(config(rate), {"epoch": epoch, **fidelity})


class Script:
    """Answers what it was told to answer, then None, and remembers what it is told."""

    answers: tuple[Any, ...] = ()
    told: list[Observation]

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem, self.seed = problem, seed
        self.waiting = list(self.answers)
        type(self).told = []

    def ask(self) -> Any:
        return self.waiting.pop(0) if self.waiting else None

    def tell(self, observation: Observation) -> None:
        self.told.append(observation)


def script(*answers: Any) -> type[Script]:
    """A method that gives these answers."""
    return type("Script", (Script,), {"answers": answers})


def play(
    made: Callable[..., Any], surrogates: Source, setting: str = "mf", objective: str = "single", seed: int = 0,
    capabilities: Mapping[str, Any] | None = None, **options: Any,
) -> Run:  # fmt: skip
    """One run of a hand-written method on CIFAR-10."""
    entry = handwritten(made, **(capabilities or {}))
    pairing = pair(registry.leaderboard("cifar10", objective, setting), surrogates, entry, Choices(**options))
    return run(pairing, seed)


def log(result: Run) -> list[str]:
    """The run's event log, one line an evaluation."""
    names = ("start", "end", "worker", "trial", "epoch", "charge", "credit", "counted")
    rows = zip(*(result.columns[name] for name in names), strict=True)
    return [
        f"{start:g}-{end:g} worker {worker} trial {trial} epoch {epoch}: {charge:g}"
        + (f" after {credit:g}" if credit else "")
        + ("" if counted else ", cut off")
        for start, end, worker, trial, epoch, charge, credit, counted in rows
    ]
