"""The names of the official package ``jahs_bench`` 1.1: change the import, and a program runs on the harness.

::

    from jahs_bench.api import Benchmark                # before
    from harness.compat.jahs_bench import Benchmark     # now

``install()`` goes further: after it, ``import jahs_bench`` gives these names, so a package that imports the official
package runs unedited. The suite defines the names; the harness finds their definitions through the registry.
"""

from __future__ import annotations

from typing import Any

from harness import registry

__all__ = ["Benchmark", "BenchmarkTasks", "BenchmarkTypes", "install"]

_STAND_IN = registry.stand_in("jahs_bench")
Benchmark: Any = _STAND_IN.module.Benchmark
BenchmarkTasks: Any = _STAND_IN.module.BenchmarkTasks
BenchmarkTypes: Any = _STAND_IN.module.BenchmarkTypes


def install(surrogates: Any = None) -> None:
    """Makes ``import jahs_bench`` give this module's names, in this process. Call it before the first such import.

    ``surrogates``: the source, or its name, that ``Benchmark`` uses if its own ``surrogates`` is not given; by default
    the official set if it is here, else the suite's own. UsageError if the official package is imported already.
    """
    _STAND_IN.install()
    Benchmark.default_surrogates = surrogates


def __getattr__(name: str) -> Any:
    """The configuration space is made when it is asked for, since it needs the library ConfigSpace."""
    if name == "joint_config_space":
        return _STAND_IN.module.joint_config_space
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
