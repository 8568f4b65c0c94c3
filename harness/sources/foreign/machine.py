"""A pickle machine that executes nothing: all opcodes of protocols 0-5, in terms of inert records.

It never imports, looks up or calls what a pickle names. Calls go through ``callables.call``, a closed list; persistent
ids, extension codes and out-of-band buffers, which reach outside the file, are refused. joblib's convention (an array
wrapper is followed by the raw data, or by a nested pickle if it holds objects) is followed when ``joblib`` is set,
the nested pickle being read by the same rules.
"""

from __future__ import annotations

import codecs
import warnings
from collections.abc import Callable
from typing import Any

from harness.errors import ImportRefused
from harness.sources.foreign import arrays
from harness.sources.foreign.callables import call, check_key, cost, new_object, resolve
from harness.sources.foreign.errors import DamagedFile, HostilePickle, UnsupportedModel
from harness.sources.foreign.records import ArrayShell, Bag, DTypeShell, Global, ObjectArray, Record, describe
from harness.sources.foreign.stream import OPERATION, Stream

HIGHEST_PROTOCOL = 5


class Machine:
    """Reads one pickle from ``stream``; ``load`` returns the object."""

    def __init__(self, stream: Stream, *, joblib: bool) -> None:
        self.stream = stream
        self.joblib = joblib
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def load(self) -> Any:
        """Runs to the STOP opcode."""
        stream, spend = self.stream, self.stream.budget.spend
        while True:
            spend(OPERATION)
            opcode = stream.take(1)
            if opcode == b".":
                return self.pop()
            action = _ACTIONS.get(opcode)
            if action is None:
                raise DamagedFile(f"byte {stream.position - 1} is {opcode!r}, which is no pickle opcode")
            action(self)

    def pop(self) -> Any:
        """The top of the stack, which must be above the last mark."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise DamagedFile("it takes a value from an empty stack")
        return self.stack.pop()

    def top(self) -> Any:
        """The top of the stack, left there."""
        value = self.pop()
        self.stack.append(value)
        return value

    def pop_mark(self) -> list[Any]:
        """Everything above the last mark."""
        if not self.marks:
            raise DamagedFile("it returns to a mark that it never set")
        height = self.marks.pop()
        items = self.stack[height:]
        del self.stack[height:]
        return items

    def pop_tuple(self, count: int) -> tuple[Any, ...]:
        """The topmost ``count`` values in the order they were pushed."""
        return tuple([self.pop() for _ in range(count)][::-1])

    def push(self, value: Any) -> None:
        """Puts a value on the stack."""
        self.stack.append(value)

    def recall(self, key: int) -> None:
        """Pushes a memoized value."""
        if key not in self.memo:
            raise DamagedFile(f"it refers to value {key}, which it never stored")
        self.stack.append(self.memo[key])

    def extend(self, items: list[Any]) -> None:
        """APPEND, APPENDS and ADDITEMS."""
        target = self.top()
        if isinstance(target, list):
            target.extend(items)
        elif isinstance(target, (Bag, Record)):
            target.items.extend(items)
        else:
            raise _misuse(f"it appends to {describe(target)}", target)

    def set_items(self, items: list[Any]) -> None:
        """SETITEM, SETITEMS: alternating keys and values."""
        target = self.top()
        if len(items) % 2:
            raise DamagedFile("a dictionary has a key without a value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if isinstance(target, dict):
                target[check_key(key, self.stream.budget)] = value
            elif isinstance(target, Record):
                target.items.append((key, value))
            else:
                raise _misuse(f"it assigns items of {describe(target)}", target)

    def make_dict(self, items: list[Any]) -> None:
        """DICT."""
        self.push({})
        self.set_items(items)

    def build(self) -> None:
        """BUILD: gives state to the record below it; never touches a class, a function or a container."""
        state = self.pop()
        target = self.top()
        if isinstance(target, ArrayShell):
            self.stream.budget.charge(cost(state))
            arrays.set_array_state(target, state)
        elif isinstance(target, DTypeShell):
            arrays.set_dtype_state(target, state)
        elif isinstance(target, Record):
            for part in state if isinstance(state, tuple) else (state,):
                self.stream.budget.spend(1 + len(part) if isinstance(part, dict) else 1)
                for key in part if isinstance(part, dict) else ():
                    if isinstance(key, str) and key.startswith("__") and key.endswith("__"):
                        raise HostilePickle(f"it would replace {key} of an object of {target.cls}")
            target.states.append(state)
            if self.joblib and target.cls.package == "joblib":
                self.pop()
                self.push(self.read_joblib_array(target))
        else:
            raise _misuse(f"it would set attributes of {describe(target)}", target)

    def read_joblib_array(self, wrapper: Record) -> Any:
        """The array whose data follow joblib's wrapper in the file."""
        if str(wrapper.cls) != "joblib.numpy_pickle.NumpyArrayWrapper":
            raise UnsupportedModel(f"it contains a {wrapper.cls}; save it again with joblib 0.10 or later")
        state = wrapper.state
        subclass, dtype, stream = state.get("subclass"), state.get("dtype"), self.stream
        if str(subclass) not in ("numpy.ndarray", "numpy.memmap", "numpy.core.memmap.memmap"):
            raise UnsupportedModel(f"it contains an array of class {describe(subclass)}")
        shape, count = arrays.checked_shape(state.get("shape"))
        if isinstance(dtype, DTypeShell) and dtype.kind == "O":
            nested = Machine(stream, joblib=False).load()
            value = nested.value if isinstance(nested, ArrayShell) else None
            if not isinstance(value, ObjectArray) or len(value.items) != count:
                raise DamagedFile("an array of objects is not followed by its elements")
            return value
        real = arrays.real_dtype(dtype)
        if state.get("numpy_array_alignment_bytes") is not None:
            stream.take(stream.unsigned(1))
        return arrays.from_bytes(stream.take(count * real.itemsize), real, shape, state.get("order") == "F")

    def refuse(self, what: str) -> None:
        """For opcodes that reach outside the file."""
        raise HostilePickle(f"it asks for {what}")


