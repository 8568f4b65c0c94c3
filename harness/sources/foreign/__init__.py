"""Reads the official surrogates' pickles without executing anything, into the project's model form.

``read_layout(path, names)`` finds and translates every surrogate of a download, ``read_artefact(folder)`` a single one.
How it works: ``compressed`` -> ``machine`` (an inert pickle machine, see ``callables`` for the closed list of what it
stands in for) -> ``columns``, ``target``, ``estimator`` -> ``translate``.
"""

from harness.sources.foreign.errors import DamagedFile, HostilePickle, MissingPart, UnsupportedModel
from harness.sources.foreign.official import Artefact, Layout, Names, read_artefact, read_layout

__all__ = [
    "Artefact",
    "DamagedFile",
    "HostilePickle",
    "Layout",
    "MissingPart",
    "Names",
    "UnsupportedModel",
    "read_artefact",
    "read_layout",
]
