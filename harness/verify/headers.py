"""Reads the header of a record that a stranger made. RecordError says in one sentence what is wrong with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from harness.base.documents import load_json
from harness.errors import OverBudget, RecordError
from harness.runs.records import HEADER, SCHEMA
from harness.runs.spec import RunSpec

MAX_HEADER = 4 * 2**20
"""The most bytes of a header."""
MAX_SEEDS = 1000
RUN_KEYS = {"seed", "status", "stopped", "reason", "traceback", "evaluations", "repairs", "versions", "platform"}
KINDS: dict[str, tuple[type, ...]] = {
    "leaderboard": (str,), "surrogates": (str,), "surrogates_hash": (str,), "method": (str,), "method_path": (str,),
    "preset": (dict,), "settings": (dict,), "axes": (list,), "from_scratch": (bool,), "continuation": (bool,),
    "space": (str,), "workers": (int,), "source": (str, type(None)), "constants": (dict,),
}  # fmt: skip
"""Fields of a run spec and the JSON types they may have."""


def header_of(metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    """The header in a file's metadata, with exactly the keys of a record's."""
    if set(metadata) != {HEADER}:
        raise RecordError("it is a parquet file but no record of this harness, or has further metadata")
    if len(metadata[HEADER]) > MAX_HEADER:
        raise RecordError(f"its header has more than {MAX_HEADER:,} bytes")
    try:
        header = load_json(metadata[HEADER], pairs=_unique, constant=_no_number)
    except OverBudget as error:
        raise RecordError(f"its header cannot be read ({error})") from None
    except ValueError as error:
        raise RecordError(f"its header is no JSON ({error})") from None
    if not isinstance(header, dict) or header.get("schema") != SCHEMA or isinstance(header["schema"], bool):
        raise RecordError(f"its header is not of record schema {SCHEMA}, which this version verifies")
    _check_keys(header, {"schema", "spec", "runs", "sha256"}, "its header")
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _check_keys(found: Any, expected: set[str], what: str) -> None:
    if not isinstance(found, dict) or set(found) != expected:
        raise RecordError(f"{what} must have exactly {', '.join(sorted(expected))}")


def spec_of(claimed: Any) -> RunSpec:
    """The run spec that a header claims, with the right keys and types."""
    _check_keys(claimed, {field.name for field in dataclasses.fields(RunSpec)}, "its spec")
    for name, kinds in KINDS.items():
        if type(claimed[name]) not in kinds:
            raise RecordError(f"{name} in its spec is {claimed[name]!r:.80}, not of type {kinds[0].__name__}")
    axes, constants = claimed["axes"], claimed["constants"]
    if not all(isinstance(a, str) for a in axes) or not all(type(v) in (int, float) for v in constants.values()):
        raise RecordError("axes in its spec must be names, constants numbers")
    return RunSpec(**{**claimed, "axes": tuple(axes)})


def runs_of(claimed: Any) -> dict[int, dict[str, Any]]:
    """Seed -> the header of its run, with the right keys and types of numbers."""
    if not isinstance(claimed, list) or len(claimed) > MAX_SEEDS:
        raise RecordError(f"its runs must be a list of at most {MAX_SEEDS} seeds")
    runs: dict[int, dict[str, Any]] = {}
    for run in claimed:
        _check_keys(run, RUN_KEYS, "every run in its header")
        if any(type(run[name]) is not int for name in ("seed", "evaluations", "repairs")):
            raise RecordError("seed, evaluations and repairs of a run must be whole numbers")
        if run["seed"] in runs:
            raise RecordError(f"seed {run['seed']} has two headers")
        runs[run["seed"]] = run
    return runs
