"""Our evaluator beside the official package on the same artefacts, in one run; part of ``speed.py``.

The official package (jahs-bench 1.1.0) needs an old Python with its pins, for example 3.9 with numpy 1.21,
pandas 1.3, scikit-learn 1.0.2, xgboost 1.5.2, ConfigSpace 0.4.21 and joblib 1.1; it is started as a process of its own.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np

from harness.sources.foreign.names import Names
from harness.sources.foreign.official import read_layout
from harness.sources.models.evaluate import Program
from protocols.jahs.leaderboards import METRICS, TASKS
from protocols.jahs.space import FULL, SPACE

OFFICIAL = """
import json, sys, time
import jahs_bench
task, folder, rows = sys.argv[1], sys.argv[2], json.loads(sys.stdin.read())
benchmark = jahs_bench.Benchmark(task=task, kind="surrogate", download=False, save_dir=folder)
predict = lambda row: benchmark(dict(row), nepochs=200)[200]
values = [predict(row) for row in rows[:3]]
began = time.perf_counter()
for row in rows:
    predict(row)
print(json.dumps({"seconds": (time.perf_counter() - began) / len(rows), "values": values}))
"""


def compare(python: str, folder: Path, task: str, seconds: object) -> tuple[float, float, float]:
    """(official seconds, our seconds, largest relative difference) of one query of every metric of a task."""
    rng = np.random.default_rng(0)
    rows = [SPACE.sample(rng) | FULL for _ in range(100)]
    plain = [{k: v for k, v in row.items() if k != "epoch"} for row in rows]
    answer = subprocess.run(
        [python, "-W", "ignore", "-c", OFFICIAL, task, str(folder)],
        input=json.dumps(plain), capture_output=True, text=True, check=True,
    )  # fmt: skip
    theirs = json.loads(answer.stdout.splitlines()[-1])
    program = Program(read_layout(folder, Names(tuple(TASKS), METRICS)).tasks[task])
    ours = seconds(lambda: [program.one(row) for row in rows], 9).median / len(rows)  # type: ignore[operator]
    gaps = [
        abs(mine - theirs["values"][i][metric]) / abs(theirs["values"][i][metric])
        for i in range(3)
        for metric, mine in zip(program.metrics, program.one(rows[i]), strict=True)
    ]
    return theirs["seconds"], ours, max(gaps)
