"""The complete list of functions that a surrogate's pickle may "call", and the reader's own replacements.

Every reconstruction below is a function of this package that makes plain values or inert records. Anything else that
a pickle wants called is refused, as is any mention of the standard library (or ``__main__``) outside this list:
``os.system`` has no place in a surrogate, called or not. Classes of other packages may be mentioned; they stay names.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

from harness.base.budget import Budget
from harness.sources.foreign import arrays
from harness.sources.foreign.errors import HostilePickle, UnsupportedModel
from harness.sources.foreign.records import ArrayShell, Bag, Global, Record, describe
from harness.sources.foreign.stream import TUPLE_KEY

MAX_NAME = 200
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_PYTHON2 = {"__builtin__": "builtins", "copy_reg": "copyreg", "UserDict": "collections"}
_STDLIB = frozenset(sys.stdlib_module_names) | {
    "__main__", "__builtin__", "asynchat", "asyncore", "cgi", "commands", "copy_reg", "crypt", "distutils",
    "exceptions", "imp", "nntplib", "pipes", "popen2", "sets", "smtpd", "telnetlib", "xdrlib",
}  # fmt: skip
"""Whatever any supported or earlier Python has of its own."""
_TYPES = {"object", "list", "tuple", "dict", "set", "frozenset", "str", "bytes", "bytearray", "int", "float", "bool",
          "complex", "slice", "range", "type"}  # fmt: skip
_INERT_FUNCTIONS = {
    "pandas.core.indexes.base._new_Index",
    "pandas._libs.internals._unpickle_block",
    "pandas.core.internals.managers.SingleBlockManager",
    "pandas.core.internals.managers.BlockManager",
    "pandas.StringDtype",
    "numpy.random.__RandomState_ctor",
    "numpy.random._pickle.__randomstate_ctor",
    "numpy.random._pickle.__bit_generator_ctor",
    "numpy.random._pickle.__generator_ctor",
}
_CYTHON = {"ConfigSpace", "numpy", "pandas", "sklearn"}
"""Packages whose compiled classes are pickled as calls of generated functions."""
_ORDERED = "collections.OrderedDict"
_TARGET_FUNCTIONS = "CustomTransformFunctions"


def resolve(module: Any, name: Any) -> Global:
    """The inert name for what the pickle refers to; HostilePickle if it has no place in a surrogate."""
    if not all(isinstance(part, str) and len(part) <= MAX_NAME and _NAME.fullmatch(part) for part in (module, name)):
        raise HostilePickle(f"it refers to {describe(module)}.{describe(name)}, which is no name of a class")
    head, dot, rest = module.partition(".")
    module = _PYTHON2.get(head, head) + dot + rest
    found = Global(module, {"xrange": "range", "unicode": "str", "long": "int"}.get(name, name))
    allowed = str(found) in _KNOWN or str(found) == _ORDERED or (module == "builtins" and found.name in _TYPES)
    if found.package in _STDLIB and not allowed:
        raise HostilePickle(f"it refers to {module}.{name}, which has no place in a surrogate")
    return found


def call(function: Any, args: Any, budget: Budget) -> Any:
    """What ``function(*args)`` stands for, made here. HostilePickle if it is not on the list, OverBudget if its
    arguments are copied too often.
    """
    if not isinstance(args, tuple):
        raise HostilePickle(f"it would call {describe(function)} with {describe(args)} for arguments")
    if not isinstance(function, Global):
        raise HostilePickle(f"it would call {describe(function)}")
    if str(function) == _ORDERED:
        return _ordered(args, budget)
    known = _KNOWN.get(str(function))
    if known is not None:
        try:
            budget.charge(cost(args))
            return known(args)
        except (ValueError, TypeError, UnicodeError, OverflowError) as error:
            raise UnsupportedModel(f"{function} is given arguments it does not take ({type(error).__name__})") from None
    cython = function.package in _CYTHON and function.name.startswith("__pyx_unpickle_")
    if cython or str(function) in _INERT_FUNCTIONS:
        return Record(function, args)
    raise HostilePickle(f"it would call {function}")


def cost(args: Any) -> int:
    """Bytes that a reconstruction may copy of its arguments."""
    total = 0
    for value in args if isinstance(args, tuple) else ():
        if isinstance(value, (str, bytes)):
            total += len(value)
        elif isinstance(value, (Bag, list, tuple)):
            total += 8 * len(value.items if isinstance(value, Bag) else value)
    return total


def new_object(cls: Any, args: Any) -> Any:
    """``cls.__new__(cls, *args)``: an inert record for any class that may be mentioned."""
    if not isinstance(cls, Global) or not isinstance(args, tuple):
        raise HostilePickle(f"it would create an object of {describe(cls)}")
    if str(cls) == _ORDERED:
        return {}
    if cls.package in _STDLIB:
        raise HostilePickle(f"it would create an object of {cls}")
    return Record(cls, args)


def _reconstructor(args: tuple[Any, ...]) -> Any:
    cls, base, state = args
    if not isinstance(base, Global) or base.module != "builtins":
        raise HostilePickle(f"it would create an object through {describe(base)}")
    return new_object(cls, () if base.name == "object" else (base, state))


def _encode(args: tuple[Any, ...]) -> bytes:
    text, encoding = args
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise UnsupportedModel(f"text encoded as {describe(encoding)}, where only latin1 is expected")
    return text.encode("latin-1")


def _bytes(args: tuple[Any, ...]) -> bytes:
    if not args:
        return b""
    if len(args) == 2:
        return _encode(args)
    (value,) = args
    if not isinstance(value, bytes):
        raise UnsupportedModel(f"bytes made of {describe(value)}")
    return value


def _members(args: tuple[Any, ...]) -> list[Any]:
    items = args[0] if args else []
    items = items.items if isinstance(items, Bag) else items
    if len(args) > 1 or not isinstance(items, (list, tuple)):
        raise UnsupportedModel("a collection made of something that is not a list")
    return list(items)


def _ordered(args: tuple[Any, ...], budget: Budget) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for item in _members(args):
        if not isinstance(item, (tuple, list)) or len(item) != 2:
            raise UnsupportedModel(f"{_ORDERED} is given something that is no pair of a key and a value")
        made[check_key(item[0], budget)] = item[1]
    return made


def _getattr(args: tuple[Any, ...]) -> Global:
    # The official pickles name their two static methods this way; nothing else may be taken apart.
    owner, name = args
    known = isinstance(owner, Global) and owner.package == "jahs_bench" and owner.name == _TARGET_FUNCTIONS
    if known and isinstance(name, str) and name in ("sigmoid", "inverse_sigmoid"):
        return Global(owner.module, f"{owner.name}.{name}")
    raise HostilePickle(f"it would call builtins.getattr on {describe(owner)} for {describe(name)}")


def _newobj_ex(args: tuple[Any, ...]) -> Any:
    cls, positional, named = args
    if named:
        raise HostilePickle(f"it would create an object of {describe(cls)} with named arguments")
    return new_object(cls, positional)


def _empty_array(args: tuple[Any, ...]) -> ArrayShell:
    if not args or not isinstance(args[0], Global) or str(args[0]) != "numpy.ndarray":
        raise UnsupportedModel(f"an array of class {describe(args[0] if args else None)}")
    return ArrayShell()


def _slice(args: tuple[Any, ...]) -> slice:
    return slice(*args)


def _range(args: tuple[Any, ...]) -> Record:
    return Record(Global("builtins", "range"), args)


_KNOWN: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "copyreg._reconstructor": _reconstructor,
    "copyreg.__newobj__": lambda args: new_object(args[0], args[1:]),
    "copyreg.__newobj_ex__": _newobj_ex,
    "builtins.getattr": _getattr,
    "builtins.set": lambda args: Bag(_members(args)),
    "builtins.frozenset": lambda args: Bag(_members(args)),
    "builtins.slice": _slice,
    "builtins.range": _range,
    "builtins.bytearray": _bytes,
    "builtins.bytes": _bytes,
    "collections.defaultdict": lambda _: {},  # its items follow; the factory is never needed
    "_codecs.encode": _encode,
    "numpy.dtype": arrays.dtype_shell,
}
for _module in ("numpy.core", "numpy._core"):  # renamed in NumPy 2
    _KNOWN[f"{_module}.multiarray._reconstruct"] = _empty_array
    _KNOWN[f"{_module}.multiarray.scalar"] = arrays.scalar
    _KNOWN[f"{_module}.numeric._frombuffer"] = arrays.from_buffer


def check_key(key: Any, budget: Budget) -> Any:
    """``key`` if it may be a dictionary's key: scalars, inert records, and flat tuples of scalars.

    Deeply nested tuples would overflow the C stack when hashed, huge integers can be chosen to collide, and so can many
    tuples: each takes a large part of the budget.
    """
    budget.spend(TUPLE_KEY + len(key) if isinstance(key, tuple) else 1)
    for part in key if isinstance(key, tuple) else (key,):
        small = part.bit_length() <= 64 if isinstance(part, int) else isinstance(part, (str, bytes, float, Global))
        if not (small or part is None or isinstance(key, Record)):
            raise UnsupportedModel(f"a dictionary with {describe(part)} in a key")
    return key
