"""The direction of dependencies and the sources of nondeterminism, read off the syntax trees."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from harness.cli import COMMANDS
from optimizers import METHODS
from protocols.jahs import TASKS
from support.commands import child_environment
from support.paths import ROOT

PACKAGES = ("harness", "optimizers", "protocols")
FILES = sorted(p.relative_to(ROOT) for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
REAL_TIME = {"timing.py", "download.py", "importing.py"}
"""Modules that may know real time: what a method spends, pauses of a download, the date of an import."""
RANDOM_SOURCES = {Path("harness/base/seeding.py")}
"""The one module that makes generators from names."""

HARNESS = [file for file in FILES if file.parts[0] == "harness"]
TESTING = Path("harness/testing")
"""The conformance suite: a test suite that ships, with a test suite's liberties."""


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), str(file))


def imported(file: Path) -> Iterator[str]:
    """Full dotted names of everything a file imports, wherever the import stands."""
    package = ".".join(file.with_suffix("").parts[:-1])
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


LAYERS = (
    ("errors",),
    ("base",),
    ("benchmark",),
    ("scores",),
    ("sources",),
    ("suites",),
    ("registry",),
    ("runs", "statistics"),
    ("verify", "testing", "compat"),
    ("reports",),
    ("cli",),
)
"""The rooms of the harness from the ground up: a module imports from its own room and from rooms of lower layers."""

LAZY_LIBRARIES = {
    "ConfigSpace": "an extra, for a space of this library",
    "ax": "for a space of this library, which no extra has",
    "nevergrad": "for a space of this library, which no extra has",
    "optuna": "an extra, for a space of this library",
    "pymoo": "an extra, for a space of this library",
    "skopt": "for a space of this library, which no extra has",
    "dask": "an extra, for --cluster",
    "dask_jobqueue": "an extra, for --cluster slurm",
    "distributed": "an extra, for --cluster",
    "yaml": "an extra, for SLURM's configuration",
    "filelock": "needed to write results alone",
    "pyarrow": "slow to import, and many commands read no parquet",
    "scipy": "an extra, for statistics and correlations",
    "pandas": "slow to import, and many commands need no frame",
    "joblib": "slow to import, and needed for --jobs alone",
    "rich": "slow to import, and needed to print tables and progress alone",
}
"""Libraries that may be imported inside a function, and why."""

LAZY_MODULES = {
    "harness/runs/execution/executors/__init__.py": "each executor needs a library of its own, most of them extras",
}
"""Modules that import others of the harness inside a function, besides the commands, and why."""

CLI = Path("harness/cli")
"""Here the functions that run a command may import: so ``--help`` of every command answers at once."""


