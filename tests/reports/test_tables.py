"""From records to entries, standings, Markdown and CSV; hostile text in all of them."""

# ruff: noqa: ARG001 - fixtures that are given, not used

from __future__ import annotations

import csv
import dataclasses
import io
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import harness
from harness import registry
from harness.errors import RecordError
from harness.reports.tables import page
from harness.reports.tables.blocks import blocks
from harness.reports.tables.collect import Collection, collect
from harness.reports.tables.entries import Entry, entry
from harness.reports.tables.markdown import MAX_NAME, anchor, code, link, plain, prose, table, web_address
from harness.reports.tables.numbers import exact, plus_minus
from harness.reports.tables.published import COLUMNS, read_published
from harness.reports.tables.scores import scores
from harness.reports.tables.standings import standings
from harness.runs import records
from harness.runs.results import load_results
from harness.sources.models.surrogates import SurrogateSet
from harness.verify.states import State, file_digest, write_states
from harness.verify.submissions import Submission, Tuning, read_submission, write_submission
from support.made_records import around, put
from support.paths import ROOT, TESTS

SINGLE, MULTI = "cifar10/single/bb", "cifar10/multi/mf"
PARSER = MarkdownIt("commonmark").enable("table")


def entry_of(path: Path, **options: str) -> Entry:
    return entry(records.read(path), **options)


def collected(folder: Path, surrogates: str = "clockwork") -> Collection:
    return collect(surrogates, folder / "results", folder / "leaderboards")


def submission(folder: Path, slug: str, name: str = "Their method", url: str = "https://example.org/x") -> Path:
    """The folder of a submission, which is a results folder."""
    home = folder / "leaderboards" / "clockwork" / "submissions" / slug
    home.mkdir(parents=True)
    declared = Submission(
        rules="1.0", name=name, version="1", authors=("A",), url=url, contact=url, licence="MIT",
        surrogates="clockwork", surrogates_hash="0" * 64, method="mine", axis="", continuation=True,
    )  # fmt: skip
    write_submission(home, declared)
    return home


# Entries.


def test_an_entry_has_the_scores_that_results_give(toy_set: SurrogateSet, tmp_path: Path) -> None:
    results = harness.run(
        "cifar10", "mf", "hyperband", objective="single", seeds=10, surrogates="toy", results=tmp_path
    )
    [expected], [record] = results.summary(), results.records
    one = entry(record)
    assert (one.full.mean, one.full.error) == pytest.approx((expected["mean"], expected["se"]), rel=1e-12)
    observed = (expected["observed_mean"], expected["observed_se"])
    assert (one.observed.mean, one.observed.error) == pytest.approx(observed, rel=1e-12)
    assert one.companions["test_error"].mean == pytest.approx(expected["test_error"], rel=1e-12)
    assert (one.evaluations, one.repairs, one.failed) == (expected["evaluations"], expected["repairs"], 0)
    over_time = results.trajectory(grid=[10, 25, 50, 100]).groupby("time")["value"].mean()
    assert list(one.at.values()) == pytest.approx(over_time.tolist(), rel=1e-12)
    assert one.at[100.0] == pytest.approx(one.full.mean, rel=1e-12)
    assert one.status == "ranked"
    assert one.name == one.label == "hyperband"


def test_an_entry_by_hand(clockwork: SurrogateSet, tmp_path: Path) -> None:
    """One evaluation per seed, which ends after 20 full evaluations, with errors of 10 and 20 %; a better one below."""
    one = entry_of(put(tmp_path, clockwork, "cifar10/single/mf", "mine", [90.0, 80.0] * 5, low=95.0))
    assert one.full.mean == 15.0
    assert one.full.error == pytest.approx(5.0 * math.sqrt(10 / 9) / math.sqrt(10))
    assert (one.observed.mean, one.observed.error) == (5.0, 0.0)
    assert one.companions["test_error"].mean == 16.0
    assert one.at == {10.0: 90.0, 25.0: 15.0, 50.0: 15.0, 100.0: 15.0}
    assert one.finals == (10.0, 20.0) * 5
    assert (one.seeds, one.evaluations, one.repairs, one.harness) == (10, 20, 0, "0.1.0")


