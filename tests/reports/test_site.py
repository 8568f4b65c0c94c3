"""``harness site``: what its pages say is what the tables say, and no text from a file is ever more than text."""

# ruff: noqa: ARG001 - fixtures that are given, not used

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import registry
from harness.errors import StorageError, UnknownName, UsageError
from harness.reports.plots import styles
from harness.reports.site import trajectories
from harness.reports.site.build import build
from harness.reports.site.contents import contents
from harness.reports.site.names import SLUG, slugs
from harness.reports.site.pages import ASSETS, TEMPLATES
from harness.reports.site.scripts import script
from harness.reports.tables.collect import collect
from harness.reports.tables.standings import standings
from harness.runs import records
from harness.runs.curves import curves
from harness.sources.models.surrogates import SurrogateSet
from harness.statistics.ranking import wilcoxon

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib
from support.commands import Answer, in_process
from support.forging import Columns, Header, forge
from support.made_records import around, put
from support.made_site import FIDELITY, MULTI, SINGLE, hand_made, played
from support.paths import ROOT

VOID = {"meta", "link", "br", "img", "input"}
Call = Callable[..., Answer]


class Page(HTMLParser):
    """A page's elements with their attributes, its text, and whether every element is closed in order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.words: list[str] = []
        self.cells: list[list[str]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"{tag} at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if {"td", "th"} & set(self.open):
            self.cells[-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def rows(self) -> list[list[str]]:
        return [[" ".join(cell.split()) for cell in row] for row in self.cells]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def addresses(self) -> Iterator[str]:
        for _, attributes in self.elements:
            yield from (str(attributes[name]) for name in ("href", "src", "action", "data") if name in attributes)


def data_of(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    found = re.fullmatch(r"window\.[A-Z]+ = (.*);\n", text, re.DOTALL)
    assert found
    return json.loads(found[1])


def files(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def world(clockwork: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return hand_made(tmp_path_factory.mktemp("world"), clockwork)


@pytest.fixture(scope="module")
def site(world: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "site"
    assert build(out, *world).problems == ()
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> list[Page]:
    return [Page(path) for path in sorted(site.rglob("*.html"))]


@pytest.fixture(scope="module")
def real(toy_set: SurrogateSet, clockwork: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Results and leaderboards with runs of real methods."""
    return played(tmp_path_factory.mktemp("real"), toy_set, clockwork)


@pytest.fixture(scope="module")
def real_site(real: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("real_out") / "site"
    assert list(build(out, *real).entries) == ["clockwork", "toy"]
    return out


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return in_process(capsys)


def board_page(site: Path, board: str, surrogates: str = "clockwork") -> Page:
    return Page(site / "sets" / surrogates / "boards" / f"{board.replace('/', '-')}.html")


# The pages as a whole.


def test_every_page_is_well_formed_and_says_what_it_is(pages: list[Page]) -> None:
    assert len(pages) > 24
    for page in pages:
        assert (page.wrong, page.open) == ([], []), page.path
        assert page.all("html") == [{"lang": "en"}]
        assert len(page.all("h1")) == len(page.all("main")) == 1, page.path
        assert page.all("header")
        assert page.all("footer")
        assert page.all("nav")[0]["aria-label"]
        assert page.elements[page.elements.index(("body", {})) + 1][1] == {"class": "skip", "href": "#main"}


def test_ids_are_unique_and_references_lead_somewhere(pages: list[Page]) -> None:
    for page in pages:
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), page.path
        for _, attributes in page.elements:
            for name in ("aria-labelledby", "for"):
                assert attributes.get(name) in (None, *ids), page.path


def test_every_link_is_relative_and_leads_to_a_file_of_the_site(site: Path, pages: list[Page]) -> None:
    outside = set()
    for page in pages:
        for address in page.addresses():
            if address.startswith(("https://", "http://")):
                outside.add(address)
            elif address != "data:," and not address.startswith("#"):
                assert not address.startswith("/")
                target = (page.path.parent / re.split("[#?]", address)[0]).resolve()
                assert target.is_file(), (page.path, address)
                assert site.resolve() in target.parents
    assert outside == {"https://example.org/x?a=1&b=2", "https://example.org"}


def test_nothing_is_loaded_from_elsewhere_or_written_inline(site: Path, pages: list[Page]) -> None:
    for page in pages:
        policy = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
        assert policy
        assert str(policy[0]).startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in str(policy[0])
        assert all("src" in attributes for attributes in page.all("script"))
        assert not page.all("style")
        for _, attributes in page.elements:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], page.path
    for path in [*site.rglob("*.css"), *site.rglob("site.js")]:
        assert not re.search(
            r"https?://|@import|url\(|innerHTML|insertAdjacentHTML|document\.write|eval\(", path.read_text()
        )


