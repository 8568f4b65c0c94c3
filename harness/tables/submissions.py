"""What a table needs of a ``submission.toml``: the name and the address to show."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from harness.errors import RecordError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "submission.toml"
MAX_BYTES = 2**16


@dataclass(frozen=True)
class Submitted:
    """Whose a submission is."""

    name: str
    url: str


def read_submitted(folder: Path) -> Submitted:
    """Name and address of the submission in a folder. RecordError if its file does not have them."""
    path = folder / FILE
    try:
        if path.is_symlink() or not path.is_file():
            raise ValueError("it is missing, or not a plain file")
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES >> 10} KiB")
        found = tomllib.loads(path.read_bytes().decode("utf-8"))
        for key in ("name", "url"):
            if not isinstance(found.get(key), str) or not found[key].strip():
                raise ValueError(f"it must have a {key}, which is text")
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RecordError(f"{path} cannot be read: {reason if reason.isprintable() else ascii(reason)}") from None
    return Submitted(found["name"], found["url"])
