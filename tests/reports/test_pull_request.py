"""``harness leaderboard check``: what a pull request may add and change, and everything it may not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.reports.tables.pull_request import check
from harness.reports.tables.render import render
from harness.sources.models.surrogates import SurrogateSet
from harness.verify.states import FILE, State, file_digest, write_states
from harness.verify.submissions import Submission, write_submission
from support.commands import Answer, in_process
from support.made_records import around, put

BOARD = "cifar10/single/bb"
HOME = Path("leaderboards/clockwork/submissions")


def rendered(top: Path) -> None:
    for path, text in render(top / "results" / "baselines", top / "leaderboards").files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def submit(top: Path, made: SurrogateSet, name: str, accuracy: float, state: str = "replayed") -> Path:
    """A submission as ``harness submit`` leaves it."""
    declared = Submission(
        rules="1.0", name=name, version="1", authors=("A",), url="https://example.org", contact="https://example.org",
        licence="MIT", surrogates="clockwork", surrogates_hash=made.hash, method="mine.X", axis="", continuation=True,
    )  # fmt: skip
    home = top / HOME / declared.slug
    home.mkdir(parents=True, exist_ok=True)
    write_submission(home, declared)
    path = put(home, made, BOARD, "mine.X", around(accuracy), source="0123456789abcdef" * 4)
    path.with_name(".lock").unlink()
    seeds = (3,) if state == "reproduced" else ()
    write_states(home, [State(path.relative_to(home).as_posix(), file_digest(path), state, seeds, "0.1.0")])
    return home


@pytest.fixture(scope="module")
def origin(clockwork: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The main branch: two baselines, one submission that was reproduced, tables, and code."""
    top = tmp_path_factory.mktemp("origin")
    for method, accuracy in (("one", 90.0), ("two", 91.0)):
        put(top / "results" / "baselines", clockwork, BOARD, method, around(accuracy))
    submit(top, clockwork, "Old", 92.0, "reproduced")
    rendered(top)
    (top / "leaderboards/clockwork/published.csv").write_text(
        "leaderboard,method,quantity,value,se,source,url\n", encoding="utf-8"
    )
    (top / "code.py").write_text("1\n", encoding="utf-8")
    (top / "tools").mkdir()
    (top / "tools" / "more.py").write_text("2\n", encoding="utf-8")
    return top


@pytest.fixture
def base(origin: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(origin, tmp_path / "base"))


@pytest.fixture
def tree(origin: Path, clockwork: SurrogateSet, tmp_path: Path) -> Path:
    """The same with an honest submission."""
    top = Path(shutil.copytree(origin, tmp_path / "tree"))
    submit(top, clockwork, "New", 93.0)
    rendered(top)
    return top


def test_an_honest_submission_is_in_order(tree: Path, base: Path) -> None:
    found, problems = check(tree, base)
    assert problems == []
    assert set(found.changed) == {f"leaderboards/clockwork/{name}" for name in ("README.md", "scores.csv")}
    assert sorted(found.added) == [
        f"{HOME}/new/clockwork/{BOARD}/mine.X.parquet", f"{HOME}/new/submission.toml", f"{HOME}/new/{FILE}"
    ]  # fmt: skip


def test_a_checkout_of_the_data_alone_is_in_order(tree: Path, base: Path) -> None:
    (tree / "code.py").unlink()
    shutil.rmtree(tree / "tools")
    assert check(tree, base)[1] == []


def test_a_submission_may_be_corrected_and_withdrawn(tree: Path, base: Path, clockwork: SurrogateSet) -> None:
    shutil.rmtree(tree / HOME / "new")
    submit(tree, clockwork, "Old", 93.0)
    rendered(tree)
    assert check(tree, base)[1] == []
    shutil.rmtree(tree / HOME / "old")
    rendered(tree)
    assert check(tree, base)[1] == []


def test_what_was_reproduced_before_may_stay_so(tree: Path, base: Path, clockwork: SurrogateSet) -> None:
    shutil.rmtree(tree / HOME / "new")
    home = tree / HOME / "old"
    path = put(home, clockwork, "cifar10/single/ca", "mine.X", around(90.0), source="0123456789abcdef" * 4)
    path.with_name(".lock").unlink()
    [old] = home.rglob("bb/*.parquet")
    write_states(
        home,
        [
            State(path.relative_to(home).as_posix(), file_digest(path), "replayed", (), "0.1.0"),
            State(old.relative_to(home).as_posix(), file_digest(old), "reproduced", (3,), "0.1.0"),
        ],
    )
    rendered(tree)
    assert check(tree, base)[1] == []


