"""Checks the names in a record, as far as they can be known: its method, the method's file, and the versions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness import registry
from harness.base.lookalike import skeleton, strange
from harness.base.naming import DISTRIBUTION, is_device
from harness.benchmark.callables import default_name
from harness.benchmark.methods import MethodEntry
from harness.runs.records import environment
from harness.runs.spec import DRIVEN, OUTSIDE, RunSpec

LEAST_DIGITS = 8
"""Different digits that a SHA-256 has at least: a real one has fewer once in 10^18 files."""
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of an empty file, which holds no method."""
VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,8}){0,4}([.+-]?[a-z][A-Za-z0-9.+-]{0,40})?")
PLATFORM = re.compile(r"[a-z][a-z0-9]{1,20}-[A-Za-z0-9_]{1,40}")
OWN = re.compile(r"[A-Za-z0-9_.-]+\.[A-Za-z0-9_-]+")
"""The name of a user's own method in records of earlier versions: the names of its file and its class."""
SAID = ("axis", "space", "workers")
"""Names in a label that are not names of settings."""
MAX_TEXT = 100
MAX_LIBRARIES = 40
AHEAD = 1
"""Major versions by which a library may be ahead of the one that is installed here."""
YEARS = 4
"""Minor versions by which Python may be ahead. Python has one a year."""


NAMED = re.compile(r"(class|function) (?P<name>[^,]{1,200})(, (?P<how>name declared|entry point))?")
"""The form in which a record says where the name of a user's own method comes from."""


def method_problems(spec: RunSpec) -> Iterator[str]:
    """Sentences about claims on the method that cannot be true."""
    name, shipped = spec.method, registry.methods()
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        yield f"its method's name {name!r:.60} may have letters (a to z), digits, dots, dashes and underscores only"
        return
    yield from setting_problems(spec)
    if is_device(name):
        yield f"its method's name {name!r:.60} is the name of a device on Windows, where no file can have this name"
    if odd := strange(spec.label):
        yield f"its label {spec.label!r:.100} {odd}; use plain letters, so that a name looks like itself only"
    if spec.source is None:
        if name not in shipped:
            yield f"its method {name!r:.60} is none of the harness's, and it names no source file's SHA-256"
            return
        entry = shipped[name]
        for what, claimed, true in (
            ("method_path", spec.method_path, entry.path),
            ("preset", spec.preset, dict(entry.preset)),
        ):
            if claimed != true:
                yield f"{what} in its spec is {claimed!r:.100}, but the harness's {name} has {true!r:.100}"
        return
    if spec.driven and (spec.method_path, spec.source) != (DRIVEN, OUTSIDE):
        yield "only one of method_path and source in its spec says that it was driven from outside; both must say so"
    if not spec.driven:
        yield from _own_problems(spec)
    if not re.fullmatch(r"[0-9a-f]{64}", spec.source):
        yield f"its source {spec.source!r:.80} is no SHA-256, which has 64 hexadecimal digits in lower case"
    elif len(set(spec.source)) < LEAST_DIGITS or spec.source == EMPTY:
        yield f"its source {spec.source[:12]}… cannot be the SHA-256 of a file with a method"
    elif spec.source in _shipped_files():
        yield f"its file is the harness's own {_shipped_files()[spec.source]}; submit the method under its own name"
    like = next((other for other in shipped if skeleton(other) == skeleton(name)), None)
    if like is not None:
        yield f"its method is called {name!r:.60} like the harness's {like}, but is of a file of its own"


def _own_problems(spec: RunSpec) -> Iterator[str]:
    """Sentences about claims on a user's own method that no run writes."""
    if spec.method_path == spec.method:  # as earlier versions have it
        if not OWN.fullmatch(spec.method):
            yield f"its method {spec.method!r:.60} is of a file of its own, and would be called FILE.CLASS"
        if spec.preset:
            yield f"it has a preset {spec.preset!r:.100}; a method of a file of its own has none"
        return
    named = NAMED.fullmatch(spec.method_path)
    if named is None:
        yield f"method_path in its spec is {spec.method_path!r:.100}; for your own method it is such as 'class Mine'"
    elif named["how"] is None and spec.method.removeprefix("own.") != default_name(named["name"].rpartition(".")[2]):
        yield f"its method is called {spec.method!r:.60}, but {spec.method_path!r:.100} declares no name"


def setting_problems(spec: RunSpec) -> Iterator[str]:
    """Sentences about settings that a reader of the label would misread."""
    for name, value in spec.settings.items():
        if not name.isidentifier() or name in SAID:
            yield f"a setting {name!r:.60} would be taken for something else in its label"
        elif not isinstance(value, str | int | float | bool | None):
            yield f"setting {name} is {value!r:.60}; settings are texts, numbers, true or false"
        elif isinstance(value, str) and (len(value) > MAX_TEXT or set(value) & set("[],=")):
            yield f"setting {name} is {value!r:.60}; its text may have {MAX_TEXT} characters, none of [ ] , ="


