"""A fence around a process: files that it cannot open, and no network. Linux alone has what this needs without rights
(Landlock since 5.13, seccomp); elsewhere, and where a system forbids it, nothing happens.

Landlock lists what may be read, not what may not. So everything that Python itself needs is allowed, down to the
folders beside a hidden one, and everything below the folder of this process may be written.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446
"""Numbers of Landlock's system calls, the same on every processor."""
VERSION = 1
"""The flag with which ``CREATE`` says which version the system has."""
LIST = 1 << 3
READ = (1 << 0) | (1 << 2) | LIST
"""To execute, to read a file, to read a folder."""
FILE = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 14)
"""What can be said of a file: to execute, to write, to read, to cut it off."""
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
"""Every right on files, by the version of Landlock that knows it."""
CONNECTIONS, SCOPES = 0b11, 0b11
"""TCP, since version 4; abstract sockets and signals to processes outside, since version 6."""
SYSTEM = (
    "/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/opt", "/etc", "/nix", "/gnu", "/sys/devices/system",
    "/sys/fs/cgroup", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys",
)  # fmt: skip
"""What libraries read. Of other processes, whose command lines name a task, nothing."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/dev/shm")
END_WITH_PARENT, NO_NEW_PRIVILEGES, SECCOMP, FILTER = 1, 38, 22, 2
PROCESSORS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""Name -> how seccomp calls it, and the number of the system call ``socket``."""
UNIX = 1
DENIED, ALLOWED = 0x00050000 | 13, 0x7FFF0000
"""EACCES, and go on."""


def fence(hidden: Sequence[Path], shown: Sequence[Path]) -> bool:
    """Lets this process and its children read, besides the system and Python, only ``shown``, nothing below ``hidden``,
    and use no network; and ends it with the thread that started it. Whether the system could do it.
    """
    if sys.platform != "linux" or platform.machine() not in PROCESSORS:
        return False
    try:
        library = ctypes.CDLL(None, use_errno=True)
        library.prctl(END_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        if library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
            return False
        files = _fence_files(library, [path.resolve() for path in hidden], shown)
        return _fence_network(library) and files
    except (OSError, AttributeError):
        return False


def _fence_files(library: ctypes.CDLL, hidden: Sequence[Path], shown: Iterable[Path]) -> bool:
    version: int = library.syscall(CREATE, None, ctypes.c_size_t(0), VERSION)
    if version < 1:
        return False
    every = RIGHTS[min(version, max(RIGHTS))]
    fields = [every, *([CONNECTIONS] if version >= 4 else []), *([SCOPES] if version >= 6 else [])]
    said = struct.pack(f"{len(fields)}Q", *fields)
    ruleset: int = library.syscall(CREATE, ctypes.c_char_p(said), ctypes.c_size_t(len(said)), 0)
    if ruleset < 0:
        return False
    try:
        python = [sys.prefix, sys.base_prefix, sys.exec_prefix, *(p for p in sys.path if os.path.isabs(p))]
        for path in [*map(Path, (*SYSTEM, *python)), *shown]:
            for allowed, rights in _beside(path.resolve(), hidden):
                _allow(library, ruleset, allowed, rights)
        for path in map(Path, (os.getcwd(), *DEVICES)):
            _allow(library, ruleset, path, every)
        return bool(library.syscall(RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _beside(path: Path, hidden: Sequence[Path]) -> Iterator[tuple[Path, int]]:
    """The path and its rights, or where something hidden lies below it, everything in it but that. Names of files can
    be read there, for Python lists the folders of its path.
    """
    if any(path == each or each in path.parents for each in hidden):
        return
    if not any(path in each.parents for each in hidden):
        yield path, READ
        return
    yield path, LIST
    try:
        inside = sorted(path.iterdir())
    except OSError:
        return
    for each in inside:
        if not each.is_symlink():
            yield from _beside(each, hidden)


def _allow(library: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there, so nobody reads it
        return
    try:
        said = rights if path.is_dir() else rights & FILE
        library.syscall(ADD, ruleset, 1, ctypes.c_char_p(struct.pack("=Qi", said, handle)), 0)
    finally:
        os.close(handle)


def _fence_network(library: ctypes.CDLL) -> bool:
    """A filter of system calls: of sockets only those within this machine's files (AF_UNIX) can be made."""
    machine, socket = PROCESSORS[platform.machine()]
    load, equal, answer = 0x20, 0x15, 0x06
    program = [
        (load, 0, 0, 4),  # the processor
        (equal, 1, 0, machine),
        (answer, 0, 0, DENIED),
        (load, 0, 0, 0),  # the call
        (equal, 1, 0, socket),
        (answer, 0, 0, ALLOWED),
        (load, 0, 0, 16),  # its first argument
        (equal, 0, 1, UNIX),
        (answer, 0, 0, ALLOWED),
        (answer, 0, 0, DENIED),
    ]
    words = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    described = struct.pack("HxxxxxxP", len(program), ctypes.addressof(words))
    return bool(library.prctl(SECCOMP, FILTER, ctypes.c_char_p(described), 0, 0) == 0)
