"""``submit``: which records are taken, which are refused and in which words; a bundle is whole or absent."""

# ruff: noqa: ARG001, ARG002 - fixtures and methods whose arguments are given, not used

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

import harness
from harness import registry
from harness.errors import HarnessError, StorageError, SubmissionError, UnknownName, UsageError
from harness.runs import records
from harness.runs.execution.execute import execute
from harness.runs.execution.job import Job
from harness.runs.pairing import Choices, pair
from harness.runs.results import load_results
from harness.sources.models.surrogates import SurrogateSet
from harness.verify.api import verify
from harness.verify.states import file_digest, read_states
from harness.verify.submissions import FILE, Submission, Tuning, read_submission
from harness.verify.submissions.bundle import Bundle, submit
from harness.verify.submissions.selection import run_command
from support.commands import Answer
from support.handwritten import handwritten

Submit = Callable[..., Bundle]
NAME = "My Method"


def verdicts(folder: Path, findings: tuple[str, ...] = ()) -> Any:
    """What a verification without findings says."""
    found = [
        SimpleNamespace(sha256=file_digest(p), state="replayed", reproduced_seeds=()) for p in folder.rglob("*.parquet")
    ]
    return SimpleNamespace(verdicts=tuple(found), findings=findings)


@pytest.fixture(scope="module")
def made(clockwork: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random search on two leaderboards, ten seeds each, and Hyperband on one."""
    folder = tmp_path_factory.mktemp("results")
    for setting in ("bb", "mf"):
        harness.run("cifar10", setting, "random-search", seeds=10, surrogates=clockwork, results=folder)
    harness.run("fashion_mnist", "mf", "hyperband", seeds=10, surrogates=clockwork, results=folder)
    return folder


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    """A copy, to be changed."""
    return Path(shutil.copytree(made, tmp_path / "results"))


@pytest.fixture
def put(results: Path, tmp_path: Path) -> Submit:
    """``submit`` with what is required filled in."""

    def call(**changes: Any) -> Bundle:
        options = {"name": NAME, "url": "https://example.org", "contact": "ada@example.org", "method": "random-search",
                   "verify": verdicts, "results": results, "out": tmp_path / "out", **changes}  # fmt: skip
        return submit(options.pop("results"), options.pop("out"), **options)

    return call


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_bundle_holds_the_records_unchanged_the_manifest_and_what_verification_says(
    put: Submit, results: Path, tmp_path: Path, clockwork: SurrogateSet
) -> None:
    bundle = put(authors=["Ada", "Zoë"], version="3", licence="MIT", tuning=Tuning("p", 7, "none"))
    assert bundle.folder == tmp_path / "out" / "my-method"
    paths = [f"clockwork/cifar10/single/{setting}/random-search.parquet" for setting in ("bb", "mf")]
    assert files(tmp_path / "out") == [f"my-method/{p}" for p in [*paths, FILE, "verification.csv"]]
    for path in paths:
        assert (bundle.folder / path).read_bytes() == (results / path).read_bytes()
    assert read_submission(bundle.folder) == bundle.submission == Submission(
        rules="1.0", name=NAME, version="3", authors=("Ada", "Zoë"), url="https://example.org",
        contact="ada@example.org", licence="MIT", surrogates="clockwork", surrogates_hash=clockwork.hash,
        method="random-search", axis="", continuation=True, tuning=Tuning("p", 7, "none"),
    )  # fmt: skip
    states = read_states(bundle.folder)
    assert {(s.record, s.state, s.reproduced_seeds) for s in states.values()} == {(p, "replayed", ()) for p in paths}
    assert set(states) == {file_digest(bundle.folder / p) for p in paths}
    assert bundle.left_out == ("fashion_mnist/single/mf hyperband",)


def test_a_bundle_is_itself_a_results_folder(put: Submit) -> None:
    found = load_results(put().folder)
    assert not found.errors
    assert [r.spec.leaderboard for r in found] == ["cifar10/single/bb", "cifar10/single/mf"]


def test_the_axis_and_continuation_come_from_the_records(put: Submit, clockwork: SurrogateSet, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    harness.run("cifar10", "mf", "hyperband", seeds=10, surrogates=clockwork, results=folder, fidelity="N")
    s = put(results=folder, method=None).submission
    assert (s.method, s.axis, s.continuation) == ("hyperband", "N", True)
    for one in (folder, tmp_path / "third"):
        harness.run("cifar10", "mf", "hyperband", seeds=10, surrogates=clockwork, results=one, from_scratch=True)
    s = put(results=tmp_path / "third", method=None, replace=True).submission
    assert (s.method, s.axis, s.continuation) == ("hyperband[from-scratch]", "epoch", False)
    with pytest.raises(UsageError, match=r"several methods, choose one with --method: hyperband, hyperband\[from-"):
        put(results=folder, method=None)
    assert put(results=folder, method="hyperband[axis=N]", replace=True).submission.axis == "N"


def test_chosen_leaderboards_only(put: Submit) -> None:
    bundle = put(leaderboards=["cifar10/single/bb"])
    assert [r.spec.leaderboard for r in bundle.records] == ["cifar10/single/bb"]
    assert bundle.left_out == ("cifar10/single/mf random-search", "fashion_mnist/single/mf hyperband")


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"method": None}, UsageError, "of several methods, choose one with --method: hyperband, random-search"),
        ({"method": "tpe"}, UsageError, "no records of method 'tpe'; there are: hyperband, random-search"),
        ({"leaderboards": ["cifar10/single/xx"]}, UnknownName, "unknown leaderboard 'cifar10/single/xx'"),
        ({"leaderboards": ["cifar10/multi/bb"]}, UsageError, "no records of these leaderboards"),
        (
            {"leaderboards": ["cifar10/single/bb", "fashion_mnist/single/mf"]}, UsageError,
            "no records of random-search on fashion_mnist/single/mf",
        ),
        ({"name": "a|b"}, SubmissionError, "name 'a|b' is not a name"),
        ({"name": "hyperband"}, SubmissionError, "is the name of a method of the harness; choose another name"),
        ({"url": "example.org"}, SubmissionError, "url 'example.org' is not an http"),
        ({"deterministic": True}, SubmissionError, "its seeds have different ledgers; leave --deterministic out"),
    ],
)  # fmt: skip
def test_what_cannot_be_submitted_leaves_nothing_behind(
    put: Submit, tmp_path: Path, changes: dict[str, Any], kind: type[HarnessError], message: str
) -> None:
    with pytest.raises(kind, match=message.replace("|", r"\|").replace("[", r"\[")):
        put(**changes)
    assert not (tmp_path / "out").exists() or files(tmp_path / "out") == []


def test_an_incomplete_record_is_refused_with_the_command_that_completes_it(
    put: Submit, clockwork: SurrogateSet, tmp_path: Path
) -> None:
    folder = tmp_path / "some results"
    harness.run("cifar10", "mf", "hyperband", seeds="3-8", surrogates=clockwork, results=folder, fidelity="W",
                settings={"eta": 4})  # fmt: skip
    with pytest.raises(SubmissionError) as caught:
        put(results=folder, method=None)
    told = str(caught.value)
    assert "cifar10/single/mf hyperband[eta=4,axis=W]: it lacks seeds 0, 1, 2, 9 of 0 to 9; run: harness run" in told
    command = told.partition("run: ")[2].strip()
    assert command == (
        f"harness run --task cifar10 --objective single --setting mf --method hyperband --seeds 10 "
        f"--surrogates clockwork --results '{folder}' --set eta=4 --fidelity W"
    )


def test_seeds_beyond_ten_must_be_without_gaps_too(put: Submit, clockwork: SurrogateSet, results: Path) -> None:
    harness.run("cifar10", "bb", "random-search", seeds="12-12", surrogates=clockwork, results=results)
    with pytest.raises(SubmissionError, match=r"lacks seeds 10, 11 of 0 to 12; run: .* --seeds 13 "):
        put()


class Rare:
    """Fails on seed 4 of its class's counting, is otherwise random search."""

    made = 0

    def __init__(self, problem: Any, seed: int) -> None:
        self.space, self.rng = problem.space, np.random.default_rng(seed)
        Rare.made += 1
        self.fails = Rare.made == 4

    def ask(self) -> Any:
        if self.fails:
            raise ValueError("not today")
        return self.space.sample(self.rng)

    def tell(self, observation: Any) -> None:
        pass


class Same:
    """The same ledger for every seed."""

    def __init__(self, problem: Any, seed: int) -> None:
        self.space, self.rng = problem.space, np.random.default_rng(0)

    def ask(self) -> Any:
        return self.space.sample(self.rng)

    def tell(self, observation: Any) -> None:
        pass


def run_own(clockwork: SurrogateSet, folder: Path, made: Any, **options: Any) -> None:
    """Ten seeds of a handwritten method on the black-box leaderboard."""
    entry = handwritten(made)
    pairing = pair(registry.leaderboard_of("cifar10/single/bb"), clockwork, entry, Choices(**options))
    assert execute([Job(pairing, tuple(range(10)))], folder) == []


def test_failed_runs_are_refused_with_their_reason(put: Submit, clockwork: SurrogateSet, tmp_path: Path) -> None:
    Rare.made = 0
    run_own(clockwork, tmp_path / "r", Rare)
    message = (
        r"1 of its runs failed \(seed 3: mine raised ValueError: not today\); mend the method and run: harness run"
    )
    with pytest.raises(SubmissionError, match=message):
        put(results=tmp_path / "r", method=None)


def test_runs_of_other_spaces_or_several_workers_are_refused(
    put: Submit, clockwork: SurrogateSet, tmp_path: Path
) -> None:
    harness.run("cifar10", "bb", "random-search", seeds=10, surrogates=clockwork, results=tmp_path / "r", space="hpo",
                workers=2)  # fmt: skip
    with pytest.raises(SubmissionError) as caught:
        put(results=tmp_path / "r", method=None)
    told = str(caught.value)
    assert "it was run on the derived space 'hpo'; leaderboards are about the joint space; run: harness run" in told
    assert "it was run with 2 simulated workers; leaderboards are about one; run: harness run" in told
    assert "--space" not in told
    assert "--workers" not in told


def test_a_deterministic_method_says_so(put: Submit, clockwork: SurrogateSet, tmp_path: Path) -> None:
    run_own(clockwork, tmp_path / "r", Same)
    with pytest.raises(SubmissionError, match="same ledger; if the method is deterministic, add --deterministic"):
        put(results=tmp_path / "r", method=None)
    assert put(results=tmp_path / "r", method=None, deterministic=True).submission.deterministic


def test_a_seed_that_repeats_another_is_refused(put: Submit, clockwork: SurrogateSet, tmp_path: Path) -> None:
    class Twins(Same):
        def __init__(self, problem: Any, seed: int) -> None:
            self.space, self.rng = problem.space, np.random.default_rng(seed % 7)

    run_own(clockwork, tmp_path / "r", Twins)
    with pytest.raises(SubmissionError, match="some of its seeds have the same ledger"):
        put(results=tmp_path / "r", method=None)


def test_a_users_own_method(put: Submit, clockwork: SurrogateSet, tmp_path: Path) -> None:
    """It is named as for ``harness run``; its record holds a hash of the file and nothing of where it lay."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "my_method.py").write_text(
        "import numpy\n"
        "class Nearby:\n"
        "    def __init__(self, problem, seed):\n"
        "        self.space, self.rng = problem.space, numpy.random.default_rng(seed)\n"
        "    def ask(self):\n"
        "        return self.space.sample(self.rng)\n"
        "    def tell(self, observation):\n"
        "        pass\n",
        encoding="utf-8",
    )
    where = f"{home / 'my_method.py'}:Nearby"
    harness.run("cifar10", "bb", where, seeds=10, surrogates=clockwork, results=tmp_path / "r")
    bundle = put(results=tmp_path / "r", method=where)
    assert bundle.submission.method == "Nearby"
    (path,) = bundle.folder.rglob("*.parquet")
    for part in (str(tmp_path), str(home), os.path.expanduser("~") + "/"):
        assert part.encode() not in path.read_bytes()
    spec = bundle.records[0].spec
    assert spec.source is not None
    assert "--method path/to/file.py:Nearby " in run_command(spec, Path("r"), 10)


def test_a_setting_with_a_path_of_the_submitters_machine_is_refused(
    put: Submit, clockwork: SurrogateSet, tmp_path: Path
) -> None:
    class Warm(Same):
        def __init__(self, problem: Any, seed: int, *, start: str = "") -> None:
            super().__init__(problem, seed)

    run_own(clockwork, tmp_path / "r", Warm, settings={"start": "/home/ada/start.json"})
    with pytest.raises(SubmissionError, match=r"names a path of your machine \('/home/ada/start.json'\)"):
        put(results=tmp_path / "r", method=None, deterministic=True)


def rewrite(path: Path, **changes: Any) -> None:
    """A record with another spec, or other versions, whose own hash is right."""
    record = records.read(path)
    versions = changes.pop("versions", {})
    spec = {**record.spec.as_dict(), **changes}
    runs = {s: {**head, "versions": {**head["versions"], **versions}} for s, head in record.runs.items()}
    records.write(records.with_header(record.table, spec, runs), path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "1" * 64}, "source is nothing on cifar10/single/bb but 111111111111… on cifar10/single/mf"),
        ({"continuation": False}, "continuation is True on cifar10/single/bb but False on cifar10/single/mf"),
        ({"preset": {"a": 1}}, "preset is {} on cifar10/single/bb but {'a': 1} on cifar10/single/mf"),
        ({"versions": {"jahs-harness": "0.0.1"}}, "they were run with jahs-harness .* and 0.0.1; run them with one"),
        ({"versions": {"lib": "1"}}, None),
    ],
)
def test_records_of_different_methods_are_no_submission(
    put: Submit, results: Path, changes: dict[str, Any], message: str | None
) -> None:
    rewrite(results / "clockwork/cifar10/single/mf/random-search.parquet", **changes)
    if message is None:  # a library that only one board's runs had
        put()
        return
    with pytest.raises(SubmissionError, match=message):
        put()


def test_records_of_two_surrogate_sets_are_submitted_one_at_a_time(
    put: Submit, results: Path, toy_set: SurrogateSet
) -> None:
    harness.run("cifar10", "bb", "random-search", seeds=10, surrogates=toy_set, results=results)
    with pytest.raises(UsageError, match="of surrogate sets clockwork, toy; submit one at a time: --results"):
        put()
    assert put(results=results / "toy").submission.surrogates == "toy"


def test_two_axes_on_one_submission_are_refused(put: Submit, clockwork: SurrogateSet, tmp_path: Path) -> None:
    for task, axis in (("cifar10", "N"), ("fashion_mnist", "epoch")):
        harness.run(task, "mf", "hyperband", seeds=10, surrogates=clockwork, results=tmp_path / "r", fidelity=axis)
    with pytest.raises(SubmissionError, match=r"declares one fidelity axis .* N on cifar10/single/mf, epoch on fash"):
        put(results=tmp_path / "r", method=None)


def test_a_damaged_file_is_named(put: Submit, results: Path) -> None:
    path = results / "clockwork/cifar10/single/mf/random-search.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SubmissionError, match=r"cannot be read; move them away\n.*random-search.parquet"):
        put()


def test_runs_that_were_not_joined_are_refused(put: Submit, results: Path) -> None:
    path = results / "clockwork/cifar10/single/bb/random-search.parquet"
    record = records.read(path)
    rows = record.table.column("seed").value_counts()
    counts = dict(sorted((row["values"].as_py(), row["counts"].as_py()) for row in rows))
    part = records.Part(record.spec, record.runs, counts, record.table.replace_schema_metadata())
    records.put_part(records.encode(part), path, [*counts])
    path.unlink()
    with pytest.raises(SubmissionError, match="interrupted before they were joined; run: harness run"):
        put()


# ---- whole or absent


def test_findings_of_the_verification_refuse_the_bundle(put: Submit, tmp_path: Path) -> None:
    seen: list[Path] = []

    def refusing(folder: Path) -> Any:
        seen.append(folder)
        assert (folder / FILE).is_file()
        return verdicts(folder, tuple(f"{folder}/x seed {i} row 3: the accuracy is 1, not 2" for i in range(30)))

    with pytest.raises(SubmissionError) as caught:
        put(verify=refusing)
    told = str(caught.value).splitlines()
    assert told[0] == "verification refuses these records; nothing was written"
    assert told[1].strip() == f"{tmp_path}/out/my-method/x seed 0 row 3: the accuracy is 1, not 2"
    assert told[-1].strip() == "and 10 more"
    assert not seen[0].exists()
    assert list((tmp_path / "out").iterdir()) == []


def test_a_record_the_verification_is_silent_about_is_not_written(put: Submit, tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="verification says nothing about clockwork/cifar10/single/bb/random"):
        put(verify=lambda _: SimpleNamespace(verdicts=(), findings=()))
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_submission_leaves_nothing_behind_and_the_old_one_whole(
    put: Submit, tmp_path: Path, error: type[BaseException]
) -> None:
    def interrupted(folder: Path) -> Any:
        raise error

    old = put()
    before = {f: (old.folder / f).read_bytes() for f in files(old.folder)}
    with pytest.raises(error):
        put(verify=interrupted, replace=True, version="2")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["my-method"]
    assert {f: (old.folder / f).read_bytes() for f in files(old.folder)} == before


def test_an_old_submission_survives_a_failing_move(
    put: Submit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = put()
    real = os.rename

    def rename(source: Path, target: Path) -> None:
        if target == old.folder and source.name == "my-method":
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(StorageError, match="my-method: the disk is full"):
        put(replace=True, version="2")
    assert read_submission(old.folder).version == "1"
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["my-method"]


def test_a_submission_is_replaced_only_when_asked(put: Submit, tmp_path: Path) -> None:
    put()
    with pytest.raises(UsageError, match=r"there is a submission .*my-method already; replace it with --replace"):
        put(version="2")
    bundle = put(version="2", replace=True, leaderboards=["cifar10/single/bb"])
    assert read_submission(bundle.folder).version == "2"
    assert len(list(bundle.folder.rglob("*.parquet"))) == 1
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["my-method"]


def test_only_a_submission_is_ever_replaced(put: Submit, tmp_path: Path) -> None:
    (tmp_path / "out" / "my-method" / "thesis").mkdir(parents=True)
    with pytest.raises(UsageError, match="my-method is no submission and is not replaced"):
        put(replace=True)
    assert (tmp_path / "out" / "my-method" / "thesis").is_dir()


@pytest.mark.parametrize(
    ("out", "lands"),
    [
        ("leaderboards", "leaderboards/clockwork/submissions"),
        ("leaderboards/clockwork", "leaderboards/clockwork/submissions"),
        ("leaderboards/clockwork/", "leaderboards/clockwork/submissions"),
        ("leaderboards/clockwork/submissions", "leaderboards/clockwork/submissions"),
        ("clockwork", "clockwork/submissions"),
        ("elsewhere", "elsewhere"),
    ],
)
def test_where_a_submission_lands(put: Submit, tmp_path: Path, out: str, lands: str) -> None:
    assert put(out=tmp_path / out).folder == tmp_path / lands / "my-method"


@pytest.mark.parametrize("out", ["leaderboards/toy", "leaderboards/toy/submissions"])
def test_the_leaderboards_of_another_set_are_refused(put: Submit, tmp_path: Path, out: str) -> None:
    with pytest.raises(UsageError, match=r"are of surrogate set clockwork; their leaderboards are .*boards/clockwork,"):
        put(out=tmp_path / out)


def test_a_folder_that_cannot_be_written_to(put: Submit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"file.* cannot be written to"):
        put(out=tmp_path / "file" / "below")


# ---- the command


@pytest.fixture(scope="module")
def toy_results(toy_set: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seeds of random search."""
    folder = tmp_path_factory.mktemp("toy-results")
    harness.run("cifar10", "bb", "random-search", seeds=10, surrogates=toy_set, results=folder)
    return folder


WHO = ["--name", NAME, "--url", "https://example.org", "--contact", "ada@example.org"]


def test_the_command_bundles_what_verifies_and_says_what_is_declared(
    command: Callable[..., Answer], toy_results: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "leaderboards" / "toy" / "submissions" / "my-method"
    answer = command("submit", *WHO, "--results", toy_results, "--out", tmp_path / "leaderboards" / "toy")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"{folder}: 1 records, replayed without a finding\n")
    for said in ("ada@example.org", "nothing, with 0 evaluations (--tuned", "none (--meta-learning)", "10 seeds, ",
                 "harness leaderboard render", "CONTRIBUTING.md"):  # fmt: skip
        assert said in answer.out
    assert files(folder) == [FILE, "toy/cifar10/single/bb/random-search.parquet", "verification.csv"]
    assert [s.state for s in read_states(folder).values()] == ["replayed"]
    assert verify(folder, reproduce=0).ok
    again = command("submit", *WHO, "--results", toy_results, "--out", tmp_path / "leaderboards")
    assert again.code == 2
    assert "replace it with --replace" in again.err


def test_the_command_refuses_what_does_not_verify(
    command: Callable[..., Answer], toy_results: Path, tmp_path: Path
) -> None:
    results = Path(shutil.copytree(toy_results, tmp_path / "results"))
    (path,) = results.rglob("*.parquet")
    record = records.read(path)
    better = pc.add(record.table["valid-acc"], 1.0)
    table = record.table.set_column(
        record.table.column_names.index("valid-acc"), record.table.schema.field("valid-acc"), better
    )
    records.write(records.with_header(table, record.spec.as_dict(), record.runs), path)
    answer = command("submit", *WHO, "--results", results, "--out", tmp_path / "out")
    assert (answer.code, answer.out) == (1, "")
    assert "verification refuses these records; nothing was written" in answer.err
    assert "seed 0 row 0: valid-acc" in answer.err
    assert files(tmp_path / "out") == []


def test_what_was_tuned_comes_with_a_number(command: Callable[..., Answer], toy_results: Path, tmp_path: Path) -> None:
    answer = command("submit", *WHO, "--results", toy_results, "--out", tmp_path, "--tuned", "the step size")
    assert answer.code == 2
    assert "--tuned needs --tuning-evaluations" in answer.err
    answer = command("submit", "--name", NAME, "--results", toy_results, "--out", tmp_path)
    assert answer.code == 2
    assert "Missing option '--url'" in answer.err
    answer = command("submit", *WHO, "--results", tmp_path / "none", "--out", tmp_path)
    assert answer.code == 2
    assert "there is no results folder" in answer.err
