"""Text of strangers on its way to a terminal or into a spreadsheet: shown as it is, without any other effect.

Records, manifests, declarations, servers and methods hold words that anybody may have written. Whoever writes them
somewhere escapes them once, for that place: here for terminals and CSV, in ``harness.reports.tables.markdown`` for
Markdown, in ``harness.reports.studies.latex`` for LaTeX; the templates of the site escape for HTML by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

KEPT = "\n\t\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
"""Characters that a terminal may be sent although they are not called printable."""
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
HUGE = 512
"""Bits of the largest whole numbers that are written out."""
FORMULA = "=+-@＝＋－＠\t\r"
"""With these characters a cell begins that a spreadsheet computes."""


def printable(text: str) -> str:
    r"""One line with every control, invisible or bidirectional character written out: ESC becomes ``\x1b``."""
    return "".join(c if c.isprintable() else _written(c) for c in text)


def one_line(text: str) -> str:
    """The text with a space for every control, invisible or bidirectional character."""
    return "".join(c if c.isprintable() or c in KEPT[2:] else " " for c in text)


def terminal(text: str) -> str:
    """As ``printable``, but lines stay lines. Nothing in it moves the cursor, changes a colour or sets a title."""
    return "".join(c if c.isprintable() or c in KEPT else _written(c) for c in text)


def shown(value: object, longest: int = 200) -> str:
    """A value that somebody gave, for a message: its ``repr`` on one line, cut where it is too long. It need not have
    one.
    """
    if isinstance(value, int) and value.bit_length() > HUGE:  # Python refuses to write it out
        return f"<a whole number of {value.bit_length():,} bits>"
    try:
        text = repr(value)
        text = (text if text.isprintable() else printable(" ".join(text.split())))[: longest + 1]
    except Exception:
        return f"<a {type(value).__name__} that cannot be written out>"
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _written(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode()


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as the text of a CSV file. In no cell is a control character, and none is a formula to a spreadsheet: text
    that would be one gets an apostrophe before it. Numbers stay as they are.
    """
    import csv  # every command shows text, few write a table
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([[cell(value) for value in row] for row in rows])
    return out.getvalue()


def cell(value: object) -> object:
    """A value for a CSV file, escaped if it is text."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.lstrip()[:1] in tuple(FORMULA) and not NUMBER.fullmatch(text) else text
