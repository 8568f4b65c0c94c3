"""Methods that do harm to the process they live in; each is random search but for its harm."""

from __future__ import annotations

import builtins
import ctypes
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from harness import Observation, Problem


class Sound:
    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem, self.seed = problem, seed
        self.space = problem.space
        self.rng = np.random.default_rng(seed)
        self.asked = 0

    def ask(self) -> Any:
        self.asked += 1
        if self.asked == 3:
            self.harm()
        return self.space.sample(self.rng)

    def tell(self, observation: Observation) -> None:
        pass

    def harm(self) -> None:
        """None."""


class LeavesTheFolder(Sound):
    def harm(self) -> None:
        os.chdir("/")
        raise ValueError("elsewhere")


class ReplacesNumPy(Sound):
    """Its harm shows in the next run, if it shows."""

    def harm(self) -> None:
        np.array = np.asarray = lambda *_, **__: None  # type: ignore[assignment]
        np.random.default_rng = None  # type: ignore[assignment]
        builtins.len = lambda _: 3
        raise ValueError("replaced")


class ReplacesWhatTheRunnerUses(Sound):
    """In a process of its own it harms nobody."""

    def harm(self) -> None:
        math.isfinite = None  # type: ignore[assignment]


class CannotBeShown(float):
    def __repr__(self) -> str:
        raise ValueError("no")


class ProposesTheUnprintable(Sound):
    def ask(self) -> Any:
        proposal = super().ask()
        return {**proposal, "LearningRate": CannotBeShown(50)} if self.asked == 3 else proposal


class ProposesAHugeNumber(Sound):
    def ask(self) -> Any:
        proposal = super().ask()
        return {**proposal, "LearningRate": 10**5000} if self.asked == 3 else proposal


class Odd(BaseException):
    pass


class RaisesABaseException(Sound):
    def harm(self) -> None:
        raise Odd("very")


class Interrupts(Sound):
    """In a process of its own this is nobody's Ctrl-C."""

    def harm(self) -> None:
        raise KeyboardInterrupt


class ExitsPolitely(Sound):
    def harm(self) -> None:
        sys.exit(0)


class RaisesMuch(Sound):
    def harm(self) -> None:
        raise ValueError("x" * 20_000_000)


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("no")


class RaisesTheUnprintable(Sound):
    def harm(self) -> None:
        raise Unprintable


class RaisesControlCharacters(Sound):
    def harm(self) -> None:
        raise ValueError("\x1b[2J\udc80 red")


class Recurses(Sound):
    def harm(self) -> None:
        self.harm()


class NeverReturns(Sound):
    def harm(self) -> None:
        while True:
            time.sleep(1)


class NeverReturnsFromItsDeafness(Sound):
    """Signals that can be caught are."""

    def harm(self) -> None:
        for number in range(1, signal.NSIG):
            try:
                signal.signal(number, lambda *_: None)
            except (OSError, ValueError):
                continue
        while True:
            time.sleep(1)


class TakesAllMemory(Sound):
    def harm(self) -> None:
        held = []
        while True:
            held.append(bytearray(64 << 20))


class LeavesAtOnce(Sound):
    def harm(self) -> None:
        os._exit(0)


class LeavesBelowPython(Sound):
    def harm(self) -> None:
        ctypes.CDLL(None)._exit(0)


class Crashes(Sound):
    def harm(self) -> None:
        ctypes.string_at(0)


