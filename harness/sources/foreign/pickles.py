"""Opens a pickle file safely: decompress, run the inert machine, and give every failure a sentence with the path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.base.budget import Budget
from harness.errors import OverBudget
from harness.sources.foreign.compressed import read_file
from harness.sources.foreign.errors import DamagedFile, HostilePickle, UnsupportedModel
from harness.sources.foreign.machine import Machine
from harness.sources.foreign.stream import Stream


@dataclass(frozen=True)
class Pickle:
    """The inert contents of a pickle file, its path, the SHA-256 of the file on disk, and the rest of its budget."""

    path: Path
    value: Any
    sha256: str
    budget: Budget


def read_pickle(path: Path) -> Pickle:
    """Reads ``path`` without executing anything; raises a subclass of ImportRefused that names the file."""
    data, digest, budget = read_file(path)
    return Pickle(path, parse(data, path, budget), digest, budget)


def parse(data: bytes, path: Path, budget: Budget | None = None) -> Any:
    """The inert object in ``data``; ``path`` is only for messages."""
    stream = Stream(data, budget)
    try:
        value = Machine(stream, joblib=True).load()
        if stream.position != len(data):
            raise DamagedFile(f"its pickle ends at byte {stream.position} of {len(data)}")
    except HostilePickle as error:
        raise HostilePickle(
            f"{path} is a pickle that would run code when opened: {error}; nothing was imported, "
            "get the file from its publisher"
        ) from None
    except DamagedFile as error:
        raise DamagedFile(f"{path} is truncated or damaged: {error}; download or copy it again") from None
    except OverBudget as error:
        raise UnsupportedModel(f"{path} is no surrogate: {error}; do not trust this file") from None
    except UnsupportedModel as error:
        raise UnsupportedModel(f"{path} cannot be imported: {error}") from None
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, MemoryError) as error:
        raise DamagedFile(
            f"{path} is truncated or damaged: byte {stream.position} makes no sense ({type(error).__name__}); "
            "download or copy it again"
        ) from None
    return value
