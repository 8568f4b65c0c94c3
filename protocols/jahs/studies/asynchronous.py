"""Do asynchronous schedules and models help when many workers search? (Klein et al. 2020, Figures 1 to 5)

All runs are on the leaderboards of ``async-fixed``: the same wall-clock time for every number of workers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np

from harness.reports.plots import mpl, styles
from harness.reports.studies import Arm, Column, Evidence, Factor, Measured, Report, Study, Table
from harness.reports.studies.pictures import trajectories
from harness.reports.studies.scores import any_time, compare, finals
from harness.reports.studies.speedups import speedups
from harness.reports.studies.tables import Value
from harness.reports.studies.timelines import timelines
from harness.reports.tables.numbers import plus_minus, signed
from harness.runs.summaries import busy_share
from harness.scores.metrics import mean_and_error
from harness.statistics import wilcoxon

PROTOCOL = "async-fixed"
MAIN = 8
"""The number of workers in Figures 1, 2 and 4."""
WORKERS = (1, 2, 4, 8, 16)
SHOWN = 1.5
"""Mean full evaluations of wall-clock time that the timelines show."""

Groups = Mapping[str, tuple[Arm, ...]]

RANDOM, MODEL = "A-HB", "A-BOHB"
STOPPING, PROMOTION = "stopping", "promotion"
VARIANTS = {
    (RANDOM, STOPPING): ("async-hyperband", (("variant", STOPPING),)),
    (RANDOM, PROMOTION): ("async-hyperband", (("variant", PROMOTION),)),
    (MODEL, STOPPING): ("a-bohb-stopping", ()),
    (MODEL, PROMOTION): ("a-bohb-promotion", ()),
}
"""(Method, variant) of the paper -> the harness's method and its settings: all brackets, random or model-based
choices.
"""
OTHERS = {
    "ASHA": ("asha-promotion", "mf"), "A-BO": ("async-bo", "bb"), "A-RS": ("async-random-search", "bb"),
    "BOHB (synchronous)": ("bohb", "mf"), "HB (synchronous)": ("hyperband", "mf"),
    "HB (HpBandSter)": ("hpbandster-hb", "mf"),
}  # fmt: skip
"""The synchronous methods that Figure 4 compares with A-BOHB. HpBandSter starts the next bracket on workers that would
wait; ``hyperband`` waits.
"""
FOUND = (
    "The paper: asynchronous methods have the better any-time performance; model-based ones are like random ones at "
    "first, better later, and reach the random ones' regret in about half the time; the stopping variant is ahead of "
    "promotion on expensive benchmarks and never worse."
)


def _group(workers: int) -> str:
    return f"{workers} worker" + ("" if workers == 1 else "s")


def arms() -> tuple[Arm, ...]:
    """The four asynchronous variants on every number of workers, and Figure 4's other methods on ``MAIN`` workers."""
    found = []
    for workers in WORKERS:
        for slot, ((name, variant), (method, settings)) in enumerate(VARIANTS.items()):
            found.append(Arm(_group(workers), f"{name} {variant}", method, "mf", slot, protocol=PROTOCOL,
                             workers=workers, settings=settings))  # fmt: skip
    for slot, (label, (method, setting)) in enumerate(OTHERS.items(), start=len(VARIANTS)):
        found.append(Arm(_group(MAIN), label, method, setting, slot, protocol=PROTOCOL, workers=MAIN))
    return tuple(found)


def report(evidence: Evidence) -> Report:
    """The counterparts of Figures 1 to 5, a table of regrets and utilisation, and the results of the tests."""
    groups = evidence.groups()
    main = {arm.label: arm for arm in groups.get(_group(MAIN), ())}
    figures = {}
    for stem, pair in (
        ("figure-1", ("BOHB (synchronous)", f"{MODEL} {STOPPING}")),
        ("figure-1-random", ("HB (synchronous)", f"{RANDOM} {STOPPING}")),
    ):
        if all(label in main for label in pair):
            figures[stem] = partial(_timelines, evidence, [main[label] for label in pair])
    variants = [main[label] for label in _labels(VARIANTS) if label in main]
    state = [main[label] for label in (f"{MODEL} {STOPPING}", *OTHERS) if label in main]
    if variants:
        figures["figure-2"] = partial(trajectories, evidence, variants, "full")
    for variant, stem in ((STOPPING, "figure-3-stopping"), (PROMOTION, "figure-3-promotion")):
        looks = _by_workers(groups, variant)
        if looks:
            figures[stem] = partial(trajectories, evidence, list(looks), "full", looks=looks)
    if state:
        figures["figure-4"] = partial(trajectories, evidence, state, "full")
    text = [_asynchronous(evidence, main), _models(evidence, groups), _stopping(evidence, main), FOUND]
    return Report(tuple(filter(None, text)), (_table(evidence, groups),), figures)


