"""Prices, credits and charges: the cost of an evaluation whose training may continue from a checkpoint.

Rules (the protocol, "Cost and clock"): the *price* is the source's runtime at the evaluation's fidelity. One fidelity
axis may continue, such as epoch. If the same trial has finished a training to a lower value on this axis, with every
other fidelity the same, the *credit* is the price of the deepest such training, and the *charge* is price minus credit.
A request at or below that depth is a new training and pays in full. Charges below the *floor* are raised to it and
counted as repairs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import itemgetter
from typing import Any, NamedTuple


class Bill(NamedTuple):
    """The cost of one evaluation, in simulated seconds."""

    price: float
    credit: float
    charge: float
    repaired: bool


class Ledger:
    """The checkpoints of one run. ``continues``: the fidelity axis along which training resumes, None for none;
    ``axes``: the names of all fidelities, where every evaluation has the same.
    """

    def __init__(self, floor: float, continues: str | None, axes: Collection[str] = ()) -> None:
        self._floor = floor
        others = [axis for axis in axes if axis != continues]
        self._others = itemgetter(*others) if others else None
        self._continues = continues
        self._checkpoints: dict[tuple[Any, ...], tuple[Any, float]] = {}

    def bill(self, trial: int, fidelity: Mapping[str, Any], price: float) -> Bill:
        """The charge if this evaluation starts now."""
        credit = 0.0
        if self._continues is not None:
            depth, paid = self._checkpoints.get(self._key(trial, fidelity), (None, 0.0))
            if depth is not None and depth < fidelity[self._continues]:
                credit = paid
        charge = price - credit
        # A NaN price fails this comparison too and is repaired rather than stopping the clock.
        repaired = not charge >= self._floor
        return Bill(price, credit, self._floor if repaired else charge, repaired)

    def finish(self, trial: int, fidelity: Mapping[str, Any], price: float) -> None:
        """Records that a training ended: from now on its checkpoint may be continued."""
        if self._continues is None:
            return
        key, depth = self._key(trial, fidelity), fidelity[self._continues]
        if key not in self._checkpoints or self._checkpoints[key][0] < depth:
            self._checkpoints[key] = (depth, price)

    def _key(self, trial: int, fidelity: Mapping[str, Any]) -> tuple[Any, ...]:
        if self._others is not None:
            return trial, self._others(fidelity)
        return (trial, *(v for k, v in fidelity.items() if k != self._continues))
