"""The files that a contributor and a release rely on: workflows, hooks, templates, the citation, the package's data."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

GITHUB = ROOT / ".github"
FILES = {path.stem: path for path in sorted((GITHUB / "workflows").iterdir())}
WORKFLOWS: dict[str, dict[Any, Any]] = {name: yaml.safe_load(path.read_bytes()) for name, path in FILES.items()}
FORMS = {path.stem: yaml.safe_load(path.read_bytes()) for path in (GITHUB / "ISSUE_TEMPLATE").glob("[!c]*.yml")}
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_bytes())["repos"][0]["hooks"]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
PYTHONS = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)]
EXPRESSION = "${{"


def triggers(name: str) -> dict[str, Any]:
    """What starts a workflow; YAML 1.1 reads "on" as true."""
    found: dict[str, Any] = WORKFLOWS[name][True]
    return found


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = WORKFLOWS[name]["jobs"]
    return found


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in jobs(name).values() for step in job["steps"]]


def runs(name: str) -> list[str]:
    """The commands of a workflow, line by line."""
    return [line.strip() for step in steps(name) for line in step.get("run", "").splitlines()]


def readme_command() -> list[str]:
    """The commands of the README's first block, without the installation."""
    block = re.search(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert block
    install, *rest = block[1].strip().split(" && ")
    assert install == "pip install ."
    return rest


def test_there_are_five_workflows() -> None:
    assert set(FILES) == {"tests", "lint", "docs", "wheels", "verify"}


@pytest.mark.parametrize("name", FILES)
def test_no_workflow_has_more_rights_than_it_needs(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    granted = {job: spec["permissions"] for job, spec in jobs(name).items() if "permissions" in spec}
    assert granted == ({"publish": {"id-token": "write"}} if name == "wheels" else {})
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(triggers(name))
    assert "secrets" not in FILES[name].read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_every_action_is_pinned_to_a_commit(name: str) -> None:
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"(actions|pypa)/[a-z-]+@[0-9a-f]{40}", action) for action in used)
    assert all(
        step["with"]["persist-credentials"] is False for step in steps(name) if "checkout" in step.get("uses", "")
    )


@pytest.mark.parametrize("name", FILES)
def test_no_expression_reaches_a_shell_and_the_shell_understands_the_rest(name: str) -> None:
    for text in (step["run"] for step in steps(name) if "run" in step):
        assert EXPRESSION not in text
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)


@pytest.mark.parametrize("name", FILES)
def test_every_job_ends(name: str) -> None:
    assert all(0 < job["timeout-minutes"] <= 60 for job in jobs(name).values())


def test_the_tests_run_on_every_system_and_python() -> None:
    matrix = jobs("tests")["tests"]["strategy"]["matrix"]
    assert matrix["python"] == PYTHONS
    assert [system.partition("-")[0] for system in matrix["os"]] == ["ubuntu", "macos", "windows"]
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    assert "pytest -n auto" in runs("tests")


def test_the_checks_before_a_commit_are_the_checks_of_lint() -> None:
    commands = [line for line in runs("lint") if not line.startswith("python -m pip")]
    assert commands == ["ruff check .", "ruff format --check .", "mypy"]
    assert [hook["entry"].removesuffix(" --force-exclude") for hook in HOOKS] == ["ruff check", "ruff format", "mypy"]
    assert all(hook["language"] == "system" and hook["id"] and hook["name"] for hook in HOOKS)


def test_the_documentation_is_built_strictly() -> None:
    assert runs("docs")[-1] == "mkdocs build --strict"


@pytest.mark.parametrize("name", ["tests", "lint", "docs"])
def test_every_extra_that_is_installed_exists(name: str) -> None:
    extras = [extra for line in runs(name) for extra in re.findall(r"'\.\[(\w+)\]'", line)]
    assert extras
    assert set(extras) <= set(PROJECT["optional-dependencies"])


@pytest.mark.parametrize("name", FILES)
def test_every_path_that_starts_a_workflow_exists(name: str) -> None:
    for event in triggers(name).values():
        for pattern in (event or {}).get("paths", []) + (event or {}).get("paths-ignore", []):
            assert next(ROOT.glob(pattern), None), pattern


