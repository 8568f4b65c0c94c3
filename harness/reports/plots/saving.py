"""Saving figures: the same figure gives the same bytes, and a file is whole or absent."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.base.files import write_bytes
from harness.errors import StorageError, UnknownName, UsageError
from harness.reports.plots import mpl, styles

_METADATA: Mapping[str, Mapping[str, str | None]] = {
    # Without versions and dates, so that the same picture has the same bytes.
    "png": {"Software": None},
    "svg": {"Creator": None, "Date": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}


def check_formats(formats: Sequence[str], width: str) -> None:
    """UnknownName for a format or width that does not exist."""
    for kind, values, valid in (("width", [width], styles.WIDTHS), ("format", formats, styles.FORMATS)):
        for value in values:
            if value not in valid:
                raise UnknownName(kind, value, valid)


def stem(parts: Sequence[str], taken: set[str]) -> str:
    """A file name without its ending, such as ``lite-1-single-mf``. It is none of ``taken``, and is added to them."""
    found = re.sub(r"[^A-Za-z0-9_.-]", "-", "-".join(parts)).lstrip(".")
    while found in taken:
        found += "_"
    taken.add(found)
    return found


def save(picture: mpl.Figure, path: Path, form: str, title: str) -> None:
    """Writes one file, in the format ``form``. UsageError if it cannot be written."""
    buffer = io.BytesIO()
    picture.savefig(buffer, format=form, dpi=styles.PNG_DPI, metadata={"Title": title, **_METADATA[form]})
    try:
        write_bytes(path, buffer.getvalue(), durable=False)
    except StorageError as error:
        raise UsageError(f"cannot write {path}: {error.reason}; give another folder with --out") from error
