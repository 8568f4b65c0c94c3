"""The workflow that judges pull requests: whatever is submitted, it is read with read-only rights and never run."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.paths import ROOT

FILE = ROOT / ".github" / "workflows" / "verify.yml"
TEXT = FILE.read_text(encoding="utf-8")
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)
STEPS: list[dict[str, Any]] = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
RUNS: list[str] = [step["run"] for step in STEPS if "run" in step]
CHECKOUTS = [step["with"] for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
EXPRESSION = "${{"


def texts(value: Any) -> Iterator[str]:
    """Every text below a value, keys included."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    else:
        yield str(value)


def test_it_starts_on_pull_requests_without_the_rights_of_the_base() -> None:
    triggers = WORKFLOW[True]  # YAML 1.1 reads "on" as true
    assert set(triggers) == {"pull_request"}
    assert {"leaderboards/**", "results/**", ".github/workflows/verify.yml"} == set(triggers["pull_request"]["paths"])


def test_its_rights_are_to_read() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not [job for job in WORKFLOW["jobs"].values() if "permissions" in job]
    assert "secrets" not in TEXT


def test_it_ends() -> None:
    assert all(0 < job["timeout-minutes"] <= 60 for job in WORKFLOW["jobs"].values())


def test_every_action_is_pinned_to_a_commit() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name) for name in used)


def test_the_harness_is_that_of_the_base_and_the_data_lie_apart() -> None:
    base, submitted = CHECKOUTS
    assert base["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert base["path"] == "base"
    assert submitted["path"] == "submitted"
    assert "sparse-checkout" not in submitted, "what a pull request changes elsewhere would not be seen"
    for checkout in CHECKOUTS:
        assert checkout["persist-credentials"] is False
        assert not checkout.get("submodules")
        assert not checkout.get("lfs")


def test_nothing_but_the_base_is_installed_or_run() -> None:
    installs = [line for run in RUNS for line in run.splitlines() if "install" in line]
    assert installs == ["python -m pip install --quiet ./base"]
    assert not [step for step in STEPS if "working-directory" in step]
    for line in (line.strip() for run in RUNS for line in run.splitlines() if "submitted" in line):
        assert line.startswith("harness ")


def test_no_expression_reaches_a_shell() -> None:
    assert RUNS
    assert not [run for run in RUNS if EXPRESSION in run]
    everything = [text for text in texts(WORKFLOW) if EXPRESSION in text]
    assert everything == ["${{ github.event.pull_request.base.sha }}"]


def test_it_verifies_the_data_and_the_tables() -> None:
    commands = [line.strip() for run in RUNS for line in run.splitlines() if line.strip().startswith("harness ")]
    assert commands == [
        "harness leaderboard check submitted base",
        "harness verify --jobs 2 submitted",
        "harness leaderboard render --check "
        "--leaderboards submitted/leaderboards --results submitted/results/baselines",
    ]
    for run in RUNS:
        if "\nharness " in run:
            assert run.index("::stop-commands::") < run.index("\nharness ")


@pytest.mark.parametrize("run", RUNS)
def test_the_shell_understands_it(run: str) -> None:
    subprocess.run(["bash", "-n"], input=run, text=True, check=True)


def bash(run: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a step with a ``harness`` that prints its arguments."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "harness").write_text('#!/bin/sh\necho CALLED "$@"\n', encoding="utf-8")
    (tools / "harness").chmod(0o755)
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", run], cwd=folder, text=True, capture_output=True, check=False,
        env={"PATH": f"{tools}:/usr/bin:/bin"},
    )  # fmt: skip


def test_its_output_is_no_command_to_the_runner(tmp_path: Path) -> None:
    for run in RUNS[1:]:
        done = bash(run, tmp_path)
        token = re.match(r"::stop-commands::([0-9a-f]{32})\n", done.stdout)
        assert token
        assert "\nCALLED " in done.stdout
        assert done.stdout.endswith(f"::{token[1]}::\n")


def test_no_shell_tool_judges() -> None:
    """What is judged in Python is tested in Python: the shell only calls the harness."""
    words = {line.split()[0] for run in RUNS for line in run.splitlines()}
    assert words == {"python", "token=$(openssl", "echo", "trap", "harness"}
