"""The files of a study: every figure as PNG, SVG and PDF, every table as CSV, Markdown and LaTeX, and ``text.md``.

They are written to ``<out>/<surrogate set>/<study>/``, so that different sets never share a file. A study without a
surrogate set has its suite's name there. The same evidence gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.base.files import write_text
from harness.errors import StorageError, UsageError
from harness.reports.plots import styles
from harness.reports.plots.saving import check_formats, save
from harness.reports.studies.latex import to_latex
from harness.reports.studies.study import Evidence, Report, Study
from harness.reports.studies.tables import to_csv, to_markdown

TEXT = "text.md"


def write(
    study: Study,
    evidence: Evidence,
    report: Report,
    out: Path,
    *,
    formats: Sequence[str] = styles.FORMATS,
    width: str = "full",
) -> list[Path]:
    """Writes a report below ``out`` and returns the files, the text first. UnknownName for a format or width."""
    check_formats(formats, width)
    folder = out / evidence.origin / study.name
    files = {folder / TEXT: text(study, evidence, report, formats)}
    for table in report.tables:
        rendered = {"csv": to_csv(table), "md": to_markdown(table), "tex": to_latex(table, study.name)}
        files |= {folder / f"{table.name}.{ending}": content for ending, content in rendered.items()}
    try:
        for path, content in files.items():
            write_text(path, content)
    except StorageError as error:
        raise UsageError(f"cannot write {folder}: {error.reason}; give another folder with --out") from error
    pictures = []
    for stem, draw in report.figures.items():
        with styles.style():
            picture = draw(width)
            for form in dict.fromkeys(formats):
                path = folder / f"{stem}.{form}"
                save(picture, path, form, f"{study.title}, {evidence.origin}")
                pictures.append(path)
    return [*files, *pictures]


def text(study: Study, evidence: Evidence, report: Report, formats: Sequence[str] = styles.FORMATS) -> str:
    """The content of ``text.md``: the runs, the measurements, and the paper's values beside them."""
    shown = next((form for form in ("svg", "png") if form in formats), None)
    parts = [f"# {study.title}", _setup(study, evidence), *report.text]
    for table in report.tables:
        parts.append(to_markdown(table).rstrip("\n"))
    if shown:
        parts += [f"![{study.title}: {stem}]({stem}.{shown})" for stem in report.figures]
    for title, lines in (
        ("Left out", list(dict.fromkeys(evidence.left_out.values()))),
        ("Incomplete", list(evidence.problems)),
    ):
        if lines:
            parts.append(f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines))
    return "\n\n".join(parts) + "\n"


def _setup(study: Study, evidence: Evidence) -> str:
    surrogates = evidence.surrogate_set
    if surrogates is None:
        return f"Paper: {study.source}."
    tasks = ", ".join(evidence.title(task) for task in evidence.tasks)
    parts = [f"Paper: {study.source}. Surrogate set `{surrogates.name}` (hash `{surrogates.hash[:12]}`): {tasks}."]
    if description := surrogates.about.get("description"):
        parts.append(f"This set is {description}.")
    if evidence.arms:
        parts.append(f"Seeds {_seeds(evidence.seeds)}.")
    return " ".join(parts)


def _seeds(seeds: Sequence[int]) -> str:
    ordered = sorted(seeds)
    if len(ordered) > 1 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{ordered[0]} to {ordered[-1]}"
    return ", ".join(map(str, ordered))
