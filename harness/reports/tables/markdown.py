"""Markdown that shows text from files as it is, whatever it holds.

Names come from anybody's pull request, so they stand in code spans, where nothing is markup but the backtick and, in
tables, the pipe and the backslash before it; addresses are links only if they are plain web addresses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlsplit

MAX_NAME = 80
MAX_ADDRESS = 500
HARMLESS = "/:?#@!$&'*+,;=%~.-_"
"""Punctuation of addresses that means nothing in a link; everything else is percent-encoded."""

UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"}
"""Categories of characters that are shown as a space, if at all."""


def plain(text: str, limit: int = MAX_NAME) -> str:
    """One line without control, bidirectional or invisible characters, cut at ``limit`` characters."""
    kept = "".join(" " if unicodedata.category(c) in UNSEEN else c for c in text[: 10 * limit])
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def code(text: str) -> str:
    """Text as a code span that can stand in a table."""
    line = plain(text).replace("`", "ˋ").replace("\\", "⧵").replace("|", "\\|")
    return f"`{line or 'unnamed'}`"


def prose(text: str, limit: int = 300) -> str:
    """Text as ordinary words in a table: what could be markup is written as character references."""
    return "".join(c if c.isalnum() or c in " .,;()-%" else f"&#{ord(c)};" for c in plain(text, limit))


def web_address(text: str) -> str:
    """The address if it is http(s), without a user name, and not endless; else empty."""
    if len(text) > MAX_ADDRESS or not text.isprintable() or " " in text:
        return ""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    ours = parts.scheme in ("http", "https") and host and re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", parts.netloc)
    return text if ours else ""


def link(shown: str, address: str) -> str:
    """A link; ``shown`` must be Markdown already. Without an address just that."""
    return f"[{shown}]({quote(address, safe=HARMLESS)})" if address else shown


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int) -> str:
    """A table; the first ``left`` columns are aligned left, the others right."""
    rule = ["---"] * left + ["---:"] * (len(header) - left)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))


def anchor(heading: str) -> str:
    """The fragment that GitHub gives a heading."""
    return "#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
