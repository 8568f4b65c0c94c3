"""Surrogate sets: named, versioned, content-hashed collections of models that predict training outcomes.

``load_surrogates(name)`` finds a set among the embedded ones and those in the user's data directory.
"""

from __future__ import annotations

from harness.sources.models.surrogates import SurrogateSet, available_sets, data_directory, load_surrogates

__all__ = ["SurrogateSet", "available_sets", "data_directory", "load_surrogates"]