@pytest.mark.parametrize(
    ("accuracies", "changes", "status"),
    [
        (around(90.0), {}, "ranked"),
        (around(90.0), {"from_scratch": True}, "ranked"),
        (around(90.0), {"settings": {"eta": 4}}, "ranked"),
        (around(90.0, 12), {}, "ranked"),
        (around(90.0, 9), {}, "incomplete"),
        ([*around(90.0, 9), None], {}, "failed"),
        ([*around(90.0), None], {}, "failed"),
        (around(90.0), {"workers": 4}, "variant"),
        (around(90.0), {"space": "hpo"}, "variant"),
    ],
)
def test_what_is_ranked(
    clockwork: SurrogateSet, tmp_path: Path, accuracies: list[float | None], changes: dict[str, Any], status: str
) -> None:
    assert entry_of(put(tmp_path, clockwork, SINGLE, "mine", accuracies, **changes)).status == status


def test_further_seeds_count(clockwork: SurrogateSet, tmp_path: Path) -> None:
    one = entry_of(put(tmp_path, clockwork, SINGLE, "mine", [*[90.0] * 10, 96.0, 96.0]))
    assert (one.full.mean, one.status, one.seeds, one.evaluations) == (9.0, "ranked", 12, 12)


def test_different_harness_versions_are_spelled_out(clockwork: SurrogateSet, tmp_path: Path) -> None:
    path = put(tmp_path, clockwork, SINGLE, "mine", around(90.0), versions=("0.1.1", "0.1.0"))
    assert entry_of(path).harness == "mixed: 0.1.0, 0.1.1"


@pytest.mark.parametrize(
    "changes",
    [{"constants": {}}, {"constants": {"mean_runtime": "long"}}, {"settings": [1]}, {"workers": None, "settings": 3}],
)
def test_a_header_that_cannot_be_scored_is_a_damaged_record(
    clockwork: SurrogateSet, tmp_path: Path, changes: dict[str, Any]
) -> None:
    record = records.read(put(tmp_path, clockwork, SINGLE, "mine", around(90.0)))
    strange = dataclasses.replace(record, spec=dataclasses.replace(record.spec, **changes))
    with pytest.raises(RecordError, match=r"mine\.parquet cannot be scored"):
        entry(strange)


def test_a_score_that_is_no_number_is_a_damaged_record(clockwork: SurrogateSet, tmp_path: Path) -> None:
    path = put(tmp_path, clockwork, SINGLE, "mine", [math.nan] * 10)
    with pytest.raises(RecordError, match="not finite"):
        entry_of(path)


# Collecting.


def test_records_of_baselines_and_submissions_meet(clockwork: SurrogateSet, tmp_path: Path) -> None:
    put(tmp_path / "results", clockwork, SINGLE, "mine", around(90.0))
    put(submission(tmp_path, "theirs"), clockwork, SINGLE, "their.Method", around(95.0), settings={"depth": 3})
    found = collected(tmp_path)
    assert found.problems == ()
    assert found.hash == clockwork.hash
    [[(_, first), (_, second)]] = [s.ranked for s in standings(found) if s.ranked]
    assert (first.name, first.link) == ("Their method[depth=3]", "https://example.org/x")
    assert (second.name, second.link) == ("mine", f"../../results/clockwork/{SINGLE}/mine.parquet")


