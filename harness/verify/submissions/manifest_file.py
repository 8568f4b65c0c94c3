"""Reads and writes ``submission.toml``. A file that is written here is read back the same.

Strangers write these files. Reading one executes nothing and follows no link. Size and line length are checked before
the file is parsed, because Python's parser takes time quadratic in the length of a dotted key.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.base.files import write_text
from harness.base.plain import read_plain
from harness.base.toml import load_toml
from harness.errors import OverBudget, SubmissionError
from harness.verify.submissions.manifest import KEYS, TUNING_KEYS, Submission, Tuning, shown

FILE = "submission.toml"
MAX_BYTES = 64 * 2**10
MAX_LINE = 4096


def read_submission(folder: Path) -> Submission:
    """The submission declared in ``folder/submission.toml``. SubmissionError names the file and what is wrong."""
    path = Path(folder) / FILE
    try:
        return from_toml(_content(path))
    except SubmissionError as error:
        name = str(path)
        raise SubmissionError(f"{name if name.isprintable() else ascii(name)}: {error}") from None


def _content(path: Path) -> bytes:
    try:
        return read_plain(path, MAX_BYTES)
    except FileNotFoundError:
        raise SubmissionError("there is no such file; harness submit writes one") from None
    except ValueError as error:
        raise SubmissionError(str(error)) from None


def from_toml(content: bytes) -> Submission:
    """The submission in the bytes of a file. SubmissionError says in one sentence what is wrong."""
    longest = max(len(line.decode("utf-8", "replace")) for line in content.split(b"\n"))
    if longest > MAX_LINE:
        raise SubmissionError(f"it has a line of {longest:,} characters; at most {MAX_LINE:,} are read")
    try:
        data = load_toml(content)
    except (ValueError, OverBudget) as error:
        raise SubmissionError(str(error)) from None
    _check_keys(data, KEYS, "")
    tuning = data["tuning"]
    if isinstance(tuning, dict):
        _check_keys(tuning, TUNING_KEYS, "tuning.")
        tuning = Tuning(**tuning)
    authors = tuple(data["authors"]) if isinstance(data["authors"], list) else data["authors"]
    declared = Submission(**{**data, "tuning": tuning, "authors": authors})
    _check_seen(content.decode("utf-8"))  # last: of a value it says less than its own check
    return declared


def _check_seen(written: str) -> None:
    """A comment may hold any character in TOML, those that hide or turn around what follows among them."""
    for number, line in enumerate(written.replace("\r\n", "\n").split("\n"), 1):
        hidden = next((c for c in line if not c.isprintable() and c != "\t"), "")
        if hidden:
            raise SubmissionError(f"line {number} has a control or invisible character, {shown(hidden)}")


def _check_keys(found: Mapping[str, Any], known: Iterable[str], prefix: str) -> None:
    known = list(known)
    for key in found:
        if key not in known:
            near = difflib.get_close_matches(key[:100], known, n=1)
            hint = f" (did you mean {prefix}{near[0]}?)" if near else f"; known are {', '.join(known)}"
            raise SubmissionError(f"unknown key {shown(prefix + key)}{hint}")
    missing = [prefix + key for key in known if key not in found]
    if missing:
        raise SubmissionError(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")


def write_submission(folder: Path, submission: Submission) -> Path:
    """Writes ``folder/submission.toml`` whole or not at all."""
    path = Path(folder) / FILE
    write_text(path, to_toml(submission))
    return path


def to_toml(submission: Submission) -> str:
    """The text of a ``submission.toml``, one key a line; ``from_toml`` gives the submission back."""
    lines = [f"{key} = {_value(getattr(submission, key))}" for key in KEYS if key != "tuning"]
    lines += ["", "[tuning]", *(f"{key} = {_value(getattr(submission.tuning, key))}" for key in TUNING_KEYS)]
    return "\n".join(lines) + "\n"


def _value(value: str | bool | int | tuple[str, ...]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return "[\n" + "".join(f"  {_value(item)},\n" for item in value) + "]"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
