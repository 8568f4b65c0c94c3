"""Keeps a method apart from the rest of the process while it is tested: files, output, global random state.

Every play happens inside ``sandbox`` and ``fenced``. The files and the random state that a method leaves are thrown
away afterwards, so only the check that looks for them can fail.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np

SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""Warnings that Python itself does not print."""


@contextmanager
def sandbox() -> Iterator[Path]:
    """An empty folder. During the block, its ``work`` is the working directory ``temporary`` has temporary files."""
    before, before_temporary = Path.cwd(), tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="harness-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        for part in ("work", "temporary"):
            (folder / part).mkdir()
        os.chdir(folder / "work")
        tempfile.tempdir = str(folder / "temporary")
        try:
            yield folder
        finally:
            os.chdir(before)
            tempfile.tempdir = before_temporary


def global_state() -> tuple[Any, ...]:
    """The state of the global generators of ``random`` and NumPy, comparable."""
    state = np.random.get_state(legacy=True)  # noqa: NPY002 - this state is watched
    assert isinstance(state, tuple)
    return random.getstate(), state[0], state[1].tobytes(), *state[2:]


def seed_globals(seed: int) -> None:
    """Puts the global generators of ``random`` and NumPy into a state given by ``seed``.

    The harness never draws from them, but a method might; the check of global random state finds this out.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002


@contextmanager
def fenced(seed: int) -> Iterator[None]:
    """Starts the global generators from ``seed`` and restores their state after the block."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    seed_globals(seed)
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002


@dataclass
class Caught:
    """Output that was caught. ``text``: standard output and error, with logging; ``warnings``: the warnings."""

    text: str = ""
    warnings: list[str] = field(default_factory=list)


@contextmanager
def capture() -> Iterator[Caught]:
    """Catches output that is written through Python, through logging handlers, and directly to the file descriptors."""
    caught = Caught()
    out, err, handlers = sys.stdout, sys.stderr, logging.root.handlers
    out.flush()
    err.flush()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as sink, _warnings(caught):
        saved = [os.dup(1), os.dup(2)]
        try:
            os.dup2(sink.fileno(), 1)
            os.dup2(sink.fileno(), 2)
            sys.stdout = sys.stderr = sink
            logging.root.handlers = []  # a test runner's own would hide what a user sees: warnings go to standard error
            _repoint({out, err}, sink)
            yield caught
        finally:
            _repoint({sink}, err)
            logging.root.handlers = handlers
            sink.flush()
            sys.stdout, sys.stderr = out, err
            for number, copy in zip((1, 2), saved, strict=True):
                os.dup2(copy, number)
                os.close(copy)
            sink.seek(0)
            caught.text = sink.read()


@contextmanager
def _warnings(caught: Caught) -> Iterator[None]:
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        for category in SILENT:
            warnings.simplefilter("ignore", category)
        yield
    caught.warnings = [f"{w.category.__name__}: {w.message}" for w in given]


def _repoint(streams: set[TextIO], target: TextIO) -> None:
    """Makes the logging handlers that write to one of ``streams`` write to ``target``. A handler keeps the stream that
    was current when it was made.
    """
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        for handler in getattr(logger, "handlers", ()):
            # logging's last resort looks its stream up anew each time and takes no other.
            plain = isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler)
            if plain and handler is not logging.lastResort and handler.stream in streams:
                handler.setStream(target)