def test_states_follow_the_bytes_of_the_record(clockwork: SurrogateSet, tmp_path: Path) -> None:
    mine = put(tmp_path / "results", clockwork, SINGLE, "mine", around(90.0))
    home = submission(tmp_path, "theirs")
    theirs = put(home, clockwork, SINGLE, "theirs", around(95.0))
    write_states(tmp_path / "results", [State("x", file_digest(mine), "reproduced", (0, 3), "0.1.0")])
    write_states(home, [State("y", file_digest(theirs), "replayed", (), "0.1.0")])
    assert {e.name: e.state for e in collected(tmp_path).entries} == {"mine": "reproduced", "Their method": "replayed"}
    put(home, clockwork, SINGLE, "theirs", around(96.0))
    assert {e.name: e.state for e in collected(tmp_path).entries} == {"mine": "reproduced", "Their method": ""}


def test_a_line_of_the_baselines_lends_nothing_to_a_submission(clockwork: SurrogateSet, tmp_path: Path) -> None:
    """Nor a line of one submission to another, nor a line above or below the top of a submission to its records."""
    mine = put(tmp_path / "results", clockwork, SINGLE, "mine", around(90.0))
    homes = [submission(tmp_path, slug, slug) for slug in ("one", "two")]
    theirs = [put(home, clockwork, SINGLE, "theirs", around(95.0)) for home in homes]
    lent = [State("x", file_digest(theirs[0]), "reproduced", (3,), "0.1.0")]
    write_states(tmp_path / "results", [*lent, State("y", file_digest(mine), "replayed", (), "0.1.0")])
    write_states(homes[1] / "clockwork", lent)
    write_states(homes[0].parent, lent)
    write_states(tmp_path / "leaderboards", lent)
    assert {e.name: e.state for e in collected(tmp_path).entries} == {"mine": "replayed", "one": "", "two": ""}
    write_states(homes[0], lent)
    assert {e.name: e.state for e in collected(tmp_path).entries} == {
        "mine": "replayed",
        "one": "reproduced",
        "two": "",
    }


def test_a_record_of_a_stranger_among_the_baselines_is_no_entry(clockwork: SurrogateSet, tmp_path: Path) -> None:
    put(tmp_path / "results", clockwork, SINGLE, "mine", around(90.0))
    put(tmp_path / "results", clockwork, SINGLE, "their.Method", around(95.0), source="0123456789abcdef" * 4)
    found = collected(tmp_path)
    assert [e.name for e in found.entries] == ["mine"]
    assert "is of a method that is not of the harness; a submission declares whose it is" in found.problems[0]


def test_what_a_submission_declares_is_shown(clockwork: SurrogateSet, tmp_path: Path) -> None:
    put(tmp_path / "results", clockwork, SINGLE, "mine", around(90.0))
    put(submission(tmp_path, "plain", "Plain"), clockwork, SINGLE, "a.B", around(91.0))
    before = scores(collected(tmp_path), standings(collected(tmp_path)))
    assert "flags" not in before.splitlines()[0]
    home = submission(tmp_path, "always", "Always")
    declared = dataclasses.replace(
        read_submission(home), deterministic=True, tuning=Tuning("eta", 1200, "priors of other data sets")
    )
    write_submission(home, declared)
    put(home, clockwork, SINGLE, "a.C", [92.0] * 10)
    found = collected(tmp_path)
    block = blocks(found, standings(found))[SINGLE]
    assert (
        "[`Always`](https://example.org/x) (deterministic, tuned here with 1200 evaluations, meta-learning) |" in block
    )
    assert "deterministic: every seed gives the same ledger" in block
    assert "[`Plain`](https://example.org/x) |" in block
    rows = {row["name"]: row["flags"] for row in csv.DictReader(io.StringIO(scores(found, standings(found))))}
    assert rows["Always"] == "deterministic, tuned here with 1200 evaluations, meta-learning"
    assert rows["Plain"] == rows["mine"] == ""


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "=HYPERLINK(1)", "\x1b[2J=1", "a\r\nb"])
def test_no_name_is_a_formula_or_moves_a_cursor(clockwork: SurrogateSet, tmp_path: Path, name: str) -> None:
    path = put(tmp_path / "results", clockwork, SINGLE, "mine", around(90.0))
    one = entry_of(path, name=name, link="-x")
    one = dataclasses.replace(one, label=name, origin=name, harness=name)
    found = Collection("clockwork", one.surrogates_hash, (one,), (), ())
    [row] = [row for row in csv.DictReader(io.StringIO(scores(found, standings(found)))) if row["name"]]
    for column in ("name", "method", "origin", "harness", "link"):
        assert row[column].isprintable()
        assert not row[column].lstrip().startswith(("=", "+", "-", "@"))
    assert all(ord(c) >= 32 or c == "\n" for c in "".join(blocks(found, standings(found)).values()))