def test_tables_have_what_a_screen_reader_needs(pages: list[Page]) -> None:
    for page in pages:
        tables = [k for k, (tag, _) in enumerate(page.elements) if tag == "table"]
        assert all(page.elements[k + 1][0] == "caption" for k in tables), page.path
        heads = [attributes for attributes in page.all("th") if attributes.get("scope") not in ("col", "row")]
        assert not heads
        for attributes in page.all("div"):
            if attributes.get("class") == "scroll":
                assert (attributes["role"], attributes["tabindex"]) == ("region", "0")
                assert attributes["aria-label"]
        for attributes in page.all("svg"):
            assert attributes.get("aria-hidden") == "true" or (attributes["role"], bool(attributes["aria-label"])) == (
                "img",
                True,
            )


def test_the_front_page_has_all_leaderboards(site: Path) -> None:
    front = Page(site / "index.html")
    rows = [row for row in front.rows() if len(row) == 8]
    assert len(rows) == 1 + 24
    assert [row[1:3] for row in rows[1:5]] == [["single", setting] for setting in ("bb", "ca", "mf", "multi-mf")]
    assert rows[1][0].startswith("CIFAR-10")
    assert rows[1][4].startswith("7.96 ± 0.01")
    assert rows[1][6].startswith("5")
    assert "2 not ranked" in rows[1][6]
    assert rows[2][3:5] == ["–", "–"]
    assert len([a for a in front.all("a") if "/boards/" in str(a.get("href"))]) >= 24
    assert "clockwork" in front.text
    assert "Published entries" in front.text
    assert "<b>Paper</b>" in front.text


# Numbers.


def every_entry(world: tuple[Path, Path], surrogates: str) -> Iterator[tuple[Any, int | str, Any]]:
    results, leaderboards = world
    for standing in standings(collect(surrogates, results, leaderboards)):
        yield from ((standing.board, rank, entry) for rank, entry in standing.ranked)
        yield from ((standing.board, entry.status, entry) for entry in standing.unranked)


@pytest.mark.parametrize("surrogates", ["clockwork", "toy"])
def test_the_tables_are_those_of_the_leaderboards(real: tuple[Path, Path], real_site: Path, surrogates: str) -> None:
    expected = list(every_entry(real, surrogates))
    assert len(expected) > 5
    for board, rank, entry in expected:
        page = board_page(real_site, board.id, surrogates)
        digits = board.score.digits
        full = f"{entry.full.mean:.{digits}f} ± {entry.full.error:.{digits}f}"
        observed = f"{entry.observed.mean:.{digits}f} ± {entry.observed.error:.{digits}f}"
        marks = [f"{value:.{digits}f}" for value in entry.at.values()]
        rows = [row for row in page.rows() if row[0] == str(rank) and row[2:4] == [full, observed]]
        assert any(set(marks) <= set(row) and str(entry.evaluations) in row for row in rows), (board.id, entry.name)
        assert any(entry.state in " ".join(row) for row in rows)


def test_ranks_and_their_order_are_those_of_the_tables(site: Path, world: tuple[Path, Path]) -> None:
    ranks = [rank for board, rank, _ in every_entry(world, "clockwork") if board.id == SINGLE]
    shown = [row[0] for row in board_page(site, SINGLE).rows() if len(row) == 15 and row[0] not in ("Rank", "Status")]
    assert shown == [str(rank) for rank in ranks]
    assert set(shown) >= {"1", "incomplete", "failed"}


def test_the_last_point_of_a_line_is_the_score_of_the_table(real: tuple[Path, Path], toy_set: SurrogateSet) -> None:
    for board in contents("toy", "toy", *real).boards:
        for row in board.rows:
            for (axis, view), trace in row.traces.items():
                expected = row.entry.full if view == "full" else row.entry.observed
                got = (trace.mean[trace.length - 1], trace.error[trace.length - 1])
                assert got == pytest.approx((expected.mean, expected.error), rel=1e-9), (board.board.id, axis, view)


