"""Imports a user's file together with the modules of its folder, without putting the folder on Python's path.

The files of one folder are loaded below a private package, so that two methods may each have a ``helpers.py``, and so
that no other module of this process finds them. They are compiled from their text every time: no old byte code is
taken for the sources, and none is left beside them.
"""

from __future__ import annotations

import builtins
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from harness.base.frames import left_debugger, own_line
from harness.base.usersource import Sources
from harness.errors import UsageError

PREFIX = "harness_user_"
"""The names of modules that belong to a user's files begin with it."""

Import = Callable[..., ModuleType]


def load_file(sources: Sources) -> ModuleType:
    """Imports the file anew, and with it the neighbours that it imports. UsageError if it raises an error."""
    file, base = sources.file, sources.base
    package = f"{PREFIX}{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]
    home = file.relative_to(base).parent.parts if sources.root is not None else ()
    parent = ".".join([package, *home])
    name = f"{parent}.{file.stem.replace('.', '_')}"
    top = ModuleType(package)
    top.__path__ = [str(base)] if sources.root is not None else []
    sys.modules[package] = top
    _Finder.known[package] = _importing(sources, package)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    try:
        importlib.import_module(parent)
        spec = importlib.util.spec_from_file_location(name, file, loader=_Loader(name, str(file)))
        if spec is None:
            raise UsageError(f"{file} cannot be imported as Python")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses and pickle look their module up there
        _Loader(name, str(file)).exec_module(module)
    except (Exception, SystemExit) as error:
        if left_debugger(error):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        where = own_line(error, sources.root or file)
        raise UsageError(f"{file} fails when imported: {reason}{f' ({where})' if where else ''}") from error
    return module


class _Loader(SourceFileLoader):
    """Loads a user's file from its text."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        """The compiled text."""
        return _compiled(Path(self.path).read_bytes(), self.path)

    def exec_module(self, module: ModuleType) -> None:
        """Runs the file; its imports find its neighbours."""
        own = _Finder.known.get(module.__name__.partition(".")[0])
        if own is not None:
            module.__dict__["__builtins__"] = {**vars(builtins), "__import__": own}
        super().exec_module(module)


@lru_cache(maxsize=512)
def _compiled(text: bytes, path: str) -> CodeType:
    return compile(text, path, "exec", dont_inherit=True)


class _Finder:
    """Finds the modules below private packages, and no others."""

    known: dict[str, Import | None] = {}  # noqa: RUF012 - of this process

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of a module of a user's folder."""
        if not name.startswith(PREFIX) or path is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(name, spec.loader.path)
        return spec


def _importing(sources: Sources, package: str) -> Import | None:
    """``__import__`` for the files of a folder: it looks for neighbours where Python finds nothing."""
    if sources.root is None:
        return None
    beside = ".".join([package, *sources.file.relative_to(sources.base).parent.parts])
    known: dict[str, bool] = {}

    def import_(
        name: str, globals: Mapping[str, Any] | None = None, locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (), level: int = 0,
    ) -> ModuleType:  # fmt: skip
        top, _, _ = name.partition(".")
        if level == 0 and top not in known:
            known[top] = sources.is_neighbour(top)
        if level or not known[top]:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        within = (
            beside if (sources.file.parent / f"{top}.py").is_file() or (sources.file.parent / top).is_dir() else package
        )
        found = importlib.import_module(f"{within}.{name}")
        if not fromlist:
            return importlib.import_module(f"{within}.{top}")
        for each in fromlist:
            if each != "*" and not hasattr(found, each) and hasattr(found, "__path__"):
                importlib.import_module(f"{found.__name__}.{each}")
        return found

    return import_
