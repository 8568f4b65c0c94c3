"""Methods that a test writes, as entries of the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.benchmark.method import Capabilities
from harness.benchmark.methods import MethodEntry


@dataclass(frozen=True)
class Handwritten(MethodEntry):
    """A method that a test wrote: an entry whose class needs no module to be imported from."""

    made: Callable[..., Any] = field(default=object)

    def load(self) -> Any:
        return self.made


def handwritten(made: Callable[..., Any], name: str = "mine", **capabilities: Any) -> Handwritten:
    """An entry for a class or factory ``made(problem, seed)``."""
    return Handwritten(name, "handwritten:made", Capabilities(**{"axis": "all", **capabilities}), made=made)
