"""Whether a worker would give the same bytes as this process. Each describes itself, and the descriptions are compared.

A description has the code of the harness and its version, the hash of the surrogate set that the worker finds, and
everything that a record's header names: Python, NumPy, the libraries of the methods, the platform.
"""

from __future__ import annotations

import hashlib
import importlib
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from harness import registry
from harness.benchmark.source import Source
from harness.errors import HarnessError
from harness.registry import load_surrogates
from harness.runs import records

CODE = "code of the harness"

_loaded: dict[str | Path, Source] = {}
_loading = threading.Lock()


def source_here(reference: str | Path | Source, wanted: str) -> Source:
    """The source that ``reference`` stands for: a name in this process's data directory, a folder, or the source
    itself. A loaded source is kept for later calls while its hash is ``wanted``.
    """
    if isinstance(reference, Source):
        return reference
    with _loading:
        found = _loaded.get(reference)
        if found is None or found.hash != wanted:  # a set may be replaced while a worker lives
            found = _loaded[reference] = load_surrogates(reference)
        return found


def describe(reference: str | Path | Source, wanted: str, libraries: Iterable[str]) -> dict[str, str]:
    """The description of this process, which ``differences`` compares; a worker is asked for its own."""
    environment = records.environment(libraries)
    try:
        surrogates = source_here(reference, wanted).hash[:12]
    except HarnessError as error:
        surrogates = f"missing ({error})"
    versions = {
        name: "missing" if version == "unknown" else version for name, version in environment["versions"].items()
    }
    name = reference if isinstance(reference, str) else reference.name
    return {**versions, "platform": environment["platform"], CODE: code_hash(), f"surrogate set {name}": surrogates}


def differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """The differences of two descriptions in words; empty if there is none."""
    return ", ".join(
        f"{name} is {theirs.get(name, 'missing')} there and {ours[name]} here"
        for name in ours
        if theirs.get(name) != ours[name]
    )


@cache
def code_hash() -> str:
    """SHA-256 (hex, shortened) of the Python files of the harness, its protocols and its methods. Two checkouts can
    have the same version number and different code.
    """
    sha = hashlib.sha256()
    for package in (__package__.partition(".")[0], registry.PROTOCOLS, registry.METHODS):
        for folder in map(Path, importlib.import_module(package).__path__):
            for file in sorted(folder.rglob("*.py"), key=lambda f: f.relative_to(folder).as_posix()):
                text = file.read_bytes().replace(b"\r\n", b"\n")
                sha.update(f"{package}/{file.relative_to(folder).as_posix()} {len(text)}\n".encode() + text)
    return sha.hexdigest()[:12]
