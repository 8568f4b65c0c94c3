"""Decides when hyperparameters are fitted anew (Klein et al., arXiv:2003.10865, Appendix B.1). Fits are expensive."""

from __future__ import annotations


class Refits:
    """Asked once per update of the model. Up to ``until`` observations, every update fits. After that, every
    ``every``-th update fits; with None, an update fits if there are more observations at the full resource than at the
    last fit. An update without new data never fits.
    """

    def __init__(self, until: int, every: int | None) -> None:
        if until < 0:
            raise ValueError(f"refit_until = {until} must be at least 0")
        if every is not None and every < 1:
            raise ValueError(f"refit_every = {every} must be at least 1")
        self._until, self._every = until, every
        self._updates = 0
        self._fitted = self._full = -1

    def due(self, observations: int, full: int) -> bool:
        """Whether to fit in this update. ``observations``: their number; ``full``: how many are at the full
        resource.
        """
        self._updates += 1
        if observations == self._fitted:
            return False
        if observations > self._until and self._fitted >= 0:
            waits = full <= self._full if self._every is None else self._updates < self._every
            if waits:
                return False
        self._updates, self._fitted, self._full = 0, observations, full
        return True
