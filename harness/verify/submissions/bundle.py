"""Makes a submission folder from a results folder: unchanged records, the declarations, and the states of the records.

The folder is made under a temporary name, verified as it will be on a pull request, and then moved into place. So it is
complete or absent.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import registry
from harness.base.files import whole_folder
from harness.base.naming import DISTRIBUTION
from harness.errors import StorageError, SubmissionError, UsageError
from harness.runs import records
from harness.runs.records import Record
from harness.runs.results import load_results
from harness.verify.api import verify as verify_paths
from harness.verify.findings import Verification
from harness.verify.states import State, file_digest, write_states
from harness.verify.submissions.consistency import check_against, method_label
from harness.verify.submissions.manifest import Submission, Tuning
from harness.verify.submissions.manifest_file import FILE, write_submission
from harness.verify.submissions.selection import axis_of, choose, refuse_unfit

SUBMISSIONS = "submissions"
LEADERBOARDS = "leaderboards"
MAX_TOLD = 20
"""The most findings of a verification that are shown."""

Verify = Callable[[Path], Verification]
"""A function that verifies a submission folder."""


@dataclass(frozen=True)
class Bundle:
    """A submission that was written. ``left_out``: the labels of the other records in the results folder."""

    folder: Path
    submission: Submission
    records: tuple[Record, ...]
    left_out: tuple[str, ...]


def replay(folder: Path) -> Verification:
    """Verifies a folder without running methods again; the pull request's checks do that."""
    return verify_paths(folder, reproduce=0)


def submit(
    results: Path,
    out: Path,
    *,
    name: str,
    url: str,
    contact: str,
    method: str | None = None,
    leaderboards: Sequence[str] = (),
    version: str = "1",
    authors: Sequence[str] = (),
    licence: str = "NOASSERTION",
    tuning: Tuning | None = None,
    deterministic: bool = False,
    replace: bool = False,
    verify: Verify = replay,
) -> Bundle:
    """Checks a method's records and bundles them below ``out``.

    UsageError if the choice of records or the folder is not clear, SubmissionError if the chosen records cannot be
    submitted, StorageError if the folder cannot be put in place; then nothing is written. An existing submission is
    replaced only with ``replace``.
    """
    found = load_results(results)
    if found.errors:
        raise SubmissionError("\n  ".join(["files that cannot be read; move them away", *map(str, found.errors)]))
    chosen = choose(found, method, leaderboards)
    refuse_unfit(chosen, results, deterministic)
    spec = chosen[0].spec
    suite = registry.suite(registry.leaderboard_of(spec.leaderboard).suite)
    submission = Submission(
        rules=suite.rules, name=name, version=version, authors=tuple(authors) or (contact,), url=url, contact=contact,
        licence=licence, surrogates=spec.surrogates, surrogates_hash=spec.surrogates_hash, method=method_label(spec),
        axis=axis_of(chosen), continuation=spec.continuation, deterministic=deterministic, tuning=tuning or Tuning(),
    )  # fmt: skip
    wrong = [f"{r.spec.leaderboard}: {sentence}" for r in chosen for sentence in check_against(submission, r.spec)]
    if wrong:
        raise SubmissionError("\n  ".join(["the records are not what would be declared; nothing was written", *wrong]))
    folder = _place(out, submission)
    if folder.exists() and not replace:
        raise UsageError(f"there is a submission {folder} already; replace it with --replace, or choose another --name")
    if folder.exists() and not (folder / FILE).is_file():
        raise UsageError(f"{folder} is no submission and is not replaced; choose another --name or --out")
    with _staged(folder) as draft:
        _fill(draft, submission, chosen)
        _judge(draft, folder, verify)
    others = sorted({f"{r.spec.leaderboard} {r.spec.label}" for r in found if r.path not in {c.path for c in chosen}})
    return Bundle(folder, submission, tuple(chosen), tuple(others))


def _place(out: Path, submission: Submission) -> Path:
    """The path of the submission below ``out``: the folder of all leaderboards, of one set's leaderboards, or of its
    submissions, or any other folder.
    """
    path, wanted = Path(out).resolve(), submission.surrogates
    if path.name == SUBMISSIONS:
        home, below = path.parent, Path()
    elif path.name == LEADERBOARDS:
        home, below = path / wanted, Path(wanted) / SUBMISSIONS
    elif path.name == wanted or path.parent.name == LEADERBOARDS:
        home, below = path, Path(SUBMISSIONS)
    else:
        return Path(out) / submission.slug
    if home.parent.name == LEADERBOARDS and home.name != wanted:
        right = home.with_name(wanted)
        raise UsageError(f"these records are of surrogate set {wanted}; their leaderboards are {right}, not {home}")
    return Path(out) / below / submission.slug


@contextlib.contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """An empty folder that takes the place of ``folder`` when the block ends well, and vanishes when it does not."""
    with contextlib.ExitStack() as stack:
        try:
            draft = stack.enter_context(whole_folder(folder))
        except StorageError as error:
            raise UsageError(f"{folder.parent} cannot be written to ({error.reason})") from None
        yield draft


def _fill(draft: Path, submission: Submission, chosen: Sequence[Record]) -> None:
    write_submission(draft, submission)
    for record in chosen:
        target = records.record_path(draft, record.spec)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(record.path, target)


def _judge(draft: Path, folder: Path, verify: Verify) -> None:
    """Verifies the draft and writes the states of its records into it. SubmissionError with the findings."""
    outcome = verify(draft)
    if outcome.findings:
        told = [str(finding).replace(str(draft), str(folder)) for finding in outcome.findings[:MAX_TOLD]]
        more = len(outcome.findings) - len(told)
        told += [f"and {more:,} more"] if more else []
        raise SubmissionError("\n  ".join(["verification refuses these records; nothing was written", *told]))
    verdicts = {verdict.sha256: verdict for verdict in outcome.verdicts}
    version = records.environment(())["versions"][DISTRIBUTION]
    states = []
    for path in sorted(draft.rglob("*.parquet")):
        digest = file_digest(path)
        if digest not in verdicts:
            raise SubmissionError(f"verification says nothing about {path.relative_to(draft)}; nothing was written")
        verdict = verdicts[digest]
        name = path.relative_to(draft).as_posix()
        states.append(State(name, digest, verdict.state, tuple(verdict.reproduced_seeds), version))
    write_states(draft, states)
