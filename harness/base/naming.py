"""The rule for names of sources and suites, and the name of this distribution."""

from __future__ import annotations

import re

DISTRIBUTION = "jahs-harness"
"""The distribution whose version is recorded with every run."""

NAME_RULE = "it has 1 to 64 letters (a to z), digits, '.', '_' and '-', a letter or digit first"


def is_name(name: str) -> bool:
    """Whether ``name`` may be the name of a source or suite."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name) is not None


def is_device(name: str) -> bool:
    """Whether Windows takes a file of this name, whatever stands after the first dot, for a device."""
    return re.fullmatch(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", name.partition(".")[0].strip().lower()) is not None
