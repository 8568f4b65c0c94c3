"""Checks that a source answers alike as a copy and in another process, and that its files are intact."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from harness.base import children
from harness.base.files import scratch_folder
from harness.benchmark.source import Source
from harness.errors import HarnessError
from harness.testing.sources.asking import columns_of, must_equal, oracle_of, sample
from harness.testing.subject import Failed, NotApplicable


def copies(source: Source) -> None:
    """Can be copied and pickled, also after it has answered, and the copy answers alike."""
    frame, task = sample(source, 8), source.tasks[0]
    expected = source.predict(task, frame).to_numpy()
    ways: tuple[tuple[str, Callable[[Source], Source]], ...] = (
        ("a deep copy", copy.deepcopy), ("an unpickled copy", lambda whole: pickle.loads(pickle.dumps(whole))),
    )  # fmt: skip
    for how, make in ways:
        try:
            other = make(source)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            raise Failed(f"{how} cannot be made: {error}") from None
        if other.hash != source.hash:
            raise Failed(f"{how} has another hash")
        must_equal(how, expected, other.predict(task, frame).to_numpy())


def another_process(source: Source) -> None:
    """Answers alike in another process, with and without randomness."""
    frame, task = sample(source, 8), source.tasks[0]
    with scratch_folder() as folder:
        try:
            (folder / "request").write_bytes(pickle.dumps((source, frame, task)))
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            raise NotApplicable(f"it cannot be pickled, as the check 'copies' shows ({error})") from None
        code = "from harness.testing.sources.copying import main; main()"
        done = subprocess.run(
            children.command(code, str(folder), current=True), capture_output=True, text=True, check=False,
            cwd=folder, env=children.environment({"PYTHONHASHSEED": "5"}),
        )  # fmt: skip
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"it exits with code {done.returncode}"])[-1]
            raise Failed(f"in another process: {reason}", done.stderr)
        means, drawn = pickle.loads((folder / "answer").read_bytes())
    must_equal("in another process", source.predict(task, frame).to_numpy(), means)
    rows = columns_of(frame)
    must_equal("drawn in another process", oracle_of(source, task).many(rows), drawn)


def intact(source: Source) -> None:
    """Finds its own files intact."""
    try:
        source.verify()
    except HarnessError as error:
        raise Failed(f"verify: {error}") from None


def main() -> None:
    """Answers the questions of the file ``request``, in a new process. The command line names the file's folder."""
    folder = Path(sys.argv[1])
    source, frame, task = pickle.loads((folder / "request").read_bytes())
    rows = columns_of(frame)
    answer = source.predict(task, frame).to_numpy(), oracle_of(source, task).many(rows)
    (folder / "answer").write_bytes(pickle.dumps(answer))
