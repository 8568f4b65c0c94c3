"""The conformance suite for sources: promises that every source keeps, for any kind of it.

In a test file of your own::

    from harness.testing import source_conformance
    test_my_source = source_conformance(my_source)

Without pytest::

    for check in SOURCE_CHECKS:
        check(source)                       # raises Failed, or NotApplicable
"""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.base import children
from harness.base.files import scratch_folder
from harness.base.seeding import derive_generator
from harness.benchmark.source import Source
from harness.errors import HarnessError, SpaceError, UnknownName
from harness.testing.subject import Failed, NotApplicable

if TYPE_CHECKING:
    import pandas as pd

ROWS = 24
"""Rows that a check asks about, at random levels and places."""
NONSENSE = "no such name"


def sample(source: Source, count: int = ROWS) -> pd.DataFrame:
    """Random rows of a source, uniform over levels and ranges (on the logarithm where the range is logarithmic)."""
    import pandas as pd

    rng = derive_generator("conformance of sources", source.name)
    columns: dict[str, list[Any]] = {}
    for spec in source.columns:
        draws = rng.random(count).tolist()
        columns[str(spec["name"])] = [_at(spec, u) for u in draws]
    frame: pd.DataFrame = pd.DataFrame(columns)
    return frame


def _columns(frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    return {str(name): frame[name].to_numpy() for name in frame}


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _at(spec: Mapping[str, Any], u: float) -> Any:
    if "levels" in spec:
        return spec["levels"][int(u * len(spec["levels"]))]
    low, high = spec["low"], spec["high"]
    if spec.get("integer"):
        return low + int(u * (high - low + 1))
    return min(low * (high / low) ** u, high) if spec.get("log") else low + u * (high - low)


def named(source: Source) -> None:
    """Has a name, a hash, columns, tasks and metrics, and the price of a mean full evaluation."""
    if not source.name or not isinstance(source.hash, str):
        raise Failed(
            f"its name is {source.name!r} and its hash {source.hash!r}; both must be texts, the name not empty"
        )
    names = [column["name"] for column in source.columns]
    if len(set(names)) < len(names):
        raise Failed(f"its columns are {', '.join(map(str, names))}; no two may have one name")
    if not source.tasks:
        raise Failed("it has no task")
    for task in source.tasks:
        if not source.metrics(task) or len(set(source.metrics(task))) < len(source.metrics(task)):
            raise Failed(f"{task}: its metrics are {source.metrics(task)!r}; it needs some, each once")
        mean = source.constants(task).get("mean_runtime")
        if mean is not None and not (math.isfinite(mean) and mean > 0):
            raise Failed(f"{task}: mean_runtime is {mean!r}; it must be a positive number of seconds")


def cards(source: Source) -> None:
    """Has a card for every metric, which is a mapping."""
    for task in source.tasks:
        for metric in source.metrics(task):
            if not isinstance(source.card(task, metric), Mapping):
                raise Failed(f"{task}: the card of {metric} is no mapping")


def one_like_many(source: Source) -> None:
    """Answers row by row what it answers for all rows together, bit for bit, with and without randomness."""
    frame = sample(source)
    for task in source.tasks:
        for oracles in ([source.means(task), source.means(task)], [_oracle(source, task), _oracle(source, task)]):
            together = oracles[0].many(_columns(frame))
            apart = np.array([oracles[1].one(row) for row in _rows(frame)])
            _same(f"{task}: row by row", together, apart)


def order(source: Source) -> None:
    """Answers without randomness do not depend on the order of rows."""
    frame = sample(source)
    turned = frame.iloc[::-1]
    for task in source.tasks:
        _same(
            f"{task}: in the opposite order", source.predict(task, frame).to_numpy(),
            source.predict(task, turned).to_numpy()[::-1],
        )  # fmt: skip


def repeats(source: Source) -> None:
    """Answers the same questions with the same generator alike."""
    frame = sample(source)
    rows = _columns(frame)
    for task in source.tasks:
        _same(f"{task}: a second time", _oracle(source, task).many(rows), _oracle(source, task).many(rows))


def some_metrics(source: Source) -> None:
    """Answers for one metric alone what it answers for it among all, and names what it answers."""
    frame = sample(source)
    for task in source.tasks:
        whole = source.predict(task, frame)
        if list(whole.columns) != list(source.metrics(task)) or not whole.index.equals(frame.index):
            raise Failed(f"{task}: predict must return the frame's index and the columns {source.metrics(task)!r}")
        for metric in source.metrics(task):
            alone = source.predict(task, frame, [metric])
            _same(f"{task}: {metric} alone", whole[[metric]].to_numpy(), alone.to_numpy())


def bounds(source: Source) -> None:
    """Refuses a value outside its column, in a frame and in one row, naming the column."""
    frame = sample(source, 2)
    row = _rows(frame)[0]
    task = source.tasks[0]
    for spec in source.columns:
        name, wrong = str(spec["name"]), NONSENSE if "levels" in spec else spec["high"] + 1
        spoiled = frame.assign(**{name: [wrong] * len(frame)})
        _refused(partial(source.predict, task, spoiled), SpaceError, name, f"predict with {name} = {wrong!r}")
        asked = {**row, name: wrong}
        _refused(partial(source.query, task, asked), SpaceError, name, f"query with {name} = {wrong!r}")


def missing(source: Source) -> None:
    """Takes the default of a column that is left out, and refuses rows without a column that has none."""
    frame = sample(source, 4)
    for task in source.tasks:
        for spec in source.columns:
            name = str(spec["name"])
            without = frame.drop(columns=name)
            if "default" in spec:
                _same(
                    f"{task}: without {name}", source.predict(task, frame.assign(**{name: spec["default"]})).to_numpy(),
                    source.predict(task, without).to_numpy(),
                )  # fmt: skip
            else:
                _refused(partial(source.predict, task, without), SpaceError, name, f"predict without {name}")
                row = _rows(without)[0]
                _refused(partial(source.query, task, row), SpaceError, name, f"query without {name}")


def unknown_names(source: Source) -> None:
    """Says that it does not know a task or a metric."""
    frame, task = sample(source, 1), source.tasks[0]
    rng = derive_generator("conformance")
    asked: dict[str, Callable[[], object]] = {
        "metrics": lambda: source.metrics(NONSENSE), "constants": lambda: source.constants(NONSENSE),
        "card": lambda: source.card(task, NONSENSE), "predict": lambda: source.predict(NONSENSE, frame),
        "predict of a metric": lambda: source.predict(task, frame, [NONSENSE]),
        "oracle": lambda: source.oracle(task, [NONSENSE], rng), "means": lambda: source.means(NONSENSE),
    }  # fmt: skip
    for what, ask in asked.items():
        _refused(ask, UnknownName, NONSENSE, f"{what} with an unknown name")


def copies(source: Source) -> None:
    """Can be copied and pickled, also after it has answered, and the copy answers alike."""
    frame, task = sample(source, 8), source.tasks[0]
    expected = source.predict(task, frame).to_numpy()
    ways: tuple[tuple[str, Callable[[Source], Source]], ...] = (
        ("a deep copy", copy.deepcopy), ("an unpickled copy", lambda whole: pickle.loads(pickle.dumps(whole))),
    )  # fmt: skip
    for how, make in ways:
        try:
            other = make(source)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            raise Failed(f"{how} cannot be made: {error}") from None
        if other.hash != source.hash:
            raise Failed(f"{how} has another hash")
        _same(how, expected, other.predict(task, frame).to_numpy())


def another_process(source: Source) -> None:
    """Answers alike in another process, with and without randomness."""
    frame, task = sample(source, 8), source.tasks[0]
    with scratch_folder() as folder:
        try:
            (folder / "request").write_bytes(pickle.dumps((source, frame, task)))
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            raise NotApplicable(f"it cannot be pickled, as the check 'copies' shows ({error})") from None
        code = "from harness.testing.sources import main; main()"
        done = subprocess.run(
            children.command(code, str(folder), current=True), capture_output=True, text=True, check=False,
            cwd=folder, env=children.environment({"PYTHONHASHSEED": "5"}),
        )  # fmt: skip
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"it exits with code {done.returncode}"])[-1]
            raise Failed(f"in another process: {reason}", done.stderr)
        means, drawn = pickle.loads((folder / "answer").read_bytes())
    _same("in another process", source.predict(task, frame).to_numpy(), means)
    rows = _columns(frame)
    _same("drawn in another process", _oracle(source, task).many(rows), drawn)


