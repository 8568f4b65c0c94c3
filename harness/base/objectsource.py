"""The source of a class or function of a session: its text as a notebook's cell, a script or a console has it."""

from __future__ import annotations

import ast
import hashlib
import inspect
import linecache
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

PLAIN = (str, int, float, bool, bytes, type(None))


def object_hash(thing: Any) -> str:
    """SHA-256 of the source of a class with its bases of the same module, or of a function. Plain values that it takes
    from the function around it count too. Where there is no text, the compiled code counts.
    """
    sha = hashlib.sha256()
    for part in _parts(thing):
        text = _text(part)
        if text is None:
            text = "\n".join(line for code in _codes(part) for line in _described(code))
        sha.update(f"{textwrap.dedent(text).strip()}\n{_surroundings(part)}".encode())
    return sha.hexdigest()


def _parts(thing: Any) -> Iterator[Any]:
    """The class and those of its bases that were written with it, or the function; of another object its class."""
    if not isinstance(thing, type | FunctionType):
        thing = type(thing)
    if isinstance(thing, type):
        yield from (base for base in thing.__mro__ if base is thing or base.__module__ == thing.__module__)
    else:
        yield inspect.unwrap(thing)


def _text(thing: Any) -> str | None:
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError, SyntaxError, IndentationError):
        return _text_of_cell(thing) if isinstance(thing, type) else None


def _text_of_cell(thing: type) -> str | None:
    """The text of a class of a notebook, whose module has no file: where one of its functions says it is."""
    for code in _codes(thing):
        lines = linecache.getlines(code.co_filename)
        try:
            tree = ast.parse("".join(lines))
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == thing.__name__:
                end = node.end_lineno or node.lineno
                if node.lineno <= code.co_firstlineno <= end:
                    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                    return "".join(lines[first - 1 : end])
    return None


def _functions(thing: Any) -> Iterator[FunctionType]:
    for value in vars(thing).values() if isinstance(thing, type) else (thing,):
        each = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if isinstance(each, FunctionType):
            yield inspect.unwrap(each)


def _codes(thing: Any) -> list[CodeType]:
    return [function.__code__ for function in _functions(thing)]


def _described(code: CodeType) -> Iterator[str]:
    """Compiled code as text, the same in every process of one version of Python."""
    yield f"{code.co_name} {code.co_varnames} {code.co_names} {code.co_code.hex()}"
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _described(constant)
        else:
            yield repr(sorted(constant, key=repr) if isinstance(constant, frozenset) else constant)


def _surroundings(thing: Any) -> str:
    """The plain values of the names that its functions take from a function around them."""
    found = {}
    for function in _functions(thing):
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                if isinstance(cell.cell_contents, PLAIN):
                    found[name] = cell.cell_contents
            except ValueError:  # not set yet
                continue
    return "".join(f"{name} = {value!r}\n" for name, value in sorted(found.items()))
