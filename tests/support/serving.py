"""A server in this process, on the loopback interface, that can break off, refuse and change its file; archives."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import re
import socketserver
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

DATA = bytes(range(256)) * 400  # 102,400 bytes, no two neighbourhoods alike enough to hide a wrong offset


@dataclass
class Site:
    """One file on a server. ``cuts``: after how many bytes each answer breaks off; ``codes``: answers instead; ``lax``:
    If-Range is ignored; ``unsized``: no answer tells its length; ``vague``: no part tells the length of the whole.
    """

    body: bytes = DATA
    ranges: bool = True
    etag: str | None = '"one"'
    modified: str | None = None
    cuts: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    lax: bool = False
    unsized: bool = False
    vague: bool = False
    seen: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def asked(self) -> list[str | None]:
        """The Range of each request."""
        return [headers.get("Range") for headers in self.seen]


class Handler(http.server.BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site = self.site
        site.seen.append(dict(self.headers))
        if site.codes:
            self.send_error(site.codes.pop(0))
            return
        start, body = 0, site.body
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if wanted and site.ranges and (site.lax or condition in (None, site.etag, site.modified)):
            start = int(wanted[1])
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206)
            size = "*" if site.vague else str(len(body))
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{size}")
        else:
            self.send_response(200)
        if not site.unsized:
            self.send_header("Content-Length", str(len(body) - start))
        for name, value in (("ETag", site.etag), ("Last-Modified", site.modified)):
            if value:
                self.send_header(name, value)
        self.end_headers()
        rest = body[start:]
        self.wfile.write(rest[: site.cuts.pop(0)] if site.cuts else rest)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served() -> Iterator[Site]:
    """A site with a server that runs until the end of the block."""
    made = Site()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("H", (Handler,), {"site": made}))
    made.url = f"http://127.0.0.1:{server.server_port}/a.tar"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def answering(answer: bytes, drip: bytes = b"") -> Iterator[str]:
    """The address of a server that gives this answer, byte by byte as it is, to whatever is asked; and then ``drip``
    again and again, until the client goes.
    """
    over = threading.Event()

    class Raw(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1 << 16)
            self.request.sendall(answer)
            with contextlib.suppress(OSError):
                while drip and not over.wait(0.005):
                    self.request.sendall(drip)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Raw) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/a.tar"
        finally:
            over.set()
            server.shutdown()
            thread.join()


def make_tar(*members: tarfile.TarInfo | tuple[str, bytes], mode: str = "w", **settings: Any) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, **settings) as tar:  # type: ignore[call-overload]
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
    return buffer.getvalue()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
