"""What a user may give as a method, and what it is: a class, a function that makes one, or a function method.

``name`` and ``capabilities`` are attributes of the class or function. Without a ``name`` it is called as in its source.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.base.naming import NAME_RULE, is_name
from harness.benchmark.handover import FunctionMethod
from harness.benchmark.method import Capabilities, Problem
from harness.benchmark.settings import settings_of
from harness.errors import UsageError

FORMS = (
    "a class with __init__(self, problem, seed), ask() and tell(observation), or a function "
    "optimize(objective, problem, seed)"
)
PLAIN = (str, int, float, bool, type(None))
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Described:
    """What a class or function says of itself. ``named``: how its name came, as a record says it; ``preset``: settings
    that a ``functools.partial`` fixes; ``required``: the settings without a default.
    """

    name: str
    named: str
    capabilities: Capabilities
    summary: str
    preset: Mapping[str, Any]
    required: tuple[str, ...]


def described(thing: Any, label: str) -> Described:
    """The description of what a user gave, called ``label`` in messages. UsageError if it can be no method."""
    thing, preset = _unwrapped(thing, label)
    kind = _checked(thing, label)
    own = str(getattr(thing, "__name__", type(thing).__name__))
    declared = getattr(thing, "__dict__", {}).get("name")  # a base class's name is the base class's
    if not isinstance(declared, str):
        declared = None  # a property, or a function of the method's own
    if declared is not None and not is_name(declared):
        raise UsageError(f"{label}: its name {declared!r:.80} cannot be a method's: {NAME_RULE}")
    default = default_name(own)
    what = f"{kind} {getattr(thing, '__qualname__', own).rpartition('>.')[2]}"
    summary = (inspect.getdoc(thing) or "").strip().partition("\n")[0]
    return Described(
        declared or default, f"{what}, name declared" if declared else what, _capabilities(thing, label, kind), summary,
        preset, _required(thing),
    )  # fmt: skip


def default_name(name: str) -> str:
    """The name of a method whose class or function, called ``name``, declares none."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name).lstrip("._-")[:64].rstrip("-") or "method"


def maker(thing: Any) -> Callable[..., Any]:
    """What makes a run of a method from its problem, seed and settings."""
    thing, _ = _unwrapped(thing, "a method")
    if isinstance(thing, type):
        return thing
    return ByHandover(thing) if _takes_objective(thing) else _checking(thing)


def _checking(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes a method, and is told where it makes none."""

    @functools.wraps(function)
    def make(problem: Problem, seed: int, **settings: Any) -> Any:
        made = function(problem, seed, **settings)
        if not (callable(getattr(made, "ask", None)) and callable(getattr(made, "tell", None))):
            raise TypeError(f"it returns {made!r:.60}, which has no ask() and tell(observation)")
        return made

    return make


class ByHandover:
    """Makes runs of a function method; seen from outside it takes ``problem``, ``seed`` and the settings."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__module__ = getattr(function, "__module__", "")
        self.__doc__ = function.__doc__
        signature = inspect.signature(function)
        self.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])

    def __call__(self, problem: Problem, seed: int, **settings: Any) -> FunctionMethod:
        """A run, whose function begins at the first ``ask``."""
        return FunctionMethod(self.function, problem, seed, settings)


def _unwrapped(thing: Any, label: str) -> tuple[Any, dict[str, Any]]:
    """The class or function of a partial, with the settings that it fixes."""
    preset: dict[str, Any] = {}
    while isinstance(thing, functools.partial):
        if thing.args:
            raise UsageError(f"{label}: a partial may fix settings by name only, not arguments by position")
        if odd := next((key for key, value in thing.keywords.items() if not isinstance(value, PLAIN)), None):
            raise UsageError(f"{label}: {odd} = {thing.keywords[odd]!r:.60} is no text, number or truth value")
        preset = {**thing.keywords, **preset}
        thing = thing.func
    return thing, preset


def _checked(thing: Any, label: str) -> str:
    """Its kind, a word for a record. UsageError if it can be no method."""
    if isinstance(thing, type):
        for needed in ("ask", "tell"):
            if not callable(getattr(thing, needed, None)):
                raise UsageError(f"method {label!r}: its class has no {needed}(); it needs ask() and tell(observation)")
        return "class"
    if callable(getattr(thing, "ask", None)) and callable(getattr(thing, "tell", None)):
        raise UsageError(f"{label} is an instance; give its class {type(thing).__name__}: each seed makes its own")
    if not callable(thing):
        raise UsageError(f"{label} is no method; give {FORMS}")
    for test, what in ((inspect.iscoroutinefunction, "async"), (inspect.isgeneratorfunction, "a generator")):
        if test(thing):
            raise UsageError(f"{label} is {what}; give a plain function that calls its objective")
    _takes_objective(thing, label)
    return "function"


def _takes_objective(thing: Any, label: str = "a method") -> bool:
    """Whether it is a function method, not a class or a function that makes one. UsageError if it is neither."""
    if isinstance(thing, type):
        return False
    try:
        parameters = list(inspect.signature(thing).parameters.values())
    except (TypeError, ValueError):
        raise UsageError(f"{label} does not say which arguments it takes; give {FORMS}") from None
    names = [p.name for p in parameters if p.kind in POSITIONAL]
    needed = sum(p.kind in POSITIONAL and p.default is p.empty for p in parameters)
    count = 3 if names[:1] == ["objective"] or needed == 3 or names[2:3] == ["seed"] else 2
    several = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if (len(names) < count and not several) or needed > count:
        raise UsageError(f"{label} takes ({', '.join(map(str, parameters))}); give {FORMS}")
    return count == 3


def _required(thing: Any) -> tuple[str, ...]:
    """Its settings without a default; none of a class that does not say which arguments it takes."""
    try:
        settings = settings_of(maker(thing))
    except (TypeError, ValueError):
        return ()
    return tuple(name for name, setting in settings.items() if setting.required)


def _capabilities(thing: Any, label: str, kind: str) -> Capabilities:
    declared = getattr(thing, "capabilities", Capabilities(axis="all"))
    if declared is Capabilities:
        raise UsageError(f"method {label!r}: its 'capabilities' is the class; write Capabilities() with parentheses")
    if not isinstance(declared, Capabilities):
        raise UsageError(f"method {label!r}: its 'capabilities' must be a harness.Capabilities, not {declared!r}")
    if declared.proceeds and kind == "class" and not callable(getattr(thing, "proceed", None)):
        raise UsageError(f"method {label!r} declares proceeds=True; its class needs proceed(observation)")
    if declared.proceeds and kind == "function" and _takes_objective(thing):
        raise UsageError(f"method {label!r} declares proceeds=True; a function that calls its objective cannot have it")
    return declared
