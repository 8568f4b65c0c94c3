"""Dask without its own log lines."""

from __future__ import annotations

import logging
from typing import Any


class QuietDask:
    """Keeps Dask's log lines off the terminal until ``end``, for the harness reports the same events in its own words.
    Dask also gives up a peer that does not answer within ``connect`` seconds.
    """

    def __init__(self, connect: float) -> None:
        import dask
        import distributed  # noqa: F401 - sets up its loggers

        self._settings = dask.config.set({"distributed.comm.timeouts.connect": f"{connect}s"})
        noisy: list[Any] = [*logging.getLogger("distributed").handlers, logging.getLogger("tornado.application")]
        self._levels = {one: one.level for one in noisy}
        for one in noisy:
            one.setLevel(logging.CRITICAL + 1)

    def end(self) -> None:
        """Restores the settings and the log levels."""
        self._settings.__exit__(None, None, None)
        for one, level in self._levels.items():
            one.setLevel(level)
