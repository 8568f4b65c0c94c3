"""Method settings: the keyword-only parameters of a method's class, set by ``--set name=value``.

A setting's type is read from its annotation. The settings are part of a run's identity.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from harness.errors import UnknownName, UsageError

WORDS = {"true": True, "false": False, "none": None}


def settings_of(method: Any) -> dict[str, inspect.Parameter]:
    """The settings of a method's class, by name: every parameter after ``problem`` and ``seed``."""
    parameters = list(inspect.signature(method).parameters.values())[2:]
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {p.name: p for p in parameters if p.kind in kinds}


def parse_settings(pairs: Iterable[str]) -> dict[str, str]:
    """``["eta=2"]`` as a mapping of texts. UsageError for a text that is not ``name=value``."""
    parsed: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f"--set {pair!r} is not of the form name=value, such as eta=2")
        parsed[name] = value
    return parsed


def check_settings(label: str, method: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, converted to the types that the class declares. UnknownName or UsageError for a wrong setting."""
    known = settings_of(method)
    checked: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise UnknownName(f"setting of {label}", name, known)
        checked[name] = _convert(label, known[name], value)
    return checked


def _convert(label: str, parameter: inspect.Parameter, value: Any) -> Any:
    annotation = parameter.annotation
    kinds = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    accepted = {part.strip() for part in kinds.split("|")}
    word = value.lower() if isinstance(value, str) else None
    if "bool" in accepted and (isinstance(value, bool) or word in ("true", "false")):
        return WORDS[word] if word is not None else value
    if "None" in accepted and (value is None or word == "none"):
        return None
    for name, convert in (("int", int), ("float", float)):
        if name in accepted and not isinstance(value, bool):
            try:
                number = convert(value)
            except (TypeError, ValueError):
                continue
            if isinstance(value, str) or number == value:
                return number
    if "str" in accepted and isinstance(value, str):
        return value
    raise UsageError(f"{label}: {parameter.name} = {value!r} is not of the kind it takes: {kinds}")
