"""The one way to start a process of the harness: with a safe path, from a neutral folder.

Python looks for modules in the folder it is started in, before its own. A folder of records, which may be a stranger's,
must not decide which ``socket.py`` a child process imports. So every child

- starts in an empty folder of its own,
- searches the absolute entries of this process's path and nothing else: neither the current folder, nor relative
  entries of PYTHONPATH. Python's own switch for it (``-P``) is set where the version has it (3.11), for grandchildren
  too,
- leads a session of its own, so that it can be ended with all that it started, and ends itself when its parent is gone.

A ``Child`` runs a function of the harness, named ``module:function``, which is given a ``Channel`` to this process. It
speaks through what would be its standard input and output, so whatever is printed there is in nobody's way.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from types import TracebackType

from harness.base.channel import CHUNK, LARGEST, Channel
from harness.base.files import scratch_folder
from harness.base.modules import named_object
from harness.base.path import search_path
from harness.base.timing import elapsed, pause

TICK = 0.5
"""Seconds between two looks at a process that does not answer."""
PATHS = ("HARNESS_DATA",)
"""Environment variables that hold a path, which may be relative to the folder of this process."""


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of this process with ``more`` variables, for a process in another folder."""
    found = {**os.environ, "PYTHONSAFEPATH": "1"}
    for name in PATHS:
        if found.get(name):
            found[name] = os.path.abspath(os.path.expanduser(found[name]))
    if "PYTHONPATH" in found:
        found["PYTHONPATH"] = os.pathsep.join(p for p in found["PYTHONPATH"].split(os.pathsep) if os.path.isabs(p))
    return {**found, **(more or {})}


def command(code: str, *arguments: str, current: bool = False) -> list[str]:
    """The command line of a Python that runs ``code`` with the path ``search_path``; start it in a neutral folder."""
    safe = ["-P"] if sys.version_info >= (3, 11) else []
    flags = [flag for flag in getattr(subprocess, "_args_from_interpreter_flags", list)() if flag not in safe]
    path = ascii(search_path(current=current))
    # Nothing is imported before the path is safe; sys is part of the interpreter.
    begin = f"import sys\npath = {path}\nsys.path[:] = path + [p for p in sys.path if p and p not in path]\n"
    return [sys.executable, *flags, *safe, "-c", begin + code, *arguments]


@contextlib.contextmanager
def safe_spawning() -> Iterator[None]:
    """Processes that a library starts meanwhile, by the standard library's ``spawn``, start with a safe path too."""
    from multiprocessing import util  # few commands start processes

    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    flags = getattr(util, "_args_from_interpreter_flags", None)
    if sys.version_info < (3, 11) and flags is not None:  # the variable means nothing yet
        vars(util)["_args_from_interpreter_flags"] = lambda: ["-I", *flags()]
    try:
        yield
    finally:
        if sys.version_info < (3, 11) and flags is not None:
            vars(util)["_args_from_interpreter_flags"] = flags
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


class Lost(Exception):
    """A child that did not answer: it was too ``late``, or ended with an exit ``code`` (negative: by a signal)."""

    def __init__(self, reason: str, *, late: bool = False, code: int | None = None) -> None:
        super().__init__(reason)
        self.late, self.code = late, code


class Child:
    """A process that runs the function ``target`` (``module:function``), to be used in a ``with``, or closed.

    ``quiet``: what it prints is thrown away, else it goes to standard error; ``current``: see ``search_path``;
    ``private``: its temporary files go into its own folder, which is removed with it; ``then``: the folder to work in
    once everything is imported; ``without``: environment variables that it is not given.
    """

    def __init__(
        self, target: str, *, quiet: bool = False, current: bool = False, private: bool = False,
        then: str | None = None, without: Collection[str] = (),
    ) -> None:  # fmt: skip
        given = {name: value for name, value in environment().items() if name not in without}
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(scratch_folder())
            if private:
                given |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
            self._process = subprocess.Popen(
                command("from harness.base.children import main\nmain()", current=current), cwd=folder, bufsize=0,
                env=given, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL if quiet else None,
                start_new_session=True,
            )  # fmt: skip
            self.folder = folder
            self._folders = stack.pop_all()
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("a child has two pipes")
        self._until = self._seconds = float("inf")
        source, target_ = self._process.stdout.fileno(), self._process.stdin.fileno()
        self._more = _Polled(source) if hasattr(select, "poll") else _Threaded(source)
        self._channel = Channel(source, target_, self._read)
        self.send(json.dumps({"target": target, "then": then}).encode())

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def send(self, message: bytes) -> None:
        """A process that is gone is noticed when its answer is asked for."""
        with contextlib.suppress(OSError):
            self._channel.send(message)

    def receive(self, seconds: float = float("inf"), largest: int = LARGEST) -> bytes:
        """Its next message. Lost if there is none within so many real seconds, or it is no message."""
        self._seconds, self._until = seconds, elapsed() + seconds
        try:
            return self._channel.receive(largest)
        except (EOFError, OSError):
            raise self._ended() from None
        except ValueError as error:
            raise Lost(f"sent {error}") from None

    @property
    def idle(self) -> bool:
        """Whether it has said nothing more than it was asked."""
        return self._channel.empty

    def kill(self) -> None:
        """Ends it, with every process of its session; may be called from any thread."""
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """Ends it and removes its folder."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._folders.close()

    def _read(self) -> bytes:
        while True:
            left = self._until - elapsed()
            got = self._more(max(0.0, min(left, TICK)))
            if got is not None:
                return got
            if left <= 0:
                raise Lost(f"did not answer within {self._seconds:g} s", late=True)
            if self._process.poll() is not None:  # a process that it left behind may hold the pipe
                self.kill()

    def _ended(self) -> Lost:
        try:
            code = self._process.wait(TICK)
        except subprocess.TimeoutExpired:  # it closed the pipe and lives on
            return Lost("closed its pipe to the harness")
        if code >= 0:
            return Lost(f"ended with exit code {code}", code=code)
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return Lost(f"was ended by {name}", code=code)


class _Polled:
    """Bytes of a pipe that may be waited for."""

    def __init__(self, source: int) -> None:
        self._source, self._poll = source, select.poll()
        self._poll.register(source, select.POLLIN | select.POLLHUP)

    def __call__(self, seconds: float) -> bytes | None:
        return os.read(self._source, CHUNK) if self._poll.poll(1000 * seconds) else None


class _Threaded:
    """The same where pipes cannot be waited for (Windows): a thread reads them."""

    def __init__(self, source: int) -> None:
        self._got: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._follow, args=(source,), daemon=True).start()

    def __call__(self, seconds: float) -> bytes | None:
        with contextlib.suppress(queue.Empty):
            return self._got.get(timeout=seconds) if seconds > 0 else self._got.get_nowait()
        return None

    def _follow(self, source: int) -> None:
        got = b" "
        while got:
            try:
                got = os.read(source, CHUNK)
            except OSError:
                got = b""
            self._got.put(got)


def main() -> None:
    """What a child does: it takes its pipes out of everybody's way, then runs the function it is told."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the parent, which stops its children
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    source, target = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # there is no standard error
        os.dup2(nowhere, 1)
    os.close(nowhere)
    channel = Channel(source, target)
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        request = json.loads(channel.receive())
        function = named_object(request["target"])
        if request["then"] is not None:
            with contextlib.suppress(OSError):
                os.chdir(request["then"])
        function(channel)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        pause(1.0)
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