def module_of(file: Path) -> str:
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(file): file for file in HARNESS}


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def edges(file: Path) -> Iterator[tuple[str, bool]]:
    """Modules of the harness that a file imports, wherever the import stands, and whether it is inside a function."""
    inside = {
        id(node)
        for function in ast.walk(tree(file)) if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }  # fmt: skip
    for node in ast.walk(tree(file)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: imports are absolute"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else str(node.module) for name in whole]
        yield from ((name, id(node) in inside) for name in names)


def test_every_room_has_a_layer() -> None:
    rooms = {room_of(module) for module in MODULES} - {""}
    assert rooms == {room for layer in LAYERS for room in layer}


def test_the_house_has_at_most_sixteen_entries() -> None:
    shown = {path.name for path in (ROOT / "harness").iterdir() if path.name != "__pycache__"}
    assert len(shown) <= 16, sorted(shown)


def test_no_module_imports_from_a_room_above_or_beside_its_own() -> None:
    layer = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
    for file in HARNESS:
        own = room_of(module_of(file))
        for name, _ in edges(file):
            other = room_of(name) if name.startswith("harness.") else own
            if own and other != own:  # harness/__init__.py names its exports for type checkers only
                assert layer[other] < layer[own], f"{file} imports {name}"


def test_no_import_closes_a_circle() -> None:
    """Imports inside functions count too."""
    wanted = {module: {name for name, _ in edges(file)} & set(MODULES) for module, file in MODULES.items()}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for other in sorted(wanted[module] - {module}):
                visit(other, (*path, module))
            done.add(module)

    for module in MODULES:
        if module != "harness":
            visit(module, ())


def test_no_import_hides_in_a_function_without_a_reason() -> None:
    needed = set()
    for file in HARNESS:
        for name, hidden in edges(file):
            if not hidden or TESTING in file.parents:
                continue
            top = name.split(".")[0]
            if top == "harness":
                if CLI not in file.parents:
                    needed.add(file.as_posix())
                    assert file.as_posix() in LAZY_MODULES, f"{file} imports {name} in a function"
            elif top not in {*sys.stdlib_module_names, "tomllib"}:
                needed.add(top)
                assert top in LAZY_LIBRARIES, f"{file} imports {name} in a function"
    assert needed == {*LAZY_LIBRARIES, *LAZY_MODULES}, "every exception is used"


def test_there_is_something_to_check() -> None:
    assert {Path("harness/runs/runner.py"), Path("optimizers/hyperband.py"), Path("protocols/jahs/space.py")} <= set(
        FILES
    )


def test_dependencies_point_to_the_harness() -> None:
    """protocols -> harness <- optimizers; nothing else."""
    for file in FILES:
        others = {*PACKAGES} - {file.parts[0], "harness"}
        assert not others & {name.split(".")[0] for name in imported(file)}, file


ITS_OWN_WORD = Path("harness/cli/listing.py")
"""``harness list protocols`` lists the protocols, not the package of that name."""


def test_the_harness_names_the_other_packages_in_the_registry_only() -> None:
    naming = {
        file for file in HARNESS
        if file != ITS_OWN_WORD
        and any(text.split(".")[0] in ("optimizers", "protocols") for text in strings(file) if " " not in text)
    }  # fmt: skip
    listing = Path("harness/cli/listing.py")  # the list of protocols is called by that very word
    assert naming - {listing} == {Path("harness/registry.py")}


def strings(file: Path) -> list[str]:
    """String constants that are no docstrings."""
    syntax = tree(file)
    prose = set()
    for node in ast.walk(syntax):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            prose.add(id(node.value))
    return [
        node.value
        for node in ast.walk(syntax)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]


def test_the_harness_knows_no_method_and_no_task_by_name() -> None:
    for file in HARNESS:
        if "foreign" not in file.parts:  # the official files have the tasks' names
            assert not {*METHODS, *TASKS} & set(strings(file)), file


def calls_and_attributes(file: Path) -> Iterator[str]:
    """Dotted names used in a file, such as ``np.random.rand`` or ``hash``."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute):
            parts: list[str] = [node.attr]
            value = node.value
            while isinstance(value, ast.Attribute):
                parts.append(value.attr)
                value = value.value
            if isinstance(value, ast.Name):
                yield ".".join([value.id, *reversed(parts)])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def test_nothing_but_timing_reads_real_time() -> None:
    for file in FILES:
        if file.parts[0] != "harness" or file.name not in REAL_TIME:
            assert not {"time", "datetime"} & {name.split(".")[0] for name in imported(file)}, file


def test_nothing_depends_on_hash_seeds() -> None:
    assert not [file for file in FILES if "hash" in set(calls_and_attributes(file))]


GENERATORS = {"default_rng", "Generator", "PCG64", "BitGenerator", "SeedSequence", "RandomState", "mtrand"}


def guards_global_state(file: Path) -> bool:
    """Adapters of libraries that insist on the global generators, and what tests them, must save and restore those."""
    used = set(calls_and_attributes(file))
    fenced = file.parts[0] == "optimizers" or TESTING in file.parents
    return fenced and any(name.endswith(("getstate", "get_state")) for name in used)


def test_randomness_is_an_injected_generator() -> None:
    for file in FILES:
        if not guards_global_state(file):
            assert not {"random", "secrets", "uuid"} & {name.split(".")[0] for name in imported(file)}, file
            used = {name for name in calls_and_attributes(file) if name.startswith(("np.random.", "numpy.random."))}
            assert {name.split(".")[2] for name in used} <= GENERATORS, file


def test_the_harness_makes_generators_in_seeding_only() -> None:
    for file in HARNESS:
        if file not in RANDOM_SOURCES and TESTING not in file.parents:
            made = {n for n in calls_and_attributes(file) if n.endswith(("default_rng", "PCG64", "RandomState"))}
            assert not made, file


def narrows(node: ast.Assert) -> bool:
    """``assert x is not None`` tells the type checker what is known already."""
    return isinstance(node.test, ast.Compare) and isinstance(node.test.ops[0], ast.IsNot)


def test_no_validation_by_assert() -> None:
    """``python -O`` drops asserts."""
    for file in FILES:
        if TESTING not in file.parents:
            asserts = [node for node in ast.walk(tree(file)) if isinstance(node, ast.Assert)]
            assert not [node.lineno for node in asserts if not narrows(node)], file


UNPICKLES = {
    Path("harness/runs/execution/executors/local.py"): "processes of --jobs read what they are asked",
    Path("harness/base/byvalue.py"): "a process that this one starts reads a class of its session",
}
"""Besides the conformance suite, which hands plays to processes of its own that way."""


def test_nothing_unpickles_what_it_did_not_pickle() -> None:
    """Nothing that reads a user's file, or what a method's process answers, may."""
    dangerous = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal"}
    for file in FILES:
        if TESTING not in file.parents and file not in UNPICKLES:
            assert not dangerous & {name.split(".")[0] for name in imported(file)}, file
        used = set(calls_and_attributes(file))
        assert not {"joblib.load", "pd.read_pickle", "np.load", "eval", "exec"} & used, file


def modules_after(*arguments: str) -> set[str]:
    """The packages that are imported once ``harness`` has answered."""
    return {name.split(".")[0] for name in every_module_after(*arguments)}


def every_module_after(*arguments: str) -> set[str]:
    """The modules that are imported once ``harness`` has answered."""
    code = (
        "import sys\n"
        "from harness.cli import main\n"
        "try:\n"
        f"    main({list(arguments)!r})\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "print('MODULES', *sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=child_environment(), capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("MODULES")[2].split())


HEAVY = {"numpy", "pandas", "pyarrow", "matplotlib", "scipy", "rich", "joblib", "xgboost", "sklearn"}


def test_help_imports_no_library_but_that_of_the_command_line() -> None:
    assert not HEAVY & modules_after("--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_imports_nothing_heavy(command: str) -> None:
    assert not HEAVY & modules_after(command, "--help")


def test_listing_studies_imports_no_matplotlib() -> None:
    assert "matplotlib" not in modules_after("study")


@pytest.mark.parametrize("kind", ["tasks", "leaderboards", "methods"])
def test_listing_imports_no_optimizer_library(kind: str) -> None:
    libraries = {"smac", "ConfigSpace", "optuna", "hpbandster", "pymoo", "xgboost", "sklearn", "torch", "cmaes", "dehb"}
    libraries |= {"botorch", "hyperopt", "nevergrad", "syne_tune", "neps"}
    assert not (libraries | {"matplotlib", "pyarrow"}) & modules_after("list", kind)


OF_READERS = {"urllib.request", "http.client", "ssl", "tarfile", "tomllib", "tomli", "harness.sources.obtain.fetch",
              "harness.sources.foreign.machine", "harness.sources.tables.making", "multiprocessing"}  # fmt: skip
"""Modules that only commands need which fetch, import or write tables, or start processes."""


@pytest.mark.parametrize("kind", ["tasks", "leaderboards", "methods", "protocols", "suites"])
def test_listing_imports_no_reader_of_what_others_wrote(kind: str) -> None:
    looked_up = {"email", "importlib.metadata"}  # which libraries are installed, and their versions
    heavy = (OF_READERS - looked_up) | {"pandas"} | (set() if kind == "methods" else looked_up)
    assert not heavy & every_module_after("list", kind)


def test_a_run_imports_no_reader_of_what_others_wrote_and_no_pandas(tmp_path: Path) -> None:
    """Neither to run, nor to find that nothing is left to run. Arrow itself imports ``ssl``."""
    words = ("run", "--task", "cifar10", "--setting", "bb", "--seeds", "2", "--results", str(tmp_path))
    for _ in range(2):
        assert not (OF_READERS - {"ssl"} | {"pandas", "pyarrow.compute"}) & every_module_after(*words)


def test_importing_the_harness_imports_nothing_heavy() -> None:
    code = "import sys, harness; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=child_environment(), capture_output=True, text=True, check=True
    )
    assert not HEAVY & {name.split(".")[0] for name in done.stdout.split()}


def test_every_public_name_of_the_harness_can_be_had() -> None:
    import harness

    assert all(getattr(harness, name) is not None for name in harness.__all__)
    assert set(harness.__all__) <= set(dir(harness))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        harness.nonsense  # noqa: B018
