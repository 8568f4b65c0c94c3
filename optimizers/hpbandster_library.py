"""HpBandSter's code as ``hpbandster_methods`` uses it: imported without warnings, with its own random state.

``masters``: HpBandSter's optimizers. ``generators``: a private copy of the module of BOHB's configuration generator.
HpBandSter calls functions that ConfigSpace has deprecated, so in this copy ConfigSpace is replaced by thin classes that
have the deprecated names (``View``, ``Sample``).
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import ConfigSpace
import numpy as np
from numpy.typing import NDArray

from optimizers.fence import Fence

with warnings.catch_warnings():
    # If Python compiles it on import, it warns of backslashes in its docstrings; the category depends on the version.
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    import hpbandster.optimizers as masters
    from hpbandster.core.dispatcher import Job
    from hpbandster.optimizers.config_generators import RandomSampling

    _spec: Any = importlib.util.find_spec("hpbandster.optimizers.config_generators.bohb")
    generators: Any = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(generators)

__all__ = ["Fence", "Job", "Log", "ModelFailed", "RandomSampling", "Sample", "View", "generators", "masters"]


class Log:
    """The logger given to BOHB's generator. The library calls it when it is about to continue without its model."""

    notes = ("sampled vector", "data in the KDE", "bandwidth of the KDE", "l(x)", "g(x)")
    """How harmless warnings begin. They concern a sample whose score is not finite: BOHB skips the sample, or takes it
    if only the bad density is degenerate.
    """

    def debug(self, *_: object) -> None:
        """Ignores the message."""

    def warning(self, message: str, *_: object) -> None:
        """Raises the error that the library was about to ignore, unless the message is harmless."""
        if message.startswith(self.notes):
            return
        error = sys.exc_info()[1]
        if error is None or isinstance(error, ModelFailed) or not isinstance(error, Exception):
            raise error or ModelFailed(message)
        raise ModelFailed(f"BOHB's model fails with {type(error).__name__}: {error}") from error


class ModelFailed(RuntimeError):
    """BOHB's model failed. The library alone would have proposed a random configuration instead."""


class Sample(dict[str, Any]):
    """A configuration with the method names that HpBandSter calls and ConfigSpace has deprecated."""

    def get_dictionary(self) -> Sample:
        """The sample itself, which is a dictionary."""
        return self


class View:
    """A configuration space with the method names that HpBandSter calls and ConfigSpace has deprecated."""

    def __init__(self, space: ConfigSpace.ConfigurationSpace) -> None:
        self.space = space

    def get_hyperparameters(self) -> list[Any]:
        """All hyperparameters, in their order."""
        return list(self.space.values())

    def get_hyperparameter(self, name: str) -> Any:
        """The hyperparameter of a name."""
        return self.space[name]

    def get_hyperparameter_by_idx(self, index: int) -> Any:
        """The name of the hyperparameter at an index."""
        return self.space.at[index]

    def sample_configuration(self) -> Sample:
        """A random configuration, drawn from the space's own generator."""
        return Sample(self.space.sample_configuration())


class _Configuration:
    """``ConfigSpace.Configuration`` for a ``View``."""

    def __init__(self, view: View, values: Mapping[str, Any] | None = None, vector: Any = None) -> None:
        given = {"values": values} if vector is None else {"vector": np.asarray(vector, dtype=np.float64)}
        self._made = ConfigSpace.Configuration(view.space, **given)

    def get_dictionary(self) -> Sample:
        """The values by name."""
        return Sample(self._made)

    def get_array(self) -> NDArray[np.float64]:
        """The values as ConfigSpace's vector."""
        array: NDArray[np.float64] = self._made.get_array()
        return array


def _as_is(configuration_space: View, configuration: Sample) -> Sample:  # noqa: ARG001 - the argument names are fixed
    """The configuration unchanged: no parameter of a ``Space`` depends on another, so none is inactive."""
    return configuration


generators.ConfigSpace = SimpleNamespace(
    Configuration=_Configuration,
    hyperparameters=ConfigSpace.hyperparameters,
    util=SimpleNamespace(deactivate_inactive_hyperparameters=_as_is),
)
