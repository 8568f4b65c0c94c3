"""A published archive: its address, its contents, and the place of its download."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from harness.sources.shelf import data_directory


@dataclass(frozen=True)
class Archive:
    """A published archive.

    ``name``: the name of its source; ``url``: its address; ``variable``: the environment variable for another address;
    ``members``: the names of the files to take from it; ``single``: not empty if a single file is published instead of
    an archive, and then the name of this file; ``sha256``: the checksum that its publisher states, empty if none is
    stated.
    """

    name: str
    url: str
    variable: str
    members: frozenset[str] = frozenset()
    single: str = ""
    sha256: str = ""

    @property
    def file(self) -> Path:
        """Where the archive is kept."""
        return downloads_directory() / (self.single or f"{self.name}.tar")

    def address(self, given: str | None = None) -> str:
        """The address to fetch from: ``given``, else the environment variable's, else the published address."""
        return given or os.environ.get(self.variable) or self.url


def downloads_directory() -> Path:
    """The folder of downloaded archives."""
    return data_directory() / "downloads"
