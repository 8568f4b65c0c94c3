"""Downloads one file over HTTP so that nothing received is lost.

The bytes received so far lie in ``<file>.part``. ``<file>.part.json`` stores the address, the total size and the
*validator* (ETag or Last-Modified) of the file on the server. A later attempt asks for the rest, provided that the file
is still the same (RFC 9110, ``Range`` and ``If-Range``). If the server cannot send the rest, or gives neither an ETag
nor a date that tells two versions apart, the download starts over.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.base.documents import read_json
from harness.base.files import write_text
from harness.base.timing import pause
from harness.errors import OverBudget, UsageError
from harness.sources.obtain.patience import LEAST, DownloadError, Patience

TIMEOUT = 60.0
"""Seconds without a byte after which a connection counts as lost."""
ATTEMPTS = 6
"""Attempts in a row with fewer than ``LEAST`` new bytes after which the download is given up. The bytes received are
kept.
"""
WAIT = 1.0
"""Seconds before the second attempt; doubled each time up to 30."""
CHUNK = 1 << 18
RESERVE = 64 << 20
"""Free space to leave, in bytes."""
LOOK = 16 << 20
"""Bytes between two looks at the free space."""
MOST = 64 << 30
"""Bytes of a file: no archive is so large, and a server may send without end."""
LONGEST = 1000
"""Characters of a header that is kept, and of an address."""
SHOWN = 200
"""Characters of a server's words in a message."""
TRANSIENT = frozenset({408, 416, 429, 500, 502, 503, 504})

OnBytes = Callable[[int, "int | None"], None]
"""Called with the number of bytes received so far and the total, None if unknown."""


