"""Method settings: the parameters of a method's class or function after those that it is always given.

They are set by ``--set name=value`` and are part of a run's identity. A setting has the type of its annotation, or
without one the type of its default. One that has neither takes any value, and a text that looks like a number, a truth
value or ``none`` is one.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import UnknownName, UsageError

WORDS = {"true": True, "false": False, "none": None}
PLAIN = ("bool", "None", "int", "float", "str")
"""Names of the types that a setting may have, in the order in which a text is tried."""
ANY = frozenset(PLAIN)


@dataclass(frozen=True)
class Setting:
    """A setting. ``kinds``: the names of the types that it takes, as a user reads them; ``accepted``: those of PLAIN
    among them; ``choices``: the values of a Literal, None for any.
    """

    name: str
    kinds: str
    accepted: frozenset[str]
    default: Any = inspect.Parameter.empty
    choices: tuple[Any, ...] | None = None

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is inspect.Parameter.empty


def settings_of(method: Any) -> dict[str, Setting]:
    """The settings of what makes a method, by name: every parameter after ``problem`` and ``seed``."""
    parameters = list(inspect.signature(method).parameters.values())[2:]
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    hints = _hints(method)
    return {p.name: _setting(p, hints.get(p.name, p.annotation)) for p in parameters if p.kind in kinds}


def takes_any(method: Any) -> bool:
    """Whether it takes settings of any name (``**settings``)."""
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(method).parameters.values())


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
    """The settings, converted to the types that the method declares. UnknownName or UsageError for a wrong setting."""
    known, more = settings_of(method), takes_any(method)
    checked: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known and not more:
            raise UnknownName(f"setting of {label}", name, known)
        checked[name] = _convert(label, known.get(name, Setting(name, " | ".join(PLAIN), ANY)), value)
    return checked


def _hints(method: Any) -> dict[str, Any]:
    """The annotations of its parameters as types, as far as they can be had; those that are texts stay texts."""
    thing = made = getattr(method, "function", method)
    try:
        return typing.get_type_hints(made.__init__ if isinstance(thing, type) else thing)
    except Exception:  # a name that only a type checker knows
        return {}


def _setting(parameter: inspect.Parameter, annotation: Any) -> Setting:
    default = parameter.default
    if annotation is inspect.Parameter.empty:
        kind = "None" if default is None else type(default).__name__
        if default is inspect.Parameter.empty or default is None:
            return Setting(parameter.name, "any", ANY, default)
        return Setting(parameter.name, kind, frozenset({kind} & ANY), default)
    if annotation is Any or annotation in ("Any", "typing.Any"):
        return Setting(parameter.name, "any", ANY, default)
    choices = typing.get_args(annotation) if typing.get_origin(annotation) is typing.Literal else None
    kinds = _kinds(annotation)
    if choices is not None:
        kinds = " or ".join(map(repr, choices))
        return Setting(parameter.name, kinds, frozenset(type(c).__name__ for c in choices), default, choices)
    return Setting(parameter.name, kinds, frozenset(part.strip() for part in kinds.split("|")) & ANY, default)


def _kinds(annotation: Any) -> str:
    """An annotation as a union of names: ``Optional[int]`` is ``int | None``."""
    if annotation is type(None) or annotation is None:
        return "None"
    if isinstance(annotation, str):
        inner = re.fullmatch(r"(?:typing\.)?(Optional|Union)\[(.*)\]", annotation)
        if inner is None:
            return annotation
        return " | ".join([*map(str.strip, inner[2].split(",")), *(["None"] if inner[1] == "Optional" else [])])
    if typing.get_origin(annotation) is typing.Annotated:
        return _kinds(typing.get_args(annotation)[0])
    parts = typing.get_args(annotation)
    if parts and type(annotation).__name__ in ("UnionType", "_UnionGenericAlias", "Union"):
        return " | ".join(map(_kinds, parts))
    return getattr(annotation, "__name__", str(annotation))


def _convert(label: str, setting: Setting, value: Any) -> Any:
    accepted = setting.accepted
    word = value.lower() if isinstance(value, str) else None
    if setting.choices is not None:
        for choice in setting.choices:
            if (value == choice and type(value) is type(choice)) or (word is not None and value == str(choice)):
                return choice
        raise UsageError(f"{label}: {setting.name} = {value!r} is not among the values that it takes: {setting.kinds}")
    if accepted == ANY and not isinstance(value, str) and isinstance(value, bool | int | float | type(None)):
        return value
    if "bool" in accepted and (isinstance(value, bool) or word in ("true", "false")):
        return WORDS[word] if word is not None else value
    if "None" in accepted and (value is None or word == "none"):
        return None
    for name, convert in (("int", int), ("float", float)):
        if name in accepted and not isinstance(value, bool):
            try:
                number = convert(value)
            except (TypeError, ValueError, OverflowError):
                continue
            if isinstance(value, str) or number == value:
                return number
    if "str" in accepted and isinstance(value, str):
        return value
    raise UsageError(f"{label}: {setting.name} = {value!r} is not of the kind it takes: {setting.kinds}")
