"""Where in a user's own code an exception was raised, from the exception or from the text of its traceback."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

FRAME = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$', re.MULTILINE)
HARNESS = str(Path(__file__).resolve().parents[1])
OTHERS = ("site-packages", "dist-packages")
"""Folders in which libraries lie."""


def left_debugger(error: BaseException) -> bool:
    """Whether an exception is the end of a debugging session, which is its user's wish."""
    debugger = sys.modules.get("bdb")
    return debugger is not None and isinstance(error, debugger.BdbQuit)


def own_line(error: BaseException, home: Path) -> str:
    """``file.py:12``, the last line of the files at ``home``, a file or folder, before the exception; "" for none."""
    lines = [
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(home)
    ]
    return lines[-1] if lines else ""


def last_own_line(trace: str) -> str:
    """``file.py:12 in ask``, the last line of a traceback that belongs to nobody else: not to the harness, to Python or
    to an installed library; "" for none.
    """
    found = ""
    for frame in FRAME.finditer(trace):
        if not _is_others(frame["file"]):
            function = "" if frame["function"] in (None, "<module>") else f" in {frame['function']}"
            found = f"{Path(frame['file']).name}:{frame['line']}{function}"
    return found


def _is_others(file: str) -> bool:
    path = Path(file)
    if file.startswith("<") and not file.startswith("<ipython"):
        return True
    return bool(set(OTHERS) & set(path.parts)) or any(path.is_relative_to(folder) for folder in _folders())


def _folders() -> Iterable[str]:
    python = str(Path(traceback.__file__).resolve().parent)
    return (HARNESS, python)
