"""Are some fidelities more useful than others? (paper, Figures 3 and 4)"""

from __future__ import annotations

from functools import partial

from harness.reports.studies import Arm, Evidence, Report, Study
from harness.reports.studies.pictures import trajectories
from harness.reports.studies.scores import Paper, compare, finals_table
from harness.reports.studies.tables import Measured
from harness.reports.studies.words import able, names, too_few, where
from protocols.jahs.paper import PUBLIC_ERROR

AXES = {"epoch": "epoch", "N": "N", "W": "W", "Resolution": "Resolution"}
DIAGONAL = "diagonal"
FAMILIES = {
    "Hyperband": ("hyperband", "hyperband-diagonal", "figure-3"),
    "SMAC-HB": ("smac-hb", "smac-hb-diagonal", "figure-4"),
    "BOHB": ("bohb", "bohb-diagonal", "figure-4"),
}
"""Family -> its method over one axis, its method along the diagonal, its figure. The paper's Figure 4 is about SMAC."""
FOUND = {
    "Hyperband": "no difference between the axes on CIFAR-10 and Fashion-MNIST, W worst on Colorectal-Histology, and "
    "no speedup from the diagonal",
    "SMAC-HB": "N best on Colorectal-Histology, else no difference between the axes, and a diagonal that may "
    "even hinder",
}
"""The paper's statements on its figures. It gives no numbers."""


def arms() -> tuple[Arm, ...]:
    """Every family on each axis alone, and along the diagonal of all four."""
    found = []
    for group, (single, diagonal, _) in FAMILIES.items():
        found += [Arm(group, label, single, "mf", slot, axis=axis) for slot, (axis, label) in enumerate(AXES.items())]
        found.append(Arm(group, DIAGONAL, diagonal, "multi-mf", len(AXES)))
    return tuple(found)


def report(evidence: Evidence) -> Report:
    """Trajectories per family in both views, and the final scores."""
    text: list[str] = []
    figures = {}
    groups = evidence.groups()
    for group, (single, _, figure) in FAMILIES.items():
        found = groups.get(group, ())
        if not found:
            text.append(f"**{group}** was not run: {evidence.left_out.get(single, 'it was not asked for')}.")
            continue
        figures[f"{figure}-{single}"] = partial(trajectories, evidence, found, "full")
        figures[f"{figure}-{single}-observed"] = partial(trajectories, evidence, found, "observed")
        text.append(_said(evidence, group, found))
    table = finals_table(
        evidence, "final-errors", "Validation error (%) at the end of the budget, mean ± standard error over seeds.",
        paper=_public(), note="Paper: the benchmark's public leaderboards, which count evaluations at every fidelity.",
    )  # fmt: skip
    return Report(tuple(text), (table,), figures)


def _public() -> Paper:
    hyperband = next(iter(FAMILIES))
    return {
        (task, hyperband, label): Measured(*values[name])
        for task, values in PUBLIC_ERROR.items()
        for label, name in ((AXES["epoch"], "hyperband"), (DIAGONAL, "diagonal"))
    }


def _said(evidence: Evidence, group: str, found: tuple[Arm, ...]) -> str:
    reference = next((arm for arm in found if arm.label == AXES["epoch"]), None)
    others = [arm for arm in found if arm != reference]
    if reference is None or not others:
        return f"**{group}.** Only {names([arm.label for arm in found])} was run."
    comparisons = compare(evidence, reference, others)
    paper = f" The paper: {FOUND[group]}." if group in FOUND else ""
    if not comparisons or (short := too_few(comparisons, f"Whether an axis differs from {reference.label}")):
        return f"**{group}.** {short if comparisons else 'No seed is complete.'}{paper}"
    tested, untested = able(comparisons, evidence)
    better = [c for c in tested if c.different and c.difference < 0]
    worse = [c for c in tested if c.different and c.difference > 0]
    said = [f"{verdict}: {where(evidence, some)}" for verdict, some in (("better", better), ("worse", worse)) if some]
    rest = len(tested) - len(better) - len(worse)
    return (
        f"**{group}.** Final error (view `full`) against {reference.label}, paired Wilcoxon tests, Holm-corrected per "
        f"task: {'; '.join([*said, f'not told apart: {rest} of {len(tested)}'])}.{untested}{paper}"
    )


STUDY = Study(
    "fidelities", "Which fidelity to search on", "Figures 3 and 4", arms, report
)  # fmt: skip
