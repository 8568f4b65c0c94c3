"""The official configuration space: the joint space and the fidelities but the epoch, as a ``ConfigurationSpace``."""

from __future__ import annotations

from functools import cache
from typing import Any

from harness.benchmark.convert.common import library
from harness.benchmark.space import Categorical, Float
from protocols.jahs.space import FIDELITIES, OPERATIONS, SPACE

ORDER = (
    "N",
    "W",
    *OPERATIONS,
    "Resolution",
    "TrivialAugment",
    "Activation",
    "Optimizer",
    "LearningRate",
    "WeightDecay",
)
DEFAULTS: dict[str, Any] = {
    "N": 1, "W": 4, "Resolution": 1.0, "TrivialAugment": False, "Activation": "ReLU", "LearningRate": 1e-1,
    "WeightDecay": 5e-4, **dict.fromkeys(OPERATIONS, 0),
}  # fmt: skip
"""The default values of the official space."""


@cache
def _space() -> Any:
    with library("ConfigSpace", "joint_config_space"):
        import ConfigSpace

    def converted(name: str) -> Any:
        if name in SPACE.constants:
            return ConfigSpace.CategoricalHyperparameter(name, choices=[SPACE.constants[name]])
        parameter, default = SPACE.get(name) or FIDELITIES[name], DEFAULTS[name]
        if isinstance(parameter, Float):
            return ConfigSpace.UniformFloatHyperparameter(
                name, lower=parameter.low, upper=parameter.high, log=parameter.log, default_value=default
            )
        choices = list(parameter.choices) if isinstance(parameter, Categorical) else []
        if name in FIDELITIES:
            return ConfigSpace.OrdinalHyperparameter(name, sequence=choices, default_value=default)
        return ConfigSpace.CategoricalHyperparameter(name, choices=choices, default_value=default)

    space = ConfigSpace.ConfigurationSpace("jahs_bench_config_space")
    space.add([converted(name) for name in ORDER])
    return space


def __getattr__(name: str) -> Any:
    """Made when it is asked for, since it needs the library ConfigSpace."""
    if name == "joint_config_space":
        return _space()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
