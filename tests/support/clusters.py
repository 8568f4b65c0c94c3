"""Dask schedulers and workers in processes of their own on this machine, and a method that is hard on them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from support.commands import child_environment

PATIENCE = 120.0

GENTLE = """
import os, time

class Gentle:
    \"\"\"Random search of five evaluations, with trouble in the middle.\"\"\"

    def __init__(self, problem, seed):
        import numpy
        self.seed = seed
        self.space, self.rng, self.left = problem.space, numpy.random.default_rng(seed), 5

    def ask(self):
        self.left -= 1
        if self.left == 2:
            {trouble}
        return self.space.sample(self.rng) if self.left >= 0 else None

    def tell(self, observation):
        pass
"""
BLOCK_ONCE = """
            try:
                os.close(os.open({mark!r} + ".taken", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass
            else:
                with open({mark!r} + ".part", "w") as file:
                    file.write(str(os.getpid()))
                os.rename({mark!r} + ".part", {mark!r})
                time.sleep(600)
"""
DIE = """
            try:
                with open({mark!r}, "x") as file:
                    file.write(str(self.seed))
            except FileExistsError:
                pass
            with open({mark!r}) as file:
                if file.read() == str(self.seed):
                    os.kill(os.getpid(), 9)
"""
"""One seed, the first that comes here, ends every process that does it."""
SLOW_IF_TOLD = 'time.sleep(float(os.environ.get("TEST_PAUSE", "0")))'


def method(folder: Path, trouble: str = "pass", **names: Any) -> str:
    """A method of one's own that does ``trouble`` in the middle of a run."""
    file = folder / "gentle.py"
    file.write_text(GENTLE.replace("{trouble}", trouble.format(**names).strip()))
    return f"{file}:Gentle"


def until(condition: Callable[[], Any], what: str = "it") -> Any:
    """What the condition gives once it is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.02)
    return found


def kill(process: subprocess.Popen[Any]) -> None:
    """SIGKILL, and waits for the end."""
    process.kill()
    process.wait()


class Cluster:
    """A scheduler, and workers without nannies: who is killed stays dead."""

    def __init__(self, folder: Path, protocol: str = "tcp") -> None:
        self.folder, self.protocol = folder, protocol
        self.processes: list[subprocess.Popen[Any]] = []
        self.scheduler = self.start_scheduler(0)

    def start_scheduler(self, port: int) -> subprocess.Popen[Any]:
        """On a port; 0 is any that is free."""
        file = self.folder / f"scheduler-{len(self.processes)}.json"
        host = f"{self.protocol}://127.0.0.1"
        process = self._start("dask_scheduler", "--host", host, "--port", str(port), "--no-show",
                              "--no-dashboard", "--scheduler-file", str(file))  # fmt: skip
        self.address: str = until(lambda: self._address(file), "the scheduler's start")
        return process

    @staticmethod
    def _address(file: Path) -> str:
        with suppress(OSError, ValueError, KeyError):
            return str(json.loads(file.read_text())["address"])
        return ""

    @property
    def url(self) -> str:
        """For ``--cluster``."""
        return self.address.replace("tcp://", "dask://")

    @property
    def port(self) -> int:
        """The scheduler's."""
        return int(self.address.rpartition(":")[2])

    def worker(self, environment: Mapping[str, str] | None = None) -> subprocess.Popen[Any]:
        """One more worker process of one thread."""
        return self._start("dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                           "--local-directory", str(self.folder), environment=environment)  # fmt: skip

    def wait_for_workers(self, count: int) -> None:
        """Until so many are connected."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=PATIENCE)

    def _start(self, tool: str, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[Any]:
        log = open(self.folder / f"{tool}-{len(self.processes)}.log", "wb")  # noqa: SIM115 - the process has it
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{tool}", *words], cwd=self.folder, stdout=log, stderr=log,
            env={**child_environment(), **(environment or {})},
        )  # fmt: skip
        log.close()
        self.processes.append(process)
        return process


@contextmanager
def cluster(folder: Path, workers: int = 2, protocol: str = "tcp") -> Iterator[Cluster]:
    """A cluster, stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Cluster(folder, protocol)
    try:
        for _ in range(workers):
            made.worker()
        yield made
    finally:
        for process in made.processes:
            with suppress(OSError):
                process.send_signal(signal.SIGKILL)
            process.wait()


def is_gone(pid: int) -> bool:
    """Whether no process of that group is left."""
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):
        return True
    return False
