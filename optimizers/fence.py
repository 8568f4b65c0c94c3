"""A fence around libraries that use global state: their random numbers, warnings and log messages stay their own.

Adapters call their library inside ``Fence.own``. So a library neither reads nor changes what the user's code draws from
``random`` and NumPy's global generator, and its proposals follow from the seed.
"""

from __future__ import annotations

import logging
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_GLOBAL: Any = np.random
"""NumPy's global generator. Typed ``Any``, because not all type stubs of NumPy have the functions that replace it."""


class Fence:
    """Gives a library a random state of its own in place of Python's and NumPy's global ones, whichever generator NumPy
    has installed.

    ``loggers``: names of the library's loggers. Their messages are dropped unless the user configures logging.
    """

    def __init__(self, seed: int, loggers: tuple[str, ...] = ()) -> None:
        self._bits: Any = np.random.MT19937(seed)
        self._numpy: Any = np.random.RandomState(self._bits).get_state(legacy=False)
        self._python = random.Random(seed).getstate()
        for name in loggers:
            mute(name)

    @contextmanager
    def own(self) -> Iterator[None]:
        """Inside this context, the global random state is the library's, warnings are ignored, and arithmetic may
        overflow or divide by zero.
        """
        python, bits = random.getstate(), _GLOBAL.get_bit_generator()
        numpy = np.random.get_state(legacy=False)  # noqa: NPY002
        random.setstate(self._python)
        _GLOBAL.set_bit_generator(self._bits)
        np.random.set_state(self._numpy)  # noqa: NPY002
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            self._python, self._numpy = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002
            random.setstate(python)
            _GLOBAL.set_bit_generator(bits)
            np.random.set_state(numpy)  # noqa: NPY002


def mute(logger: str) -> None:
    """Python prints warnings of a logger for which no handler exists. From now on this logger's are dropped, unless the
    user configures logging.
    """
    found = logging.getLogger(logger)
    if not any(isinstance(handler, logging.NullHandler) for handler in found.handlers):
        found.addHandler(logging.NullHandler())
