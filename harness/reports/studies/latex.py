"""Tables of studies as LaTeX: a ``table`` environment with ``booktabs`` that compiles as it is."""

from __future__ import annotations

import re

from harness.base.escape import one_line
from harness.reports.studies.tables import Table, shown

LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "\"": "''", "±": r"$\pm$", "×": r"$\times$", "τ": r"$\tau$", "²": r"$^2$",
    "−": r"$-$", "∞": r"$\infty$", "–": "--", "—": "---", "’": "'", "…": r"\ldots{}", "≤": r"$\leq$",
    "≥": r"$\geq$", "·": r"$\cdot$", "ρ": r"$\rho$", "ℓ": r"$\ell$", "\N{NO-BREAK SPACE}": "~",
}  # fmt: skip
"""Characters that LaTeX does not show as they are -> the LaTeX for them."""

SHRUNK = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{"
"""Opens a box that is shrunk to the width of a line if it is wider."""


def latex(text: str) -> str:
    """Text for LaTeX, in which every character is shown as it is."""
    return "".join(LATEX.get(character, character) for character in one_line(text))


def to_latex(table: Table, study: str = "") -> str:
    """A ``table`` environment, no wider than a line; needs the packages booktabs and graphicx.

    ``study``: the first part of its label, which is ``tab:`` and the names of both.
    """
    label = re.sub("[^A-Za-z0-9-]", "-", f"{study}-{table.name}" if study else table.name)
    alignment = "".join("l" if column.kind == "text" else "r" for column in table.columns)
    lines = [
        "% needs \\usepackage{booktabs,graphicx}",
        "\\begin{table}",
        "  \\centering",
        f"  \\caption{{{latex(table.title)}{' ' + latex(table.note) if table.note else ''}}}",
        f"  \\label{{tab:{label}}}",
        "  \\small",
        f"  {SHRUNK}%",
        f"  \\begin{{tabular}}{{@{{}}{alignment}@{{}}}}",
        "    \\toprule",
        f"    {' & '.join(latex(column.title) for column in table.columns)} \\\\",
        "    \\midrule",
        *(f"    {' & '.join(latex(shown(row.get(c.name), c)) for c in table.columns)} \\\\" for row in table.rows),
        "    \\bottomrule",
        "  \\end{tabular}}",
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"
