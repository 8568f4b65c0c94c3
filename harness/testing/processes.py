"""Repeats plays in new Python processes with given hash seeds.

Such a process reads the plays from a file in the folder on its command line, and writes the traces there, so that the
method's own output does not mix with them. It starts as ``harness.base.children`` says.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.base import children
from harness.base.byvalue import by_value, from_value
from harness.base.files import scratch_folder
from harness.errors import UsageError
from harness.testing.play import Case
from harness.testing.subject import Failed, NotApplicable, Subject

HASH_SEEDS = (1, 2, 3)
CODE = "from harness.testing.processes import main; main()"


def traces_elsewhere(subject: Subject, cases: Sequence[Case]) -> list[list[list[str]]]:
    """For every hash seed, the traces of the cases. NotApplicable if the method cannot go to a new process."""
    try:
        request = by_value((subject.entry, subject.evaluations, list(cases))).encode()
    except UsageError as error:
        raise NotApplicable(f"it cannot go to a new process; give it as path/to/file.py:Class ({error})") from None
    with ThreadPoolExecutor(len(HASH_SEEDS)) as pool:
        return list(pool.map(lambda hash_seed: _elsewhere(request, hash_seed), HASH_SEEDS))


def _elsewhere(request: bytes, hash_seed: int) -> list[list[str]]:
    with scratch_folder() as folder:
        (folder / "request").write_bytes(request)
        done = subprocess.run(
            children.command(CODE, str(folder), current=True), capture_output=True, text=True, check=False,
            cwd=folder, env=children.environment({"PYTHONHASHSEED": str(hash_seed)}),
        )  # fmt: skip
        if done.returncode == 0:
            traces: list[list[str]] = json.loads((folder / "answer").read_text("utf-8"))
            return traces
    reason = (done.stderr.strip().splitlines() or [f"it exits with code {done.returncode}"])[-1]
    raise Failed(f"in a new process (PYTHONHASHSEED={hash_seed}): {reason}", done.stderr)


def main() -> None:
    """Does the plays that the file ``request`` in the folder on the command line asks for."""
    folder = Path(sys.argv[1])
    entry, evaluations, cases = from_value((folder / "request").read_text("ascii"))
    subject = Subject(entry, evaluations)
    traces = [subject.played(case).watch.trace for case in cases]
    (folder / "answer").write_text(json.dumps(traces), "utf-8")
