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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np

INSTALLED = {"site-packages", "dist-packages"}
"""Names of folders that libraries are installed in."""
SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""Warnings that Python itself does not print."""


@contextmanager
def sandbox() -> Iterator[Path]:
    """An empty folder. In the block, its ``work`` is the working directory, and ``temporary`` has temporary files."""
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
def capture(is_own: Callable[[str], bool] = lambda _: True) -> Iterator[Caught]:
    """Catches output that is written through Python, through logging handlers, and directly to the file descriptors.
    It also catches warnings that are given in files that ``is_own`` accepts, except while a library is imported.
    """
    caught = Caught()
    out, err, handlers = sys.stdout, sys.stderr, logging.root.handlers
    for stream in (out, err):
        with suppress(AttributeError, ValueError):  # a library may have put anything there
            stream.flush()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as sink, _warnings(caught, is_own):
        saved = [os.dup(1), os.dup(2)]
        moved: list[tuple[logging.StreamHandler[TextIO], TextIO]] = []
        try:
            os.dup2(sink.fileno(), 1)
            os.dup2(sink.fileno(), 2)
            sys.stdout = sys.stderr = sink
            logging.root.handlers = []  # a test runner's own would hide what a user sees: warnings go to standard error
            moved = _repoint((out, err), sink)
            yield caught
        finally:
            for handler, stream in moved:
                handler.setStream(stream)
            _repoint((sink,), err)  # handlers made meanwhile
            logging.root.handlers = handlers
            sink.flush()
            sys.stdout, sys.stderr = out, err
            for number, copy in zip((1, 2), saved, strict=True):
                os.dup2(copy, number)
                os.close(copy)
            sink.seek(0)
            caught.text = sink.read()


@contextmanager
def _warnings(caught: Caught, is_own: Callable[[str], bool]) -> Iterator[None]:
    def note(message: Warning | str, category: type[Warning], filename: str, *_: Any, **__: Any) -> None:
        if is_own(filename) and not _importing():
            caught.warnings.append(f"{category.__name__}: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        for category in SILENT:
            warnings.simplefilter("ignore", category)
        warnings.showwarning = note
        yield


def _importing() -> bool:
    """Whether the code that runs was called by an import, as far as the checks' own frames."""
    frame = sys._getframe(2)
    while frame is not None and not frame.f_code.co_filename.startswith(os.path.dirname(__file__) + os.sep):
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def files_of(thing: Any) -> Callable[[str], bool]:
    """A function that says whether a file belongs to ``thing``, a class: the file of its module, a file of its package,
    or a file beside a user's own file. Installed libraries below do not. If the class has no file, every file does.
    """
    module = sys.modules.get(getattr(thing, "__module__", ""))
    file = getattr(module, "__file__", None)
    if module is None or not file:
        return lambda _: True
    top = sys.modules.get(module.__name__.partition(".")[0])
    packaged = getattr(top, "__path__", None) is not None
    home = Path(str(getattr(top, "__file__", file)) if packaged else file).resolve().parent
    alone = not packaged and home.name in INSTALLED

    def is_own(name: str) -> bool:
        path = Path(name).resolve()
        if alone or path == Path(file).resolve():
            return path == Path(file).resolve()
        return path.is_relative_to(home) and not INSTALLED & set(path.relative_to(home).parts)

    return is_own


def _repoint(streams: Sequence[TextIO], target: TextIO) -> list[tuple[logging.StreamHandler[TextIO], TextIO]]:
    """Makes the logging handlers that write to one of the ``streams`` write to ``target``.

    Returns the handlers with their former streams.
    """
    moved = []
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        for handler in getattr(logger, "handlers", ()):
            # logging's last resort looks its stream up anew each time and takes no other.
            # So do handlers of libraries whose stream is a property.
            plain = isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler)
            fixed = isinstance(getattr(type(handler), "stream", None), property)
            if plain and not fixed and any(handler.stream is stream for stream in streams):
                with suppress(AttributeError, ValueError):
                    moved.append((handler, handler.stream))
                    handler.setStream(target)
    return moved
