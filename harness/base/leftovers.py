"""The names of temporary files, and which of them were left behind by processes that were killed while they wrote.

A name has the mark of the machine and the number of the process. So a later command can tell that nobody will finish
the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from harness.base.timing import timestamp

TEMPORARY = re.compile(r"\.(?:(?P<host>[0-9a-f]{8})-)?(?P<pid>[0-9]{1,9})\.tmp$")
"""The end of the name of a temporary file. Earlier versions did not name the machine."""
STALE = 3600.0
"""Seconds after which a file of another machine was left behind: writing one takes seconds."""
_written_here: set[str] = set()
"""The temporary files that this process is writing."""


@contextlib.contextmanager
def temporary_for(path: Path) -> Iterator[Path]:
    """The name under which this process writes the file ``path`` until it is whole; removed after the block."""
    temporary = path.with_name(f".{path.name}.{_host()}-{os.getpid()}.tmp")
    known = os.path.abspath(temporary)
    _written_here.add(known)
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        _written_here.discard(known)


def is_temporary(file: Path) -> bool:
    """Whether a file has a name under which nothing is read: it is being written, or was left behind."""
    return file.name.startswith(".") and TEMPORARY.search(file.name) is not None


def remove_stale(folder: Path) -> None:
    """Removes from a folder the temporary files of processes that are no more.

    A process of this machine is known to be alive or not. A file of another machine counts as left behind after an
    hour.
    """
    for file in folder.glob(".*.tmp"):
        found = TEMPORARY.search(file.name)
        if found is None or os.path.abspath(file) in _written_here:
            continue
        with contextlib.suppress(OSError):  # gone by now, or not ours to remove
            if found["host"] in (None, _host()):
                over = int(found["pid"]) == os.getpid() or not _is_alive(int(found["pid"]))
            else:
                over = timestamp() - file.stat().st_mtime > STALE
            if over:
                file.unlink()


def _is_alive(pid: int) -> bool:
    """Whether a process of this machine runs; True where the system does not tell."""
    if os.name != "posix":
        return True  # a signal would end it there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


@cache
def _host() -> str:
    """The mark of this machine."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
