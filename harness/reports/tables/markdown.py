"""Markdown that shows any text from files as it is.

Names may come from anybody's pull request, so they are put into code spans. There only the backtick is markup, and in
tables the pipe and the backslash before it. Addresses become links only if they are plain web addresses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlsplit

MAX_NAME = 80
MAX_ADDRESS = 500
HARMLESS = "/:?#@!$&'*+,;=%~.-_"
"""Punctuation of addresses that is no markup in a link; other punctuation is percent-encoded."""

UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"}
"""Unicode categories of characters that are replaced by a space."""


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
    """Text as ordinary words in a table: characters that could be markup become character references. So does the dot
    after "www", because pages turn an address that begins with "www." into a link.
    """
    words = "".join(c if c.isalnum() or c in " .,;()-%" else f"&#{ord(c)};" for c in plain(text, limit))
    return re.sub(r"(www)\.", r"\1&#46;", words, flags=re.IGNORECASE)


def web_address(text: str) -> str:
    """The address if it is http or https, has no user name and at most ``MAX_ADDRESS`` characters; else empty."""
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
    """A link, or ``shown`` alone without an address. ``shown`` must be Markdown already."""
    return f"[{shown}]({quote(address, safe=HARMLESS)})" if address else shown


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int) -> str:
    """A table; the first ``left`` columns are aligned left, the others right."""
    rule = ["---"] * left + ["---:"] * (len(header) - left)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))


def anchor(heading: str) -> str:
    """The fragment that GitHub gives a heading."""
    return "#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
