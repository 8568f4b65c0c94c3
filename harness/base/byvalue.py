"""Objects of this session for a process that it starts, as text: classes and functions of a notebook travel whole."""

from __future__ import annotations

import base64
import pickle
from typing import Any

from harness.errors import UsageError


def by_value(thing: Any) -> str:
    """A class or function as text. UsageError if it holds something that stays in its process, such as an open file."""
    from joblib.externals.loky.backend.reduction import dumps

    try:
        return base64.b64encode(dumps(thing)).decode()
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"{thing!r:.80} cannot go to another process ({reason}); write it into a file") from None


def from_value(text: str) -> Any:
    """The object again. For a text that the process has from the one that started it, and from nobody else."""
    return pickle.loads(base64.b64decode(text))
