"""Names that look alike: the skeleton of a name, the same for two names that a reader may take for one another.

Unicode has thousands of characters that look like others. Those that matter here are few, because names are compared
with names in Latin letters: compatibility forms (NFKC removes them), Cyrillic and Greek letters shaped like Latin ones,
and the Latin letters and digits that are shaped like each other.
"""

from __future__ import annotations

import re
import unicodedata

CYRILLIC = (
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442"
    "\u0443\u0445\u0455\u0456\u0458\u0501\u051b\u051d\u04bb\u04cf",
    "abekmhopctyxsijdqwhl",
)
GREEK = ("\u03b1\u03b2\u03b3\u03b5\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c3\u03c4\u03c5\u03c7\u03c9\u03b6",
         "abyenikuvopotuxwz")  # fmt: skip
OTHERS = ("\u0131\u0251\u0261\u0269\u0585\u057d\u0570\u2010\u2011\u2012\u2013\u2014\u2212\u02d7", "iagiouh-------")
LIKE = {ord(one): other for pair in (CYRILLIC, GREEK, OTHERS) for one, other in zip(*pair, strict=True)}
SHAPES = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("i", "l"), ("|", "l"), ("5", "s"))
"""Latin letters and digits, in lower case, that look like others."""

BLANK = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
"""Characters that count as letters, marks or symbols and show nothing; variation selectors are the others."""

ALIKE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
"""Scripts with letters of the same shapes."""


def blank(character: str) -> bool:
    """Whether a character shows nothing where it stands, although it is no space."""
    code = ord(character)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x180B <= code <= 0x180F
    return code in BLANK or selector or unicodedata.category(character) in ("Cf", "Cc")


def skeleton(name: str) -> str:
    """What is left of a name for someone who glances at it: two names with the same skeleton look alike."""
    text = unicodedata.normalize("NFKD", name)
    text = "".join(c for c in text if not blank(c) and not unicodedata.combining(c))
    text = unicodedata.normalize("NFKC", text).casefold().translate(LIKE)
    for shape, like in SHAPES:
        text = text.replace(shape, like)
    return re.sub(r"[\s._()\[\]-]+", "-", text).strip("-")


def strange(name: str) -> str:
    """What makes a name mislead its reader, as the end of a sentence about it; empty if nothing does."""
    if any(blank(c) or not c.isprintable() for c in name):
        return "has control or invisible characters"
    if unicodedata.normalize("NFKC", name) != name:
        return "has characters that stand for others (its NFKC form differs)"
    for word in re.findall(r"[^\W\d_]+", name):
        scripts = {unicodedata.name(c, "?").split()[0] for c in word} & ALIKE
        if len(scripts) > 1:
            return f"mixes letters of {' and '.join(sorted(s.capitalize() for s in scripts))} in one word"
        if not word.isascii() and skeleton(word).isascii() and scripts - {"LATIN"}:
            return "has a word whose letters all look like Latin ones"
    return ""
