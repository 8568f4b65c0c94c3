"""The command line, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.cli import main
from support.paths import ROOT


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


def in_process(capsys: pytest.CaptureFixture[str], *command: str) -> Callable[..., Answer]:
    """A function that runs ``harness COMMAND ...`` in this process; its arguments follow those of ``command``."""

    def call(*arguments: object) -> Answer:
        with pytest.raises(SystemExit) as end:
            main([*command, *map(str, arguments)])
        out, err = capsys.readouterr()
        return Answer(int(end.value.code or 0), out, err)

    return call


def harness_command(*arguments: object, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> Answer:
    """Runs ``harness ...`` in a new process, as a shell would, piped."""
    done = subprocess.run(
        [sys.executable, "-c", "from harness.cli import main; main()", *map(str, arguments)],
        cwd=cwd, env=child_environment(env), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, with the packages under test importable from anywhere."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(extra or {})}