def _misuse(what: str, target: Any) -> ImportRefused:
    """Changing a class or function is an attack; changing a number or text only happens in damaged files."""
    return HostilePickle(what) if isinstance(target, (Global, Record)) else DamagedFile(what)


def _int(m: Machine) -> None:
    text = m.stream.number()
    m.push({b"00": False, b"01": True}[text] if text in (b"00", b"01") else int(text))


def _string(m: Machine) -> None:
    text = m.stream.line()
    if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in b"'\"":
        raise DamagedFile("a string without its quotes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # unknown escapes
        m.push(codecs.escape_decode(text[1:-1])[0].decode("latin-1"))


def _call(m: Machine, function: Any, args: Any) -> None:
    m.push(call(function, args, m.stream.budget))


def _reduce(m: Machine) -> None:
    function, args = m.pop_tuple(2)
    _call(m, function, args)


def _object(m: Machine) -> None:
    items = m.pop_mark()
    if not items:
        raise DamagedFile("an object without a class")
    _call(m, items[0], tuple(items[1:]))


def _instance(m: Machine) -> None:
    cls = _global_line(m)
    _call(m, cls, tuple(m.pop_mark()))


def _global_line(m: Machine) -> Global:
    module, name = m.stream.line(), m.stream.line()
    return resolve(module.decode("utf-8"), name.decode("utf-8"))


def _new_object_ex(m: Machine) -> None:
    cls, args, named = m.pop_tuple(3)
    if named != {}:
        raise HostilePickle(f"it would create an object of {describe(cls)} with named arguments")
    m.push(new_object(cls, args))


def _pop(m: Machine) -> None:
    if m.marks and m.marks[-1] == len(m.stack):
        m.marks.pop()
    else:
        m.pop()


def _protocol(m: Machine) -> None:
    version = m.stream.unsigned(1)
    if version > HIGHEST_PROTOCOL:
        raise UnsupportedModel(f"it is written in pickle protocol {version}, newer than {HIGHEST_PROTOCOL}")


def _frame(m: Machine) -> None:
    length = m.stream.unsigned(8)
    if length > len(m.stream.data) - m.stream.position:
        raise DamagedFile(f"it ends inside a frame of {length} bytes")


def _text(m: Machine, raw: bytes) -> None:
    if not raw.isascii():  # up to four bytes for each character, if one needs them
        m.stream.budget.charge(4 * len(raw))
    m.push(raw.decode("utf-8", "surrogatepass"))


def _escaped_text(m: Machine) -> None:
    raw = m.stream.line()
    m.stream.budget.charge(4 * len(raw))
    m.push(raw.decode("raw-unicode-escape"))


_ACTIONS: dict[bytes, Callable[[Machine], Any]] = {
    # numbers and constants
    b"N": lambda m: m.push(None), b"\x88": lambda m: m.push(True), b"\x89": lambda m: m.push(False),
    b"I": _int, b"J": lambda m: m.push(int.from_bytes(m.stream.take(4), "little", signed=True)),
    b"K": lambda m: m.push(m.stream.unsigned(1)), b"M": lambda m: m.push(m.stream.unsigned(2)),
    b"L": lambda m: m.push(int(m.stream.number().rstrip(b"L"))),
    b"\x8a": lambda m: m.push(m.stream.long(1)), b"\x8b": lambda m: m.push(m.stream.long(4)),
    b"F": lambda m: m.push(float(m.stream.number())), b"G": lambda m: m.push(m.stream.double()),
    # text and bytes
    b"S": _string, b"T": lambda m: m.push(m.stream.sized(4).decode("latin-1")),
    b"U": lambda m: m.push(m.stream.sized(1).decode("latin-1")),
    b"V": _escaped_text,
    b"X": lambda m: _text(m, m.stream.sized(4)), b"\x8c": lambda m: _text(m, m.stream.sized(1)),
    b"\x8d": lambda m: _text(m, m.stream.sized(8)),
    b"B": lambda m: m.push(m.stream.sized(4)), b"C": lambda m: m.push(m.stream.sized(1)),
    b"\x8e": lambda m: m.push(m.stream.sized(8)), b"\x96": lambda m: m.push(m.stream.sized(8)),
    # containers
    b"(": lambda m: m.marks.append(len(m.stack)), b"1": Machine.pop_mark, b"0": _pop, b"2": lambda m: m.push(m.top()),
    b")": lambda m: m.push(()), b"t": lambda m: m.push(tuple(m.pop_mark())),
    b"\x85": lambda m: m.push(m.pop_tuple(1)), b"\x86": lambda m: m.push(m.pop_tuple(2)),
    b"\x87": lambda m: m.push(m.pop_tuple(3)),
    b"]": lambda m: m.push([]), b"l": lambda m: m.push(m.pop_mark()),
    b"a": lambda m: m.extend([m.pop()]), b"e": lambda m: m.extend(m.pop_mark()),
    b"\x90": lambda m: m.extend(m.pop_mark()),
    b"}": lambda m: m.push({}), b"d": lambda m: m.make_dict(m.pop_mark()),
    b"s": lambda m: m.set_items(list(m.pop_tuple(2))), b"u": lambda m: m.set_items(m.pop_mark()),
    b"\x8f": lambda m: m.push(Bag()), b"\x91": lambda m: m.push(Bag(m.pop_mark())),
    # memo
    b"g": lambda m: m.recall(int(m.stream.number())), b"h": lambda m: m.recall(m.stream.unsigned(1)),
    b"j": lambda m: m.recall(m.stream.unsigned(4)),
    b"p": lambda m: m.memo.__setitem__(int(m.stream.number()), m.top()),
    b"q": lambda m: m.memo.__setitem__(m.stream.unsigned(1), m.top()),
    b"r": lambda m: m.memo.__setitem__(m.stream.unsigned(4), m.top()),
    b"\x94": lambda m: m.memo.__setitem__(len(m.memo), m.top()),
    # names, objects, calls
    b"c": lambda m: m.push(_global_line(m)), b"\x93": lambda m: m.push(resolve(*m.pop_tuple(2))),
    b"R": _reduce, b"o": _object, b"i": _instance, b"b": Machine.build,
    b"\x81": lambda m: m.push(new_object(*m.pop_tuple(2))), b"\x92": _new_object_ex,
    # framing, and what reaches outside the file
    b"\x80": _protocol, b"\x95": _frame,
    b"P": lambda m: m.refuse("a persistent id"), b"Q": lambda m: m.refuse("a persistent id"),
    b"\x82": lambda m: m.refuse("an extension code"), b"\x83": lambda m: m.refuse("an extension code"),
    b"\x84": lambda m: m.refuse("an extension code"),
    b"\x97": lambda m: m.refuse("a buffer outside the file"), b"\x98": lambda m: m.refuse("a buffer outside the file"),
}  # fmt: skip
