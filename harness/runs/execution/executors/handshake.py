"""Whether a worker would give the same bytes: what it must have in common with the process that sends it runs.

That is the code of the harness and its version, the surrogate set as it is found there, and everything that a record's
header names: Python, NumPy, the libraries of the methods, the platform.
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
    """The source of that name in this process's data directory, or in that folder, kept while its hash is ``wanted``; a
    source that travelled here is itself.
    """
    if isinstance(reference, Source):
        return reference
    with _loading:
        found = _loaded.get(reference)
        if found is None or found.hash != wanted:  # a worker outlives the sets that are imported and replaced
            found = _loaded[reference] = load_surrogates(reference)
        return found


def describe(reference: str | Path | Source, wanted: str, libraries: Iterable[str]) -> dict[str, str]:
    """What this process is like, in the words of ``differences``; what a worker is asked, and answers."""
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
    """What differs, in words; empty if nothing does."""
    return ", ".join(
        f"{name} is {theirs.get(name, 'missing')} there and {ours[name]} here"
        for name in ours
        if theirs.get(name) != ours[name]
    )


@cache
def code_hash() -> str:
    """SHA-256 (hex, shortened) of the sources of the harness, its protocols and its methods: a version number does not
    tell one checkout from another.
    """
    sha = hashlib.sha256()
    for package in (__package__.partition(".")[0], registry.PROTOCOLS, registry.METHODS):
        for folder in map(Path, importlib.import_module(package).__path__):
            for file in sorted(folder.rglob("*.py"), key=lambda f: f.relative_to(folder).as_posix()):
                text = file.read_bytes().replace(b"\r\n", b"\n")
                sha.update(f"{package}/{file.relative_to(folder).as_posix()} {len(text)}\n".encode() + text)
    return sha.hexdigest()[:12]