def _labels(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{name} {variant}" for name, variant in pairs]


def _timelines(evidence: Evidence, arms: list[Arm], width: str) -> mpl.Figure:
    task = next(task for task in evidence.tasks if all((task, arm) in evidence.records for arm in arms))
    return timelines(evidence, task, arms, evidence.seeds[0], SHOWN, width)


def _by_workers(groups: Groups, variant: str) -> dict[Arm, tuple[str, int]]:
    """A-HB and A-BOHB on every number of workers, each with the label and colour slot of its number (Figures 3 and
    5).
    """
    return {
        arm: (f"{name}, {_group(workers)}", slot + shift)
        for shift, name in ((0, RANDOM), (len(styles.PALETTE), MODEL))
        for slot, workers in enumerate(WORKERS)
        if (arm := _find(groups, workers, f"{name} {variant}")) is not None
    }


def _find(groups: Groups, workers: int, label: str) -> Arm | None:
    return next((arm for arm in groups.get(_group(workers), ()) if arm.label == label), None)


def _asynchronous(evidence: Evidence, main: Mapping[str, Arm]) -> str:
    """Whether asynchronous methods have the better any-time performance."""
    pairs = [(f"{MODEL} {STOPPING}", "BOHB (synchronous)"), (f"{RANDOM} {STOPPING}", "HB (synchronous)"),
             (f"{RANDOM} {STOPPING}", "HB (HpBandSter)")]  # fmt: skip
    said = [
        found
        for task in evidence.tasks
        for ours, theirs in pairs
        if ours in main and theirs in main and (found := _tested(evidence, task, main[ours], main[theirs]))
    ]
    if not said:
        return ""
    return (
        f"**Asynchronous against synchronous, {MAIN} workers.** Regret averaged over the wall-clock time, view `full`, "
        f"lower is better, paired Wilcoxon test: {'; '.join(said)}."
    )


def _tested(evidence: Evidence, task: str, ours: Arm, theirs: Arm) -> str:
    own, other = any_time(evidence, task, ours), any_time(evidence, task, theirs)
    shared = sorted(own.keys() & other.keys())
    if not shared:
        return ""
    differences = [own[seed] - other[seed] for seed in shared]
    numbers = " against ".join(f"{arm.label} {_mean(values)}" for arm, values in ((ours, own), (theirs, other)))
    return f"{evidence.title(task)}, {numbers} (p = {wilcoxon(differences):.2g}, {len(shared)} seeds)"


def _mean(values: Mapping[int, float]) -> str:
    return plus_minus(*_moments(values))


def _moments(values: Mapping[int, float]) -> tuple[float, float]:
    mean, error = mean_and_error(np.array(list(values.values())))
    return float(mean), float(error)


def _models(evidence: Evidence, groups: Groups) -> str:
    """Whether model-based choices end with a lower regret than random ones, and how much sooner they reach it."""
    said = []
    for workers in WORKERS:
        for variant in (STOPPING, PROMOTION):
            pair = _find(groups, workers, f"{MODEL} {variant}"), _find(groups, workers, f"{RANDOM} {variant}")
            if pair[0] is None or pair[1] is None:
                continue
            sooner, _ = speedups(evidence, pair[0], pair[1])
            for c in compare(evidence, pair[1], [pair[0]]):
                said.append(
                    f"{evidence.title(c.task)}, {variant}, {_group(workers)}: final regret "
                    f"{signed(c.difference)} (p = {c.p:.2g}, {c.seeds} seeds), {_when(sooner[c.task].factor)}"
                )
    if not said:
        return ""
    lines = "\n".join(f"- {line}" for line in said)
    return (
        f"**Model-based against random choices.** {MODEL} minus {RANDOM} at the end of the time, paired Wilcoxon "
        f"test, and when {MODEL}'s mean regret is at {RANDOM}'s final one:\n\n{lines}"
    )


def _when(factor: Factor) -> str:
    if not factor.value > 0:
        return "not reached in the time"
    interval = f" (95 % interval {factor.low:.1f}–{factor.high:.1f}×)" if math.isfinite(factor.low) else ""
    return f"reached {factor.value:.1f}× sooner{interval}"


def _stopping(evidence: Evidence, main: Mapping[str, Arm]) -> str:
    said = [
        found
        for task in evidence.tasks
        for name in (RANDOM, MODEL)
        if f"{name} {STOPPING}" in main and f"{name} {PROMOTION}" in main
        and (found := _tested(evidence, task, main[f"{name} {STOPPING}"], main[f"{name} {PROMOTION}"]))
    ]  # fmt: skip
    return f"**Stopping against promotion, {MAIN} workers.** As above: {'; '.join(said)}." if said else ""


def _table(evidence: Evidence, groups: Groups) -> Table:
    rows: list[Mapping[str, Value]] = []
    for group, found in groups.items():
        for arm in found:
            for task in evidence.tasks:
                if (task, arm) not in evidence.records:
                    continue
                record, whole = evidence.records[task, arm], any_time(evidence, task, arm)
                curves = evidence.curves(task, arm, "full", [0.0])
                rows.append({
                    "workers": group, "method": arm.label, "task": evidence.title(task),
                    "final": finals(evidence, task, arm, "full"), "observed": finals(evidence, task, arm, "observed"),
                    "any_time": Measured(*_moments(whole)) if whole else None,
                    "utilisation": 100.0 * busy_share(record), "seeds": 0 if curves is None else len(curves.seeds),
                })  # fmt: skip
    return Table(
        "regrets",
        "Immediate regret (points of validation error), mean ± standard error over seeds.",
        (
            Column("workers", "workers", "text"), Column("method", "method", "text"), Column("task", "task", "text"),
            Column("final", "final, full"), Column("observed", "final, observed"),
            Column("any_time", "mean over time, full"), Column("utilisation", "workers busy", digits=1, unit=" %"),
            Column("seeds", "seeds"),
        ),
        tuple(rows),
    )  # fmt: skip


STUDY = Study(
    "async", "Asynchronous search on many workers",
    'Klein et al., "Model-based Asynchronous Hyperparameter and Neural Architecture Search", 2020, Figures 1 to 5',
    arms, report, tasks=("cifar10",), seeds=30,
)  # fmt: skip
