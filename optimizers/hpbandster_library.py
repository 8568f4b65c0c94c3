"""HpBandSter's code as ``hpbandster_methods`` uses it: imported quietly, behind fences, with no name that may go.

``masters``: its optimizers. ``generators``: the module of BOHB's configuration generator, in an instance of our own
whose ConfigSpace is a thin view (``View``, ``Sample``), for HpBandSter calls ConfigSpace by names deprecated there.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import ConfigSpace
import numpy as np
from numpy.typing import NDArray

with warnings.catch_warnings():
    # Where it is compiled on import, Python warns of backslashes in its docstrings, by a category that changed.
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    import hpbandster.optimizers as masters
    from hpbandster.core.dispatcher import Job
    from hpbandster.optimizers.config_generators import RandomSampling

    _spec: Any = importlib.util.find_spec("hpbandster.optimizers.config_generators.bohb")
    generators: Any = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(generators)

__all__ = ["Fence", "Job", "Log", "ModelFailed", "RandomSampling", "Sample", "View", "generators", "masters"]

_GLOBAL: Any = np.random
"""NumPy's global generator, whose replacement is not in every NumPy's type stubs."""


class Log:
    """The generator's logger: it is called where the library goes on without its model."""

    notes = ("sampled vector", "data in the KDE", "bandwidth of the KDE", "l(x)", "g(x)")
    """Remarks on a sample whose score is not finite: it is skipped, or taken if only the bad density is degenerate."""

    def debug(self, *_: object) -> None:
        """Not kept."""

    def warning(self, message: str, *_: object) -> None:
        """Raises what the library was about to pass over."""
        if message.startswith(self.notes):
            return
        error = sys.exc_info()[1]
        if error is None or isinstance(error, ModelFailed) or not isinstance(error, Exception):
            raise error or ModelFailed(message)
        raise ModelFailed(f"BOHB's model fails with {type(error).__name__}: {error}") from error


class ModelFailed(RuntimeError):
    """The library would have proposed a random configuration instead."""


class Fence:
    """NumPy's global random state as HpBandSter sees it: its own, whatever generator the user has put there."""

    def __init__(self, seed: int) -> None:
        self._bits: Any = np.random.MT19937(seed)
        self._state: Any = np.random.RandomState(self._bits).get_state(legacy=False)

    @contextmanager
    def own(self) -> Iterator[None]:
        """Within, the global state is HpBandSter's, which is what statsmodels announces to change its default from;
        and densities may divide by zero, as HpBandSter expects.
        """
        bits, state = _GLOBAL.get_bit_generator(), np.random.get_state(legacy=False)  # noqa: NPY002
        _GLOBAL.set_bit_generator(self._bits)
        np.random.set_state(self._state)  # noqa: NPY002
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.filterwarnings("ignore", "(?s).*numpy.random.Generator", FutureWarning)
                yield
        finally:
            self._state = np.random.get_state(legacy=False)  # noqa: NPY002
            _GLOBAL.set_bit_generator(bits)
            np.random.set_state(state)  # noqa: NPY002


class Sample(dict[str, Any]):
    """A configuration by HpBandSter's names, which ConfigSpace has deprecated."""

    def get_dictionary(self) -> Sample:
        """Itself."""
        return self


class View:
    """A configuration space by HpBandSter's names, which ConfigSpace has deprecated."""

    def __init__(self, space: ConfigSpace.ConfigurationSpace) -> None:
        self.space = space

    def get_hyperparameters(self) -> list[Any]:
        """In their order."""
        return list(self.space.values())

    def get_hyperparameter(self, name: str) -> Any:
        """By name."""
        return self.space[name]

    def get_hyperparameter_by_idx(self, index: int) -> Any:
        """The name."""
        return self.space.at[index]

    def sample_configuration(self) -> Sample:
        """At random, from the space's own generator."""
        return Sample(self.space.sample_configuration())


class _Configuration:
    """``ConfigSpace.Configuration`` of a view."""

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


def _as_is(configuration_space: View, configuration: Sample) -> Sample:  # noqa: ARG001 - the names it is called by
    """Nothing to deactivate: no parameter of a ``Space`` depends on another."""
    return configuration


generators.ConfigSpace = SimpleNamespace(
    Configuration=_Configuration,
    hyperparameters=ConfigSpace.hyperparameters,
    util=SimpleNamespace(deactivate_inactive_hyperparameters=_as_is),
)
