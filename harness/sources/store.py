"""The project's own format of a source on disk: a folder of flat arrays and one manifest, no pickle.

::

    <source>/manifest.json         schema version, columns, tasks, metrics, cards, SHA-256 of every other file
    <source>/encoders/<key>.bin    lookup tables of an encoder
    <source>/<task>/<metric>.bin   trees of a model
    <source>/<task>/table.bin      the trainings of a table

A ``.bin`` file is a sequence of little-endian arrays, each at a multiple of 64 bytes; the manifest lists name, dtype,
shape and offset. Files are memory-mapped read-only, so processes share them. The *content hash* is the SHA-256
of the manifest without the hash itself. As the manifest holds the hash of every file, it covers the whole source.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.base.documents import read_json
from harness.base.files import whole_folder
from harness.errors import OverBudget, StorageError, SurrogateError

SCHEMA = 1
ALIGN = 64
NODE = np.dtype([("value", "<f4"), ("link", "<u4")])
"""A node of a tree (see ``harness.sources.models.trees``)."""
DTYPES = {name: np.dtype(name) for name in ("<f4", "<i4", "<f8", "<i8", "|u1")} | {"node": NODE}
MANIFEST = "manifest.json"
TABLE = "table"
"""The ``kind`` in the manifest of a table. The manifest of fitted models has no ``kind``."""


def canonical(value: Any) -> str:
    """JSON that is the same text for equal values: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)


def content_hash(manifest: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the manifest without its entry ``hash``."""
    rest = {k: v for k, v in manifest.items() if k != "hash"}
    return hashlib.sha256(canonical(rest).encode()).hexdigest()


class SetWriter:
    """Writes the folder of a source. The folder appears under its name when the ``with`` block succeeds.

    ``columns``: the inputs in order, dicts with ``name`` and either ``levels`` (list of values) or ``low`` and ``high``
    (and ``integer``), optionally ``log`` and ``default`` (the value for rows that leave the column out); ``more``:
    further entries of the manifest. An existing source in that folder is replaced only at the end; on an error nothing
    changes. StorageError if the source cannot be written.
    """

    def __init__(
        self, path: Path, name: str, *, columns: list[dict[str, Any]], about: dict[str, Any],
        more: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.path = Path(path)
        self.manifest: dict[str, Any] = {
            "schema": SCHEMA, "name": name, "about": about, "columns": columns, "encoders": {}, "tasks": {},
            **(more or {}),
        }  # fmt: skip

    def __enter__(self) -> SetWriter:
        self._folder = contextlib.ExitStack()
        self._work = self._folder.enter_context(whole_folder(self.path))
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        if kind is not None:
            self._folder.__exit__(kind, value, tb)
            if isinstance(value, OSError):
                raise StorageError.of(self.path, value) from value
            return
        try:
            with self._folder:
                self._write_manifest()
        except OSError as error:
            raise StorageError.of(self.path, error) from error

    def _write_manifest(self) -> None:
        self.manifest["hash"] = content_hash(self.manifest)
        text = json.dumps(self.manifest, indent=1, sort_keys=True, allow_nan=False)
        (self._work / MANIFEST).write_text(text + "\n")

    def set_constants(self, task: str, constants: dict[str, Any]) -> None:
        """Stores the constants of a task, such as the mean runtime of a full evaluation."""
        self.manifest["tasks"][task]["constants"] = constants

    def write_file(self, name: str, content: bytes) -> None:
        """Writes a file of any content. The manifest gets its hash under ``files``."""
        (self._work / name).write_bytes(content)
        self.manifest.setdefault("files", {})[name] = hashlib.sha256(content).hexdigest()

    def write_arrays(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        """Writes a file of arrays. Returns its description, which the caller must put into the manifest."""
        target = self._work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        layout: dict[str, Any] = {}
        sha, size = hashlib.sha256(), 0
        with target.open("wb") as file:
            for key, array in arrays.items():
                kind = next((k for k, d in DTYPES.items() if d == array.dtype), None)
                if kind is None:
                    raise SurrogateError(
                        f"arrays of type {array.dtype} cannot be stored in a source; use one of {', '.join(DTYPES)}"
                    )
                flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
                padding = b"\0" * (-size % ALIGN)
                layout[key] = {"dtype": kind, "shape": list(array.shape), "offset": size + len(padding)}
                for piece in (padding, flat):
                    file.write(piece)
                    sha.update(piece)
                size += len(padding) + len(flat)
        return {"file": name, "size": size, "sha256": sha.hexdigest(), "arrays": layout}


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of the source in the folder ``path``. SurrogateError if its schema or content hash is wrong."""
    file = Path(path) / MANIFEST
    try:
        manifest: dict[str, Any] = read_json(file)
    except FileNotFoundError:
        raise SurrogateError(f"{path} is no source: it has no {MANIFEST}; give the folder of a source") from None
    except (OSError, ValueError, OverBudget) as error:
        raise SurrogateError(f"{file} cannot be read ({error}); restore the source or import it again") from None
    schema = manifest.get("schema") if isinstance(manifest, dict) else None
    if schema != SCHEMA:
        raise SurrogateError(f"{file} has schema {schema!r}; this version reads schema {SCHEMA}")
    try:
        intact = manifest.get("hash") == content_hash(manifest)
    except ValueError:  # NaN, which no manifest that was written has
        intact = False
    if not intact:
        raise SurrogateError(f"{file} does not match its own content hash; restore the source or import it again")
    kinds = {"name": str, "about": dict, "columns": list, "encoders": dict, "tasks": dict}
    wrong = [key for key, kind in kinds.items() if not isinstance(manifest.get(key), kind)]
    wrong += [
        f"tasks.{task}.{part}" for task, entry in (manifest["tasks"].items() if not wrong else ())
        for part in ("metrics", "constants") if not isinstance(entry, dict) or not isinstance(entry.get(part), dict)
    ]  # fmt: skip
    if wrong:
        raise SurrogateError(f"{file} has no valid entry {wrong[0]}; restore the source or import it again")
    return manifest


def read_file(path: Path, manifest: Mapping[str, Any], name: str) -> bytes:
    """The content of a file that ``SetWriter.write_file`` wrote. SurrogateError if it was altered."""
    file = Path(path) / name
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SurrogateError(f"{file} cannot be read ({error.strerror}); restore the set or import it again") from None
    if hashlib.sha256(content).hexdigest() != manifest["files"][name]:
        raise SurrogateError(f"{file} does not match the hash in its manifest; restore the set or import it again")
    return content


def read_arrays(path: Path, entry: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """The arrays of a ``.bin`` file as read-only views of a memory map. SurrogateError if it was altered."""
    file = Path(path) / entry["file"]
    try:
        size = file.stat().st_size
        blob = np.memmap(file, np.uint8, "r") if size else np.zeros(0, np.uint8)
    except OSError as error:
        raise SurrogateError(f"{file} cannot be read ({error.strerror}); restore the set or import it again") from None
    if size != entry["size"] or hashlib.sha256(blob.data).hexdigest() != entry["sha256"]:
        raise SurrogateError(f"{file} does not match the hash in its manifest; restore the set or import it again")
    arrays: dict[str, NDArray[Any]] = {}
    for name, spec in entry["arrays"].items():
        dtype = DTYPES[spec["dtype"]]
        stop = spec["offset"] + math.prod(spec["shape"]) * dtype.itemsize
        arrays[name] = np.asarray(blob[spec["offset"] : stop]).view(dtype).reshape(spec["shape"])
    return arrays
