"""The check ``quiet`` beside libraries that warn, replace streams, or have handlers of their own kind."""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.testing import Failed, Subject
from harness.testing.manners import quiet
from harness.testing.sandbox import capture

LIBRARY = """
import warnings
warnings.warn("I am old", UserWarning, stacklevel={level})

def work():
    warnings.warn("I will change", FutureWarning, stacklevel=1)

def complain():
    warnings.warn("you use me badly", UserWarning, stacklevel=2)
"""
METHOD = """
class Method:
    def __init__(self, problem, seed):
        import numpy
        self.space, self.rng = problem.space, numpy.random.default_rng(seed)

    def ask(self):
        import loud_library
        loud_library.{call}()
        return self.space.sample(self.rng)

    def tell(self, observation):
        pass
"""


def subject(folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, level: int = 1) -> Subject:
    installed = folder / "venv" / "site-packages"
    installed.mkdir(parents=True)
    (installed / "loud_library.py").write_text(LIBRARY.format(level=level))
    (folder / "method.py").write_text(METHOD.format(call=call))
    monkeypatch.syspath_prepend(str(installed))
    monkeypatch.delitem(sys.modules, "loud_library", raising=False)
    return Subject(f"{folder / 'method.py'}:Method", evaluations=3)


@pytest.mark.filterwarnings("ignore")  # ordinary plays come first
@pytest.mark.parametrize("level", [1, 2])
def test_a_librarys_own_warning_is_not_held_against_the_method(
    level: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = subject(tmp_path, monkeypatch, "work", level)
    for case in method.few:
        method.sound(case)
    del sys.modules["loud_library"]  # so that it is imported under the check
    quiet(method)


@pytest.mark.filterwarnings("ignore")
def test_a_warning_about_the_methods_own_line_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failed, match="it warns 'UserWarning: you use me badly'"):
        quiet(subject(tmp_path, monkeypatch, "complain"))


if TYPE_CHECKING:
    StreamHandler = logging.StreamHandler[Any]
else:
    StreamHandler = logging.StreamHandler


class Fixed(StreamHandler):
    """A handler that looks its stream up anew each time, as libraries have them."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> object:
        return sys.stderr


class Odd:
    """A stream that a library put in place of standard output."""

    __hash__ = None  # type: ignore[assignment]

    def write(self, text: str) -> int:
        return len(text)


def test_handlers_and_streams_of_other_kinds_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("quiet.fixed")
    odd = Odd()
    handlers = [Fixed(), logging.StreamHandler(odd)]
    monkeypatch.setattr(logger, "handlers", handlers)
    monkeypatch.setattr(sys, "stdout", odd)
    with capture() as caught:
        logger.warning("said once")
        warnings.warn("and warned", stacklevel=1)
    assert caught.text.count("said once") == 2
    assert caught.warnings == ["UserWarning: and warned"]
    assert sys.stdout is odd
    assert handlers[1].stream is odd
