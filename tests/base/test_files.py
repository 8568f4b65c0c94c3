"""Files and folders are complete or absent, and one module alone sees to it."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.base import files
from harness.errors import StorageError
from support.paths import ROOT

# One module alone --------------------------------------------------------------------------------------------------

FILES = Path("harness/base/files.py")
RENAMES = {
    "os.rename", "os.renames", "os.replace", "os.link", "shutil.move", "shutil.copyfile", "shutil.copy",
    "shutil.copy2", "shutil.copytree",
}  # fmt: skip
METHODS = {"write_text", "write_bytes", "touch"}
"""Methods of a path that write a file in place."""
EXCEPTIONS = {
    "harness/sources/obtain/download.py": "an unfinished download grows in place, to go on where it broke off",
    "harness/sources/obtain/unpack.py": "the members of an archive go into a scratch folder of the caller",
    "harness/sources/store.py": "the files of a set go into the draft that whole_folder gives",
    "harness/reports/site/folder.py": "copies go into the draft that whole_folder gives",
    "harness/verify/submissions/bundle.py": "copies go into the draft that whole_folder gives",
    "harness/runs/execution/executors/shipping.py": "a method's file goes into a scratch folder",
    "harness/testing/processes.py": "the questions to other processes go into a scratch folder",
    "harness/testing/sources/copying.py": "the questions to another process go into a scratch folder",
    "harness/testing/sandbox.py": "it catches the files that a method under test writes",
}
"""Module -> why it may write a file by itself. Renaming is for nobody else."""
PLAYGROUNDS = {"harness/testing/sandbox.py", "harness/base/leftovers.py"}
"""The first sets where a method's temporary files go, for which it needs ``tempfile``; the second names temporaries."""


def modules() -> list[Path]:
    packages = ("harness", "optimizers", "protocols")
    return sorted(p.relative_to(ROOT) for package in packages for p in (ROOT / package).rglob("*.py"))


