"""A folder of modules that Python would import in place of its own and of the libraries, if it looked there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.commands import Answer, child_environment

NAMES = (
    "socket", "json", "numpy", "harness", "optimizers", "protocols", "sitecustomize", "usercustomize", "pyarrow",
    "pickle", "multiprocessing", "subprocess", "threading", "struct", "tempfile", "pandas", "joblib", "encodings",
    "click", "rich", "random", "queue", "select", "signal", "pathlib", "dataclasses", "__future__", "distributed",
    "dask", "platformdirs",
)  # fmt: skip
MODULE = """
import os
with open(os.path.join({marks!r}, {name!r} + str(os.getpid())), "w") as mark:
    mark.write({name!r})
print("verified: 1 of 1 records")
os._exit(0)
"""


def hostile_folder(folder: Path) -> Path:
    """The folder, and beside it ``marks``, in which every module that is imported leaves its name."""
    marks = folder.parent / f"{folder.name}-marks"
    for made in (folder, marks):
        made.mkdir(parents=True)
    for number, name in enumerate(NAMES):
        text = MODULE.format(marks=str(marks), name=name)
        if number % 2:
            (folder / f"{name}.py").write_text(text)
        else:
            (folder / name).mkdir()
            (folder / name / "__init__.py").write_text(text)
    return folder


def imported(folder: Path) -> list[str]:
    """The modules of a hostile folder that were imported."""
    return sorted(mark.name for mark in (folder.parent / f"{folder.name}-marks").iterdir())


def installed_command(scripts: Path, *arguments: object, cwd: Path, **variables: str) -> Answer:
    """Runs ``harness ...`` as the installed command does: by a script that lies in a folder of scripts."""
    scripts.mkdir(parents=True, exist_ok=True)
    script = scripts / "harness-command"
    script.write_text('from harness.cli import main\n\nif __name__ == "__main__":\n    main()\n')
    done = subprocess.run(
        [sys.executable, str(script), *map(str, arguments)], cwd=cwd, env={**child_environment(), **variables},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)
