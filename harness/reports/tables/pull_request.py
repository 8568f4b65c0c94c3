"""What a pull request with an entry may add or change: one submission's folder and the rendered tables, nothing else.

The records themselves are judged by ``harness verify``, and the tables by ``harness leaderboard render --check``. This
module checks the facts that neither of them can see: the earlier content of files, and the place of every file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from harness.base.naming import DISTRIBUTION
from harness.errors import HarnessError, RecordError, UsageError
from harness.reports.tables import page, scores
from harness.reports.tables.collect import SUBMISSIONS
from harness.runs.records import MAX_BYTES
from harness.verify.identity import impossible
from harness.verify.states import FILE as STATES
from harness.verify.states import REPLAYED, State, read_states
from harness.verify.submissions import FILE as MANIFEST
from harness.verify.submissions import Submission, names, read_submission
from harness.verify.trees import Changes, Tree, changes, digest, read_tree

LEADERBOARDS, RESULTS = "leaderboards", "results"
PLACES = (LEADERBOARDS, RESULTS)
RECORD_DEPTH = 5
"""Parts of a record's path in its submission: surrogate set, task, objective, setting and file."""
FOUND = re.compile(r"[A-Za-z0-9._+=,\[\]-]+")
"""Names of files and folders of records."""
MAX_PAGE = 16 * 2**20
MAX_FILES = 1000
"""Files of a submission: far more than a surrogate set has leaderboards."""

Place = tuple[str, str]
"""A submission: the surrogate set's name and its folder's."""


def check(tree: Path, base: Path) -> tuple[Changes, list[str]]:
    """The changes of a pull request, and a sentence for each change that is not allowed.

    ``tree``: the repository with the pull request; ``base``: without it. UsageError if either is none.
    """
    new, old = read_tree(tree), read_tree(base)
    if not any((base / place).is_dir() for place in PLACES):
        raise UsageError(f"{base} has no folder {LEADERBOARDS}; give a checkout of the repository")
    found = changes(new, old)
    if not new.checkout and all(_is_data(name) for name in new.files):
        # A copy for judging may hold the data alone: what is missing elsewhere was not asked for.
        found = Changes(found.added, found.changed, tuple(name for name in found.removed if _is_data(name)))
    was_odd = set(old.odd)
    problems = [sentence for sentence in new.odd if sentence not in was_odd]
    known = {*old.empty, *(f"{folder}/" for name in old.files for folder in PurePosixPath(name).parents)}
    problems += [f"{name}: it is an empty folder, as a submodule is; data are plain files"
                 for name in new.empty if name not in known]  # fmt: skip
    problems += [f"{name}: it is marked as executable; data are not"
                 for name in (*found.added, *found.changed) if name in new.executable - old.executable]  # fmt: skip
    touched: dict[Place, list[str]] = {}
    for name in found.all:
        place = submission_at(name)
        if place is not None:
            touched.setdefault(place, []).append(name)
        else:
            problems += _elsewhere(name, new, old)
    if len({slug for _, slug in touched}) > 1:
        listed = ", ".join(f"{LEADERBOARDS}/{name}/{SUBMISSIONS}/{slug}" for name, slug in sorted(touched))
        problems.append(f"{listed}: a pull request has one submission; send the others by themselves")
    for place in sorted(touched):
        problems += _submission(place, new, old)
    problems += _names(new.top, set(touched))
    problems += _copies(new, {name for files in touched.values() for name in files})
    return found, problems


def deeds(found: Changes, tree: Path, base: Path) -> list[str]:
    """A sentence for each submission that the changes add, change or withdraw, which only people can judge: whoever
    opens a pull request may withdraw an entry of others.
    """
    places = dict.fromkeys(place for name in found.all if (place := submission_at(name)) is not None)
    told = []
    for surrogates, slug in places:
        name = f"{LEADERBOARDS}/{surrogates}/{SUBMISSIONS}/{slug}"
        now, before = ((top / name / MANIFEST).is_file() for top in (tree, base))
        what = "withdraws an entry" if not now else "changes an entry that is there" if before else "adds an entry"
        told.append(f"{what}: {name}")
    return told


def _is_data(name: str) -> bool:
    return name.startswith(tuple(f"{place}/" for place in PLACES))


def submission_at(name: str) -> Place | None:
    """The submission that a path is part of."""
    parts = PurePosixPath(name).parts
    inside = len(parts) > 4 and parts[0] == LEADERBOARDS and parts[2] == SUBMISSIONS
    return (parts[1], parts[3]) if inside else None


def _elsewhere(name: str, new: Tree, old: Tree) -> Iterator[str]:
    """Sentences about a change outside submissions that is not allowed."""
    parts = PurePosixPath(name).parts
    table = len(parts) == 3 and parts[0] == LEADERBOARDS and parts[2] in (page.FILE, scores.FILE)
    if not table:
        where = "the baselines are" if parts[0] == RESULTS else "this is"
        yield f"{name}: {where} not for a submission to change; it has its own folder and the rendered tables"
    elif name not in old.files:
        yield f"{name}: there are no leaderboards of {parts[1]!r:.70} yet; a maintainer opens them"
    elif name not in new.files:
        yield f"{name}: it was removed; render it again with: harness leaderboard render"
    elif parts[2] == page.FILE:
        yield from _page(name, new.top / name, old.top / name)