def test_a_damaged_state_file_costs_only_its_own_states(clockwork: SurrogateSet, tmp_path: Path) -> None:
    for slug in ("one", "two"):
        home = submission(tmp_path, slug, slug)
        path = put(home, clockwork, SINGLE, "theirs", around(95.0))
        write_states(home, [State("y", file_digest(path), "replayed", (), "0.1.0")])
        put(home, clockwork, SINGLE, "theirs", around(95.0 if slug == "one" else 94.0))
        write_states(home, [State("y", file_digest(path), "replayed", (), "0.1.0")])
    (tmp_path / "leaderboards/clockwork/submissions/two/verification.csv").write_text("nonsense\n")
    found = collected(tmp_path)
    assert {e.name: e.state for e in found.entries} == {"one": "replayed", "two": ""}
    assert ["two/verification.csv is no verification file" in problem for problem in found.problems] == [True]


def test_several_records_of_a_submission_on_one_leaderboard_are_told_apart(
    clockwork: SurrogateSet, tmp_path: Path
) -> None:
    home = submission(tmp_path, "theirs")
    for method in ("one", "two"):
        put(home, clockwork, SINGLE, method, around(90.0))
    assert {e.name for e in collected(tmp_path).entries} == {"Their method: one", "Their method: two"}


def damaged(clockwork: SurrogateSet, folder: Path) -> str:
    path = put(folder / "results", clockwork, SINGLE, "hurt", around(90.0))
    path.write_bytes(path.read_bytes()[:-100])
    return r"hurt\.parquet is not a readable record"


def misplaced(clockwork: SurrogateSet, folder: Path) -> str:
    path = put(folder / "results", clockwork, SINGLE, "hurt", around(90.0))
    path.rename(path.with_name("other.parquet"))
    return r"other\.parquet is not where its header says; move it to .*hurt\.parquet"


def linked(clockwork: SurrogateSet, folder: Path) -> str:
    home = submission(folder, "theirs")
    path = put(folder / "elsewhere", clockwork, SINGLE, "hurt", around(90.0))
    place = home / path.relative_to(folder / "elsewhere")
    place.parent.mkdir(parents=True)
    place.symlink_to(path)
    return "is a link"


def inflated(clockwork: SurrogateSet, folder: Path) -> str:
    path = put(submission(folder, "theirs"), clockwork, SINGLE, "hurt", around(90.0))
    pq.write_table(pa.table({"seed": np.zeros(20_000_001, np.int8)}), path)
    return "says it has more than 20,000,000 rows"


def strange(clockwork: SurrogateSet, folder: Path) -> str:
    """A header with a list for the name of its surrogate set, its hash recomputed."""
    path = put(submission(folder, "theirs"), clockwork, SINGLE, "hurt", around(90.0))
    record = records.read(path)
    spec = {**record.spec.as_dict(), "surrogates": []}
    records.write(records.with_header(record.table.replace_schema_metadata(None), spec, record.runs), path)
    return r"hurt\.parquet has a header that does not describe a run \(TypeError"


def of_another_set(clockwork: SurrogateSet, folder: Path) -> str:
    put(submission(folder, "theirs"), clockwork, SINGLE, "hurt", around(90.0), surrogates="other", surrogates_hash="x")
    return "is of source 'other'; it does not belong to clockwork"


