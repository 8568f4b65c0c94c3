"""Compares a record with the declarations of its submission."""

from __future__ import annotations

from dataclasses import replace

from harness import registry
from harness.errors import UnknownName
from harness.runs.spec import RunSpec
from harness.verify.submissions.manifest import Submission, shown
from harness.verify.submissions.names import shipped_like


def method_label(spec: RunSpec) -> str:
    """The method with its settings, without the declared axis: the same on every leaderboard of a submission."""
    return replace(spec, axes=()).label


def declared_axis(spec: RunSpec) -> str | None:
    """The axis that a record's run declared, "" for none; None if the setting lets no axis be declared."""
    board = registry.leaderboard_of(spec.leaderboard)
    return "+".join(spec.axes) if board.setting.axes == "one" else None


def foreign(spec: RunSpec) -> list[str]:
    """Sentences about choices that make a run unfit for every leaderboard, such as a derived space or more workers."""
    found = []
    board = registry.leaderboard_of(spec.leaderboard)
    if board.id not in registry.suite(board.suite).leaderboards:
        found.append(
            f"{board.id} takes no entries; submit records of leaderboards that harness list leaderboards shows"
        )
    if spec.space != registry.whole_space(board):
        found.append(f"it was run on the derived space {shown(spec.space)}; leaderboards are about the joint space")
    if spec.workers != board.workers:
        found.append(f"it was run with {spec.workers} simulated workers; leaderboards are about one")
    return found


def comparable(version: str, other: str) -> bool:
    """Whether two versions (of rules, of the harness) give comparable numbers: the same major.minor."""
    return version.split(".")[:2] == other.split(".")[:2]


def check_against(submission: Submission, spec: RunSpec) -> list[str]:
    """One sentence for each way in which a record's spec is not what the submission declares; none if all is well."""
    try:
        board = registry.leaderboard_of(spec.leaderboard)
    except UnknownName as error:
        return [str(error)]
    rules = str(registry.suite(board.suite).rules)
    found = []
    if not comparable(submission.rules, rules):
        found.append(f"it was submitted under rules {submission.rules}; this leaderboard has rules {rules}")
    axis = declared_axis(spec)
    pairs: list[tuple[str, str | bool, str | bool]] = [
        ("surrogates", submission.surrogates, spec.surrogates),
        ("surrogates_hash", submission.surrogates_hash, spec.surrogates_hash),
        ("method", submission.method, method_label(spec)),
        ("axis", submission.axis, submission.axis if axis is None else axis),
        ("continuation", submission.continuation, spec.continuation),
    ]
    for key, declared, actual in pairs:
        if declared != actual:
            found.append(f"the submission declares {key} = {_quoted(declared)}, but the record has {_quoted(actual)}")
    if submission.axis and submission.axis not in board.fidelities:
        axes = ", ".join(board.fidelities)
        found.append(f"the submission declares axis = {_quoted(submission.axis)}; the axes are {axes}")
    like = shipped_like(submission.name)
    if like is not None and like != spec.method:
        same = "is the name" if submission.slug == like else f"looks like {like}, the name"
        found.append(f"the name {_quoted(submission.name)} {same} of a method of the harness; choose another name")
    return found + foreign(spec)


def _quoted(value: str | bool) -> str:
    return shown(value) if isinstance(value, str) else str(value).lower()
