"""Checks that a method changes nothing that is not its own: its inputs, the disk, standard output."""

from __future__ import annotations

import copy
import gc
from dataclasses import fields
from pathlib import Path
from typing import Any

from harness.benchmark.method import Observation
from harness.benchmark.space import Space
from harness.testing.play import Watch
from harness.testing.sandbox import capture, files_of
from harness.testing.subject import Failed, Subject, well


def _contents(thing: Any) -> dict[str, Any]:
    """The fields of a dataclass, copied; a space as its parameters and constants."""
    found = {}
    for field in fields(thing):
        value = getattr(thing, field.name)
        if isinstance(value, Space):
            value = (list(value.items()), value.constants)
        found[field.name] = copy.deepcopy(value)
    return found


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


class _Guarded(Watch):
    """Keeps a copy of the content of every input."""

    def begin(self, make: Any) -> None:
        """Copies the problem before the method sees it."""
        self.given: list[tuple[Any, dict[str, Any]]] = [(self.problem, _contents(self.problem))]
        super().begin(make)

    def tell(self, observation: Observation) -> None:
        """Copies the observation before the method sees it."""
        self.given.append((observation, _contents(observation)))
        super().tell(observation)


def inputs(subject: Subject) -> None:
    """Changes neither the problem nor the observations it is given."""
    for case in subject.few:
        subject.sound(case)
        for thing, before in subject.play(case, watch=_Guarded).watch.given:
            after = _contents(thing)
            for name, value in before.items():
                if after[name] != value:
                    raise Failed(f"{case}: it changes {name} of its {type(thing).__name__} to {after[name]!r}")


def quiet(subject: Subject) -> None:
    """Writes nothing to standard output or error, logs and warns of nothing."""
    is_own = files_of(subject.entry.load())
    for case in subject.few:
        subject.sound(case)
        with capture(is_own) as caught:
            outcome = subject.play(case)
        well(case, outcome)
        if caught.text.strip():
            raise Failed(f"{case}: it prints {_first_line(caught.text)!r}", caught.text)
        if caught.warnings:
            raise Failed(f"{case}: it warns {_first_line(caught.warnings[0])!r}", "\n".join(caught.warnings))


class _Searched(Watch):
    """Looks for files before the sandbox is thrown away."""

    def close(self) -> None:
        """Lists the files that are left in the working directory and among temporary files once the method is
        forgotten.
        """
        super().close()
        gc.collect()
        folder = Path.cwd().parent
        self.left = sorted(p.relative_to(folder).as_posix() for p in folder.glob("*/*"))


def no_files(subject: Subject) -> None:
    """Leaves nothing on disk, neither in the working directory nor among temporary files."""
    for case in subject.few:
        subject.sound(case)
        left = well(case, subject.play(case, watch=_Searched)).watch.left
        if left:
            raise Failed(f"{case}: it leaves {', '.join(left[:3])}")