@cache
def _shipped_files() -> Mapping[str, str]:
    """SHA-256 of the file of every method of the harness -> the file's name."""
    found: dict[str, str] = {}
    for entry in registry.methods().values():
        module = find_spec(entry.path.partition(":")[0])
        if module is not None and module.origin is not None and Path(module.origin).is_file():
            path = Path(module.origin)
            found[hashlib.sha256(path.read_bytes()).hexdigest()] = path.name
    return found


def version_problems(runs: Mapping[int, Mapping[str, Any]], spec: RunSpec) -> Iterator[str]:
    """Versions and platforms in the headers that no run can have had. ``runs``: the header of every seed."""
    entry = registry.methods().get(spec.method) if spec.source is None else None
    told: set[str] = set()
    for seed, head in runs.items():
        for sentence in _head_problems(head, entry):
            if sentence not in told:
                told.add(sentence)
                yield f"seed {seed} says {sentence}"
    harnesses = sorted({str(head["versions"].get(DISTRIBUTION)) for head in runs.values()
                        if isinstance(head["versions"], dict)})  # fmt: skip
    if len(harnesses) > 1:
        yield f"its seeds are of harness {', '.join(harnesses)[:100]}; run all seeds with one version"


def _head_problems(head: Mapping[str, Any], entry: MethodEntry | None) -> Iterator[str]:
    versions, system = head["versions"], head["platform"]
    if not isinstance(system, str) or not PLATFORM.fullmatch(system):
        yield f"that it ran on {system!r:.60}, which is no platform"
    if not isinstance(versions, dict) or len(versions) > MAX_LIBRARIES:
        yield f"{versions!r:.60}, which are no versions"
        return
    needed = {DISTRIBUTION, "numpy", "python", *(entry.libraries if entry is not None else ())}
    if lacking := sorted(needed - set(versions)):
        yield f"no version of {', '.join(lacking)}"
    if more := sorted(set(versions) - needed):
        uses = "a run of a file of its own does not record" if entry is None else f"{entry.name} does not use"
        yield f"a version of {', '.join(more)[:80]!r}, which {uses}"
    for name, version in versions.items():
        if why := impossible(name, version):
            yield f"that it ran with {name!r:.40} {version!r:.40}, {why}"


def impossible(name: str, version: object) -> str:
    """Why no run of this harness can have had a version, as the end of a sentence; empty if it can."""
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        return "which is no version"
    found, (least, here) = _numbers(version), _known(name)
    if found < least:
        return f"but the harness needs {'.'.join(map(str, least))}"
    if name == DISTRIBUTION and here and (found[:2] != here[:2] or found > here):
        return f"but harness {'.'.join(map(str, here))} judges it: records of another major.minor are not comparable"
    if here and (found[0] > here[0] + AHEAD or (name == "python" and found[:2] > (here[0], here[1] + YEARS))):
        return f"far ahead of {'.'.join(map(str, here))} here"
    return ""


def other_environment(head: Mapping[str, Any], entry: MethodEntry) -> str:
    """The versions in which this environment differs from the run's, if they can change the method's proposals. Empty
    if no version can explain a difference in the ledger.

    Our own methods give the same ledger everywhere. A library may draw and round differently with another NumPy, or
    another minor version of Python.
    """
    if not entry.libraries and entry.source is None:
        return ""
    here = environment(entry.libraries)
    then: Mapping[str, Any] = head["versions"] if isinstance(head["versions"], dict) else {}
    others = []
    for name, version in here["versions"].items():
        one, other = then.get(name), version
        if name == DISTRIBUTION or impossible(name, one):
            continue
        if one != other and (name != "python" or _numbers(str(one))[:2] != _numbers(other)[:2]):
            others.append(f"{name} {other} (then {one})"[:80])
    if here["platform"] != head["platform"] and PLATFORM.fullmatch(str(head["platform"])):
        others.append(f"{here['platform']} (then {head['platform']})")
    return ", ".join(others)


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers a version begins with: 2.4.6rc1 -> (2, 4, 6)."""
    found = re.match(r"[0-9]+(\.[0-9]+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


@cache
def _known(name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The least version of a distribution (or of Python) that the harness accepts, and the installed version; () for a
    version that is not known.
    """
    if name == "python":
        return _numbers(metadata.metadata(DISTRIBUTION)["Requires-Python"].lstrip(">= ")), _numbers(
            environment(())["versions"]["python"]
        )
    least: tuple[int, ...] = ()
    for line in metadata.requires(DISTRIBUTION) or ():
        if match := re.match(rf"{re.escape(name)}\s*>=\s*([0-9.]+)(?!.*extra)", line):
            least = _numbers(match[1])
    try:
        return least, _numbers(metadata.version(name))
    except metadata.PackageNotFoundError:
        return least, ()
