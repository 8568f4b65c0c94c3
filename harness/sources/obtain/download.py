"""Downloads one file over HTTP so that nothing received is lost.

The bytes received so far lie in ``<file>.part``. ``<file>.part.json`` stores the address, the total size and the
*validator* (ETag or Last-Modified) of the file on the server. A later attempt asks for the rest, provided that the file
is still the same (RFC 9110, ``Range`` and ``If-Range``). If the server cannot send the rest, the download starts over.
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
from urllib.parse import urlsplit

from harness.base.files import write_text
from harness.base.timing import pause
from harness.errors import HarnessError, UsageError

TIMEOUT = 60.0
"""Seconds without a byte after which a connection counts as lost."""
ATTEMPTS = 6
"""Attempts in a row without a new byte after which the download is given up. The bytes received are kept."""
WAIT = 1.0
"""Seconds before the second attempt; doubled each time up to 30."""
CHUNK = 1 << 18
RESERVE = 64 << 20
"""Free space to leave, in bytes."""
TRANSIENT = frozenset({408, 416, 429, 500, 502, 503, 504})

OnBytes = Callable[[int, "int | None"], None]
"""Called with the number of bytes received so far and the total, None if unknown."""


class DownloadError(HarnessError):
    """A file that could not be downloaded. The bytes received are kept."""


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

    def agrees(self, other: Remote) -> bool:
        """Whether both may be the same file: no value known of both differs."""
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
            reached, reason = True, f"the server answered {error.code} {error.reason}"
            if error.code not in TRANSIENT:
                raise DownloadError(f"{url} cannot be downloaded: {reason}; give another address with --url") from None
            if error.code == 416:  # not this file's bytes: begin again
                forget(file)
        except (OSError, http.client.HTTPException) as error:
            cause = error.reason if isinstance(error, urllib.error.URLError) else error
            reason = str(cause) or type(cause).__name__
            reached = reached or not isinstance(error, urllib.error.URLError)
            if not reached:  # nobody has ever answered: waiting will not help
                raise DownloadError(
                    f"{urlsplit(url).netloc} cannot be reached ({reason}); check the network, or give another address "
                    "with --url"
                ) from None
        got = _size(part_of(file))
        failures = 1 if got > most else failures + 1
        most = max(most, got)
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
    if known is None or known.url != url:
        forget(file)
        known = None
    have = _size(part)
    if known is not None and have == known.total:
        return
    headers = {"User-Agent": "jahs-harness", "Accept-Encoding": "identity"}
    if known is not None and have:
        headers["Range"] = f"bytes={have}-"
        if known.validator:
            headers["If-Range"] = known.validator
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT) as response:
        start, total = _extent(response)
        remote = Remote(url, total, response.headers["ETag"], response.headers["Last-Modified"])
        if start and (start != have or known is None or not known.agrees(remote)):
            forget(file)
            raise ConnectionError("the file changed while it was being downloaded")
        if not start:
            forget(file)
            write_text(_note_of(file), json.dumps(asdict(remote)), durable=False)
        _check_space(part, ((total or 0) - start) + room * (total or 0))
        got = start
        with part.open("ab" if start else "wb") as out:
            on_bytes(got, total)
            while piece := response.read1(CHUNK):
                _write(out.write, piece, part)
                got += len(piece)
                on_bytes(got, total)
    if total is not None and got != total:
        if got > total:
            forget(file)
        raise ConnectionError(f"the connection closed at {got:,} of {total:,} bytes")


def _extent(response: http.client.HTTPResponse) -> tuple[int, int | None]:
    """The offset of a response's first byte in the file, and the file's size if known."""
    if response.status == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip())
        if not found:
            raise http.client.HTTPException("the server answered 206 without a Content-Range")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


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
        return Remote(**json.loads(_note_of(file).read_text()))
    except (OSError, ValueError, TypeError):
        return None  # without its note a part cannot be trusted; it is downloaded anew


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