class KillsItself(Sound):
    def harm(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class ClosesEverything(Sound):
    def harm(self) -> None:
        os.closerange(0, 200)


class AnswersInPlaceOfItself(Sound):
    """Writes into every pipe it finds."""

    def harm(self) -> None:
        for number in range(3, 20):
            try:
                os.write(number, b"\x00" * 7 + b"\x05[0,0]" * 9)
            except OSError:
                continue


class AnswersNonsense(Sound):
    def harm(self) -> None:
        for number in range(3, 20):
            try:
                os.write(number, (1 << 62).to_bytes(8, "big"))
            except OSError:
                continue


FAILING = {
    LeavesTheFolder: "raised ValueError: elsewhere",
    ReplacesNumPy: "ReplacesNumPy",
    ProposesTheUnprintable: "LearningRate = <a CannotBeShown that cannot be written out> is outside its range",
    ProposesAHugeNumber: "LearningRate = <a whole number of 16,610 bits> is outside its range",
    RaisesABaseException: "raised Odd: very",
    Interrupts: "raised KeyboardInterrupt",
    ExitsPolitely: "raised SystemExit: 0",
    RaisesMuch: "raised ValueError: xxxxxxxx",
    RaisesTheUnprintable: "raised Unprintable: (its text cannot be had: ValueError)",
    RaisesControlCharacters: r"raised ValueError: \x1b[2J\udc80 red",
    Recurses: "raised RecursionError: ",
    NeverReturns: "its process did not answer within 3 s",
    NeverReturnsFromItsDeafness: "its process did not answer within 3 s",
    TakesAllMemory: "raised MemoryError",
    LeavesAtOnce: "its process ended with exit code 0",
    LeavesBelowPython: "its process ended with exit code 0",
    Crashes: "its process was ended by SIGSEGV",
    KillsItself: "its process was ended by SIGKILL",
    ClosesEverything: "its process ",
    AnswersInPlaceOfItself: "its process ",
    AnswersNonsense: "its process sent a message of 4,611,686,018,427,387,904 bytes",
}
"""What is said of each where its seed has a process of its own."""


class Prints(Sound):
    def harm(self) -> None:
        print("to standard output")
        sys.__stdout__.write("and again\n")  # type: ignore[union-attr]
        os.write(1, b"and below\n")
        sys.stderr.write("and to standard error\n")


class ReadsStandardInput(Sound):
    def harm(self) -> None:
        sys.stdin.read()
        os.read(0, 100)


class Forks(Sound):
    """Its copy goes on as if it were the method."""

    def harm(self) -> None:
        os.fork()


class ForksAndWaits(Sound):
    def harm(self) -> None:
        if os.fork() == 0:
            time.sleep(600)


class StartsThreads(Sound):
    def harm(self) -> None:
        threading.Thread(target=self.forever).start()

    def forever(self) -> NoReturn:
        while True:
            time.sleep(0.1)


class StartsAProcess(Sound):
    def harm(self) -> None:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


HARMLESS = (ReplacesWhatTheRunnerUses, Prints, ReadsStandardInput, Forks, ForksAndWaits, StartsThreads, StartsAProcess)
"""What they do stays in the process: the seed goes on."""


class Spies(Sound):
    """Raises what it could find out."""

    def harm(self) -> None:
        import gc

        found: list[str] = []
        modules = [name for name in sys.modules if name.startswith(("harness.sources", "harness.registry"))]
        found += [f"module {name}" for name in modules if name != "harness.sources"]
        found += [f"object {type(x).__name__}" for x in gc.get_objects() if type(x).__name__ in SECRETS]
        frame: Any = sys._getframe()
        while frame is not None:
            found += [f"frame {value}" for value in frame.f_locals.values() if value == "cifar10"]
            frame = frame.f_back
        found += [f"variable {name}" for name, value in os.environ.items() if "cifar10" in value]
        found += ["argument" for text in (*sys.argv, *sys.orig_argv) if "cifar10" in text]
        raise ValueError(f"found {sorted(set(found))}")


SECRETS = {"SurrogateSet", "Pairing", "RunSpec", "Leaderboard", "Simulation", "StoredSource", "Source"}


class SpiesOutside(Sound):
    """Raises what it could reach."""

    def harm(self) -> None:
        import harness.base as base

        embedded = Path(base.__path__[0]).parent / "sources" / "embedded" / "lite-1" / "manifest.json"
        found: list[str] = []
        for name, path in (
            ("set", embedded),
            ("imported set", Path(os.environ.get("TEST_SET", "/nowhere"))),
            ("command", Path(f"/proc/{os.getppid()}/cmdline")),
            ("memory", Path(f"/proc/{os.getppid()}/mem")),
            ("code", Path(base.__path__[0]) / "__init__.py"),
        ):
            try:
                path.read_bytes()[:1]
                found.append(name)
            except OSError:
                continue
        try:
            with socket.socket() as tried:
                tried.connect(("127.0.0.1", 9))
        except PermissionError:
            pass
        except OSError:
            found.append("network")
        try:
            os.kill(os.getppid(), 0)
            found.append("signal")
        except OSError:
            pass
        raise ValueError(f"reached {found}")