def of_another_hash(clockwork: SurrogateSet, folder: Path) -> str:
    put(folder / "results", clockwork, SINGLE, "hurt", around(90.0), surrogates_hash="0" * 64)
    return "was made with source clockwork of hash 000000000000"


def without_a_name(clockwork: SurrogateSet, folder: Path) -> str:
    home = submission(folder, "theirs")
    put(home, clockwork, SINGLE, "hurt", around(90.0))
    (home / "submission.toml").write_text("name = 3\n")
    return r"submission\.toml: "


def not_toml(clockwork: SurrogateSet, folder: Path) -> str:
    (submission(folder, "theirs") / "submission.toml").write_bytes(b"name = \xff")
    return r"submission\.toml: "


def too_large(clockwork: SurrogateSet, folder: Path) -> str:
    (submission(folder, "theirs") / "submission.toml").write_text("#" * 100_000)
    return r"submission\.toml: it has 100,000 bytes"


@pytest.mark.parametrize(
    "hurt",
    [
        damaged,
        misplaced,
        linked,
        inflated,
        strange,
        of_another_set,
        of_another_hash,
        without_a_name,
        not_toml,
        too_large,
    ],
)
def test_what_cannot_be_used_is_named_and_the_rest_stands(
    hurt: Callable[[SurrogateSet, Path], str], clockwork: SurrogateSet, tmp_path: Path
) -> None:
    put(tmp_path / "results", clockwork, SINGLE, "mine", around(90.0))
    message = hurt(clockwork, tmp_path)
    found = collected(tmp_path)
    assert [e.name for e in found.entries] == ["mine"]
    [problem] = found.problems
    with pytest.raises(RecordError, match=message):
        raise RecordError(problem)


def test_scores_of_two_contents_of_a_set_are_not_mixed(clockwork: SurrogateSet, tmp_path: Path) -> None:
    """A set that is not here: its hash is the one that most entries have."""
    for name, digest in (("a", "1" * 64), ("b", "2" * 64), ("c", "1" * 64)):
        put(tmp_path / "results", clockwork, SINGLE, name, around(90.0), surrogates="away", surrogates_hash=digest)
    found = collected(tmp_path, "away")
    assert found.hash == "1" * 64
    assert [e.name for e in found.entries] == ["a", "c"]
    assert ["222222222222, most entries with 111111111111" in p for p in found.problems] == [True]


# Published entries.


def published_file(folder: Path, *lines: str) -> Path:
    path = folder / "published.csv"
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
    return path


GOOD = f"{SINGLE},random search,validation accuracy,90.68,0.16,a paper,https://example.org"


def test_published_accuracies_become_errors(tmp_path: Path) -> None:
    [one] = read_published(published_file(tmp_path, GOOD))
    assert (one.shown, one.value, one.se) == ("9.32 ± 0.16", "90.68", "0.16")


def test_published_hypervolumes_have_no_score_here(tmp_path: Path) -> None:
    line = f"{MULTI},Hyperband,hypervolume,1080.26,1.36,a paper,https://example.org"
    [one] = read_published(published_file(tmp_path, line))
    assert (one.shown, one.value) == ("-", "1080.26")
    assert math.isnan(one.score)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (SINGLE, "cifar11/single/bb", "unknown leaderboard 'cifar11/single/bb'"),
        (SINGLE, MULTI, "validation accuracy does not belong to cifar10/multi/mf"),
        ("validation accuracy", "accuracy", "unknown quantity 'accuracy'"),
        ("90.68", "high", "value = 'high' must be a finite number"),
        ("90.68", "nan", "value = 'nan' must be a finite number"),
        ("0.16", "-0.16", "se = -0.16 must not be negative"),
        ("https://example.org", "javascript:alert(1)", "must start with https://"),
        ("random search", " ", "method is empty"),
        (",a paper", "", "it has 6 values; it must have 7"),
    ],
)
def test_a_wrong_published_line_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = published_file(tmp_path, GOOD.replace("random search", "another"), GOOD.replace(old, new))
    with pytest.raises(RecordError, match=r"published\.csv, line 3: ") as error:
        read_published(path)
    assert message in str(error.value)


