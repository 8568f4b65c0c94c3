"""Downloads that break off, archives that lie: told against a server in this process, on the loopback interface."""

from __future__ import annotations

import hashlib
import re
import shutil
import tarfile
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import registry
from harness.cli import fail
from harness.cli.common import note
from harness.errors import HarnessError, ImportRefused, UsageError
from harness.sources.foreign.errors import DamagedFile
from harness.sources.obtain import download as downloading
from harness.sources.obtain import patience
from harness.sources.obtain.archive import Archive
from harness.sources.obtain.download import download, part_of
from harness.sources.obtain.fetch import ChecksumError, discard, fetched, recorded_checksums
from harness.sources.obtain.patience import DownloadError
from harness.sources.obtain.unpack import unpack
from support.serving import DATA, Site, answering, make_tar, sha


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


# The download ------------------------------------------------------------------------------------------------------


def test_a_whole_download_tells_its_progress(site: Site, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    part = download(site.url, tmp_path / "a.tar", lambda *now: told.append(now))
    assert part.read_bytes() == DATA
    assert told[0] == (0, len(DATA))
    assert told[-1] == (len(DATA), len(DATA))


@pytest.mark.parametrize(
    ("etag", "modified", "condition"),
    [
        ('"one"', None, '"one"'),
        (None, "Tue, 01 Nov 2022 00:00:00 GMT", "Tue, 01 Nov 2022 00:00:00 GMT"),
        ('W/"weak"', "Tue, 01 Nov 2022 00:00:00 GMT", "Tue, 01 Nov 2022 00:00:00 GMT"),
    ],
)
def test_a_cut_connection_goes_on_where_it_was(
    site: Site, tmp_path: Path, etag: str | None, modified: str | None, condition: str | None
) -> None:
    site.etag, site.modified, site.cuts = etag, modified, [30_000, 20_000]
    assert download(site.url, tmp_path / "a.tar").read_bytes() == DATA
    assert site.asked == [None, "bytes=30000-", "bytes=50000-"]
    assert site.seen[1].get("If-Range") == condition


@pytest.mark.parametrize(("etag", "modified"), [(None, None), ('W/"weak"', None), ('"a\x1bb"', None)])
def test_without_a_strong_etag_or_a_date_a_download_starts_over(
    site: Site, tmp_path: Path, etag: str | None, modified: str | None
) -> None:
    site.etag, site.modified, site.cuts = etag, modified, [30_000]
    assert download(site.url, tmp_path / "a.tar").read_bytes() == DATA
    assert site.asked == [None, None]


def test_a_server_that_ignores_the_condition_cannot_splice_two_versions(site: Site, tmp_path: Path) -> None:
    """It answers with the rest of another version, of the same size and without an ETag."""
    site.cuts, site.lax = [30_000, *[0] * (downloading.ATTEMPTS - 1)], True
    with pytest.raises(DownloadError):
        download(site.url, tmp_path / "a.tar")
    site.body, site.etag = DATA[::-1], None
    assert download(site.url, tmp_path / "a.tar").read_bytes() == site.body


def test_a_body_without_a_length_leaves_the_reserve_of_the_disk(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.unsized, free = True, iter([1 << 30, 1 << 30, 1 << 20])
    monkeypatch.setattr(downloading, "LOOK", 30_000)
    monkeypatch.setattr(downloading, "CHUNK", 10_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=next(free)))
    with pytest.raises(DownloadError, match="MB free where"):
        download(site.url, tmp_path / "a.tar")
    assert part_of(tmp_path / "a.tar").stat().st_size < len(DATA)


@pytest.mark.parametrize("unsized", [True, False])
def test_a_body_without_end_ends(site: Site, tmp_path: Path, unsized: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "MOST", 50_000)
    site.unsized = unsized
    with pytest.raises(DownloadError, match="which no archive has"):
        download(site.url, tmp_path / "a.tar")


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the standard library leaves such connections to the collector
@pytest.mark.parametrize(
    ("begin", "then"),
    [("https", "ftp"), ("http", "ftp"), ("http", "FTP"), ("https", "http"), ("https", "data"), ("http", "file")],
)
def test_redirects_stay_with_http(begin: str, then: str) -> None:
    request = urllib.request.Request(f"{begin}://host/a.tar")
    with pytest.raises(DownloadError, match=f"leads to {then}://host/b.tar, which is no address"):
        downloading._Redirects().redirect_request(request, None, 302, "", {}, f"{then}://host/b.tar")


def test_a_redirect_to_https_is_followed() -> None:
    request = urllib.request.Request("http://host/a.tar")
    followed = downloading._Redirects().redirect_request(request, None, 302, "", {}, "https://host/b.tar")
    assert followed is not None
    assert followed.full_url == "https://host/b.tar"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:nine/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://\x1b[2J/\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: ftp://127.0.0.1:9/a.tar\r\n\r\n",
        b"HTTP/1.1 307 Again\r\nLocation: data:text/plain,a\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n",
        b"HTTP/1.1 404 \x1b]0;owned\x07\x1b[2J\r\n\r\n",
        b"HTTP/1.1 404 " + b"long " * 10_000 + b"\r\n\r\n",
        b"\x1b[2J\x1b[1;1Hall is well\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % at for at in range(200)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\x1b[2J\r\n",
    ],
)
def test_what_a_server_says_is_one_plain_sentence(
    answer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "pause", lambda _: None)
    with answering(answer) as url, pytest.raises(DownloadError) as caught:
        download(url, tmp_path / "a.tar")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600


