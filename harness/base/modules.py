"""Imports a user's file as a module, or an object named as ``module:NAME``."""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import UsageError


def load_module(path: Path) -> ModuleType:
    """Imports a file as a module. UsageError if the file raises an error; the message repeats it."""
    name = f"harness_user_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look their module up there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UsageError(f"{path} fails when imported: {reason}") from error
    return module


def named_object(name: str) -> Any:
    """The object ``module:NAME``; its module is imported now."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def attribute_of(module: ModuleType, name: str) -> Any:
    """The attribute with a name such as ``Class`` or ``Outer.Class``. AttributeError if there is none."""
    return functools.reduce(getattr, name.split("."), module)
