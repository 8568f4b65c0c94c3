"""Renders ``README.md`` and ``scores.csv`` in ``leaderboards/<surrogate set>/`` from folders of records.

The same files give the same bytes on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import RecordError, UnknownName, UsageError
from harness.reports.tables import page, scores
from harness.reports.tables.blocks import blocks
from harness.reports.tables.collect import collect, set_folders
from harness.reports.tables.standings import standings


@dataclass(frozen=True)
class Rendered:
    """``files``: path -> text; ``problems``: sentences about records and pages that had to be left out."""

    files: dict[Path, str]
    problems: tuple[str, ...]

    @property
    def outdated(self) -> list[Path]:
        """The paths whose file is missing or has another content."""
        return [
            path for path, text in self.files.items() if not path.is_file() or path.read_bytes() != text.encode("utf-8")
        ]  # fmt: skip


def render(baselines: Path, leaderboards: Path, surrogates: str | None = None) -> Rendered:
    """The files of every surrogate set with records or a folder of leaderboards (or of the set ``surrogates`` alone).

    UsageError if there is nothing to render; UnknownName for a surrogate set without records and folder.
    """
    sets = sorted({*set_folders(baselines), *set_folders(leaderboards)})
    if not sets:
        raise UsageError(
            f"there are no records in {baselines}; make some with: harness leaderboard baselines --results {baselines}"
        )
    if surrogates is not None and surrogates not in sets:
        raise UnknownName("source of these folders", surrogates, sets)
    files: dict[Path, str] = {}
    problems: list[str] = []
    for name in sets if surrogates is None else (surrogates,):
        collection = collect(name, baselines, leaderboards)
        problems += collection.problems
        boards = standings(collection)
        home = leaderboards / name
        files[home / scores.FILE] = scores.scores(collection, boards)
        try:
            readme = home / page.FILE
            text = _present(readme)
            if text is None:
                text = page.template(name, [standing.board.id for standing in boards])
            files[readme] = page.fill(text, blocks(collection, boards), readme)
        except RecordError as error:
            problems.append(str(error))
    return Rendered(files, tuple(problems))


def _present(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise RecordError(f"{path} is not UTF-8 text; move it away for a new one") from None