def intact(source: Source) -> None:
    """Verifies."""
    try:
        source.verify()
    except HarnessError as error:
        raise Failed(f"verify: {error}") from None


SOURCE_CHECKS: tuple[Callable[[Source], None], ...] = (
    named, cards, one_like_many, order, repeats, some_metrics, bounds, missing, unknown_names, copies, another_process,
    intact,
)  # fmt: skip


def main() -> None:
    """Answers, in a process of its own, what the folder named on the command line asks."""
    folder = Path(sys.argv[1])
    source, frame, task = pickle.loads((folder / "request").read_bytes())
    rows = _columns(frame)
    answer = source.predict(task, frame).to_numpy(), _oracle(source, task).many(rows)
    (folder / "answer").write_bytes(pickle.dumps(answer))


def _oracle(source: Source, task: str) -> Any:
    return source.oracle(task, source.metrics(task), derive_generator("conformance of sources", "draws"))


def _same(where: str, expected: Any, found: Any) -> None:
    if expected.shape != found.shape or not np.array_equal(expected, found, equal_nan=True):
        raise Failed(f"{where} it answers otherwise: {found.tolist()!r:.200} instead of {expected.tolist()!r:.200}")


def _refused(ask: Callable[[], object], kind: type[HarnessError], naming: str, what: str) -> None:
    try:
        ask()
    except kind as error:
        if naming not in str(error):
            raise Failed(f"{what} is refused without naming {naming!r}: {error}") from None
    except Exception as error:
        raise Failed(f"{what} raises {type(error).__name__} ({error}), not {kind.__name__}") from None
    else:
        raise Failed(f"{what} is answered; it must be refused with {kind.__name__}")
