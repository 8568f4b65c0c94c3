"""Words of strangers in what commands print: shown, and without any other effect."""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.table import Table

from harness.cli.common import note, say, told
from harness.cli.console import PlainConsole
from harness.errors import HarnessError
from harness.runs import records
from harness.sources.models.surrogates import SurrogateSet
from support.commands import Answer, in_process
from support.made_records import around, put
from support.paths import ROOT

HOSTILE = "\x1b[2J\x1b]0;owned\x07\r\x9b1A[red]:smile:\u202e"
BOARD = "cifar10/single/bb"


def harmless(text: str) -> bool:
    return all(c.isprintable() or c == "\n" for c in text)


@pytest.fixture
def asked(clockwork: SurrogateSet, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    del clockwork
    return in_process(capsys)


@pytest.fixture
def folder(clockwork: SurrogateSet, tmp_path: Path) -> Path:
    """A record with a hostile setting, whose last seed failed for a hostile reason."""
    path = put(tmp_path, clockwork, BOARD, "mine", [*around(90.0), None], settings={"x": HOSTILE})
    record = records.read(path)
    runs = {s: {**head, "reason": HOSTILE, "traceback": f"{HOSTILE}\n{HOSTILE}"} for s, head in record.runs.items()}
    records.write(records.with_header(record.table.replace_schema_metadata(None), record.spec.as_dict(), runs), path)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ("status",), ("status", "--failed"), ("status", "--json"), ("verify", "--reproduce", "0"),
        ("verify", "--reproduce", "0", "--json"),
    ],
)  # fmt: skip
def test_no_command_prints_what_moves_a_cursor(
    asked: Callable[..., Answer], folder: Path, words: tuple[str, ...]
) -> None:
    answer = asked(words[0], folder, *words[1:])
    assert harmless(answer.out)
    assert harmless(answer.err)
    assert "owned" in answer.out + answer.err


def test_an_error_is_one_line_and_its_further_lines_are_indented(
    asked: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.cli import group

    def broken(*_: object, **__: object) -> int:
        raise HarnessError(f"wrong {HOSTILE}\nverified: all of it\n  more")

    monkeypatch.setattr(group, "main", broken)
    answer = asked("list")
    assert harmless(answer.err)
    assert answer.err.splitlines()[1:] == ["  verified: all of it", "  more"]
    assert told("one") == "one"


def test_a_note_and_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    note(f"{HOSTILE}\nverified: all of it")
    say(HOSTILE, lead="lead ", bold=True)
    say()
    out, err = capsys.readouterr()
    assert harmless(err)
    assert harmless(out)  # piped, so that no style is left either
    assert "\\x1b[2J" in err
    assert "\n  verified: all of it" in err, "no line of a stranger begins like one of ours"
    assert out.startswith("lead ")


def test_a_table_on_a_terminal_has_no_markup_and_no_controls_but_its_own() -> None:
    file = io.StringIO()
    console = PlainConsole(file=file, force_terminal=True, color_system="truecolor", legacy_windows=False)
    table = Table(HOSTILE)
    table.add_row(HOSTILE, style="red")
    console.print(table, width=200)
    console.print(HOSTILE)
    text = file.getvalue()
    for control in ("\x1b[2J", "\x1b]0", "\x07", "\r", "\x9b", "\u202e"):
        assert control not in text
    assert "[red]:smile:" in text
    assert "\x1b[" in text, "its own colours are there"


def test_json_is_ascii() -> None:
    assert json.dumps(HOSTILE).isascii()


def test_commands_print_in_two_ways_only() -> None:
    """``say`` (``click.echo`` is its own) and a ``PlainConsole``: what is printed otherwise is not escaped."""
    for path in sorted((ROOT / "harness" / "cli").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if path.name != "common.py":
                    assert called not in ("click.echo", "click.secho", "print", "traceback.print_exc"), path
                if path.name != "console.py":
                    assert called != "Console", path