def test_a_line_never_anticipates(real: tuple[Path, Path], toy_set: SurrogateSet) -> None:
    """At every point over time the value is that of all evaluations that have ended, and of no other."""
    board = registry.leaderboard_of(FIDELITY)
    record = records.read(real[0] / "toy" / FIDELITY / "hyperband.parquet")
    points = trajectories.time_points(board)
    trace = trajectories.by_time(record, "full", points)
    assert trace is not None
    assert trace.mean == pytest.approx(curves(record, "full", points).values.mean(axis=0), rel=1e-12)
    assert (np.diff(trace.mean) <= 1e-12).all()
    assert 180 <= len(points) <= 220
    assert (points[0], points[-1]) == (0.0, board.budget)


def test_over_evaluations_by_hand(clockwork: SurrogateSet, tmp_path: Path) -> None:
    """Of two evaluations that end together, the record's first comes first."""
    board = registry.leaderboard_of(FIDELITY)
    record = records.read(put(tmp_path, clockwork, FIDELITY, "mine", [80.0] * 10, low=95.0))
    full = trajectories.by_evaluations(record, board, "full", np.array([0.0, 1.0, 2.0, 5.0]))
    observed = trajectories.by_evaluations(record, board, "observed", np.array([0.0, 1.0, 2.0, 5.0]))
    assert full is not None
    assert observed is not None
    assert full.mean.tolist() == [90.0, 20.0, 20.0, 20.0]
    assert observed.mean.tolist() == [90.0, 20.0, 5.0, 5.0]
    assert (full.length, full.settled) == (3, 1)
    assert trajectories.longest(record) == 2


def test_without_the_library_of_the_fronts_the_rest_of_the_site_is_written(
    world: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "moocore", None)
    built = build(tmp_path / "site", *world)
    assert [problem for problem in built.problems if "moocore" in problem] == [
        "an attainment surface needs moocore; install it with: pip install 'jahs-harness[stats]'"
    ]
    assert built.pages


def test_fronts_are_drawn_in_the_metrics_units(real_site: Path) -> None:
    data = data_of(real_site / "sets" / "toy" / "data" / f"{MULTI.replace('/', '-')}.js")
    assert (data["fronts"]["x"], data["fronts"]["y"], data["fronts"]["ahead"]) == ("latency", "valid-acc", True)
    for line in data["fronts"]["lines"]:
        ends = []
        for x, y in line.values():
            assert x == sorted(x)
            assert y == sorted(y)
            ends.append(y[-1])
        assert ends == sorted(ends, reverse=True)  # one seed reaches at least what half reach, and those what all do


def test_the_compare_view_has_the_test_of_the_ranks(site: Path, world: tuple[Path, Path]) -> None:
    found = data_of(site / "sets" / "clockwork" / "data" / "compare.js")
    [board] = [one for one in found["boards"] if one["page"] == f"boards/{SINGLE.replace('/', '-')}.html"]
    names = [found["methods"][entry[0]][0] for entry in board["entries"]]
    scores = {entry.key: entry for b, _, entry in every_entry(world, "clockwork") if b.id == SINGLE}
    finals = {entry.name: entry.finals for entry in scores.values() if "submissions" not in entry.origin}
    tested = 0
    for i, a in enumerate(names):
        for j in range(i + 1, len(names)):
            b = names[j]
            at = i * len(names) - i * (i + 1) // 2 + j - i - 1
            if a in finals and b in finals:
                differences = [x - y for x, y in zip(finals[a], finals[b], strict=False)]
                assert board["seeds"][at] == len(differences)
                if len(differences) >= 10:
                    tested += 1
                    assert board["p"][at] == pytest.approx(wilcoxon(differences))
                    assert board["differences"][at] == pytest.approx(np.mean(differences), abs=1e-6)
                else:
                    assert board["p"][at] is None
    assert tested == 3


def test_two_namesakes_are_told_apart(site: Path) -> None:
    found = data_of(site / "sets" / "clockwork" / "data" / "compare.js")
    names = [method[0] for method in found["methods"]]
    assert {"better", "better (theirs)"} <= set(names)
    assert len(set(names)) == len(names)
    assert "https://example.org/x?a=1&b=2" in (
        site / "sets/clockwork/methods" / f"{slugs(['better (theirs)'])['better (theirs)']}.html"
    ).read_text().replace("&amp;", "&")


def test_colours_are_those_of_the_figures(site: Path, world: tuple[Path, Path]) -> None:
    css = (site / "assets" / "site.css").read_text()
    for k, color in enumerate(styles.PALETTE):
        assert f"--c{k}: {color};" in css
    [method] = [m for m in contents("clockwork", "x", *world).methods if m.shown == "random-search"]
    slot = list(registry.methods()).index("random-search")
    assert styles.PALETTE[method.look.color] == styles.line_style(slot).color


