"""Tests the lower bounds of extras: ``python tests/benchmarks/lower_bounds.py EXTRA ...``, by default of all below.

For each extra there is a new virtual environment, with the least version of every requirement of the extra that
``pyproject.toml`` allows, and whatever versions of other libraries go with them. In it the tests of the extra run, and
the conformance suite of its methods. ``--python`` is the interpreter of the environments, by default the one that runs
this. ``--keep`` is a folder that keeps the environments. A failure ends with the exit code 1.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import registry
from harness.benchmark.methods import MethodEntry

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
TESTS = {
    "botorch": ("methods/test_botorch.py",),
    "cmaes": ("methods/test_cmaes.py",),
    "dask": ("runs/test_dask.py", "runs/test_slurm.py"),
    "dehb": ("methods/test_dehb.py",),
    "fit": ("suites/jahs",),
    "gp": ("methods/test_gaussian_process.py", "methods/test_a_bohb.py", "methods/test_cost_aware.py"),
    "hpbandster": ("methods/test_hpbandster.py",),
    "hyperopt": ("methods/test_hyperopt.py",),
    "nevergrad": ("methods/test_nevergrad.py",),
    "optuna": ("methods/test_optuna.py",),
    "optuna-gp": ("methods/test_optuna.py",),
    "pymoo": ("methods/test_pymoo.py",),
    "smac": ("methods/test_smac.py",),
    "stats": ("statistics",),
    "syne-tune": ("methods/test_syne_tune.py",),
}
"""Extra -> the tests that are about it."""


def least(requirements: list[str]) -> list[str]:
    """``name==version`` of every ``name>=version``."""
    found = (re.match(r"([A-Za-z0-9._-]+)\s*>=\s*([^,;\s]+)", each) for each in requirements)
    return [f"{each[1]}=={each[2]}" for each in found if each is not None]


def commands(extra: str, python: str) -> list[list[str]]:
    """The commands to run in an extra's environment, one after the other."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    entries = [entry for entry in registry.methods().values() if entry.extra == extra]
    pip = [python, "-m", "pip", "install", "--quiet"]
    run = [python, "-m", "pytest", "-q", "-m", "", "-p", "no:cacheprovider"]
    return [
        [*pip, "-e", f"{ROOT}[{extra}]", "pytest", "hypothesis", *least(extras[extra])],
        *alone(entries, pip),
        [python, "-m", "pip", "freeze", "--exclude-editable"],
        [*run, *(f"tests/{each}" for each in TESTS[extra])],
        *([conformance(entries, run)] if entries else []),
    ]


def alone(entries: list[MethodEntry], pip: list[str]) -> list[list[str]]:
    """The command that installs libraries without their own dependencies, if there are any."""
    named = sorted({each.strip("'").replace(">=", "==") for entry in entries for each in entry.alone})
    return [[*pip, "--no-deps", *named]] if named else []


def conformance(entries: list[MethodEntry], run: list[str]) -> list[str]:
    """The command that tests the extra's methods as every method is tested."""
    names = " or ".join(entry.name for entry in entries)
    files = ("tests/methods/test_adapters.py", "tests/testing/test_conformance.py")
    return [*run, *files, "-k", f"({names}) and not beats"]


def main() -> int:
    """Tests every extra named; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extras", nargs="*", default=list(TESTS), metavar="EXTRA", help=", ".join(TESTS))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    failed = []
    for extra in given.extras:
        with tempfile.TemporaryDirectory() as folder:
            place = ((given.keep or Path(folder)) / extra).resolve()
            subprocess.run([given.python, "-m", "venv", str(place)], check=True)
            for command in commands(extra, str(place / "bin" / "python")):
                print("$", *command, flush=True)
                code = subprocess.run(command, cwd=ROOT).returncode
                if code not in (0, 5):  # 5: no test has such a name
                    failed.append(f"{extra}: {' '.join(command[2:4])} ended with {code}")
                    break
    print(*failed or ["all bounds hold"], sep="\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
