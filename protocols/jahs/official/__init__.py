"""The official package ``jahs_bench`` 1.1 in the harness's terms: the same names, answered by a source.

Programs written for it come here through ``harness.compat.jahs_bench``. The folders have the package's own layout.
"""

from __future__ import annotations

from typing import Any

from protocols.jahs.official.api import Benchmark, BenchmarkTasks, BenchmarkTypes

__all__ = ["Benchmark", "BenchmarkTasks", "BenchmarkTypes"]


def __getattr__(name: str) -> Any:
    if name == "joint_config_space":
        from protocols.jahs.official.lib.core import configspace

        return configspace.joint_config_space
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