def test_nothing_that_is_printed_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    note("a\x1b[2Jb\rc")
    fail("a\x9bb\u202ec", 1, False)
    assert capsys.readouterr().err == "harness: a\\x1b[2Jb\\rc\nharness: a\\x9bb\\u202ec\n"


def test_a_later_command_goes_on_where_the_last_one_gave_up(site: Site, tmp_path: Path) -> None:
    site.cuts = [30_000, *[0] * (downloading.ATTEMPTS - 1)]
    with pytest.raises(DownloadError, match=r"broke off after 30,000 bytes .* same command again"):
        download(site.url, tmp_path / "a.tar")
    assert part_of(tmp_path / "a.tar").read_bytes() == DATA[:30_000]
    assert download(site.url, tmp_path / "a.tar").read_bytes() == DATA
    assert site.asked[-1] == "bytes=30000-"


def test_a_finished_part_is_not_downloaded_again(site: Site, tmp_path: Path) -> None:
    download(site.url, tmp_path / "a.tar")
    assert download(site.url, tmp_path / "a.tar").read_bytes() == DATA
    assert len(site.seen) == 1


def test_a_server_without_ranges_starts_over(site: Site, tmp_path: Path) -> None:
    site.ranges, site.cuts = False, [30_000]
    assert download(site.url, tmp_path / "a.tar").read_bytes() == DATA
    assert site.asked == [None, "bytes=30000-"]


@pytest.mark.parametrize("etag", ['"two"', None])
def test_a_file_that_changed_meanwhile_is_never_mixed(site: Site, tmp_path: Path, etag: str | None) -> None:
    site.cuts, site.etag = [30_000, *[0] * (downloading.ATTEMPTS - 1)], etag and '"one"'
    with pytest.raises(DownloadError):
        download(site.url, tmp_path / "a.tar")
    site.body, site.etag = DATA[::-1] + b"longer", etag
    assert download(site.url, tmp_path / "a.tar").read_bytes() == site.body


def test_another_address_is_another_file(site: Site, tmp_path: Path) -> None:
    site.cuts = [30_000, *[0] * (downloading.ATTEMPTS - 1)]
    with pytest.raises(DownloadError):
        download(site.url, tmp_path / "a.tar")
    download(site.url + "?mirror", tmp_path / "a.tar")
    assert site.asked[-1] is None


def test_a_part_longer_than_the_file_is_thrown_away(site: Site, tmp_path: Path) -> None:
    site.cuts = [30_000, *[0] * (downloading.ATTEMPTS - 1)]
    with pytest.raises(DownloadError):
        download(site.url, tmp_path / "a.tar")
    site.body = DATA[:1000]
    assert download(site.url, tmp_path / "a.tar").read_bytes() == DATA[:1000]


def test_a_busy_server_is_asked_again_and_a_missing_file_is_not(site: Site, tmp_path: Path) -> None:
    site.codes = [503, 500]
    assert download(site.url, tmp_path / "a.tar").read_bytes() == DATA
    site.codes = [404]
    with pytest.raises(DownloadError, match=r"404 .*give another address with --url"):
        download(site.url, tmp_path / "b.tar")
    assert len(site.seen) == 4


def test_cuts_without_end_end(site: Site, tmp_path: Path) -> None:
    site.ranges, site.cuts = False, [500, 600] * 20
    with pytest.raises(DownloadError, match="broke off"):
        download(site.url, tmp_path / "a.tar")
    assert len(site.seen) <= 2 + downloading.ATTEMPTS


