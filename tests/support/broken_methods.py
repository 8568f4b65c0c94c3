"""Methods with one fault each, and the one check of the conformance suite that must find it (``found_by``).

Each is random search but for its fault, so that nothing else can be held against it.
"""

from __future__ import annotations

import logging
import math
import os
import random
import shutil
import sys
import tempfile
import time
import warnings
import weakref
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from harness import Capabilities, Observation, Problem, Proposal

# Few settings, for every check plays all that are declared.
BLACK_BOX = Capabilities(settings=("bb",))
ONE_AXIS = Capabilities(settings=("mf",), axis="any", objectives=("single",))


class Sound:
    """Random search: no fault."""

    capabilities: ClassVar[Capabilities] = BLACK_BOX
    found_by: ClassVar[str | None] = None

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem, self.seed = problem, seed
        self.space = problem.space
        self.rng = np.random.default_rng(seed)
        self.asked = self.told = 0
        self.losses: list[float] = []

    def ask(self) -> Any:
        self.asked += 1
        return self.space.sample(self.rng)

    def tell(self, observation: Observation) -> None:
        self.told += 1
        self.losses.append(observation.losses[0])

    @property
    def pending(self) -> int:
        return self.asked - self.told


class SoundEverywhere(Sound):
    capabilities = Capabilities(axis="all")


class OneObjectiveOnly(Sound):
    """Declares both objectives."""

    found_by = "declared"

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        if len(problem.objectives) > 1:
            raise ValueError("one objective, please")


class NoSuchSetting(Sound):
    capabilities = Capabilities(settings=("bb", "grey-box"))
    found_by = "declared"


class NoWorkers(Sound):
    capabilities = Capabilities(settings=("bb",), workers=0)
    found_by = "declared"


class RaisesInTheSmallSpaces(Sound):
    found_by = "declared"

    def ask(self) -> Any:
        self.first = self.space["Op1"], self.space["LearningRate"]
        return super().ask()


class OutsideTheSpace(Sound):
    found_by = "legal"

    def ask(self) -> Any:
        return super().ask() | {"LearningRate": 1.5}


class ForgetsAParameter(Sound):
    found_by = "legal"

    def ask(self) -> Any:
        configuration = super().ask()
        del configuration["Op6"]
        return configuration


class NotAConfiguration(Sound):
    found_by = "legal"

    def ask(self) -> Any:
        return list(super().ask().values())


class NoSuchEpoch(Sound):
    capabilities = ONE_AXIS
    found_by = "legal"

    def ask(self) -> Any:
        axis = self.problem.axes[0]
        return Proposal(super().ask(), {axis: 201 if axis == "epoch" else self.problem.full[axis]})


class SecondAxis(Sound):
    """Varies the width too."""

    capabilities = ONE_AXIS
    found_by = "axes"

    def ask(self) -> Any:
        return Proposal(super().ask(), {"W": 4} if self.asked % 5 == 4 else {})


class AlwaysEpochs(Sound):
    """Varies the epoch, whatever axis was declared."""

    capabilities = ONE_AXIS
    found_by = "axes"

    def ask(self) -> Any:
        return Proposal(super().ask(), {"epoch": 20})


class UndeclaredAxis(Sound):
    """Declares that it only evaluates at full fidelity."""

    capabilities = Capabilities(settings=("mf",))
    found_by = "axes"

    def ask(self) -> Any:
        return Proposal(super().ask(), {"epoch": 20})


class GivesUp(Sound):
    found_by = "goes-on"

    def ask(self) -> Any:
        return super().ask() if self.asked < 6 else None


class RefusesAnother(Sound):
    """Declares any number of workers."""

    found_by = "several-pending"

    def ask(self) -> Any:
        if self.pending:
            raise RuntimeError("tell() first")
        return super().ask()


class OneAtATime(Sound):
    """Declares any number of workers."""

    found_by = "several-pending"

    def ask(self) -> Any:
        return None if self.pending else super().ask()


class InOrderOnly(Sound):
    found_by = "out-of-order"

    def tell(self, observation: Observation) -> None:
        if observation.trial != self.told:
            raise LookupError(f"trial {self.told} was next")
        super().tell(observation)


class AskedTwice(Sound):
    """Works in pairs; does not expect to be asked again while it waits for the second."""

    found_by = "nothing-now"
    waiting = False

    def ask(self) -> Any:
        if self.pending < 2:
            return super().ask()
        if self.waiting:
            raise RuntimeError("I said not now")
        self.waiting = True
        return None

    def tell(self, observation: Observation) -> None:
        self.waiting = False
        super().tell(observation)


class EqualValues(Sound):
    found_by = "equal-values"

    def tell(self, observation: Observation) -> None:
        super().tell(observation)
        gaps = np.diff(np.sort(self.losses))
        if len(gaps) and not gaps.all():
            raise ZeroDivisionError("no gap to divide by")


class NoSpread(Sound):
    """Scales the losses to [0, 1] once it has some."""

    found_by = "constant-objective"

    def tell(self, observation: Observation) -> None:
        super().tell(observation)
        if self.told >= 10:
            self.scaled = [(x - min(self.losses)) / (max(self.losses) - min(self.losses)) for x in self.losses]


