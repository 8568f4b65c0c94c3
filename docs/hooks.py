"""Hooks of the documentation site (mkdocs.yml): what is written elsewhere already is taken from there.

The page of rules is the file that the rules are in, and the command line's page is what ``--help`` says.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from mkdocs.structure.files import File, Files

from harness.cli import group

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "protocols" / "README.md"
REPOSITORY_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://|#)[^)]+\)")
"""A link to a file of the repository, which the site does not have."""
COMMANDS = "<!-- commands -->"
"""Where ``commands.md`` gets its sections."""


def on_files(files: Files, config: Any) -> Files:
    """Adds ``rules.md``; its links to files of the repository become their plain names."""
    text = RULES.read_text(encoding="utf-8")
    files.append(File.generated(config, "rules.md", content=REPOSITORY_LINK.sub(r"\1", text)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Puts a section for each command where the page asks for them."""
    if COMMANDS in markdown:
        root = click.Context(group, info_name="harness")
        lines = [line for name in group.list_commands(root) for line in sections(group, root, name)]
        markdown = markdown.replace(COMMANDS, "\n".join(lines))
    return markdown


def sections(parent: click.Group, above: click.Context, name: str, level: int = 2) -> Iterator[str]:
    """Lines of Markdown about a command and the commands below it."""
    command = parent.get_command(above, name)
    if command is None:
        raise LookupError(f"{above.command_path} lists {name}, but does not have it")
    context = click.Context(command, info_name=name, parent=above, help_option_names=["--help"])
    yield f"{'#' * level} {context.command_path}\n"
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield f"{escaped(' '.join(paragraph.split()))}\n"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            yield from sections(command, context, child, level + 1)
        return
    yield f"```text\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    rows = [record for record in (option.get_help_record(context) for option in options) if record is not None]
    if rows:
        yield "| option | meaning |\n| --- | --- |"
        yield from (f"| `{option}` | {escaped(text)} |" for option, text in rows)
        yield ""


def escaped(text: str) -> str:
    """The text with nothing in it that means something in Markdown."""
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))