def test_a_published_entry_stands_once(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="line 3: random search stands twice on cifar10/single/bb"):
        read_published(published_file(tmp_path, GOOD, GOOD))
    path = tmp_path / "published.csv"
    path.write_text("a,b\n")
    with pytest.raises(RecordError, match="its first line must be leaderboard,method"):
        read_published(path)
    assert read_published(tmp_path / "none.csv") == []


def test_the_published_entries_of_the_benchmark() -> None:
    found = read_published(ROOT / "leaderboards" / "jahs-1.1.0" / "published.csv")
    assert [one.board.id for one in found] == list(registry.suite().leaderboards), "one on each leaderboard"
    shown = {one.board.id: one.shown for one in found if one.board.objective == "single"}
    assert shown["colorectal_histology/single/ca"] == "5.24 ± 0.08"
    assert shown["colorectal_histology/single/mf"] == "4.73 ± 0.04"
    assert shown["fashion_mnist/single/multi-mf"] == "4.82 ± 0.02"


# Markdown.

HOSTILE = [
    "a | b", "a\nb", "`x` <script>alert(1)</script>", "<!-- END overview -->", "[click](javascript:alert(1))",
    "![i](https://example.org/x.png)", "a\\|b\\", "``", "**bold** _it_ ~~no~~ $x$", "www.example.org a@b.org",
    "&lt;b&gt;",
    "\u202egnp.exe", "=cmd()", "", " ", "x" * 500, "| --- |\n| a |", "a\r\n# heading", "\x00\x1b[31m",
]  # fmt: skip
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40), st.text("|`\\<>[]()!\n ab", max_size=20))


def parsed_cells(markdown: str) -> list[list[str]]:
    """Rows of cells of what must be a single table; a cell is its inline tokens as ``type:content``."""
    tokens = PARSER.parse(markdown)
    assert {t.type.split("_")[0] for t in tokens} <= {"table", "thead", "tbody", "tr", "th", "td", "inline"}
    assert sum(t.type == "table_open" for t in tokens) == 1
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        if token.type == "inline":
            rows[-1].append(" ".join(f"{c.type}:{c.content}" for c in token.children or []))
    return rows


@given(TEXTS)
def test_a_name_is_shown_as_it_is_and_nothing_else(name: str) -> None:
    _, [cell, after] = parsed_cells(table(["name", "n"], [[code(name), "1"]], left=1))
    kind, _, shown = cell.partition(":")
    assert (kind, after) == ("code_inline", "text:1")
    expected = plain(name) or "unnamed"
    assert shown == expected.replace("`", "ˋ").replace("\\", "⧵")
    assert len(shown) <= MAX_NAME


@given(TEXTS)
def test_a_linked_name_is_one_link(name: str) -> None:
    _, [cell, _] = parsed_cells(table(["name", "n"], [[link(code(name), "https://example.org/a(b)|c"), "1"]], left=1))
    assert cell.startswith("link_open: code_inline:")
    assert cell.endswith(" link_close:")
    assert cell.count("link_open") == 1


@pytest.mark.parametrize("text", ["www.example.org", "see WWW.example.org/x", "http://example.org", "me@example.org"])
def test_no_address_in_prose_becomes_a_link(text: str) -> None:
    """Pages make a link of a bare address unless its parts are written as references."""
    assert not re.search(r"www\.|://|@", prose(text), re.IGNORECASE)


