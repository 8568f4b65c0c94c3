"""Fetches a published archive of surrogates: download, check, unpack; an interrupted fetch goes on where it was.

``<data directory>/downloads`` holds ``<name>.tar`` (the archive, if kept), ``<name>.tar.part`` (an unfinished download)
and ``downloads.json``, which records the SHA-256 of each archive on first use; from then on no other is accepted.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from harness.base.documents import read_json
from harness.base.files import move, write_text
from harness.errors import HarnessError, ImportRefused, OverBudget, UsageError
from harness.sources.foreign.errors import DamagedFile, HostilePickle
from harness.sources.obtain.archive import Archive, downloads_directory
from harness.sources.obtain.download import OnBytes, download, forget, part_of
from harness.sources.obtain.patience import DownloadError
from harness.sources.obtain.unpack import about_archive, unpack

RECORD = "downloads.json"
ROOM = 2.0
"""Unpacking an archive and importing it take up to its own size each."""


class ChecksumError(HarnessError):
    """An archive whose SHA-256 is not the one that was given or recorded."""


@contextmanager
def fetched(
    archive: Archive,
    *,
    url: str | None = None,
    sha256: str | None = None,
    accept_new: bool = False,
    on_bytes: OnBytes = lambda *_: None,
    on_note: Callable[[str], None] = lambda _: None,
) -> Iterator[Path]:
    """Downloads an archive, if it is not here, and gives a temporary folder with its members to a ``with`` block.

    A single file is given as it is. From the published address, the archive must have the checksum that its publisher
    states. If the block succeeds, the archive's checksum is recorded. If the block finds the contents damaged or
    hostile, the archive is removed, so that the next fetch downloads it again. Otherwise the archive is kept until
    ``discard``.
    """
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise UsageError(f"--sha256 {sha256} is no SHA-256; it has 64 hexadecimal digits")
    folder = downloads_directory()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(f"{folder} cannot be made ({error.strerror}); set HARNESS_DATA to another folder") from None
    with _alone(folder / f".{archive.name}.lock", archive.name):
        recorded = recorded_checksums().get(archive.name, {}).get("sha256")
        file = archive.file
        if file.exists():
            on_note(f"using the archive already downloaded: {file}")
        else:
            here = part_of(file).stat().st_size if part_of(file).exists() else 0
            already = f" ({here / 1e6:,.1f} MB are here already)" if here else ""
            on_note(f"downloading {archive.address(url)}{already}")
            file = download(archive.address(url), file, on_bytes, ROOM)
        digest = sha256_of(file)
        _check(archive, file, digest, None if sha256 is None else sha256.lower(), None if accept_new else recorded)
        if archive.sha256 and digest not in (archive.sha256, recorded) and sha256 is None and not accept_new:
            if archive.address(url) == archive.url:
                raise _not_as_stated(archive, digest)
            on_note(f"this is another file than the published one, whose SHA-256 is {archive.sha256}")
        if file != archive.file:
            move(file, archive.file)
            forget(archive.file)
        work = folder / f".{archive.name}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            others = [] if archive.single else unpack(archive.file, work, archive.members)
            if others:
                more = f" and {len(others) - 3} more" if len(others) > 3 else ""
                on_note(f"left in the archive, not expected: {', '.join(map(repr, others[:3]))}{more}")
            yield archive.file if archive.single else work
        except ImportRefused as error:
            told = about_archive(error, work, archive.file)
            # Only an intact archive whose models this version cannot use is worth keeping.
            if archive.single or type(error) is ImportRefused or isinstance(error, DamagedFile | HostilePickle):
                discard(archive)
                told = type(error)(f"{told} (the archive was deleted)")
            raise told from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
        _record(archive, archive.address(url), digest)


def discard(archive: Archive) -> int:
    """Removes the archive and an unfinished download of it; returns the bytes freed."""
    freed = sum(f.stat().st_size for f in (archive.file, part_of(archive.file)) if f.exists())
    archive.file.unlink(missing_ok=True)
    forget(archive.file)
    return freed


def recorded_checksums() -> dict[str, dict[str, Any]]:
    """Name of an archive -> ``{"sha256", "size", "url"}``."""
    path = downloads_directory() / RECORD
    try:
        found: dict[str, dict[str, Any]] = read_json(path)
        if not all(isinstance(entry["sha256"], str) for entry in found.values()):
            raise ValueError("an entry has no SHA-256")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, OverBudget) as error:
        raise DownloadError(f"{path} cannot be read ({error}); delete it to record checksums anew") from None
    return found


def sha256_of(file: Path) -> str:
    """SHA-256 (hex) of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _check(archive: Archive, file: Path, digest: str, given: str | None, recorded: str | None) -> None:
    if given is not None and digest != given:
        if digest == recorded:  # the archive is what it always was; the option is wrong
            raise ChecksumError(f"{file} has the SHA-256 recorded on first use, {digest}, not {given}; check --sha256")
        discard(archive)
        raise ChecksumError(
            f"the archive of {archive.name} has SHA-256 {digest}, not {given}; it was deleted: check the address and "
            "--sha256"
        )
    if given is None and recorded is not None and digest != recorded:
        discard(archive)
        raise ChecksumError(
            f"the archive of {archive.name} has SHA-256 {digest}, not {recorded} as recorded on first use; it was "
            "deleted: fetch again, or with --accept-new if its publisher changed it"
        )


def _not_as_stated(archive: Archive, digest: str) -> ChecksumError:
    discard(archive)
    return ChecksumError(
        f"the archive of {archive.name} has SHA-256 {digest}, not {archive.sha256} as its publisher states; it was "
        "deleted: fetch again, or with --accept-new if its publisher changed it"
    )


def _record(archive: Archive, url: str, digest: str) -> None:
    path = downloads_directory() / RECORD
    entry = {"sha256": digest, "size": archive.file.stat().st_size, "url": url}
    known = recorded_checksums()
    if known.get(archive.name, {}).get("sha256") == digest:
        return
    write_text(path, json.dumps(known | {archive.name: entry}, indent=1, sort_keys=True) + "\n")


@contextmanager
def _alone(lock: Path, name: str) -> Iterator[None]:
    try:
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        raise DownloadError(f"another command is fetching {name} already; wait for it to end") from None
