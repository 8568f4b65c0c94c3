"""The side of the method: what runs in its process. It imports no source, no leaderboard and no record.

Everything that the method is told comes in with ``start``; a file of a user's own is first imported here, and nowhere
else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.base.byvalue import from_value
from harness.base.channel import Channel
from harness.base.fence import fence
from harness.base.memory import limit_memory
from harness.benchmark.method import Capabilities, Problem, Proposal
from harness.benchmark.methods import MethodEntry
from harness.benchmark.own import Given, own_method
from harness.errors import HarnessError
from harness.runs.calls import MethodFailed, called, legal, one_line, risen, text_of
from harness.runs.isolation import wire

BITS64 = 2**64


def serve(channel: Channel) -> None:
    """Answers until the pipe is closed."""
    request: dict[str, Any] = json.loads(channel.receive())
    limit_memory(request["memory"])
    fence([Path(path) for path in request["hidden"]], [Path(path) for path in request["shown"]])
    own = os.getpid()
    answer: Callable[[list[Any]], list[Any]] = _ANSWERS[request["do"]](request)
    said: list[list[Any]] = [["start"]]
    while True:
        try:
            for each in said:
                found = answer(each)
            answered = wire.packed(found)
        except MethodFailed as error:
            answered = wire.packed([wire.FAILED, str(error), error.trace])
        except KeyboardInterrupt as error:
            answered = wire.packed([wire.FAILED, f"{request['name']} raised KeyboardInterrupt: {text_of(error)}", None])
        if os.getpid() != own:  # a copy that the method made of this process: it is not asked
            os._exit(1)
        channel.send(answered)
        said = json.loads(channel.receive().decode())


def _describe(request: Mapping[str, Any]) -> Callable[[list[Any]], list[Any]]:
    """What a user's own class is, as ``own_method`` says it."""

    def answer(_: list[Any]) -> list[Any]:
        try:
            entry = own_method(request["method"])
        except HarnessError as error:
            return _refusal(error)
        texts = [entry.name, entry.named, one_line(entry.summary)]
        return [wire.ANSWER, "entry", asdict(entry.capabilities), texts, dict(entry.preset), list(entry.required)]

    return answer


def _settings(request: Mapping[str, Any]) -> Callable[[list[Any]], list[Any]]:
    """Settings in the types that the class declares."""

    def answer(_: list[Any]) -> list[Any]:
        try:
            return [wire.ANSWER, "settings", _entry(request).check_settings(request["settings"])]
        except HarnessError as error:
            return _refusal(error)

    return answer


def _refusal(error: HarnessError) -> list[Any]:
    return [wire.ANSWER, "refused", one_line(str(error))]


def _entry(request: Mapping[str, Any]) -> MethodEntry:
    if request["made"] is not None:
        return Given(request["name"], "", Capabilities(), made=from_value(request["made"]))
    return MethodEntry(request["name"], request["path"], Capabilities(), source=request["source"])


class _Play:
    """A run of the method. What it is given to keep is its own copy, so that it cannot move what it is checked by."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.name = request["name"]
        self.request = request
        self.problem: Problem = wire.problem_in(request["problem"])
        space, fidelities = self.problem.space, self.problem.fidelities
        self.names, self.axes = (*space, *space.constants), list(fidelities)
        self.full = {axis: self.problem.full[axis] for axis in fidelities}
        self.entry: MethodEntry | None = None
        self.method: Any = None

    def __call__(self, said: list[Any]) -> list[Any]:
        match said[0]:
            case "ask":
                return self.ask()
            case "tell":
                called(self.name, self.method.tell, self.seen(said))
                return [wire.NOTHING]
            case "proceed":
                return self.proceed(said)
        if said[0] == "settle" and self.entry is not None:
            called(self.name, self.entry.settle, self.method)
            return [wire.NOTHING]
        given = wire.problem_in(self.request["problem"])
        self.entry = entry = called(self.name, _entry, self.request)
        self.method = called(self.name, entry.make, given, self.request["seed"], self.request["settings"])
        return [wire.NOTHING]

    def ask(self) -> list[Any]:
        """A checked proposal."""
        answer = called(self.name, self.method.ask)
        if answer is None:
            return [wire.NOTHING]
        asked, wanted = (answer.configuration, answer.fidelity) if type(answer) is Proposal else (answer, {})
        if _plain(asked) and tuple(asked) == self.names and _plain(wanted):
            return [wire.ANSWER, list(asked.values()), wanted]  # the runner will see whether it is legal
        configuration, fidelity, named = legal(
            self.name, answer, self.problem.space, self.problem.fidelities, self.full
        )
        return [wire.ANSWER, list(configuration.values()), fidelity if named else {}]

    def proceed(self, said: list[Any]) -> list[Any]:
        """A checked fidelity."""
        seen = self.seen(said)
        answer = called(self.name, self.method.proceed, seen)
        if answer is None:
            return [wire.NOTHING]
        return [wire.ANSWER, list(risen(self.name, answer, seen.fidelity, self.problem.fidelities).values())]

    def seen(self, said: list[Any]) -> Any:
        """The observation."""
        return wire.observation_in(said[1:], self.names, self.axes)


def _plain(given: Any) -> bool:
    """Whether it is a dict of names and values that cross the pipe as they are."""
    if type(given) is not dict or not wire.PLAIN.issuperset(map(type, given.values())):
        return False
    # Python refuses to write out whole numbers of thousands of digits.
    return set(map(type, given)) <= {str} and not any(type(v) is int and abs(v) > BITS64 for v in given.values())


_ANSWERS: dict[str, Callable[[Mapping[str, Any]], Callable[[list[Any]], list[Any]]]] = {
    "describe": _describe, "settings": _settings, "play": _Play,
}  # fmt: skip