@given(TEXTS)
def test_prose_is_only_text(text: str) -> None:
    _, [cell, _] = parsed_cells(table(["text", "n"], [[prose(text) or "-", "1"]], left=1))
    assert {part.split(":")[0] for part in cell.split(" ") if ":" in part} <= {"text", "text_special"} or ":" in text


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "data:text/html,x", "ftp://example.org", "//example.org", "example.org", "https://", "",
        "https://user:word@example.org", "https://exa mple.org", "https://example.org/\n", "http://[", "https://a:b",
        "https://example.org/" + "x" * 600, "https://ex\u202eample.org", "HTTPS:example.org", "https://<b>",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_no_link(address: str) -> None:
    assert web_address(address) == ""
    assert link("x", web_address(address)) == "x"


def test_web_addresses_are_kept_and_quoted() -> None:
    assert web_address("https://example.org/a?b=c&d=1#e") == "https://example.org/a?b=c&d=1#e"
    assert link("x", "https://example.org/a(b)|`<c>") == "[x](https://example.org/a%28b%29%7C%60%3Cc%3E)"
    assert link("x", "../mf/mine[axis=N].parquet") == "[x](../mf/mine%5Baxis=N%5D.parquet)"


def test_anchors_are_githubs() -> None:
    assert anchor("colorectal_histology/single/multi-mf") == "#colorectal_histologysinglemulti-mf"


def test_numbers() -> None:
    assert plus_minus(9.296, 0.0745, 2) == "9.30 ± 0.07"
    assert plus_minus(9.296, math.nan, 4) == "9.2960"
    assert plus_minus(math.nan, math.nan, 2) == "-"
    assert exact(1 / 3) == "0.333333333333"
    assert exact(math.nan) == ""


# Pages.


@pytest.fixture
def busy(clockwork: SurrogateSet, tmp_path: Path) -> Path:
    """Everything a leaderboard can have: ranks shared and not, entries without rank, hostile and published ones."""
    results = tmp_path / "results"
    put(results, clockwork, SINGLE, "good", around(95.0))
    put(results, clockwork, SINGLE, "as-good", [95.0 + (0.3 if k % 2 else -0.2) for k in range(10)])
    put(results, clockwork, SINGLE, "bad", around(70.0), settings={"eta": 4})
    put(results, clockwork, SINGLE, "short", around(99.0, 3))
    put(results, clockwork, SINGLE, "broken", [*around(99.0, 9), None])
    put(results, clockwork, SINGLE, "wide", around(99.0), workers=4)
    put(results, clockwork, MULTI, "good", around(90.0), low=99.0)
    home = submission(tmp_path, "theirs", "Their (best) method_1", "https://example.org/?a_b&c")
    put(home, clockwork, SINGLE, "own.Method", around(80.0))
    (tmp_path / "leaderboards" / "clockwork" / "published.csv").write_text(
        "\n".join(
            [",".join(COLUMNS), GOOD, f"{MULTI},Hyperband,hypervolume,1080.26,1.36,a | paper,https://example.org"]
        )
    )
    return tmp_path


def golden(name: str, text: str) -> None:
    """Compares with a file; to make it anew, delete it and run the test twice."""
    path = TESTS / "data" / "tables" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        pytest.fail(f"{path} was missing and has been written; look at it")
    assert text == path.read_text(encoding="utf-8")


def test_the_blocks_of_a_busy_leaderboard(busy: Path) -> None:
    found = collected(busy)
    assert found.problems == ()
    made = blocks(found, standings(found))
    chosen = "\n\n".join(made[name] for name in ("overview", SINGLE, MULTI, "fashion_mnist/multi/ca"))
    golden("blocks.md", chosen.replace(found.hash, "0" * 64) + "\n")


def test_the_scores_of_a_busy_leaderboard(busy: Path) -> None:
    found = collected(busy)
    golden("scores.csv", scores(found, standings(found)).replace(found.hash, "0" * 64))


