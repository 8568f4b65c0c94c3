"""What crosses the pipe between the harness and a method: JSON, numbers exact, everything checked by its kind.

The harness asks with a list of requests, ``["tell", observation]`` any number of times, then ``["ask"]``, ``["proceed",
observation]``, ``["settle"]``, with which a function comes to its end, or nothing: what is told waits for the next
question, which halves the trips. The method's process does them in order and answers once, for the last of them or the
first that fails: ``[NOTHING]``, ``[ANSWER, ...]`` or ``[FAILED, reason, traceback]``. Its answers are data from a
stranger: nothing in them is run, and the runner checks a proposal again as if it came from a method beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.benchmark.method import Objective, Observation, Problem
from harness.benchmark.space import Categorical, Float, Integer, Parameter, Space

NOTHING, ANSWER, FAILED = 0, 1, 2
MANY = 100
"""Fidelities that are named at once, at most."""
LARGEST = 4 * 2**20
"""Bytes of an answer at most."""
PLAIN = frozenset({str, int, float, bool})
SCALARS = PLAIN | {type(None)}
KINDS: dict[str, type[Parameter]] = {"float": Float, "integer": Integer, "categorical": Categorical}


def _encoder() -> Any:
    """Python's encoder, made once: for every message anew it takes as long as encoding."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return json.JSONEncoder(check_circular=False).iterencode
    quote = json.encoder.encode_basestring_ascii
    return make(None, json.JSONEncoder().default, quote, None, ": ", ", ", False, False, True)


_encode = _encoder()


class NotSaid(ValueError):
    """An answer that is not of the protocol."""


def packed(message: Any) -> bytes:
    """Python writes a float so that the same one is read again."""
    return "".join(_encode(message, 0)).encode()


def problem_out(problem: Problem) -> dict[str, Any]:
    """A problem, for a process that is told nothing else."""
    plain = {name: getattr(problem, name) for name in ("setting", "budget", "full_cost", "workers", "continuation")}
    return {
        **plain, "space": _space_out(problem.space), "fidelities": _space_out(problem.fidelities),
        "objectives": [asdict(objective) for objective in problem.objectives], "full": dict(problem.full),
        "axes": list(problem.axes),
    }  # fmt: skip


def problem_in(said: Mapping[str, Any]) -> Problem:
    """The problem again."""
    changed = {
        "space": _space_in(said["space"]), "fidelities": _space_in(said["fidelities"]),
        "objectives": tuple(Objective(**objective) for objective in said["objectives"]), "axes": tuple(said["axes"]),
    }  # fmt: skip
    return Problem(**{**said, **changed})


def _space_out(space: Space) -> dict[str, Any]:
    names = {kind: name for name, kind in KINDS.items()}
    return {"parameters": [[names[type(p)], asdict(p)] for p in space.values()], "constants": space.constants}


def _space_in(said: Mapping[str, Any]) -> Space:
    found: list[Parameter] = []
    for kind, fields in said["parameters"]:
        if kind == "categorical":
            fields = {**fields, "choices": tuple(fields["choices"])}
        found.append(KINDS[kind](**fields))
    return Space(tuple(found), said["constants"])


def observation_out(seen: Observation) -> list[Any]:
    """An observation; the names of its parameters are known on both sides."""
    return [
        seen.trial, list(seen.configuration.values()), list(seen.fidelity.values()), seen.losses, seen.cost, seen.failed
    ]  # fmt: skip


def observation_in(said: Sequence[Any], names: Sequence[str], axes: Sequence[str]) -> Observation:
    """The observation again."""
    trial, configuration, fidelity, losses, cost, failed = said
    return Observation(
        trial, dict(zip(names, configuration, strict=True)), dict(zip(axes, fidelity, strict=True)), tuple(losses),
        cost, failed,
    )  # fmt: skip


def unpacked(answer: bytes) -> list[Any]:
    """An answer of a method's process: a list that begins with what it is. NotSaid for anything else."""
    try:
        said = json.loads(answer.decode())
    except (ValueError, RecursionError):
        raise NotSaid("an answer is no JSON") from None
    if type(said) is not list or not said or said[0] not in (NOTHING, ANSWER, FAILED):
        raise NotSaid("an answer does not say what it is")
    return said


def scalars(values: Any, count: int) -> list[Any]:
    """So many plain values. NotSaid if they are something else."""
    if type(values) is not list or len(values) != count or not SCALARS.issuperset(map(type, values)):
        raise NotSaid("an answer has other values than it should")
    return values


def named(values: Any) -> dict[str, Any]:
    """Plain values by name, a few of them. NotSaid if they are something else."""
    if type(values) is not dict or len(values) > MANY or not SCALARS.issuperset(map(type, values.values())):
        raise NotSaid("an answer has other values than it should")
    return values


def text(value: Any) -> str:
    """A text. NotSaid if it is something else."""
    if not isinstance(value, str):
        raise NotSaid("an answer has no text where it should")
    return value
