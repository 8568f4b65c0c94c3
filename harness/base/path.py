"""Where this process and its children look for modules: never in the folder that a command happens to be run in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])
"""The folder in which this package lies."""


def search_path(*, current: bool = False) -> list[str]:
    """The absolute entries of this process's path, and the folder of this package.

    ``current``: a session in which the current folder is on the path (``python -c``, a notebook) may hand objects of
    modules in that folder to its children; they find these, after everything else.
    """
    given = os.environ.get("PYTHONPATH")
    relative = {os.path.abspath(p) for p in given.split(os.pathsep) if not os.path.isabs(p)} if given else set()
    kept = [entry for entry in sys.path if os.path.isabs(entry) and entry not in relative]
    if ROOT not in kept:
        kept.append(ROOT)
    if current and "" in sys.path:
        kept.append(os.getcwd())
    return list(dict.fromkeys(kept))


def leave_current_folder() -> None:
    """Takes the current folder off the path of this process, where ``python -c`` or an empty entry of PYTHONPATH, such
    as that of ``PYTHONPATH=:/more``, has put it; this package stays.
    """
    given = os.environ.get("PYTHONPATH")
    away = {"", os.getcwd()} if given and "" in given.split(os.pathsep) else {""}
    if away & set(sys.path):
        sys.path[:] = [entry for entry in sys.path if entry not in away]
        if ROOT not in sys.path:
            sys.path.append(ROOT)