def test_tables_are_as_wide_as_their_headers(busy: Path) -> None:
    found = collected(busy)
    text = page.fill(page.template("clockwork", registry.suite().leaderboards), _blocks(found), Path("README.md"))
    tokens = PARSER.parse(text)
    assert not [t for t in tokens if t.type == "html_block" and not t.content.startswith("<!-- ")]
    inline = [child for t in tokens if t.type == "inline" for child in t.children or []]
    assert not [child for child in inline if child.type in ("html_inline", "image")]
    links = {child.attrs["href"] for child in inline if child.type == "link_open"}
    assert {str(href).split(":")[0] for href in links if ":" in str(href)} == {"https"}
    headings = {anchor(tokens[i + 1].content) for i, t in enumerate(tokens) if t.type == "heading_open"}
    assert {str(href) for href in links if str(href).startswith("#")} <= headings
    assert sum(t.type == "table_open" for t in tokens) == 2 + 2 + 1 + 2


def _blocks(found: Collection) -> dict[str, str]:
    return blocks(found, standings(found))


def test_the_csv_says_what_the_tables_say(busy: Path) -> None:
    found = collected(busy)
    boards = standings(found)
    rows = list(csv.DictReader(io.StringIO(scores(found, boards))))
    assert len(rows) == len(found.entries) + len(found.published)
    for standing in boards:
        here = [row for row in rows if row["leaderboard"] == standing.board.id and row["rank"]]
        assert [(int(row["rank"]), row["name"]) for row in here] == [(r, plain(e.name)) for r, e in standing.ranked]
        assert [float(row["mean"]) for row in here] == pytest.approx([e.full.mean for _, e in standing.ranked])
    assert {row["status"] for row in rows} == {"ranked", "incomplete", "failed", "variant", "published"}
    assert all(not row["rank"] for row in rows if row["status"] != "ranked")


def test_a_page_keeps_what_people_wrote(clockwork: SurrogateSet, tmp_path: Path) -> None:
    put(tmp_path / "results", clockwork, SINGLE, "mine", around(90.0))
    made = _blocks(collected(tmp_path))
    new = page.fill(page.template("clockwork", registry.suite().leaderboards), made, Path("README.md"))
    edited = new.replace("# Leaderboards on", "# Our own words on").replace("| 1 | [`mine`]", "| 1 | [`yours`]")
    assert "`yours`" in edited
    again = page.fill(edited, made, Path("README.md"))
    assert "# Our own words on" in again
    assert "`yours`" not in again
    assert page.fill(again, made, Path("README.md")) == again
    assert again.replace("# Our own words on", "# Leaderboards on") == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<!-- BEGIN overview -->\n", ""),
        ("<!-- END overview -->\n", ""),
        ("<!-- END overview -->\n", "<!-- END overview -->\n<!-- END overview -->\n"),
        ("<!-- BEGIN overview -->\n\n", "<!-- END overview -->\n<!-- BEGIN overview -->\n"),
    ],
)
def test_a_page_without_its_markers_is_refused(clockwork: SurrogateSet, tmp_path: Path, old: str, new: str) -> None:
    put(tmp_path / "results", clockwork, SINGLE, "mine", around(90.0))
    made = _blocks(collected(tmp_path))
    whole = page.fill(page.template("clockwork", registry.suite().leaderboards), made, Path("README.md"))
    assert old in whole
    with pytest.raises(RecordError, match=r"README\.md must have the lines <!-- BEGIN overview -->"):
        page.fill(whole.replace(old, new), made, Path("README.md"))


def test_nested_blocks_are_refused() -> None:
    text = "<!-- BEGIN a -->\n<!-- BEGIN b -->\n<!-- END b -->\n<!-- END a -->\n"
    with pytest.raises(RecordError, match="no other marker between them"):
        page.fill(text, {"a": "x", "b": "y"}, Path("README.md"))


def test_load_results_still_lists_every_error(clockwork: SurrogateSet, tmp_path: Path) -> None:
    put(tmp_path, clockwork, SINGLE, "mine", around(90.0))
    put(tmp_path, clockwork, SINGLE, "hurt", around(90.0)).write_bytes(b"PAR1")
    found = load_results(tmp_path)
    assert ([r.spec.method for r in found], len(found.errors)) == (["mine"], 1)