def test_a_wheel_is_built_for_every_system_and_python() -> None:
    chosen = PYPROJECT["tool"]["cibuildwheel"]
    assert chosen["build"] == [f"cp{version.replace('.', '')}-*" for version in PYTHONS]
    built = {each["name"]: each["os"] for each in jobs("wheels")["wheels"]["strategy"]["matrix"]["include"]}
    assert set(built) == {"linux-x86_64", "linux-aarch64", "macos-arm64", "macos-x86_64", "windows-amd64"}
    assert (built["linux-aarch64"][-4:], built["macos-x86_64"][-6:]) == ("-arm", "-intel")  # native, not emulated


def test_a_wheel_has_the_compiled_core_and_runs_the_first_command() -> None:
    chosen = PYPROJECT["tool"]["cibuildwheel"]
    assert chosen["environment"] == {"HARNESS_REQUIRE_NATIVE": "1"}
    core = 'python -c "from harness.sources.models import _native"'
    assert chosen["test-command"] == [core, *readme_command()]
    test = next(step for step in jobs("wheels")["sdist"]["steps"] if step.get("name") == "Test it")
    assert test["env"] == chosen["environment"]
    assert test["run"].splitlines()[-3:] == chosen["test-command"]


def test_only_a_tag_publishes_and_what_was_tested() -> None:
    publish = jobs("wheels")["publish"]
    assert publish["if"] == "github.event_name == 'push' && startsWith(github.ref, 'refs/tags/v')"
    assert triggers("wheels")["push"] == {"tags": ["v*"]}
    assert (publish["environment"], publish["needs"]) == ("pypi", ["wheels", "sdist"])
    assert not [step for step in publish["steps"] if "checkout" in step.get("uses", "") or "install" in str(step)]


@pytest.mark.skipif(not shutil.which("cc"), reason="there is no compiler that could be missed")
@pytest.mark.parametrize("required", ["", "1"])
def test_without_a_compiler_a_build_fails_only_where_the_core_is_required(required: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--build-lib", "lib", "--build-temp", "temp"],
        cwd=copied_sources(tmp_path), capture_output=True, text=True, check=False,
        env={"CC": str(tmp_path / "none"), "HARNESS_REQUIRE_NATIVE": required, "PATH": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode != 0) == bool(required), done.stderr
    assert not list(tmp_path.rglob("*.so"))


def copied_sources(folder: Path) -> Path:
    """What the extension is built from."""
    models = Path("harness/sources/models")
    (folder / models).mkdir(parents=True)
    shutil.copy(ROOT / "setup.py", folder)
    for file in (ROOT / models).glob("*.[ch]"):
        shutil.copy(file, folder / models)
    return folder


@pytest.mark.parametrize("package", ["harness", "optimizers", "protocols"])
def test_every_package_tells_type_checkers_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
    assert "py.typed" in PYPROJECT["tool"]["setuptools"]["package-data"][package]
    assert "Typing :: Typed" in PROJECT["classifiers"]


def test_every_pattern_of_package_data_has_files() -> None:
    for package, patterns in PYPROJECT["tool"]["setuptools"]["package-data"].items():
        for pattern in patterns:
            assert next((ROOT / package).glob(pattern), None), pattern


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_bytes())
    assert (citation["cff-version"], citation["type"]) == ("1.2.0", "software")
    assert (citation["title"], citation["version"]) == (PROJECT["name"], PROJECT["version"])
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"]
    (paper,) = citation["references"]
    assert [author["family-names"] for author in paper["authors"]] == ["Bansal", "Stoll", "Janowski", "Zela", "Hutter"]
    assert (paper["url"], paper["repository-code"]) == (PROJECT["urls"]["Paper"], PROJECT["urls"]["Benchmark"])


def test_the_issue_forms_ask_for_what_they_need() -> None:
    assert set(FORMS) == {"bug", "wrong_number", "proposal"}
    for form in FORMS.values():
        assert {"name", "description", "labels", "body"} == set(form)
        asked = [field for field in form["body"] if field["type"] != "markdown"]
        assert {field["type"] for field in asked} <= {"input", "textarea", "dropdown", "checkboxes"}
        names = [field["id"] for field in asked]
        assert len(set(names)) == len(names)
        assert all(field["attributes"]["label"] for field in asked)
        assert any(field.get("validations", {}).get("required") for field in asked)


def test_the_pull_request_template_is_for_code_and_for_entries() -> None:
    text = (GITHUB / "pull_request_template.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "A change of code or documentation",
        "An entry for the leaderboards",
    ]