# Hostile text.


def test_a_hostile_name_is_shown_and_does_nothing(site: Path, pages: list[Page]) -> None:
    for page in pages:
        assert not page.all("img")
        assert not page.all("b") or "window.hacked" not in str(page.all("b"))
        assert "49" not in [word.strip() for word in page.words]  # {{7*7}} is no template
    shown = [page for page in pages if "window.hacked=1" in page.text]
    assert len(shown) >= 4
    for path in site.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        if "uPlot" not in path.name:
            assert "</script" not in text
            assert text.isascii() or path.name == "site.js"
    assert all(re.fullmatch(r"[A-Za-z0-9._/-]+", name) for name in files(site))


@given(st.text())
def test_any_text_survives_a_script(text: str) -> None:
    written = script("X", {"name": text, text: 1})
    assert not re.search(r"[<>&\u2028\u2029]", written)
    assert written.isascii()
    found = json.loads(written.removeprefix("window.X = ").removesuffix(";\n"))
    assert found.get("name", 1) in (text, 1)


def test_a_script_has_no_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        script("X", float("nan"))


@given(st.lists(st.text(max_size=60), unique=True, max_size=8))
def test_file_names_are_safe_and_different(names: list[str]) -> None:
    found = slugs(names)
    assert list(found) == names
    assert len({slug.lower() for slug in found.values()}) == len(names)
    for slug in found.values():
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*", slug)
        assert not slug.endswith(".")


def test_harmless_names_stay_and_devices_do_not() -> None:
    found = slugs(["hyperband", "lite-1", "jahs-1.1.0", "con", "NUL", "../x", "a" * 200])
    assert [found[name] for name in ("hyperband", "lite-1", "jahs-1.1.0")] == ["hyperband", "lite-1", "jahs-1.1.0"]
    assert re.fullmatch(r"con-[0-9a-f]{10}", found["con"])
    assert re.fullmatch(r"x-[0-9a-f]{10}", found["../x"])
    assert len(found["a" * 200]) < 60
    assert SLUG.fullmatch("x.") is None


# Surrogate sets.


def test_sets_have_trees_of_their_own(real_site: Path) -> None:
    for name, other in (("clockwork", "toy"), ("toy", "clockwork")):
        tree = real_site / "sets" / name
        assert len(list((tree / "boards").iterdir())) == 24
        for path in tree.rglob("*.html"):
            current = [a for a in Page(path).all("a") if a.get("aria-current") == "true"]
            assert {a["href"] for a in current if "/" in str(a["href"])} <= {
                a for a in Page(path).addresses() if f"sets/{other}" not in a
            }
            assert f"{name} – JAHS" in Page(path).text
    assert (real_site / "sets" / "toy" / "index.html").is_file()
    methods = {name: Page(real_site / "sets" / name / "methods" / "index.html").rows() for name in ("toy", "clockwork")}
    assert {row[0] for row in methods["toy"][1:]} == {"hyperband", "local-search", "random-search"}
    assert "hyperband" not in {row[0] for row in methods["clockwork"][1:]}


def test_one_set_can_be_chosen(real: tuple[Path, Path], tmp_path: Path) -> None:
    assert list(build(tmp_path / "site", *real, surrogates="toy").entries) == ["toy"]
    assert [p.name for p in (tmp_path / "site" / "sets").iterdir()] == ["toy"]
    with pytest.raises(UnknownName, match="did you mean 'toy'"):
        build(tmp_path / "other", *real, surrogates="tay")


