"""Writes what the package jahs-bench 1.1.0 answers on the official format's test artefacts, as JSON.

In an environment with Python 3.10, jahs-bench 1.1.0, numpy 1.22.4 and scipy 1.8.1:

    python tests/data/official/make_official.py FOLDER tests/data/official/jahs_bench.json

FOLDER is the one that has ``assembled_surrogates``.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

warnings.simplefilter("ignore")

import jahs_bench  # noqa: E402
from jahs_bench.lib.core import constants  # noqa: E402
from jahs_bench.lib.core.configspace import joint_config_space  # noqa: E402


def plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def answers(folder: str) -> Iterator[dict[str, Any]]:
    for task in ("cifar10", "fashion_mnist"):
        for metrics in (None, ["valid-acc", "runtime"]):
            made = jahs_bench.Benchmark(task=task, kind="surrogate", download=False, save_dir=folder, metrics=metrics)
            for seed in range(3):
                config = {name: plain(value) for name, value in made.sample_config(seed).items()}
                for nepochs, full in ((200, False), (3, True)):
                    told = made(config, nepochs=nepochs, full_trajectory=full)
                    yield {
                        "task": task, "metrics": metrics, "config": config, "nepochs": nepochs, "full": full,
                        "epoch types": sorted({type(epoch).__name__ for epoch in told}),
                        "value types": sorted({type(v).__name__ for row in told.values() for v in row.values()}),
                        "result": [[int(e), {k: float(v) for k, v in row.items()}] for e, row in told.items()],
                    }  # fmt: skip


def parameter(found: Any) -> dict[str, Any]:
    return {
        "kind": type(found).__name__,
        "default": plain(found.default_value),
        "choices": [plain(v) for v in getattr(found, "choices", getattr(found, "sequence", ()))],
        "low": getattr(found, "lower", None),
        "high": getattr(found, "upper", None),
        "log": getattr(found, "log", None),
    }


def main(folder: str, out: str) -> None:
    found = {
        "answers": list(answers(folder)),
        "tasks": {task.name: task.value for task in jahs_bench.BenchmarkTasks},
        "kinds": {kind.name: kind.value for kind in jahs_bench.BenchmarkTypes},
        "space": {hp.name: parameter(hp) for hp in joint_config_space.get_hyperparameters()},
        "constants": {
            name: getattr(constants, name)
            for name in ("datasets", "fidelity_params", "OP_NAMES", "EDGE_LIST", "nb201_to_ops", "ops_to_nb201")
        },
        "activations": list(constants.Activations.__members__),
    }
    with open(out, "w") as file:
        json.dump(found, file, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