def states(tree: Path, change: Callable[[str], str]) -> None:
    path = tree / HOME / "new" / FILE
    path.write_bytes(change(path.read_text(encoding="utf-8")).encode())


def reproduced(tree: Path) -> None:
    states(tree, lambda text: text.replace("replayed,,", "reproduced,3,"))


def quoted(tree: Path) -> None:
    states(tree, lambda text: text.replace("replayed,,", '"repro"duced,3,'))


def carriage_returns(tree: Path) -> None:
    states(tree, lambda text: text.replace("replayed,,", "reproduced,3,").replace("\n", "\r"))


def unknown_state(tree: Path) -> None:
    states(tree, lambda text: text.replace("replayed", "perfect"))


def seeds_named(tree: Path) -> None:
    states(tree, lambda text: text.replace("replayed,,", "replayed,3,"))


def of_another_record(tree: Path) -> None:
    [other] = (tree / HOME / "old").rglob("*.parquet")
    [own] = (tree / HOME / "new").rglob("*.parquet")
    states(tree, lambda text: text.replace(file_digest(own), file_digest(other)))


def in_the_baselines(tree: Path) -> None:
    [own] = (tree / HOME / "new").rglob("*.parquet")
    write_states(tree / "results" / "baselines", [State("x", file_digest(own), "reproduced", (3,), "0.1.0")])


def above_submissions(tree: Path) -> None:
    [own] = (tree / HOME / "new").rglob("*.parquet")
    write_states(tree / "leaderboards", [State("x", file_digest(own), "reproduced", (3,), "0.1.0")])


def others_state(tree: Path) -> None:
    """The line of another submission, copied."""
    old = (tree / HOME / "old" / FILE).read_text(encoding="utf-8")
    states(tree, lambda _: old)


def record_in_the_baselines(tree: Path) -> None:
    [own] = (tree / HOME / "new").rglob("*.parquet")
    target = tree / "results" / "baselines" / "clockwork" / BOARD / "mine.X.parquet"
    shutil.move(own, target)


def baseline_changed(tree: Path) -> None:
    path = tree / "results" / "baselines" / "clockwork" / BOARD / "one.parquet"
    path.write_bytes(path.read_bytes() + b"x")


def baseline_removed(tree: Path) -> None:
    (tree / "results" / "baselines" / "clockwork" / BOARD / "one.parquet").unlink()


def baseline_copied(tree: Path) -> None:
    [own] = (tree / HOME / "new").rglob("*.parquet")
    shutil.copy(tree / "results" / "baselines" / "clockwork" / BOARD / "one.parquet", own)


def inner_manifest(tree: Path) -> None:
    shutil.copy(tree / HOME / "new" / "submission.toml", tree / HOME / "new" / "clockwork" / BOARD)


def inner_states(tree: Path) -> None:
    shutil.copy(tree / HOME / "new" / FILE, tree / HOME / "new" / "clockwork")


def no_manifest(tree: Path) -> None:
    (tree / HOME / "new" / "submission.toml").unlink()


def bad_manifest(tree: Path) -> None:
    (tree / HOME / "new" / "submission.toml").write_text("name = 3\n", encoding="utf-8")