@dataclass(frozen=True)
class Remote:
    """The file on the server, as it was when its download began."""

    url: str
    total: int | None = None
    etag: str | None = None
    modified: str | None = None

    @property
    def validator(self) -> str | None:
        """The value for the header If-Range: the ETag unless it is weak, else the date of the last change."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified

    @property
    def resumable(self) -> bool:
        """Whether a part can be told from a part of another version."""
        return self.validator is not None

    def agrees(self, other: Remote) -> bool:
        """Whether an answer is of the same file: nothing that is known of both differs, and an ETag that was given is
        given again.
        """
        if self.etag and not other.etag:
            return False
        pairs = ((self.total, other.total), (self.etag, other.etag), (self.modified, other.modified))
        return all(a is None or b is None or a == b for a, b in pairs)


def part_of(file: Path) -> Path:
    """The path of an unfinished download of ``file``."""
    return file.with_name(f"{file.name}.part")


def forget(file: Path) -> None:
    """Removes an unfinished download of ``file``."""
    part_of(file).unlink(missing_ok=True)
    _note_of(file).unlink(missing_ok=True)


def download(url: str, file: Path, on_bytes: OnBytes = lambda *_: None, room: float = 0.0) -> Path:
    """Downloads ``url`` and returns the finished ``.part`` of ``file``, for the caller to check and to rename.

    ``room``: free space needed afterwards, as a multiple of the file's size. DownloadError says what went wrong and
    what to do, UsageError that ``url`` is no address.
    """
    _check_address(url)
    most = _size(part_of(file))
    reached, failures = False, 0
    while True:
        try:
            _attempt(url, file, on_bytes, room)
            return part_of(file)
        except urllib.error.HTTPError as error:
            error.close()
            reached, reason = True, f"the server answered {error.code} {plain(error.reason)}"
            if error.code not in TRANSIENT:
                raise DownloadError(f"{url} cannot be downloaded: {reason}; give another address with --url") from None
            if error.code == 416:  # not this file's bytes: begin again
                forget(file)
        except (OSError, http.client.HTTPException, ValueError) as error:  # a redirect to nonsense is a ValueError
            cause = error.reason if isinstance(error, urllib.error.URLError) else error
            reason = plain(cause) or type(cause).__name__
            if not isinstance(error, OSError | http.client.IncompleteRead):
                raise DownloadError(
                    f"{url} cannot be downloaded: the server's answer makes no sense ({reason}); give another address "
                    "with --url"
                ) from None
            reached = reached or not isinstance(error, urllib.error.URLError)
            if not reached:  # nobody has ever answered: waiting will not help
                raise DownloadError(
                    f"{urlsplit(url).netloc} cannot be reached ({reason}); check the network, or give another address "
                    "with --url"
                ) from None
        got = _size(part_of(file))
        failures = 1 if got >= most + LEAST else failures + 1
        most = got if failures == 1 else most
        if failures >= ATTEMPTS:
            raise DownloadError(
                f"{url} broke off after {got:,} bytes ({reason}); they are kept, run the same command again to go on"
            )
        pause(min(30.0, WAIT * 2 ** (failures - 1)))


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and url.isascii()
    except ValueError:  # a port that is no number, brackets that do not match
        good = False
    if not good or re.search(r"[\s\x00-\x1f]", url):
        raise UsageError(f"{url!r} is not an address to download from; it must look like https://host/file.tar")


def _attempt(url: str, file: Path, on_bytes: OnBytes, room: float) -> None:
    part, known = part_of(file), _read_note(file)
    finished = known is not None and known.url == url and _size(part) == known.total
    if known is None or known.url != url or not (known.resumable or finished):
        forget(file)
        known = None
    have = _size(part)
    if finished:
        return
    headers = {"User-Agent": "jahs-harness", "Accept-Encoding": "identity"}
    if known is not None and have:
        headers["Range"] = f"bytes={have}-"
        if known.validator:
            headers["If-Range"] = known.validator
    request = urllib.request.Request(url, headers=headers)
    with Patience(url) as patience:
        opener = urllib.request.build_opener(_Redirects, *patience.handlers())
        with opener.open(request, timeout=TIMEOUT) as response:
            start, total = _extent(response)
            remote = Remote(url, total, *(_kept(response.headers[name]) for name in ("ETag", "Last-Modified")))
            if start and (start != have or known is None or not known.agrees(remote)):
                forget(file)
                raise ConnectionError("the file changed while it was being downloaded")
            if start and known is not None and total is None:
                total = known.total
            if not start:
                forget(file)
                write_text(_note_of(file), json.dumps(asdict(remote)), durable=False)
            _check_space(part, ((total or 0) - start) + room * (total or 0))
            got = _receive(response, part, start, total, on_bytes, room, patience)
    if total is not None and got != total:
        if got > total:
            forget(file)
        raise ConnectionError(f"the connection closed at {got:,} of {total:,} bytes")


def _receive(
    response: http.client.HTTPResponse, part: Path, start: int, total: int | None, on_bytes: OnBytes, room: float,
    patience: Patience,
) -> int:  # fmt: skip
    """Appends the body to the part; returns the bytes that the part has then."""
    got = looked = start
    with part.open("ab" if start else "wb") as out:
        on_bytes(got, total)
        while piece := response.read1(CHUNK):
            _write(out.write, piece, part)
            got += len(piece)
            patience.got += len(piece)
            if total is None and got - looked >= LOOK:
                looked = got
                out.flush()
                _check_space(part, room * got)
            if got > MOST:
                raise DownloadError(
                    f"{response.url} has more than {MOST:,} bytes, which no archive has; check the address"
                )
            on_bytes(got, total)
    return got


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to HTTP alone, and from HTTPS to HTTPS alone: others are no way to the same file."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:  # fmt: skip
        """The next request, or DownloadError."""
        scheme = urlsplit(newurl).scheme.lower()
        if scheme not in ("http", "https") or (req.type == "https" and scheme != "https"):
            raise DownloadError(
                f"{req.full_url} leads to {plain(newurl)}, which is no address like https://host/file.tar; give "
                "another address with --url"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _extent(response: http.client.HTTPResponse) -> tuple[int, int | None]:
    """The offset of a response's first byte in the file, and the file's size if known."""
    if response.status == 206:
        found = re.fullmatch(
            r"bytes ([0-9]{1,15})-[0-9]{1,15}/([0-9]{1,15}|\*)", response.headers.get("Content-Range", "").strip()
        )
        if not found:
            raise http.client.HTTPException("the server answered 206 without a Content-Range")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = response.headers.get("Content-Length", "")
    if not re.fullmatch(r"[0-9]{1,15}", length):
        return 0, None
    if int(length) > MOST:
        raise DownloadError(f"the server announces {int(length):,} bytes, which no archive has; check the address")
    return 0, int(length)


def plain(text: object) -> str:
    """What a server said, in one short line without control characters: it must not move a terminal's cursor."""
    line = " ".join(str(text)[: 10 * SHOWN].split())[:SHOWN]
    return line if line.isprintable() else "".join(c if c.isprintable() else "?" for c in line)


def _kept(header: str | None) -> str | None:
    """A validator that can be sent back as it is, else None."""
    whole = header is not None and len(header) <= LONGEST and header.isascii() and header.isprintable()
    return header if whole else None


def _write(write: Callable[[bytes], object], piece: bytes, part: Path) -> None:
    try:
        write(piece)
    except OSError as error:
        raise DownloadError(f"{part} cannot be written ({error.strerror}); what arrived is kept") from None


def _check_space(part: Path, needed: float) -> None:
    free = shutil.disk_usage(part.parent).free
    if needed + RESERVE > free:
        raise DownloadError(
            f"{part.parent} has {free / 1e6:,.0f} MB free where {(needed + RESERVE) / 1e6:,.0f} MB are needed; "
            "free some, or set HARNESS_DATA to a folder on another disk"
        )


def _note_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.part.json")


def _read_note(file: Path) -> Remote | None:
    try:
        note = Remote(**read_json(_note_of(file)))
        texts = (note.url, note.etag or "", note.modified or "")
        if not all(isinstance(text, str) for text in texts) or not isinstance(note.total, int | None):
            raise TypeError("a note of another kind")
        return note
    except (OSError, ValueError, TypeError, OverBudget):
        return None  # without its note a part cannot be trusted; it is downloaded anew


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
