"""Builds the whole site: pages, their data, the ledgers to download, and the assets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.reports.site import folder
from harness.reports.site.contents import Board, Contents, contents, sets
from harness.reports.site.data import board_data, compare_data
from harness.reports.site.folder import Site
from harness.reports.site.names import slugs
from harness.reports.site.pages import ASSETS, LIBRARY, render, stylesheet
from harness.reports.site.scripts import script


@dataclass(frozen=True)
class Built:
    """The site written: surrogate set -> number of entries, number of pages, bytes in all, sentences about problems."""

    entries: dict[str, int]
    pages: int
    size: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """A surrogate set as the pages refer to it.

    ``home``: the address of its front page, relative to the root of the site; ``suite``: the title of its suite;
    ``scores``: the names of its scores; ``boards`` and ``entries``: their numbers.
    """

    name: str
    slug: str
    home: str
    suite: str
    scores: tuple[str, ...]
    boards: int
    entries: int


def build(
    out: Path,
    results: Path,
    leaderboards: Path,
    surrogates: str | None = None,
    ledgers: bool = True,
    on_set: Callable[[str], None] = lambda _: None,
) -> Built:
    """Writes the site of a results folder, and of the submissions in ``leaderboards``, to the folder ``out``.

    UsageError if there are no records, or if ``out`` exists and is no site. If no record can be read, nothing is
    written.
    """
    folder.check(out, results, leaderboards)
    chosen = sets(results, leaderboards, surrogates)
    files = slugs(chosen)
    found = []
    for name in chosen:
        on_set(name)
        found.append(contents(name, files[name], results, leaderboards))
    problems = tuple(problem for one in found for problem in one.problems)
    if not any(one.entries for one in found):
        return Built({}, 0, 0, problems)
    found = [one for one in found if one.entries or any(board.published for board in one.boards)]
    found.sort(key=lambda one: (-one.entries, one.surrogates))
    links = [
        Link(
            one.surrogates,
            one.slug,
            "index.html" if k == 0 else f"sets/{one.slug}/index.html",
            one.suite[0],
            tuple(one.scores),
            sum(bool(board.rows) for board in one.boards),
            one.entries,
        )
        for k, one in enumerate(found)
    ]
    with folder.replacing(out) as site:
        _assets(site)
        for k, one in enumerate(found):
            _set(site, one, links, k, ledgers)
        pages = sum(file.endswith(".html") for file in site.files)
        size = sum((site.root / file).stat().st_size for file in site.files)
    return Built({one.surrogates: one.entries for one in found}, pages, size, problems)


def _assets(site: Site) -> None:
    site.text("assets/site.css", stylesheet())
    site.copy("assets/site.js", ASSETS / "site.js")
    for file in LIBRARY:
        site.copy(f"assets/{file}", ASSETS / file)


def _set(site: Site, one: Contents, links: list[Link], which: int, ledgers: bool) -> None:
    here, home = links[which], f"sets/{one.slug}"
    shared = {"contents": one, "links": links, "here": here, "ledgers": ledgers}
    site.text(here.home, render("front.html", 0 if which == 0 else 2, **shared))
    for board in one.boards:
        site.text(f"{home}/boards/{board.slug}.html", render("board.html", 3, board=board, **shared))
        if any(row.traces for row in board.rows):
            site.text(f"{home}/data/{board.slug}.js", script("BOARD", board_data(board)))
        if ledgers:
            _ledgers(site, home, board)
    for method in one.methods:
        entered = [(board, row) for board in one.boards for row in board.rows if row.method is method]
        site.text(
            f"{home}/methods/{method.slug}.html", render("method.html", 3, method=method, entered=entered, **shared)
        )
    site.text(f"{home}/methods/index.html", render("methods.html", 3, **shared))
    site.text(f"{home}/compare.html", render("compare.html", 2, **shared))
    site.text(f"{home}/data/compare.js", script("COMPARE", compare_data(one)))


def _ledgers(site: Site, home: str, board: Board) -> None:
    for row in board.rows:
        if row.ledger is not None:
            site.copy(f"{home}/ledgers/{board.slug}/{row.method.slug}.parquet", row.ledger.path)
