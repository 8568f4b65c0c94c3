"""The documentation is true: its commands run, its examples print what it shows, its links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

import harness
from harness.cli import COMMANDS, group
from support.commands import child_environment
from support.documented import Block, blocks, check_exists, missing, play, steps
from support.paths import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
README = ROOT / "README.md"
RUNNABLE = ("sh", "console", "python", "toml")
GENERATED = {"rules.md": ROOT / "protocols" / "README.md"}
"""Pages that docs/hooks.py makes, and of what."""

NOT_RUN_IN_README = {
    "pip install . &&": ".ci/run does, in a fresh environment",
    "pip install -e": "installs packages and runs these tests",
}
"""How a block begins -> why it is only checked to exist. The README is a front page and has no comments for a test."""


@pytest.fixture
def story(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An empty folder to be in, another one for imported sets, and the names that the Python blocks of a page share."""
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path_factory.mktemp("data")))
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setenv("PYTHONPATH", child_environment()["PYTHONPATH"])
    monkeypatch.chdir(tmp_path)
    return {"__name__": "page"}


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_is_what_happens(page: Path, story: dict[str, Any]) -> None:
    for block in blocks(page):
        if block.kind in RUNNABLE:
            play(block, story)


@pytest.mark.slow
def test_what_the_readme_shows_is_what_happens(story: dict[str, Any]) -> None:
    for block in blocks(README):
        named = re.match(r"# (\w+\.py)\n", block.text)
        if named:
            block = replace(block, title=named[1])
        begins = block.text.removeprefix("$ ")
        reason = next((why for start, why in NOT_RUN_IN_README.items() if begins.startswith(start)), None)
        if reason is not None:
            block = replace(block, comments={"not run": reason})
        if block.kind in RUNNABLE:
            play(block, story)


def test_the_readme_is_short() -> None:
    """A newcomer reads it in ten minutes; everything else has a page in docs/."""
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


def test_every_link_of_the_readme_leads_to_a_file() -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", README.read_text(encoding="utf-8"))
    local = [target.partition("#")[0] for target in targets if not re.match(r"https?://", target)]
    assert [target for target in local if not (ROOT / target).is_file()] == []


def test_every_exception_for_the_readme_is_used() -> None:
    texts = [block.text.removeprefix("$ ") for block in blocks(README)]
    assert all(any(text.startswith(start) for text in texts) for start in NOT_RUN_IN_README)


def test_a_page_shows_every_command() -> None:
    found = [b for page in [*PAGES, README] for b in blocks(page) if b.kind in ("sh", "console")]
    shown = {words[1] for block in found for step in steps(block) for words in step.calls() if words[0] == "harness"}
    assert set(COMMANDS) <= shown


def slug(heading: str) -> str:
    """The anchor of a heading, as Python-Markdown makes it."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading.replace("`", "")).strip().lower())


def text_of(name: str) -> str:
    """The source of a page, without its code."""
    source = GENERATED.get(name, DOCS / name).read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```$", "", source, flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> Iterator[str]:
    yield from re.findall(r"\]\(([^)\s]+)\)", text_of(page.name))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"https?://", link):
            continue
        name, _, anchor = link.partition("#")
        name = name or page.name
        assert name in GENERATED or (DOCS / name).is_file(), link
        if anchor:
            source = text_of(name)
            headings = {slug(heading) for heading in re.findall(r"^#+ (.+)$", source, flags=re.MULTILINE)}
            assert anchor in headings or f"::: {anchor}\n" in source, link


def test_the_python_page_has_every_public_name() -> None:
    documented = set(re.findall(r"^::: (\S+)$", text_of("python.md"), flags=re.MULTILINE))
    assert {f"harness.{name}" for name in harness.__all__} <= documented


def test_what_pages_are_made_of_lies_in_the_repository() -> None:
    """No address of a machine or of a person's folder."""
    for page in PAGES:
        assert not re.search(r"(?<![\w.])/(?:home|tmp|work|root|Users)/", page.read_text(encoding="utf-8")), page