def stray(name: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n", encoding="utf-8")

    change.__name__ = name
    return change


def link(name: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).unlink(missing_ok=True)
        (tree / name).symlink_to("/etc/hostname")

    return change


def folder_link(tree: Path) -> None:
    (tree / HOME / "new" / "more").symlink_to("/etc")


def pipe(tree: Path) -> None:
    os.mkfifo(tree / HOME / "new" / "pipe")


def submodule(tree: Path) -> None:
    """What a checkout makes of a submodule that is not fetched."""
    (tree / HOME / "new" / "clockwork" / "more").mkdir()


def page_edited(tree: Path) -> None:
    path = tree / "leaderboards/clockwork/README.md"
    path.write_text(path.read_text(encoding="utf-8").replace("# Leaderboards", "# Buy", 1), encoding="utf-8")


def page_with_markers(tree: Path) -> None:
    path = tree / "leaderboards/clockwork/README.md"
    text = path.read_text(encoding="utf-8") + "\n<!-- BEGIN mine -->\nBuy.\n<!-- END mine -->\n"
    path.write_text(text, encoding="utf-8")


def page_without_markers(tree: Path) -> None:
    path = tree / "leaderboards/clockwork/README.md"
    path.write_text(path.read_text(encoding="utf-8").replace("<!-- END overview -->\n", "", 1), encoding="utf-8")


def page_removed(tree: Path) -> None:
    (tree / "leaderboards/clockwork/README.md").unlink()


def published(tree: Path) -> None:
    path = tree / "leaderboards/clockwork/published.csv"
    path.write_text(path.read_text(encoding="utf-8") + "x\n", encoding="utf-8")


def renamed(name: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        path = tree / HOME / "new" / "submission.toml"
        path.write_text(path.read_text(encoding="utf-8").replace('"New"', f'"{name}"'), encoding="utf-8")

    return change


def named_like_another(tree: Path) -> None:
    renamed("0LD")(tree)
    (tree / HOME / "new").rename(tree / HOME / "0ld")


def another_set(tree: Path) -> None:
    path = tree / HOME / "new" / "submission.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"clockwork"', '"lite-1"'), encoding="utf-8")


def new_set(tree: Path) -> None:
    (tree / "leaderboards" / "mine" / "submissions").mkdir(parents=True)
    (tree / HOME / "new").rename(tree / "leaderboards" / "mine" / "submissions" / "new")


def two_submissions(tree: Path) -> None:
    shutil.rmtree(tree / HOME / "old")


def no_record(tree: Path) -> None:
    shutil.rmtree(tree / HOME / "new" / "clockwork")
    states(tree, lambda text: text.splitlines()[0] + "\n")


def executable(name: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        (tree / name).chmod(0o755)

    change.__name__ = f"executable {name}"
    return change


def code_removed(tree: Path) -> None:
    """In a checkout of the repository, which holds more than the data."""
    (tree / "code.py").unlink()
    (tree / ".git").write_text("gitdir: /somewhere\n", encoding="utf-8")


def some_code_removed(tree: Path) -> None:
    (tree / "tools" / "more.py").unlink()


def replaced_by_a_submodule(tree: Path) -> None:
    some_code_removed(tree)
    assert not list((tree / "tools").iterdir())


def no_states(tree: Path) -> None:
    (tree / HOME / "new" / FILE).unlink()


def states_of_nothing(tree: Path) -> None:
    states(tree, lambda text: text.splitlines(keepends=True)[0])


def judged_by(version: str) -> Callable[[Path], None]:
    return lambda tree: states(tree, lambda text: text.replace("0.1.0", version))


def many(tree: Path) -> None:
    for number in range(1001):
        (tree / HOME / "new" / "clockwork" / BOARD / f"a{number}.parquet").write_bytes(b"%d" % number)


def huge(tree: Path) -> None:
    path = tree / HOME / "new" / "clockwork" / BOARD / "huge.parquet"
    path.write_bytes(b"")
    os.truncate(path, 2**30 + 1)


def comment(text: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        with (tree / HOME / "new" / "submission.toml").open("a", encoding="utf-8") as file:
            file.write(f"# {text}\n")

    return change


NEW = str(HOME / "new")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            reproduced,
            f"{NEW}/{FILE}: it calls 'clockwork/{BOARD}/mine.X.parquet' reproduced; a submission says replayed",
        ),
        (quoted, "is no verification file"),
        (carriage_returns, "is no verification file"),
        (unknown_state, "a state is one of replayed, reproduced, not 'perfect'"),
        (seeds_named, "that were run again; a submission names none"),
        (of_another_record, "which is not there or has another SHA-256"),
        (others_state, "reproduced; a submission says replayed and no more"),
        (in_the_baselines, f"results/baselines/{FILE}: the baselines are not for a submission to change"),
        (above_submissions, f"leaderboards/{FILE}: this is not for a submission to change"),
        (record_in_the_baselines, "mine.X.parquet: the baselines are not for a submission to change"),
        (baseline_changed, "one.parquet: the baselines are not for a submission to change"),
        (baseline_removed, "one.parquet: the baselines are not for a submission to change"),
        (baseline_copied, "mine.X.parquet: it is a copy of results/baselines/"),
        (inner_manifest, "and nothing else; the one submission.toml stands at its top"),
        (inner_states, "and nothing else; the one verification.csv stands at its top"),
        (no_manifest, "submission.toml: there is no such file"),
        (bad_manifest, "submission.toml: "),
        (stray(f"{NEW}/notes.txt"), "notes.txt: a submission holds records"),
        (stray(f"{NEW}/README.md"), "README.md: a submission holds records"),
        (stray(f"{NEW}/.hidden"), ".hidden: a submission holds records"),
        (stray(f"{NEW}/clockwork/x.parquet"), "clockwork/x.parquet: a submission holds records"),
        (stray(f"{NEW}/clockwork/{BOARD}/.x.parquet"), ".x.parquet: a submission holds records"),
        (stray(f"{NEW}/clockwork/{BOARD}/MINE.X.parquet"), "the same name but for capital letters"),
        (stray(f"{HOME}/notes.txt"), "notes.txt: this is not for a submission to change"),
        (stray("leaderboards/clockwork/notes.txt"), "notes.txt: this is not for a submission"),
        (stray("leaderboards/other/README.md"), "there are no leaderboards of 'other' yet"),
        (stray("results/other/x.parquet"), "the baselines are not for a submission"),
        (code_removed, "code.py: this is not for a submission to change"),
        (some_code_removed, "tools/more.py: this is not for a submission to change"),
        (replaced_by_a_submodule, "tools/more.py: this is not for a submission to change"),
        (executable(f"{NEW}/submission.toml"), "submission.toml: it is marked as executable; data are not"),
        (executable("leaderboards/clockwork/README.md"), "README.md: it is marked as executable"),
        (executable("code.py"), "code.py: it is marked as executable"),
        (executable(f"results/baselines/clockwork/{BOARD}/one.parquet"), "one.parquet: it is marked as executable"),
        (no_states, f"{FILE}: it has no line for clockwork/{BOARD}/mine.X.parquet"),
        (states_of_nothing, f"{FILE}: it has no line for clockwork/{BOARD}/mine.X.parquet"),
        (judged_by("9.9.9"), "it says that harness '9.9.9' judged"),
        (judged_by("perfect"), "it says that harness 'perfect' judged"),
        (many, "it holds 1,004 files; a submission has at most 1,000"),
        (huge, "huge.parquet: it has more than 1,073,741,824 bytes, which no record has"),
        (comment("\u202e1 = version"), "submission.toml: line 22 has a control or invisible character, '\\u202e'"),
        (comment("a\u200bb"), "has a control or invisible character, '\\u200b'"),
        (stray("code.py"), "code.py: this is not for a submission to change"),
        (stray(".github/workflows/x.yml"), "x.yml: this is not for a submission to change"),
        (stray("socket.py"), "socket.py: this is not for a submission to change"),
        (link(f"{NEW}/more"), f"{NEW}/more: it is a link or a device"),
        (link("leaderboards/clockwork/README.md"), "README.md: it is a link or a device"),
        (folder_link, f"{NEW}/more: it is a link or a device"),
        (submodule, "clockwork/more/: it is an empty folder, as a submodule is"),
        (stray(".gitattributes"), ".gitattributes: this is not for a submission to change"),
        (pipe, f"{NEW}/pipe: it is a link or a device"),
        (page_edited, "README.md: its text outside the rendered tables was changed"),
        (page_with_markers, "README.md: its text outside the rendered tables was changed"),
        (page_without_markers, "must have the lines <!-- BEGIN overview -->"),
        (page_removed, "README.md: it was removed; render it again"),
        (published, "published.csv: this is not for a submission to change"),
        (renamed("Newer"), "a submission named 'Newer' lies in a folder 'newer', not 'new'"),
        (named_like_another, "its name '0LD' looks like the name of another submission, 'Old'"),
        (another_set, "it is of source 'lite-1'"),
        (new_set, "there are no leaderboards of 'mine' yet"),
        (two_submissions, "a pull request has one submission"),
        (no_record, "it holds no record"),
    ],
)
def test_everything_else_is_named(tree: Path, base: Path, change: Callable[[Path], None], expected: str) -> None:
    change(tree)
    _, problems = check(tree, base)
    assert any(expected in problem for problem in problems), problems


def test_a_folder_that_is_none_is_wrong_usage(base: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        check(tmp_path / "none", base)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="has no folder leaderboards"):
        check(base, tmp_path / "empty")


# The command.


@pytest.fixture
def asked(clockwork: SurrogateSet, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    del clockwork
    return in_process(capsys, "leaderboard", "check")


def test_its_exit_codes(asked: Callable[..., Answer], tree: Path, base: Path) -> None:
    answer = asked(tree, base)
    assert (answer.code, answer.out) == (0, "in order: 5 files added, changed or removed\n")
    (tree / HOME / "new" / "a\nb\x1b[2J").write_text("x", encoding="utf-8")
    answer = asked(tree, base)
    assert answer.code == 1
    assert answer.out.splitlines()[-1] == "not in order: 6 files added, changed or removed"
    assert "a\\nb\\x1b[2J: a submission holds records" in answer.out
    assert len(answer.out.splitlines()) == 2
    assert asked(tree, base / "none").code == 2
    assert asked(tree).code == 2


def test_it_says_what_becomes_of_an_entry(asked: Callable[..., Answer], tree: Path, base: Path) -> None:
    """Whoever opens a pull request may withdraw an entry of others, so people are told."""
    assert f"note: it adds an entry: {NEW}\n" in asked(tree, base).err
    shutil.rmtree(tree / HOME / "new")
    shutil.rmtree(tree / HOME / "old")
    rendered(tree)
    assert f"note: it withdraws an entry: {HOME}/old\n" in asked(tree, base).err
