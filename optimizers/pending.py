"""Finds the library's own object (a trial, a job, a number) of a finished evaluation, in whatever order they end."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from harness.benchmark.space import Space

Token = TypeVar("Token")


class Pending(Generic[Token]):
    """The evaluations asked for and not yet told, each with its token: the library's object for the evaluation. Tokens
    of equal configurations come back in the order in which they were added.

    ``stage`` distinguishes evaluations of one configuration at several fidelities.
    """

    def __init__(self, space: Space) -> None:
        self._names = tuple(space)
        self._waiting: dict[tuple[Any, ...], deque[Token]] = {}

    def add(self, configuration: Mapping[str, Any], token: Token, stage: int = 0) -> None:
        """Adds the library's ``token`` of an evaluation."""
        self._waiting.setdefault(self._key(configuration, stage), deque()).append(token)

    def take(self, configuration: Mapping[str, Any], stage: int = 0) -> Token:
        """Removes and returns the token of a finished evaluation. KeyError if the evaluation is not pending."""
        key = self._key(configuration, stage)
        waiting = self._waiting[key]
        token = waiting.popleft()
        if not waiting:
            del self._waiting[key]
        return token

    def _key(self, configuration: Mapping[str, Any], stage: int) -> tuple[Any, ...]:
        return (stage, *(configuration[name] for name in self._names))
