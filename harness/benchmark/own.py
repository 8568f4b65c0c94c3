"""A user's own methods: in a file, in a module that Python finds, or as an object of the session.

The name of a method is the ``name`` that its class or function declares, else the name of the class or function. So it
does not depend on where the source lies, and neither do its random numbers. The same class is the same method, whether
it is given as a file, a module or an object.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import re
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.base.frames import left_debugger
from harness.base.modules import attribute_of
from harness.base.neighbours import load_file
from harness.base.objectsource import object_hash
from harness.base.usersource import Sources, file_hash, sources_of
from harness.benchmark.callables import FORMS, described, maker
from harness.benchmark.methods import MethodEntry, is_file
from harness.errors import UnknownName, UsageError

OWN_FORM = "path/to/file.py:ClassName"
"""How a user names a method of their own in a file."""
MODULE_FORM = "package.module:ClassName"
"""How a user names a method in a module that Python finds."""


def is_own(name: str) -> bool:
    """Whether the name is of a file or module and of a class or function in it."""
    module, colon, _ = name.rpartition(":")
    return bool(colon and module)


def placed(name: str) -> str:
    """A method's name for a process in another folder: a user's file with its absolute path."""
    file, _, attribute = name.rpartition(":")
    return f"{Path(file).expanduser().absolute()}:{attribute}" if is_file(file) else name


def located(name: str) -> tuple[str, Sources]:
    """The path of a user's own method, as its entry has it, and its sources. Nothing of it is imported. UsageError if
    there is no such file or module.
    """
    module, _, attribute = name.rpartition(":")
    if not is_file(module):
        return name, sources_of(_file_of_module(name, module))
    path = Path(module).expanduser().resolve()
    if not path.is_file():
        raise UsageError(f"method {name!r}: there is no file {module}; give {OWN_FORM}")
    return f"{path}:{attribute}", sources_of(path)


def own_method(name: str) -> MethodEntry:
    """The entry of a user's own method, ``path/to/file.py:ClassName`` or ``package.module:ClassName``, which is
    imported. UsageError if there is none, or it fails.
    """
    path, sources = located(name)
    module, _, attribute = path.rpartition(":")
    loaded = load_file(sources) if is_file(module) else _imported(name, module)
    try:
        found = attribute_of(loaded, attribute)
    except AttributeError:
        valid = [
            key for key, value in vars(loaded).items()
            if getattr(value, "__module__", None) == loaded.__name__ and callable(value)
        ]  # fmt: skip
        where = Path(module).name if is_file(module) else module
        raise UnknownName(f"class or function of {where}", attribute, valid) from None
    return _entry(found, name, path, sources.sha256())


@dataclass(frozen=True)
class Given(MethodEntry):
    """The entry of an object that was passed, and need not be imported."""

    made: Any = field(default=object)

    def load(self) -> Any:
        """What makes a run from it."""
        return maker(self.made)

    @property
    def in_file(self) -> MethodEntry | None:
        """The entry of the same method in its file, for another process; None for an object of this session alone."""
        if not self.path:
            return None
        return MethodEntry(
            self.name, self.path, self.capabilities, self.summary, self.libraries, self.extra, self.preset,
            self.source, self.slow, self.named, required=self.required,
        )  # fmt: skip


def given_method(thing: Any) -> MethodEntry:
    """The entry of a class or function, or of an entry itself. UsageError if it can be no method."""
    if isinstance(thing, MethodEntry):
        return thing
    if isinstance(thing, str):
        raise UsageError(f"{thing!r} is a name; give {FORMS}")
    label = getattr(thing, "__qualname__", None) or type(thing).__qualname__
    inner = thing
    while hasattr(inner, "func") and hasattr(inner, "keywords"):  # a partial
        inner = inner.func
    file = _file_of(inner)
    if file is None:
        entry = _entry(thing, label, "", object_hash(inner))
    else:
        entry = _entry(thing, label, f"{file}:{inner.__qualname__}", sources_of(file).sha256())
    return Given(**vars(entry), made=thing)


def formerly(entry: MethodEntry) -> MethodEntry:
    """The entry of a user's file as records of earlier versions have it: with the name of the file before the name of
    the class, and the SHA-256 of the file alone.
    """
    file, _, attribute = entry.path.rpartition(":")
    if not is_file(file):
        return entry
    name = former_name(file, attribute)
    return replace(entry, name=name, named=name, source=file_hash(Path(file)))


def former_name(file: str | Path, attribute: str) -> str:
    """The name that a class of a user's file had in earlier versions."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", f"{Path(file).stem}.{attribute}")


def _entry(thing: Any, label: str, path: str, source: str) -> MethodEntry:
    found = described(thing, label)
    return MethodEntry(
        found.name, path, found.capabilities, found.summary, preset=found.preset, source=source, named=found.named,
        required=found.required,
    )  # fmt: skip


def _file_of(thing: Any) -> Path | None:
    """The file in which another process finds an object by its name; None if there is none."""
    module = sys.modules.get(getattr(thing, "__module__", None) or "")
    name, file = getattr(thing, "__qualname__", "<locals>"), getattr(module, "__file__", None)
    if module is None or module.__name__ == "__main__" or "<" in name or not file or not is_file(file):
        return None
    try:
        return Path(file).resolve() if attribute_of(module, name) is thing else None
    except AttributeError:
        return None


def _imported(name: str, module: str) -> Any:
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:
        if left_debugger(error):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UsageError(f"method {name!r}: {module} fails when imported: {reason}") from error


def _file_of_module(name: str, module: str) -> Path:
    """The file of a module, without importing the packages that it is in. UsageError if there is no such module."""
    top, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(top) if top else None
    except (ImportError, ValueError, AttributeError):
        spec = None
    for each in rest:
        places = [] if spec is None else [*(spec.submodule_search_locations or ())]
        spec = importlib.machinery.PathFinder.find_spec(each, places) if places else None
    file = Path(spec.origin) if spec is not None and spec.origin else None
    if file is not None and file.is_file():
        return file.resolve()
    beside = Path(*module.split(".")).with_suffix(".py") if top else Path()
    attribute = name.rpartition(":")[2]
    hint = (
        f"give its file, {beside.as_posix()}:{attribute}" if beside.is_file() else f"give {OWN_FORM} or {MODULE_FORM}"
    )
    raise UsageError(f"method {name!r}: no module {module} is installed; {hint}")


__all__ = [
    "MODULE_FORM", "OWN_FORM", "Given", "formerly", "given_method", "is_own", "located", "own_method", "placed",
]  # fmt: skip
