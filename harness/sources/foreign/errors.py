"""The reasons why a foreign file is refused, one class each. Each message names the file and a remedy."""

from __future__ import annotations

from harness.errors import ImportRefused


class HostilePickle(ImportRefused):
    """The pickle would run code if it were opened the usual way."""


class DamagedFile(ImportRefused):
    """The file is truncated, corrupt, or larger than any surrogate."""


class MissingPart(ImportRefused):
    """A file, metric or task that the layout needs is not there."""


class UnsupportedModel(ImportRefused):
    """The file is intact, but it describes a model this importer cannot translate exactly."""