def test_records_of_another_content_of_a_set_are_left_out(
    world: tuple[Path, Path], clockwork: SurrogateSet, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    shutil.copytree(world[0], results)
    put(results, clockwork, SINGLE, "older", around(99.0), surrogates_hash="f" * 64)
    built = build(tmp_path / "site", results, world[1])
    assert len(built.problems) == 1
    assert "hash" in built.problems[0]
    assert "older" not in board_page(tmp_path / "site", SINGLE).text


# Bytes, places and damage.


def test_the_same_records_give_the_same_bytes(world: tuple[Path, Path], site: Path, tmp_path: Path) -> None:
    shutil.copytree(world[0].parent, tmp_path / "elsewhere")
    build(tmp_path / "again", tmp_path / "elsewhere" / "results", tmp_path / "elsewhere" / "leaderboards")
    assert files(tmp_path / "again") == files(site)
    assert str(tmp_path).encode() not in b"".join(files(tmp_path / "again").values())


def test_ledgers_are_copies_of_the_records(world: tuple[Path, Path], site: Path, tmp_path: Path) -> None:
    record = world[0] / "clockwork" / SINGLE / "random-search.parquet"
    copy = site / "sets" / "clockwork" / "ledgers" / "cifar10-single-bb" / "random-search.parquet"
    assert copy.read_bytes() == record.read_bytes()
    build(tmp_path / "light", *world, ledgers=False)
    assert not list((tmp_path / "light").rglob("*.parquet"))
    assert "parquet" not in board_page(tmp_path / "light", SINGLE).text
    linked = [a for a in board_page(site, SINGLE).all("a") if "download" in a]
    assert len(linked) == 7


def test_pages_are_small(real_site: Path) -> None:
    front = Page(real_site / "index.html")
    loaded = [a for a in front.addresses() if a.endswith((".js", ".css"))]
    size = sum((real_site / name).stat().st_size for name in ("index.html", *loaded))
    assert sorted(loaded) == ["assets/site.css", "assets/site.js"]
    assert size < 300_000
    assert max(p.stat().st_size for p in real_site.rglob("*.js")) < 200_000


def test_a_site_is_replaced_as_a_whole(world: tuple[Path, Path], tmp_path: Path, call: Call) -> None:
    out = tmp_path / "site"
    options = ["--results", world[0], "--leaderboards", world[1], "--out", out]
    assert call("site", *options).code == 0
    assert call("site", *options, "--without-ledgers").code == 0
    assert not list(out.rglob("*.parquet"))
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_an_interrupted_build_changes_nothing(
    world: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path / "site", *world)
    before = files(tmp_path / "site")

    def fail(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.reports.site.build.compare_data", fail)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "site", *world)
    assert files(tmp_path / "site") == before
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_a_swap_that_fails_puts_the_old_site_back(
    world: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path / "site", *world)
    before = files(tmp_path / "site")
    rename, calls = os.rename, []

    def second_fails(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == 2:
            raise OSError(28, "no space")
        rename(source, target)

    monkeypatch.setattr(os, "rename", second_fails)
    with pytest.raises(StorageError, match="nothing half-written is left"):
        build(tmp_path / "site", *world)
    assert files(tmp_path / "site") == before


@pytest.mark.parametrize("content", ["notes.txt", "site.json"])
def test_another_folder_is_never_replaced(world: tuple[Path, Path], tmp_path: Path, call: Call, content: str) -> None:
    (tmp_path / content).write_text('{"files": []}')
    answer = call("site", "--results", world[0], "--leaderboards", world[1], "--out", tmp_path)
    assert answer.code == 2
    assert "is no site of this command" in answer.err
    assert [p.name for p in tmp_path.iterdir()] == [content]


def test_what_was_put_into_a_site_is_not_lost(world: tuple[Path, Path], tmp_path: Path) -> None:
    build(tmp_path / "site", *world)
    (tmp_path / "site" / "CNAME").write_text("example.org")
    with pytest.raises(UsageError, match=r"CNAME is no part of the site"):
        build(tmp_path / "site", *world)


def test_the_records_are_never_replaced(world: tuple[Path, Path], tmp_path: Path) -> None:
    for out in (world[0], world[0].parent, world[1]):
        with pytest.raises(UsageError, match="which the site would replace"):
            build(out, *world)
    with pytest.raises(UsageError, match="its ledgers would be taken for records"):
        build(world[0] / "site", *world)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        build(tmp_path / "file" / "site", *world)
    with pytest.raises(UsageError, match="is no folder"):
        build(tmp_path / "file", *world)
    (tmp_path / "empty").mkdir()
    assert build(tmp_path / "empty", *world).pages > 24


def test_an_empty_folder_is_answered_with_the_command_that_fills_one(tmp_path: Path, call: Call) -> None:
    (tmp_path / "empty").mkdir()
    for results in (tmp_path / "none", tmp_path / "empty"):
        answer = call("site", "--results", results, "--leaderboards", tmp_path / "l", "--out", tmp_path / "site")
        assert answer.code == 2
        assert f"make some with: harness leaderboard baselines --results {results}" in answer.err
    assert not (tmp_path / "site").exists()


def test_a_damaged_record_is_named_and_the_rest_rendered(world: tuple[Path, Path], tmp_path: Path, call: Call) -> None:
    results = tmp_path / "results"
    shutil.copytree(world[0], results)
    damaged = results / "clockwork" / SINGLE / "better.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    answer = call("site", "--results", results, "--leaderboards", world[1], "--out", tmp_path / "site")
    assert answer.code == 1
    assert str(damaged) in answer.err
    assert "it was left out" in answer.err
    assert "1 file was left out" in Page(tmp_path / "site" / "index.html").text
    assert len([row for row in board_page(tmp_path / "site", SINGLE).rows() if len(row) == 15]) == 2 + 6


def test_with_damaged_records_alone_there_is_no_site(clockwork: SurrogateSet, tmp_path: Path, call: Call) -> None:
    path = put(tmp_path / "results", clockwork, SINGLE, "mine", around(90.0))
    path.write_bytes(b"PAR1 not really")
    answer = call(
        "site", "--results", tmp_path / "results", "--leaderboards", tmp_path / "l", "--out", tmp_path / "site"
    )
    assert (answer.code, (tmp_path / "site").exists()) == (1, False)
    assert str(path) in answer.err
    assert "no site was written" in answer.err


def test_numbers_that_no_surrogate_predicts_are_not_drawn(clockwork: SurrogateSet, tmp_path: Path) -> None:
    results = tmp_path / "results"
    original = put(tmp_path / "made", clockwork, MULTI, "mine", around(90.0))

    def change(columns: Columns, _: Header) -> None:
        columns["latency"][:5] = np.inf
        columns["latency"][5] = np.nan

    forge(original, results / "clockwork" / MULTI / "mine.parquet", change)
    put(results, clockwork, MULTI, "other", around(90.0))
    original = put(tmp_path / "made", clockwork, FIDELITY, "mine", around(90.0), low=80.0)

    def early(columns: Columns, _: Header) -> None:
        columns["valid-acc"][1::2] = -np.inf
        columns["end"][1::2] *= 0.75  # from 15 to 20 mean full evaluations, where no table looks

    forge(original, results / "clockwork" / FIDELITY / "mine.parquet", early)
    assert build(tmp_path / "site", results, tmp_path / "l").problems == ()
    assert "mine" in board_page(tmp_path / "site", MULTI).text


def test_a_record_that_is_still_written_has_no_download(clockwork: SurrogateSet, tmp_path: Path) -> None:
    path = put(tmp_path / "results", clockwork, SINGLE, "mine", around(90.0, 9))
    parts = records.parts_path(path)
    parts.mkdir()
    shutil.copy(path, parts / "000000.parquet")
    build(tmp_path / "site", tmp_path / "results", tmp_path / "l")
    assert not list((tmp_path / "site").rglob("*.parquet"))


def test_one_seed_has_no_error_and_no_test(clockwork: SurrogateSet, tmp_path: Path) -> None:
    put(tmp_path / "results", clockwork, SINGLE, "mine", [90.0])
    put(tmp_path / "results", clockwork, SINGLE, "other", [None])
    build(tmp_path / "site", tmp_path / "results", tmp_path / "l")
    rows = board_page(tmp_path / "site", SINGLE).rows()
    assert ["incomplete", "mine", "10.00", "10.00"] in [row[:4] for row in rows]
    assert ["failed", "other", "-", "-"] in [row[:4] for row in rows]
    data = data_of(tmp_path / "site" / "sets" / "clockwork" / "data" / "cifar10-single-bb.js")
    assert [line["name"] for line in data["lines"]] == ["mine"]
    assert set(data["lines"][0]["traces"]["full"]["time"]["error"]) == {None}


# What is shipped.


def test_templates_and_assets_are_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["harness"]
    package = ROOT / "harness"
    shipped = {path for pattern in patterns for path in package.glob(pattern)}
    assert {*TEMPLATES.iterdir(), *(p for p in ASSETS.rglob("*") if p.is_file())} <= shipped


def test_the_library_is_bundled_with_its_licence(site: Path) -> None:
    licence = (site / "assets" / "uplot" / "LICENSE").read_text()
    assert licence.startswith("The MIT License")
    assert b"uPlot" in (site / "assets" / "uplot" / "uPlot.iife.min.js").read_bytes()[:200]


def test_what_a_submission_declares_is_on_its_pages() -> None:
    """Escaped, like every other word of a stranger."""
    from types import SimpleNamespace

    from harness.reports.site.pages import _environment

    flags = _environment().get_template("parts.html").module.flags  # type: ignore[attr-defined]
    assert flags(SimpleNamespace(flags=())).strip() == ""
    shown = flags(SimpleNamespace(flags=("deterministic", "<b>\x1b")))
    assert "(deterministic, &lt;b&gt;)" in shown