def test_a_byte_in_each_attempt_is_no_progress(site: Site, tmp_path: Path) -> None:
    site.cuts = [1] * 40
    with pytest.raises(DownloadError, match="broke off"):
        download(site.url, tmp_path / "a.tar")
    assert len(site.seen) == downloading.ATTEMPTS


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "drip"),
    [
        (HEAD + b"Content-Length: 99999\r\n\r\n", b"x"),
        (HEAD + b"\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (HEAD + b"X: ", b"x"),
        (b"HTTP/1.1 ", b"2"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "body without a length", "size of a chunk", "header", "status", "continue"],
)
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(
    answer: bytes, drip: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "STALL", 0.2)
    words = r"given up, because fewer than 65,536 bytes came in 0\.2 seconds"
    with answering(answer, drip) as url, pytest.raises(DownloadError, match=words):
        download(url, tmp_path / "a.tar")


def test_a_part_of_an_untold_whole_is_not_taken_for_the_whole(site: Site, tmp_path: Path) -> None:
    site.cuts, site.vague = [30_000, 20_000], True
    assert download(site.url, tmp_path / "a.tar").read_bytes() == DATA


def test_an_unreachable_server_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:1 cannot be reached .*--url"):
        download("http://127.0.0.1:1/a.tar", tmp_path / "a.tar")


@pytest.mark.parametrize(
    "url", ["", "a.tar", "file:///etc/passwd", "ftp://host/a", "http://", "http://h:x/", "http://[/", "http://h/a b"]
)
def test_what_is_no_address_is_a_usage_error(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not an address"):
        download(url, tmp_path / "a.tar")


def test_a_full_disk_is_noticed_before_the_download(site: Site, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"MB free where .* are needed"):
        download(site.url, tmp_path / "a.tar", room=1e15)
    assert not part_of(tmp_path / "a.tar").exists()


# The archive -------------------------------------------------------------------------------------------------------

GOOD = "assembled_surrogates/cifar10/latency/model.pkl.gz"
ALSO = "assembled_surrogates/cifar10/latency/params.pkl.gz"


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def opened(data: bytes, tmp_path: Path) -> list[str]:
    """Unpacks ``data`` and returns what was left out; the files are under ``tmp_path/out``."""
    archive = tmp_path / "in" / "a.tar"
    archive.parent.mkdir()
    archive.write_bytes(data)
    (tmp_path / "out").mkdir()
    return unpack(archive, tmp_path / "out", {GOOD, ALSO})


def written(tmp_path: Path) -> set[str]:
    """Every file below ``tmp_path`` except the archive itself."""
    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if not p.is_dir() or p.is_symlink()}
    return files - {"in/a.tar"}


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("prefix", ["", "./"])
def test_expected_members_and_no_others_are_written(mode: str, format_: int, prefix: str, tmp_path: Path) -> None:
    data = make_tar(
        special("assembled_surrogates", tarfile.DIRTYPE), (prefix + GOOD, b"model" * 9999), ("README", b"hello"),
        ("assembled_surrogates/cifar10/latency/._model.pkl.gz", b"x"), (prefix + ALSO, b""), mode=mode, format=format_,
    )  # fmt: skip
    assert opened(data, tmp_path) == ["README", "assembled_surrogates/cifar10/latency/._model.pkl.gz"]
    assert written(tmp_path) == {f"out/{GOOD}", f"out/{ALSO}"}
    assert (tmp_path / "out" / GOOD).read_bytes() == b"model" * 9999


HOSTILE: dict[str, list[tarfile.TarInfo | tuple[str, bytes]]] = {
    "absolute": [("/tmp/escape", b"x")],
    "parent": [("../escape", b"x")],
    "parent inside": [("assembled_surrogates/../../escape", b"x")],
    "backslashes": [("..\\escape", b"x")],
    "drive": [("C:\\escape", b"x")],
    "symlink": [special("assembled_surrogates/cifar10", tarfile.SYMTYPE, "/tmp"), (GOOD, b"x")],
    "symlink as a member": [special(GOOD, tarfile.SYMTYPE, "/etc/passwd")],
    "hard link": [special(GOOD, tarfile.LNKTYPE, "/etc/passwd")],
    "device": [special(GOOD, tarfile.CHRTYPE)],
    "pipe": [special("pipe", tarfile.FIFOTYPE)],
    "the same name twice": [(GOOD, b"one"), (GOOD, b"two")],
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_hostile_archive_is_refused_and_writes_nothing_elsewhere(
    members: list[Any], mode: str, tmp_path: Path
) -> None:
    with pytest.raises(ImportRefused, match=r"a\.tar .*do not trust it"):
        opened(make_tar(*members, mode=mode), tmp_path)
    assert written(tmp_path) <= {f"out/{GOOD}"}


def test_a_huge_claimed_size_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo(GOOD)
    info.size = 1 << 60
    with pytest.raises(ImportRefused, match="no surrogate is"):
        opened(info.tobuf(tarfile.GNU_FORMAT) + bytes(10_240), tmp_path)
    assert written(tmp_path) == set()


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_extension_of_huge_claimed_size_is_not_read(kind: bytes, tmp_path: Path) -> None:
    info = special("extension", kind)
    info.size = 1 << 34
    with pytest.raises(DamagedFile, match="a header claims"):
        opened(make_tar((ALSO, b"x"))[:1024] + info.tobuf(tarfile.GNU_FORMAT) + bytes(10_240), tmp_path)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("keep", [0, 1, 100, 512, 700, 1024, 1100, 1536, 2000, 2048, 2500, 2560, 2800, 3072, -1])
def test_a_truncated_archive_is_never_taken_for_complete(mode: str, keep: int, tmp_path: Path) -> None:
    first, second = (hashlib.shake_256(name).digest(1000) for name in (b"first", b"second"))
    whole = make_tar((GOOD, first), (ALSO, second), mode=mode)
    if mode == "w":
        whole = whole[: 6 * 512 + 512]  # up to and with the first block of the end mark
    with pytest.raises(DamagedFile, match=r"a\.tar is truncated"):
        opened(whole[: min(keep, len(whole) - 1)], tmp_path)


def test_garbage_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(DamagedFile, match=r"a\.tar is truncated or damaged"):
        opened(DATA, tmp_path)


# Both --------------------------------------------------------------------------------------------------------------

FIRST, SECOND = make_tar((GOOD, b"first")), make_tar((GOOD, b"other"))


@pytest.fixture
def archive(site: Site, home: Path) -> Archive:  # noqa: ARG001 - where it is kept
    site.body = FIRST
    return Archive("toy-1", site.url, "HARNESS_TOY_URL", frozenset({GOOD, ALSO}))


def read(archive: Archive, use: Callable[[Path], Any] = lambda _: None, **options: Any) -> bytes:
    with fetched(archive, **options) as folder:
        use(folder)
        return (folder / GOOD).read_bytes()


def test_a_fetched_archive_is_recorded_kept_and_used_again(archive: Archive, site: Site) -> None:
    assert read(archive) == b"first"
    assert recorded_checksums() == {"toy-1": {"sha256": sha(FIRST), "size": len(FIRST), "url": site.url}}
    assert read(archive) == b"first"
    assert len(site.seen) == 1
    assert {p.name for p in archive.file.parent.glob("[!.]*")} == {"downloads.json", "toy-1.tar"}
    assert discard(archive) == len(FIRST)
    assert read(archive) == b"first"
    assert len(site.seen) == 2


def test_a_changed_archive_is_refused_until_accepted(archive: Archive, site: Site) -> None:
    read(archive)
    discard(archive)
    site.body = SECOND
    with pytest.raises(ChecksumError, match=f"{sha(SECOND)}, not {sha(FIRST)} as recorded .*--accept-new"):
        read(archive)
    assert not archive.file.exists()
    assert not part_of(archive.file).exists()
    assert read(archive, accept_new=True) == b"other"
    assert recorded_checksums()["toy-1"]["sha256"] == sha(SECOND)
    discard(archive)
    assert read(archive) == b"other"


def test_a_given_checksum_is_enforced_from_the_first_use(archive: Archive) -> None:
    with pytest.raises(ChecksumError, match=f"{sha(FIRST)}, not {'0' * 64}"):
        read(archive, sha256="0" * 64)
    assert recorded_checksums() == {}
    assert not archive.file.exists()
    assert read(archive, sha256=sha(FIRST).upper()) == b"first"
    with pytest.raises(ChecksumError, match="check --sha256"):  # a wrong option costs no download
        read(archive, sha256="0" * 64)
    assert archive.file.exists()
    with pytest.raises(UsageError, match="64 hexadecimal digits"):
        read(archive, sha256="abc")


def test_the_checksum_that_the_publisher_states_is_compared(archive: Archive) -> None:
    stated = replace(archive, sha256=sha(SECOND))
    with pytest.raises(ChecksumError, match=f"{sha(FIRST)}, not {sha(SECOND)} as its publisher states; .*--accept-new"):
        read(stated)
    assert not stated.file.exists()
    assert recorded_checksums() == {}
    assert read(replace(archive, sha256=sha(FIRST))) == b"first"
    discard(archive)
    recorded_checksums_path = archive.file.parent / "downloads.json"
    recorded_checksums_path.unlink()
    assert read(stated, sha256=sha(FIRST)) == b"first"  # whoever gives one knows better
    discard(archive)
    recorded_checksums_path.unlink()
    assert read(stated, accept_new=True) == b"first"
    assert read(stated) == b"first"  # as accepted


def test_another_file_from_another_address_is_noted(archive: Archive, site: Site) -> None:
    notes: list[str] = []
    stated = replace(archive, url="http://127.0.0.1:1/there.tar", sha256=sha(SECOND))
    assert read(stated, url=site.url, on_note=notes.append) == b"first"
    assert f"another file than the published one, whose SHA-256 is {sha(SECOND)}" in notes[-1]


def test_nasbench101_states_its_checksums() -> None:
    stated = {name: archive.sha256 for name, archive in registry.archives().items()}
    assert stated == {
        "jahs-1.1.0": "",
        "nasbench101": "3d64db8180fb1b0207212f9032205064312b6907a3bbc81eabea10db2f5c7e9c",
        "nasbench101-only108": "4c39c3936e36a85269881d659e44e61a245babcb72cb374eacacf75d0e5f4fd1",
    }


def test_the_address_is_the_option_then_the_environment_then_the_published_one(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert archive.address() == archive.url
    monkeypatch.setenv("HARNESS_TOY_URL", "http://mirror/")
    assert archive.address() == "http://mirror/"
    assert archive.address("http://option/") == "http://option/"


@pytest.mark.parametrize("body", [FIRST[:1024], make_tar(*HOSTILE["symlink"]), b"not found"])
def test_a_bad_archive_is_deleted_unrecorded_so_that_the_next_fetch_can_succeed(
    archive: Archive, site: Site, body: bytes
) -> None:
    site.body = body
    with pytest.raises(ImportRefused, match=r"toy-1\.tar .*\(the archive was deleted\)"):
        read(archive)
    assert recorded_checksums() == {}
    site.body, site.etag = FIRST, '"two"'
    assert read(archive) == b"first"


def test_damaged_contents_are_named_inside_the_archive(archive: Archive) -> None:
    def find_damage(folder: Path) -> None:
        raise DamagedFile(f"{folder / GOOD} is truncated")

    with pytest.raises(DamagedFile, match=re.escape(f"{archive.file}:{GOOD} is truncated (the archive was deleted)")):
        read(archive, find_damage)
    assert recorded_checksums() == {}


def test_an_interrupted_import_keeps_the_archive(archive: Archive, site: Site) -> None:
    def interrupt(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(archive, interrupt)
    assert archive.file.exists()
    assert not [p for p in archive.file.parent.iterdir() if p.is_dir()]
    assert read(archive) == b"first"
    assert len(site.seen) == 1


def test_a_full_disk_keeps_the_archive(archive: Archive, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    full = type("Usage", (), {"free": 0})
    with monkeypatch.context() as patch:
        patch.setattr(
            "harness.sources.obtain.download.shutil.disk_usage", lambda _: type("Usage", (), {"free": 1 << 40})
        )
        patch.setattr(
            "harness.sources.obtain.unpack.shutil", type("shutil", (), {"disk_usage": staticmethod(lambda _: full)})
        )
        with pytest.raises(HarnessError, match="has no room for"):
            read(archive)
    assert archive.file.exists()
    assert read(archive) == b"first"
    assert len(site.seen) == 1


def test_a_data_folder_that_cannot_be_made_is_named(archive: Archive, home: Path) -> None:
    home.write_text("a file in the way")
    with pytest.raises(DownloadError, match=r"downloads cannot be made .*HARNESS_DATA"):
        read(archive)


def test_two_fetches_at_once_do_not_meet(archive: Archive) -> None:
    def again(_: Path) -> None:
        read(archive)

    with pytest.raises(DownloadError, match="another command is fetching toy-1"):
        read(archive, again)


@pytest.mark.parametrize("text", ["{", "[]", '{"toy-1": {}}', '{"toy-1": 1}'])
def test_a_damaged_record_is_named_and_not_ignored(archive: Archive, home: Path, text: str) -> None:
    (home / "downloads").mkdir(parents=True)
    (home / "downloads" / "downloads.json").write_text(text)
    with pytest.raises(HarnessError, match=r"downloads\.json cannot be read .*delete it"):
        read(archive)
