"""Perturbations: sources that wrap another source and change its answers. As they are sources, they can be combined.

>>> from harness.sources.perturbations import Delay, Failure, Noise, Shift
>>> noisy = Noise(harness.load_surrogates("lite-1"), {"valid-acc": 0.5})
>>> harness.run("cifar10", "bb", surrogates=noisy)
"""

from __future__ import annotations

from harness.sources.perturbations.delay import Delay
from harness.sources.perturbations.failure import Failure
from harness.sources.perturbations.noise import Noise
from harness.sources.perturbations.perturbed import Perturbed
from harness.sources.perturbations.shift import Shift

__all__ = ["Delay", "Failure", "Noise", "Perturbed", "Shift"]
