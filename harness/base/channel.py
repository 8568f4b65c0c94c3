"""Whole messages between a process and its child, over two pipes: eight bytes of length, then so many bytes."""

from __future__ import annotations

import os
from collections.abc import Callable

LARGEST = 2**31
"""Bytes of a message at most, unless less is allowed."""
LENGTH = 8
CHUNK = 1 << 16


class Channel:
    """One end. ``read`` gives the next bytes, none at the end of the pipe; by default it waits for them."""

    def __init__(self, source: int, target: int, read: Callable[[], bytes] | None = None) -> None:
        self._target = target
        self._read = read or (lambda: os.read(source, CHUNK))
        self._rest = b""

    def send(self, message: bytes) -> None:
        """OSError if nobody is there to read it."""
        whole = len(message).to_bytes(LENGTH, "big") + message
        sent = os.write(self._target, whole)
        while sent < len(whole):
            sent += os.write(self._target, memoryview(whole)[sent:])

    def receive(self, largest: int = LARGEST) -> bytes:
        """The next message. EOFError if the other end is gone, ValueError if the message is larger than allowed."""
        got = self._rest or self._more()
        while len(got) < LENGTH:
            got += self._more()
        size = int.from_bytes(got[:LENGTH], "big")
        if size > largest:
            raise ValueError(f"a message of {size:,} bytes; at most {largest:,} are read")
        end = LENGTH + size
        if len(got) < end:
            parts, have = [got], len(got)
            while have < end:
                parts.append(self._more())
                have += len(parts[-1])
            got = b"".join(parts)
        self._rest = got[end:]
        return got[LENGTH:end]

    @property
    def empty(self) -> bool:
        """Whether nothing has come beyond the messages that were received."""
        return not self._rest

    def _more(self) -> bytes:
        got = self._read()
        if not got:
            raise EOFError
        return got
