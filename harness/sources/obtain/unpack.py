"""Takes the expected files out of a tar archive that nobody has checked.

Nothing but regular files with names known beforehand is ever written, so no member can choose its place on the disk. A
member that tries (an absolute path, ``..``, a link, a device) makes the whole archive suspect, and it is refused.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zlib
from collections.abc import Collection
from pathlib import Path, PureWindowsPath
from typing import IO, cast

from harness.base.budget import LIMITS, Budget
from harness.errors import HarnessError, ImportRefused, OverBudget
from harness.sources.foreign.compressed import MAX_BYTES
from harness.sources.foreign.errors import DamagedFile

MAX_MEMBERS = LIMITS["archive"].objects
MAX_READ = 16 << 20
"""tarfile reads contents in small pieces, but a header extension of any claimed size at once."""
GZIP = b"\x1f\x8b"


def unpack(archive: Path, folder: Path, expected: Collection[str]) -> list[str]:
    """Extracts the members of ``archive`` (tar, gzip-compressed or not) named in ``expected`` into ``folder``.

    Returns the names of the others, which are left alone. Raises ImportRefused or DamagedFile naming the archive,
    HarnessError if the disk is full.
    """
    try:
        with archive.open("rb") as raw:
            zipped = raw.read(2) == GZIP
            raw.seek(0)
            budget = LIMITS["archive"].budget(os.fstat(raw.fileno()).st_size)
            timed = _Timed(raw, budget)
            source: IO[bytes] = gzip.GzipFile(fileobj=timed) if zipped else raw  # type: ignore[assignment]
            guarded = _Guarded(source, budget)
            with tarfile.open(fileobj=cast(IO[bytes], guarded), mode="r:") as tar:
                others = _extract(tar, archive, folder, expected)
            # tarfile takes an archive that was cut off between two members for complete; a whole one ends in zeros.
            if guarded.last != bytes(tarfile.BLOCKSIZE):
                raise DamagedFile(f"{archive} is truncated or damaged: it has no end mark; download it again")
            while guarded.read(MAX_READ):  # to the end of the stream, where gzip keeps its checksum
                pass
            return others
    except OverBudget as error:
        raise ImportRefused(f"{archive} is no archive of surrogates: {error}; do not trust it") from None
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        raise DamagedFile(f"{archive} is truncated or damaged ({_first_line(error)}); download it again") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise HarnessError(f"{archive} cannot be unpacked into {folder} ({reason}); check the disk") from None


def about_archive(error: ImportRefused, folder: Path, archive: Path) -> ImportRefused:
    """The same error, naming the archive instead of the temporary folder it was unpacked into."""
    text = str(error).replace(f"{folder}{os.sep}", f"{archive}:").replace(str(folder), str(archive))
    return type(error)(text)


def _extract(tar: tarfile.TarFile, archive: Path, folder: Path, expected: Collection[str]) -> list[str]:
    done: set[str] = set()
    others: list[str] = []
    for number, member in enumerate(tar):
        name = member.name.removeprefix("./")
        _check(member, archive)
        if number >= MAX_MEMBERS:
            raise ImportRefused(f"{archive} holds more than any archive of surrogates; do not trust it")
        if name in done:
            raise ImportRefused(f"{archive} holds {name} twice; do not trust it")
        if not member.isreg() or name not in expected:
            others += [] if member.isdir() else [name]
            continue
        if member.size > shutil.disk_usage(folder).free:
            raise HarnessError(f"{folder} has no room for {name} ({member.size / 1e6:,.0f} MB); free some space")
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        content = tar.extractfile(member)
        assert content is not None  # only None for members that are not regular files
        with content, target.open("xb") as out:
            shutil.copyfileobj(content, out)
        if target.stat().st_size != member.size:
            raise DamagedFile(f"{archive} is truncated inside {name}; download it again")
        done.add(name)
    return others


def _check(member: tarfile.TarInfo, archive: Path) -> None:
    path = PureWindowsPath(member.name)  # stricter: both kinds of slash, and drives
    if path.root or path.drive or ".." in path.parts:
        raise ImportRefused(f"{archive} has a member that points outside it ({member.name!r}); do not trust it")
    if not (member.isreg() or member.isdir()) or member.issparse():
        kind = "link" if member.issym() or member.islnk() else "special file"
        raise ImportRefused(f"{archive} has a {kind} in it ({member.name!r}); do not trust it")
    if not 0 <= member.size <= MAX_BYTES:
        raise ImportRefused(
            f"{archive} has a member of {member.size} bytes ({member.name!r}), which no surrogate is; do not trust it"
        )


class _Timed:
    """A file that looks at the clock whenever it is read: the layer above may read on and on for nothing."""

    def __init__(self, file: IO[bytes], budget: Budget) -> None:
        self._file, self._budget = file, budget

    def read(self, size: int = -1) -> bytes:
        """As the file's own."""
        self._budget.look()
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """As the file's own."""
        return self._file.seek(offset, whence)

    def seekable(self) -> bool:
        """As the file's own."""
        return self._file.seekable()


class _Guarded:
    """A stream that refuses to read more than ``MAX_READ`` bytes at once and remembers what it read last. Every byte of
    it, also one that is passed over, is charged to a budget.
    """

    def __init__(self, stream: IO[bytes], budget: Budget) -> None:
        self._stream, self._budget, self._end = stream, budget, 0
        self.last = b""

    def read(self, size: int = -1) -> bytes:
        """As the stream's own."""
        if not 0 <= size <= MAX_READ:
            raise ValueError(f"a header claims {size} bytes")
        self.last = self._stream.read(size)
        self._account()
        return self.last

    def seek(self, offset: int, whence: int = 0) -> int:
        """As the stream's own."""
        at = self._stream.tell()
        if whence == os.SEEK_SET and offset > at:  # in steps: what is passed over must be unpacked, too
            for step in range(at + MAX_READ, offset, MAX_READ):
                self._stream.seek(step)
                self._account()
        found = self._stream.seek(offset, whence)
        self._account()
        return found

    def _account(self) -> None:
        """Charges what was unpacked for the first time."""
        at = self._stream.tell()
        if at > self._end:
            self._budget.charge(at - self._end)
            self._end = at
        self._budget.look()

    def tell(self) -> int:
        """As the stream's own."""
        return self._stream.tell()


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