class TestTheTestItself:
    """It would notice."""

    def page(self, tmp_path: Path, text: str) -> list[Block]:
        (tmp_path / "page.md").write_text(text, encoding="utf-8")
        return blocks(tmp_path / "page.md")

    def test_a_command_that_does_not_exist(self, tmp_path: Path) -> None:
        (block,) = self.page(tmp_path, "<!-- not run: long -->\n```console\n$ harness rnu --task cifar10\n```\n")
        with pytest.raises(AssertionError, match="rnu"):
            play(block, {})

    def test_an_option_that_does_not_exist(self) -> None:
        with pytest.raises(AssertionError, match="--tsak"):
            check_exists(["harness", "run", "--tsak", "cifar10"])

    def test_a_command_of_another_kind_without_a_reason(self, tmp_path: Path) -> None:
        (block,) = self.page(tmp_path, "```sh\nrm -r results\n```\n")
        with pytest.raises(AssertionError, match="no comment"):
            play(block, {})

    def test_a_comment_belongs_to_the_block_below_it(self, tmp_path: Path) -> None:
        one, two = self.page(tmp_path, "<!-- not run: why -->\n```sh\na\n```\nand\n\n```sh\nb\n```\n")
        assert (one.comments, two.comments) == ({"not run": "why"}, {})

    def test_lines_that_are_not_printed(self) -> None:
        assert missing(["a  …  c", "d"], "a b c\n\n x \n d") is None
        assert missing(["d", "a … c"], "a b c\nd\n") == "a … c"

    def test_a_number_that_is_not_printed(self, tmp_path: Path) -> None:
        (block,) = self.page(tmp_path, "```python\nprint(1.5)\n```\n\n```text\n1.6\n```\n")
        with pytest.raises(AssertionError, match=r"shows\n1.6"):
            play(block, {})

    def test_commands_are_read_as_a_shell_would(self, tmp_path: Path) -> None:
        (block,) = self.page(tmp_path, "```console\n$ a 'b\nc' \\\n    d && e  # f\ng\n```\n")
        (step,) = steps(block)
        assert (list(step.calls()), step.shown) == ([["a", "b\nc", "d"], ["e"]], ["g"])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for module in ("mkdocs", "material", "mkdocstrings_handlers"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed: pip install '.[docs]'")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    environment = child_environment({"NO_MKDOCS_2_WARNING": "1"})
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return out


def test_the_site_is_built_without_a_warning(built: Path) -> None:
    names = {page.stem for page in PAGES} | {Path(name).stem for name in GENERATED}
    assert {page.parent.name for page in built.glob("*/index.html")} >= names - {"index"}


def test_the_site_asks_no_other_host_for_anything(built: Path) -> None:
    for page in built.rglob("*.html"):
        loads = re.findall(r"<(?:script|img|iframe)[^>]*\ssrc=\"?([^\s\">]+)", page.read_text(encoding="utf-8"))
        loads += re.findall(r"<link[^>]*\shref=\"?([^\s\">]+)", page.read_text(encoding="utf-8"))
        assert not [address for address in loads if re.match(r"(?:https?:)?//", address)], page
    for style in built.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", style.read_text(encoding="utf-8")), style


def test_the_site_has_every_command_with_its_options(built: Path) -> None:
    page = (built / "commands" / "index.html").read_text(encoding="utf-8")
    context = click.Context(group, info_name="harness")
    for name in COMMANDS:
        assert f"harness {name}<" in page
        command = group.get_command(context, name)
        assert command is not None
        options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
        assert all(option.opts[0] in page for option in options), name


def test_the_site_has_the_docstrings(built: Path) -> None:
    page = (built / "python" / "index.html").read_text(encoding="utf-8")
    for name in harness.__all__:
        assert re.search(rf"id=\"?harness\.{name}[\s\">]", page), name
