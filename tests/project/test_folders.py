"""The folders of the tests: none hides a package under test, and no two files of tests have the same name."""

from __future__ import annotations

from collections import Counter

from support.paths import ROOT, TESTS

PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")}


def test_no_folder_has_the_name_of_a_package() -> None:
    """``tests`` is on the path of imports: there, it would be found before the package of an editable install."""
    assert {"harness", "optimizers", "protocols"} <= PACKAGES
    assert not PACKAGES & {folder.name for folder in TESTS.iterdir() if folder.is_dir()}


def test_every_file_of_tests_has_a_name_of_its_own() -> None:
    """The folders are no packages, so pytest imports every file by its bare name."""
    names = Counter(file.name for file in TESTS.rglob("test_*.py"))
    assert [name for name, times in names.items() if times > 1] == []
