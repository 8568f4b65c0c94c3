"""Libraries of the extra ``stats``, imported where they are first needed."""

from __future__ import annotations

import importlib
from typing import Any

from harness.errors import UsageError


def require(module: str, what: str) -> Any:
    """Imports a module. ``what``: the feature that needs it, for the message. UsageError if it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise UsageError(f"{what} needs {library}; install it with: pip install 'jahs-harness[stats]'") from error
