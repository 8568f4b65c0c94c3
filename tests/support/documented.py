"""The blocks of code on a page of documentation, and what it takes to run them as the stories that they tell.

A page is one story: its blocks run in order, in one folder, and Python blocks share their names. TOML with a title is a
file. A block under

    <!-- not run: REASON -->          is checked to be commands that exist with options that exist
    <!-- tested with: OPTIONS -->     is run with these options added, which make it smaller
    <!-- needs: FILE -->              has this file of the reference data beside it, without them it is not run

Lines of output below a command must come out in this order, with others between them or not; ``…`` stands for anything.
What a Python block prints must be all of the ``text`` block right below it, where there is one.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from harness.cli import COMMANDS, group, main
from support.paths import SHARED

FENCE = re.compile(r'^```(?P<kind>\w+)(?: title="(?P<title>[^"]+)")?$')
COMMENT = re.compile(r"^<!-- (?P<what>not run|tested with|needs): (?P<text>.+) -->$")
REFERENCE = SHARED / "data"
RULE = re.compile(r"^[\s─━-]*$")


@dataclass(frozen=True)
class Block:
    """Code on a page; ``comments`` are the remarks for the test right above it, ``output`` what it says it prints."""

    page: Path
    line: int
    kind: str
    title: str | None
    text: str
    comments: dict[str, str] = field(default_factory=dict)
    output: str | None = None

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


@dataclass(frozen=True)
class Step:
    """A command as it is typed, and the lines that are shown below it."""

    command: str
    shown: list[str]

    def calls(self) -> Iterator[list[str]]:
        """The commands joined by ``&&``, as words."""
        words: list[str] = []
        for word in shlex.split(self.command.replace("\\\n", " "), comments=True):
            if word == "&&":
                yield words
                words = []
            else:
                words.append(word)
        if words:
            yield words


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page."""
    found: list[Block] = []
    comments: dict[str, str] = {}
    lines = page.read_text(encoding="utf-8").splitlines()
    at, last_end = 0, -1
    while at < len(lines):
        fence, comment = FENCE.match(lines[at]), COMMENT.match(lines[at])
        if comment:
            comments[comment["what"]] = comment["text"]
        elif lines[at] and not fence:
            comments = {}
        if fence:
            end = lines.index("```", at + 1)
            text = "\n".join(lines[at + 1 : end])
            if fence["kind"] == "text" and found and found[-1].kind == "python" and not any(lines[last_end + 1 : at]):
                last = found.pop()
                found.append(Block(last.page, last.line, last.kind, last.title, last.text, last.comments, text))
            else:
                found.append(Block(page, at + 1, fence["kind"], fence["title"], text, comments))
            comments, at, last_end = {}, end, end
        at += 1
    return found


def steps(block: Block) -> list[Step]:
    """The commands of a ``sh`` or ``console`` block."""
    prompt = "$ " if block.kind == "console" else ""
    found: list[Step] = []
    lines = block.text.splitlines()
    while lines:
        line = lines.pop(0)
        if not line.startswith(prompt) or not line.strip():
            if found:
                found[-1].shown.append(line)
            continue
        command = line.removeprefix(prompt)
        while command.endswith("\\") or not closed(command):
            command += "\n" + lines.pop(0)
        found.append(Step(command, []))
    return [step for step in found if list(step.calls())]


def closed(command: str) -> bool:
    """Whether every quotation has ended."""
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return True


def check_exists(words: Sequence[str]) -> None:
    """AssertionError if the words are no command of the harness with options that it has."""
    command: click.Command = group
    context = click.Context(group, info_name="harness")
    rest = list(words[1:])
    while isinstance(command, click.Group):
        name = rest.pop(0)
        below = command.get_command(context, name)
        assert below is not None, f"{context.command_path} has no command {name}"
        command, context = below, click.Context(below, info_name=name, parent=context)
    try:
        command.make_context(words[1], rest, parent=context.parent)
    except click.BadParameter as error:
        if "does not exist" not in error.format_message():  # a path on the page need not be here
            raise AssertionError(f"{shlex.join(words)}: {error.format_message()}") from error
    except click.UsageError as error:
        raise AssertionError(f"{shlex.join(words)}: {error.format_message()}") from error


def run_harness(words: Sequence[str]) -> tuple[int, str]:
    """The exit code of ``harness ...`` and everything it prints, in this process."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            main(list(words[1:]))
        except SystemExit as end:
            return int(end.code or 0), printed.getvalue()
    return 0, printed.getvalue()


def run_python(block: Block, names: dict[str, Any]) -> str:
    """Runs the block, as a file if it has a title; what it prints. A traceback has the lines of the page."""
    if block.title is not None:
        Path(block.title).write_text(block.text + "\n", encoding="utf-8")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile("\n" * block.line + block.text, str(block.page), "exec"), names)
    return printed.getvalue()


def told(text: str) -> list[str]:
    """Lines with single spaces, without empty ones and rules."""
    return [" ".join(line.split()) for line in text.splitlines() if not RULE.match(line)]


def like(shown: str, line: str) -> bool:
    """Whether a printed line is what the page shows."""
    return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), line) is not None


def missing(shown: Sequence[str], printed: str) -> str | None:
    """The first line shown that was not printed, in the order shown."""
    lines = iter(told(printed))
    return next((line for line in told("\n".join(shown)) if not any(like(line, other) for other in lines)), None)


def prepared(block: Block) -> Block:
    """The block, with the file that it needs put into the folder; one that is not to be run if there is none."""
    if "needs" not in block.comments:
        return block
    source = REFERENCE / block.comments["needs"]
    if not source.is_file():
        return replace(block, comments={"not run": f"{source} is not there"})
    shutil.copy(source, source.name)
    return block


def play(block: Block, names: dict[str, Any]) -> None:
    """Runs a block. AssertionError says what is not as the page has it."""
    block = prepared(block)
    if block.kind == "toml":
        if block.title is not None:
            Path(block.title).write_text(block.text + "\n", encoding="utf-8")
        return
    if block.kind == "python":
        if "not run" in block.comments:
            compile(block.text, str(block), "exec")
            return
        printed = run_python(block, names)
        if block.output is not None:
            shown, lines = told(block.output), told(printed)
            same = len(shown) == len(lines) and all(map(like, shown, lines))
            assert same, f"{block} shows\n{block.output}\nbut prints\n{printed}"
        return
    options = shlex.split(block.comments.get("tested with", ""))
    for step in steps(block):
        for words in step.calls():
            if "not run" in block.comments:
                if words[0] == "harness":
                    check_exists(words)
                continue
            assert words[0] == "harness", f"{block}: {words[0]} is not run, and there is no comment that says why"
            assert words[1] in COMMANDS, f"{block}: there is no command {words[1]}"
            code, printed = run_harness([*words, *options])
            assert code == 0, f"{block}: {shlex.join(words)} ends with {code}:\n{printed}"
            lost = missing(step.shown, printed)
            assert lost is None, f"{block}: {shlex.join(words)} does not print\n{lost}\nbut\n{printed}"
