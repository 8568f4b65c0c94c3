"""Installed libraries: their versions, and the error for one that is missing."""

from __future__ import annotations

from collections.abc import Iterable

from harness.base.naming import DISTRIBUTION
from harness.errors import UsageError


def version_of(library: str) -> str | None:
    """The version of an installed distribution, None if it is not installed."""
    from importlib import metadata  # slow to import, and most commands ask for no version

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def installation(extra: str, alone: Iterable[str] = ()) -> str:
    """The commands that install an extra, from the package index and from a clone. ``alone``: libraries that are
    installed after it, without their own dependencies.
    """
    after = "".join(f" && pip install --no-deps {library}" for library in alone)
    return f"pip install '{DISTRIBUTION}[{extra}]'{after}, or in a clone: pip install '.[{extra}]'{after}"


def require(libraries: Iterable[str], user: str, extra: str, alone: Iterable[str] = ()) -> None:
    """UsageError if a library that ``user`` needs is missing; the message says how to install it. ``alone``: libraries
    that are not in the extra, because their own dependencies would break others.
    """
    for library in libraries:
        if version_of(library) is None:
            raise UsageError(f"{user} needs {library}, which is not installed: {installation(extra, alone)}")