def findings(source: str) -> Iterator[tuple[str, str]]:
    """What a module does by itself: ``temporary``, ``rename`` or ``write``, and the text of it."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (("temporary", name) for name in names if name.split(".")[0] == "tempfile")
        yield from (("rename", name) for name in names if name in RENAMES)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith((".tmp", ".new")):
            yield "temporary", node.value
        if isinstance(node, ast.Call):
            yield from called(node)


def called(node: ast.Call) -> Iterator[tuple[str, str]]:
    text = ast.unparse(node.func)
    name = text.rpartition(".")[2]
    method = isinstance(node.func, ast.Attribute)
    if text in RENAMES:
        yield "write" if text.startswith("shutil.copy") else "rename", text
    elif method and (name in ("rename", "replace") and len(node.args) == 1 and not node.keywords):
        yield "rename", ast.unparse(node)  # of a path; a text's ``replace`` has two arguments, a frame's has keywords
    elif method and name in METHODS and text != f"files.{name}":
        yield "write", text
    elif name == "open" and any(mode(argument) for argument in (*node.args, *(k.value for k in node.keywords))):
        yield "write", ast.unparse(node)


def mode(node: ast.expr) -> bool:
    """Whether an argument of ``open`` is a mode that writes."""
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and 0 < len(part.value) <= 3
        and set(part.value) <= set("rwaxbt+") and set(part.value) & set("wax+")
        for part in ast.walk(node)
    )  # fmt: skip


def test_nobody_else_makes_temporaries_or_renames() -> None:
    for module in modules():
        if module == FILES:
            continue
        found = list(findings((ROOT / module).read_text(encoding="utf-8")))
        allowed = {"write"} if module.as_posix() in EXCEPTIONS else set()
        allowed |= {"temporary"} if module.as_posix() in PLAYGROUNDS else set()
        assert not [text for kind, text in found if kind not in allowed], module


def test_every_exception_is_needed() -> None:
    for module in {*EXCEPTIONS, *PLAYGROUNDS}:
        assert list(findings((ROOT / module).read_text(encoding="utf-8"))), module


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("import tempfile", ["temporary"]),
        ("from tempfile import mkdtemp", ["temporary"]),
        ("p = path.with_name(f'.{path.name}.tmp')", ["temporary"]),
        ("os.replace(a, b)", ["rename"]),
        ("from os import replace", ["rename"]),
        ("a.rename(b)", ["rename"]),
        ("a.replace(b)", ["rename"]),
        ("shutil.move(a, b)", ["rename"]),
        ("a.write_text('x')", ["write"]),
        ("open(a, 'wb')", ["write"]),
        ("a.open(mode='x')", ["write"]),
        ("a.open('ab' if b else 'wb')", ["write"]),
        ("open(a)\nopen(a, 'rb')\ntext.replace('a', 'b')\nframe.rename(columns={})\nreplace(a, b=1)", []),
        ("write_text(path, text)", []),
    ],
)
def test_the_rule_sees_what_it_is_about(source: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in findings(source)] == kinds


# A file --------------------------------------------------------------------------------------------------------------


def names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_a_file_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    files.write_text(tmp_path / "a" / "b.txt", "ü\n")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "ü\n".encode()
    assert names(tmp_path) == ["a", "a/b.txt"]


def interrupted(path: Path, durable: bool, error: type[BaseException]) -> None:
    with files.whole_file(path, durable=durable) as file:
        file.write(b"new")
        raise error


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("error", [KeyboardInterrupt, KeyError])
def test_an_interrupted_file_is_as_it_was(tmp_path: Path, durable: bool, error: type[BaseException]) -> None:
    path = tmp_path / "f"
    files.write_bytes(path, b"old")
    with pytest.raises(error):
        interrupted(path, durable, error)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["f"]


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("function", ["os.fsync", "os.replace"])
def test_a_full_disk_is_said_and_nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    monkeypatch.setattr(function, full)
    with pytest.raises(StorageError, match="the disk is full, and nothing half-written is left") as caught:
        files.write_text(tmp_path / "f", "text")
    assert caught.value.reason == "No space left on device"
    assert names(tmp_path) == []


def test_speed_may_go_before_durability(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", full)
    files.write_text(tmp_path / "f", "text", durable=False)
    assert names(tmp_path) == ["f"]


def test_a_place_that_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "f"
    attempts: list[Callable[[], object]] = [
        lambda: files.write_bytes(place, b""),
        lambda: files.whole_folder(place).__enter__(),
        lambda: files.scratch_folder(place).__enter__(),
        lambda: files.scratch_file(place),
        lambda: files.move(tmp_path / "file", place),
        lambda: files.remove_folder(place),
    ]
    for attempt in attempts:
        with pytest.raises(StorageError, match=r"file.f: it cannot be written"):
            attempt()
    assert names(tmp_path) == ["file"]


# A folder ------------------------------------------------------------------------------------------------------------


def fill(path: Path, text: str) -> None:
    with files.whole_folder(path) as draft:
        assert draft.name == path.name
        (draft / text).write_text(text)


def test_a_folder_takes_its_place_and_replaces_what_was_there(tmp_path: Path) -> None:
    fill(tmp_path / "a" / "d", "first")
    assert names(tmp_path) == ["a", "a/d", "a/d/first"]
    fill(tmp_path / "a" / "d", "second")
    assert names(tmp_path) == ["a", "a/d", "a/d/second"]


def test_an_interrupted_folder_is_as_it_was(tmp_path: Path) -> None:
    fill(tmp_path / "d", "first")
    with pytest.raises(IsADirectoryError):
        fill(tmp_path / "d", ".")
    assert names(tmp_path) == ["d", "d/first"]


@pytest.mark.parametrize("failing", [1, 2])
def test_a_folder_that_cannot_be_moved_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    fill(tmp_path / "d", "first")
    rename, calls = os.rename, []

    def fails(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == failing:
            full()
        rename(source, target)

    monkeypatch.setattr(os, "rename", fails)
    with pytest.raises(StorageError, match="the disk is full"):
        fill(tmp_path / "d", "second")
    assert names(tmp_path) == ["d", "d/first"]


def test_errors_inside_a_folder_are_not_the_disks(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), files.whole_folder(tmp_path / "d"):
        raise FileNotFoundError
    assert names(tmp_path) == []


def test_scratch_is_gone_afterwards(tmp_path: Path) -> None:
    with files.scratch_folder(tmp_path / "here") as folder, files.scratch_file(tmp_path) as file:
        assert folder.parent == tmp_path / "here"
        assert folder.name.startswith(".")
        (folder / "f").touch()
        file.write(b"1234")
        assert file.seek(0) == 0
        assert file.read() == b"1234"
    assert names(tmp_path) == ["here"]


def test_moving_and_removing(tmp_path: Path) -> None:
    fill(tmp_path / "d", "f")
    (tmp_path / ".d.removed").mkdir()
    (tmp_path / "g").touch()
    files.move(tmp_path / "d" / "f", tmp_path / "g")
    assert (tmp_path / "g").read_text() == "f"
    files.remove_folder(tmp_path / "d")
    assert names(tmp_path) == ["g"]
