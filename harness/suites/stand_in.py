"""A stand-in: modules with the names of another package's, so that programs written for it run on the harness."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

from harness.errors import UsageError


@dataclass(frozen=True)
class StandIn:
    """``package``: the other package's name; ``modules``: the dotted names of its modules -> the module that has the
    same names in it. The package itself comes first.
    """

    package: str
    modules: Mapping[str, str]

    @property
    def module(self) -> ModuleType:
        """The module that stands for the package itself."""
        return importlib.import_module(self.modules[self.package])

    def install(self) -> None:
        """From now on, ``import`` gives the stand-in under the package's name, in this process.

        UsageError if the package itself has been imported before: who has its objects would keep them.
        """
        made = {name: importlib.import_module(module) for name, module in self.modules.items()}
        for name, module in made.items():
            if sys.modules.get(name, module) is not module:
                raise UsageError(
                    f"the package {self.package} is imported already; call install() before the first import of it"
                )
        sys.modules.update(made)
