"""Critical-difference diagrams (Demšar 2006): average ranks, and bars that join methods no test tells apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from harness import registry
from harness.errors import TooFewSeeds, UsageError
from harness.reports.plots import mpl, styles
from harness.reports.plots.comparing import boards_of, over, pooled
from harness.reports.plots.figures import GAP, put_note
from harness.reports.plots.panels import Line
from harness.reports.plots.subject import Subject
from harness.statistics import blocks, critical_difference, midranks

ROW, BAR, HEAD = 0.16, 0.085, 0.34
"""Inches from label to label, from bar to bar, and from the axis to the top, for its numbers and title."""
PAD, SHORTEST = 0.06, 0.9
"""Inches between a label and the upright part of its leader, and the least length of the axis."""
FONT = 6.6
"""Points."""


def differences(panels: Sequence[Sequence[Line]], subject: Subject) -> mpl.Figure:
    """Average final ranks over seeds and tasks; bars join methods that paired tests do not tell apart."""
    boards = boards_of(panels)
    methods = pooled(boards, subject)
    finals = blocks(boards, methods)
    cliques: tuple[tuple[str, ...], ...] = ()
    try:
        found = critical_difference(finals, maximize=boards[0].maximize)
        averages, cliques = dict(found.ranks), found.cliques
        tested = (
            f"Friedman p = {found.p_value:.2g}. Bars join methods of which paired Wilcoxon tests (Holm-corrected, "
            f"{found.alpha:g}) tell no two apart."
        )
    except UsageError as error:  # too few seeds or methods for the test, or scipy is missing: the ranks can be drawn
        subject.options.report(f"{subject}: {error}")
        tested = (
            f"Not tested: {error.what} needs {error.need} runs of each, and there are {error.have}."
            if isinstance(error, TooFewSeeds)
            else "Not tested."
        )
        means = midranks(list(finals.values()), maximize=boards[0].maximize).mean(axis=1)
        averages = dict(sorted(zip(methods, means.tolist(), strict=True), key=lambda item: (item[1], item[0])))
    note = subject.small_print(f"Average final ranks over {over(boards, methods)}, 1 is best. {tested}")
    return _diagram(averages, cliques, subject.options.width, note)


def _diagram(averages: Mapping[str, float], cliques: Sequence[Sequence[str]], width_name: str, note: str) -> mpl.Figure:
    width = styles.WIDTHS[width_name]
    names = list(averages)
    left = names[: -(-len(names) // 2)]
    bars = 0.12 + BAR * len(cliques)
    fig = mpl.Figure(figsize=(width, 1.0))
    mpl.FigureCanvasAgg(fig)
    text = put_note(fig, note, width - 2 * GAP)
    foot = (text.get_window_extent().height / fig.dpi + 2 * GAP) if text is not None else GAP
    total = HEAD + bars + ROW * len(left) + 0.1 + foot
    labels = {n: f"{n} {rank:.2f}" if n in left else f"{rank:.2f} {n}" for n, rank in averages.items()}
    widths = {name: _width(fig, label) for name, label in labels.items()}
    fig.set_size_inches(width, total)
    if text is not None:
        text.set_position((0.5, GAP / total))
    ax = fig.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set_axis_off()
    ax.set_xlim(0.0, width)
    ax.set_ylim(0.0, total)
    line = total - HEAD
    place = _places(averages, left, widths, width)
    _axis(ax, place, len(names), line)
    slots = styles.slots(names, list(registry.methods()))
    for index, (name, rank) in enumerate(averages.items()):
        row = index if name in left else len(names) - 1 - index
        y = line - bars - ROW * (row + 1)
        x, end = place(rank), GAP if name in left else width - GAP
        style = styles.line_style(slots[name])
        ax.plot([x, x, end], [line, y, y], color=style.color, linewidth=0.8, linestyle=style.linestyle)
        ax.plot([x], [line], marker=style.marker, color=style.color, markersize=4.2, markeredgecolor="white",
                markeredgewidth=0.4, zorder=4)  # fmt: skip
        room = (x - end if name in left else end - x) - PAD
        ax.text(end, y + 0.025, _cut(labels[name], room / widths[name]), ha="left" if name in left else "right",
                va="bottom", fontsize=FONT, parse_math=False)  # fmt: skip
    for index, clique in enumerate(cliques):
        _bar(ax, [place(averages[name]) for name in clique], line - 0.1 - BAR * index)
    return fig


def _bar(ax: mpl.Axes, places: Sequence[float], y: float) -> None:
    """The bar of a clique, with a dot at each member: the bar may pass a method that is no member."""
    ax.plot([min(places) - 0.02, max(places) + 0.02], [y, y], color=styles.INK, linewidth=2.0,
            solid_capstyle="butt", zorder=3)  # fmt: skip
    ax.plot(places, [y] * len(places), linestyle="", marker="o", markersize=2.6, color="white",
            markeredgecolor=styles.INK, markeredgewidth=0.6, zorder=4)  # fmt: skip


def _width(fig: mpl.Figure, label: str) -> float:
    """The width of a label in inches."""
    text = fig.text(0.0, 0.0, label, fontsize=FONT, parse_math=False)
    found = float(text.get_window_extent().width / fig.dpi)
    text.remove()
    return found


def _cut(label: str, share: float) -> str:
    """A label cut in the middle if only a share of it fits. Its ends stay: the rank, and a part of the name."""
    if share >= 1.0:
        return label
    keep = max(8, int(len(label) * share) - 1)
    return f"{label[: keep - keep // 2]}…{label[-(keep // 2) :]}"


def _places(
    averages: Mapping[str, float], left: Sequence[str], widths: Mapping[str, float], width: float
) -> Callable[[float], float]:
    """A function from a rank to its place on the axis, in inches from the left.

    A label stands above the level part of its leader, between the margin and the upright part. The axis is as long as
    the widths of the labels allow.
    """
    last = max(1, len(averages) - 1)

    def at(margin: float) -> Callable[[float], float]:
        return lambda rank: margin + (width - 2 * margin) * (rank - 1.0) / last

    def fits(place: Callable[[float], float]) -> bool:
        return all(
            (place(rank) if name in left else width - place(rank)) - GAP - PAD >= widths[name]
            for name, rank in averages.items()
        )

    margins = [0.2 + 0.02 * k for k in range(200) if width - 2 * (0.2 + 0.02 * k) >= SHORTEST]
    return next((at(margin) for margin in margins if fits(at(margin))), at(margins[-1]))


def _axis(ax: mpl.Axes, place: Callable[[float], float], count: int, line: float) -> None:
    ax.plot([place(1), place(count)], [line, line], color=styles.INK, linewidth=0.8)
    step = max(1, -(-(count - 1) // max(2, int((place(count) - place(1)) / 0.28))))
    for rank in range(1, count + 1):
        major = (rank - 1) % step == 0
        ax.plot([place(rank)] * 2, [line, line + (0.05 if major else 0.03)], color=styles.INK, linewidth=0.6)
        if major:
            ax.text(place(rank), line + 0.07, str(rank), ha="center", va="bottom", fontsize=7.0)
    ax.text((place(1) + place(count)) / 2, line + 0.2, "Average rank", ha="center", va="bottom", fontsize=7.5)
