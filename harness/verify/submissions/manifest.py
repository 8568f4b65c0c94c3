"""The declarations of a submission, checked on construction.

Every text is one line of printable characters of limited length, because strangers write it, and tables, logs and web
pages show it. Names and links may hold no character that has a meaning in a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from harness.base.lookalike import blank
from harness.base.naming import is_device
from harness.errors import SubmissionError

SCHEMA = 1
MAX_AUTHORS = 100
MAX_EVALUATIONS = 10**12
NOTHING, NONE = "nothing", "none"
"""The words for a method that was not tuned, and for one that learned nothing from other tasks."""

Check = Callable[[str, Any], None]

KINDS = {bool: "true or false", int: "a whole number", float: "a real number", str: "text", list: "a list",
         tuple: "a list", dict: "a table"}  # fmt: skip
"""The names of TOML's types in messages."""


def is_a(kind: type) -> Check:
    """A check that a value is exactly of this type. So TOML's true does not pass for a number."""

    def check(key: str, value: Any) -> None:
        if type(value) is not kind:
            raise SubmissionError(
                f"{key} must be {KINDS.get(kind, 'a table')}, not {KINDS.get(type(value), 'a date or time')}"
            )

    return check


def text(limit: int) -> Check:
    """A check for one line of at most ``limit`` printable characters, not blank."""

    def check(key: str, value: Any) -> None:
        is_a(str)(key, value)
        if len(value) > limit:
            raise SubmissionError(f"{key} has {len(value):,} characters; at most {limit} are taken")
        if not value or value != value.strip():
            raise SubmissionError(f"{key} must not be empty, nor begin or end with a space")
        if not value.isprintable() or any(map(blank, value)):
            raise SubmissionError(f"{key} must be one line without control or invisible characters, not {shown(value)}")

    return check


def pattern(expression: str, what: str, limit: int) -> Check:
    """A check for a text all of which matches ``expression``; ``what``: the text in words."""
    compiled = re.compile(expression)

    def check(key: str, value: Any) -> None:
        text(limit)(key, value)
        if not compiled.fullmatch(value):
            raise SubmissionError(f"{key} {shown(value)} is not {what}")

    return check


def number(upper: int) -> Check:
    """A check for a whole number from 0 to ``upper``."""

    def check(key: str, value: Any) -> None:
        is_a(int)(key, value)
        if not 0 <= value <= upper:
            raise SubmissionError(f"{key} must be from 0 to {upper:,}")

    return check


def shown(value: str) -> str:
    """A text quoted for a message: nothing in it can move a terminal's cursor or start a line of a log."""
    return ascii(value if len(value) <= 80 else value[:77] + "...")


URL = r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?([/?#][A-Za-z0-9._~:/?#@&+,;=%-]*)?"
MAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
SPDX = r"\(?[A-Za-z0-9][A-Za-z0-9.+-]*\)?( (AND|OR|WITH) \(?[A-Za-z0-9][A-Za-z0-9.+-]*\)?)*"

is_url = pattern(URL, "an http or https address without spaces, quotes, brackets or | (percent-encode them)", 300)
is_contact = pattern(f"{MAIL}|{URL}", "an e-mail address or an http(s) address", 300)


def _authors(key: str, value: Any) -> None:
    is_a(tuple)(key, value)
    if not 1 <= len(value) <= MAX_AUTHORS:
        raise SubmissionError(f"{key} must name 1 to {MAX_AUTHORS} people, not {len(value)}")
    for author in value:
        text(100)(f"an author in {key}", author)


def _axis(key: str, value: Any) -> None:
    is_a(str)(key, value)
    if value:  # "" declares no axis
        pattern(r"[A-Za-z][A-Za-z0-9_-]*", "the name of a fidelity axis, or empty where none is declared", 40)(
            key, value
        )


def _name(key: str, value: Any) -> None:
    pattern(
        r"[A-Za-z0-9]([A-Za-z0-9 ._+()-]*[A-Za-z0-9._+()-])?",
        "a name of letters, digits, spaces and . _ + - ( ) that begins with a letter or digit", 60,
    )(key, value)  # fmt: skip
    if is_device(value):
        raise SubmissionError(
            f"{key} {shown(value)} is the name of a device on Windows, where no folder can have this name"
        )


def _schema(key: str, value: Any) -> None:
    is_a(int)(key, value)
    if value != SCHEMA:
        raise SubmissionError(f"{key} is {value}; this version reads schema {SCHEMA}")


@dataclass(frozen=True)
class Tuning:
    """How the method was tuned before the runs.

    ``what``: the parts that were tuned on this benchmark, or "nothing"; ``evaluations``: the number of evaluations of
    its surrogates that tuning took; ``meta_learning``: what the method learned from other tasks or data, or "none".
    """

    what: str = NOTHING
    evaluations: int = 0
    meta_learning: str = NONE

    def __post_init__(self) -> None:
        text(1000)("tuning.what", self.what)
        number(MAX_EVALUATIONS)("tuning.evaluations", self.evaluations)
        text(1000)("tuning.meta_learning", self.meta_learning)
        if self.what == NOTHING and self.evaluations:
            raise SubmissionError(
                f"tuning.what is {NOTHING!r}, but tuning.evaluations is {self.evaluations:,}; say what they were for"
            )


@dataclass(frozen=True)
class Submission:
    """The content of a ``submission.toml``. SubmissionError names the key that is wrong.

    ``rules``: the version of the rules that the submission follows; ``url``: a page that describes the method;
    ``licence``: the SPDX name of the licence of the method's code; ``method``: the label in the records, with settings
    but without the axis; ``axis``: the one fidelity axis declared for setting mf, "" for none; ``continuation``:
    whether trials continue from checkpoints; ``deterministic``: whether every seed gives the same ledger.
    """

    rules: str
    name: str
    version: str
    authors: tuple[str, ...]
    url: str
    contact: str
    licence: str
    surrogates: str
    surrogates_hash: str
    method: str
    axis: str
    continuation: bool
    deterministic: bool = False
    tuning: Tuning = field(default_factory=Tuning)
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        for key in KEYS:  # schema first: another one may have other keys
            CHECKS[key](key, getattr(self, key))

    @property
    def slug(self) -> str:
        """The name of the submission's folder: lower case, with only characters that every file system takes."""
        return re.sub(r"[^a-z0-9._+]+", "-", self.name.lower()).strip("-.")


CHECKS: dict[str, Check] = {
    "rules": pattern(r"[0-9]{1,4}\.[0-9]{1,4}(\.[0-9]{1,4})?", "a version such as 1.0", 20),
    "name": _name,
    "version": pattern(r"[A-Za-z0-9][A-Za-z0-9._+-]*", "a version of letters, digits and . _ + -", 40),
    "authors": _authors,
    "url": is_url,
    "contact": is_contact,
    "licence": pattern(SPDX, "an SPDX licence expression such as MIT or Apache-2.0 (NOASSERTION for none)", 100),
    "surrogates": pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*", "the name of a surrogate set", 64),
    "surrogates_hash": pattern(r"[0-9a-f]{64}", "64 hexadecimal digits in lower case", 64),
    "method": text(300),
    "axis": _axis,
    "continuation": is_a(bool),
    "deterministic": is_a(bool),
    "tuning": is_a(Tuning),
    "schema": _schema,
}  # fmt: skip
KEYS = ("schema", *(f.name for f in fields(Submission) if f.name != "schema"))
"""The keys of a ``submission.toml``, in the order in which they are written."""
TUNING_KEYS = tuple(f.name for f in fields(Tuning))
