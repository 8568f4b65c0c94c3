"""Words of strangers on their way to a terminal or a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.base.escape import FORMULA, NUMBER, csv_text, one_line, printable, terminal

HOSTILE = ["\x1b[2J", "\x1b]0;title\x07", "a\rverified", "a\x08\x08b", "\x9b31m", "\u202egpj.exe", "\u2066x", "\x7f"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_moves_the_cursor(text: str) -> None:
    for way in (printable, terminal, one_line):
        assert way(text).isprintable()
    assert "\\" in terminal(text)


def test_lines_stay_lines_for_a_terminal_only() -> None:
    assert terminal("a\n\tb\N{NO-BREAK SPACE}c") == "a\n\tb\N{NO-BREAK SPACE}c"
    assert printable("a\nb") == "a\\nb"
    assert one_line("a\nb") == "a b"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '=HYPERLINK("http://x")', "-cmd|' /C calc'!A0"],
)
def test_no_cell_is_a_formula(text: str) -> None:
    [[shown]] = csv.reader(io.StringIO(csv_text([[text]])))
    assert shown.startswith("'") or shown[0] not in FORMULA
    assert shown.lstrip()[0] not in FORMULA


@pytest.mark.parametrize("number", ["-1.5", "+2", "1e-05", "-3.25e+10", "0", ".5"])
def test_numbers_stay_numbers(number: str) -> None:
    assert csv_text([[number, -1.5, 3, None]]) == f"{number},-1.5,3,\n"


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_whatever_stands_in_a_cell_is_text_of_one_line(row: list[str]) -> None:
    [found] = csv.reader(io.StringIO(csv_text([row]))) if row != [""] else [[""]]
    assert len(found) == len(row)
    for value in found:
        assert value.isprintable() or "\N{NO-BREAK SPACE}" in value
        assert NUMBER.fullmatch(value) or not value.lstrip().startswith(tuple(FORMULA))