def _page(name: str, new: Path, old: Path) -> Iterator[str]:
    """A page may change between its markers, where it is rendered, and nowhere else."""
    try:
        before, after = (path.read_bytes()[:MAX_PAGE].decode("utf-8") for path in (old, new))
        if page.outside(after, before, new) != page.outside(before, before, old):
            yield f"{name}: its text outside the rendered tables was changed, which no submission does"
    except RecordError as error:
        yield f"{name}: {error}"
    except UnicodeDecodeError:
        yield f"{name}: it is not UTF-8 text"


def _submission(place: Place, new: Tree, old: Tree) -> Iterator[str]:
    """Sentences about faults of a submission that a pull request adds or changes."""
    surrogates, slug = place
    prefix = f"{LEADERBOARDS}/{surrogates}/{SUBMISSIONS}/{slug}/"
    files = sorted(name.removeprefix(prefix) for name in new.files if name.startswith(prefix))
    if not files:
        return  # it is withdrawn
    if not any(name.startswith(f"{LEADERBOARDS}/{surrogates}/") for name in old.files):
        yield f"{prefix}: there are no leaderboards of {surrogates!r:.70} yet; a maintainer opens them"
    folder = new.top / prefix
    if len(files) > MAX_FILES:
        yield f"{prefix}: it holds {len(files):,} files; a submission has at most {MAX_FILES:,}"
    for name in files:
        if (folder / name).stat().st_size > MAX_BYTES:
            yield f"{prefix}{name}: it has more than {MAX_BYTES:,} bytes, which no record has"
        if name not in (MANIFEST, STATES) and not _is_record(name, surrogates):
            one = f"; the one {PurePosixPath(name).name} stands at its top" * name.endswith((MANIFEST, STATES))
            yield f"{prefix}{name}: a submission holds records, {MANIFEST}, {STATES} and nothing else{one}"
    folded = [name.lower() for name in files]
    for name in files:
        if folded.count(name.lower()) > 1:
            yield f"{prefix}{name}: another file has the same name but for capital letters"
    records = [name for name in files if _is_record(name, surrogates)]
    if not records:
        yield f"{prefix}: it holds no record; to withdraw a submission, delete its folder"
    yield from _manifest(prefix, folder, surrogates, slug)
    yield from _states(prefix, folder, old.top / prefix, {name: digest(folder / name) for name in records})


def _is_record(name: str, surrogates: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        len(parts) == RECORD_DEPTH and parts[0] == surrogates and name.endswith(".parquet")
        and all(FOUND.fullmatch(part) and not part.startswith(".") for part in parts)
    )  # fmt: skip


def _manifest(prefix: str, folder: Path, surrogates: str, slug: str) -> Iterator[str]:
    try:
        declared = read_submission(folder)
    except HarnessError as error:
        yield f"{prefix}{MANIFEST}: {str(error).removeprefix(f'{folder / MANIFEST}: ')}"
        return
    if declared.slug != slug:
        yield f"{prefix}: a submission named {declared.name!r} lies in a folder {declared.slug!r}, not {slug!r:.80}"
    if declared.surrogates != surrogates:
        yield f"{prefix}: it is of source {declared.surrogates!r} and belongs to the leaderboards of that source"


def _states(prefix: str, folder: Path, before: Path, records: Mapping[str, str]) -> Iterator[str]:
    """A submission may call its records replayed. Any line that says more must be in the base already."""
    try:
        claimed = read_states(folder)
    except RecordError as error:
        yield f"{prefix}{STATES}: {error}"
        return
    known = _before(before)
    lacking = sorted(name for name, found in records.items() if found not in claimed)
    if lacking:
        yield f"{prefix}{STATES}: it has no line for {lacking[0]}; harness submit and harness verify --save write one"
    for digest_, state in claimed.items():
        name = f"{prefix}{STATES}"
        if why := impossible(DISTRIBUTION, state.harness):
            yield f"{name}: it says that harness {state.harness!r:.40} judged {state.record!r:.200}, {why}"
        if records.get(state.record) != digest_:
            yield f"{name}: it speaks of {state.record!r:.200}, which is not there or has another SHA-256"
        if state.state != REPLAYED and known.get(digest_) != state:
            yield f"{name}: it calls {state.record!r:.200} {state.state}; a submission says {REPLAYED} and no more"
        elif state.reproduced_seeds and known.get(digest_) != state:
            yield f"{name}: it names seeds of {state.record!r:.200} that were run again; a submission names none"


def _before(folder: Path) -> dict[str, State]:
    try:
        return read_states(folder)
    except RecordError:
        return {}


def _names(top: Path, touched: set[Place]) -> Iterator[str]:
    """Sentences about submissions whose name is taken. Of two, the submission that the pull request brings is named."""
    found: list[tuple[Place, Submission]] = []
    for path in sorted((top / LEADERBOARDS).glob(f"*/{SUBMISSIONS}/*/{MANIFEST}")):
        place = (path.parents[2].name, path.parent.name)
        try:
            found.append((place, read_submission(path.parent)))
        except HarnessError:
            continue  # named where it is checked
    found.sort(key=lambda pair: pair[0] in touched)
    for place, sentence in names.alike(found):
        if place in touched:
            yield f"{LEADERBOARDS}/{place[0]}/{SUBMISSIONS}/{place[1]}/{MANIFEST}: {sentence}"


def _copies(new: Tree, touched: set[str]) -> Iterator[str]:
    """Records that are, byte for byte, another file of the tree."""
    held: dict[str, str] = {}
    records = [
        name for name in new.files if name.endswith(".parquet") and name.startswith(tuple(f"{p}/" for p in PLACES))
    ]
    for name in sorted(records, key=lambda name: (name in touched, name)):
        other = held.setdefault(digest(new.top / name), name)
        if other != name and name in touched:
            yield f"{name}: it is a copy of {other}"
