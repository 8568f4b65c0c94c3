"""Connections to a server that are given up when it sends too little.

The timeout of a socket counts from the last byte, so a server that sends a byte now and then holds a reader for ever:
in the body, in the headers, or with answers that only say ``100 Continue``. ``Patience`` watches all connections of one
attempt from a thread and closes them when fewer than ``LEAST`` bytes came in ``STALL`` seconds.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import urllib.request
from types import TracebackType
from typing import Any

from harness.errors import HarnessError

STALL = 120.0
"""Seconds between two looks."""
LEAST = 64 << 10
"""Bytes that must come in the meantime; the headers do not count."""


class DownloadError(HarnessError):
    """A file that could not be downloaded. The bytes received are kept."""


class Patience:
    """Watches the connections of one attempt during a ``with`` block. ``got``: the bytes received so far, which the
    reader keeps up to date. DownloadError at the end of the block if the connections were given up.
    """

    def __init__(self, url: str) -> None:
        self.got = 0
        self._url, self._lost = url, False
        self._sockets: list[socket.socket] = []
        self._over = threading.Event()

    def __enter__(self) -> Patience:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()
        if self._lost and (kind is None or issubclass(kind, Exception)):
            raise DownloadError(
                f"{self._url} was given up, because fewer than {LEAST:,} bytes came in {STALL:g} seconds; what arrived "
                "is kept, run the same command again to go on"
            ) from None

    def handlers(self) -> tuple[urllib.request.BaseHandler, ...]:
        """Handlers for an opener, whose connections are watched."""
        return _Http(self._sockets), _Https(self._sockets)

    def _watch(self) -> None:
        before = self.got
        while not self._over.wait(STALL):
            if self.got - before < LEAST:
                self._lost = True
                for each in self._sockets:
                    with contextlib.suppress(OSError):  # closed already
                        socket.socket.shutdown(each, socket.SHUT_RDWR)
                return
            before = self.got


class _Kept(http.client.HTTPConnection):
    """A connection that puts its socket into a list."""

    kept: list[socket.socket]

    def connect(self) -> None:
        super().connect()
        self.kept.append(self.sock)


class _KeptSecure(_Kept, http.client.HTTPSConnection):
    """The same with TLS."""


class _Http(urllib.request.HTTPHandler):
    def __init__(self, kept: list[socket.socket]) -> None:
        super().__init__()
        self._kind: Any = type("Connection", (_Kept,), {"kept": kept})

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._kind, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, kept: list[socket.socket]) -> None:
        super().__init__()
        self._kind: Any = type("Connection", (_KeptSecure,), {"kept": kept})

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._kind, req)
