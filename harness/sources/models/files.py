"""Writes models to the folder of a source, in the project's own format, and reads them back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import SurrogateError
from harness.sources.models.model import Column, Encoder, Link, Lookup, Model, OneHot
from harness.sources.models.trees import Trees
from harness.sources.store import SetWriter, read_arrays


class ModelWriter(SetWriter):
    """Writes a source of models; see ``SetWriter``."""

    def __init__(self, path: Path, name: str, *, columns: list[dict[str, Any]], about: dict[str, Any]) -> None:
        super().__init__(path, name, columns=columns, about=about)
        self._encoders: dict[int, tuple[Encoder, str]] = {}

    def __enter__(self) -> ModelWriter:
        super().__enter__()
        return self

    def add_model(self, task: str, metric: str, model: Model) -> None:
        """Adds the model of one metric of one task. Models that share an encoder object share its file."""
        key = self._add_encoder(model.encoder)
        link = model.link
        entry = self.write_arrays(
            f"{task}/{metric}.bin", {"roots": model.trees.roots.astype("<i4"), "nodes": model.trees.nodes}
        )
        entry |= {
            "encoder": key, "base": float(model.base), "card": model.card,
            "link": {"lower": link.lower, "upper": link.upper, "squash": link.squash, "slope": link.slope,
                     "exp": link.exp, "weights": [[int(j), float(w)] for j, w in link.weights]},
        }  # fmt: skip
        self.manifest["tasks"].setdefault(task, {"metrics": {}, "constants": {}})["metrics"][metric] = entry

    def _add_encoder(self, encoder: Encoder) -> str:
        if id(encoder) in self._encoders:
            return self._encoders[id(encoder)][1]
        key = f"e{len(self._encoders)}"
        self._encoders[id(encoder)] = (encoder, key)
        tables = {f"values{i}": b.values.astype("<f4") for i, b in enumerate(encoder.blocks) if isinstance(b, Lookup)}
        entry = self.write_arrays(f"encoders/{key}.bin", tables)
        entry["columns"] = [{"name": c.name, "levels": c.levels and list(c.levels)} for c in encoder.columns]
        entry["blocks"] = [
            {"onehot": b.source, "codes": list(b.codes)} if isinstance(b, OneHot) else
            {"lookup": list(b.sources), "sizes": list(b.sizes), "offsets": list(b.offsets)}
            for b in encoder.blocks
        ]  # fmt: skip
        self.manifest["encoders"][key] = entry
        return key


def read_model(path: Path, manifest: Mapping[str, Any], task: str, metric: str, encoders: dict[str, Encoder]) -> Model:
    """Reads one model as a memory map and checks its SHA-256. ``encoders``: the encoders read before, by key."""
    try:
        return _read_model(path, manifest, task, metric, encoders)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise SurrogateError(f"{path}: the entry of {task}/{metric} is malformed ({detail}); import it again") from None


def _read_model(path: Path, manifest: Mapping[str, Any], task: str, metric: str, encoders: dict[str, Encoder]) -> Model:
    entry = manifest["tasks"][task]["metrics"][metric]
    key = entry["encoder"]
    if key not in encoders:
        encoders[key] = _read_encoder(path, manifest["encoders"][key])
    arrays = read_arrays(path, entry)
    link = entry["link"]
    return Model(
        encoders[key], Trees(arrays["roots"], arrays["nodes"]), entry["base"],
        Link(link["lower"], link["upper"], link["squash"], link["slope"], link["exp"],
             tuple((j, w) for j, w in link["weights"])),
        entry["card"],
    )  # fmt: skip


def _read_encoder(path: Path, entry: Mapping[str, Any]) -> Encoder:
    arrays = read_arrays(path, entry)
    columns = tuple(Column(c["name"], None if c["levels"] is None else tuple(c["levels"])) for c in entry["columns"])
    blocks = tuple(
        OneHot(b["onehot"], tuple(b["codes"]))
        if "onehot" in b
        else Lookup(tuple(b["lookup"]), tuple(b["sizes"]), tuple(b["offsets"]), arrays[f"values{i}"])
        for i, b in enumerate(entry["blocks"])
    )
    return Encoder(columns, blocks)
