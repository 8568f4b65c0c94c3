"""The two scores of a table computed a second time, for verification: anew for every time asked, not step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from harness.benchmark.leaderboard import Leaderboard

Constants = Mapping[str, float]


def rescore(
    board: Leaderboard, columns: Mapping[str, NDArray[Any]], constants: Constants, times: Sequence[float]
) -> dict[str, list[float]]:
    """``value`` at the asked ``times`` (simulated seconds), from ``columns``, the counted evaluations of one run."""
    found = _regrets if len(board.objectives) == 1 else _areas
    return {"value": list(found(board, columns, constants, times))}


def _regrets(
    board: Leaderboard, columns: Mapping[str, NDArray[Any]], constants: Constants, times: Sequence[float]
) -> Iterator[float]:
    objective = board.objectives[0]
    told, ends, reports = (columns[name].tolist() for name in (objective.metric, "end", board.facts["report"]))
    sign = -1.0 if objective.maximize else 1.0
    # The best by the value told to the method; among equals the one that ended first, then the one that started first.
    ranking = sorted(range(len(ends)), key=lambda row: (sign * told[row], ends[row], row))
    for time in times:
        incumbent = next((row for row in ranking if ends[row] <= time), None)
        report = constants["worst"] if incumbent is None else reports[incumbent]
        yield constants["best"] - report if objective.maximize else report - constants["best"]


def _areas(
    board: Leaderboard, columns: Mapping[str, NDArray[Any]], constants: Constants, times: Sequence[float]
) -> Iterator[float]:
    """The share of the rectangle between reference and ideal point that the entries evaluated by each time dominate."""
    names = board.facts["reports"]
    spans = [(constants[f"reference:{name}"], constants[f"ideal:{name}"]) for name in names]
    gains = [(columns[name] - low) / (high - low) for name, (low, high) in zip(names, spans, strict=True)]
    points = list(zip(*(gain.tolist() for gain in gains), columns["end"].tolist(), strict=True))
    for time in times:
        ended = sorted(((min(x, 1.0), min(y, 1.0)) for x, y, end in points if end <= time), reverse=True)
        area, height = 0.0, 0.0
        for x, y in ended:
            if x > 0.0 and y > height:
                area += x * (y - height)
                height = y
        yield area