class WholeSeconds(Sound):
    capabilities = Capabilities(settings=("ca",))
    found_by = "extreme-costs"

    def tell(self, observation: Observation) -> None:
        super().tell(observation)
        assert observation.cost is not None
        self.rate = observation.losses[0] / int(observation.cost)


class CheckpointsOnly(Sound):
    capabilities = ONE_AXIS
    found_by = "from-scratch"

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        if not problem.continuation:
            raise ValueError("needs checkpoints")


class Unseeded(Sound):
    found_by = "same-seed"

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        self.rng = np.random.default_rng()


class LearnsAcrossRuns(Sound):
    """Keeps something between the runs of a process."""

    found_by = "same-seed"
    runs: ClassVar[list[int]] = sys.modules.setdefault("broken_methods.runs", [])  # type: ignore[arg-type, assignment]

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        self.runs.append(seed)
        self.rng = np.random.default_rng(len(self.runs))


class OrderOfASet(Sound):
    """Draws the parameters in the order of a set of strings, another in every process."""

    found_by = "processes"

    def ask(self) -> Any:
        self.asked += 1
        drawn = {name: self.space[name].at(self.rng.random()) for name in set(self.space)}
        return drawn | self.space.constants


class UsesHash(Sound):
    found_by = "processes"

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        self.rng = np.random.default_rng([seed, abs(hash(problem.setting))])


class IgnoresTheSeed(Sound):
    found_by = "different-seeds"

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        self.rng = np.random.default_rng(0)


class GlobalNumPy(Sound):
    found_by = "global-random"

    def ask(self) -> Any:
        return {name: parameter.at(np.random.random()) for name, parameter in self.space.items()}  # noqa: NPY002


class GlobalRandom(Sound):
    found_by = "global-random"

    def ask(self) -> Any:
        return {name: parameter.at(random.random()) for name, parameter in self.space.items()}


class SeedsGlobalNumPy(GlobalNumPy):
    """Reproducible, at the cost of everybody else in the process."""

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        np.random.seed(seed)  # noqa: NPY002


class ReadsGlobalRandom(Sound):
    """Puts the state back, but was led by it."""

    found_by = "global-random"

    def ask(self) -> Any:
        state = random.getstate()
        self.rng = np.random.default_rng([self.seed, random.getrandbits(32)])
        random.setstate(state)
        return super().ask()


class ChangesTheObservation(Sound):
    found_by = "inputs"

    def tell(self, observation: Observation) -> None:
        super().tell(observation)
        observation.configuration.pop("Optimizer")


class ChangesItLater(Sound):
    found_by = "inputs"
    last: Observation | None = None

    def ask(self) -> Any:
        if self.last is not None:
            self.last.fidelity["epoch"] = 1
        return super().ask()

    def tell(self, observation: Observation) -> None:
        super().tell(observation)
        self.last = observation


class ChangesTheProblem(Sound):
    found_by = "inputs"

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        problem.full["seed"] = seed  # type: ignore[index]


class Prints(Sound):
    found_by = "quiet"

    def tell(self, observation: Observation) -> None:
        super().tell(observation)
        print("loss", observation.losses[0])


class PrintsPastPython(Sound):
    """As a library in C does."""

    found_by = "quiet"

    def ask(self) -> Any:
        os.write(2, b"hello\n")
        return super().ask()


class Logs(Sound):
    found_by = "quiet"

    def tell(self, observation: Observation) -> None:
        super().tell(observation)
        logging.getLogger("broken").warning("that was a bad one")


class LogsThroughItsOwnHandler(Sound):
    found_by = "quiet"

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        logger = logging.getLogger("broken.own")
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.StreamHandler())
        logger.error("here we go")


class Warns(Sound):
    found_by = "quiet"

    def ask(self) -> Any:
        warnings.warn("I would not do that", stacklevel=1)
        return super().ask()


class WritesAFile(Sound):
    found_by = "no-files"

    def tell(self, observation: Observation) -> None:
        super().tell(observation)
        Path("history.txt").write_text(str(self.losses), "utf-8")


class WritesTemporaryFiles(Sound):
    found_by = "no-files"

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        handle, self.path = tempfile.mkstemp()
        os.close(handle)


class TidiesUp(Sound):
    """No fault: its temporary folder goes with it."""

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        weakref.finalize(self, shutil.rmtree, tempfile.mkdtemp())


class StaysInACorner(Sound):
    found_by = "beats-random"

    def ask(self) -> Any:
        self.asked += 1
        corner = {name: parameter.at(0.9 + 0.1 * self.rng.random()) for name, parameter in self.space.items()}
        return corner | self.space.constants


class Hangs(Sound):
    """Not among FAULTS, for no check within the process can end it."""

    def ask(self) -> Any:
        while True:
            time.sleep(1)


class HangsOnConstants(Sound):
    """Draws until it finds another value than the last."""

    def tell(self, observation: Observation) -> None:
        super().tell(observation)
        while self.told > 5 and max(self.losses) - min(self.losses) < math.ulp(1.0):
            time.sleep(1)


class EndsTheProcess(Sound):
    def ask(self) -> Any:
        os.abort()


ENDLESS = (Hangs, HangsOnConstants, EndsTheProcess)
METHODS = [m for m in dict(globals()).values() if isinstance(m, type) and issubclass(m, Sound) and m not in ENDLESS]
